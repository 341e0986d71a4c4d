"""Tables on a page and as files: nothing in a cell can run, and nothing is lost."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from helpers.display import tables
from helpers.display.showing import show

FRAME = pd.DataFrame({"who": ["<script>alert(1)</script>", None], "count": [1234, 5]})


def test_every_cell_caption_and_heading_is_escaped(shown: list[dict[str, Any]]) -> None:
    show(tables.table(FRAME.rename(columns={"who": "<i>"}), caption='"<b>"', formats={"count": lambda v: f"{v:,}"}))
    html = shown[0]["text/html"]
    assert "<script>" not in html
    assert "<i>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert '<td class="number">1,234</td>' in html
    assert html.startswith('<div class="scroll"'), "a wide table scrolls inside itself"


def test_missing_is_a_dash_and_the_text_form_has_the_same_cells(shown: list[dict[str, Any]]) -> None:
    show(tables.table(FRAME, caption="Rows"))
    assert "<td>–</td>" in shown[0]["text/html"]
    assert shown[0]["text/plain"].splitlines()[0] == "Rows"
    assert "–" in shown[0]["text/plain"]


def test_an_empty_frame_says_so(shown: list[dict[str, Any]]) -> None:
    show(tables.table(FRAME.head(0), caption="Rows"))
    assert shown[0]["text/plain"] == "Rows\n(no rows)"


def test_showing_a_frame_does_not_change_it(shown: list[dict[str, Any]]) -> None:
    before = FRAME.copy()
    show(tables.table(FRAME, caption="Rows", formats={"count": str}))
    pd.testing.assert_frame_equal(FRAME, before)


def test_frames_are_kept_only_where_a_run_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tables.KEEP_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    tables.keep(FRAME, "rows")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(tables.KEEP_VARIABLE, str(tmp_path / "tables"))
    tables.keep(pd.DataFrame({"id": ["007"], "amount": [Decimal("1.10")], "none": [None]}), "rows")
    assert (tmp_path / "tables" / "rows.csv").read_bytes() == b"\xef\xbb\xbfid,amount,none\n007,1.10,\n"


def test_a_table_can_be_kept_with_its_types_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tables.KEEP_VARIABLE, str(tmp_path))
    frame = pd.DataFrame({"id": ["=1", "客"], "day": pd.to_datetime(["2025-01-31", None]), "n": [1, 2]})
    tables.keep(frame, "rows", parquet=True)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "rows.parquet"), frame)
    first = (tmp_path / "rows.parquet").read_bytes()
    tables.keep(frame, "rows", parquet=True)
    assert (tmp_path / "rows.parquet").read_bytes() == first


FORMULAS = [
    *(
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\rx",
        "\nx",
        " =1",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "\u22121",
        "﹢1",
        "﹦1",
        "﹫x",
    ),
    *("\u200b=1", "\ufeff=1", "\u2060\u200d=1", "\u00a0=1", "\u3000＝1", "\x00=1", "\x1b=1", "\u202e=1"),
]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    frame = pd.DataFrame({"who": [text, "fine"], "number": [-1, 2]})
    assert tables.defused(frame).to_numpy().tolist() == [[f"'{text}", -1], ["fine", 2]]
    assert tables.defused(frame.astype({"who": "category"}))["who"].tolist() == [f"'{text}", "fine"]


def test_floats_in_files_have_ten_digits_and_money_its_cents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tables.KEEP_VARIABLE, str(tmp_path))
    values = [1 / 3, -2e-6 / 3, 0.0, float("nan"), 123456789.123456789, 12345678901234.56, 1e300]
    for name, factor in (("here", 1), ("elsewhere", 1 + 2e-13)):
        tables.keep(pd.DataFrame({"n": range(4), "x": [value * factor for value in values[:4]]}), name)
    assert (tmp_path / "here.csv").read_text("utf-8-sig") == "n,x\n0,0.3333333333\n1,-6.666666667e-07\n2,0.0\n3,\n"
    assert (tmp_path / "here.csv").read_bytes() == (tmp_path / "elsewhere.csv").read_bytes()
    assert tables.rounded(pd.DataFrame({"x": values}))["x"].tolist()[4:] == [123456789.12, 12345678901234.56, 1e300]


def test_a_folded_table_is_opened_by_its_caption() -> None:
    ((data, _),) = tables.table(pd.DataFrame({"a": [1]}), caption="For <analysts>", is_folded=True).bundles()
    assert data["text/html"].startswith("<details><summary>For &lt;analysts&gt;</summary><div")
    assert data["text/html"].endswith("</div></details>")


def test_shares_that_make_up_a_whole_have_a_bar_under_each_number() -> None:
    frame = pd.DataFrame({"part": [0.5, 0.3, 0.2], "other": [0.5, 0.3, 0.3], "text": ["a", "b" * 41, "c"]})
    shares = {"part": "{:.0%}".format, "other": "{:.0%}".format}
    ((data, _),) = tables.table(frame, caption="x", formats=shares).bundles()
    assert re.findall(r'class="number bar (w\d+)">(\d+%)', data["text/html"]) == [
        ("w10", "50%"),
        ("w6", "30%"),
        ("w4", "20%"),
    ]
    assert data["text/html"].count('<td class="number">') == 3, "shares that are no parts of one whole have none"
    assert data["text/html"].count('<td class="long">') == 3, "a column of sentences gets room"


def test_a_column_of_chinese_sentences_has_room_for_its_words_and_one_of_names_has_not() -> None:
    frame = pd.DataFrame({"advice": ["这些客户的最近一次购买已经超过了一年，先停发折扣券"], "name": ["重要价值客户"]})
    html = tables.table(frame, caption="c")._repr_html_()
    assert '<td class="long">这些' in html
    assert "<td>重要" in html


def test_cells_of_a_table_of_many_columns_stand_closer() -> None:
    wide = pd.DataFrame({f"column {number}": [1] for number in range(10)})
    assert '<table class="wide">' in tables.table(wide, caption="c")._repr_html_()
    assert "<table>" in tables.table(wide.iloc[:, :4], caption="c")._repr_html_()
