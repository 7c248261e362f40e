"""EK006, EK008, EK011, EK115, EK117: what a file is, and what only looks odd."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.header import (
    EM_AVR,
    EM_BPF,
    EM_MIPS,
    EM_NONE,
    EM_QDSP6,
    EM_XTENSA,
    ET_CORE,
    ET_EXEC,
    ET_REL,
)
from elfkit.abi.sections import SHT_ARM_ATTRIBUTES
from elfkit.abi.segments import PT_GNU_STACK, PT_INTERP, PT_LOAD
from elfkit.checks.check import check
from tests.checks.every_rule import checked, said
from tests.checks.judging import only, proved
from tests.elfwriter import Elf, Sect, build, patch, write
from tests.firmware.plants import (
    HARD,
    HARD_MUSL,
    MIPS,
    SOFT_MUSL,
    X86_64,
    asking,
    library,
    program,
    router,
    static,
)

ARM = Elf(elf_class=1, machine=40, flags=0x05000200)
OBJECT = replace(MIPS, type=ET_REL, dynamic=False, interpreter=None, stack=None, fp_abi=None, sections=())
SECTIONED = replace(library(), sections=())


# EK006


@pytest.mark.parametrize(("field", "value"), [("e_shentsize", 39), ("e_shstrndx", 0xFE00), ("e_shoff", 0x7FFFFF00)])
def test_a_table_that_cannot_be_read_is_told_with_its_field(tmp_path: Path, field: str, value: int) -> None:
    finding = only(checked(tmp_path, router({"lib/x.so": write(SECTIONED).patched("Ehdr", field, value)})), "EK006")
    assert (finding.severity.word, finding.evidence[0].source) == ("warning", field)
    assert proved(tmp_path, "lib/x.so", finding.evidence)


def test_an_object_file_without_readable_sections_is_an_error(tmp_path: Path) -> None:
    damaged = write(OBJECT).patched("Ehdr", "e_shentsize", 39)
    assert said(tmp_path, router({"lib/x.o": damaged}), "EK006") == {"lib/x.o": "error"}


def test_bionic_refuses_a_damaged_table(tmp_path: Path) -> None:
    android = replace(SECTIONED, needed=(b"libc.so", b"libm.so", b"libdl.so"))
    plan = router({"lib/x.so": write(android).patched("Ehdr", "e_shentsize", 39)})
    assert said(tmp_path, plan, "EK006") == {"lib/x.so": "error"}


def test_extended_numbering_and_no_table_at_all_are_in_order(tmp_path: Path) -> None:
    written = write(SECTIONED)
    extended = written.also("Shdr 0", "sh_size", 4).patched("Ehdr", "e_shnum", 0)
    assert said(tmp_path, router({"lib/x.so": extended, "lib/y.so": library()}), "EK006") == {}


def test_a_truncated_file_is_told_as_truncated_only(tmp_path: Path) -> None:
    plan = router({"lib/x.so": build(SECTIONED)[:0x180]})
    assert said(tmp_path, plan, "EK006") == {}
    assert said(tmp_path / "again", plan, "EK001") == {"lib/x.so": "error"}


# EK008


@pytest.mark.parametrize(("p_type", "word"), [(PT_GNU_STACK, "last"), (PT_INTERP, "first"), (2, "last"), (7, "last")])
def test_the_message_says_which_of_two_headers_counts(tmp_path: Path, p_type: int, word: str) -> None:
    written = write(replace(program(), notes=()))
    first = written.also("PT_MIPS_ABIFLAGS", "p_type", p_type)
    twice = first.also("PT_LOAD code", "p_type", p_type).data
    finding = only(checked(tmp_path, router({"bin/x": twice})), "EK008")
    assert f"go by the {word}" in finding.message.replace("goes", "go") or f"goes by the {word}" in finding.message
    assert proved(tmp_path, "bin/x", finding.evidence)


def test_many_loads_and_notes_are_in_order(tmp_path: Path) -> None:
    several = write(program()).patched("PT_MIPS_ABIFLAGS", "p_type", PT_LOAD)
    assert said(tmp_path, router({"bin/x": several}), "EK008") == {}


# EK011


def upx(place: int) -> bytes:
    written = write(static(replace(MIPS, code=bytes(512))))
    start, _ = written.blobs["code"]
    return patch(written.data, start + place, b"UPX!")


def test_the_mark_of_upx_near_the_program_headers_is_a_note(tmp_path: Path) -> None:
    finding = only(checked(tmp_path, router({"bin/x": upx(4)})), "EK011")
    assert (finding.severity.word, finding.subject) == ("note", "UPX")
    assert proved(tmp_path, "bin/x", finding.evidence)


@pytest.mark.parametrize("what", [upx(500), patch(build(program()), 0x200, b"UPX!")], ids=["far away", "dynamic"])
def test_the_letters_elsewhere_are_no_packer(tmp_path: Path, what: bytes) -> None:
    assert said(tmp_path, router({"bin/upx": what}), "EK011") == {}


# EK115


@pytest.mark.parametrize(
    ("number", "words"), [(EM_QDSP6, "Hexagon"), (EM_AVR, "AVR"), (EM_BPF, "BPF"), (0x4242, "nobody")]
)
def test_code_for_a_machine_without_linux_is_named_wherever_it_lies(tmp_path: Path, number: int, words: str) -> None:
    finding = only(checked(tmp_path, router({"usr/share/x.elf": static(Elf(machine=number))})), "EK115")
    assert words in finding.message
    assert finding.severity.word == "note"
    assert proved(tmp_path, finding.path, finding.evidence)


def test_blobs_of_one_machine_are_one_note(tmp_path: Path) -> None:
    arm = static(replace(ARM, flags=0x05000000))
    plan = router({f"lib/firmware/radio{number}.elf": arm for number in range(9)})
    assert len(only(checked(tmp_path, plan), "EK115").paths) == 9


def test_a_linux_machine_is_a_blob_in_a_firmware_directory_only(tmp_path: Path) -> None:
    xtensa = static(Elf(elf_class=1, machine=EM_XTENSA))
    plan = router({"lib/firmware/dsp.elf": xtensa, "usr/bin/dsp.elf": xtensa})
    assert said(tmp_path, plan, "EK115") == {"lib/firmware/dsp.elf": "note"}
    assert said(tmp_path / "again", plan, "EK101") == {"usr/bin/dsp.elf": "error"}


def test_a_program_of_this_tree_is_judged_in_a_firmware_directory_too(tmp_path: Path) -> None:
    plan = router(
        {"lib/firmware/x": program(interpreter=HARD_MUSL, fp_abi=HARD), "lib/firmware/jq": asking(X86_64, "/l", ())}
    )
    found = {(finding.rule, path) for finding in checked(tmp_path, plan).findings for path in finding.paths}
    assert {("EK201", "lib/firmware/x"), ("EK101", "lib/firmware/jq")} <= found
    assert not {path for rule, path in found if rule == "EK115"}


def test_firmware_for_a_relative_of_the_cpu_is_not_held_to_its_float_abi(tmp_path: Path) -> None:
    hard = replace(ARM, flags=0x05000400)
    loader = "/lib/ld-musl-armhf.so.1"
    plan = {"init": asking(hard, loader, ()), loader[1:]: hard, "lib/firmware/m4.elf": static(ARM)}
    assert said(tmp_path, plan, "EK106") == {}


def test_firmware_is_not_held_to_this_processor_s_protection(tmp_path: Path) -> None:
    open_code = replace(static(ARM), code_flags=7, stack=7)
    plan = router({"lib/firmware/m4.elf": open_code})
    assert said(tmp_path, plan, "EK503") == said(tmp_path / "stack", plan, "EK501") == {}
    assert said(tmp_path / "here", router({"lib/x.so": replace(library(), code_flags=7)}), "EK503") != {}


def with_profile(base: Elf, profile: str) -> Elf:
    """The file with .ARM.attributes: CPU arch 10 (v7) and this profile (addenda32, "Encoding", 2.2)."""
    tags = b"\x06\x0a\x07" + profile.encode()
    file = b"\x01" + (len(tags) + 5).to_bytes(4, "little") + tags
    vendor = b"aeabi\0" + file
    content = b"A" + (len(vendor) + 4).to_bytes(4, "little") + vendor
    return replace(base, sections=(Sect(b".ARM.attributes", SHT_ARM_ATTRIBUTES, content=content),))


BARE_METAL = replace(static(replace(ARM, flags=0x05000200)), code_flags=7, stack=7)


@pytest.mark.parametrize("profile", ["M", "R"])
@pytest.mark.parametrize("kind", [ET_EXEC, ET_REL])
def test_code_for_a_cpu_without_an_mmu_is_firmware_wherever_it_lies(tmp_path: Path, profile: str, kind: int) -> None:
    """Linux runs on Cortex-A (aaelf32 knows the profile from the attributes alone)."""
    file = with_profile(replace(BARE_METAL, type=kind), profile)
    report = checked(tmp_path, router({"usr/share/fw/cm.elf": file}))
    finding = only(report, "EK115")
    assert "without an MMU" in finding.message
    assert proved(tmp_path, finding.path, finding.evidence)
    assert finding.evidence[-1].raw == b"\x07" + profile.encode()
    assert [f.rule for f in report.findings if "usr/share/fw/cm.elf" in f.paths] == ["EK115"]


def test_in_a_tree_of_its_own_machine_it_is_held_to_nothing_of_that(tmp_path: Path) -> None:
    loader = "/lib/ld-musl-armhf.so.1"
    hard = replace(ARM, flags=0x05000400)
    linux = {"init": asking(hard, loader, ()), loader[1:]: with_profile(hard, "A")}
    found = checked(tmp_path, linux | {"opt/cm.elf": with_profile(BARE_METAL, "M")}).findings
    assert {finding.rule for finding in found if "opt/cm.elf" in finding.paths} == {"EK115"}


@pytest.mark.parametrize(
    "file",
    [
        with_profile(BARE_METAL, "A"),
        with_profile(BARE_METAL, "S"),  # A or R
        BARE_METAL,
        with_profile(replace(BARE_METAL, dynamic=True), "M"),
        with_profile(asking(BARE_METAL, "/lib/ld-uClibc.so.0", ()), "M"),
        replace(with_profile(BARE_METAL, "M"), machine=EM_XTENSA),
    ],
    ids=["application", "either", "no attributes", "dynamic section", "interpreter", "another machine"],
)
def test_what_does_not_say_so_is_no_firmware(tmp_path: Path, file: Elf) -> None:
    plan = router({"usr/share/fw/x.elf": file})
    assert said(tmp_path, plan, "EK115") == {}
    assert "EK101" in {finding.rule for finding in checked(tmp_path / "again", plan).findings}


def test_a_linux_program_for_a_cpu_without_an_mmu_is_no_firmware(tmp_path: Path) -> None:
    """EI_OSABI 65 is ELFOSABI_ARM_FDPIC: the kernel's own loader for such CPUs asks for it."""
    fdpic = patch(build(with_profile(BARE_METAL, "M")), 7, bytes([65]))
    assert said(tmp_path, router({"usr/share/fw/x.elf": fdpic}), "EK115") == {}


