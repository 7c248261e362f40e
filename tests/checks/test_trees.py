"""The two committed routers: every planted fault is told, and nothing that was not planted."""

import csv
import shutil
from pathlib import Path

import pytest

from elfkit.checks.check import check
from elfkit.checks.finding import Finding, Severity
from elfkit.checks.report import Report
from tests.checks.judging import proved
from tests.elfwriter import build
from tests.firmware.plants import FIXTURES, program

ROUTER, CLEAN = FIXTURES / "trees/router", FIXTURES / "trees/router-clean"


@pytest.fixture(scope="module")
def router() -> Report:
    return check(ROUTER)


@pytest.fixture(scope="module")
def clean() -> Report:
    return check(CLEAN)


def planted() -> list[tuple[str, str, str]]:
    with (FIXTURES / "trees/router.planted.csv").open(encoding="utf-8", newline="") as file:
        return [(row["rule"], row["path"], row["subject"]) for row in csv.DictReader(file)]


def serious(report: Report) -> tuple[Finding, ...]:
    return report.at_least(Severity.WARNING)


def test_exactly_the_planted_faults_are_found(router: Report) -> None:
    found = sorted((finding.rule, path) for finding in serious(router) for path in finding.paths)
    assert found == sorted((rule, path) for rule, path, _ in planted())


def test_the_subject_is_what_was_planted(router: Report) -> None:
    wanted = {(rule, path): subject for rule, path, subject in planted() if subject}
    found = {(finding.rule, path): finding.subject for finding in serious(router) for path in finding.paths}
    assert {key: found[key] for key in wanted} == wanted


def test_every_fault_is_proved_by_bytes_of_its_file(router: Report) -> None:
    for finding in serious(router):
        assert finding.evidence
        assert proved(ROUTER, finding.path, finding.evidence), finding.rule
        for other in finding.others:
            assert other.evidence
            assert proved(ROUTER, other.path, other.evidence), other.path


def test_a_program_without_section_headers_is_judged_all_the_same(router: Report) -> None:
    data = (ROUTER / "usr/sbin/vpnd").read_bytes()
    assert data[32:36] == bytes(4)  # e_shoff
    assert {finding.rule for finding in serious(router) if "usr/sbin/vpnd" in finding.paths} == {"EK301"}


def test_one_missing_library_is_one_finding_with_all_who_need_it(router: Report) -> None:
    (finding,) = [finding for finding in router.findings if finding.rule == "EK301"]
    assert finding.needed_by == ("usr/lib/httpd/mod_vpn.so", "usr/sbin/vpnd")
    assert finding.severity is Severity.ERROR  # a plugin alone would be a warning
    assert finding.trace


def test_clang_s_wrong_loader_name_is_told_apart_from_hard_float_code(router: Report) -> None:
    fixes = {finding.path: finding.fix for finding in router.findings if finding.rule == "EK201"}
    assert "only the name is wrong" in fixes["usr/bin/clangtool"]
    assert "only the name is wrong" not in fixes["usr/bin/speedtest"]


@pytest.mark.parametrize("root", [ROUTER, CLEAN], ids=lambda path: path.name)
def test_missing_section_headers_are_one_sentence_where_all_programs_and_libraries_lack_them(root: Path) -> None:
    report = check(root)
    odd = [member for member in elf_files(root) if member.suffix == ".ko" or no_section_headers(member)]
    assert odd == elf_files(root)  # a kernel module without section headers can not be loaded
    assert "EK005" not in {finding.rule for finding in report.findings}
    assert len([sentence for sentence in report.roots[0].universal if "EK005" in sentence]) == 1


def test_the_clean_router_deserves_nothing(clean: Report) -> None:
    assert serious(clean) == ()


def test_the_clean_router_was_really_read(clean: Report) -> None:
    assert clean.elf_files == len(elf_files(CLEAN)) > 10
    assert clean.roots[0].scripts_without_interpreter == ()


def test_an_alpine_like_root_deserves_nothing(tmp_path: Path) -> None:
    """musl as Alpine lays it out: the loader is the file, libc.musl-*.so.1 and libc.so are links to it."""
    root = Path(shutil.copytree(CLEAN, tmp_path / "root", symlinks=True))
    loader = root / "lib/ld-musl-mips-sf.so.1"
    loader.unlink()
    (root / "lib/libc.so").rename(loader)
    (root / "lib/libc.musl-mips-sf.so.1").symlink_to(loader.name)
    (root / "usr/lib/libc.so").symlink_to("../../lib/ld-musl-mips-sf.so.1")
    (root / "usr/bin/ldd").symlink_to("/lib/ld-musl-mips-sf.so.1")
    (root / "usr/sbin/busy").write_bytes(build(program("libc.musl-mips-sf.so.1", "libconf.so")))
    (root / "usr/sbin/busy").chmod(0o755)
    report = check(root)
    assert serious(report) == ()
    (platform,) = report.roots[0].platforms
    assert (platform.loader, platform.libc) == ("lib/ld-musl-mips-sf.so.1", "musl")
    (root / "lib/libc.musl-mips-sf.so.1").unlink()
    loader.unlink()
    assert "EK201" in {finding.rule for finding in serious(check(root))}


def elf_files(root: Path) -> list[Path]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]
    return [path for path in files if path.read_bytes().startswith(b"\x7fELF")]


def no_section_headers(path: Path) -> bool:
    """e_shoff is 0: four bytes at 32, eight at 40 in a 64-bit file."""
    data = path.read_bytes()
    return not any(data[40:48] if data[4] == 2 else data[32:36])
