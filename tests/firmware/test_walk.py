import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from elfkit.errors import ReadError
from elfkit.firmware.excluded import Exclusions
from elfkit.firmware.walk import Entry, EntryKind, pseudo_mounts, walk
from tests.firmware.hostility import alarm, public_folder, without_rights
from tests.firmware.plants import grow

ODD_NAMES = (b"\xff\xfe", b"new\nline", b"\x1b[31mred", b" ", b"\xe2\x80\xaetxt.so", b"-rf", b"$(reboot)")


def walked(root: Path) -> dict[str, Entry]:
    return {entry.path: entry for entry in walk(str(root))}


def test_every_entry_is_told_once_by_its_type(tmp_path: Path) -> None:
    grow(tmp_path, {"bin/box": b"x", "bin/sh": "-> box", "etc": None})
    os.mkfifo(tmp_path / "pipe")
    assert [*walk(str(tmp_path))] == [
        Entry("bin", EntryKind.DIRECTORY),
        Entry("etc", EntryKind.DIRECTORY),
        Entry("pipe", EntryKind.SPECIAL),
        Entry("bin/box", EntryKind.FILE),
        Entry("bin/sh", EntryKind.LINK, "box"),
    ]


def test_a_directory_comes_before_its_content_and_names_are_sorted(tmp_path: Path) -> None:
    grow(tmp_path, {f"{letter}/{name}": b"" for letter in "ba" for name in ("2", "10", "1")})
    paths = [entry.path for entry in walk(str(tmp_path))]
    assert paths == ["a", "b", "a/1", "a/10", "a/2", "b/1", "b/10", "b/2"]


def test_an_empty_root_has_no_entries(tmp_path: Path) -> None:
    assert walked(tmp_path) == {}


def test_a_link_to_a_directory_is_not_entered(tmp_path: Path) -> None:
    grow(tmp_path, {"real/file": b"", "link": "-> real", "up": "-> ..", "out": "-> /"})
    assert {*walked(tmp_path)} == {"real", "real/file", "link", "up", "out"}


def test_a_root_reached_through_a_link_is_listed(tmp_path: Path) -> None:
    grow(tmp_path, {"real/file": b"", "link": "-> real"})
    assert [*walked(tmp_path / "link")] == ["file"]


@pytest.mark.parametrize("name", ["absent", "file", "dangling"])
def test_a_root_that_cannot_be_listed_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    grow(tmp_path, {"file": b"", "dangling": "-> nowhere"})
    with pytest.raises(ReadError) as caught:
        [*walk(str(tmp_path / name))]
    assert caught.value.path == str(tmp_path / name)
    assert caught.value.reason in {"no such file or directory", "not a directory"}


def test_pseudo_file_systems_are_named_and_not_entered_at_the_top_alone(tmp_path: Path) -> None:
    names = [f"{place}{name}/mem" for name in ("proc", "sys", "dev") for place in ("", "usr/")]
    found = walked(grow(tmp_path, dict.fromkeys(names, b"")))
    assert {path for path, entry in found.items() if entry.kind is EntryKind.PSEUDO} == {"proc", "sys", "dev"}
    assert "proc/mem" not in found
    assert found["usr/proc/mem"].kind is EntryKind.FILE


def test_a_file_or_link_named_like_a_pseudo_file_system_is_what_it_is(tmp_path: Path) -> None:
    found = walked(grow(tmp_path, {"proc": b"", "sys": "-> etc", "developers/x": b""}))
    assert (found["proc"].kind, found["sys"].kind) == (EntryKind.FILE, EntryKind.LINK)
    assert found["developers/x"].kind is EntryKind.FILE


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFSOCK], ids=["FIFO", "socket"])
def test_special_files_are_told_and_never_opened(tmp_path: Path, kind: int) -> None:
    os.mknod(tmp_path / "odd", kind | 0o644)
    with alarm():
        assert walked(tmp_path)["odd"].kind is EntryKind.SPECIAL


@pytest.mark.parametrize("name", ODD_NAMES, ids=repr)
def test_a_name_may_be_any_bytes(tmp_path: Path, name: bytes) -> None:
    folder = os.path.join(os.fsencode(tmp_path), name)
    os.mkdir(folder)
    os.symlink(name, os.path.join(folder, name))
    found = walked(tmp_path)
    assert {os.fsencode(path) for path in found} == {name, name + b"/" + name}
    assert os.fsencode(found[os.fsdecode(name + b"/" + name)].detail) == name


def test_a_directory_of_many_entries_is_listed_whole(tmp_path: Path) -> None:
    for number in range(20_000):
        (tmp_path / f"{number:05}").touch()
    found = [entry.path for entry in walk(str(tmp_path))]
    assert found == [f"{number:05}" for number in range(20_000)]


def test_a_path_too_long_for_the_kernel_is_told_where_it_ends(tmp_path: Path) -> None:
    depth, name, here = 30, "d" * 200, os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    lost = [entry for entry in walk(str(tmp_path)) if entry.kind is EntryKind.UNREADABLE]
    assert [entry.detail for entry in lost] == ["the name is too long"]
    assert 4096 - 2 * len(name) < len(f"{tmp_path}/{lost[0].path}")


