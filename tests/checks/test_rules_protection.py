"""EK502 to EK511: each where it must speak, and each where it must not."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.dynamic import DF_TEXTREL, DT_FLAGS, DT_TEXTREL
from elfkit.abi.header import (
    EM_386,
    EM_AARCH64,
    EM_ALPHA,
    EM_ARM,
    EM_PPC,
    EM_PPC64,
    EM_RISCV,
    EM_S390,
    EM_X86_64,
)
from elfkit.checks.check import check
from elfkit.checks.finding import Severity
from tests.checks.judging import only, rules_of
from tests.checks.moded import BIONIC64, GLIBC64, MUSL64, RWX, X86_64, host, judged, report
from tests.elfwriter import BASE, RW, Elf, write
from tests.facts.test_relocations import rel
from tests.firmware.plants import FIXTURES, MIPS, Content, asking, library, program, router, static

MINE = ("EK205", "EK207", "EK208", "EK502", "EK504", "EK505", "EK506", "EK511", "EK903", "EK905")


@pytest.mark.parametrize("rule", MINE)
def test_the_committed_roots_show_this_rule_and_nothing_else(rule: str) -> None:
    roots = FIXTURES / "rules" / rule
    shown, silent = ([rule], []) if rule != "EK511" else (["EK505"], ["EK505"])  # its set-uid bit is set below
    assert rules_of(check(roots / "bad")) == shown
    assert rules_of(check(roots / "good")) == silent


# EK502

UNMARKED = {
    "x86-64 with glibc": (EM_X86_64, 2, "/lib64/ld-linux-x86-64.so.2", True),
    "x86-64 with musl: the kernel says no": (EM_X86_64, 2, "/lib/ld-musl-x86_64.so.1", False),
    "s390x with glibc": (EM_S390, 2, "/lib/ld64.so.1", True),
    "i386 with musl": (EM_386, 1, "/lib/ld-musl-i386.so.1", True),
    "ARM with musl": (EM_ARM, 1, "/lib/ld-musl-armhf.so.1", True),
    "Alpha with glibc": (EM_ALPHA, 2, "/lib/ld-linux.so.2", True),
    "AArch64": (EM_AARCH64, 2, "/lib/ld-linux-aarch64.so.1", False),
    "RISC-V": (EM_RISCV, 2, "/lib/ld-linux-riscv64-lp64d.so.1", False),
    "PowerPC 64": (EM_PPC64, 2, "/lib64/ld64.so.1", False),
}  # fmt: skip


@pytest.mark.parametrize(("machine", "elf_class", "loader", "told"), UNMARKED.values(), ids=UNMARKED)
def test_who_decides_what_an_unmarked_stack_means(
    tmp_path: Path,
    machine: int,
    elf_class: int,
    loader: str,
    told: bool,  # noqa: FBT001
) -> None:
    base = Elf(machine=machine, elf_class=elf_class)
    plan = host({"bin/x": asking(replace(base, stack=None), loader, ())}, base=base, loader=loader)
    assert judged(tmp_path, plan, "EK502") == ({"bin/x": "warning"} if told else {})


def test_a_library_counts_under_glibc_and_not_under_musl(tmp_path: Path) -> None:
    plan = {"lib/x.so": replace(X86_64, stack=None)}
    assert judged(tmp_path / "glibc", host(plan), "EK502") == {"lib/x.so": "warning"}
    i386 = Elf(machine=EM_386, elf_class=1)
    musl = host({"lib/x.so": replace(i386, stack=None)}, base=i386, loader="/lib/ld-musl-i386.so.1")
    assert judged(tmp_path / "musl", musl, "EK502") == {}


def test_where_few_state_their_stack_it_is_one_note(tmp_path: Path) -> None:
    plan = host({f"lib/{number}.so": replace(X86_64, stack=None) for number in range(9)})
    finding = only(report(tmp_path, plan, "EK502"), "EK502")
    assert (finding.severity, len(finding.paths)) == (Severity.NOTE, 9)


def test_the_loader_modules_and_blobs_are_passed_over(tmp_path: Path) -> None:
    unmarked = replace(X86_64, stack=None)
    plan = host({"lib/firmware/x.elf": static(unmarked), GLIBC64[1:]: unmarked})
    assert judged(tmp_path, plan, "EK502") == {}


# EK504

HIT = (BASE, 0x107)
FLAG = (DT_TEXTREL, 0)


def writing(base: Elf, *, flag: bool = True) -> Elf:
    """A file with a relocation of its read-only segment."""
    elf = rel(base, HIT)
    return replace(elf, tags=(*elf.tags, FLAG)) if flag else elf


WORSE = {
    "glibc": (GLIBC64, (b"libc.so.6",), "warning"),
    "musl: the kernel maps it, nobody makes it writable": (MUSL64, (b"libc.so",), "error"),
    "bionic refuses it": (BIONIC64, (b"libc.so", b"libm.so"), "error"),
}


@pytest.mark.parametrize(("loader", "needed", "word"), WORSE.values(), ids=WORSE)
def test_a_program_is_judged_by_what_its_loader_does(
    tmp_path: Path, loader: str, needed: tuple[bytes, ...], word: str
) -> None:
    pie = replace(X86_64, interpreter=loader.encode(), needed=needed)
    assert judged(tmp_path, host({"bin/x": writing(pie)}), "EK504") == {"bin/x": word}


def test_a_library_under_musl_is_a_warning_and_names_the_place(tmp_path: Path) -> None:
    finding = only(report(tmp_path, router({"lib/x.so": writing(library("libc.so"))}), "EK504"), "EK504")
    assert (finding.severity, finding.paths) == (Severity.WARNING, ("lib/x.so",))
    assert f"1 relocation writes to a segment mapped read-only, one at address {BASE:#x}" in finding.message
    assert [proof.source for proof in finding.evidence] == ["DT_REL r_offset", "DT_TEXTREL"]


def test_without_the_flag_every_loader_crashes(tmp_path: Path) -> None:
    plan = router({"lib/x.so": writing(library("libc.so"), flag=False)})
    assert judged(tmp_path, plan, "EK504") == {"lib/x.so": "error"}


@pytest.mark.parametrize("tag", [FLAG, (DT_FLAGS, DF_TEXTREL)], ids=["DT_TEXTREL", "DF_TEXTREL"])
def test_a_flag_alone_is_a_claim_and_a_note(tmp_path: Path, tag: tuple[int, int]) -> None:
    plan: dict[str, Content] = router({f"lib/{number}.so": replace(library(), tags=(tag,)) for number in range(3)})
    finding = only(report(tmp_path, plan, "EK504"), "EK504")
    assert (finding.severity, len(finding.paths)) == (Severity.NOTE, 3)
    assert finding.message == "claims text relocations and none was found"


def test_bionic_goes_by_the_flag(tmp_path: Path) -> None:
    android = replace(X86_64, needed=(b"libc.so", b"libm.so"), tags=(FLAG,))
    assert judged(tmp_path, host({"lib/x.so": android}), "EK504") == {"lib/x.so": "error"}


def test_the_empty_entry_that_begins_every_mips_table_is_none(tmp_path: Path) -> None:
    at_zero = rel(library(), (0, 0))
    assert judged(tmp_path, router({"lib/x.so": at_zero}), "EK504") == {}


# EK505 and EK506

FIXED = {
    "x86-64": (asking(X86_64, GLIBC64, ()), True),
    "pie": (replace(X86_64, interpreter=GLIBC64.encode()), False),
    "static": (static(X86_64), False),
}


@pytest.mark.parametrize(("elf", "told"), FIXED.values(), ids=FIXED)
def test_a_dynamic_program_with_fixed_addresses_is_a_note(tmp_path: Path, elf: Elf, told: bool) -> None:  # noqa: FBT001
    pie = replace(X86_64, interpreter=GLIBC64.encode())
    plan = {**host({"bin/x": elf}), "sbin/init": pie}
    assert judged(tmp_path, plan, "EK505") == ({"bin/x": "note"} if told else {})


@pytest.mark.parametrize("base", [MIPS, Elf(machine=EM_PPC, elf_class=1, data=2)], ids=["MIPS", "PowerPC"])
def test_machines_where_fixed_programs_are_policy_are_passed_over(tmp_path: Path, base: Elf) -> None:
    assert judged(tmp_path, {"bin/x": asking(base, "/lib/ld.so.1", ())}, "EK505") == {}


def test_many_fixed_programs_are_one_note_and_a_foreign_one_is_none_of_them(tmp_path: Path) -> None:
    plan = host({f"bin/x{number}": asking(X86_64, GLIBC64, ()) for number in range(9)})
    finding = only(report(tmp_path / "one", plan, "EK505"), "EK505")
    assert len(finding.paths) == 10
    assert judged(tmp_path / "two", router({"bin/x": asking(X86_64, GLIBC64, ())}), "EK505") == {}


def bare(base: Elf, *, relro: bool = False) -> bytes:
    """A file whose dynamic section is writable."""
    written = write(replace(base, relro=relro))
    return written.patched("PT_LOAD", "p_flags", RW)


def test_a_file_without_relro_is_a_note_that_folds(tmp_path: Path) -> None:
    plan = host({"lib/a.so": bare(X86_64), "lib/b.so": bare(X86_64), "lib/c.so": bare(X86_64, relro=True)})
    finding = only(report(tmp_path, plan, "EK506"), "EK506")
    assert (finding.paths, finding.severity) == (("lib/a.so", "lib/b.so"), Severity.NOTE)
    assert "toolchain" not in finding.message


def test_where_the_c_library_lacks_it_too_the_note_says_so(tmp_path: Path) -> None:
    plan = host({"lib/a.so": bare(X86_64), "lib/libc.so.6": bare(replace(X86_64, soname=b"libc.so.6"))})
    assert "as in this tree's C library" in only(report(tmp_path, plan, "EK506"), "EK506").message


def test_where_no_file_has_it_the_summary_says_so(tmp_path: Path) -> None:
    plan = {"sbin/init": bare(asking(X86_64, GLIBC64, ())), GLIBC64[1:]: bare(X86_64), "lib/a.so": bare(X86_64)}
    found = report(tmp_path, plan, "EK506")
    assert found.findings == ()
    assert found.roots[0].universal == (
        "no program or library has RELRO (EK506, 3 files, x86-64 64-bit little-endian glibc)",
    )


def test_a_read_only_dynamic_section_says_nothing_of_relro(tmp_path: Path) -> None:
    assert judged(tmp_path, host({"lib/a.so": X86_64, "bin/x": static(X86_64)}), "EK506") == {}


# EK511

WEAK = {
    "an executable stack": (replace(X86_64, interpreter=GLIBC64.encode(), stack=RWX), "an executable stack"),
    "fixed addresses": (asking(X86_64, GLIBC64, ()), "fixed addresses"),
    "no RELRO": (bare(replace(X86_64, interpreter=GLIBC64.encode())), "no RELRO"),
    "$ORIGIN": (replace(X86_64, interpreter=GLIBC64.encode(), runpath=b"$ORIGIN/../lib"), "the RUNPATH $ORIGIN/../lib"),
    "a relative path": (replace(X86_64, interpreter=GLIBC64.encode(), rpath=b"lib"), "the RPATH lib"),
    "a path that is not there": (
        replace(X86_64, interpreter=GLIBC64.encode(), rpath=b"/lib64:/opt/me"), "the RPATH /lib64:/opt/me"),
    "a build machine's": (
        replace(X86_64, interpreter=GLIBC64.encode(), rpath=b"/lib64:/home/me"), "the RPATH /lib64:/home/me"),
}  # fmt: skip


@pytest.mark.parametrize(("what", "words"), WEAK.values(), ids=WEAK)
@pytest.mark.parametrize("mode", [0o4755, 0o2755])
def test_a_set_uid_program_with_a_weakness_is_told_with_it(
    tmp_path: Path, what: Elf | bytes, words: str, mode: int
) -> None:
    finding = only(report(tmp_path, host({"bin/su": what}), "EK511", {"bin/su": mode}), "EK511")
    assert (finding.paths, finding.subject) == (("bin/su",), words)
    grave = words in ("the RUNPATH $ORIGIN/../lib", "the RPATH lib", "the RPATH /lib64:/home/me")
    assert finding.severity is (Severity.ERROR if grave else Severity.WARNING)
    assert finding.evidence[0].value == f"{mode:04o}"


def test_all_weaknesses_of_one_program_are_one_finding(tmp_path: Path) -> None:
    what = replace(asking(X86_64, GLIBC64, ()), stack=RWX)
    finding = only(report(tmp_path, host({"bin/su": what}), "EK511", {"bin/su": 0o4755}), "EK511")
    assert "an executable stack and fixed addresses" in finding.message


def test_what_ek511_tells_of_a_set_uid_program_no_other_rule_tells_again(tmp_path: Path) -> None:
    path = b".:/tmp/x::/build/bob/lib"
    base = replace(asking(X86_64, GLIBC64, ()), stack=RWX, runpath=path)
    plan = host({"bin/su": bare(base), "bin/plain": bare(base)})
    report(tmp_path, plan, "EK511", {"bin/su": 0o4755})
    found = {(finding.rule, path) for finding in check(tmp_path).findings for path in finding.paths}
    others = {"EK501", "EK505", "EK506", "EK310", "EK311"}
    assert {rule for rule, path in found if path == "bin/su"} & others == set()
    assert {rule for rule, path in found if path == "bin/plain"} >= others
    assert only(check(tmp_path), "EK511").severity is Severity.ERROR
    alone = check(tmp_path, ignore=["EK511"]).findings
    assert {finding.rule for finding in alone if "bin/su" in finding.paths} >= others


def test_another_fault_of_a_set_uid_program_is_told_beside_ek511(tmp_path: Path) -> None:
    """EK511 names the stack alone: the RUNPATH of its library is another file's."""
    user = replace(X86_64, interpreter=GLIBC64.encode(), stack=RWX, needed=(b"liba.so",))
    plan = host({"bin/su": user, "lib/liba.so": replace(X86_64, runpath=b"/build/bob/lib")})
    report(tmp_path, plan, "EK511", {"bin/su": 0o4755})
    assert only(check(tmp_path), "EK310").paths == ("lib/liba.so",)


