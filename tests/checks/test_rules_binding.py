"""The rules about symbols and versions, on roots grown for them; the committed roots show each once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elfkit.checks.check import check
from elfkit.checks.finding import Finding, Severity
from elfkit.limits import DEFAULT_LIMITS, Limits
from tests.checks.judging import checked
from tests.elfwriter import Elf
from tests.firmware.plants import FIXTURES, GLIBC, Content, grow, library, program, router
from tests.firmware.test_bind import OBJECT, TLS, asks, gives, linked

MUSL = "lib/ld-musl-mips-sf.so.1"


def findings(root: Path, plan: dict[str, Content], *rules: str) -> list[Finding]:
    return list(checked(root, plan, select=rules).findings)


def only(root: Path, plan: dict[str, Content], rule: str) -> Finding:
    (finding,) = findings(root, plan, rule)
    return finding


def musl_of(*symbols: str) -> Elf:
    return linked(library(), *map(gives, symbols))


def test_many_files_that_lack_one_symbol_are_one_finding(tmp_path: Path) -> None:
    plan = router({f"bin/{name}": linked(program(), asks("lost")) for name in "abc"})
    finding = only(tmp_path, plan, "EK401")
    assert finding.paths == ("bin/a", "bin/b", "bin/c")
    assert finding.severity is Severity.ERROR
    assert finding.subject == "lost"


def test_a_library_that_lacks_a_symbol_names_the_programs_that_fail(tmp_path: Path) -> None:
    plan = router(
        {"bin/a": program("liba.so"), "bin/b": program("liba.so"), "lib/liba.so": linked(library(), asks("lost"))}
    )
    finding = only(tmp_path, plan, "EK401")
    assert finding.paths == ("lib/liba.so",)
    assert finding.needed_by == ("bin/a", "bin/b")


@pytest.mark.parametrize(("interpreter", "stub", "severity"), [
    (f"/{MUSL}", 0x100, Severity.ERROR), (GLIBC, 0x100, Severity.WARNING), (GLIBC, 0, Severity.ERROR),
])  # fmt: skip
def test_what_is_looked_for_when_it_is_called_is_a_warning(
    tmp_path: Path, interpreter: str, stub: int, severity: Severity
) -> None:
    plan: dict[str, Content] = {
        "sbin/init": linked(program(interpreter=interpreter), asks("lost", stub=stub)),
        interpreter[1:]: library(),
    }
    assert only(tmp_path, plan, "EK401").severity is severity


def test_a_symbol_that_another_file_would_define_says_so(tmp_path: Path) -> None:
    plan = router({"bin/a": linked(program(), asks("one")), "lib/liba.so": linked(library(), gives("one"))})
    assert "lib/liba.so would define one, and is not brought in" in only(tmp_path, plan, "EK401").message


def test_a_name_that_musl_took_away_says_since_when(tmp_path: Path) -> None:
    plan = router({"bin/a": linked(program(), asks("__strdup")), MUSL: musl_of("puts")})
    assert "musl has not exported __strdup since 1.1.20" in only(tmp_path, plan, "EK401").message


def test_what_a_missing_library_may_define_is_a_note_with_its_cause(tmp_path: Path) -> None:
    plan = router({f"bin/{name}": linked(program("libgone.so"), asks("one")) for name in "ab"})
    told = {finding.rule: finding for finding in findings(tmp_path, plan, "EK301", "EK401", "EK905")}
    assert {*told} == {"EK301", "EK905"}
    assert told["EK905"].paths == ("bin/a", "bin/b")
    assert "because bin/a needs libgone.so: nowhere in the tree" in told["EK905"].message


def test_time64_names_tell_that_musl_is_older_than_1_2_0(tmp_path: Path) -> None:
    old = musl_of("puts", "copy_file_range", "secure_getenv")  # 1.1.24 brought these two, among others
    plan = router({"bin/a": linked(program(), asks("__clock_gettime64"), asks("reallocarray")), MUSL: old})
    finding = only(tmp_path, plan, "EK404")
    assert finding.subject == "musl 1.2.2"
    assert "__clock_gettime64, reallocarray" in finding.message
    assert findings(tmp_path / "again", plan, "EK401") == []


def test_a_symbol_that_the_trees_musl_should_have_is_no_matter_of_its_age(tmp_path: Path) -> None:
    newest = musl_of("statx", "preadv2", "pwritev2", "qsort_r", "pthread_getname_np")
    plan = router({"bin/a": linked(program(), asks("reallocarray")), MUSL: newest})
    assert [finding.rule for finding in findings(tmp_path, plan, "EK401", "EK404")] == ["EK401"]


def test_a_thread_local_mismatch_is_an_error_and_an_untyped_symbol_none(tmp_path: Path) -> None:
    plan = router({
        "bin/a": linked(program("liba.so"), asks("one", TLS)),
        "bin/b": linked(program("liba.so"), asks("two", OBJECT)),
        "bin/c": linked(program("liba.so"), asks("two", 0x10)),
        "lib/liba.so": linked(library(), gives("one"), gives("two")),
    })  # fmt: skip
    told = {finding.path: finding.severity for finding in findings(tmp_path, plan, "EK410")}
    assert told == {"bin/a": Severity.ERROR, "bin/b": Severity.WARNING}


def test_plugins_of_one_program_are_one_note(tmp_path: Path) -> None:
    plan = router({"bin/host": linked(program(), gives("one"))})
    plan |= {f"usr/lib/plugins/{name}.so": linked(library(), asks("one")) for name in "ab"}
    finding = only(tmp_path, plan, "EK402")
    assert (finding.severity, finding.subject) == (Severity.NOTE, "bin/host")
    assert finding.paths == ("usr/lib/plugins/a.so", "usr/lib/plugins/b.so")


def test_a_plugin_that_nothing_completes_is_a_warning_and_a_debuggers_library_none(tmp_path: Path) -> None:
    plan = router({
        "usr/lib/lost.so": linked(library(), asks("nowhere")),
        "usr/lib/libthread_db.so.1": linked(library(soname="libthread_db.so.1"), asks("ps_pdread")),
    })  # fmt: skip
    finding = only(tmp_path, plan, "EK402")
    assert (finding.path, finding.severity) == ("usr/lib/lost.so", Severity.WARNING)


def test_a_needed_library_that_is_used_through_another_is_not_unused(tmp_path: Path) -> None:
    plan = router({
        "bin/a": linked(program("libfront.so"), asks("one")),
        "bin/b": linked(program("libfront.so"), asks("two")),
        "lib/libfront.so": program("libback.so", interpreter=""),
        "lib/libback.so": linked(library(), gives("one")),
        MUSL: musl_of("two"),
    })  # fmt: skip
    told = {(finding.path, finding.subject) for finding in findings(tmp_path, plan, "EK309")}
    assert ("bin/b", "libfront.so") in told
    assert not any(path == "bin/a" for path, _ in told)


def test_a_file_from_elsewhere_is_bound_as_if_it_lay_in_the_tree(tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(FIXTURES / "rules/EK401/good", root, symlinks=True)
    shutil.copy(FIXTURES / "rules/EK401/bad/usr/lib/libplain.so", root / "usr/lib/libplain.so")
    guest = tmp_path / "tool"
    shutil.copy(root / "usr/bin/tool", guest)
    report = check(guest, root=root, select=["EK401"])
    assert [(finding.rule, finding.subject) for finding in report.findings] == [("EK401", "plain_next")]


def test_what_a_limit_left_out_is_told(tmp_path: Path) -> None:
    root = grow(tmp_path, router({"bin/a": linked(program(), asks("lost"))}))
    report = check(root, select=["EK012", "EK401"], limits=Limits(bind_steps=1))
    assert DEFAULT_LIMITS.bind_steps > 1
    assert [finding.rule for finding in report.findings] == ["EK012"]
    assert "symbols were not looked for" in report.findings[0].message
