"""All facts of one image, concluded in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from elfkit.evidence import Anomaly, Certainty, Fact
from elfkit.facts import identity, linkage, protection
from elfkit.facts.build_id import build_id_fact
from elfkit.facts.float_abi import float_abi_fact
from elfkit.facts.kind import Kind, kind_fact
from elfkit.facts.libc_versions import libc_versions_fact
from elfkit.facts.packer import packer_fact
from elfkit.facts.relocations import text_relocation_count_fact
from elfkit.image.image import Image
from elfkit.image.sections import section_headers

if TYPE_CHECKING:
    from elfkit.tables.counts import SymbolCount
    from elfkit.tables.linkage import Linkage

SYMBOLS, BUILD_ID, TEXT_RELOCATIONS, LIBC_VERSIONS = "symbols", "build_id", "text_relocations", "libc_versions"
LINKAGE = "linkage"
DEAR = frozenset({SYMBOLS, BUILD_ID, TEXT_RELOCATIONS, LIBC_VERSIONS})  # facts concluded only where they are asked for
"""LINKAGE is not among them: it holds whole tables, for binding a tree."""


class Sizes(NamedTuple):
    """Bytes: of the file, taken from it into memory, and of memory when it is mapped."""

    file: int
    loaded: int
    memory: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of one image.

    The dear ones (``symbols``, ``build_id``, ``text_relocation_count``, ``libc_versions``, ``linkage``) are None where
    not asked for.

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
    anomalies: tuple[Anomaly, ...]
    linkage: Linkage | None = None

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
            "sizes": self.sizes.value._asdict(),
            "anomalies": [anomaly.to_dict() for anomaly in self.anomalies],
        }


def conclude(image: Image, needs: frozenset[str] = DEAR) -> Facts:
    """Return the facts of ``image``; of the dear ones only those that ``needs`` names."""
    interpreter, odd_interpreter = linkage.interpreter_fact(image)
    needed = linkage.needed_fact(image)
    soname = linkage.soname_fact(image)
    kind = kind_fact(image)
    bind_now = protection.bind_now_fact(image)
    sections, odd_sections = section_headers(image.opened)
    symbols = _symbols(image) if SYMBOLS in needs else None
    build_id, odd_notes = build_id_fact(image) if BUILD_ID in needs else (None, ())
    odd = (*odd_interpreter, *odd_sections, *(symbols.anomalies if symbols else ()), *odd_notes)
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
        libc_versions=libc_versions_fact(image) if LIBC_VERSIONS in needs else None,
        float_abi=float_abi_fact(image, interpreter),
        stack=protection.stack_fact(image),
        writable_code=protection.writable_code_fact(image),
        writable_dynamic=protection.writable_dynamic_fact(image),
        relro=protection.relro_fact(image, bind_now),
        bind_now=bind_now,
        text_relocations=protection.text_relocations_fact(image),
        text_relocation_count=text_relocation_count_fact(image) if TEXT_RELOCATIONS in needs else None,
        section_headers=Fact(sections.value, Certainty.STATED, (image.header_evidence("e_shoff"),)),
        sizes=_sizes(image),
        dynamic=Fact(image.dynamic is not None, Certainty.DERIVED),
        packer=packer_fact(image),
        symbols=symbols,
        build_id=build_id,
        anomalies=(*image.anomalies, *odd, *image.limit_anomalies()),
        linkage=_linkage(image) if LINKAGE in needs else None,
    )


def _symbols(image: Image) -> SymbolCount:
    from elfkit.tables.counts import symbol_count  # here: only who asks for symbols pays for numpy

    return symbol_count(image)


def _linkage(image: Image) -> Linkage:
    from elfkit.tables.linkage import read_linkage  # here: only binding asks for it

    return read_linkage(image)


def _sizes(image: Image) -> Fact[Sizes]:
    loaded = sum([load.filesz for load in image.loads])
    memory = sum([load.memsz for load in image.loads])
    return Fact(Sizes(image.source.size, loaded, memory), Certainty.DERIVED)
