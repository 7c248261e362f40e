"""All facts of one image, concluded in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from elfkit.abi.isa import Isa
from elfkit.evidence import Anomaly, Certainty, Damage, Fact
from elfkit.facts import identity, linkage, loading, protection
from elfkit.facts.build_id import Note, all_notes, build_id_fact
from elfkit.facts.cpu import DEAR_OF_CPU, NO, cpu_facts, without_mmu_fact
from elfkit.facts.indirect_functions import indirect_functions_fact
from elfkit.facts.kind import Kind, kind_fact
from elfkit.facts.libc_release import libc_release_fact
from elfkit.facts.libc_versions import libc_versions_fact
from elfkit.facts.linked_tables import table_anomalies
from elfkit.facts.mapping import Misplaced, mapping_fact
from elfkit.facts.packer import packer_fact
from elfkit.facts.relocation_types import relocation_types_fact
from elfkit.facts.relocations import relocation_tables, text_relocation_count_fact
from elfkit.facts.sizes import Sizes, sizes_fact
from elfkit.facts.table_heads import head_anomalies
from elfkit.facts.tagged_notes import Dlopen, dlopens_fact, kernel_fact
from elfkit.facts.version_names import glibc_abi_fact
from elfkit.image.image import Image
from elfkit.image.sections import section_headers

if TYPE_CHECKING:
    from elfkit.tables.counts import SymbolCount
    from elfkit.tables.linkage import Linkage

SYMBOLS, BUILD_ID, TEXT_RELOCATIONS, LIBC_VERSIONS = "symbols", "build_id", "text_relocations", "libc_versions"
KERNEL, DLOPENS, LIBC_RELEASE, GLIBC_ABI = "kernel", "dlopens", "libc_release", "glibc_abi"
RELOCATION_TYPES, INDIRECT_FUNCTIONS = "relocation_types", "indirect_functions"
MAPPING, SYSTEM = "mapping", "system"
TABLE_HEADS = "table-heads"  # what the first bytes of such tables prove
TABLES = "tables"  # anomalies of the tables that a loader binds symbols by
LINKAGE = "linkage"
OF_NOTES = (KERNEL, DLOPENS, SYSTEM)
OF_RELOCATIONS = (TEXT_RELOCATIONS, RELOCATION_TYPES)
# facts concluded only where they are asked for
DEAR = DEAR_OF_CPU | {
    SYMBOLS,
    BUILD_ID,
    TEXT_RELOCATIONS,
    LIBC_VERSIONS,
    KERNEL,
    DLOPENS,
    LIBC_RELEASE,
    GLIBC_ABI,
    RELOCATION_TYPES,
    INDIRECT_FUNCTIONS,
    MAPPING,
    SYSTEM,
    TABLES,
    TABLE_HEADS,
}
"""LINKAGE is not among them: it holds whole tables, for binding a tree."""


YES: Fact[bool] = Fact(True, Certainty.DERIVED)


class Facts(NamedTuple):
    """What is true of one image: a tuple, which is made ten times faster than a frozen dataclass of as many fields.

    Facts that may be None, those of `DEAR` and ``linkage``, are None where not asked for.

    ``text_relocations`` is what the file says of itself, ``text_relocation_count`` what its relocations do.
    """

    elf_class: Fact[int]
    data: Fact[str]
    osabi: Fact[str]
    abi_version: Fact[int]
    machine: Fact[str]
    e_machine: int
    type: Fact[str]
    flags: Fact[int]
    abi_variant: Fact[str]
    kind: Fact[Kind]
    interpreter: Fact[str | None]
    needed: Fact[tuple[str, ...]]
    soname: Fact[str | None]
    rpath: Fact[str | None]
    runpath: Fact[str | None]
    nodeflib: Fact[bool]
    libc: Fact[str]
    libc_versions: Fact[str] | None
    float_abi: Fact[str]
    fp_mode: Fact[str]
    nan2008: Fact[bool | None]
    isa: Fact[Isa] | None
    properties: Fact[tuple[str, ...]] | None
    page_sizes: Fact[tuple[int, ...]] | None
    mapping: Fact[tuple[Misplaced, ...]] | None
    system: Fact[str | None] | None
    stack: Fact[str]
    writable_code: Fact[bool]
    writable_dynamic: Fact[bool]
    relro: Fact[str]
    bind_now: Fact[bool]
    text_relocations: Fact[bool]
    text_relocation_count: Fact[int] | None
    section_headers: Fact[str]
    sizes: Fact[Sizes]
    dynamic: Fact[bool]
    packer: Fact[str | None]
    symbols: SymbolCount | None
    build_id: Fact[str | None] | None
    hash_tables: Fact[tuple[str, ...]]
    packed_relocations: Fact[tuple[str, ...]]
    static_tls: Fact[bool]
    versioned: Fact[bool]
    relocation_types: Fact[tuple[int, ...]] | None
    indirect_functions: Fact[tuple[str, ...]] | None
    glibc_abi: Fact[tuple[str, ...]] | None
    libc_release: Fact[str | None] | None
    kernel: Fact[str | None] | None
    dlopens: Fact[tuple[Dlopen, ...]] | None
    anomalies: tuple[Anomaly, ...]
    linkage: Linkage | None = None
    without_mmu: Fact[bool] = NO

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape of elfkit.info/1, less schema and path."""
        return {
            "class": self.elf_class.value,
            "data": self.data.value,
            "osabi": self.osabi.value,
            "abi_version": self.abi_version.value,
            "machine": self.machine.value,
            "abi_variant": self.abi_variant.value or None,
            "type": self.type.value,
            "flags": self.flags.value,
            "kind": self.kind.value.value,
            "interpreter": self.interpreter.value,
            "needed": list(self.needed.value),
            "soname": self.soname.value,
            "rpath": self.rpath.value,
            "runpath": self.runpath.value,
            "nodeflib": self.nodeflib.value,
            "float_abi": self.float_abi.to_dict(),
            "fp_mode": self.fp_mode.value,
            "nan2008": self.nan2008.value,
            "isa": None if self.isa is None else self.isa.to_dict() | self.isa.value.to_dict(),
            "properties": list(self.properties.value) if self.properties else None,
            "page_sizes": list(self.page_sizes.value) if self.page_sizes else None,
            "system": self.system.value if self.system else None,
            "libc": self.libc.value,
            "section_headers": self.section_headers.value,
            "symbols": self.symbols.to_dict() if self.symbols else None,
            "stack": self.stack.value,
            "writable_code": self.writable_code.value,
            "writable_dynamic": self.writable_dynamic.value,
            "relro": self.relro.value,
            "bind_now": self.bind_now.value,
            "textrel": self.text_relocations.value,
            "textrel_count": self.text_relocation_count.value if self.text_relocation_count else None,
            "build_id": self.build_id.value if self.build_id else None,
            "packer": self.packer.value,
            **self._loading(),
            "sizes": self.sizes.value._asdict(),
            "anomalies": [anomaly.to_dict() for anomaly in self.anomalies],
        }

    def _loading(self) -> dict[str, Any]:
        """Return what the file asks of its loader; null for what was not asked for."""
        return {
            "hash_tables": list(self.hash_tables.value),
            "packed_relocations": list(self.packed_relocations.value),
            "static_tls": self.static_tls.value,
            "relocation_types": _listed(self.relocation_types),
            "indirect_functions": _listed(self.indirect_functions),
            "glibc_abi": _listed(self.glibc_abi),
            "libc_release": self.libc_release.value if self.libc_release else None,
            "kernel": self.kernel.value if self.kernel else None,
            "dlopens": None if self.dlopens is None else [row.to_dict() for row in self.dlopens.value],
        }


