"""EK101, EK102, EK103, EK106: what belongs into a tree, and what only looks as if it did not."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.header import (
    EM_386,
    EM_AARCH64,
    EM_ARM,
    EM_BPF,
    EM_NONE,
    EM_RISCV,
    EM_SPARC32PLUS,
    EM_SPARCV9,
    ET_EXEC,
    ET_REL,
)
from tests.checks.judging import checked, checked_about, only, proved, rules_of, said, told
from tests.elfwriter import Elf, Sect
from tests.firmware.plants import (
    HARD,
    HARD_MUSL,
    MIPS,
    SOFT,
    X86_64,
    Content,
    asking,
    fixture,
    leaked,
    library,
    program,
    router,
    static,
)

ARM = Elf(elf_class=1, machine=EM_ARM, flags=0x05000000)
ARM_SOFT, ARM_HARD = replace(ARM, flags=0x05000200), replace(ARM, flags=0x05000400)
ARM_LOADER, ARMHF_LOADER = "/lib/ld-musl-arm.so.1", "/lib/ld-musl-armhf.so.1"
I386 = Elf(elf_class=1, machine=EM_386)
GLIBC64 = "/lib64/ld-linux-x86-64.so.2"
MODULE = (Sect(b".gnu.linkonce.this_module"),)


def module(base: Elf) -> Elf:
    """A kernel module for the machine of `base`."""
    return replace(base, type=ET_REL, dynamic=False, interpreter=None, sections=MODULE, stack=None, fp_abi=None)


def device(base: Elf, loader: str) -> dict[str, Content]:
    """PID 1 and its loader for the machine of `base`."""
    return {"sbin/init": asking(base, loader, ()), loader[1:]: asking(base, "", ())}


# machine, class, byte order


def test_a_program_of_the_build_host_is_told_with_its_machine(tmp_path: Path) -> None:
    report = checked_about(tmp_path, router({"srv/jq": leaked("libc.so.6", "libjq.so.1")}))
    finding = only(report, "EK101")
    assert rules_of(report) == ["EK005", "EK101"] or rules_of(report) == ["EK101"]
    assert finding.paths == ("srv/jq",)
    assert finding.evidence[0].source == "e_machine"
    assert finding.evidence[0].raw == b"\x3e\x00"  # 62, at 18
    assert proved(tmp_path, "srv/jq", finding.evidence)
    assert finding.message.startswith("made for x86-64 64-bit little-endian; this tree runs MIPS 32-bit big-endian")


def test_a_whole_foreign_tree_is_one_finding(tmp_path: Path) -> None:
    report = checked_about(tmp_path, router({f"opt/node/x{number}": leaked() for number in range(20)}))
    finding = only(report, "EK101")
    assert len(finding.paths) == 20
    assert all(proved(tmp_path, other.path, other.evidence) for other in finding.others)


FINE: dict[str, tuple[dict[str, Content], str, Content]] = {
    "a blob in a firmware directory": (router(), "lib/firmware/wifi.bin", static(ARM)),
    "an x86-64 blob in a firmware directory": (router(), "lib/firmware/dsp.elf", static(X86_64)),
    "an eBPF program anywhere": (router(), "usr/trace.o", replace(X86_64, machine=EM_BPF, type=ET_REL, dynamic=False)),
    "a file without a machine": (router(), "usr/lib/guile/x.go", replace(X86_64, machine=EM_NONE)),
    "a static i386 program on x86-64": (device(X86_64, GLIBC64), "sbin/ldconfig", static(I386)),
    "64-bit modules under 32-bit MIPS": (router(), "lib/modules/5/x.ko", module(replace(MIPS, elf_class=2))),
    "AArch64 modules under 32-bit ARM": (
        device(ARM_HARD, ARMHF_LOADER), "lib/modules/5/x.ko", module(Elf(machine=EM_AARCH64))),
    "x86-64 modules under i386": (device(I386, "/lib/ld-linux.so.2"), "lib/modules/5/x.ko", module(X86_64)),
    "object files of the platform": (router(), "usr/lib/crt1.o", replace(MIPS, type=ET_REL, dynamic=False)),
}  # fmt: skip


@pytest.mark.parametrize(("base", "path", "what"), FINE.values(), ids=FINE.keys())
def test_what_only_looks_foreign_is_not_told(
    tmp_path: Path, base: dict[str, Content], path: str, what: Content
) -> None:
    report = checked_about(tmp_path, {**base, path: what})
    assert {rule for rule, place in told(report) if place == path and rule != "EK005"} == set()


def test_a_blob_that_asks_for_an_interpreter_is_a_program_wherever_it_lies(tmp_path: Path) -> None:
    assert said(tmp_path, router({"lib/firmware/jq": leaked()}), "EK101") == {"lib/firmware/jq": "error"}


def test_a_static_program_of_the_build_host_is_foreign(tmp_path: Path) -> None:
    assert said(tmp_path, router({"srv/tool": static(X86_64)}), "EK101") == {"srv/tool": "error"}


def test_a_64_bit_program_among_32_bit_ones_is_of_the_wrong_class(tmp_path: Path) -> None:
    wide = asking(replace(MIPS, elf_class=2, flags=0x80000007), "/lib64/ld.so.1", ())
    report = checked_about(tmp_path, router({"usr/bin/wide": wide}))
    assert rules_of(report)[-1] == "EK102"
    proof = only(report, "EK102").evidence[0]
    assert (proof.source, proof.offset, proof.raw) == ("EI_CLASS", 4, b"\x02")


def test_both_classes_live_together_where_both_have_their_loader(tmp_path: Path) -> None:
    wide = replace(MIPS, elf_class=2, flags=0x80000007)
    plan = router({"bin/wide": asking(wide, "/lib64/ld.so.1", ()), "lib64/ld.so.1": wide})
    assert said(tmp_path, plan, "EK102") == {}


def test_a_library_of_the_other_byte_order_is_told(tmp_path: Path) -> None:
    report = checked_about(tmp_path, router({"usr/lib/libel.so": replace(MIPS, data=1)}))
    proof = only(report, "EK103").evidence[0]
    assert (proof.source, proof.offset, proof.raw) == ("EI_DATA", 5, b"\x01")


def test_nothing_is_foreign_where_no_platform_is_known(tmp_path: Path) -> None:
    report = checked_about(tmp_path, {"a.so": X86_64, "b.so": MIPS})
    assert {"EK101", "EK102", "EK103", "EK106"}.isdisjoint(rules_of(report))


def test_a_foreign_program_is_told_of_once(tmp_path: Path) -> None:
    hard = replace(MIPS, data=1, fp_abi=HARD)
    plan = router({"bin/x": asking(hard, "/lib/ld-musl-mipsel.so.1", ("libnowhere.so",))})
    assert [rule for rule, path in told(checked_about(tmp_path, plan)) if path == "bin/x" and rule != "EK005"] == [
        "EK103"
    ]


# float ABI


def test_a_hard_float_library_in_a_soft_float_tree_is_an_error_with_both_proofs(tmp_path: Path) -> None:
    report = checked_about(tmp_path, router({"usr/lib/libhard.so": library(fp_abi=HARD)}))
    finding = only(report, "EK106")
    mine, tree = finding.evidence
    assert (mine.source, mine.raw, tree.raw) == ("PT_MIPS_ABIFLAGS fp_abi", b"\x01", b"\x03")
    assert (tree.path, tree.source) == ("lib/ld-musl-mips-sf.so.1", "PT_MIPS_ABIFLAGS fp_abi")
    assert proved(tmp_path, finding.path, finding.evidence)


def test_a_static_program_of_the_other_float_abi_is_a_warning(tmp_path: Path) -> None:
    plan = router({"bin/x": static(replace(MIPS, fp_abi=HARD))})
    assert said(tmp_path, plan, "EK106") == {"bin/x": "warning"}


UNMARKED = {
    "unmarked MIPS": (router(), replace(MIPS, fp_abi=None)),
    "MIPS any": (router(), replace(MIPS, fp_abi=0)),
    "MIPS with an unknown value": (router(), replace(MIPS, fp_abi=99)),
    "unmarked ARM among hard": (device(ARM_HARD, ARMHF_LOADER), ARM),
    "unmarked ARM among soft": (device(ARM_SOFT, ARM_LOADER), ARM),
    "softfp, whose calls are soft, among soft": (device(ARM_SOFT, ARM_LOADER), ARM_SOFT),
    "a soft-float RISC-V module": (device(Elf(machine=EM_RISCV, flags=5), "/lib/ld-musl-riscv64.so.1"),
                                   module(Elf(machine=EM_RISCV, flags=1))),
    "a soft-float RISC-V object": (device(Elf(machine=EM_RISCV, flags=5), "/lib/ld-musl-riscv64.so.1"),
                                   replace(Elf(machine=EM_RISCV, flags=1), type=ET_REL, dynamic=False)),
}  # fmt: skip


@pytest.mark.parametrize(("base", "what"), UNMARKED.values(), ids=UNMARKED.keys())
def test_what_fits_or_does_not_say_raises_nothing(tmp_path: Path, base: dict[str, Content], what: Elf) -> None:
    assert said(tmp_path, {**base, "usr/lib/it": what}, "EK106") == {}


@pytest.mark.parametrize(("flags", "word"), [(ARM_SOFT, "soft"), (ARM_HARD, "hard")], ids=["soft", "hard"])
def test_marked_arm_libraries_are_held_against_the_tree(tmp_path: Path, flags: Elf, word: str) -> None:
    other = device(ARM_HARD, ARMHF_LOADER) if word == "soft" else device(ARM_SOFT, ARM_LOADER)
    finding = only(checked_about(tmp_path, {**other, "usr/lib/libx.so": flags}), "EK106")
    assert (finding.subject, finding.severity.word) == (word, "error")


def test_a_float_abi_guessed_from_the_interpreter_s_name_is_a_warning_of_low_confidence(tmp_path: Path) -> None:
    user = asking(replace(MIPS, fp_abi=None), HARD_MUSL, ())
    finding = only(checked(tmp_path, router({"bin/x": user}), select=["EK106"]), "EK106")
    assert (finding.severity.word, finding.confidence.value) == ("warning", "low")


def test_hard_double_and_fpxx_are_both_hard(tmp_path: Path) -> None:
    base: dict[str, Content] = {
        "init": program(interpreter=HARD_MUSL, fp_abi=HARD),
        HARD_MUSL[1:]: library(fp_abi=HARD),
    }
    mixed = {f"lib/lib{value}.so": library(fp_abi=value) for value in (1, 4, 5, 6, 7)}
    assert said(tmp_path / "fine", {**base, **mixed}, "EK106") == {}
    assert said(tmp_path / "soft", {**base, "lib/libs.so": library(fp_abi=SOFT)}, "EK106") == {"lib/libs.so": "error"}


def test_a_real_hard_float_program_in_a_real_soft_float_tree(tmp_path: Path) -> None:
    loader = fixture("mips-soft/libgreet.so")
    plan: dict[str, Content] = {"init": fixture("mips-soft/hello"), "lib/ld-musl-mips-sf.so.1": loader}
    plan |= {"usr/lib/libgreet.so": loader, "bin/x": fixture("mips-hard/hello")}
    found = told(checked_about(tmp_path, plan))
    assert {key: word for key, word in found.items() if word == "error"} == {
        ("EK201", "bin/x"): "error",
    }
    finding = only(checked(tmp_path, {}), "EK201")
    assert finding.message.endswith("soft-float musl); its own code is hard-float")
    assert ("lib/ld-musl-mips-sf.so.1", "PT_MIPS_ABIFLAGS fp_abi") in {(p.path, p.source) for p in finding.evidence}
    assert proved(tmp_path, "bin/x", finding.evidence)


def test_executables_and_libraries_of_one_fault_fold(tmp_path: Path) -> None:
    plan = router({"lib/a.so": library(fp_abi=HARD), "bin/x": static(replace(MIPS, fp_abi=HARD, type=ET_EXEC))})
    finding = only(checked_about(tmp_path, plan), "EK106")
    assert (finding.paths, finding.severity.word) == (("bin/x", "lib/a.so"), "error")


# multilib, cross compilers

CODE = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec")

SPARC = Elf(elf_class=2, data=2, machine=EM_SPARCV9)
V8PLUS = Elf(elf_class=1, data=2, machine=EM_SPARC32PLUS)
SPARC64_LOADER = "/lib64/ld-linux.so.2"


def test_libraries_of_the_family_are_in_order_where_their_loader_is(tmp_path: Path) -> None:
    """Debian's libc6-sparc-sparc64-cross: lib32/ with the loader that its libc.so.6 names at /lib."""
    plan = device(SPARC, SPARC64_LOADER) | {"lib32/libm.so.6": asking(V8PLUS, "", ())}
    assert said(tmp_path / "1", plan, "EK101") == {"lib32/libm.so.6": "warning"}
    plan["lib32/ld-linux.so.2"] = asking(V8PLUS, "", ())
    assert said(tmp_path / "2", plan, "EK101") == {}
    plan["usr/bin/x"] = asking(V8PLUS, "/lib/ld-linux.so.2", ())
    assert said(tmp_path / "3", plan, "EK101") == {"usr/bin/x": "error"}


