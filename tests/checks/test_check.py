import os
import pickle
import stat
from pathlib import Path

import pytest

import elfkit
from elfkit.checks.registry import RULES
from elfkit.checks.rule import Scope
from elfkit.errors import ElfkitError, ReadError, SelectionError, UsageError
from tests.checks.judging import ABOUT, check, rules_of, told
from tests.elfwriter import build
from tests.firmware.hostility import alarm, public_folder, without_rights
from tests.firmware.plants import HARD, X86_64, asking, fixture, grow, leaked, library, program, router

NEED_A_TREE = tuple(rule.id for rule in RULES if rule.id in ABOUT and rule.scope in (Scope.LINK, Scope.TREE))

# directories and files


def test_a_directory_is_a_root_and_everything_is_evaluated(tmp_path: Path) -> None:
    report = check(grow(tmp_path, router()))
    (root,) = report.roots
    assert (root.path, root.elf_files, root.not_evaluated) == (str(tmp_path), 2, ())
    assert len(root.platforms) == 1


@pytest.mark.parametrize("suffix", ["", "/", "/."])
def test_a_directory_may_be_written_with_a_slash(tmp_path: Path, suffix: str) -> None:
    grow(tmp_path, router({"bin/x": program("libnot.so")}))
    report = check(f"{tmp_path}{suffix}")
    assert [finding.path for finding in report.findings] == ["bin/x"]


def test_a_link_to_a_directory_is_a_root(tmp_path: Path) -> None:
    grow(tmp_path / "root", router({"bin/x": program("libnot.so")}))
    (tmp_path / "link").symlink_to("root")
    assert rules_of(check(tmp_path / "link")) == ["EK301"]


def test_a_file_alone_gets_the_rules_that_need_no_tree_and_the_rest_is_named(tmp_path: Path) -> None:
    grow(tmp_path, {"x": asking(X86_64, "/nowhere", ("libnot.so",))})
    report = check(tmp_path / "x")
    assert rules_of(report) == ["EK005"]
    assert report.roots[0].not_evaluated == NEED_A_TREE
    assert {"EK101", "EK106", "EK201", "EK301"} <= {*NEED_A_TREE}


def test_only_selected_rules_are_named_as_not_evaluated(tmp_path: Path) -> None:
    grow(tmp_path, {"x": program()})
    assert check(tmp_path / "x", select=["EK201", "EK501"]).roots[0].not_evaluated == ("EK201",)


def test_a_file_inside_the_root_is_judged_as_in_its_tree(tmp_path: Path) -> None:
    faults = {"bin/x": program("libnot.so", interpreter="/lib/ld-no.so"), "lib/libhard.so": library(fp_abi=HARD)}
    grow(tmp_path, router({**faults, "bin/jq": leaked()}))
    report = check(tmp_path / "bin/x", tmp_path / "lib/libhard.so", root=tmp_path, ignore=["EK005"])
    assert {*told(report)} == {("EK201", "bin/x"), ("EK301", "bin/x"), ("EK106", "lib/libhard.so")}
    assert (report.roots[0].path, report.roots[0].elf_files, report.roots[0].not_evaluated[:0]) == (
        str(tmp_path),
        2,
        (),
    )


@pytest.mark.parametrize("name", ["bin/sh", "sh", "lib/../bin/sh", "linked/sh", "linked/../sh"])
def test_a_link_inside_the_root_is_followed_inside_it(tmp_path: Path, name: str) -> None:
    grow(
        tmp_path,
        router({"bin/box": program("libnot.so"), "bin/sh": "-> /bin/box", "sh": "-> bin/sh", "linked": "-> /bin"}),
    )
    report = check(tmp_path / name, root=tmp_path, ignore=["EK005"])
    assert {*told(report)} == {("EK301", "bin/box")}


