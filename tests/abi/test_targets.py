"""Targets by name: against what toolchains of that name write into their files."""

import re
import subprocess
from pathlib import Path

import pytest

import elfkit
from elfkit.abi.interpreters import interpreter_rows
from elfkit.abi.isa_levels import lacking
from elfkit.abi.targets import Target, close_names, target_named, targets, targets_named
from elfkit.errors import UsageError
from tests.needs import needs
from tests.tools import CROSS_COMPILERS

EVERY = targets()
BELONGS = ("EK1", "EK206")
COMPILERS = [
    pytest.param(triplet, debian, marks=needs(f"{triplet}-gcc", "readelf"), id=debian)
    for triplet, debian in CROSS_COMPILERS
]


@pytest.fixture
def built(tmp_path: Path, triplet: str) -> Path:
    """A program by Debian's own compiler of that triplet, with floating point in its calls."""
    source = tmp_path / "main.c"
    source.write_text('#include <stdio.h>\n#include <math.h>\nint main(int c, char **v) { printf("%f\\n", sin(c)); }\n')
    subprocess.run([f"{triplet}-gcc", source, "-lm", "-o", tmp_path / "main"], check=True)
    return tmp_path / "main"


@pytest.mark.parametrize(("triplet", "debian"), COMPILERS)
def test_a_compilers_programs_name_the_interpreter_of_its_target(built: Path, triplet: str, debian: str) -> None:
    shown = subprocess.run(["readelf", "-l", built], capture_output=True, text=True, check=True).stdout
    found = re.search(r"program interpreter: (\S+)\]", shown)
    assert found
    assert target_named(f"debian:{debian}").interpreter == found[1]
    assert target_named(f"gnu:{triplet}").interpreter == found[1]


@pytest.mark.parametrize(("triplet", "debian"), COMPILERS)
def test_a_compilers_programs_belong_to_its_target_and_to_no_other_cpu(built: Path, triplet: str, debian: str) -> None:
    assert not elfkit.check(built, select=BELONGS, target=f"debian:{debian}").findings
    assert not elfkit.check(built, select=BELONGS, target=triplet).findings
    others = {row.cpu: row for row in EVERY if row.system == "Debian" and row.cpu[:3] != target_named(triplet).cpu[:3]}
    for other in others.values():
        findings = elfkit.check(built, target=f"debian:{other.name}").findings
        assert {finding.rule for finding in findings} & {"EK101", "EK102", "EK103"}, other.name


# What OpenWrt gives its compiler (include/target.mk, CPU_CFLAGS_*; gcc's --with-cpu and --with-fpu on ARM), with MIPS16
# where the CPU has it (config/Config-build.in, USE_MIPS16). arm_cortex-a9_vfpv3 was -mfpu=vfpv3-d16 (up to 18.06).
MIPS16 = "-mips16 -minterlink-mips16 -msoft-float"
OPENWRT_FLAGS = {
    "mips_24kc": ("mips-linux-gnu", f"-mips32r2 -mtune=24kc {MIPS16}"),
    "mips_4kec": ("mips-linux-gnu", f"-mips32r2 -mtune=4kec {MIPS16}"),
    "mips_mips32": ("mips-linux-gnu", "-mips32 -mtune=mips32 -msoft-float"),
    "mipsel_24kc": ("mipsel-linux-gnu", f"-mips32r2 -mtune=24kc {MIPS16}"),
    "mipsel_24kc_24kf": ("mipsel-linux-gnu", "-mips32r2 -mtune=24kc -mips16 -minterlink-mips16 -mhard-float"),
    "mipsel_74kc": ("mipsel-linux-gnu", f"-mips32r2 -mtune=74kc {MIPS16}"),
    "arm_arm1176jzf-s_vfp": ("arm-linux-gnueabihf", "-mcpu=arm1176jzf-s -mfpu=vfp -marm"),
    "arm_arm926ej-s": ("arm-linux-gnueabihf", "-mcpu=arm926ej-s -mfloat-abi=soft -marm"),
    "arm_cortex-a15_neon-vfpv4": ("arm-linux-gnueabihf", "-mcpu=cortex-a15 -mfpu=neon-vfpv4"),
    "arm_cortex-a5_vfpv4": ("arm-linux-gnueabihf", "-mcpu=cortex-a5 -mfpu=vfpv4"),
    "arm_cortex-a53_neon-vfpv4": ("arm-linux-gnueabihf", "-mcpu=cortex-a53 -mfpu=neon-vfpv4"),
    "arm_cortex-a7": ("arm-linux-gnueabihf", "-mcpu=cortex-a7 -mfloat-abi=soft"),
    "arm_cortex-a7_neon-vfpv4": ("arm-linux-gnueabihf", "-mcpu=cortex-a7 -mfpu=neon-vfpv4"),
    "arm_cortex-a7_vfpv4": ("arm-linux-gnueabihf", "-mcpu=cortex-a7 -mfpu=vfpv4"),
    "arm_cortex-a8_neon": ("arm-linux-gnueabihf", "-mcpu=cortex-a8 -mfpu=neon"),
    "arm_cortex-a8_vfpv3": ("arm-linux-gnueabihf", "-mcpu=cortex-a8 -mfpu=vfpv3"),
    "arm_cortex-a9": ("arm-linux-gnueabihf", "-mcpu=cortex-a9 -mfloat-abi=soft"),
    "arm_cortex-a9_neon": ("arm-linux-gnueabihf", "-mcpu=cortex-a9 -mfpu=neon-fp16"),  # as clang takes it
    "arm_cortex-a9_vfpv3": ("arm-linux-gnueabihf", "-mcpu=cortex-a9 -mfpu=vfpv3-d16"),
    "arm_cortex-a9_vfpv3-d16": ("arm-linux-gnueabihf", "-mcpu=cortex-a9 -mfpu=vfpv3-d16-fp16"),
    "riscv64_riscv64": ("riscv64-linux-gnu", "-march=rv64imafdc -mabi=lp64d"),
}
FREE_STANDING = "double f(double a, float b) { return a * b; } int _start(int a, int *b) { return a / *b + f(a, 2); }\n"


