"""What the file expects of the CPU and of those it calls: float ABI, ISA, NaN encoding, FPU mode, properties, pages."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from elfkit.abi.header import EI_OSABI
from elfkit.abi.isa import Isa
from elfkit.abi.machines import Machine, abi_variant, machine
from elfkit.abi.machines.row import FDPIC
from elfkit.evidence import Certainty, Fact
from elfkit.facts.abi_flags import UNKNOWN_MODE, abi_flags
from elfkit.facts.float_abi import float_abi_fact, fp_mode_fact
from elfkit.facts.identity import KEPT, header_field
from elfkit.facts.isa import isa_fact
from elfkit.facts.kind import Kind
from elfkit.facts.page_sizes import page_sizes_fact
from elfkit.formats.layout import Layout
from elfkit.image.image import Image

if TYPE_CHECKING:
    from elfkit.facts.properties import GnuProperty

ISA, PROPERTIES, PAGE_SIZES = "isa", "properties", "page_sizes"
DEAR_OF_CPU = frozenset({ISA, PROPERTIES, PAGE_SIZES})


BARE = (Kind.STATIC, Kind.STATIC_PIE, Kind.RELOCATABLE)
NO: Fact[bool] = Fact(False, Certainty.UNKNOWN)


class Cpu(NamedTuple):
    """The facts of this module; the last three are None where nobody asks for them."""

    float_abi: Fact[str]
    fp_mode: Fact[str]
    nan2008: Fact[bool | None]
    isa: Fact[Isa] | None
    properties: Fact[tuple[str, ...]] | None
    page_sizes: Fact[tuple[int, ...]] | None


def cpu_facts(image: Image, needs: frozenset[str], kind: Kind, interpreter: Fact[str | None]) -> Cpu:
    """Return what the file expects of the CPU."""
    row = machine(image.header.machine)
    flags = abi_flags(image, row) if row is not None and row.abi_flags_segment else None
    float_abi = float_abi_fact(image, kind, interpreter, flags)
    properties = _properties(image, row, needs) if row is not None else ()
    return Cpu(
        float_abi,
        fp_mode_fact(flags, float_abi) if row is not None and row.abi_flags_segment else UNKNOWN_MODE,
        _nan2008(image.layout, image.header.machine, image.header.flags),
        isa_fact(image, flags, properties) if ISA in needs else None,
        _properties_fact(image, properties) if PROPERTIES in needs else None,
        page_sizes_fact(image) if PAGE_SIZES in needs else None,
    )


def without_mmu_fact(image: Image, kind: Kind) -> Fact[bool]:
    """Whether it is code for a CPU without an MMU that asks nothing of a loader; only build attributes say so."""
    row = machine(image.header.machine)
    if row is None or row.without_mmu is None or kind not in BARE or image.dynamic_segment is not None:
        return NO
    if abi_variant(row, image.header.flags, image.layout.elf_class, image.header.ident[EI_OSABI]) == FDPIC:
        return NO
    vendor, tag, values = row.without_mmu
    found = image.attributes.last(vendor, tag)
    return Fact(True, Certainty.STATED, (found[1],)) if found is not None and found[0].number in values else NO


def _properties(image: Image, row: Machine, needs: frozenset[str]) -> tuple[GnuProperty, ...]:
    if not ((ISA in needs and row.isa_properties) or (PROPERTIES in needs and row.properties)):
        return ()
    from elfkit.facts.properties import gnu_properties  # here: only who asks for them pays

    return gnu_properties(image)


def _properties_fact(image: Image, properties: tuple[GnuProperty, ...]) -> Fact[tuple[str, ...]]:
    from elfkit.facts.properties import properties_fact

    return properties_fact(image, properties)


@lru_cache(KEPT)
def _nan2008(records: Layout, e_machine: int, flags: int) -> Fact[bool | None]:
    """Whether NaNs are encoded as IEEE 754-2008 has it (EF_MIPS_NAN2008); None on machines with one encoding."""
    row = machine(e_machine)
    if row is None or not row.nan2008_flag:
        return Fact(None, Certainty.UNKNOWN)
    return Fact(bool(flags & row.nan2008_flag), Certainty.STATED, (header_field(records, "e_flags", flags),))
