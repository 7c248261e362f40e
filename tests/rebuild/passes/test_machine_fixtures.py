"""Linkage tables of the same program for many machines: the file before its section headers were cut is the witness."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import elfkit
from elfkit.abi.dynamic import DT_PLTGOT
from elfkit.errors import ElfkitError
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.passes.got import slots_section
from elfkit.rebuild.planned import Sections
from elfkit.rebuild.words import bounds_of
from tests.rebuild.passes.linkage import MACHINES, PASSES, places, planned, sure, witnessed

FOLDERS = sorted(path.name for path in MACHINES.iterdir() if (path / "hello").exists())
IDENT = 16  # bytes that stay whole: without them it is no ELF file
# lld packs words of 4 bytes for x32, and leaves .toc of 64-bit PowerPC behind .got: nothing in the file says so
UNTOLD = {"x32", "powerpc64le"}


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", ["hello", "libgreet.so"])
def test_stubs_and_their_slots_are_exact(folder: str, name: str) -> None:
    raw = (MACHINES / folder / name).read_bytes()
    wanted = (".plt", ".got.plt", ".plt.got", ".plt.sec", ".MIPS.stubs")
    assert places(planned(raw), *wanted) == places(witnessed(raw), *wanted)


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder not in UNTOLD])
@pytest.mark.parametrize("name", ["hello", "libgreet.so"])
def test_the_global_offset_table_is_exact_where_it_is_called_so(folder: str, name: str) -> None:
    raw = (MACHINES / folder / name).read_bytes()
    truth = places(witnessed(raw), ".got")
    for section in places(sure(planned(raw)), ".got").values():
        assert section == truth[".got"]


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder.startswith("mips")])
def test_got_of_mips_is_exact_with_its_flags(folder: str) -> None:
    for name in ("hello", "libgreet.so"):
        raw = (MACHINES / folder / name).read_bytes()
        found, truth = planned(raw)[".got"], witnessed(raw)[".got"]
        fields = ("type", "flags", "addr", "offset", "size", "addralign")
        assert [getattr(found, field) for field in fields] == [getattr(truth, field) for field in fields]


@pytest.mark.parametrize("folder", FOLDERS)
def test_jump_slots_lie_in_the_section_that_is_named(folder: str) -> None:
    raw = (MACHINES / folder / "hello").read_bytes()
    truth = witnessed(raw)
    with elfkit.load(raw) as image:
        gathered = Gathered(image)
        name = slots_section(gathered, Sections())
        for offset in gathered.slots.ordered.tolist():
            assert truth[name].addr <= offset < truth[name].end
        assert bool(name) == bool(len(gathered.slots.ordered))


def test_every_row_shows_the_tags_it_rests_on() -> None:
    row = planned((MACHINES / "x86_64" / "hello").read_bytes())[".got.plt"]
    assert any(proof.value == row.addr for proof in row.evidence)
    with elfkit.load(MACHINES / "x86_64" / "hello") as image:
        assert set(image.dynamic_evidence(DT_PLTGOT)) <= set(row.evidence)


DAMAGE = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from([1, 4, 8]), st.binary(min_size=8, max_size=8))
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FOLDERS), DAMAGE)
def test_no_damage_raises_anything_but_an_error_of_the_library(
    folder: str, damage: list[tuple[float, int, bytes]]
) -> None:
    raw = bytearray((MACHINES / folder / "hello").read_bytes())
    for share, size, data in damage:
        place = IDENT + int(share * (len(raw) - IDENT - size))
        raw[place : place + size] = data[:size]
    try:
        with elfkit.load(bytes(raw)) as image:
            gathered, sections = Gathered(image), Sections()
            for find in PASSES:
                sections = sections.adding(find(gathered, sections), bounds=bounds_of(gathered))
    except ElfkitError:
        return
    assert all(row.size > 0 for row in sections.mapped)
