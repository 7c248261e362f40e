"""EK104 and EK105: marks and flags of another ABI than the platform's."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.header import EM_ARM, EM_PPC64, ET_REL
from tests.checks.every_rule import checked, said
from tests.checks.judging import only, proved
from tests.elfwriter import Elf, build, patch
from tests.firmware.plants import GLIBC, MIPS, X86_64, Content, asking, library, program, router, static

ARM = Elf(elf_class=1, machine=EM_ARM, flags=0x05000200)
OBJECT = replace(MIPS, type=ET_REL, dynamic=False, interpreter=None, stack=None, fp_abi=None, sections=())
EI_OSABI = 7  # EI_ABIVERSION follows


def glibc(more: dict[str, Content]) -> dict[str, Content]:
    """A MIPS device with glibc."""
    return {"sbin/init": program(interpreter=GLIBC), GLIBC[1:]: library(), **more}


def ident(base: Elf, *, osabi: int = 0, version: int = 0) -> bytes:
    return patch(build(base), EI_OSABI, bytes([osabi, version]))


# EK104


@pytest.mark.parametrize(
    ("osabi", "version", "source"), [(9, 0, "EI_OSABI"), (97, 0, "EI_OSABI"), (0, 6, "EI_ABIVERSION"), (3, 9, "EI_AB")]
)
def test_glibc_refuses_other_systems_and_later_versions(tmp_path: Path, osabi: int, version: int, source: str) -> None:
    plan = glibc({"lib/x.so": ident(library(), osabi=osabi, version=version)})
    finding = only(checked(tmp_path, plan), "EK104")
    assert (finding.paths, finding.severity.word) == (("lib/x.so",), "warning")
    assert finding.evidence[0].source.startswith(source)
    assert proved(tmp_path, "lib/x.so", finding.evidence)


@pytest.mark.parametrize(("osabi", "version"), [(0, 0), (3, 0), (3, 3), (0, 5), (0, 1), (255, 0), (255, 7)])
def test_what_glibc_takes_is_in_order(tmp_path: Path, osabi: int, version: int) -> None:
    assert said(tmp_path, glibc({"lib/x.so": ident(library(), osabi=osabi, version=version)}), "EK104") == {}


def test_an_abi_version_is_odd_off_mips(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"sbin/init": asking(X86_64, "/lib64/ld-linux-x86-64.so.2", ())}
    plan |= {"lib64/ld-linux-x86-64.so.2": X86_64, "lib/x.so": ident(X86_64, version=1)}
    assert said(tmp_path, plan, "EK104") == {"lib/x.so": "warning"}


@pytest.mark.parametrize("osabi", [64, 65, 97])
def test_arm_has_marks_of_its_own(tmp_path: Path, osabi: int) -> None:
    plan: dict[str, Content] = {"sbin/init": asking(ARM, "/lib/ld-linux.so.3", ()), "lib/ld-linux.so.3": ARM}
    assert said(tmp_path, {**plan, "lib/x.so": ident(ARM, osabi=osabi)}, "EK104") == {}


def test_musl_looks_at_neither(tmp_path: Path) -> None:
    assert said(tmp_path, router({"lib/x.so": ident(library(), osabi=9, version=9)}), "EK104") == {}


def test_an_object_file_meets_no_loader(tmp_path: Path) -> None:
    assert said(tmp_path, glibc({"lib/x.o": ident(OBJECT, osabi=9)}), "EK104") == {}


# EK105

N32 = replace(MIPS, flags=0x80000027)


def test_n32_among_o32_is_an_error(tmp_path: Path) -> None:
    finding = only(checked(tmp_path, router({"lib/x.so": N32})), "EK105")
    assert (finding.subject, finding.severity.word) == ("n32", "error")
    assert proved(tmp_path, "lib/x.so", finding.evidence)


SAME_OR_UNKNOWN: dict[str, Content] = {
    "flags 0": replace(MIPS, flags=0),
    "another ISA": replace(MIPS, flags=0x50001007),
    "an object file": replace(OBJECT, flags=0x80000027),
}


@pytest.mark.parametrize("what", SAME_OR_UNKNOWN.values(), ids=SAME_OR_UNKNOWN.keys())
def test_what_does_not_say_its_abi_is_not_told(tmp_path: Path, what: Content) -> None:
    assert said(tmp_path, router({"lib/x.so": what}), "EK105") == {}


def test_two_abis_live_together_where_both_have_their_loader(tmp_path: Path) -> None:
    plan = router({"bin/n": asking(N32, "/lib32/ld.so.1", ()), "lib32/ld.so.1": N32, "lib32/x.so": N32})
    assert said(tmp_path, plan, "EK105") == {}


def test_a_static_program_of_the_other_abi_is_a_note(tmp_path: Path) -> None:
    assert said(tmp_path, router({"bin/x": static(N32)}), "EK105") == {"bin/x": "note"}


def test_n64_is_of_the_wrong_class_and_told_once(tmp_path: Path) -> None:
    plan = router({"lib/x.so": replace(MIPS, elf_class=2, flags=0x80000007)})
    assert said(tmp_path, plan, "EK105") == {}


@pytest.mark.parametrize(("flags", "expected"), [(1, {"lib/x.so": "error"}), (0, {}), (2, {})])
def test_elfv1_among_elfv2_is_told_and_unmarked_code_is_not(
    tmp_path: Path, flags: int, expected: dict[str, str]
) -> None:
    power = Elf(data=2, machine=EM_PPC64, flags=2)
    loader = "/lib/ld-musl-powerpc64.so.1"
    plan = {"init": asking(power, loader, ()), loader[1:]: power, "lib/x.so": replace(power, flags=flags)}
    assert said(tmp_path, plan, "EK105") == expected


@pytest.mark.parametrize(("flags", "expected"), [(0x200, {"lib/x.so": "error"}), (0x04000002, {}), (0, {})])
def test_the_old_arm_abi_is_told_and_older_eabi_is_not(tmp_path: Path, flags: int, expected: dict[str, str]) -> None:
    loader = "/lib/ld-musl-arm.so.1"
    plan = {"init": asking(ARM, loader, ()), loader[1:]: ARM, "lib/x.so": replace(ARM, flags=flags)}
    assert said(tmp_path, plan, "EK105") == expected
