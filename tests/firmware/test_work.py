"""What hostile trees make a check do: each kind of work ends at a published limit, and what it cut short is told.

Work is counted, never timed: what was spent, looked at or kept.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.checks.check import check
from elfkit.checks.report import Report
from elfkit.facts.facts import Facts
from elfkit.firmware import ld_so_conf, needs, search, search_own_paths, startup
from elfkit.firmware.paths import Followed, Paths
from elfkit.firmware.platforms import Platform, find_platforms
from elfkit.firmware.resolve import Outcome, Resolution, resolve
from elfkit.firmware.search import Directory
from elfkit.firmware.walk import names_in
from elfkit.firmware.work import Cut, Work
from elfkit.limits import DEFAULT_LIMITS, Budget, Limits
from tests.firmware.plants import GLIBC, MIPS, X86_64, Content, asking, grow, leaked, library, program, router, tree_of

CONF = "etc/ld.so.conf"


def glibc(more: Mapping[str, Content]) -> dict[str, Content]:
    """A device with glibc, and whatever is added."""
    return {"sbin/init": program(interpreter=GLIBC), GLIBC[1:]: library(), **more}


def resolved(root: Path, plan: Mapping[str, Content], limits: Limits = DEFAULT_LIMITS) -> Resolution:
    tree = tree_of(root, plan)
    return resolve(tree, find_platforms(tree, limits=limits), limits=limits)


def limited(root: Path, plan: Mapping[str, Content], limits: Limits) -> Report:
    return check(grow(root, plan), limits=limits)


def outcomes(resolution: Resolution, path: str) -> list[Outcome]:
    return [need.outcome for need in resolution.needs[path]]


# includes of ld.so.conf


INCLUDES: dict[str, Content] = {
    CONF: b"include d/*.conf\n" * 200 + b"/opt/last\n",
    **{f"etc/d/{number:03}.txt": b"/x" for number in range(100)},
}


def test_include_lines_times_names_end_at_the_limit_and_that_is_told(tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, config_names=1000)
    cuts = resolved(tmp_path, glibc(INCLUDES), limits).cuts
    assert cuts == (Cut(CONF, "further include lines were not expanded", "config_names", 1000),)
    (finding,) = check(tmp_path, select=["EK012"], limits=limits).findings
    assert (finding.path, finding.severity.word) == (CONF, "warning")
    assert "config_names of 1,000" in finding.message


def test_a_pattern_looks_at_the_names_of_its_own_directory_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent: list[Work] = []

    class Noted(Work):
        def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
            super().__init__(limits)
            spent.append(self)

    monkeypatch.setattr("elfkit.firmware.resolve.Work", Noted)
    plan: dict[str, Content] = {f"usr/share/{number:03}": b"" for number in range(300)}
    resolved(tmp_path, glibc({CONF: b"include d/*.conf\n" * 10, "etc/d/a.conf": b"/a", **plan}))
    (work,) = spent
    assert DEFAULT_LIMITS.config_names - work.names.left == 10 * 3  # etc, d and what is in it


def test_directories_are_listed_once_for_all_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[str] = []

    def noted(root: str, directory: str) -> list[str]:
        listed.append(directory)
        return names_in(root, directory)

    monkeypatch.setattr(ld_so_conf, "names_in", noted)
    resolved(tmp_path, glibc(INCLUDES))
    assert listed == ["etc/d"]


@pytest.mark.parametrize(
    ("limits", "path", "limit"),
    [
        (replace(DEFAULT_LIMITS, config_includes=3), CONF, "config_includes"),
        (replace(DEFAULT_LIMITS, config_bytes=9), CONF, "config_bytes"),
    ],
    ids=["files", "bytes"],
)
def test_other_limits_of_a_configuration_are_told_too(tmp_path: Path, limits: Limits, path: str, limit: str) -> None:
    plan: dict[str, Content] = {f"etc/d/{number}.conf": b"/x" for number in range(5)}
    tree = tree_of(tmp_path, glibc({CONF: b"include d/*.conf\n", **plan}))
    work = Work(limits)
    ld_so_conf.configured_places(tree, f"/{CONF}", "include d/*.conf\n", work)
    assert [(cut.path, cut.limit) for cut in work.cuts] == [(path, limit)]


def test_what_is_not_found_by_half_a_configuration_is_not_called_lost(tmp_path: Path) -> None:
    plan = glibc({"bin/x": program("libz.so", "libgone.so", interpreter=GLIBC), "opt/libz.so": library(), **INCLUDES})
    limits = replace(DEFAULT_LIMITS, config_names=1000)
    assert outcomes(resolved(tmp_path, plan, limits), "bin/x") == [Outcome.CUT, Outcome.MISSING]
    assert outcomes(resolved(tmp_path / "whole", plan), "bin/x") == [Outcome.NOT_ON_PATH, Outcome.MISSING]


# searches


def test_places_looked_at_end_at_the_limit_over_all_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    follow = Paths.follow

    def noted(self: Paths, path: str) -> Followed:
        looked.append(path)
        return follow(self, path)

    monkeypatch.setattr(Paths, "follow", noted)
    needed = [f"lib{number}.so" for number in range(50)]
    runpath = ":".join([f"/r{number}" for number in range(100)])
    plan = router({"bin/x": program(*needed, runpath=runpath), **{f"opt/{name}": library() for name in needed}})
    resolution = resolved(tmp_path, plan, replace(DEFAULT_LIMITS, search_places=500))
    assert sum("/lib" in path[1:] and path.startswith("/r") for path in looked) == 500 - 4 * 3  # of four: /lib ...
    assert set(outcomes(resolution, "bin/x")[5:]) == {Outcome.CUT}
    assert [(cut.path, cut.limit) for cut in resolution.cuts] == [("bin/x", "search_places")]


def test_a_search_takes_no_more_of_a_long_path_apart_than_it_looks_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def noted(path: str, why: str, doubt: str = "") -> Directory:
        made.append(path)
        return Directory(path, why, doubt=doubt)

    monkeypatch.setattr(search_own_paths, "Directory", noted)
    runpath = ":".join([f"/r{number}" for number in range(300)])
    resolution = resolved(tmp_path, router({"bin/x": program("libz.so", runpath=runpath), "r1/libz.so": library()}))
    assert outcomes(resolution, "bin/x") == [Outcome.FOUND]
    assert {place for place in made if place.startswith("/r")} == {"/r0", "/r1"}


def test_elements_of_search_paths_are_kept_up_to_the_limit_over_all_images(tmp_path: Path) -> None:
    plan = router({f"bin/{name}": program(runpath=":".join(["/lib"] * 30)) for name in "abc"})
    resolution = resolved(tmp_path, plan, replace(DEFAULT_LIMITS, path_elements=70))
    assert sum(map(len, resolution.paths.values())) == 70
    assert [(cut.path, cut.limit) for cut in resolution.cuts] == [("bin/c", "path_elements")]


def test_files_of_one_name_are_compared_once_for_all_who_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[Facts] = []

    def noted(platform: Platform, facts: Facts) -> str | None:
        compared.append(facts)
        return search.abi_clash(platform, facts)

    monkeypatch.setattr(needs, "abi_clash", noted)
    count = 20
    programs = {f"bin/{number}": program("libz.so", runpath=f"/r{number}") for number in range(count)}
    bearers = {f"opt/{number}/libz.so": library() for number in range(count)}
    resolved(tmp_path, router({**programs, **bearers}))
    assert len(compared) == count


# starts


def ring(count: int) -> dict[str, Content]:
    """Programs that each map all of ``count`` libraries, one of which is found through an RPATH alone."""
    chain: dict[str, Content] = {
        f"lib/lib{number}.so": library(f"lib{number + 1}.so", rpath="/opt") for number in range(count)
    }
    programs: dict[str, Content] = {f"bin/{number}": program("lib0.so", rpath="/opt") for number in range(count)}
    return router({**chain, f"opt/lib{count}.so": library(), **programs})


def test_starts_times_images_end_at_the_limit_and_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[int] = []
    start = startup.start

    def noted(*asked: object) -> startup.Start:
        found = start(*asked)  # type: ignore[arg-type]
        visits.append(len(found.needs))
        return found

    monkeypatch.setattr(startup, "start", noted)
    limits = replace(DEFAULT_LIMITS, start_steps=2000)
    resolution = resolved(tmp_path, ring(20), limits)
    assert sum(visits) <= 2000
    assert {cut.limit for cut in resolution.cuts} == {"start_steps"}
    assert len(visits) - len(resolution.cuts) == len(resolution.walked) > 0
    assert {need.outcome for ends in resolution.needs.values() for need in ends} <= {Outcome.FOUND, Outcome.CUT}
    report = check(tmp_path, limits=limits)
    assert [finding.rule for finding in report.findings if finding.severity.word != "note"] == ["EK012"]


def test_a_path_that_many_hand_down_costs_as_many_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[int] = []
    spend = Budget.spend

    def noted(self: Budget, wanted: int) -> int:
        spent.append(wanted)
        return spend(self, wanted)

    monkeypatch.setattr(Budget, "spend", noted)
    resolved(tmp_path, ring(5))
    assert max(spent) == 2 * 6  # one name, five who hand their RPATH down


def test_within_the_limits_nothing_is_cut(tmp_path: Path) -> None:
    resolution = resolved(tmp_path, ring(20))
    assert resolution.cuts == ()
    assert {need.outcome for ends in resolution.needs.values() for need in ends} == {Outcome.FOUND}


def test_a_single_file_s_start_is_limited_too(tmp_path: Path) -> None:
    grow(tmp_path, {"root": None, "x": program("lib0.so", rpath="/opt")})
    (tmp_path / "root").rmdir()
    grow(tmp_path / "root", ring(5))
    limits = replace(DEFAULT_LIMITS, start_steps=1)
    report = check(tmp_path / "x", root=tmp_path / "root", select=["EK012"], limits=limits)
    assert [(finding.rule, finding.subject) for finding in report.findings] == [("EK012", "start_steps")]


# platforms, pulls, and the limits of one file


def test_loaders_are_told_apart_up_to_the_limit(tmp_path: Path) -> None:
    plan: dict[str, Content] = {f"bin/{n}": program(interpreter=f"/lib/ld-{n}.so") for n in range(9)}
    plan |= {f"lib/ld-{n}.so": library() for n in range(9)}
    limits = replace(DEFAULT_LIMITS, platforms=4)
    tree = tree_of(tmp_path, router(plan))
    platforms = find_platforms(tree, limits=limits)
    assert (len(platforms.rows), len(platforms.left_out)) == (4, 6)
    assert [cut.limit for cut in resolve(tree, platforms, limits=limits).cuts] == ["platforms"]


def test_a_mesh_of_leaked_files_keeps_few_pulls_of_each_beyond_the_limit(tmp_path: Path) -> None:
    count = 30
    names = [f"lib{number}.so" for number in range(count)]
    mesh: dict[str, Content] = {f"o/{name}": asking(X86_64, "", tuple(names)) for name in names}
    whole = resolved(tmp_path, router({**mesh, "o/jq": leaked("lib0.so")}))
    assert sum(map(len, whole.pulls.values())) == count * (count - 1) + 1
    tree = tree_of(tmp_path / "again", router(mesh))
    few = resolve(tree, find_platforms(tree), limits=replace(DEFAULT_LIMITS, pulls=50))
    assert sum(map(len, few.pulls.values())) == 50 + 8 * count


def test_a_file_s_own_limit_is_told_where_it_stands_alone(tmp_path: Path) -> None:
    grow(tmp_path, {"x": replace(MIPS, tags=((0x6FFFFFF9, 0),) * 100)})
    (finding,) = check(tmp_path / "x", select=["EK012"], limits=Limits(dynamic_entries=10)).findings
    assert (finding.rule, finding.message) == ("EK012", "PT_DYNAMIC holds more than 10 entries")


def test_an_ignored_limit_is_not_told(tmp_path: Path) -> None:
    report = limited(tmp_path, ring(5), replace(DEFAULT_LIMITS, start_steps=1))
    assert "EK012" in {finding.rule for finding in report.findings}
    silent = check(tmp_path, ignore=["EK012"], limits=replace(DEFAULT_LIMITS, start_steps=1))
    assert "EK012" not in {finding.rule for finding in silent.findings}
