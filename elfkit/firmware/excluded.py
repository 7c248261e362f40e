"""What of a root is not looked at, because whoever checks it said so."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.firmware.assumed import Assumptions


class Exclusions:
    """Shell patterns for what is passed over; ``unused`` are those that nothing fitted.

    A pattern with a slash is a path in the root, one without a name anywhere in it; ``*`` goes across slashes. What
    fits is left out with all that is below it. Nothing is known of it then, so what asks for it finds it present.
    """

    __slots__ = ("_entries", "patterns")

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._entries = Assumptions(patterns)
        self.patterns = self._entries.patterns

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def cover(self, path: str) -> bool:
        """Return whether an entry of the root, by its path without a leading slash, is left out.

        >>> excluded = Exclusions(["/home", "*.ko", "/var/cache/*"])
        >>> [excluded.cover(path) for path in ("home", "usr/home", "lib/modules/loop.ko", "var/cache", "var/cache/apt")]
        [True, False, True, False, True]
        """
        return self._entries.cover(path)

    @property
    def unused(self) -> tuple[str, ...]:
        """The patterns that fitted nothing so far."""
        return self._entries.unused

    def assumptions(self, beside: Assumptions | None) -> Assumptions:
        """Return what counts as present because it is left out, with what is assumed ``beside``."""
        below = [f"{start}{name}" for name in self.patterns if "/" not in name for start in ("/", "/*/")]
        return Assumptions((*self.patterns, *below), beside=beside)
