"""`--limit NAME=VALUE`, for every command that reads files. Nothing heavy is imported, as in arguments.py."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elfkit.limits import Limits

SUFFIXES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
MOST = 1 << 40  # more than any count that a file can make true


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add --limit."""
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        type=_limit,
        metavar="NAME=VALUE",
        help="another value for one of the limits that elfkit limits lists; may be repeated",
    )


def limits_of(arguments: argparse.Namespace) -> Limits:
    """Return the published limits, with the values that the arguments give."""
    from elfkit.limits import Limits

    return Limits(**dict(arguments.limit))


def _limit(text: str) -> tuple[str, int]:
    from dataclasses import fields
    from difflib import get_close_matches

    from elfkit.limits import Limits

    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} has no =: write NAME=VALUE, as in bytes_read=1G")
    names = [field.name for field in fields(Limits)]
    if name not in names:
        near = get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]}?" if near else "elfkit limits lists them"
        raise argparse.ArgumentTypeError(f"no limit is called {name!r}; {hint}")
    return name, _number(name, value)


def _number(name: str, value: str) -> int:
    factor = SUFFIXES.get(value[-1:].upper(), 1)
    digits = value[:-1] if factor > 1 else value
    number = int(digits) * factor if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0
    if not 0 < number <= MOST:
        raise argparse.ArgumentTypeError(f"{name} is {value!r}, and no whole number from 1 to 1024G, as 65536 or 64K")
    return number
