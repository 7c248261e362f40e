"""Names of the sections of a table that can be read: offsets in a string table, resolved."""

from __future__ import annotations

from elfkit.image.image import Image


def section_names(image: Image) -> tuple[str, ...]:
    """Return the name of each row from row 0 on, decoded with ``surrogateescape``; "" where the file holds none."""
    rows, holder = image.sections.rows, image.sections.names
    if not rows or holder >= len(rows):
        return ("",) * len(rows)
    limits = image.source.limits
    table = image.source.unbudgeted(rows[holder].offset, min(rows[holder].size, limits.bytes_read))
    found = []
    for row in rows:
        most = min(row.name + limits.string_bytes, len(table))  # names that overlap cost their square
        end = table.find(b"\0", row.name, most)
        found.append(table[row.name : end if end >= 0 else most].decode("utf-8", "surrogateescape"))
    return tuple(found)
