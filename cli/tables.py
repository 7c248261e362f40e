"""Rows in aligned columns, as wide as what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elfkit_cli.escape import escape
from elfkit_cli.lines import Line, Span

GAP = "  "
Cell = str | Span | int


def table_lines(header: Sequence[str], rows: Sequence[Sequence[Cell]], *, indent: str = "") -> Iterator[Line]:
    """Yield a heading and the rows; numbers stand right, with thousands parted, and the last column is never padded."""
    shown = [[_span(cell) for cell in row] for row in rows]
    right = [all(isinstance(row[column], int) for row in rows) and bool(rows) for column in range(len(header))]
    titles = [Span(title, "dim") for title in header]
    widths = [max(len(row[column].text) for row in (titles, *shown)) for column in range(len(header))]
    for row in (titles, *shown):
        yield tuple(_padded(row, widths, right, indent))


def shortened(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` columns; of a longer one the end, where a path's name is."""
    safe = escape(text)
    return safe if len(safe) <= width else "..." + safe[len(safe) - width + 3 :]


def _span(cell: Cell) -> Span:
    if isinstance(cell, Span):
        return Span(escape(cell.text), cell.style)
    return Span(f"{cell:,}" if isinstance(cell, int) else escape(cell))


def _padded(row: list[Span], widths: list[int], right: list[bool], indent: str) -> Iterator[Span]:
    if indent:
        yield Span(indent)
    for column, (span, width) in enumerate(zip(row, widths, strict=True)):
        blank = " " * (width - len(span.text))
        last = column == len(row) - 1
        if right[column]:
            yield Span(blank)
        yield span
        if not last:
            yield Span(GAP if right[column] else blank + GAP)
