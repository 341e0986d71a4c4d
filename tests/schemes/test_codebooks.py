"""Codebooks: the ones that are carried are whole, and every way in which a file can be wrong is said with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.errors import ParamsError
from helpers.params.survey import SurveyParams
from helpers.schemes import codebooks
from helpers.schemes.codebooks import chosen, lexicon

SMALL: dict[str, Any] = {
    "title": "Small",
    "negation": {"words": {"zh": ["不"]}},
    "codes": [{"name": "price", "zh": "价格", "about": {"zh": ["价格"]}, "bad": {"zh": ["贵"], "en": ["expensive"]}}],
}


def refusal(path: str) -> str:
    with pytest.raises(ParamsError) as caught:
        chosen(path)
    return str(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "book.yml"


def written(file: Path, **changes: Any) -> str:
    file.write_text(yaml.safe_dump(SMALL | changes, allow_unicode=True), encoding="utf-8")
    return str(file)


def test_the_carried_codebook_names_topics_in_both_languages() -> None:
    book = chosen(None)
    assert [code.name for code in book.codes] == ["price", "delivery", "quality", "service", "app", "range"]
    assert [code.zh for code in book.codes] == ["价格", "物流", "质量", "服务", "应用", "品类"]
    assert {"不", "没", "没有", "无"} <= set(book.negation.words["zh"])
    assert {"not", "no", "n't"} <= set(book.negation.words["en"])
    assert book.negation.window_words == 3


def test_the_lexicon_knows_both_languages_and_no_word_twice() -> None:
    words = lexicon()
    assert min(len(words.good[name]) for name in words.good) >= 25
    assert set(words.good) == set(words.bad) == {"en", "zh"}


def test_a_file_of_ones_own_is_read(file: Path) -> None:
    assert [code.name for code in chosen(written(file)).codes] == ["price"]
    assert SurveyParams(codebook=written(file)).codebook == str(file)


def test_the_example_of_the_readme_and_that_of_the_airport_are_codebooks(file: Path, root: Path) -> None:
    shown = (root / "README.md").read_text(encoding="utf-8").split("    title: Tea house\n")[1].split("\n\n")[0]
    file.write_text("    title: Tea house\n" + shown, encoding="utf-8")
    assert chosen(str(file)).codes[0].zh == "味道"
    assert chosen("params/codebooks/airport.yml").codes[0].name == "security"


def test_what_is_wrong_is_said_with_its_place(file: Path) -> None:
    codes = [
        SMALL["codes"][0] | {"good": {"zh": ["贵"]}},
        {"name": "empty"},
        SMALL["codes"][0] | {"name": "star", "bad": {"en": ["ex*pensive", " "]}},
    ]
    assert refusal(written(file, codes=codes, negations=1)) == (
        f"the codebook {file} must meet the parameters of the kit; 4 problems.\n"
        "- `codes.0`: code 'price': '贵' stands in several lists; keep it in one\n"
        "- `codes.1`: code 'empty' needs a word in `about`, `good` or `bad`\n"
        "- `codes.2`: code 'star': ' ' is no word; take it out; 'ex*pensive': * stands at the end of a word only\n"
        "- 'negations' is not a parameter. Did you mean `negation`?"
    )


def test_a_bare_no_is_said_to_need_quotes(file: Path) -> None:
    assert "- `negation.words.en.0`: must be quoted text: YAML reads a bare no" in refusal(
        written(file, negation={"words": {"en": [False]}})
    )


def test_codes_are_told_apart_and_a_negation_is_no_word(file: Path) -> None:
    twice = [SMALL["codes"][0], SMALL["codes"][0] | {"bad": {"zh": ["不"]}}]
    told = refusal(written(file, codes=twice))
    assert "code 'price' is named twice" in told
    assert "code 'price': '不' is a negation too" in told


def test_a_file_that_is_not_there_says_what_to_do() -> None:
    assert refusal("nowhere/book.yml") == (
        "`codebook` must name a file; 1 problem.\n- nowhere/book.yml is not there; without `codebook` the kit's own for "
        "a shop is used, and src/helpers/schemes/codebooks/shop.yml is a start"
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"title: [", "`codebook` must be YAML; 1 problem.\n- {file}, line 2: "),
        (b"- price", "`codebook` must hold keys and values; 1 problem.\n- {file} holds list"),
        ("title: 价格".encode("gb18030"), "`codebook` must be a text file; 1 problem.\n- {file}: byte 8 is no UTF-8"),
        (b"#" * (codebooks.MOST_BYTES + 1), "`codebook` must be a small file; 1 problem.\n- {file} is above 1,000,000"),
    ],
)
def test_a_file_that_is_none(file: Path, content: bytes, problem: str) -> None:
    file.write_bytes(content + b"\n")
    assert refusal(str(file)).startswith(problem.format(file=file))


def test_params_with_a_bad_codebook_are_refused_before_anything_runs() -> None:
    with pytest.raises(ParamsError, match=r"nowhere\.yml is not there"):
        SurveyParams(codebook="nowhere.yml")
