"""EK310 to EK316: search paths, and links with a library's name: what each tells, and passes over."""

from pathlib import Path

import pytest

from tests.checks.judging import proved
from tests.checks.linking import STRANGE, Plan, findings, glibc, told
from tests.firmware.plants import GLIBC, grow, library, program, router

# EK310 to EK313


@pytest.mark.parametrize("element", ["/build/out/lib", "/tmp/x", "/opt/staging_dir/lib", "/nix/store/abc/lib"])
def test_a_build_directory_is_proved_by_the_bytes_of_its_element(tmp_path: Path, element: str) -> None:
    files: Plan = {"bin/x": program(runpath=f"/usr/share/a:{element}"), "usr/share/a": None}
    (finding,) = findings(tmp_path, router(files))
    assert (finding.rule, finding.subject, finding.severity.word) == ("EK310", element, "error")
    (proof,) = finding.evidence
    assert proof.raw == element.encode()
    assert proved(tmp_path, "bin/x", finding.evidence)


def test_a_build_directory_that_is_in_the_tree_is_meant(tmp_path: Path) -> None:
    assert told(tmp_path, router({"bin/x": program(runpath="/build/lib"), "build/lib": None})) == {}


def test_an_rpath_beside_a_runpath_is_ignored_as_the_loader_does(tmp_path: Path) -> None:
    plan = router({"bin/x": program(rpath="/build/lib", runpath="/opt/lib"), "opt/lib": None})
    assert told(tmp_path, plan) == {}


def test_one_build_directory_is_one_finding(tmp_path: Path) -> None:
    users: Plan = {f"bin/x{number}": program(runpath="/build/lib") for number in range(4)}
    (finding,) = findings(tmp_path, router(users))
    assert len(finding.paths) == 4


@pytest.mark.parametrize("element", ["lib", ".", "./lib"])
def test_a_relative_element_is_insecure_for_every_loader(tmp_path: Path, element: str) -> None:
    for name, plan in (
        ("musl", router({"bin/x": program(runpath=element)})),
        ("glibc", glibc({"bin/x": program(interpreter=GLIBC, rpath=element)})),
    ):
        assert told(tmp_path / name, plan) == {("EK311", element): "error"}


@pytest.mark.parametrize("runpath", ["/opt/lib:", ":/opt/lib", "/opt/lib::/opt/lib"])
def test_an_empty_element_is_the_current_directory_for_glibc_alone(tmp_path: Path, runpath: str) -> None:
    files: Plan = {"bin/x": program(interpreter=GLIBC, runpath=runpath), "opt/lib": None}
    assert told(tmp_path / "glibc", glibc(files)) == {("EK311", "(empty)"): "error"}
    assert told(tmp_path / "musl", router({"bin/x": program(runpath=runpath), "opt/lib": None})) == {}


def test_a_directory_that_everybody_may_write_to_is_told_with_its_mode(tmp_path: Path) -> None:
    root = grow(tmp_path, router({"bin/x": program(runpath="/opt/lib"), "opt/lib": None}))
    (root / "opt/lib").chmod(0o1777)
    (finding,) = findings(root, {})
    assert (finding.rule, finding.subject) == ("EK311", "/opt/lib")
    assert "mode 1777" in finding.message


@pytest.mark.parametrize("runpath", ["$ORIGIN", "${ORIGIN}/../opt", "$UNKNOWN/lib"])
def test_origin_and_unknown_tokens_are_not_relative(tmp_path: Path, runpath: str) -> None:
    found = told(tmp_path, router({"bin/x": program(runpath=runpath), "opt": None}))
    assert set(found) == ({("EK314", f"DT_RUNPATH {runpath}")} if "UNKNOWN" in runpath else set())


@pytest.mark.parametrize("element", ["/opt/gone", "$ORIGIN/../gone"])
def test_an_element_without_a_directory_is_a_note(tmp_path: Path, element: str) -> None:
    assert told(tmp_path, router({"bin/x": program(runpath=element)})) == {("EK312", element): "note"}


@pytest.mark.parametrize("element", ["/run/x", "/var/lib/x", "/mnt/usb/lib"])
def test_what_is_mounted_at_run_time_is_not_dead(tmp_path: Path, element: str) -> None:
    assert told(tmp_path, router({"bin/x": program(runpath=element)})) == {}


def test_a_default_directory_is_redundant_through_links_too(tmp_path: Path) -> None:
    files: Plan = {"bin/x": program(runpath="/usr/lib:/lib64"), "usr/lib": None, "lib64": "-> lib"}
    assert told(tmp_path, router(files)) == {("EK313", "/usr/lib"): "note", ("EK313", "/lib64"): "note"}