SOUND = {
    "a sound one": (replace(X86_64, interpreter=GLIBC64.encode()), 0o4755),
    "a search path that is there": (replace(X86_64, interpreter=GLIBC64.encode(), runpath=b"/lib64"), 0o4755),
    "an empty search path": (replace(X86_64, interpreter=GLIBC64.encode(), rpath=b""), 0o4755),
    "a weak one without the bit": (asking(X86_64, GLIBC64, ()), 0o755),
    "mandatory locking": (asking(X86_64, GLIBC64, ()), 0o2644),
    "a library": (replace(X86_64, stack=RWX), 0o4755),
}


@pytest.mark.parametrize(("what", "mode"), SOUND.values(), ids=SOUND)
def test_what_is_sound_or_gives_no_rights_is_not_told(tmp_path: Path, what: Elf, mode: int) -> None:
    assert judged(tmp_path, host({"bin/su": what}), "EK511", {"bin/su": mode}) == {}


def test_fixed_addresses_are_not_held_against_mips(tmp_path: Path) -> None:
    assert judged(tmp_path, router({"bin/su": program()}), "EK511", {"bin/su": 0o4755}) == {}


def test_the_committed_weak_program_is_told_once_it_is_set_uid(tmp_path: Path) -> None:
    root = FIXTURES / "rules/EK511/bad"
    plan: dict[str, Content] = {
        str(path.relative_to(root)): f"-> {os.readlink(path)}" if path.is_symlink() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }
    assert judged(tmp_path, plan, "EK511", {"usr/bin/tool": 0o4755}) == {"usr/bin/tool": "warning"}
