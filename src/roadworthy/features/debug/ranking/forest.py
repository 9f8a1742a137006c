"""Trees that vote on one step: grown by `fit`, read here without any library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Node 0 is the root. At a node with `signal` >= 0: to `left` where the signal is at most `cut`, else to
    `right`; at a leaf (`signal` -1) `vote` is the share of blamed steps among those that ended there."""

    signal: tuple[int, ...]
    cut: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    vote: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    signals: tuple[str, ...]
    trees: tuple[Tree, ...]

    def vote(self, values: Sequence[float]) -> float:
        """Mean vote, 0 to 1; `values` in the order of `signals`."""
        return sum(_leaf(tree, values) for tree in self.trees) / len(self.trees) if self.trees else 0.0


def _leaf(tree: Tree, values: Sequence[float]) -> float:
    at = 0
    signal, cut, left, right = tree.signal, tree.cut, tree.left, tree.right
    while signal[at] >= 0:
        at = left[at] if values[signal[at]] <= cut[at] else right[at]
    return tree.vote[at]
