"""C++ names as their authors wrote them, by a library of its own: the host's libstdc++ is not asked.

A name may refer to its own parts, and so spell out to 2^n letters: whoever wrote the file decides. Names with many
references are therefore demangled with the work counted, and shown as they are where it is too much.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

from elfkit.errors import ElfkitError

REFERENCE = re.compile(r"S[0-9A-Z]*_|T[0-9]*_")
FEW = 12  # references: fewer cannot multiply to much
MOST_CALLS = 50_000  # of functions, for one name; the longest names of libLLVM take a tenth
MOST_REFUSED = 50  # names; then no other with many references is tried
LONGEST = 64  # letters for each letter of the mangled name
BROKEN = (NotImplementedError, ValueError, IndexError, KeyError, AttributeError, TypeError, RecursionError)


class MissingExtraError(ElfkitError):
    """A feature needs a package that is not installed."""


class _TooMuchWorkError(Exception):
    """Demangling one name takes more calls than it may; stays within this module."""


def demangler(*, wanted: bool) -> Callable[[str], str]:
    """Return what turns a symbol's name into the one to show; MissingExtraError without the extra ``demangle``."""
    if not wanted:
        return str
    try:
        from itanium_demangler import parse
    except ImportError:
        message = "--demangle needs the package itanium-demangler: pip install elfkit[demangle]"
        raise MissingExtraError(message) from None

    def spelled(name: str) -> str:
        tree = parse(name)
        return name if tree is None else str(tree)

    return _guarded(spelled)


def _guarded(spelled: Callable[[str], str]) -> Callable[[str], str]:
    """Return ``spelled`` as a function that gives back each name that it cannot spell, or not in bounds."""
    refused = 0

    def demangled(name: str) -> str:
        nonlocal refused
        plain = len(REFERENCE.findall(name)) <= FEW
        if not name.startswith("_Z") or (not plain and refused >= MOST_REFUSED):
            return name
        try:
            shown = spelled(name) if plain else _counted(spelled, name)
        except _TooMuchWorkError:
            refused += 1
            return name
        except (*BROKEN, AssertionError):
            return name  # a name it does not know, or one made to break it
        return shown if len(shown) <= LONGEST * max(len(name), 64) else name

    return demangled


def _counted(spelled: Callable[[str], str], name: str) -> str:
    """Return ``spelled(name)``; _TooMuchWorkError where that takes more than MOST_CALLS calls."""
    left = MOST_CALLS

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal left
        left -= event == "call"
        if left < 0:
            raise _TooMuchWorkError

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return spelled(name)
    finally:
        sys.setprofile(before)
