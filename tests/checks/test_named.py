"""Files named one by one with --root: what keeps them from starting is told, in whichever file it lies."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.checks.check import check
from elfkit.checks.report import Report
from tests.checks.judging import only, proved, rules_of, told
from tests.elfwriter import Elf, build
from tests.firmware.hostility import public_folder, without_rights
from tests.firmware.plants import GLIBC, HARD, SOFT_MUSL, Content, grow, library, program, router

FOO = "lib/libfoo.so.1"


def judged(tmp_path: Path, plan: Mapping[str, Content], named: str, *, select: tuple[str, ...] = ()) -> Report:
    """The tree's own file of that name, judged in it."""
    root = grow(tmp_path / "root", router(plan))
    return check(root / named, root=root, select=select)


def errors(report: Report) -> set[tuple[str, str]]:
    return {key for key, severity in told(report).items() if severity == "error"}


def test_a_needed_name_whose_link_dangles_is_told_of_a_file_of_the_tree(tmp_path: Path) -> None:
    report = judged(tmp_path, {"bin/x": program("libfoo.so.1"), FOO: "-> libfoo.so.1.2"}, "bin/x")
    assert errors(report) == {("EK316", FOO)}
    finding = only(report, "EK316")
    assert "bin/x" in finding.message
    assert proved(tmp_path / "root", FOO, finding.evidence)


def test_a_needed_name_whose_link_dangles_is_told_of_a_file_from_elsewhere(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", router({FOO: "-> libfoo.so.1.2", "bin/y": program("libfoo.so.1")}))
    guest = tmp_path / "x"
    guest.write_bytes(build(program("libfoo.so.1")))
    report = check(guest, root=root)
    assert errors(report) == {("EK316", FOO)}
    assert only(report, "EK316").message.endswith(f"needed by {guest}")


def test_other_dangling_links_of_the_tree_are_not_told(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"bin/x": program(), "bin/y": program("libfoo.so.1"), FOO: "-> libfoo.so.1.2"}
    assert "EK316" not in rules_of(judged(tmp_path, plan, "bin/x"))


@pytest.mark.parametrize(
    ("library_of_it", "rule"),
    [(library("libbar.so.1"), "EK301"), (library(runpath="/build/lib"), "EK310"), (library(fp_abi=HARD), "EK106")],
)
def test_what_is_wrong_with_a_library_is_told_with_the_file_that_needs_it(
    tmp_path: Path, library_of_it: Content, rule: str
) -> None:
    plan = {"bin/x": program("libmid.so"), "lib/libmid.so": library("libfoo.so.1"), FOO: library_of_it}
    report = judged(tmp_path, plan, "bin/x")
    assert errors(report) >= {(rule, FOO)}
    finding = only(report, rule)
    assert "bin/x" in finding.needed_by
    assert "needed by bin/x" in finding.message


@pytest.mark.parametrize("kept", [40, 70, 300])
@pytest.mark.parametrize("cut", [FOO, SOFT_MUSL[1:]])
def test_a_truncated_library_or_loader_is_told(tmp_path: Path, kept: int, cut: str) -> None:
    plan: dict[str, Content] = {"bin/x": program("libfoo.so.1"), FOO: library(), cut: build(library())[:kept]}
    report = judged(tmp_path, plan, "bin/x")
    assert {("EK001", cut), ("EK003", cut)} & errors(report)
    assert "No machine" not in "".join([finding.message for finding in report.findings])


def test_a_library_that_only_another_program_s_start_breaks_is_not_held_against_this_one(tmp_path: Path) -> None:
    """musl looks in the RPATH of whoever loads the library: one program has one, the other has not."""
    plan = {
        "bin/a": program("libfoo.so.1"),
        "bin/x": program("libfoo.so.1", rpath="/opt/lib"),
        FOO: library("libbar.so.1"),
        "opt/lib/libbar.so.1": library(),
    }
    assert errors(judged(tmp_path / "good", plan, "bin/x")) == set()
    assert ("EK302", FOO) in errors(judged(tmp_path / "bad", plan, "bin/a"))


def test_notes_of_files_that_were_not_named_are_left_out(tmp_path: Path) -> None:
    plan = {"bin/x": program("libfoo.so.1"), FOO: replace(library(), stack=7)}
    report = judged(tmp_path, plan, "bin/x")
    assert all(path == "bin/x" for rule, path in told(report) if told(report)[rule, path] == "note")
    assert ("EK501", FOO) in told(judged(tmp_path / "all", plan, FOO))


def test_an_unreadable_library_is_told_of_a_named_file() -> None:
    with public_folder() as folder:
        grow(folder, router({"bin/x": program("libfoo.so.1"), FOO: library()}))
        (folder / FOO).chmod(0)
        with without_rights():
            report = check(folder / "bin/x", root=folder, ignore=["EK005"])
    assert ("EK009", FOO) in told(report)


# EK301 steps back for what is told, and for nothing else


def test_ek301_tells_of_a_dangling_link_where_ek316_is_left_out(tmp_path: Path) -> None:
    root = grow(tmp_path, router({"bin/x": program("libfoo.so.1"), FOO: "-> libfoo.so.1.2"}))
    assert errors(check(root)) == {("EK316", FOO)}
    for report in (check(root, ignore=["EK316"]), check(root, select=["EK301"])):
        assert errors(report) == {("EK301", "bin/x")}
        assert f"the link {FOO} of that name leads nowhere" in only(report, "EK301").message


def test_ek301_tells_of_another_family_s_c_library_where_ek206_is_left_out(tmp_path: Path) -> None:
    glibc: dict[str, Content] = {"sbin/init": program(interpreter=GLIBC), GLIBC[1:]: library()}
    root = grow(tmp_path, {**glibc, "bin/x": program("libc.so.0", "libno.so", interpreter=GLIBC)})
    assert {f.subject for f in check(root, select=["EK3", "EK206"]).findings if f.rule == "EK301"} == {"libno.so"}
    for report in (check(root, select=["EK301"]), check(root, ignore=["EK206"])):
        assert {f.subject for f in report.findings if f.rule == "EK301"} == {"libno.so", "libc.so.0"}


def test_an_exemption_of_a_dangling_link_covers_who_needs_it(tmp_path: Path) -> None:
    root = grow(tmp_path, router({"bin/x": program("libfoo.so.1"), FOO: "-> libfoo.so.1.2"}))
    assert errors(check(root, ignore=[only(check(root), "EK316").suppress])) == set()


def test_a_file_from_elsewhere_is_not_the_root_s_of_the_same_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = grow(tmp_path / "root", router({"bin/x": program("libold.so")}))
    grow(tmp_path / "build", {"bin/x": program("libnew.so")})
    monkeypatch.chdir(tmp_path / "build")
    report = check("bin/x", root=root)
    assert errors(report) == {("EK301", "./bin/x")}
    assert only(report, "EK301").subject == "libnew.so"


@pytest.mark.parametrize(("runpath", "severity"), [("$ORIGIN/../lib", "warning"), ("/opt/lib", "error"), ("", "error")])
def test_what_origin_stands_for_is_not_known_of_a_file_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runpath: str, severity: str
) -> None:
    root = grow(tmp_path / "root", router({"opt/app/lib/libfoo.so.1": library(), "opt/lib": None}))
    grow(tmp_path / "build", {"opt/app/bin/x": program("libfoo.so.1", runpath=runpath)})
    monkeypatch.chdir(tmp_path / "build")
    report = check("opt/app/bin/x", root=root, select=["EK302", "EK312"])
    assert told(report) == {("EK302", "opt/app/bin/x"): severity}
    grow(root, {"opt/app/bin/x": program("libfoo.so.1", runpath=runpath)})
    placed = check(root / "opt/app/bin/x", root=root, select=["EK302", "EK312"])
    assert told(placed) == ({} if "$" in runpath else {("EK302", "opt/app/bin/x"): "error"})


