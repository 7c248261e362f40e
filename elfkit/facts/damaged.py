"""Facts of a file that begins like an ELF file and cannot be read as one: everything unknown but the damage."""

from __future__ import annotations

from typing import TypeVar

from elfkit.errors import FormatError
from elfkit.evidence import Anomaly, Certainty, Damage, Evidence, Fact
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind
from elfkit.facts.sizes import Sizes
from elfkit.image.source import Source

T = TypeVar("T")
NOT_ASKED = (
    "libc_versions",
    "isa",
    "properties",
    "page_sizes",
    "mapping",
    "system",
    "text_relocation_count",
    "symbols",
    "build_id",
    "relocation_types",
    "indirect_functions",
    "glibc_abi",
    "libc_release",
    "kernel",
    "dlopens",
)


def _unknown(value: T) -> Fact[T]:
    return Fact(value, Certainty.UNKNOWN)


def damaged_facts(source: Source, error: FormatError) -> Facts:
    """Return facts that hold nothing but the file's size and the anomaly that ``error`` tells of."""
    raw = source.view(error.offset, 1)
    damage = Damage.IDENT if raw else Damage.TRUNCATED
    value = raw[0] if raw else source.size
    if raw:
        proof = Evidence(error.detail.split()[0], error.offset, raw, value)
    else:
        proof = Evidence("file size", None, b"", value)
    anomaly = Anomaly(damage, proof, error.detail, "nothing else can be read")
    text, no = _unknown("unknown"), Fact(value=False, certainty=Certainty.UNKNOWN)
    nothing: Fact[str | None] = _unknown(None)
    return Facts(
        **dict.fromkeys(NOT_ASKED),
        elf_class=_unknown(0),
        data=text,
        osabi=text,
        abi_version=_unknown(0),
        machine=text,
        e_machine=0,
        type=text,
        flags=_unknown(0),
        abi_variant=_unknown(""),
        kind=_unknown(Kind.UNKNOWN),
        interpreter=nothing,
        needed=_unknown(()),
        soname=nothing,
        rpath=nothing,
        runpath=nothing,
        nodeflib=no,
        libc=text,
        float_abi=text,
        fp_mode=text,
        nan2008=_unknown(None),
        stack=text,
        writable_code=no,
        writable_dynamic=no,
        relro=text,
        bind_now=no,
        text_relocations=no,
        section_headers=text,
        sizes=Fact(Sizes(source.size, 0, 0), Certainty.STATED),
        dynamic=no,
        packer=nothing,
        hash_tables=_unknown(()),
        packed_relocations=_unknown(()),
        static_tls=no,
        without_mmu=no,
        versioned=no,
        anomalies=(anomaly,),
    )
