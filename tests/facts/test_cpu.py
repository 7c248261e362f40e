"""ISA, FPU mode, NaN encoding, properties and page sizes: bytes written from the specifications."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from elfkit.abi.header import (
    EM_68K,
    EM_386,
    EM_AARCH64,
    EM_ARM,
    EM_CSKY,
    EM_MIPS,
    EM_PARISC,
    EM_PPC,
    EM_PPC64,
    EM_RISCV,
    EM_SH,
    EM_X86_64,
    ET_REL,
)
from elfkit.evidence import Certainty, Damage
from elfkit.facts.facts import Facts
from tests.elfwriter import Elf, Note, Sect, Written, build, patch, write
from tests.formats.test_attributes import part, subsection
from tests.image.proofs import anomalies, concluded, unproven

GNU_ATTRIBUTES, ARM_ATTRIBUTES, CSKY_ATTRIBUTES = 0x6FFFFFF5, 0x70000003, 0x70000001  # sh_type
MIPS = Elf(1, 2, machine=EM_MIPS, flags=0x70001007, fp_abi=3)
ARM = Elf(1, 1, machine=EM_ARM, flags=0x05000000)


def facts_of(content: bytes) -> Facts:
    facts = concluded(content)
    assert unproven(content, facts) == []
    return facts


def isa_of(content: bytes) -> tuple[str, Certainty]:
    isa = facts_of(content).isa
    assert isa is not None
    return str(isa.value), isa.certainty


def abi_flags(built: Written, **fields: int) -> bytes:
    """The file with other values in Elf_MIPS_ABIFlags."""
    at, content = built.blobs["abiflags"][0], built.data
    order = "<" if built.order == 1 else ">"
    for name, value in fields.items():
        offset, form = {"level": (2, "B"), "rev": (3, "B"), "ext": (8, "I"), "ases": (12, "I")}[name]
        content = patch(content, at + offset, struct.pack(order + form, value))
    return content


def with_attributes(elf: Elf, content: bytes, sh_type: int, vendor: bytes, name: bytes = b".attributes") -> bytes:
    order = "little" if elf.data == 1 else "big"
    raw = b"A" + subsection(part(content, order), order, vendor)
    return build(replace(elf, sections=(Sect(name, sh_type, content=raw),)))


def arm(content: bytes, elf: Elf = ARM) -> bytes:
    return with_attributes(elf, content, ARM_ATTRIBUTES, b"aeabi\0")


# ISA


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"level": 32, "rev": 1}, "mips32"),
        ({"level": 32, "rev": 2}, "mips32r2"),
        ({"level": 64, "rev": 6}, "mips64r6"),
        ({"level": 1, "rev": 0}, "mips1"),
        ({"level": 32, "rev": 2, "ases": 0x403}, "mips32r2 + dsp + dspr2 + mips16"),
        ({"level": 64, "rev": 2, "ext": 3}, "mips64r2 + octeon+"),
        ({"level": 64, "rev": 2, "ext": 99}, "mips64r2 + isa-ext-99"),
    ],
)
@pytest.mark.parametrize("data", [1, 2])
def test_the_abi_flags_of_mips_state_the_isa(data: int, fields: dict[str, int], name: str) -> None:
    content = abi_flags(write(replace(MIPS, data=data)), **fields)
    assert isa_of(content) == (name, Certainty.STATED)


def test_abi_flags_of_no_known_level_tell_nothing() -> None:
    assert isa_of(abi_flags(write(MIPS), level=77)) == ("unknown", Certainty.UNKNOWN)


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (0x70001007, "mips32r2"),
        (0x50001007, "mips32"),
        (0x74001007, "mips32r2 + mips16"),
        (0x808B0007, "mips64r2 + octeon"),
        (0x90001407, "mips32r6"),
        (0x00001007, "mips1"),
    ],
)
def test_without_abi_flags_e_flags_of_mips_state_it(flags: int, name: str) -> None:
    assert isa_of(build(replace(MIPS, flags=flags, fp_abi=None))) == (name, Certainty.STATED)


def test_the_section_of_an_object_file_serves_where_no_segment_does() -> None:
    record = bytes.fromhex("0000 20 02 01 00 00 03 00000000 00000001 00000001 00000000")  # abi.md, with the DSP ASE
    section = Sect(b".MIPS.abiflags", 0x7000002A, content=record)
    content = build(replace(MIPS, type=ET_REL, dynamic=False, stack=None, fp_abi=None, sections=(section,)))
    facts = facts_of(content)
    assert isa_of(content) == ("mips32r2 + dsp", Certainty.STATED)
    assert (facts.float_abi.value, facts.fp_mode.value) == ("soft", "soft")
    assert facts.float_abi.evidence[0].source == "SHT_MIPS_ABIFLAGS fp_abi"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x06\x0a\x07A\x0a\x04", "armv7-a + vfpv3-d16"),
        (b"\x06\x0a\x07A\x0a\x05\x0c\x02", "armv7-a + vfpv4 + neon-vfpv4"),
        (b"\x06\x0a\x07M", "armv7-m"),
        (b"\x06\x0a", "armv7"),
        (b"\x06\x04", "armv5te"),
        (b"\x06\x07\x0a\x02", "armv6kz + vfpv2"),
        (b"\x06\x0e\x07A\x0a\x07\x0c\x03", "armv8-a + fp-armv8 + neon-fp-armv8"),
    ],
)
def test_attributes_of_arm_state_the_isa(content: bytes, name: str) -> None:
    assert isa_of(arm(content)) == (name, Certainty.STATED)


def test_without_attributes_be8_shows_the_least_arm_and_nothing_else_does() -> None:
    assert isa_of(build(replace(ARM, data=2, flags=0x05800200))) == ("armv6", Certainty.BOUNDED)
    assert isa_of(build(ARM)) == ("unknown", Certainty.UNKNOWN)


def riscv(text: bytes, flags: int = 5) -> bytes:
    """A file with PT_RISCV_ATTRIBUTES: by file offset, no address, no memory (riscv-elf.adoc; as sstrip leaves it)."""
    raw = b"A" + subsection(part(b"\x04\x10\x05" + text + b"\0"), vendor=b"riscv\0")
    built = write(Elf(2, 1, machine=EM_RISCV, flags=flags, extra=(("attributes", raw),)))
    offset, size = built.blobs["attributes"]
    header = "PT_GNU_STACK"
    built = built.also(header, "p_type", 0x70000003).also(header, "p_offset", offset)
    return built.patched(header, "p_filesz", size)


def test_the_arch_string_of_riscv_states_extensions_with_their_versions() -> None:
    facts = facts_of(riscv(b"rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0"))
    assert facts.isa is not None
    assert facts.isa.value == ("rv64i", ("i2p1", "m2p0", "a2p1", "f2p2", "d2p2", "c2p0", "zicsr2p0"))
    assert facts.isa.evidence[0].source == "PT_RISCV_ATTRIBUTES tag 5"


def test_without_an_arch_string_the_flags_of_riscv_show_the_least() -> None:
    content = build(Elf(2, 1, machine=EM_RISCV, flags=5))
    assert isa_of(content) == ("rv64i + f + d + c", Certainty.BOUNDED)


@pytest.mark.parametrize(
    ("elf", "name"),
    [
        (Elf(1, 1, machine=EM_SH, flags=0x17), "sh2a-or-sh4"),
        (Elf(1, 1, machine=EM_SH, flags=0x10), "sh4-nofpu"),
        (Elf(1, 2, machine=EM_68K, flags=0x65), "coldfire-isa-b + cf-float + emac"),
        (Elf(1, 2, machine=EM_68K, flags=0x01000000), "m68000"),
        (Elf(1, 1, machine=EM_CSKY, flags=0x20006008), "ck810 + dsp + float"),
        (Elf(1, 2, machine=EM_PARISC, flags=0x210), "pa1.1"),
    ],
)
def test_e_flags_of_others_state_it(elf: Elf, name: str) -> None:
    assert isa_of(build(elf)) == (name, Certainty.STATED)


@pytest.mark.parametrize(
    ("elf", "name"),
    [
        (Elf(machine=EM_AARCH64), "armv8-a"),
        (Elf(machine=EM_X86_64), "x86-64"),
        (Elf(machine=EM_PPC64, flags=2), "power8"),
        (Elf(2, 2, machine=EM_PPC64, flags=2), "powerpc64"),
        (Elf(2, 2, machine=EM_PPC64, flags=1), "powerpc64"),
    ],
)
def test_where_files_say_nothing_the_machine_itself_is_the_least(elf: Elf, name: str) -> None:
    assert isa_of(build(elf)) == (name, Certainty.BOUNDED)


def test_spe_is_an_extension_of_powerpc_without_a_level() -> None:
    content = with_attributes(Elf(1, 2, machine=EM_PPC), b"\x04\x01\x08\x03", GNU_ATTRIBUTES, b"gnu\0")
    assert isa_of(content) == ("unknown + spe", Certainty.BOUNDED)


# Properties (Linux gABI supplement: pr_type, pr_datasz, data padded to 8 bytes in ELFCLASS64)


def properties(*words: tuple[int, int], wide: bool = True, order: str = "<") -> Note:
    rows = [struct.pack(order + "III", kind, 4, word) + bytes(4 if wide else 0) for kind, word in words]
    return Note(b"GNU", 5, b"".join(rows))


@pytest.mark.parametrize(
    ("machine", "words", "marks"),
    [
        (EM_X86_64, [(0xC0000002, 3)], ("IBT", "SHSTK")),
        (EM_X86_64, [(0xC0000002, 2), (0xC0008002, 1)], ("SHSTK",)),
        (EM_AARCH64, [(0xC0000000, 7)], ("BTI", "PAC", "GCS")),
        (EM_AARCH64, [(0xC0000000, 1)], ("BTI",)),
        (EM_X86_64, [(0xC0000000, 3)], ()),
    ],
)
def test_the_marks_of_protections(machine: int, words: list[tuple[int, int]], marks: tuple[str, ...]) -> None:
    facts = facts_of(build(Elf(machine=machine, notes=(properties(*words),), note_align=8)))
    assert facts.properties is not None
    assert facts.properties.value == marks


@pytest.mark.parametrize(
    ("machine", "elf_class", "word", "name"),
    [
        (EM_X86_64, 2, 1, "x86-64"),
        (EM_X86_64, 2, 3, "x86-64-v2"),
        (EM_X86_64, 2, 7, "x86-64-v3"),
        (EM_X86_64, 2, 8, "x86-64-v4"),
        (EM_386, 1, 1, "x86-baseline"),
    ],
)
def test_the_level_that_glibc_asks_the_cpu_for(machine: int, elf_class: int, word: int, name: str) -> None:
    note = properties((0xC0008002, word), wide=elf_class == 2)
    content = build(Elf(elf_class, 1, machine=machine, notes=(note,), note_align=4 * elf_class))
    assert isa_of(content) == (name, Certainty.STATED)


def test_properties_beyond_their_note_are_not_read() -> None:
    content = build(Elf(machine=EM_X86_64, notes=(Note(b"GNU", 5, struct.pack("<II", 0xC0000002, 400)),), note_align=8))
    facts = facts_of(content)
    assert facts.properties is not None
    assert facts.properties.value == ()


# The rest


@pytest.mark.parametrize(
    ("number", "mode"), [*enumerate(["any", "double", "single", "soft", "old-64", "xx", "64", "64a"])]
)
def test_the_fpu_mode_of_mips(number: int, mode: str) -> None:
    fact = facts_of(build(replace(MIPS, fp_abi=number))).fp_mode
    assert (fact.value, fact.certainty) == (mode, Certainty.STATED)


def test_other_machines_have_no_fpu_mode_and_one_nan_encoding() -> None:
    facts = facts_of(build(ARM))
    assert (facts.fp_mode.value, facts.nan2008.value) == ("unknown", None)


@pytest.mark.parametrize(("flags", "value"), [(0x70001007, False), (0x70001407, True), (0x90001407, True)])
def test_the_nan_encoding_of_mips(flags: int, value: bool) -> None:  # noqa: FBT001  # a table's column
    assert facts_of(build(replace(MIPS, flags=flags))).nan2008[:2] == (value, Certainty.STATED)


@pytest.mark.parametrize(
    ("align", "sizes"),
    [(0x1000, (0x1000,)), (0x4000, (0x1000, 0x4000)), (0x10000, (0x1000, 0x4000, 0x10000)), (0x20, ()), (0x200000, 3)],
)
def test_every_load_must_be_aligned_for_a_page_size(align: int, sizes: tuple[int, ...] | int) -> None:
    built = write(Elf()).also("PT_LOAD", "p_align", 0x10000)
    facts = facts_of(built.patched("PT_LOAD code", "p_align", align))
    assert facts.page_sizes is not None
    assert facts.page_sizes.value == ((0x1000, 0x4000, 0x10000) if sizes == 3 else sizes)


def test_an_address_that_is_not_congruent_fits_no_larger_page() -> None:
    built = write(Elf()).also("PT_LOAD", "p_align", 0x10000).also("PT_LOAD code", "p_align", 0x10000)
    moved = built.place("PT_LOAD code", "p_vaddr")
    vaddr = int.from_bytes(built.data[moved[0] : moved[0] + 8], "little") + 0x1000
    facts = facts_of(built.patched("PT_LOAD code", "p_vaddr", vaddr))
    assert facts.page_sizes is not None
    assert facts.page_sizes.value == (0x1000,)


def test_attributes_that_are_damaged_are_an_anomaly_and_what_was_read_counts() -> None:
    raw = b"A" + subsection(part(b"\x06\x0a\x07A\x05abc"))
    content = build(replace(ARM, sections=(Sect(b".ARM.attributes", ARM_ATTRIBUTES, content=raw),)))
    (anomaly,) = anomalies(content)
    assert anomaly.damage is Damage.ATTRIBUTES
    assert isa_of(content) == ("armv7-a", Certainty.STATED)