def test_a_program_without_an_mmu_among_the_programs_is_judged_as_one(tmp_path: Path) -> None:
    assert said(tmp_path, router({"usr/bin/x": with_profile(BARE_METAL, "M")}), "EK101") == {"usr/bin/x": "error"}


def test_alone_it_is_not_held_to_what_linux_programs_are(tmp_path: Path) -> None:
    """Without a tree too: writable code, an executable stack, program headers that no segment holds."""
    told = {}
    for profile in "AM":
        place = tmp_path / profile
        place.write_bytes(build(with_profile(BARE_METAL, profile)))
        told[profile] = {finding.rule for finding in check(place).findings}
    assert {"EK501", "EK503"} <= told["A"]
    assert told["M"] == set()


def test_how_firmware_is_mapped_is_its_processor_s_business(tmp_path: Path) -> None:
    """An entry point in no segment: EK606 of a program of this tree."""
    far = write(static(ARM)).patched("Ehdr", "e_entry", 0x70000000)
    here = write(static()).patched("Ehdr", "e_entry", 0x70000000)
    plan = router({"lib/firmware/m4.elf": far, "usr/bin/tool": here})
    assert said(tmp_path, plan, "EK606") == {"usr/bin/tool": "error"}


@pytest.mark.parametrize("what", [Elf(machine=EM_NONE), replace(X86_64, machine=EM_AVR, type=ET_CORE)])
def test_data_in_elf_form_and_core_dumps_are_no_code(tmp_path: Path, what: Elf) -> None:
    assert said(tmp_path, router({"usr/x": what}), "EK115") == {}