def test_what_a_file_from_elsewhere_loses_with_its_rpath_is_not_known(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", router({"opt/lib": None, "build/lib": None}))
    guest = grow(tmp_path / "build", {"bin/x": program(rpath="$ORIGIN/../lib:/opt/lib", runpath="/usr/lib")}) / "bin/x"
    (root / str(guest.parent.parent).lstrip("/") / "lib").mkdir(parents=True)
    assert only(check(guest, root=root, select=["EK314"]), "EK314").message.endswith("ignore /opt/lib")


def test_nowhere_in_the_tree_is_an_error_wherever_the_file_will_lie(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", router())
    guest = tmp_path / "x"
    guest.write_bytes(build(program("libgone.so.1", runpath="$ORIGIN/../lib")))
    assert errors(check(guest, root=root)) == {("EK301", str(guest))}


@pytest.mark.parametrize("soname", ["libnew.so.1", ""])
def test_files_from_elsewhere_serve_each_other(tmp_path: Path, soname: str) -> None:
    root = grow(tmp_path / "root", router())
    build_tree: dict[str, Elf] = {"x": program("libnew.so.1"), "libnew.so.1": library("libgone.so.1")}
    if soname:
        build_tree["libnew.so"] = replace(build_tree.pop("libnew.so.1"), soname=soname.encode())
    grow(tmp_path / "build", build_tree)
    named = [str(tmp_path / "build" / name) for name in build_tree]
    assert errors(check(named[0], root=root)) == {("EK301", named[0])}
    report = check(*named, root=root)
    assert {finding.subject for finding in report.findings if finding.rule == "EK301"} == {"libgone.so.1"}


def test_a_file_from_elsewhere_that_does_not_fit_serves_nobody(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", router())
    named = tmp_path / "x", tmp_path / "libnew.so.1"
    named[0].write_bytes(build(program("libnew.so.1")))
    named[1].write_bytes(build(replace(library(), data=1)))
    assert ("EK301", str(named[0])) in errors(check(*named, root=root))


def test_a_file_from_elsewhere_without_a_dt_soname_serves_no_empty_name(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", router())
    named = tmp_path / "x", tmp_path / "libnew.so.1"
    named[0].write_bytes(build(program("plugins/")))
    named[1].write_bytes(build(library()))
    assert errors(check(*named, root=root)) == {("EK301", str(named[0]))}


@pytest.mark.parametrize("interpreter", [GLIBC, SOFT_MUSL])
def test_no_search_path_is_the_fix_for_a_name_with_a_slash(tmp_path: Path, interpreter: str) -> None:
    user = program("/opt/a/libq.so", interpreter=interpreter)
    plan: dict[str, Content] = {"bin/x": user, interpreter[1:]: library(), "lib/libq.so": library()}
    finding = only(check(grow(tmp_path, router(plan)) / "bin/x", root=tmp_path, select=["EK302"]), "EK302")
    assert finding.message.endswith("is where its loader does not look for a name with a slash")
    assert "rpath" not in finding.fix
    assert "-soname" in finding.fix
