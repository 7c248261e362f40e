"""Names out of a string table (gABI, "String Table")."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from elfkit.tables.distinct import distinct


def names_at(table: bytes, offsets: npt.NDArray[np.uint32], longest: int) -> list[str]:
    """Return the NUL-ended string at each offset, decoded with ``surrogateescape``, at most ``longest`` bytes each.

    An offset outside the table gives the empty string; a string that the table cuts ends with it.
    """
    cache: dict[int, str] = {}
    for offset in distinct(offsets).tolist():
        end = table.find(b"\0", offset, offset + longest)
        raw = table[offset : offset + longest if end < 0 else end]
        cache[offset] = raw.decode("utf-8", "surrogateescape")
    return [cache[offset] for offset in offsets.tolist()]