# EK117


def test_a_core_dump_is_told_wherever_it_lies(tmp_path: Path) -> None:
    core = replace(MIPS, type=ET_CORE, dynamic=False)
    plan = router({"core": core, "lib/firmware/core": core})
    assert said(tmp_path, plan, "EK117") == {"core": "warning", "lib/firmware/core": "warning"}


def test_object_files_are_one_warning(tmp_path: Path) -> None:
    finding = only(checked(tmp_path, router({f"usr/lib/x{number}.o": OBJECT for number in range(5)})), "EK117")
    assert (len(finding.paths), finding.severity.word, finding.subject) == (5, "warning", "ET_REL")
    assert proved(tmp_path, finding.path, finding.evidence)


USEFUL: dict[str, tuple[str, Elf]] = {
    "a start file": ("usr/lib/Scrt1.o", OBJECT),
    "gcc's start file": ("usr/lib/gcc/x/12/crtbeginS.o", OBJECT),
    "clang's start file": ("usr/lib/clang/x/clang_rt.crtbegin-mips.o", OBJECT),
    "Android's start file": ("usr/lib/crtbegin_static.o", OBJECT),
    "the start file of -static-pie": ("usr/lib/rcrt1.o", OBJECT),
    "eBPF": ("usr/lib/tc/filter.o", replace(OBJECT, machine=EM_BPF)),
    "a kernel module": ("opt/x.ko", replace(OBJECT, sections=(Sect(b".gnu.linkonce.this_module"),))),
    "what lies with modules": ("lib/modules/5/build/scripts/x.o", OBJECT),
    "firmware": ("lib/firmware/x.o", OBJECT),
    "a part of grub": ("usr/lib/grub/i386-pc/x.mod", replace(OBJECT, machine=3)),
    "a library": ("usr/lib/x.so", replace(MIPS, machine=EM_MIPS)),
    "a program": ("usr/bin/x", replace(MIPS, type=ET_EXEC, interpreter=SOFT_MUSL.encode())),
}


