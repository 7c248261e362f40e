"""`elfkit rebuild-sections` and the file system at its worst: full, closed, interrupted, linked, running."""

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.command import ROOT, Ran, as_nobody, elfkit, environment
from tests.needs import needs
from tests.real.comparison import cut

X86_64 = ROOT / "fixtures/machines/x86_64"
CUT = X86_64 / "libgreet.noshdr.so"
OLD = b"what was there before"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a library that lost its section headers."""
    shutil.copy(CUT, tmp_path / "cut.so")
    return tmp_path


def rebuild(*arguments: str | Path, cwd: Path) -> Ran:
    return elfkit("rebuild-sections", *arguments, cwd=cwd)


def rebuilt(path: Path) -> bool:
    """Whether e_shnum of a little-endian 64-bit file is not 0."""
    return path.read_bytes()[60:62] != b"\0\0"


@pytest.mark.parametrize("name", ["cut.so", "./cut.so", "link.so", "hard.so", "again/cut.so"])
def test_the_input_under_any_name_is_no_target(place: Path, name: str) -> None:
    (place / "link.so").symlink_to("cut.so")
    os.link(place / "cut.so", place / "hard.so")
    (place / "again").symlink_to(".")
    ran = rebuild("cut.so", "-o", name, cwd=place)
    assert (ran.code, ran.out) == (2, b"")
    assert ran.sentences == [
        f"elfkit: {name}: cannot be written: it is the input itself, under this or another name; --in-place replaces it"
    ]
    assert (place / "cut.so").read_bytes() == CUT.read_bytes()


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/dev/stderr", "/proc/self/fd/1"])
def test_a_stream_is_no_target(place: Path, name: str) -> None:
    ran = rebuild("cut.so", "-o", name, cwd=place)
    assert (ran.code, ran.out) == (2, b"")
    assert len(ran.sentences) == 1
    assert f"{name}: cannot be written" in ran.sentences[0]


def test_devices_and_fifos_are_no_targets_and_stay(place: Path) -> None:
    os.mkfifo(place / "fifo")
    for name, kind in (("fifo", "a FIFO"), (os.devnull, "a character device"), (".", "a directory")):
        ran = rebuild("cut.so", "-o", name, cwd=place)
        assert (ran.code, ran.sentences) == (2, [f"elfkit: {name}: cannot be written: it is {kind}"])
    assert stat.S_ISFIFO((place / "fifo").stat().st_mode)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_in_place_of_a_link_the_file_behind_it_is_replaced(place: Path) -> None:
    (place / "lib").mkdir()
    (place / "cut.so").rename(place / "lib/cut.so.1")
    (place / "cut.so").symlink_to("lib/cut.so.1")
    ran = rebuild("--in-place", "--backup", ".orig", "cut.so", cwd=place)
    assert (ran.code, ran.err) == (0, b"")
    assert os.readlink(place / "cut.so") == "lib/cut.so.1"
    assert rebuilt(place / "lib/cut.so.1")
    assert (place / "lib/cut.so.1.orig").read_bytes() == CUT.read_bytes()


def test_other_names_of_a_file_are_told_to_keep_the_old_bytes(place: Path) -> None:
    os.link(place / "cut.so", place / "hard.so")
    ran = rebuild("--in-place", "cut.so", cwd=place)
    assert ran.code == 0
    assert ran.sentences == ["elfkit: cut.so: 1 more of its names (hard links) keep the old bytes"]
    assert rebuilt(place / "cut.so")
    assert not rebuilt(place / "hard.so")


@needs("root")
def test_without_the_right_to_write_the_old_file_stays(place: Path) -> None:
    (place / "out.so").write_bytes(OLD)
    for folder in (place, *place.parents[:2]):
        folder.chmod(0o755)
    (place / "cut.so").chmod(0o644)
    for arguments in (["cut.so", "-o", "out.so"], ["--in-place", "cut.so"], ["cut.so", "--output-dir", "sdk"]):
        ran = as_nobody("rebuild-sections", *arguments, cwd=place)
        assert (ran.code, ran.out) == (2, b"")
        assert len(ran.sentences) == 1
        assert ran.sentences[0].endswith(": cannot be written: permission denied")
    assert (place / "out.so").read_bytes() == OLD
    assert sorted(os.listdir(place)) == ["cut.so", "out.so"]


@needs("root")
def test_a_user_who_may_write_the_folder_gets_a_file_of_his_own_without_the_owners_rights(place: Path) -> None:
    for folder in place.parents[:2]:
        folder.chmod(0o755)
    place.chmod(0o777)
    (place / "cut.so").chmod(0o4755)
    ran = as_nobody("rebuild-sections", "cut.so", "-o", "out.so", cwd=place)
    assert (ran.code, ran.err) == (0, b"")
    status = (place / "out.so").stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (65534, 0o755)


def test_a_full_disk_leaves_the_old_file_and_no_other(place: Path) -> None:
    (place / "out.so").write_bytes(OLD)

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    for arguments, name in ((["cut.so", "-o", "out.so"], "out.so"), (["--in-place", "cut.so"], "cut.so")):
        ran = elfkit("rebuild-sections", *arguments, cwd=place, before=full)
        assert (ran.code, ran.out) == (2, b"")
        assert ran.sentences == [f"elfkit: {name}: cannot be written: file too large"]
    assert (place / "out.so").read_bytes() == OLD
    assert (place / "cut.so").read_bytes() == CUT.read_bytes()
    assert sorted(os.listdir(place)) == ["cut.so", "out.so"]


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the program is this machine's own")
def test_a_running_program_is_replaced_and_runs_on(place: Path) -> None:
    program = place / "sleeper"
    program.write_bytes(cut(Path(shutil.which("sleep") or "").read_bytes()))
    program.chmod(0o755)
    with subprocess.Popen([program, "60"]) as running:
        ran = rebuild("--in-place", "--overlay=append", "sleeper", cwd=place)
        assert (ran.code, ran.err) == (0, b"")
        assert running.poll() is None
        running.kill()
    assert rebuilt(program)
    assert subprocess.run([program, "0"], check=False).returncode == 0


# Stops where the named function of os is called for the target, says so, and waits for what will come.
SLOW = """
import os, sys, time
from elfkit_cli import main

