"""A report in Chinese: every word of its pages, the same numbers as in English, and no trace of it in the next report."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from tests import commands, shops

ROOT = Path(__file__).parents[2]
DAYS = ("2024-12-31", "2025-01-31")
WORD = re.compile(r"[A-Za-z]{2,}(?:[-_.][A-Za-z]+)*")
ALLOWED = {"Regulars", "ABC", "UTC", "CSV", "manifest.json", "tables", "notebooks"}
"""Names that a Chinese page leaves as they are."""
OF_THE_DATA = {"Shop", "shop", "zh"}
"""The title, a channel and the name of the report."""
LABEL = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
"""What matplotlib notes beside the outlines of a text that it draws."""


class Words(HTMLParser):
    """What a reader of a page sees or hears, but for what is set as code."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.hidden: list[str] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.language = str(told.get("lang")) if tag == "html" else self.language
        self.hidden += [tag] if tag in ("code", "style") else []
        self.said += [text for name in ("alt", "aria-label", "title") if (text := told.get(name))]
        if tag in ("img", "source"):
            self.said += labels(told.get("src") or told.get("srcset") or "")

    def handle_endtag(self, tag: str) -> None:
        if self.hidden and self.hidden[-1] == tag:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        self.said += [] if self.hidden else [data.strip()]


def labels(source: str) -> list[str]:
    """The texts of a drawing inside a page."""
    return LABEL.findall(base64.b64decode(source.partition("base64,")[2]).decode())


def found_words(texts: Iterable[str]) -> set[str]:
    """The Latin words of these texts, without the names of files of tables."""
    return {word for text in texts for word in WORD.findall(text) if not word.endswith(".csv")}


def words(path: Path) -> Words:
    parser = Words()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop in Chinese on two days, and then in English in the same process."""
    folder = tmp_path_factory.mktemp("chinese")
    rows = [(*row[:2], f"{row[2]} {9 + int(row[0][1:]) % 12}:30", *row[3:]) for row in shops.orders()]
    rows += [(f"r{at}", row[1], "2025-01-20 10:00", f"-{row[3]}", row[4]) for at, row in enumerate(rows[:9])]
    source = shops.write_csv(folder / "orders.csv", rows)
    more = "  rules:\n    - {rule: 测试单, column: order_id, one_of: [o1, o2], do: drop}\nmargin_share: 0.4\n"
    chinese = shops.write_params(folder / "zh.yml", source, more=f"{more}language: zh\n")
    english = shops.write_params(folder / "en.yml", source, more=more)
    commands.succeeding("run", chinese, "--as-of", DAYS[0], "--out", folder / "out")
    commands.succeeding("run", chinese, english, "--as-of", DAYS[1], "--out", folder / "out")
    return folder / "out"


def pages(out: Path) -> Iterator[Path]:
    yield from (out / "zh" / DAYS[1] / name for name in ("exploration.html", "index.html"))
    yield out / "zh" / DAYS[0] / "index.html"
    yield out / "zh" / "index.html"


def test_no_word_of_a_chinese_page_is_english(out: Path) -> None:
    for path in pages(out):
        page = words(path)
        assert found_words(page.said) - ALLOWED - OF_THE_DATA == set(), path
        assert page.language == "zh-Hans", path


def of_the_demo() -> set[str]:
    """The words that are values of the demo company's data: stores, regions, plans, campaigns."""
    said: set[str] = set()
    for path in ROOT.glob("data/demo/*/*/*.parquet"):
        frame = pd.read_parquet(path).select_dtypes(["object", "string", "category"])
        for column in frame:
            levels = frame[column].dropna().astype(str).unique()
            said.update(*map(WORD.findall, levels if len(levels) < 100 else []))
    return said


METHODS = {"Holm", "Rao-Scott", "Johnson", "Shapley", "Dirichlet", "Monroe", "KMO", "Horn", "Kaiser", "AAPOR"}
METHODS |= {"Kaplan-Meier", "CSV", "Pareto", "NBD", "BG", "MBG", "Gamma-Gamma", "RMSE", "MAE", "MSLE", "BIC", "alive"}
METHODS |= {"alpha", "beta", "gamma", "purchase_rate_per_week", "median_lifetime_weeks", "mean_spend_amount"}
METHODS |= {"dropout_rate_per_week", "dropout_probability"}
METHODS |= {"AUC", "Brier", "log-rank", "Aalen-Johansen", "Cox", "Qini", "MPC", "EMPC", "CLV"}
"""Names of people, methods and parameters, which Chinese analysts leave as they are."""
LETTERS_OF_GROUPS = re.compile(r"[\d.]+% [A-F]+")
"""A share in a table of letters: the letters say from which groups it differs."""


