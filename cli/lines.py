"""Lines of text with styles, and how they become text: plain, or wrapped and coloured for a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from elfkit_cli.escape import escape

NARROWEST = 24  # columns; what is left of a narrower terminal is wrapped by the terminal itself


class Span(NamedTuple):
    """A piece of a line in one style, a style of rich's ("bold red"); plain where it is empty."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


def line(*spans: str | Span) -> Line:
    """Return a line of spans; plain strings have no style. Where a line is too long its last span is wrapped."""
    return tuple([span if isinstance(span, Span) else Span(span) for span in spans])


def plain(lines: Iterable[Line]) -> str:
    """Return the lines as text without styles, each ended by a newline, everything escaped."""
    return "".join(["".join([escape(span.text) for span in spans]) + "\n" for spans in lines])


def rendered(lines: Iterable[Line], stream: IO[str], choice: str) -> str:
    """Return the lines as ``stream`` takes them: as wide as its terminal, coloured where it wants colour."""
    if stream.isatty():
        lines = wrapped(lines, _columns(stream))
    return coloured(lines) if wants_colour(stream, choice) else plain(lines)


def wants_colour(stream: IO[str], choice: str) -> bool:
    """Return whether to colour ``stream``: --color decides, then NO_COLOR, FORCE_COLOR, then if it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(lines: Iterable[Line]) -> str:
    """Return the lines with the terminal's escape sequences for their styles, and nothing else added."""
    from io import StringIO

    from rich.console import Console  # here: only a terminal pays for rich
    from rich.text import Text

    # The choice has been made: rich must not ask TERM and NO_COLOR again.
    text = StringIO()
    console = Console(file=text, force_terminal=True, color_system="standard", no_color=False, soft_wrap=True)
    for spans in lines:
        pieces = [(escape(span.text), span.style) for span in spans]
        console.print(Text.assemble(*pieces), highlight=False)
    return text.getvalue()


def wrapped(lines: Iterable[Line], columns: int) -> Iterator[Line]:
    """Yield the lines with the last span of each that is too long continued below its own beginning."""
    for spans in lines:
        safe = [Span(escape(span.text), span.style) for span in spans]
        indent = sum([len(span.text) for span in safe[:-1]])
        width = columns - indent
        if not safe or len(safe[-1].text) <= width or width < NARROWEST or indent == 0:
            yield tuple(safe)
            continue
        from textwrap import wrap

        last = safe[-1]
        first, *others = wrap(last.text, width, break_long_words=False, break_on_hyphens=False) or [""]
        yield (*safe[:-1], Span(first, last.style))
        for text in others:
            yield (Span(" " * indent), Span(text, last.style))


def terminal_columns() -> int | None:
    """Return how wide the terminal of standard output is; None if it is none."""
    return _columns(sys.stdout) if sys.stdout is not None and sys.stdout.isatty() else None


def _columns(stream: IO[str]) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80
