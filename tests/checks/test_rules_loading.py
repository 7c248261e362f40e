"""EK209 to EK214: what the tree's loader cannot do, each where it must speak, and each where it must not."""

from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest

from elfkit.abi import dynamic as dt
from elfkit.abi.header import EM_X86_64
from elfkit.checks.check import check
from elfkit.checks.finding import Finding
from tests.checks.judging import proved, rules_of
from tests.checks.moded import GLIBC64, MUSL64, X86_64, host
from tests.elfwriter import BASE, Elf, Note, Sym, build, write
from tests.facts.version_needs import needing_versions
from tests.firmware.plants import FIXTURES, Content, asking, grow, static

MINE = ("EK209", "EK210", "EK211", "EK212", "EK213", "EK214")
Plan = dict[str, Content]
HASHED = replace(X86_64, sysv_words=4, gnu="gnu")
GLIBC_TEXT = b"\0GNU C Library (x) stable release version %s.\n\0"
LIBRARY = "usr/lib/liba.so.1"
RELR = ((dt.DT_RELR, BASE),)


def findings(root: Path, plan: Plan) -> list[Finding]:
    report = check(grow(root, plan), select=MINE)
    for finding in report.findings:
        assert proved(root, finding.path, finding.evidence)
    return list(report.findings)


def told(root: Path, plan: Plan) -> dict[tuple[str, str], str]:
    return {(found.rule, path): found.severity.word for found in findings(root, plan) for path in found.paths}


def glibc(more: Plan, release: bytes = b"2.31") -> Plan:
    text = (("texts", GLIBC_TEXT % release),)
    libc = replace(HASHED, soname=b"libc.so.6", tags=((dt.DT_VERDEF, BASE),), extra=text)
    return host({"usr/lib/libc.so.6": libc, **more}, base=HASHED)


def musl(more: Plan) -> Plan:
    text = (("texts", b"\0musl libc (x86_64)\nVersion %s\n\0001.1.24\0"),)
    plan = host(more, base=HASHED, loader=MUSL64)
    return plan | {MUSL64[1:]: replace(HASHED, extra=text)}


@pytest.mark.parametrize("rule", MINE)
def test_the_committed_roots_show_this_rule_and_nothing_else(rule: str) -> None:
    roots = FIXTURES / "rules" / rule
    # a plugin that takes symbols of its program is told too (EK402)
    assert rules_of(check(roots / "bad", ignore=["EK402"])) == [rule]
    assert rules_of(check(roots / "good", ignore=["EK402"])) == []


# EK209


def tagged(base: Elf, *version: int) -> Elf:
    return replace(base, notes=(Note(b"GNU", 1, pack("<4I", 0, *version)),))


KERNEL: Plan = {"lib/modules/4.4.60-vendor+": None}
NEEDY: Plan = {LIBRARY: tagged(replace(HASHED, soname=b"liba.so.1"), 4, 15, 0)}


@pytest.mark.parametrize(
    ("modules", "release", "severity"),
    [
        ("lib/modules/4.4.60", b"2.31", "warning"),
        ("usr/lib/modules/4.4.60", b"2.35", "warning"),
        ("lib/modules/4.4.60", b"2.36", "note"),  # NEWS of 2.36: the check was removed
        ("lib/modules/4.15.0-20-generic", b"2.31", ""),
        ("lib/modules/5.4", b"2.31", ""),
        ("lib/modules/vendor", b"2.31", ""),
        ("opt/modules/4.4.60", b"2.31", ""),
    ],
)
def test_the_newest_kernel_of_the_tree_counts(tmp_path: Path, modules: str, release: bytes, severity: str) -> None:
    expected = {("EK209", LIBRARY): severity} if severity else {}
    assert told(tmp_path, glibc({**NEEDY, modules: None}, release)) == expected


def test_one_kernel_that_is_new_enough_is_enough(tmp_path: Path) -> None:
    assert told(tmp_path, glibc({**NEEDY, **KERNEL, "lib/modules/5.10.0": None})) == {}


def test_musl_looks_at_no_such_note_and_static_programs_do(tmp_path: Path) -> None:
    plan = musl({**NEEDY, **KERNEL, "bin/x": tagged(static(X86_64), 4, 15, 0)})
    assert told(tmp_path, plan) == {("EK209", "bin/x"): "warning"}