def of_customers(folder: Path) -> set[str]:
    """What customers wrote, as a page cites it: their comments, and the words that were counted in them."""
    tables = folder / "tables" / "survey"
    told = {*pd.read_csv(tables / "topics.csv")["words"].dropna()}
    told |= {*pd.read_csv(tables / "distinctive_words.csv")["word"]}
    for path in ROOT.glob("data/demo/survey_responses/*/*.parquet"):
        answers = pd.read_parquet(path)
        told |= {*answers.loc[answers["question_id"] == "comment", "answer"].astype(str)}
    return told


def is_checked(text: str, cited: set[str]) -> bool:
    """Whether a text is the page's own: no citation, no cell with letters of groups."""
    return text not in cited and not LETTERS_OF_GROUPS.fullmatch(text)


@pytest.mark.slow
def test_no_word_of_the_demo_companys_chinese_pages_is_english(publish: Callable[[str], Path]) -> None:
    report = publish("demo_zh")
    pages, cited = sorted(report.glob("*.html")), of_customers(report)
    assert [path.stem for path in pages] == ["churn", "clv", "exploration", "index", "segmentation", "survey"]
    found = {path.name: found_words(text for text in words(path).said if is_checked(text, cited)) for path in pages}
    known = ALLOWED | METHODS | of_the_demo()
    assert {name: sorted(said - known) for name, said in found.items() if said - known} == {}


@pytest.mark.slow
def test_the_demo_company_is_told_the_same_numbers_in_both_languages(publish: Callable[[str], Path]) -> None:
    chinese, english = ({**found(publish(name), "segmentation")} for name in ("demo_zh", "demo"))
    assert len(chinese) > 20
    assert chinese == english


def found(report: Path, notebook: str) -> dict[str, dict[str, object]]:
    """The findings of a notebook of a report by their keys, without their texts."""
    record = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    texts = ("claim", "evidence", "sentence")
    of_page = [one for one in record["findings"] if one["notebook"] == notebook]
    return {one["key"]: {name: value for name, value in one.items() if name not in texts} for one in of_page}


def test_the_figures_of_a_chinese_page_are_labelled_in_chinese(out: Path) -> None:
    told = " ".join(words(out / "zh" / DAYS[1] / "exploration.html").said)
    for label in ("月销售额", "老客户", "首购后第几个月", "所有客户相等", "周一"):
        assert label in told


def test_numbers_dates_and_lists_are_in_their_chinese_form(out: Path) -> None:
    told = " ".join(words(out / "zh" / DAYS[1] / "exploration.html").said)
    for text in ("2025年1月31日", "95% 置信区间", "位客户", "万元", "（91 天）", "“网店”"):
        assert text in told
    assert "\u00a0%" not in told
    for text in words(out / "zh" / DAYS[1] / "exploration.html").said:
        assert not re.search(r"[\u4e00-\u9fff，。；] +[\u4e00-\u9fff]", text), text


def test_what_moved_is_said_in_chinese(out: Path) -> None:
    told = words(out / "zh" / DAYS[1] / "index.html").said
    assert "较2024年12月31日的报告" in told
    assert any(re.search(r"两期都有置信区间的 \d+ 项指标", text) for text in told)


def test_both_languages_find_the_same(out: Path) -> None:
    texts = ("claim", "evidence", "sentence")
    found = {}
    for name in ("zh", "en"):
        record = json.loads((out / name / DAYS[1] / "manifest.json").read_text(encoding="utf-8"))
        found[name] = [{key: value for key, value in one.items() if key not in texts} for one in record["findings"]]
    assert found["zh"] == found["en"]
    assert len(found["zh"]) > 12
    for path in sorted((out / "zh" / DAYS[1] / "tables").rglob("*.csv")):
        other = out / "en" / DAYS[1] / path.relative_to(out / "zh" / DAYS[1])
        assert path.read_bytes() == other.read_bytes(), path.name


def test_an_english_report_of_the_same_process_has_no_chinese_but_its_data(out: Path) -> None:
    for name in ("exploration.html", "index.html"):
        page = words(out / "en" / DAYS[1] / name)
        chinese = set(re.findall(r"[\u4e00-\u9fff]+", " ".join(page.said)))
        assert chinese <= {"小店", "网店", "测试单"}
        assert page.language == "en"


def test_a_list_of_reports_in_two_languages_is_english_and_says_which_are_not(out: Path) -> None:
    text = (out / "index.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    assert '<section id="zh" lang="zh-Hans">' in text
