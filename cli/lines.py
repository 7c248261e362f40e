"""Lines of text with styles, and where they go: plain, or coloured on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import IO, NamedTuple

from elfkit_cli.escape import escape


class Span(NamedTuple):
    """A piece of a line in one style, a style of rich's ("bold red"); plain where it is empty."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


def line(*spans: str | Span) -> Line:
    """Return a line of spans; plain strings have no style."""
    return tuple([span if isinstance(span, Span) else Span(span) for span in spans])


def plain(lines: Iterable[Line]) -> str:
    """Return the lines as text without styles, each ended by a newline, everything escaped."""
    return "".join(["".join([escape(span.text) for span in spans]) + "\n" for spans in lines])


def wants_colour(stream: IO[str], choice: str) -> bool:
    """Return whether to colour ``stream``: --color decides, then NO_COLOR, FORCE_COLOR, then if it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def show(lines: Iterable[Line], *, colour: str = "auto", stream: IO[str] | None = None) -> None:
    """Write the lines to ``stream`` (standard output), coloured where it wants colour."""
    target = stream or sys.stdout
    if not wants_colour(target, colour):
        target.write(plain(lines))
        return
    from rich.console import Console  # here: only a terminal pays for rich
    from rich.text import Text

    console = Console(file=target, force_terminal=True, highlight=False, soft_wrap=True)
    for spans in lines:
        console.print(Text.assemble(*[(escape(span.text), span.style) for span in spans]))
