"""Hidden cells: by hand, and by an adversary who solves for them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from helpers.models.statistics import suppression
from helpers.models.statistics.suppression import Hidden

Table = NDArray[np.int64]


def shown(counts: Table, hidden: Hidden) -> list[list[int | str]]:
    """The table as a page would show it, totals of the levels in the last row."""
    table = np.vstack([counts, counts.sum(axis=0)])
    mask = np.vstack([hidden.cells, hidden.totals])
    return [["x" if mask[at] else int(table[at]) for at in product([row], range(table.shape[1]))] for row in range(len(table))]  # fmt: skip


def ranges(counts: Table, hidden: Hidden, *, sizes: Table | None = None) -> list[tuple[float, float]]:
    """Least and most that each hidden cell and total can be, given all that is shown and the sums of the rows.

    The unknowns are the hidden numbers alone; the sums of a table of two ways have whole vertices, so that the bounds
    of the linear programme are those of whole tables. With `sizes`, the sums of the rows are not known: they are the
    sizes at least, and no cell is above its size.
    """
    groups, levels = counts.shape
    cells = [tuple(at) for at in np.argwhere(hidden.cells)]
    totals = [int(at) for at in np.flatnonzero(hidden.totals)]
    rows = [[float(at[0] == row) for at in cells] + [0.0] * len(totals) for row in range(groups)]
    in_rows = [float(counts[row][hidden.cells[row]].sum()) for row in range(groups)]
    left, right = [], []
    for column in range(levels):
        left.append([float(at[1] == column) for at in cells] + [-float(at == column) for at in totals])
        shown_cells = counts[:, column][~hidden.cells[:, column]].sum()
        right.append(-shown_cells if hidden.totals[column] else counts[:, column].sum() - shown_cells)
    bounds, more = [(0, None)] * (len(cells) + len(totals)), {}
    if sizes is None:
        left, right = left + rows, right + in_rows
    else:
        bounds = [(0, sizes[row]) for row, _ in cells] + [(0, None)] * len(totals)
        least = np.minimum(sizes, counts.sum(axis=1)) - (counts.sum(axis=1) - in_rows)
        more = {"A_ub": -np.array(rows), "b_ub": -least} if cells else {}
    found = []
    for index in range(len(cells) + len(totals)):
        aim = np.zeros(len(cells) + len(totals))
        aim[index] = 1.0
        ends = [linprog(sign * aim, A_eq=left, b_eq=right, bounds=bounds, method="highs", **more) for sign in (1, -1)]
        # none at the upper end: the number is without a bound
        assert all(end.status in (0, 3) for end in ends), "the true table must be among the possible ones"
        found.append((ends[0].fun, np.inf if ends[1].status == 3 else -ends[1].fun))
    return found


def assert_safe(counts: Table, *, smallest_cell: int) -> Hidden:
    hidden = suppression.hide(counts, smallest_cell=smallest_cell)
    table, mask = np.vstack([counts, counts.sum(axis=0)]), np.vstack([hidden.cells, hidden.totals])
    assert not ((table > 0) & (table < smallest_cell) & ~mask).any(), "a small count is shown"
    for low, high in ranges(counts, hidden):
        assert high - low > 0.5, shown(counts, hidden)
    return hidden


def test_a_small_cell_takes_the_smallest_cycle_with_it() -> None:
    counts = np.array([[3, 40, 50], [20, 30, 60], [70, 80, 90]])
    assert shown(counts, suppression.hide(counts, smallest_cell=10)) == [
        ["x", "x", 50],
        ["x", "x", 60],
        [70, 80, 90],
        [93, 150, 200],
    ]


def test_a_table_without_small_cells_stays_whole() -> None:
    counts = np.array([[10, 0, 50], [0, 30, 60]])
    hidden = suppression.hide(counts, smallest_cell=10)
    assert not hidden.cells.any()
    assert not hidden.totals.any()


def test_two_small_cells_of_a_row_and_column_protect_each_other_and_nothing_else_is_hidden() -> None:
    counts = np.array([[5, 6, 50], [7, 8, 60], [70, 80, 90]])
    assert assert_safe(counts, smallest_cell=10).cells.sum() == 4


def test_of_groups_and_levels_that_are_small_as_a_whole_nothing_is_shown() -> None:
    counts = np.array([[4, 0, 0], [30, 40, 5], [50, 60, 0]])
    hidden = assert_safe(counts, smallest_cell=10)
    assert hidden.cells[0].all(), "the zeros of four customers would tell where all four are"
    assert hidden.cells[:, 2].all()
    assert hidden.totals[2]


def test_with_one_group_its_cells_are_the_totals() -> None:
    counts = np.array([[4, 30, 50]])
    assert shown(counts, assert_safe(counts, smallest_cell=10)) == [["x", "x", 50], ["x", "x", 50]]


def test_the_sizes_of_the_groups_are_known_to_all() -> None:
    # the only customers of the first group are in one cell: hidden alone it would be the size of the group
    counts = np.array([[4, 0], [30, 40]])
    assert_safe(counts, smallest_cell=10)


def test_a_hidden_cell_could_be_one_that_may_be_shown() -> None:
    # the cheapest cycle of the first cell goes by 4 and 5, which can fall by so little that it would be known as small
    counts = np.array([[3, 4, 50], [5, 60, 70], [80, 90, 95]])
    hidden = suppression.hide(counts, smallest_cell=10)
    assert all(high >= 10 for _, high in ranges(counts, hidden))


def test_zero_as_a_partner_does_not_bind_a_cell() -> None:
    # hiding a cycle of zeros would let nothing move down: the partners that fall must have customers
    counts = np.array([[3, 0, 40], [0, 0, 20], [15, 0, 30]])
    assert_safe(counts, smallest_cell=10)


@pytest.mark.parametrize("seed", range(50))
def test_no_hidden_number_can_be_solved_for(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 8)), int(rng.integers(2, 8)))
    sizes = rng.choice([2, 8, 30, 200, 2000], size=(shape[0], 1))
    counts = rng.poisson(sizes * rng.dirichlet(np.full(shape[1], 0.6), size=shape[0])) * (rng.random(shape) < 0.8)
    assert_safe(counts.astype(np.int64), smallest_cell=int(rng.choice([2, 5, 10, 25])))


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_number_can_be_solved_for_where_customers_have_several_levels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups, levels = int(rng.integers(1, 6)), int(rng.integers(2, 6))
    sizes = rng.choice([1, 4, 30, 200], size=groups)
    counts, parts = np.zeros((2, groups, levels), dtype=np.int64)
    for group, size in enumerate(sizes):
        has = rng.random((size, levels)) < rng.choice([0.05, 0.3, 0.8, 1.0], size=levels)
        has[np.arange(size), rng.integers(0, rng.integers(1, levels + 1), size)] = True
        share = has * rng.integers(1, 5, has.shape)
        counts[group] = has.sum(axis=0)
        parts[group] = (share * 1000 // share.sum(axis=1, keepdims=True)).sum(axis=0)
    hidden = suppression.hide(counts, smallest_cell=10, sizes=sizes, parts=parts)
    assert hidden.cells[(counts > 0) & (counts < 10)].all()
    for low, high in [*ranges(counts, hidden, sizes=sizes), *ranges(parts, hidden)]:
        assert high - low > 0.5, (counts, shown(counts, hidden))


def test_where_all_have_all_levels_a_small_group_is_still_safe() -> None:
    counts, sizes = np.array([[4, 4], [30, 40]]), np.array([4, 50])
    parts = np.array([[200, 200], [2000, 3000]])
    hidden = suppression.hide(counts, smallest_cell=10, sizes=sizes, parts=parts)
    assert min(high - low for low, high in ranges(counts, hidden, sizes=sizes)) >= 1
    assert min(high - low for low, high in ranges(parts, hidden)) >= 1


def test_every_small_table_is_safe() -> None:
    """All tables of two groups by two levels up to four customers a cell, against every possible table by hand."""
    for numbers in product(range(5), repeat=4):
        counts = np.array(numbers).reshape(2, 2)
        if counts.sum() == 0:
            continue
        hidden = suppression.hide(counts, smallest_cell=3)
        mask = np.vstack([hidden.cells, hidden.totals])
        table = np.vstack([counts, counts.sum(axis=0)])
        possible = []
        for first, second in product(range(counts[0].sum() + 1), range(counts[1].sum() + 1)):
            other = np.array([[first, counts[0].sum() - first], [second, counts[1].sum() - second]])
            whole = np.vstack([other, other.sum(axis=0)])
            if (whole[~mask] == table[~mask]).all():
                possible.append(whole)
        for row, column in np.argwhere(mask):
            assert len({int(whole[row, column]) for whole in possible}) > 1, (counts, shown(counts, hidden))


def test_the_order_of_groups_and_levels_does_not_matter_for_what_is_small() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(15, (6, 5))
    first = suppression.hide(counts, smallest_cell=10)
    again = suppression.hide(counts[::-1, ::-1], smallest_cell=10)
    small = counts < 10
    assert first.cells[small].all()
    assert again.cells[::-1, ::-1][small].all()


def test_smallest_cell_of_one_hides_nothing() -> None:
    hidden = suppression.hide(np.array([[1, 2], [0, 1]]), smallest_cell=1)
    assert not hidden.cells.any()


@pytest.mark.parametrize(
    ("counts", "smallest_cell", "message"),
    [
        ([[4], [50]], 10, "the table needs two levels or more"),
        ([[-1, 3]], 10, "counts must be a table of whole numbers, 0 or more"),
        ([[1.5, 3.0]], 10, "counts must be a table of whole numbers, 0 or more"),
        ([3, 4], 10, "counts must be a table of whole numbers, 0 or more"),
        ([[3, 4]], 0, "smallest_cell must be 1 or more, found 0"),
    ],
)
def test_what_is_no_table_is_refused(counts: list[list[float]], smallest_cell: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        suppression.hide(np.array(counts), smallest_cell=smallest_cell)


def test_a_large_table_takes_no_time() -> None:
    counts = np.random.default_rng(1).poisson(9, (40, 40))
    assert suppression.hide(counts, smallest_cell=10).cells.any()