AARCH64 = Elf(machine=EM_AARCH64)


@pytest.mark.parametrize("path", ["usr/aarch64-linux-gnu/lib/libc.so.6", "usr/aarch64-linux-gnu/lib64/libc.so.6"])
def test_what_cross_compilers_link_with_is_nobody_s_leftover_on_a_build_host(tmp_path: Path, path: str) -> None:
    plan = device(X86_64, GLIBC64) | {path: asking(AARCH64, "", ())}
    assert said(tmp_path / "host", plan, "EK113") == {}
    assert said(tmp_path / "again", plan, "EK101") == {path: "error"}


def test_elsewhere_or_in_a_router_the_same_is_a_leftover(tmp_path: Path) -> None:
    other: dict[str, Content] = {"usr/lib/libc.so.6": asking(AARCH64, "", ())}
    assert said(tmp_path / "host", device(X86_64, GLIBC64) | other, "EK113") == {"usr/lib/libc.so.6": "error"}
    cross: dict[str, Content] = {"usr/aarch64-linux-gnu/lib/libc.so.6": asking(AARCH64, "", ())}
    cross["usr/lib/libx.so"] = "-> ../aarch64-linux-gnu/lib/libc.so.6"
    assert {*said(tmp_path / "router", router(cross), "EK113").values()} == {"error"}


@pytest.mark.parametrize("directory", [*CODE, "usr/lib32", "opt/libx32", "lib/mips-linux-gnu"])
def test_a_leftover_right_in_any_directory_of_code_is_in_use(tmp_path: Path, directory: str) -> None:
    assert {*said(tmp_path, router({f"{directory}/x": leaked()}), "EK113")} == {f"{directory}/x"}
