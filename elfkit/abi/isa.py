"""An instruction set as a value: the level of the machine it needs, and what it needs beside that."""

from __future__ import annotations

from typing import NamedTuple


class Isa(NamedTuple):
    """What code demands of a CPU: ``base`` is a level ("mips32r2", "armv7-a"), "" where nothing tells.

    ``extensions`` are named as compilers name them ("dsp", "vfpv3-d16"), on RISC-V with their versions ("v1p0").

    >>> str(Isa("armv7-a", ("vfpv3-d16", "neon")))
    'armv7-a + vfpv3-d16 + neon'
    """

    base: str
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " + ".join([self.base or "unknown", *self.extensions])

    def to_dict(self) -> dict[str, object]:
        """The published JSON shape, beside certainty and evidence."""
        return {"value": str(self), "base": self.base or None, "extensions": list(self.extensions)}


UNKNOWN_ISA = Isa("")
