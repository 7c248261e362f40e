"""What PT_MIPS_ABIFLAGS points to: Elf_MIPS_ABIFlags_v0 (MIPS O32 ABI - FR0 and FR1 Interlinking, section 4)."""

from __future__ import annotations

from typing import Any

import construct as c

from elfkit.formats.words import Words


def mips_abiflags(w: Words) -> Any:
    """Declare Elf_MIPS_ABIFlags_v0, the same 24 bytes in both classes."""
    return c.Struct(
        "version" / w.half,
        "isa_level" / c.Int8ub,
        "isa_rev" / c.Int8ub,
        "gpr_size" / c.Int8ub,
        "cpr1_size" / c.Int8ub,
        "cpr2_size" / c.Int8ub,
        "fp_abi" / c.Int8ub,
        "isa_ext" / w.word,
        "ases" / w.word,
        "flags1" / w.word,
        "flags2" / w.word,
    )