def test_what_the_user_may_not_list_is_told_and_the_rest_is_walked() -> None:
    with public_folder() as folder:
        grow(folder, {"closed/x": b"", "open/y": b""})
        (folder / "closed").chmod(0)
        with without_rights():
            entries = [*walk(str(folder))]
        assert Entry("closed", EntryKind.UNREADABLE, "permission denied") in entries
        assert Entry("open/y", EntryKind.FILE) in entries
        assert "closed/x" not in {entry.path for entry in entries}


def test_a_directory_that_vanishes_during_the_walk_is_told(tmp_path: Path) -> None:
    grow(tmp_path, {"a/x": b"", "b/y": b""})
    entries = walk(str(tmp_path))
    assert next(entries).path == "a"
    shutil.rmtree(tmp_path / "a")
    assert [*entries] == [
        Entry("b", EntryKind.DIRECTORY),
        Entry("a", EntryKind.UNREADABLE, "no such file or directory"),
        Entry("b/y", EntryKind.FILE),
    ]


def test_a_root_that_vanishes_after_it_was_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    root.mkdir()
    entries = walk(str(root))
    scandir = os.scandir

    def late(path: str) -> object:
        listing = scandir(path)
        if root.exists():
            root.rmdir()
        return listing

    monkeypatch.setattr(os, "scandir", late)
    assert [*entries] == [Entry("", EntryKind.UNREADABLE, "no such file or directory")]


@pytest.mark.parametrize(
    ("root", "name", "kind"), [("/", "proc", "proc"), ("/", "sys", "sysfs"), ("/dev", "pts", "devpts")]
)
def test_pseudo_file_systems_are_known_by_how_they_are_mounted(root: str, name: str, kind: str) -> None:
    told = subprocess.run(["stat", "-f", "-c", "%T", f"{root}/{name}"], capture_output=True, check=True, text=True)
    assert told.stdout.strip() == kind
    assert name in pseudo_mounts(root)
    place = next(entry for entry in walk(root) if entry.path == name)
    assert place.kind is EntryKind.PSEUDO


def test_a_file_system_in_memory_is_no_pseudo_file_system() -> None:
    """A device may well keep programs in it: /tmp of OpenWrt."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    tmpfs = {line.split()[4] for line in lines if " - tmpfs " in line}
    assert tmpfs.isdisjoint(f"/{path}" for path in pseudo_mounts("/"))


def test_only_a_mount_below_the_root_that_is_the_one_seen_there_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = grow(tmp_path / "root", {r"jail/a b\c/mem": b"", "hidden/mem": b"", "disk/mem": b"", "plain/mem": b""})
    device = os.stat(root).st_dev
    own = f"{os.major(device)}:{os.minor(device)}"
    # proc_pid_mountinfo(5): blanks and backslashes in octal, optional fields end with "-", then the type
    rows = [
        (own, root, "shared:1 master:7 ", "proc"),
        (own, rf"{root}/jail/a\040b\134c", "shared:1 master:7 ", "proc"),
        ("0:99999", f"{root}/hidden", "", "sysfs"),
        (own, f"{root}/disk", "", "ext4"),
        (own, f"{root}/absent", "", "proc"),
        (own, f"{root}s/plain", "", "proc"),
    ]
    mounts = tmp_path / "mountinfo"
    lines = [f"36 35 {number} / {place} rw,noatime {options}- {kind} none rw" for number, place, options, kind in rows]
    mounts.write_text("\n".join([*lines, "cut"]))
    monkeypatch.setattr("elfkit.firmware.walk.MOUNTS", str(mounts))
    found = walked(root)
    assert {path for path, entry in found.items() if entry.kind is EntryKind.PSEUDO} == {r"jail/a b\c"}
    assert {r"jail/a b\c/mem", "hidden/mem", "disk/mem", "plain/mem"} - {*found} == {r"jail/a b\c/mem"}


def test_without_a_list_of_mounts_names_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elfkit.firmware.walk.MOUNTS", str(tmp_path / "absent"))
    assert walked(grow(tmp_path / "root", {"proc/mem": b""})) == {"proc": Entry("proc", EntryKind.PSEUDO)}


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("/opt", {"home", "home/opt", "home/opt/b"}),
        ("opt/", {"home", "home/opt", "home/opt/b"}),
        ("opt", {"home"}),
        ("/opt/*", {"opt", "home", "home/opt", "home/opt/b"}),
        ("?", {"opt", "home", "home/opt"}),
        ("/nothing", {"opt", "opt/a", "home", "home/opt", "home/opt/b"}),
    ],
)
def test_what_is_excluded_is_told_and_not_entered(tmp_path: Path, pattern: str, left: set[str]) -> None:
    root = grow(tmp_path, {"opt/a": b"", "home/opt/b": b""})
    excluded = Exclusions([pattern])
    found = {entry.path: entry for entry in walk(str(root), excluded)}
    assert {path for path, entry in found.items() if entry.kind is not EntryKind.EXCLUDED} == left
    every = {"opt", "opt/a", "home", "home/opt", "home/opt/b"}
    assert {path for path in every - {*found} if path.rpartition("/")[0] in left} == set()  # whose directory was listed
    assert excluded.unused == ((pattern,) if left == every else ())
