"""Linkage tables of files made by each linker: the section table that the linker wrote is the witness."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.needs import needs
from tests.rebuild.passes.linkage import compiled, places, planned, sure, witnessed
from tests.tools import CROSS_COMPILERS

LAZY, NOW = ("-Wl,-z,lazy",), ("-Wl,-z,now",)
BRANCHES = ("-fcf-protection", "-Wl,-z,lazy")
BFD = "-fuse-ld=bfd"
CROSS = [
    pytest.param(triplet, id=triplet, marks=needs(f"{triplet}-gcc", f"{triplet}-ld.bfd"))
    for triplet, _ in CROSS_COMPILERS
]


@needs("gcc", "ld.bfd")
@pytest.mark.parametrize("width", ["-m64", "-m32", "-mx32"])
@pytest.mark.parametrize(
    "options", [LAZY, NOW, (*BRANCHES, "-Wl,-z,ibtplt")], ids=["lazy", "bound at start", "branch targets"]
)
def test_tables_of_binutils_on_x86_are_exact(width: str, options: tuple[str, ...], tmp_path: Path) -> None:
    raw = compiled("gcc", tmp_path, BFD, width, *options)
    assert places(planned(raw)) == places(witnessed(raw))


@needs("gcc", "ld.bfd")
@pytest.mark.parametrize("width", ["-m64", "-m32"])
def test_attributes_of_tables_of_binutils_on_x86_are_those_of_the_linker(width: str, tmp_path: Path) -> None:
    raw = compiled("gcc", tmp_path, BFD, width, *LAZY)
    truth, found = witnessed(raw), planned(raw)
    for name, row in found.items():
        fields = ("type", "flags", "offset", "entsize", "addralign")
        assert [getattr(row, field) for field in fields] == [getattr(truth[name], field) for field in fields], name


@needs("gcc", "ld.bfd")
@pytest.mark.parametrize("kind", [("-fPIE", "-pie"), ("-fno-pic", "-no-pie")], ids=["pie", "fixed"])
@pytest.mark.parametrize("options", [LAZY, NOW], ids=["lazy", "bound at start"])
def test_tables_of_programs_are_exact(kind: tuple[str, ...], options: tuple[str, ...], tmp_path: Path) -> None:
    raw = compiled("gcc", tmp_path, BFD, *kind, *options, program=True)
    assert places(planned(raw)) == places(witnessed(raw))


@pytest.mark.parametrize(
    "linker",
    [
        pytest.param(name, marks=needs("gcc", f"ld.{name}" if name != "mold" else name))
        for name in ("gold", "lld", "mold")
    ],
)
@pytest.mark.parametrize("options", [LAZY, NOW], ids=["lazy", "bound at start"])
def test_stubs_of_other_linkers_are_exact_on_x86_64(linker: str, options: tuple[str, ...], tmp_path: Path) -> None:
    raw = compiled("gcc", tmp_path, f"-fuse-ld={linker}", *options)
    names = (".plt", ".plt.got", ".plt.sec", ".got.plt")
    assert places(planned(raw), *names) == places(witnessed(raw), *names)


@needs("gcc", "ld.lld")
def test_lld_puts_the_jumps_of_branch_targets_into_plt_sec(tmp_path: Path) -> None:
    raw = compiled("gcc", tmp_path, "-fuse-ld=lld", *BRANCHES, "-Wl,-z,force-ibt")
    found = places(planned(raw))
    assert {".plt", ".plt.sec"} <= found.keys()
    assert found == places(witnessed(raw))


@pytest.mark.parametrize("triplet", CROSS)
@pytest.mark.parametrize("options", [LAZY, NOW], ids=["lazy", "bound at start"])
def test_tables_of_other_machines_are_exact(triplet: str, options: tuple[str, ...], tmp_path: Path) -> None:
    raw = compiled(f"{triplet}-gcc", tmp_path, *options)
    found, truth = planned(raw), witnessed(raw)
    assert places(found) == places(truth)
    assert sure(found).keys() >= truth.keys() & {".plt", ".got.plt", ".MIPS.stubs"}


@needs("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-ld.bfd")
@pytest.mark.parametrize("protection", ["standard", "bti", "pac-ret"])
def test_stubs_that_are_branch_targets_are_found_on_aarch64(protection: str, tmp_path: Path) -> None:
    protected = (f"-mbranch-protection={protection}", "-Wl,-z,force-bti", "-Wl,-z,pac-plt")
    for kind, program in ((("-fPIE", "-pie"), True), ((), False)):
        raw = compiled("aarch64-linux-gnu-gcc", tmp_path, *protected, *kind, program=program)
        assert places(planned(raw)) == places(witnessed(raw))


@needs("mips-linux-gnu-gcc", "mips-linux-gnu-ld.bfd")
def test_a_fixed_mips_program_has_a_plt_that_its_own_tag_leads_to(tmp_path: Path) -> None:
    raw = compiled("mips-linux-gnu-gcc", tmp_path, "-mno-shared", "-mplt", "-fno-pic", "-no-pie", program=True)
    found = places(planned(raw))
    assert {".plt", ".got.plt"} <= found.keys()
    assert found == places(witnessed(raw))