# EK210


def test_relr_is_an_error_where_the_loader_cannot(tmp_path: Path) -> None:
    packed: Plan = {LIBRARY: replace(HASHED, soname=b"liba.so.1", tags=RELR)}
    assert told(tmp_path / "glibc", glibc(packed)) == {("EK210", LIBRARY): "error"}
    assert told(tmp_path / "musl", musl(packed)) == {("EK210", LIBRARY): "error"}
    unknown = host(packed, base=HASHED)
    assert told(tmp_path / "unknown", unknown) == {}


def test_a_program_that_relocates_itself_is_passed_over(tmp_path: Path) -> None:
    packed = replace(HASHED, tags=(*RELR, (dt.DT_FLAGS_1, 0x08000000)))  # DF_1_PIE, no interpreter
    assert told(tmp_path, musl({"bin/x": packed})) == {}


def test_glibc_refuses_relr_without_the_version_that_goes_with_it(tmp_path: Path) -> None:
    able = needing_versions(replace(HASHED, soname=b"libc.so.6"), (b"ld.so", b"GLIBC_ABI_DT_RELR")).data
    user = replace(HASHED, soname=b"liba.so.1", needed=(b"libc.so.6",), tags=RELR, sysv_words=4, gnu="")
    wrong = needing_versions(user, (b"libc.so.6", b"GLIBC_2.17")).data
    right = needing_versions(user, (b"libc.so.6", b"GLIBC_2.17"), (b"libc.so.6", b"GLIBC_ABI_DT_RELR")).data
    plan = glibc({"usr/lib/libc.so.6": able})
    (finding,) = findings(tmp_path / "wrong", plan | {LIBRARY: wrong})
    assert (finding.rule, finding.subject, finding.severity.word) == ("EK210", "GLIBC_ABI_DT_RELR", "error")
    assert told(tmp_path / "right", plan | {LIBRARY: right}) == {}
    assert told(tmp_path / "free", plan | {LIBRARY: build(user)}) == {}  # without DT_VERNEED nothing is compared


# EK211


def test_a_library_without_a_hash_table_is_a_warning_and_a_program_is_not(tmp_path: Path) -> None:
    plan = musl({LIBRARY: replace(X86_64, soname=b"liba.so.1"), "bin/x": asking(X86_64, MUSL64, ())})
    assert told(tmp_path, plan) == {("EK211", LIBRARY): "warning"}


def test_gnu_hash_alone_is_read_by_glibc_and_musl_and_unknown_of_uclibc(tmp_path: Path) -> None:
    library: Plan = {LIBRARY: replace(X86_64, soname=b"liba.so.1", gnu="gnu")}
    uclibc = "/lib/ld64-uClibc.so.0"
    for name, plan in (
        ("glibc", glibc(library)),
        ("musl", musl(library)),
        ("uclibc", host(library, base=HASHED, loader=uclibc)),
    ):
        assert told(tmp_path / name, plan) == {}


def test_gnu_hash_alone_is_too_new_for_an_old_android(tmp_path: Path) -> None:
    library = {"system/lib64/liba.so": replace(X86_64, soname=b"liba.so", gnu="gnu")}
    for level, expected in ((b"22", {("EK211", "system/lib64/liba.so"): "error"}), (b"23", {})):
        properties = {"system/build.prop": b"ro.build.version.sdk=" + level}
        plan = host({**library, **properties}, base=HASHED, loader="/system/bin/linker64")
        assert told(tmp_path / level.decode(), plan) == expected


# EK212


def relocated(*types: int) -> bytes:
    table = b"".join([pack("<3Q", BASE, number, 0) for number in types])
    elf = replace(
        HASHED, soname=b"liba.so.1", tags=((dt.DT_RELA, 0), (dt.DT_RELASZ, len(table))), extra=(("r", table),)
    )
    written = write(elf)
    return written.patched("DT_RELA", "d_val", BASE + written.blobs["r"][0])


