"""C++ names as their authors wrote them, by a library of its own: the host's libstdc++ is not asked."""

from __future__ import annotations

from collections.abc import Callable

from elfkit.errors import ElfkitError


class MissingExtraError(ElfkitError):
    """A feature needs a package that is not installed."""


def demangler(*, wanted: bool) -> Callable[[str], str]:
    """Return what turns a symbol's name into the one to show; MissingExtraError without the extra ``demangle``."""
    if not wanted:
        return str
    try:
        from itanium_demangler import parse
    except ImportError:
        message = "--demangle needs the package itanium-demangler: pip install elfkit[demangle]"
        raise MissingExtraError(message) from None

    def demangled(name: str) -> str:
        if not name.startswith("_Z"):
            return name
        try:
            tree = parse(name)
        except (NotImplementedError, ValueError, IndexError, KeyError, RecursionError, AssertionError):
            return name  # a name it does not know, or one made to break it
        return name if tree is None else str(tree)

    return demangled
