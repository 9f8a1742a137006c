"""Which expected call is which call made."""

from __future__ import annotations

from collections.abc import Sequence

Fits = Sequence[Sequence[bool]]
"""fits[expected][made]."""


def in_order(fits: Fits) -> list[int | None]:
    """For each expected call the call made, such that their order is kept and as many as can be are paired:
    the longest common subsequence."""
    rows, columns = len(fits), len(fits[0]) if fits else 0
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            best[row][column] = (
                best[row + 1][column + 1] + 1
                if fits[row][column]
                else max(best[row + 1][column], best[row][column + 1])
            )
    paired: list[int | None] = [None] * rows
    row = column = 0
    while row < rows and column < columns:
        if fits[row][column] and best[row][column] == best[row + 1][column + 1] + 1:
            paired[row] = column
            row, column = row + 1, column + 1
        elif best[row + 1][column] >= best[row][column + 1]:
            row += 1
        else:
            column += 1
    return paired


def pairs(fits: Fits) -> list[int | None]:
    """For each expected call a call made, each made once, as many as can be (Kuhn's augmenting paths): a
    call that any would do for must not take the only one that another needs."""
    taken_by: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, fit in enumerate(fits[row]):
            if fit and column not in seen:
                seen.add(column)
                if column not in taken_by or place(taken_by[column], seen):
                    taken_by[column] = row
                    return True
        return False

    for row in range(len(fits)):
        place(row, set())
    paired: list[int | None] = [None] * len(fits)
    for column, row in taken_by.items():
        paired[row] = column
    return paired
