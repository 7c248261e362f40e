"""A float ABI that only the needed libraries tell."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.header import EM_PPC
from elfkit.evidence import Certainty, Fact
from elfkit.firmware.float_abi import float_abi_in
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import resolve
from elfkit.firmware.tree import read_tree
from tests.checks.every_rule import checked, said
from tests.checks.judging import only, proved
from tests.elfwriter import Elf, Sect
from tests.firmware.plants import Content, asking, grow
from tests.formats.test_attributes import part, subsection

PPC = Elf(elf_class=1, data=2, machine=EM_PPC)
LOADER = "/lib/ld.so.1"  # one name for hard and soft float


def stating(number: int, soname: str) -> Elf:
    """A library with Tag_GNU_Power_ABI_FP."""
    raw = b"A" + subsection(part(bytes([4, number]), "big"), "big", b"gnu\0")
    section = Sect(b".gnu.attributes", 0x6FFFFFF5, content=raw)
    return replace(PPC, soname=soname.encode(), sections=(section,))


def tree(*, more: dict[str, Content] | None = None) -> dict[str, Content]:
    """A PowerPC device whose loader says nothing of floating point."""
    return {"sbin/init": asking(PPC, LOADER, ()), LOADER[1:]: PPC, **(more or {})}


def concluded(root: Path, plan: dict[str, Content], path: str) -> Fact[str]:
    found = read_tree(str(grow(root, plan)))
    return float_abi_in(found, resolve(found, find_platforms(found)), found.by_path[path])


def test_the_libraries_tell_what_the_program_does_not(tmp_path: Path) -> None:
    plan = tree(more={"bin/tool": asking(PPC, LOADER, ("libm.so",)), "lib/libm.so": stating(1, "libm.so")})
    fact = concluded(tmp_path, plan, "bin/tool")
    assert (fact.value, fact.certainty) == ("hard", Certainty.GUESSED)
    assert fact.detail == "as lib/libm.so is, which it loads; its own bytes do not say"
    assert {proof.path for proof in fact.evidence} == {"lib/libm.so"}
    assert proved(tmp_path, "bin/tool", fact.evidence)


def test_libraries_of_libraries_tell_too(tmp_path: Path) -> None:
    plan = tree(
        more={
            "bin/tool": asking(PPC, LOADER, ("liba.so",)),
            "lib/liba.so": asking(PPC, "", ("libm.so",)),
            "lib/libm.so": stating(2, "libm.so"),
        }
    )
    assert concluded(tmp_path, plan, "bin/tool").value == "soft"


def test_what_the_file_says_itself_stands(tmp_path: Path) -> None:
    plan = tree(more={"lib/libm.so": stating(2, "libm.so")})
    assert concluded(tmp_path, plan, "lib/libm.so")[:2] == ("soft", Certainty.STATED)


def test_without_a_library_that_tells_it_stays_unknown(tmp_path: Path) -> None:
    assert concluded(tmp_path, tree(), "sbin/init") == ("unknown", Certainty.UNKNOWN, (), "")


MIXED: dict[str, Content] = {
    "bin/tool": asking(PPC, LOADER, ("libm.so", "libs.so")),
    "lib/libm.so": stating(1, "libm.so"),
    "lib/libs.so": stating(2, "libs.so"),
}


def test_libraries_that_differ_leave_it_unknown_and_both_are_shown(tmp_path: Path) -> None:
    fact = concluded(tmp_path, tree(more=MIXED), "bin/tool")
    assert fact[:2] == ("unknown", Certainty.UNKNOWN)
    assert fact.detail == "it loads hard (lib/libm.so) and soft (lib/libs.so)"


def test_a_program_that_maps_both_is_told_where_nothing_tells_the_platform_s(tmp_path: Path) -> None:
    finding = only(checked(tmp_path, tree(more=MIXED)), "EK106")
    assert (finding.path, finding.subject, finding.severity.word) == ("bin/tool", "hard soft", "error")
    assert proved(tmp_path, "bin/tool", finding.evidence)


@pytest.mark.parametrize("number", [1, 2])
def test_libraries_that_agree_are_no_finding(tmp_path: Path, number: int) -> None:
    plan = tree(more={"bin/tool": asking(PPC, LOADER, ("libm.so",)), "lib/libm.so": stating(number, "libm.so")})
    assert said(tmp_path, plan, "EK106") == {}
