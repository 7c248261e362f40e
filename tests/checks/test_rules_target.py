"""EK903 to EK905 and --target: what could not be told is said, and what a named target makes of a tree."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.dynamic import DT_ANDROID_REL
from elfkit.abi.header import EM_ARM, ET_DYN
from elfkit.checks.check import check
from elfkit.checks.finding import Severity
from elfkit.errors import UsageError
from tests.checks.judging import only, rules_of
from tests.checks.moded import GLIBC64, X86_64, host, judged, report
from tests.elfwriter import BASE, Elf, write
from tests.firmware.plants import HARD, MIPS, SOFT_MUSL, Content, asking, grow, leaked, library, program, router, static


def test_two_cpus_without_pid_1_are_ambiguous(tmp_path: Path) -> None:
    plan = {
        "usr/bin/a": program(),
        SOFT_MUSL[1:]: library(),
        "usr/bin/b": asking(X86_64, GLIBC64, ()),
        GLIBC64[1:]: X86_64,
    }
    finding = only(report(tmp_path / "rivals", plan, "EK903"), "EK903")
    assert finding.severity is Severity.WARNING
    assert "MIPS 32-bit" in finding.message
    assert "x86-64" in finding.message
    assert judged(tmp_path / "init", {**plan, "sbin/init": program()}, "EK903") == {}


def test_no_file_of_a_rival_is_called_foreign(tmp_path: Path) -> None:
    """Which of the two the tree is for is a guess: an error about the other's files would be one too."""
    other = replace(MIPS, data=1)
    for number, rival in enumerate((X86_64, other)):
        loader = GLIBC64 if rival is X86_64 else "/lib/ld.so.1"
        plan: dict[str, Content] = {"usr/bin/a": program(), SOFT_MUSL[1:]: library()}
        plan |= {"usr/bin/b": asking(rival, loader, ()), loader[1:]: asking(rival, "", ())}
        plan["usr/lib/libb.so"] = asking(rival, "", ())
        found = check(grow(tmp_path / f"rivals{number}", plan), select=["EK1", "EK903"])
        assert rules_of(found) == ["EK903"]
        told = check(grow(tmp_path / f"init{number}", {**plan, "sbin/init": program()}), select=["EK1"])
        paths = {path for finding in told.findings for path in finding.paths}
        assert paths == {"usr/bin/b", loader[1:], "usr/lib/libb.so"}


def test_a_file_of_a_third_cpu_is_foreign_to_all_rivals(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"usr/bin/a": program(), SOFT_MUSL[1:]: library()}
    plan |= {"usr/bin/b": asking(X86_64, GLIBC64, ()), GLIBC64[1:]: X86_64}
    plan["usr/bin/c"] = static(Elf(elf_class=1, machine=EM_ARM, flags=0x05000000))
    assert judged(tmp_path, plan, "EK101") == {"usr/bin/c": "error"}


def test_a_few_programs_of_another_cpu_are_no_rival(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"usr/bin/b": asking(X86_64, GLIBC64, ()), GLIBC64[1:]: X86_64, SOFT_MUSL[1:]: library()}
    plan |= {f"usr/bin/a{number}": program() for number in range(3)}
    assert judged(tmp_path, plan, "EK903") == {}


CLEAR: dict[str, tuple[dict[str, Content], dict[str, str]]] = {
    "a C library whose loader is there": ({"lib/libc.so.6": asking(X86_64, GLIBC64, ()), GLIBC64[1:]: X86_64}, {}),
    "libraries of one CPU": ({"lib/a.so": X86_64, "lib/b.so": X86_64}, {"lib/a.so": "note"}),
    "libraries of two": ({"lib/a.so": X86_64, "lib/b.so": MIPS}, {"lib/a.so": "warning"}),
    "no ELF file that runs here": ({"lib/firmware/a": static(X86_64), "x.txt": b"text"}, {}),
}


@pytest.mark.parametrize(("plan", "told"), CLEAR.values(), ids=CLEAR)
def test_a_tree_without_a_platform_is_told_as_bad_as_it_is(
    tmp_path: Path, plan: dict[str, Content], told: dict[str, str]
) -> None:
    assert judged(tmp_path, plan, "EK903") == told


@pytest.mark.parametrize(
    ("target", "rule", "words"),
    [
        ("mipsel_24kc", "EK103", "; the device runs MIPS 32-bit little-endian"),
        ("x86_64", "EK101", "; the device runs x86-64 64-bit little-endian musl"),
        ("mipsel_24kc_24kf", "EK103", "; the device runs "),
        ("mips-linux-musl", "EK106", "; the device is hard-float (the target mips-linux-musl of GNU)"),
        ("mips64-linux-muslabin32", "EK105", "; the device is n32 (the target "),
    ],
)
def test_a_named_target_is_the_device_s_and_not_what_the_tree_runs(
    tmp_path: Path, target: str, rule: str, words: str
) -> None:
    """A single file has no tree, and a tree may be another device's: then EK904 tells what it shows."""
    grow(tmp_path, {"tool": program(), "root/usr/lib/libx.so": library(), "root/bin/tool": program()})
    for place in (tmp_path / "tool", tmp_path / "root"):
        findings = check(place, select=["EK1"], target=target).findings
        messages = [finding.message for finding in findings if finding.rule == rule]
        assert messages
        assert all(words in message and "this tree" not in message for message in messages)


