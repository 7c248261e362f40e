"""pyelftools and LIEF as witnesses: they confirm what was rebuilt, and object to what is not what elfkit reads."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import elfkit
from elfkit.errors import ElfkitError, UnverifiedError
from elfkit.image.image import Image
from elfkit.image.source import Source
from elfkit.rebuild import independent
from elfkit.rebuild.independent import confirmed_by_lief, confirmed_by_pyelftools
from elfkit.rebuild.report import Check

MACHINES = Path(__file__).parents[2] / "fixtures/machines"
CUT = sorted(MACHINES.glob("*/libgreet.noshdr.so"))
WITNESSES = pytest.mark.parametrize("witness", [confirmed_by_pyelftools, confirmed_by_lief], ids=["pyelftools", "LIEF"])
Witness = Callable[[Image], Check]


@pytest.mark.parametrize("path", CUT, ids=lambda path: path.parent.name)
def test_both_confirm_what_is_rebuilt(path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    report = elfkit.rebuild_sections(path, tmp_path / "out.so", independent=True)
    assert [check.name for check in report.checks[-2:]] == ["pyelftools", "LIEF"]
    assert f"{report.plan.count.total if report.plan else 0} dynamic symbols" in report.checks[-1].detail
    assert capfd.readouterr() == ("", "")


@WITNESSES
@pytest.mark.parametrize("field", range(1, 10))
def test_each_objects_to_a_row_that_elfkit_reads_otherwise(witness: Witness, field: int, tmp_path: Path) -> None:
    """The witness reads the file, elfkit bytes with one field of the table changed."""
    path = tmp_path / "out.so"
    elfkit.rebuild_sections(MACHINES / "x86_64/libgreet.noshdr.so", path)
    raw = bytearray(path.read_bytes())
    with elfkit.load(path) as image:
        offset = image.header.shoff + 3 * image.layout.shdr.size
    width = (4, 4, 8, 8, 8, 8, 4, 4, 8, 8)
    raw[offset + sum(width[:field])] ^= 4
    with pytest.raises(UnverifiedError, match="reads"):
        witness(Image(Source.of_bytes(bytes(raw), str(path))))


@WITNESSES
def test_each_objects_to_other_names_and_other_counts(witness: Witness, tmp_path: Path) -> None:
    path = tmp_path / "out.so"
    elfkit.rebuild_sections(MACHINES / "x86_64/libgreet.noshdr.so", path)
    raw = path.read_bytes()
    fewer = bytearray(raw)
    fewer[60] -= 2
    fewer[62] -= 2
    for changed in (raw.replace(b"\0.dynstr\0", b"\0.dynstx\0"), raw.replace(b"\0greet_word", b"\0greet_w0rd"), fewer):
        with pytest.raises(UnverifiedError, match="reads"):
            witness(Image(Source.of_bytes(bytes(changed), str(path))))


@WITNESSES
def test_what_a_witness_cannot_read_is_not_verified(witness: Witness, tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("no ELF file")
    with pytest.raises(UnverifiedError, match="cannot read it"):
        witness(Image(Source.of_bytes((MACHINES / "x86_64/libgreet.so").read_bytes(), str(path))))


def test_an_objection_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def object_to(_: Image) -> Check:
        raise UnverifiedError("another reader reads something else")

    monkeypatch.setattr(independent, "judges", lambda: (object_to,))
    with pytest.raises(UnverifiedError, match="nothing was written"):
        elfkit.rebuild_sections(MACHINES / "x86_64/libgreet.noshdr.so", tmp_path / "out.so", independent=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["elftools", "lief"])
def test_without_them_one_sentence_says_how_to_get_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ElfkitError, match=rf"{name} is missing: pip install elfkit\[verify\]"):
        independent.judges()