def test_a_link_inside_the_root_never_leads_to_a_file_of_the_host(tmp_path: Path) -> None:
    grow(tmp_path, {"host": leaked()})
    root = grow(tmp_path / "root", router({"bin/out": f"-> {tmp_path}/host", "bin/up": "-> ../../host"}))
    report = check(root / "bin/out", root / "bin/up", root=root)
    assert report.findings == ()
    assert [skipped.path for skipped in report.unusable] == [str(root / "bin/out"), str(root / "bin/up")]


def test_a_file_of_the_root_reached_through_a_link_of_the_host_is_judged_in_its_tree(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", router({"bin/x": program("libnot.so")}))
    (tmp_path / "shortcut").symlink_to(root / "bin")
    assert {*told(check(tmp_path / "shortcut/x", root=root, ignore=["EK005"]))} == {("EK301", "bin/x")}


def test_a_file_of_the_root_that_is_no_elf_is_told_so(tmp_path: Path) -> None:
    grow(tmp_path, router({"etc/motd": b"hello", "motd": "-> /etc/motd"}))
    report = check(tmp_path / "motd", root=tmp_path)
    assert [skipped.path for skipped in report.not_elf] == [str(tmp_path / "motd")]


def test_a_file_from_elsewhere_is_judged_as_if_it_were_started_in_the_root(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", router())
    grow(tmp_path, {"new": program("libnot.so", interpreter="/lib/ld-no.so", fp_abi=HARD), "jq": leaked("libjq.so.1")})
    report = check(tmp_path / "new", tmp_path / "jq", root=root, ignore=["EK005"])
    new, jq = str(tmp_path / "new"), str(tmp_path / "jq")
    assert {*told(report)} == {("EK101", jq), ("EK201", new), ("EK301", new)}


def test_files_of_the_root_that_were_not_named_are_not_judged(tmp_path: Path) -> None:
    grow(tmp_path, router({"bin/x": program("libnot.so")}))
    assert check(tmp_path / "sbin/init", root=tmp_path, ignore=["EK005"]).findings == ()


def test_a_directory_together_with_a_root_is_refused(tmp_path: Path) -> None:
    grow(tmp_path, router())
    with pytest.raises(UsageError) as caught:
        check(tmp_path / "bin", tmp_path, root=tmp_path)
    assert isinstance(caught.value, ElfkitError)
    assert str(tmp_path) in str(caught.value)


def test_a_root_that_is_none_is_an_error(tmp_path: Path) -> None:
    grow(tmp_path, {"x": program()})
    for root in ("nowhere", "x"):
        with pytest.raises(ReadError):
            check(tmp_path / "x", root=tmp_path / root)


def test_files_and_directories_may_be_mixed(tmp_path: Path) -> None:
    grow(tmp_path, {"x": program()})
    root = grow(tmp_path / "root", router())
    assert [(row.path, row.elf_files) for row in check(tmp_path / "x", root).roots] == [(str(root), 2), ("", 1)]


def test_nothing_named_is_nothing_checked() -> None:
    report = check()
    assert (report.roots, report.findings, report.elf_files) == ((), (), 0)


@pytest.mark.parametrize("form", [str, Path, os.fsencode], ids=["str", "Path", "bytes"])
def test_the_library_takes_paths_in_every_form(tmp_path: Path, form: type) -> None:
    grow(tmp_path, {"x": program()})
    assert elfkit.check(form(str(tmp_path / "x"))).elf_files == 1


def test_a_file_named_twice_is_told_once(tmp_path: Path) -> None:
    grow(tmp_path, {"x": program()})
    assert len(check(tmp_path / "x", tmp_path / "x").findings) == 1


# what cannot be used


def test_a_missing_path_is_unusable_and_the_others_are_checked(tmp_path: Path) -> None:
    grow(tmp_path, {"x": program()})
    report = check(tmp_path / "nowhere", tmp_path / "x")
    assert [tuple(skipped) for skipped in report.unusable] == [(str(tmp_path / "nowhere"), "no such file or directory")]
    assert report.elf_files == 1


@pytest.mark.parametrize(
    ("kind", "reason"), [(stat.S_IFIFO, "is a FIFO"), (stat.S_IFSOCK, "is a device or a socket without a partner")]
)
def test_a_special_file_is_unusable_and_does_not_block(tmp_path: Path, kind: int, reason: str) -> None:
    os.mknod(tmp_path / "odd", kind | 0o600)
    with alarm():
        report = check(tmp_path / "odd")
    assert [skipped.reason for skipped in report.unusable] == [reason]


def test_a_name_with_a_nul_byte_is_unusable() -> None:
    (skipped,) = check("a\0b").unusable
    assert skipped.reason == "the name holds a NUL byte"


def test_an_unreadable_file_and_directory_are_unusable() -> None:
    with public_folder() as folder:
        grow(folder, {"closed": program(), "private": None})
        check(folder)
        (folder / "closed").chmod(0)
        (folder / "private").chmod(0)
        with without_rights():
            report = check(folder / "closed", folder / "private")
    assert {skipped.reason for skipped in report.unusable} == {"permission denied"}
    assert len(report.unusable) == 2


NO_ELF = {
    "0 bytes": b"",
    "text": b"hello\n",
    "a script": b"#!/bin/sh\n",
    "a short magic": b"\x7fEL",
    "zeros": bytes(100),
}


@pytest.mark.parametrize("data", NO_ELF.values(), ids=NO_ELF.keys())
def test_what_is_no_elf_file_is_told_so_and_is_no_finding(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    report = check(tmp_path / "x")
    (skipped,) = report.not_elf
    assert skipped.path == str(tmp_path / "x")
    assert skipped.reason.startswith("not an ELF file: ")
    assert (report.findings, report.unusable, report.elf_files) == ((), (), 0)


@pytest.mark.parametrize("size", [4, 16, 51])
def test_a_truncated_header_is_a_finding_in_a_tree_and_alone(tmp_path: Path, size: int) -> None:
    data = fixture("mips-soft/hello")[:size]
    grow(tmp_path, {"x": data})
    for report in (check(tmp_path), check(tmp_path / "x")):
        assert rules_of(report) == ["EK001"]
        assert report.elf_files == 1


def test_an_empty_directory_has_no_elf_file(tmp_path: Path) -> None:
    report = check(tmp_path)
    assert (report.elf_files, report.findings, report.roots[0].platforms) == (0, (), ())


def test_every_length_of_a_file_gives_a_report(tmp_path: Path) -> None:
    data = build(program("libc.so"))
    place = tmp_path / "x"
    for size in range(4, len(data)):
        place.write_bytes(data[:size])
        report = check(place)
        assert report.elf_files == 1
        assert not report.internal_error
        assert "error" in {finding.severity.word for finding in report.findings}


# selection


def test_an_unknown_rule_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="did you mean exec-stack") as caught:
        check(tmp_path, select=["exec-stck"])
    assert (caught.value.name, caught.value.hint) == ("exec-stck", "exec-stack")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301  # our own bytes


def test_select_and_ignore_take_ids_and_names(tmp_path: Path) -> None:
    grow(tmp_path, router({"bin/x": program("libnot.so"), "srv/jq": leaked(), "lib/h.so": library(fp_abi=HARD)}))
    assert rules_of(check(tmp_path, ignore=["EK0"])) == ["EK101", "EK106", "EK301"]
    assert rules_of(check(tmp_path, select=["EK101", "EK106"])) == ["EK101", "EK106"]
    assert rules_of(check(tmp_path, select=["EK101", "EK106", "needed-missing"], ignore=["foreign-machine"])) == [
        "EK106",
        "EK301",
    ]


def test_a_file_beside_the_root_is_not_taken_for_one_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = grow(tmp_path / "root", router())
    grow(tmp_path, {"bin/rc": leaked()})  # another file than the root's own bin/rc
    monkeypatch.chdir(root)
    for place in ("../bin/rc", "../root/../bin/rc", "lib/../../bin/rc"):
        report = check(place, root=Path(), select=["EK1"])
        assert {finding.severity.word for finding in report.findings} == {"error"}, place
    assert check("../root/bin/rc", root=Path(), select=["EK1"]).findings == ()
