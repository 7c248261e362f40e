"""What resolving one tree may cost, and what was left out for want of it."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.limits import DEFAULT_LIMITS, Budget, Limits


class Cut(NamedTuple):
    """Something that was not done to its end: at which file, what, and the limit that was reached."""

    path: str
    left_out: str
    limit: str
    value: int


class Work:
    """The budgets of one tree, spent by all its platforms together, and what their ends have cut."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.names = Budget(limits.config_names)
        self.places = Budget(limits.search_places)
        self.elements = Budget(limits.path_elements)
        self.steps = Budget(limits.start_steps)
        self._cuts: dict[tuple[str, str], Cut] = {}

    def cut(self, limit: str, path: str, left_out: str) -> None:
        """Note what a limit, named as in `Limits`, has cut; each once for a file."""
        self._cuts.setdefault((limit, path), Cut(path, left_out, limit, getattr(self.limits, limit)))

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """All that was cut so far, sorted by path."""
        return tuple(sorted(self._cuts.values()))