@pytest.mark.parametrize(("path", "what"), USEFUL.values(), ids=USEFUL.keys())
def test_what_has_a_use_is_not_told(tmp_path: Path, path: str, what: Elf) -> None:
    assert said(tmp_path, router({path: what}), "EK117") == {}


def test_a_tree_with_a_linker_has_a_use_for_object_files(tmp_path: Path) -> None:
    assert said(tmp_path, router({"usr/bin/ld": program(), "usr/lib/x.o": OBJECT}), "EK117") == {}


def test_a_foreign_object_file_is_told_once(tmp_path: Path) -> None:
    plan = router({"usr/lib/x.o": replace(OBJECT, elf_class=2, data=1, machine=62)})
    assert said(tmp_path, plan, "EK117") == {}
    assert said(tmp_path / "again", plan, "EK101") == {"usr/lib/x.o": "warning"}


@pytest.mark.parametrize("name", ["mycrt.o", "libcrtool.o", "crtc_driver.o", "drm_crtc.o", "crt1.o.o"])
def test_an_object_file_with_crt_somewhere_in_its_name_is_no_start_file(tmp_path: Path, name: str) -> None:
    assert said(tmp_path, router({f"usr/lib/{name}": OBJECT}), "EK117") == {f"usr/lib/{name}": "warning"}