@pytest.mark.parametrize(
    ("name", "triplet", "flags"),
    [pytest.param(name, *row, marks=needs(f"{row[0]}-gcc"), id=name) for name, row in OPENWRT_FLAGS.items()],
)
def test_what_openwrt_compiles_for_a_package_architecture_runs_on_it(
    tmp_path: Path, name: str, triplet: str, flags: str
) -> None:
    source, program = tmp_path / "main.c", tmp_path / "main"
    source.write_text(FREE_STANDING)
    command = [f"{triplet}-gcc", *flags.split(), "-O1", "-nostdlib", "-pie", "-fPIE", str(source), "-o", str(program)]
    linked = f"-Wl,--unresolved-symbols=ignore-all,-dynamic-linker,{target_named(name).interpreter}"
    subprocess.run([*command, linked], check=True)
    assert not elfkit.check(program, select=BELONGS, target=name).findings
    worse = target_named({"mips": "mips_mips32", "mipsel": "mipsel_mips32"}.get(name.partition("_")[0], "arm_fa526"))
    isa = elfkit.inspect(elfkit.load(program)).isa
    assert isa is not None
    if not name.endswith(("_mips32", "_riscv64")):
        assert lacking(worse.isa, isa.value, full=True)


@pytest.mark.parametrize("name", ["armv7-linux-gnueabihf", "armv7l-buildroot-linux-gnueabihf"])
@pytest.mark.parametrize("fpu", ["vfpv3-d16", "neon", "neon-vfpv4"])
@needs("arm-linux-gnueabihf-gcc")
def test_a_triplet_says_nothing_of_extensions(tmp_path: Path, name: str, fpu: str) -> None:
    """armv7 is a level; that the float ABI is hard says that there is an FPU, not which (config.sub knows no more)."""
    source, program = tmp_path / "main.c", tmp_path / "main"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["arm-linux-gnueabihf-gcc", f"-mfpu={fpu}", "-march=armv7-a+fp", source, "-o", program], check=True)
    assert not elfkit.check(program, select=BELONGS, target=name).findings
    older = elfkit.check(program, select=["EK108"], target=name.replace("armv7l", "armv7").replace("armv7", "armv6"))
    assert [finding.subject for finding in older.findings] == ["armv7-a"]


@pytest.mark.parametrize("target", EVERY, ids=lambda target: f"{target.system}:{target.name}")
def test_a_row_agrees_with_the_interpreter_that_it_names(target: Target) -> None:
    assert target.interpreter
    rows = [row for row in interpreter_rows(target.interpreter) if row.e_machine in (0, target.cpu.e_machine)]
    assert rows
    row = next((row for row in rows if row.libc == target.libc), rows[0])
    assert row.libc == target.libc
    assert row.elf_class in (0, {32: 1, 64: 2}[target.cpu.elf_class])
    assert row.data in ("", target.cpu.data)
    assert row.variant in ("", target.cpu.variant)
    if "yet clang names" not in target.note:
        assert row.float_abi in (target.float_abi, "unknown", "none")


