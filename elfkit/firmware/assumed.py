"""What is not in a root and will be there at run time: mounted, downloaded, or brought by another image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from fnmatch import fnmatchcase


class Assumptions:
    """Shell patterns for what counts as present though it is missing; ``unused`` are those nothing missing fitted.

    A pattern with a slash is a path in the root and stands for everything below it as well; one without is the name
    of a library or program, wherever that is looked for. ``*`` goes across slashes. What is assumed ``beside`` them is
    asked too.
    """

    __slots__ = ("_beside", "_plain", "_used", "patterns")

    def __init__(self, patterns: Iterable[str] = (), *, beside: Assumptions | None = None) -> None:
        self.patterns = tuple(dict.fromkeys(patterns))
        self._plain = {pattern: _plain(pattern) for pattern in self.patterns}
        self._used: set[str] = set()
        self._beside = beside

    def __bool__(self) -> bool:
        return bool(self.patterns or self._beside)

    def cover(self, path: str) -> bool:
        """Return whether a path that is missing from the root, without a leading slash, is assumed to be there.

        >>> assumed = Assumptions(["libnvram.so*", "/mnt/data"])
        >>> assumed.cover("usr/lib/libnvram.so.1"), assumed.cover("mnt/data/bin/app"), assumed.cover("mnt")
        (True, True, False)
        """
        fitting = [pattern for pattern, plain in self._plain.items() if _fits(path, plain)]
        self._used.update(fitting)
        return bool(fitting) or (self._beside is not None and self._beside.cover(path))

    @property
    def unused(self) -> tuple[str, ...]:
        """The patterns that nothing missing has fitted so far."""
        return tuple([pattern for pattern in self.patterns if pattern not in self._used])


def _plain(pattern: str) -> str:
    """Return a pattern with a slash as a path from the root, without "." and "..": "/x" of "./x" and "a/../x"."""
    return posixpath.normpath(f"/{pattern.lstrip('/')}") if "/" in pattern else pattern


def _fits(path: str, plain: str) -> bool:
    if not plain.startswith("/"):
        return fnmatchcase(path.rpartition("/")[2], plain)
    wanted = plain[1:]
    return fnmatchcase(path, wanted) or fnmatchcase(path, f"{wanted}/*" if wanted else "*")
