"""Where one section ends and the next begins, between the symbols of two."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from elfkit.rebuild.anchors import Anchor

ALIGNMENTS = (16, 8, 4)


def cuts_between(anchors: Sequence[Anchor]) -> list[int]:
    """Return the address at which each anchor's section but the first begins: aligned, behind the symbols before."""
    return [_cut(before, after) for before, after in pairwise(anchors)]


def _cut(before: Anchor, after: Anchor) -> int:
    if after.exact:
        return after.first
    lowest = min(max(before.end, before.last + 1), after.first)  # a section that a symbol names has a byte for it
    return next(
        (after.first // align * align for align in ALIGNMENTS if after.first // align * align >= lowest), after.first
    )