def test_names_are_unique_within_their_system() -> None:
    names = [(row.system, row.name) for row in EVERY]
    assert len(names) == len({*names})


# OpenWrt: same CPU, another calling convention and another loader (toolchain/Config.in, SOFT_FLOAT)
@pytest.mark.parametrize(
    ("name", "float_abi", "loader"),
    [
        ("mips_24kc", "soft", "/lib/ld-musl-mips-sf.so.1"),
        ("mipsel_24kc_24kf", "hard", "/lib/ld-musl-mipsel.so.1"),
        ("arm_cortex-a9", "soft", "/lib/ld-musl-arm.so.1"),
        ("arm_cortex-a9_vfpv3-d16", "hard", "/lib/ld-musl-armhf.so.1"),
        ("powerpc_464fp", "hard", "/lib/ld-musl-powerpc.so.1"),
        ("powerpc_8548", "soft", "/lib/ld-musl-powerpc-sf.so.1"),
        ("mips64_octeonplus", "soft", "/lib/ld-musl-mips64-sf.so.1"),
    ],
)
def test_packages_of_openwrt_have_the_float_abi_of_their_name(name: str, float_abi: str, loader: str) -> None:
    target = target_named(name)
    assert (target.float_abi, target.interpreter, target.libc) == (float_abi, loader, "musl")


@pytest.mark.parametrize("name", ["openwrt:arc_archs", "debian:arc", "xtensa-linux-uclibc", "nios2-linux-gnu"])
def test_what_is_not_known_of_the_float_abi_is_not_said(name: str) -> None:
    assert target_named(name).float_abi == "unknown"
    assert "float" not in target_named(name).describe()


def test_a_triplet_says_the_same_whatever_its_vendor_is() -> None:
    for triplet in ("mips-linux-musl", "mips-openwrt-linux-musl", "mips-buildroot-linux-musl"):
        assert target_named(triplet).describe() == "MIPS 32-bit big-endian o32 hard-float musl"
    assert target_named("arm-linux-gnueabi").float_abi == "soft"
    assert target_named("arm-linux-gnueabihf").float_abi == "hard"
    assert target_named("mips64-linux-gnuabin32").cpu.variant == "n32"
    assert target_named("powerpc64-linux-gnu").cpu.variant == "elfv1"
    assert target_named("powerpc64-linux-musl").cpu.variant == "elfv2"


def test_rusts_mips_is_soft_float_under_a_hard_float_name() -> None:
    target = target_named("mips-unknown-linux-musl")
    assert (target.system, target.float_abi, target.interpreter) == ("Rust", "soft", "/lib/ld-musl-mips.so.1")


def test_a_name_of_several_systems_must_say_which() -> None:
    with pytest.raises(UsageError, match="alpine:armhf or debian:armhf"):
        target_named("armhf")
    assert target_named("alpine:armhf").libc == "musl"
    assert target_named("debian:armhf").libc == "glibc"
    assert len(targets_named("x86_64")) == 2
    assert target_named("x86_64").libc == "musl"  # OpenWrt's and Alpine's are one ABI


@pytest.mark.parametrize(
    ("wrong", "right"), [("mips_24k", "mips_24kc"), ("mips-linux-gun", "mips-linux-gnu"), ("armhff", "armhf")]
)
def test_a_misspelled_name_is_answered_with_close_ones(wrong: str, right: str) -> None:
    assert right in close_names(wrong)
    with pytest.raises(UsageError, match=f"no target is called {wrong}: did you mean .*{right}"):
        target_named(wrong)


def test_nonsense_is_no_target() -> None:
    for name in ("", "-", "linux", "mips--", "x" * 10_000, "gnu:mips_24kc", "mips-linux", "sparc-sun-solaris2.11"):
        assert targets_named(name) == ()


def test_a_better_cpu_lacks_nothing_of_a_lesser_one() -> None:
    assert not lacking(target_named("arm_cortex-a7_neon-vfpv4").isa, target_named("arm_arm926ej-s").isa, full=True)
    assert lacking(target_named("arm_arm926ej-s").isa, target_named("arm_cortex-a7_neon-vfpv4").isa, full=True)
