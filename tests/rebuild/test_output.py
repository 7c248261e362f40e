"""How the target appears: whole and verified or not at all, with what the source had besides its bytes."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import elfkit
from elfkit.errors import UnverifiedError, WriteError
from elfkit.image.source import Source
from elfkit.rebuild import output
from elfkit.rebuild.write import Appendix
from tests.needs import needs

CUT = Path(__file__).parents[2] / "fixtures/machines/x86_64/libgreet.noshdr.so"
OLD = b"what was there before"
NOTHING = Appendix(0, b"", ())


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """A library without section headers, with a mode and times of its own."""
    path = tmp_path / "vendor.so"
    path.write_bytes(CUT.read_bytes())
    path.chmod(0o4751)
    os.utime(path, ns=(1_000_000_000_123, 1_234_567_890_123_456_789))
    return path


def temporaries(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(output.PREFIX)]


def test_mode_and_times_are_those_of_the_source(vendor: Path, tmp_path: Path) -> None:
    for target in (tmp_path / "out.so", vendor):
        elfkit.rebuild_sections(vendor, target)
        status = target.stat()
        assert stat.S_IMODE(status.st_mode) == 0o4751
        assert status.st_mtime_ns == 1_234_567_890_123_456_789
        assert temporaries(tmp_path) == []


@needs("root")
def test_owner_and_set_user_id_are_kept_though_a_new_owner_clears_it(vendor: Path) -> None:
    os.chown(vendor, 1234, 5678)
    vendor.chmod(0o6755)
    elfkit.rebuild_sections(vendor, vendor)
    status = vendor.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 5678, 0o6755)


def test_whoever_cannot_keep_the_owner_does_not_get_the_owners_rights(
    vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    elfkit.rebuild_sections(vendor, tmp_path / "out.so")
    assert stat.S_IMODE((tmp_path / "out.so").stat().st_mode) == 0o751


def test_extended_attributes_are_kept_where_the_file_system_has_them(vendor: Path, tmp_path: Path) -> None:
    try:
        os.setxattr(vendor, "user.vendor", b"acme")
    except OSError:  # a file system without them has none to keep
        assert os.listxattr(vendor) == []
        return
    elfkit.rebuild_sections(vendor, tmp_path / "out.so")
    assert os.getxattr(tmp_path / "out.so", "user.vendor") == b"acme"
    elfkit.rebuild_sections(vendor, vendor)
    assert os.getxattr(vendor, "user.vendor") == b"acme"


def test_bytes_get_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        elfkit.rebuild_sections(CUT.read_bytes(), tmp_path / "out.so")
    finally:
        assert os.umask(before) == 0o027
    assert stat.S_IMODE((tmp_path / "out.so").stat().st_mode) == 0o640


def test_of_a_link_the_file_it_leads_to_is_replaced(vendor: Path, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/real.so").write_bytes(OLD)
    (tmp_path / "link.so").symlink_to("deep/real.so")
    elfkit.rebuild_sections(vendor, tmp_path / "link.so")
    assert os.readlink(tmp_path / "link.so") == "deep/real.so"
    assert (tmp_path / "deep/real.so").read_bytes()[:4] == b"\x7fELF"


def test_through_a_dangling_link_its_target_is_made(vendor: Path, tmp_path: Path) -> None:
    (tmp_path / "link.so").symlink_to("new.so")
    elfkit.rebuild_sections(vendor, tmp_path / "link.so")
    assert (tmp_path / "link.so").is_symlink()
    assert (tmp_path / "new.so").is_file()


def fifo(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def under_a_file(path: Path) -> None:
    path.with_name("text").write_bytes(OLD)


ODD: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "a directory": ("out", Path.mkdir, "it is a directory"),
    "a FIFO": ("out", fifo, "it is a FIFO"),
    "a loop of links": ("out", loop, "loop"),
    "in no directory": ("nowhere/out", Path.exists, "no such file or directory"),
    "below a file": ("text/out", lambda path: path.parent.write_bytes(OLD), "not a directory"),
    "a directory that is not there": ("out/", Path.exists, "it names a directory that is not there"),
    "a name that is too long": ("x" * 300, Path.absolute, "the name is too long"),
}


@pytest.mark.parametrize(("name", "make", "words"), ODD.values(), ids=ODD)
def test_what_cannot_be_replaced_is_refused_in_plain_words(
    vendor: Path, tmp_path: Path, name: str, make: Callable[[Path], object], words: str
) -> None:
    make(tmp_path / name)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(WriteError, match=words):
        elfkit.rebuild_sections(vendor, f"{tmp_path}/{name}")
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("name", ["", "out\0", "out\ud800"])
def test_a_name_that_is_none_is_refused(vendor: Path, name: str) -> None:
    with pytest.raises(WriteError, match="name"):
        elfkit.rebuild_sections(vendor, name)


def test_a_device_stays_one(vendor: Path) -> None:
    with pytest.raises(WriteError, match="/dev/null: cannot be written: it is a character device"):
        elfkit.rebuild_sections(vendor, os.devnull)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


CALLS = ["fsync", "pwrite", "chmod", "utime", "replace"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ["out.so", "vendor.so"])
def test_a_failure_at_any_step_leaves_the_old_file_and_no_other(
    vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, name: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "out.so").write_bytes(OLD)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(WriteError, match="cannot be written: no space left on device"):
        elfkit.rebuild_sections(vendor, tmp_path / name, backup=".orig")
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("call", CALLS)
def test_an_interruption_at_any_step_leaves_the_old_file_and_no_other(
    vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, call, interrupt)
    with pytest.raises(KeyboardInterrupt):
        elfkit.rebuild_sections(vendor, vendor, backup=".orig")
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["vendor.so"]
    assert vendor.read_bytes() == CUT.read_bytes()


def test_what_is_not_verified_is_not_put_in_place(
    vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flip(descriptor: int, data: bytes, offset: int) -> int:
        return write(descriptor, bytes([data[0] ^ 1]) + data[1:], offset)

    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", flip)
    with pytest.raises(UnverifiedError):
        elfkit.rebuild_sections(vendor, tmp_path / "out.so")
    assert os.listdir(tmp_path) == ["vendor.so"]


def test_a_short_write_is_gone_on_with(vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elfkit.rebuild_sections(vendor, tmp_path / "whole.so")
    write, positioned = os.write, os.pwrite
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:700]))
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, offset: positioned(descriptor, data[:3], offset))
    elfkit.rebuild_sections(vendor, tmp_path / "short.so")
    assert (tmp_path / "short.so").read_bytes() == (tmp_path / "whole.so").read_bytes()


def test_a_backup_is_the_old_file_itself(vendor: Path, tmp_path: Path) -> None:
    before = vendor.stat().st_ino
    elfkit.rebuild_sections(vendor, vendor, backup=".orig")
    assert (tmp_path / "vendor.so.orig").stat().st_ino == before
    assert vendor.stat().st_ino != before


def test_an_interrupted_runs_backup_is_not_in_the_way(vendor: Path, tmp_path: Path) -> None:
    os.link(vendor, tmp_path / "vendor.so.orig")
    elfkit.rebuild_sections(vendor, vendor, backup=".orig")
    assert (tmp_path / "vendor.so.orig").read_bytes() == CUT.read_bytes()
    assert vendor.read_bytes() != CUT.read_bytes()


def test_without_hard_links_a_backup_is_a_copy(vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    elfkit.rebuild_sections(vendor, vendor, backup=".orig")
    copy = tmp_path / "vendor.so.orig"
    assert copy.read_bytes() == CUT.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o4751
    assert temporaries(tmp_path) == []
    vendor.write_bytes(CUT.read_bytes())
    with pytest.raises(WriteError, match=r"vendor\.so\.orig: cannot be written: it is there already"):
        elfkit.rebuild_sections(vendor, vendor, backup=".orig")


def test_the_backup_is_not_lost_when_something_fails_after_the_old_file_is_gone(
    vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def interrupted(*names: str) -> None:
        replace(*names)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        elfkit.rebuild_sections(vendor, vendor, backup=".orig")
    assert (tmp_path / "vendor.so.orig").read_bytes() == CUT.read_bytes()


def test_a_source_that_becomes_shorter_meanwhile_is_told(vendor: Path, tmp_path: Path) -> None:
    with Source.open(str(vendor)) as source:
        vendor.write_bytes(b"")
        with (
            pytest.raises(elfkit.errors.ReadError, match="ends at 0x0"),
            output.replaced(source, str(tmp_path / "out.so"), NOTHING),
        ):
            pass
    assert os.listdir(tmp_path) == ["vendor.so"]
