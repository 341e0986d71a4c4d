"""Small cells of a table of customers: which to hide, and which others, so that no total gives one away.

A table of groups by levels is published with the size of each group and with the total of each level. A hidden cell is
safe where another table, with the same numbers shown and other numbers hidden, could lie behind the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf, log2

import numpy as np
from numpy.typing import ArrayLike, NDArray

TOTAL_COST = 2.0
"""How much dearer it is to hide the total of a level than a cell of as many customers."""

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]
Place = tuple[int, int]
Step = tuple[int, Place | None]


@dataclass(frozen=True, eq=False)
class Hidden:
    """What must not be shown: `cells`, one entry per group and level, and `totals`, one per level."""

    cells: Mask
    totals: Mask


def hide(
    counts: ArrayLike, *, smallest_cell: int, sizes: ArrayLike | None = None, parts: ArrayLike | None = None
) -> Hidden:
    """The cells of a table that must not be shown, and the totals that would give them away.

    Parameters
    ----------
    counts
        Customers by group (a row) and level (a column). The totals of the levels are shown where that is safe.
    smallest_cell
        Fewest customers of a cell that may be shown, 1 or more; 1 hides nothing. A zero is shown, but for groups and
        levels that are smaller than this as a whole: of them nothing is.
    sizes
        Customers of each group, known to everybody; the sums of the rows where not given.
    parts
        Where a customer can have several levels: a second table, of whole numbers, in which each customer counts the
        same and is divided over the levels. It is shown and hidden with the counts, so that its sums, by row and by
        column, must give nothing away either. Not given: each customer has one level.

    Returns
    -------
    Hidden
        Whatever is hidden could be another number, given all that is shown and that no count is below zero nor above
        the size of its group; a small count could even be `smallest_cell` wherever cells can be hidden that allow it.
        Not looked at: a group whose customers all share one level, other tables about the same customers, and that
        this rule itself is known.

    Raises
    ------
    ValueError
        The counts are no counts, or a cell must be hidden in a table of one level: it is the size of its group.

    Notes
    -----
    Groups, levels and the base are the nodes of a network, cells and totals its arcs, and a row or a column sums up
    where what flows into a node flows out. A count can move if a cycle through it can, along hidden arcs alone. For
    each number that cannot, the cheapest cycle is hidden (the cost of an arc is the logarithm of its customers): exact
    for each number in turn, and near the least for all of them together.

    References
    ----------
    Kelly, Golden and Assad (1992), Cell suppression: disclosure protection for sensitive tabular data, Networks 22(4),
    397-417; Cox (1995), Network models for complementary cell suppression, JASA 90(432), 1453-1462.
    """
    cells = _whole(counts)
    if smallest_cell < 1:
        raise ValueError(f"smallest_cell must be 1 or more, found {smallest_cell}")
    people = cells.sum(axis=1) if sizes is None else np.asarray(sizes, dtype=np.int64)
    networks = [_Network.of(cells, people, wanted=smallest_cell, is_divided=parts is not None)]
    if parts is not None:
        networks.append(_Network.of(_whole(parts), _whole(parts).sum(axis=1), wanted=1, is_divided=False))
    hidden = _in_danger(networks[0].table, people, smallest_cell)
    small, before = hidden.copy(), -1
    while hidden.sum() > before:
        before = int(hidden.sum())
        for network in networks:
            for row, column in np.argwhere(hidden):
                network.protect((int(row), int(column)), hidden, is_small=bool(small[row, column]))
    return Hidden(hidden[:-1], hidden[-1])


def _whole(counts: ArrayLike) -> Counts:
    cells = np.asarray(counts)
    if cells.ndim != 2 or (cells.size and (not np.issubdtype(cells.dtype, np.integer) or cells.min() < 0)):
        raise ValueError("counts must be a table of whole numbers, 0 or more")
    return cells.astype(np.int64)


def _in_danger(table: Counts, sizes: Counts, smallest_cell: int) -> Mask:
    """Cells and totals below the smallest, and all of the groups and levels that are so small as a whole."""
    is_small = (table > 0) & (table < smallest_cell)
    small_groups, small_levels = ((of > 0) & (of < smallest_cell) for of in (sizes, table[-1]))
    is_small[:-1] |= small_groups[:, None] | (small_levels & (sizes > 0)[:, None])
    return is_small


@dataclass(frozen=True, eq=False)
class _Network:
    """A table, its totals in the last row, as arcs from groups to levels and from levels to the base.

    `spare` says by how much the sum of each row, and last of the whole table, could be less; without it they are known.
    """

    table: Counts
    sizes: Counts
    wanted: int
    spare: Counts | None

    @classmethod
    def of(cls, cells: Counts, sizes: Counts, *, wanted: int, is_divided: bool) -> _Network:
        sums = cells.sum(axis=1) - sizes
        spare = np.maximum(np.append(sums, sums.sum()), 0) if is_divided else None
        return cls(np.vstack([cells, cells.sum(axis=0)]), sizes, wanted, spare)

    @property
    def groups(self) -> int:
        return len(self.sizes)

    @property
    def base(self) -> int:
        return self.groups + self.table.shape[1]

    def protect(self, place: Place, hidden: Mask, *, is_small: bool) -> None:
        """Hide the cheapest cycle by which the number at `place` could be another one; changes `hidden`."""
        wanted = max(self.wanted - int(self.table[place]), 1) if is_small else 1
        cycles = [self._larger(place, hidden, move=wanted)] if wanted > 1 else []
        if not any(cycles):
            cycles = [self._larger(place, hidden, move=1), self._smaller(place, hidden)]
        possible = [cycle for cycle in cycles if cycle is not None]
        if not possible:
            raise ValueError("a number that must be hidden can be no other: the table needs two levels or more")
        for other in min(possible, key=lambda cycle: cycle[0])[1]:
            hidden[other] = True

    def _larger(self, place: Place, hidden: Mask, *, move: int) -> tuple[float, list[Place]] | None:
        start, end = self._ends(place)
        return self._path(end, start, hidden, move=move, without=place) if self._has_room(place, move) else None

    def _smaller(self, place: Place, hidden: Mask) -> tuple[float, list[Place]] | None:
        start, end = self._ends(place)
        return self._path(start, end, hidden, move=1, without=place) if self.table[place] >= 1 else None

    def _ends(self, place: Place) -> tuple[int, int]:
        row, column = place
        return (self.groups + column, self.base) if row == self.groups else (row, self.groups + column)

    def _has_room(self, place: Place, move: int) -> bool:
        return place[0] == self.groups or int(self.table[place]) + move <= self.sizes[place[0]]

    def _path(
        self, start: int, goal: int, hidden: Mask, *, move: int, without: Place
    ) -> tuple[float, list[Place]] | None:
        """The cheapest way between two nodes along which every number can move by `move`: its cost and places."""
        costs, before, queue = {start: 0.0}, dict[int, Step](), [(0.0, start)]
        while queue:
            cost, node = heappop(queue)
            if node == goal:
                return cost, _walked(before, start, goal)
            if cost > costs[node]:
                continue
            for neighbour, place in self._steps(node, move):
                further = cost + (0.0 if place is None or hidden[place] else self._cost(place))
                if place != without and further < costs.get(neighbour, inf):
                    costs[neighbour], before[neighbour] = further, (node, place)
                    heappush(queue, (further, neighbour))
        return None

    def _steps(self, node: int, move: int) -> list[Step]:
        """Where one gets from a node: along an arc, whose number grows, or against one, if it can fall by `move`."""
        groups, base, levels = self.groups, self.base, range(self.table.shape[1])
        if node < groups:
            ahead: list[Step] = [
                (groups + level, (node, level)) for level in levels if self._has_room((node, level), move)
            ]
            return ahead + self._to_sums(node, move)
        if node < base:
            level = node - groups
            back: list[Step] = [(group, (group, level)) for group in range(groups) if self.table[group, level] >= move]
            return [*back, (base, (groups, level))]
        if node > base:
            return [*((group, None) for group in range(groups)), *self._to_sums(node, move)]
        back = [(groups + level, (groups, level)) for level in levels if self.table[groups, level] >= move]
        return back if self.spare is None else [*back, (base + 1, None)]

    def _to_sums(self, node: int, move: int) -> list[Step]:
        """Against the sum of a row, or of the whole table, where such sums are not known and can be less."""
        if self.spare is None or self.spare[min(node, self.groups)] < move:
            return []
        return [(self.base + 1 if node < self.groups else self.base, None)]

    def _cost(self, place: Place) -> float:
        cost = log2(2 + int(self.table[place]))
        return TOTAL_COST * cost if place[0] == self.groups else cost


def _walked(before: dict[int, Step], start: int, goal: int) -> list[Place]:
    places, node = list[Place](), goal
    while node != start:
        node, place = before[node]
        if place is not None:
            places.append(place)
    return places
