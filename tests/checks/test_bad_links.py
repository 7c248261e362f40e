"""EK203 and EK316: how a link goes wrong, in words, and a command that mends it when it is run."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from elfkit.checks.bad_links import link_words
from elfkit.checks.check import check
from elfkit.firmware.paths import Ending
from tests.checks.judging import checked, only, rules_of
from tests.firmware.plants import SOFT_MUSL, Content, grow, library, program, router

HERE = SOFT_MUSL[1:]


def mended(root: Path, fix: str) -> list[str]:
    """The rules that still tell of the root after the command was run in it."""
    subprocess.run(["/bin/sh", "-ec", fix], cwd=root, check=True, timeout=10)
    return rules_of(check(root, select=["EK201", "EK203", "EK316"]))


@pytest.mark.parametrize("named", ["own path", "relative", "through a link"])
def test_a_loader_s_link_into_the_copy_on_this_machine_is_led_back(
    tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    grow(root, {"sbin/init": program(), "lib/libc.so": library("libx.so"), HERE: f"-> {root}/lib/libc.so"})
    (tmp_path / "shortcut").symlink_to(root)
    monkeypatch.chdir(tmp_path)
    place = {"own path": root, "relative": Path("root"), "through a link": tmp_path / "shortcut"}[named]
    finding = only(check(place, select=["EK2"]), "EK203")
    assert "the build machine's copy of this tree" in finding.message
    assert finding.fix == f"ln -sfn libc.so {HERE}"
    assert mended(root, finding.fix) == []


@pytest.mark.parametrize("target", [f"-> {SOFT_MUSL}", "-> ld-musl-mips-sf.so.1", "-> gone"])
def test_a_loop_or_a_lost_target_is_replaced_by_the_loader_that_is_there(tmp_path: Path, target: str) -> None:
    plan: dict[str, Content] = {"sbin/init": program(), "lib/libc.so": library(), HERE: target}
    finding = only(checked(tmp_path, plan, select=["EK2"]), "EK203")
    assert "; the tree has it at lib/libc.so" in finding.message
    assert mended(tmp_path, finding.fix) == []


def test_a_loop_without_any_loader_is_replaced_by_one(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"sbin/init": program(), HERE: f"-> {SOFT_MUSL}"}
    assert only(checked(tmp_path, plan, select=["EK2"]), "EK203").fix == f"replace the link {HERE} by the loader"


def test_a_library_s_link_into_the_copy_is_told_though_the_copy_lies_below_tmp() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        root = Path(folder) / "root"
        plan = router({"usr/lib/libq.so": f"-> {root}/usr/lib/libq.so.1", "usr/lib/libq.so.1": library()})
        finding = only(checked(root, plan, select=["EK316"]), "EK316")
        assert (finding.path, finding.severity.word) == ("usr/lib/libq.so", "warning")
        assert finding.fix == "ln -sfn libq.so.1 usr/lib/libq.so"
        assert mended(root, finding.fix) == []


def test_a_library_s_loop_is_no_library_to_install(tmp_path: Path) -> None:
    finding = only(checked(tmp_path, router({"lib/libq.so": "-> libq.so"}), select=["EK316"]), "EK316")
    assert finding.fix.startswith("replace the link lib/libq.so by the library")


@pytest.mark.parametrize(
    ("rule", "plan"),
    [
        ("EK203", {"sbin/init": program(), "lib/libc.so": library(), HERE: "-> ../../../../lib/libc.so"}),
        ("EK203", {"sbin/init": program(), "lib": "-> ../usr/lib", f"usr{SOFT_MUSL}": library()}),
        ("EK316", router({"usr/lib/libq.so": "-> ../../../lib/libq.so.1", "lib/libq.so.1": library()})),
    ],
)
def test_a_link_that_climbs_above_the_root_and_works_there_is_a_note(
    tmp_path: Path, rule: str, plan: dict[str, Content]
) -> None:
    finding = only(checked(tmp_path, plan, select=["EK2", "EK316"]), rule)
    assert finding.severity.word == "note"
    assert "climbs above the root" in finding.message
    assert mended(tmp_path, finding.fix) == []


def test_in_usr_a_link_may_climb_to_the_root(tmp_path: Path) -> None:
    plan = {"share": None, "lib/libq.so": "-> ../../usr/lib/libq.so.1", "lib/libq.so.1": library()}
    assert rules_of(checked(tmp_path, plan, select=["EK316"])) == []


@pytest.mark.parametrize(
    ("root", "words"),
    [("/srv/root", "the build machine's copy"), ("/srv/root/", "the build machine's copy"), ("/", ""), ("/srv/r", "")],
)
def test_no_absolute_target_leads_into_a_copy_where_the_root_is_the_machine_s_own(root: str, words: str) -> None:
    said = link_words("lib/libx.so", "/srv/root/lib/libx.so.1", Ending.MISSING, root)
    assert said.startswith("is absolute")
    assert ("the build machine's copy" in said) == bool(words)