def test_single_files_have_no_target_to_be_ambiguous(tmp_path: Path) -> None:
    grow(tmp_path, {"a.so": X86_64, "b.so": MIPS})
    assert rules_of(check(tmp_path / "a.so", tmp_path / "b.so", select=["EK9"])) == []


def test_an_unknown_loader_is_one_note_however_many_files_it_serves(tmp_path: Path) -> None:
    loader = "/lib/ld-own.so.1"
    mine = {f"bin/x{number}": asking(X86_64, loader, ("liba.so",)) for number in range(5)}
    plan = host({**mine, "lib/liba.so": replace(X86_64, soname=b"liba.so")}, loader=loader)
    finding = only(report(tmp_path, plan, "EK905"), "EK905")
    assert (finding.severity, len(finding.paths)) == (Severity.NOTE, 5)
    assert loader in finding.message


HIDDEN = {
    "an ident that cannot be read": (b"\x7fELF\x09\x02\x01" + bytes(60), "all rules but EK001 and EK002"),
    "program headers": (write(program()).patched("Ehdr", "e_phoff", 1 << 20), "EK2xx, EK3xx and EK5xx"),
    "the dynamic section": (write(program()).patched("DT_STRTAB", "d_val", 1 << 30), "EK3xx and EK504"),
}


@pytest.mark.parametrize(("data", "words"), HIDDEN.values(), ids=HIDDEN)
def test_what_damage_hides_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    finding = only(report(tmp_path, router({"bin/x": data}), "EK905"), "EK905")
    assert (finding.paths, finding.severity) == (("bin/x",), Severity.NOTE)
    assert finding.message.startswith(f"not judged: {words}")


def test_packed_relocations_are_one_note_where_they_would_have_been_judged(tmp_path: Path) -> None:
    packed = replace(library(), tags=((DT_ANDROID_REL, BASE),))
    plan = router({"lib/a.so": packed, "lib/b.so": packed})
    (finding,) = check(grow(tmp_path, plan), select=["EK504", "EK905"]).findings
    assert (finding.rule, finding.paths) == ("EK905", ("lib/a.so", "lib/b.so"))
    assert check(tmp_path, select=["EK905"]).findings == ()


def test_sound_files_are_all_judged(tmp_path: Path) -> None:
    assert (
        judged(tmp_path, router({"bin/x": program("libc.so"), "lib/y.so": replace(library(), type=ET_DYN)}), "EK905")
        == {}
    )


def under(
    tmp_path: Path,
    target: str,
) -> list[str]:
    root = grow(tmp_path / "root", router({"usr/bin/x": program("libc.so")}))
    return rules_of(check(root, target=target, select=["EK1", "EK9"]))


def test_a_tree_that_is_what_the_target_says_is_judged_as_before(tmp_path: Path) -> None:
    assert under(tmp_path, "mips_24kc") == []


@pytest.mark.parametrize(
    ("target", "rule"),
    # what has a loader of its own in the tree belongs to that: EK904 alone says that it is not the target's
    [("mipsel_24kc", "EK103"), ("mips-linux-musl", "EK904"), ("debian:mips", "EK904"), ("arm_cortex-a9", "EK101")],
)
def test_a_tree_that_is_something_else_is_told_once_and_its_files_are_strangers(
    tmp_path: Path, target: str, rule: str
) -> None:
    told = under(tmp_path, target)
    assert told.count("EK904") == 1
    assert rule in told


def test_a_target_wins_over_build_leftovers_that_outnumber_it(tmp_path: Path) -> None:
    strays: dict[str, Content] = {f"usr/bin/b{n}": asking(X86_64, GLIBC64, ()) for n in range(9)}
    plan: dict[str, Content] = {"usr/bin/a": program(), SOFT_MUSL[1:]: library(), GLIBC64[1:]: X86_64, **strays}
    root = grow(tmp_path, plan)
    assert check(root).roots[0].platforms[0].machine == "x86_64"
    report = check(root, target="mips_24kc")
    assert report.roots[0].platforms[0].describe() == "MIPS 32-bit big-endian o32 soft-float musl"
    assert report.roots[0].platforms[0].why == "the target mips_24kc of OpenWrt"
    assert rules_of(check(root, target="mips_24kc", select=["EK904"])) == ["EK904"]


def test_single_files_are_judged_by_a_named_target_without_a_tree(tmp_path: Path) -> None:
    grow(tmp_path, {"soft": program("libc.so"), "hard": program("libc.so", fp_abi=HARD), "pc": leaked("libc.so.6")})
    for name, rule in (("soft", []), ("hard", ["EK106"]), ("pc", ["EK113"])):
        found = rules_of(check(tmp_path / name, target="mips_24kc", select=["EK1", "EK3"]))
        assert found == rule or (name == "pc" and found == ["EK101"]), (name, found)
    assert rules_of(check(tmp_path / "hard", select=["EK1"])) == []


def test_an_unknown_target_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean mips_24kc"):
        check(tmp_path, target="mips_24k")
