"""Options that the library names by its keywords are named to the user as the command spells them."""

import shutil
from pathlib import Path

from tests.cli.command import ROOT, elfkit

CUT = ROOT / "fixtures/machines/x86_64/libgreet.noshdr.so"


def test_what_allows_an_overlay_is_spelled_as_an_option(tmp_path: Path) -> None:
    (tmp_path / "signed").write_bytes(CUT.read_bytes() + b"signature")
    ran = elfkit("rebuild-sections", "signed", "-o", "out", cwd=tmp_path)
    assert ran.code == 1
    assert ran.err.decode().endswith("; --overlay=append allows it\n")
    assert not (tmp_path / "out").exists()


def test_a_dry_run_keeps_no_backup(tmp_path: Path) -> None:
    shutil.copy(CUT, tmp_path / "cut.so")
    ran = elfkit("rebuild-sections", "--in-place", "--backup", ".orig", "--dry-run", "cut.so", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["cut.so"]
