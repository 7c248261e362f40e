"""Records of stack unwinding (Linux Standard Base, "Exception Frames"; EHABI32, "Index table entries")."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def eh_frame_hdr(w: Words) -> Any:
    """Declare the head of .eh_frame_hdr, the same in both classes; pointers in these encodings follow it."""
    del w
    return c.Struct(
        "version" / c.Int8ub, "eh_frame_ptr_enc" / c.Int8ub, "fde_count_enc" / c.Int8ub, "table_enc" / c.Int8ub
    )


def eh_frame_record(w: Words) -> Any:
    """Declare the head of a CIE or FDE in .eh_frame; ``cie_id`` is 0 or how far back from here its CIE begins."""
    return c.Struct("length" / w.word, "cie_id" / w.word)


def exidx(w: Words) -> Any:
    """Declare an entry of .ARM.exidx: where the function begins, and how to unwind it or where that stands."""
    return c.Struct("function" / w.word, "action" / w.word)