def _listed(fact: Fact[tuple[Any, ...]] | None) -> list[Any] | None:
    return None if fact is None else list(fact.value)


def conclude(image: Image, needs: frozenset[str] = DEAR) -> Facts:
    """Return the facts of ``image``; of the dear ones only those that ``needs`` names."""
    interpreter, odd_interpreter = linkage.interpreter_fact(image)
    needed = linkage.needed_fact(image)
    soname = linkage.soname_fact(image)
    kind = kind_fact(image)
    cpu = cpu_facts(image, needs, kind.value, interpreter)
    bind_now = protection.bind_now_fact(image)
    sections, odd_sections = section_headers(image.opened)
    symbols = _symbols(image) if SYMBOLS in needs else None
    tables = () if needs.isdisjoint(OF_RELOCATIONS) else relocation_tables(image)
    relocated, odd_relocations = text_relocation_count_fact(image, tables) if TEXT_RELOCATIONS in needs else (None, ())
    build_id, odd_notes = build_id_fact(image) if BUILD_ID in needs else (None, ())
    odd = (*odd_interpreter, *odd_sections, *(symbols.anomalies if symbols else ()), *odd_notes, *odd_relocations)
    return Facts(
        elf_class=identity.elf_class_fact(image),
        data=identity.data_fact(image),
        osabi=identity.osabi_fact(image),
        abi_version=identity.abi_version_fact(image),
        machine=identity.machine_fact(image),
        e_machine=image.header.machine,
        type=identity.type_fact(image),
        flags=identity.flags_fact(image),
        abi_variant=identity.abi_variant_fact(image),
        kind=kind,
        interpreter=interpreter,
        needed=needed,
        soname=soname,
        rpath=linkage.rpath_fact(image),
        runpath=linkage.runpath_fact(image),
        nodeflib=linkage.nodeflib_fact(image),
        libc=linkage.libc_fact(kind.value, interpreter, needed, soname),
        float_abi=cpu.float_abi,
        fp_mode=cpu.fp_mode,
        nan2008=cpu.nan2008,
        isa=cpu.isa,
        properties=cpu.properties,
        page_sizes=cpu.page_sizes,
        stack=protection.stack_fact(image),
        writable_code=protection.writable_code_fact(image),
        writable_dynamic=protection.writable_dynamic_fact(image),
        relro=protection.relro_fact(image, bind_now),
        bind_now=bind_now,
        text_relocations=protection.text_relocations_fact(image),
        text_relocation_count=relocated,
        section_headers=Fact(sections.value, Certainty.STATED, (image.header_evidence("e_shoff"),)),
        sizes=sizes_fact(image),
        dynamic=NO if image.dynamic is None else YES,
        packer=packer_fact(image),
        symbols=symbols,
        build_id=build_id,
        hash_tables=loading.hash_tables_fact(image),
        packed_relocations=loading.packed_relocations_fact(image),
        static_tls=loading.static_tls_fact(image),
        versioned=loading.versioned_fact(image),
        anomalies=_anomalies(image, odd, needs),
        relocation_types=relocation_types_fact(image, tables) if RELOCATION_TYPES in needs else None,
        without_mmu=without_mmu_fact(image, kind.value),
        **_dear(image, needs, soname, needed),
    )