call = getattr(os, sys.argv[1])

def slow(*arguments, **options):
    if sys.argv[2] == "after":
        call(*arguments, **options)
    sys.stderr.write("waiting\\n")
    sys.stderr.flush()
    time.sleep(60)

setattr(os, sys.argv[1], slow)
sys.exit(main.main(sys.argv[3:]))
"""
STEPS = pytest.mark.parametrize("step", ["pwrite before", "fsync before", "chmod after", "replace before"])


def stopped(step: str, how: signal.Signals, *arguments: str | Path, cwd: Path) -> Ran:
    """Send a signal when that step is reached."""
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW, *step.split(), "rebuild-sections", *arguments],
        cwd=cwd,
        env=environment({"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stderr is not None
    assert child.stderr.readline() == b"waiting\n"
    child.send_signal(how)
    out, err = child.communicate(timeout=60)
    return Ran(child.returncode, out, err)


@STEPS
def test_killed_at_any_step_the_old_file_is_there_and_at_most_a_temporary_one(place: Path, step: str) -> None:
    (place / "out.so").write_bytes(OLD)
    for arguments in (["cut.so", "-o", "out.so"], ["--in-place", "cut.so"]):
        assert stopped(step, signal.SIGKILL, *arguments, cwd=place).code == -signal.SIGKILL
        assert (place / "out.so").read_bytes() == OLD
        assert (place / "cut.so").read_bytes() == CUT.read_bytes()
    others = set(os.listdir(place)) - {"cut.so", "out.so"}
    assert all(name.startswith(".elfkit-") for name in others)
    assert rebuild("--in-place", "cut.so", cwd=place).code == 0


def test_killed_when_it_is_in_place_the_new_file_is_there_whole(place: Path) -> None:
    elfkit("rebuild-sections", "cut.so", "-o", "whole.so", cwd=place)
    assert stopped("replace after", signal.SIGKILL, "cut.so", "-o", "out.so", cwd=place).code == -signal.SIGKILL
    assert (place / "out.so").read_bytes() == (place / "whole.so").read_bytes()
    assert sorted(os.listdir(place)) == ["cut.so", "out.so", "whole.so"]


def test_killed_at_any_time_there_is_never_half_a_file(place: Path) -> None:
    whole = place / "whole.so"
    elfkit("rebuild-sections", "cut.so", "-o", whole, cwd=place)
    states = {OLD, whole.read_bytes()}
    started = time.monotonic()
    rebuild("cut.so", "-o", "out.so", cwd=place)
    lasts = time.monotonic() - started
    for part in range(12):
        (place / "out.so").write_bytes(OLD)
        command = [sys.executable, "-m", "elfkit_cli", "rebuild-sections", "cut.so", "-o", "out.so"]
        with subprocess.Popen(command, cwd=place, env=environment(), stdout=subprocess.DEVNULL) as child:
            time.sleep(lasts * (0.4 + part / 20))
            child.kill()
        assert (place / "out.so").read_bytes() in states


@STEPS
@pytest.mark.parametrize("form", ["text", "json"])
def test_ctrl_c_leaves_the_old_file_and_no_other(place: Path, step: str, form: str) -> None:
    (place / "out.so").write_bytes(OLD)
    ran = stopped(step, signal.SIGINT, "cut.so", "-o", "out.so", "--format", form, cwd=place)
    assert ran.code == 130
    assert ran.sentences == ["elfkit: interrupted; what was written until then is whole"]
    assert (place / "out.so").read_bytes() == OLD
    assert sorted(os.listdir(place)) == ["cut.so", "out.so"]


def test_ctrl_c_in_a_tree_tells_what_was_done_until_then(place: Path) -> None:
    (place / "tree").mkdir()
    for name in ("a", "b", "c"):
        shutil.copy(CUT, place / "tree" / name)
    ran = stopped("replace after", signal.SIGINT, "tree", "--in-place", cwd=place)
    assert ran.code == 130
    assert rebuilt(place / "tree/a")
    assert not rebuilt(place / "tree/b")
    assert sorted(os.listdir(place / "tree")) == ["a", "b", "c"]
