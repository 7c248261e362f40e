"""What a target's name stands for: the ABI that a distribution or a toolchain of that name builds for."""

from __future__ import annotations

from typing import Any, NamedTuple

from elfkit.abi.compatibility import FLOAT_ABIS_TOLD
from elfkit.abi.header import CLASS_OF_BITS
from elfkit.abi.interpreters import INTERPRETERS
from elfkit.abi.isa import Isa
from elfkit.abi.machines import machine, machine_key
from elfkit.abi.machines.mips import EF_MIPS_NAN2008

GNU = "GNU"
RARE = ("fdpic", "GNU/kFreeBSD", "coldfire fp64")  # interpreters that no target's name stands for
Columns = tuple[str, int, int, str, str, str, str, str, str] | tuple[str, int, int, str, str, str, str, str, str, str]
"""name, e_machine, class, byte order, ABI variant, float ABI, libc, ISA, note; then the interpreter, if it is odd."""


class Cpu(NamedTuple):
    """The machine half of a target: e_machine, class in bits, byte order, ABI variant."""

    e_machine: int
    elf_class: int
    data: str
    variant: str = ""


class Target(NamedTuple):
    """One name. ``float_abi`` is soft, hard, single, none where the machine has nothing to mix, or unknown.

    ``isa`` is the least CPU that its packages may ask for, "" where that is not known; ``interpreter`` is "" where
    programs of the target have none.
    """

    name: str
    system: str
    """Whose name it is: OpenWrt, Alpine, Debian, Rust, GNU."""
    cpu: Cpu
    float_abi: str
    libc: str
    interpreter: str
    isa: Isa
    note: str = ""

    @property
    def flags(self) -> int:
        """The bits of e_flags that release 6 of MIPS has in every file: NaNs as IEEE 754-2008 encodes them."""
        return EF_MIPS_NAN2008 if self.isa.base.endswith("r6") else 0

    @property
    def names_cpu(self) -> bool:
        """Whether ``isa`` has the extensions too: a GNU triplet tells a level at most (armv7)."""
        return self.system != GNU

    @property
    def machine(self) -> str:
        """The machine's key: "mips"."""
        return machine_key(self.cpu.e_machine)

    def describe(self) -> str:
        """Return one phrase for people: "MIPS 32-bit big-endian o32 soft-float musl"."""
        row = machine(self.cpu.e_machine)
        words = [row.title if row else self.machine, f"{self.cpu.elf_class}-bit", f"{self.cpu.data}-endian"]
        words += [self.cpu.variant] if self.cpu.variant else []
        words += [f"{self.float_abi}-float"] if self.float_abi in FLOAT_ABIS_TOLD else []
        return " ".join([*words, self.libc])

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape of elfkit.targets/1."""
        return {
            "name": self.name,
            "system": self.system,
            "machine": self.machine,
            "class": self.cpu.elf_class,
            "data": self.cpu.data,
            "abi_variant": self.cpu.variant or None,
            "float_abi": self.float_abi,
            "libc": self.libc,
            "interpreter": self.interpreter or None,
            "isa": self.isa.to_dict() if self.isa.base else None,
            "note": self.note or None,
        }


def isa_of(text: str) -> Isa:
    """Return the instruction set that ``text`` spells.

    >>> isa_of("armv7-a + vfpv4 + neon-vfpv4").extensions
    ('vfpv4', 'neon-vfpv4')
    """
    base, *extensions = text.split(" + ") if text else [""]
    return Isa(base, tuple(extensions))


def target_of(system: str, columns: Columns) -> Target:
    """Return the target that a row of a system's table stands for."""
    name, e_machine, elf_class, data, variant, float_abi, libc, isa, note, *interpreter = columns
    cpu = Cpu(e_machine, elf_class, data, variant)
    found = interpreter[0] if interpreter else interpreter_of(cpu, float_abi, libc, _detail(isa))
    return Target(name, system, cpu, float_abi, libc, found, isa_of(isa), note)


def _detail(isa: str) -> str:
    """Return what tells the interpreters of one ABI apart: MIPS release 6 has NaNs of 2008, and loaders of its own."""
    return "r6" if isa.endswith("r6") else ""


def interpreter_of(cpu: Cpu, float_abi: str, libc: str, detail: str = "") -> str:
    """Return the interpreter that programs of this ABI name; "" where none is known.

    ``detail`` is "r6" for release 6 of MIPS.
    """
    fitting = [
        row
        for row in INTERPRETERS
        if row.libc == libc
        and row.e_machine in (0, cpu.e_machine)
        and row.elf_class in (0, CLASS_OF_BITS[cpu.elf_class])
        and row.data in ("", cpu.data)
        and row.variant in ("", cpu.variant)
    ]
    fitting = [row for row in fitting if (row.detail in ("nan2008", "r6")) is bool(detail) and row.detail not in RARE]
    fitting.sort(key=lambda row: not row.e_machine)  # a row for every machine goes last
    exact = [row for row in fitting if row.float_abi == float_abi]
    known = exact or [row for row in fitting if row.float_abi in ("unknown", "none")]
    return known[0].path if known else ""
