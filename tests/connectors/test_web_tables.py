"""Tables of HTML pages: a cell stands where a browser shows it."""

from __future__ import annotations

import pytest

from helpers.connectors.web_tables import tables
from helpers.errors import ContractError


@pytest.mark.parametrize(
    ("page", "rows"),
    [
        ("<table><tr><td>a</td><td>b</td></tr></table>", [["a", "b"]]),
        ("<TABLE><TR><TH>a<TH>b<TR><TD>1<TD>2</TABLE>", [["a", "b"], ["1", "2"]]),
        ("<table><tr><td colspan=2>a<td>b</table>", [["a", "", "b"]]),
        ("<table><tr><td rowspan=2>a<td>b<tr><td>c<tr><td>d<td>e</table>", [["a", "b"], ["", "c"], ["d", "e"]]),
        ("<table><tr><td>a<td rowspan=3>b<tr><td>c<tr><td>d</table>", [["a", "b"], ["c", ""], ["d", ""]]),
        ("<table><tr><td>&lt;x&gt; &nbsp;y<br>z</table>", [["<x> y z"]]),
        ("<table><tr><td>a<td rowspan=x colspan=-1>b<td colspan=0>c</table>", [["a", "b", "c"]]),
    ],
)
def test_cells_stand_in_their_columns(page: str, rows: list[list[str]]) -> None:
    assert tables(page, where="a.xls") == [rows]


def test_tables_inside_tables_and_empty_ones() -> None:
    page = "<table><tr><td><table><tr><td>a</table></table><table></table><p>no table</p>"
    assert tables(page, where="a.xls") == [[["a"]]]


def test_a_span_without_bound_is_cut() -> None:
    assert len(tables("<table><tr><td colspan=999999999>a<td>b</table>", where="a.xls")[0][0]) == 1_001


def test_a_page_that_ends_too_early_is_one_error() -> None:
    with pytest.raises(ContractError, match=r"a\.xls must be a whole page, found one that ends inside a table;"):
        tables("<table><tr><td>a<td>b<tr><td>1", where="a.xls")