@pytest.mark.parametrize(
    ("number", "glibc_says", "musl_says"),
    [(37, "", "error"), (36, "", ""), (8, "", ""), (9, "error", "error"), (250, "error", "error"), (10, "", "error")],
)
def test_types_are_judged_by_the_loader_s_source(tmp_path: Path, number: int, glibc_says: str, musl_says: str) -> None:
    """x86-64 psABI: 37 IRELATIVE, 36 TLSDESC, 8 RELATIVE, 9 GOTPCREL (static linking), 10 R_X86_64_32."""
    assert X86_64.machine == EM_X86_64
    library: Plan = {LIBRARY: relocated(0, number)}
    assert told(tmp_path / "g", glibc(library)) == ({("EK212", LIBRARY): glibc_says} if glibc_says else {})
    assert told(tmp_path / "m", musl(library)) == ({("EK212", LIBRARY): musl_says} if musl_says else {})


def test_the_type_is_named_and_the_release_is_its_evidence(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, musl({LIBRARY: relocated(37)}))
    assert finding.subject == "type 37, IRELATIVE"
    assert "musl 1.1.24" in finding.message
    assert [(proof.value, proof.path) for proof in finding.evidence] == [(37, ""), ("1.1.24", MUSL64[1:])]


def test_relocations_packed_for_android_are_lost_elsewhere(tmp_path: Path) -> None:
    elf = replace(HASHED, soname=b"liba.so.1", tags=((0x60000011, 0),), extra=(("packed", b"APS2" + bytes(8)),))
    written = write(elf)
    content = written.patched("DT_ANDROID_RELA", "d_val", BASE + written.blobs["packed"][0])
    assert told(tmp_path / "musl", musl({LIBRARY: content})) == {("EK212", LIBRARY): "error"}
    assert told(tmp_path / "glibc", glibc({LIBRARY: content})) == {("EK212", LIBRARY): "error"}


def test_a_file_that_cannot_be_read_rightly_is_left_to_other_rules(tmp_path: Path) -> None:
    content = relocated(250)
    broken = content.replace(pack("<QQ", dt.DT_STRTAB, 0)[:8], pack("<Q", dt.DT_STRTAB), 1)[: len(content) - 8]
    assert told(tmp_path, musl({LIBRARY: broken})) == {}


# EK213


def test_indirect_functions_are_told_on_musl_alone(tmp_path: Path) -> None:
    symbols = (Sym(b"fast", value=8, info=0x1A),)
    library: Plan = {LIBRARY: replace(X86_64, sysv_words=4, soname=b"liba.so.1", symbols=symbols)}
    assert told(tmp_path / "musl", musl(library)) == {("EK213", LIBRARY): "error"}
    assert told(tmp_path / "glibc", glibc(library)) == {}


# EK214

STATIC_TLS = replace(HASHED, tags=((dt.DT_FLAGS, 0x10),))


def test_a_plugin_with_static_tls_is_worse_on_musl(tmp_path: Path) -> None:
    plugin: Plan = {"usr/lib/app/plugin.so": STATIC_TLS}
    assert told(tmp_path / "musl", musl(plugin)) == {("EK214", "usr/lib/app/plugin.so"): "warning"}
    assert told(tmp_path / "glibc", glibc(plugin)) == {("EK214", "usr/lib/app/plugin.so"): "note"}


def test_a_library_that_a_program_starts_with_or_that_nobody_opens_is_passed_over(tmp_path: Path) -> None:
    named = replace(STATIC_TLS, soname=b"liba.so.1")
    user = asking(HASHED, GLIBC64, ("liba.so.1",))
    assert told(tmp_path / "started", glibc({LIBRARY: named, "bin/x": user})) == {}
    assert told(tmp_path / "unused", glibc({LIBRARY: named})) == {}


def test_a_library_that_comes_with_a_plugin_is_told_with_it(tmp_path: Path) -> None:
    plugin = asking(HASHED, "", ("liba.so.1",))
    plan = musl({LIBRARY: replace(STATIC_TLS, soname=b"liba.so.1"), "usr/lib/app/plugin.so": plugin})
    (finding,) = findings(tmp_path, plan)
    assert (finding.path, finding.needed_by) == (LIBRARY, ("usr/lib/app/plugin.so",))