def test_origin_is_not_redundant(tmp_path: Path) -> None:
    assert told(tmp_path, router({"usr/lib/liba.so": library(runpath="$ORIGIN", soname="liba.so")})) == {}


# EK316


@pytest.mark.parametrize("target", ["libz.so.1.2", "/staging/libz.so.1.2", "../../../libz.so.1.2", "libz.so.1"])
def test_a_library_s_link_that_leads_nowhere_is_a_warning(tmp_path: Path, target: str) -> None:
    plan = router({"usr/lib/libz.so.1": f"-> {target}"})
    (finding,) = findings(tmp_path, plan)
    assert (finding.rule, finding.path, finding.severity.word) == ("EK316", "usr/lib/libz.so.1", "warning")


def test_where_something_needs_the_name_it_is_the_one_error(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libz.so.1"), "usr/lib/libz.so.1": "-> libz.so.1.2"})
    (finding,) = findings(tmp_path, plan)
    assert (finding.rule, finding.severity.word, finding.needed_by) == ("EK316", "error", ("bin/x",))
    assert proved(tmp_path, finding.path, finding.evidence)


@pytest.mark.parametrize(
    "link",
    [
        {"usr/lib/libz.so": "-> /var/lib/libz.so"},
        {"usr/lib/libz.so": "-> ../../run/libz.so"},
        {"usr/lib/libz.so": "-> libz.so.1", "usr/lib/libz.so.1": "-> /tmp/libz.so.1"},
        {"etc/ld.so.conf": "-> gone"},
        {"usr/lib/libz.so.hmac": "-> gone"},
        {"usr/lib/libz.so": "-> ../../lib"},
        {"bin/x": program(interpreter="/lib/ld-b.so"), "lib/ld-b.so": "-> /lib/ld-musl-mips-sf.so.1"},
    ],
    ids=str,
)
def test_links_that_are_filled_at_run_time_or_no_libraries_are_passed_over(tmp_path: Path, link: Plan) -> None:
    assert told(tmp_path, router(link)) == {}


def test_the_links_of_one_directory_are_one_finding(tmp_path: Path) -> None:
    links: Plan = {f"usr/lib/lib{number}.so": "-> gone" for number in range(6)}
    (finding,) = findings(tmp_path, router(links))
    assert len(finding.paths) == 6


def test_an_interpreter_s_link_is_told_once(tmp_path: Path) -> None:
    plan = router({"bin/x": program(interpreter=STRANGE), STRANGE[1:]: "-> gone.so"})
    assert told(tmp_path, plan) == {("EK203", STRANGE): "error"}


# EK310 to EK312: what an element comes to


DISGUISED = {
    "two slashes": "//home/me",
    "up again": "/usr/../home/me",
    "from the file's own place": "$ORIGIN/../home/me",
    "libtool's": "/src/x/.libs",
    "shared memory": "/dev/shm/x",
}


@pytest.mark.parametrize("element", DISGUISED.values(), ids=DISGUISED)
def test_a_build_directory_is_told_however_it_is_written(tmp_path: Path, element: str) -> None:
    (finding,) = findings(tmp_path, router({"bin/x": program(runpath=element)}))
    assert (finding.rule, finding.subject) == ("EK310", element)
    assert finding.evidence[0].raw == element.encode()
    assert proved(tmp_path, "bin/x", finding.evidence)


def test_a_neighbour_in_a_directory_named_like_a_build_s_is_only_missing(tmp_path: Path) -> None:
    plan = router({"home/me/app/bin/x": program(runpath="$ORIGIN/../lib")})
    assert told(tmp_path, plan) == {("EK312", "$ORIGIN/../lib"): "note"}


@pytest.mark.parametrize("element", ["/opt/../run/x", "//mnt/usb", "$ORIGIN/../var/x"])
def test_what_is_filled_at_run_time_is_not_dead_however_it_is_written(tmp_path: Path, element: str) -> None:
    assert told(tmp_path, router({"bin/x": program(runpath=element)})) == {}


@pytest.mark.parametrize("element", ["/tmp", "/var/tmp/", "//tmp", "/usr/../tmp", "$ORIGIN/../tmp"])
def test_everybody_may_write_to_tmp_whatever_its_mode_in_an_image(tmp_path: Path, element: str) -> None:
    plan = router({"bin/x": program(runpath=element), "tmp": None, "var/tmp": None, "usr/x": None})
    assert told(tmp_path, plan) == {("EK311", element): "error"}


@pytest.mark.parametrize("element", ["/run/lock/x", "/run/shm", "/var/lock"])
def test_a_place_for_everybody_that_only_a_running_device_has_is_told(tmp_path: Path, element: str) -> None:
    assert told(tmp_path, router({"bin/x": program(runpath=element)})) == {("EK311", element): "error"}