def _anomalies(image: Image, odd: tuple[Anomaly, ...], needs: frozenset[str]) -> tuple[Anomaly, ...]:
    """Return what is wrong with the file, each once; of tables only where the dynamic section leads to them."""
    known = (*image.anomalies, *odd, *image.attribute_anomalies())
    sound = all(anomaly.damage is not Damage.DYNAMIC for anomaly in known)
    tables = table_anomalies(image) if TABLES in needs and sound else ()
    heads = head_anomalies(image, tables) if TABLE_HEADS in needs and sound else ()
    return tuple(dict.fromkeys((*known, *tables, *heads, *image.limit_anomalies())))


def _dear(
    image: Image, needs: frozenset[str], soname: Fact[str | None], needed: Fact[tuple[str, ...]]
) -> dict[str, Any]:
    """Return the facts that stand alone, by their fields: None where not asked for."""
    notes = () if needs.isdisjoint(OF_NOTES) else tuple(all_notes(image, []))
    return {
        "libc_versions": libc_versions_fact(image) if LIBC_VERSIONS in needs else None,
        "mapping": mapping_fact(image) if MAPPING in needs else None,
        "system": _system(image, notes) if SYSTEM in needs else None,
        "indirect_functions": indirect_functions_fact(image) if INDIRECT_FUNCTIONS in needs else None,
        "glibc_abi": glibc_abi_fact(image) if GLIBC_ABI in needs else None,
        "libc_release": libc_release_fact(image, soname.value, needed.value) if LIBC_RELEASE in needs else None,
        "kernel": kernel_fact(image, notes) if KERNEL in needs else None,
        "dlopens": dlopens_fact(notes) if DLOPENS in needs else None,
        "linkage": _linkage(image) if LINKAGE in needs else None,
    }


def _system(image: Image, notes: tuple[Note, ...]) -> Fact[str | None]:
    from elfkit.facts.system import system_fact  # here: no rule of the usual ones asks for it

    return system_fact(notes, little=image.layout.data == 1)


def _symbols(image: Image) -> SymbolCount:
    from elfkit.tables.counts import symbol_count  # here: only who asks for symbols pays for numpy

    return symbol_count(image)


def _linkage(image: Image) -> Linkage:
    from elfkit.tables.linkage import read_linkage  # here: only binding asks for it

    return read_linkage(image)
