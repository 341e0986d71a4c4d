"""Display computes nothing: an error, a mean, a share, a sum or an interval is the model's or the judge's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DISPLAY = ROOT / "src" / "helpers" / "display"

STATISTICS = frozenset(
    "abs agg aggregate apply average corr cov cumprod cumsum describe diff dot exp groupby interp log mean median mode "
    "nanmean nanmedian nanquantile nanstd nansum nanvar pct_change percentile prod quantile rank resample "
    "rolling sem sqrt std transform value_counts var".split()
)
"""Methods and functions of numpy and pandas that make a number of several."""
QUOTIENTS = (ast.Div, ast.Pow)
SAME = {"astype", "fillna", "to_numpy"}

MODULES = {
    "charts.py": "inches and points of what stands in the axes and over them",
    "drawn.py": "places and lengths in a picture, read back as the numbers that they stand for",
    "figures.py": "ticks in thousands and millions, and digits of coordinates in a picture's source",
    "language.py": "percent of a share, and money in thousands and millions, as they are written",
    "tables.py": "digits of a published table, and paths of its files",
    "theme.py": "the path of the font",
}
"""Modules whose arithmetic is how a number is written, and why."""

FUNCTIONS = {
    ("alluvial.py", "short"): "letters of a name that fit the width",
    ("alluvial.py", "_sizes"): "heights of the bars: the counts of the flows that leave or reach them",
    ("alluvial.py", "_bars"): "inches of a bar",
    ("alluvial.py", "_ribbons"): "inches of a flow",
    ("alluvial.py", "_edges"): "inches of a flow",
    ("cards.py", "_spark"): "height of a bar",
    ("fitted_models.py", "mixing"): "width of a bar: from the start of a bin to its end",
    ("judgements.py", "_means"): "lengths of whiskers: from a mean to the bounds of its interval",
    ("judgements.py", "_bars"): "lengths of whiskers: from a mean to the bounds of its interval",
    ("measured_texts.py", "line_heights"): "pixels of a line of text, by what its font says of itself",
    ("memberships.py", "_flows_alt"): "points of the months shown, one kind of them at a time",
    ("movements.py", "matrix"): "customers of a row of the table: its cells are counts",
    ("overview.py", "sparkline"): "height of a bar",
    ("scores.py", "_up"): "a border rounded up to whole days or cents",
}
"""Functions whose arithmetic is layout, and why."""


def computed(path: Path) -> Iterator[str]:
    """Where a display module works something out, and what."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name, node in _inside("", tree):
        if (path.name, name) in FUNCTIONS:
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            method = node.func.attr
            if method in STATISTICS:
                yield f"{path.name}:{node.lineno}: `{method}` is a statistic"
            if method == "sum" and not _is_count(node.func.value):
                yield f"{path.name}:{node.lineno}: `sum` adds up more than a column of counts"
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, QUOTIENTS) and not any(isinstance(one, ast.Constant) for one in _sides(node)):
                yield f"{path.name}:{node.lineno}: a quotient of two values is a share or a rate"
            if all(isinstance(_bare(one), ast.Subscript) for one in _sides(node)):
                yield f"{path.name}:{node.lineno}: what two columns make is an error, a change or a sum of money"


def _inside(name: str, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """All nodes, each with the name of the outermost function that holds it."""
    for child in ast.iter_child_nodes(node):
        own = name or (child.name if isinstance(child, ast.FunctionDef) else "")
        yield own, child
        yield from _inside(own, child)


def _sides(node: ast.BinOp) -> tuple[ast.expr, ast.expr]:
    return node.left, node.right


def _bare(node: ast.expr) -> ast.expr:
    """A column without what changes its type alone."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAME:
        node = node.func.value
    return node


def _is_count(node: ast.expr) -> bool:
    """A column of counts or of yes and no, named in place: its sum is how many are shown."""
    node = _bare(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"notna", "isna"}
    if not isinstance(node, ast.Subscript):
        return False
    named = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
    text = named.value if isinstance(named, ast.Constant) and isinstance(named.value, str) else ""
    return text == "n" or text.startswith("is_") or text.endswith(("_count", "_points"))


@pytest.mark.parametrize("path", sorted(DISPLAY.rglob("*.py")), ids=lambda path: str(path.relative_to(DISPLAY)))
def test_display_computes_nothing(path: Path) -> None:
    wrong = [] if path.name in MODULES else list(computed(path))
    assert not wrong, "\n".join(wrong)


def test_what_is_let_pass_is_still_there() -> None:
    known = {path.name: path for path in DISPLAY.rglob("*.py")}
    assert set(MODULES) <= set(known)
    defined = {
        (name, node.name)
        for name, path in known.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert set(FUNCTIONS) <= defined


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("frame['amount'].sum()", True),
        ("frame[model].sum()", True),
        ("frame['customer_count'].sum()", False),
        ("frame.loc[frame['is_new'], 'customer_count'].sum()", False),
        ("(frame['is_seen'].astype(bool)).sum()", False),
        ("((frame['low'] <= frame[model]) & (frame[model] <= frame['high'])).sum()", True),
        ("np.average(frame['share'], weights=frame['n'])", True),
        ("frame.groupby('channel')", True),
        ("count / total", True),
        ("step / 2", False),
        ("frame['expected'] - frame['actual']", True),
        ("frame['baseline'].astype(float) * frame['n'].astype(float)", True),
        ("place - 0.2", False),
    ],
)
def test_the_scan_finds_what_it_should(tmp_path: Path, line: str, is_found: bool) -> None:
    path = tmp_path / "worth.py"
    path.write_text(f"def words(frame):\n    return {line}\n", encoding="utf-8")
    assert bool(list(computed(path))) is is_found
