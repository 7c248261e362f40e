"""Where elfkit says that files cannot live together, the kernel's table (in qemu-user) or glibc's loader refuses them.

A program of each machine and the library it needs, built one by one with other flags than Debian's C library is, run
under the real loader. What is expected is from linux arch/mips/kernel/elf.c and glibc's elf_machine_matches_host,
elf_machine_reject_phdr_p and VALID_FLOAT_ABI.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from elftools.elf.elffile import ELFFile

from elfkit.checks.check import check
from elfkit.checks.finding import Severity
from fixtures.run_tree import run_in_tree
from tests.needs import needs

LIBRARY = "double mix(double left, double right) { return left * right + 1.0; }\n"
PROGRAM = """
#include <stdio.h>
double mix(double left, double right);
int main(void) { printf("%d\\n", (int)mix(2.0, 3.0)); return 0; }
"""
REFUSED = re.compile("libmix.so: cannot open shared object file|NaN mode not supported|find a matching FPU mode")
RULES = ("EK101", "EK102", "EK105", "EK106", "EK107", "EK111")


@dataclass(frozen=True, slots=True)
class Machine:
    """A compiler, the emulator of its machine, where its loader is to stand, and the CPU."""

    triplet: str
    qemu: str
    loader: str
    cpu: str


MIPS = Machine("mips-linux-gnu", "mips", "lib/ld.so.1", "24Kf")  # of -mfpxx, legacy NaNs
ARMHF = Machine("arm-linux-gnueabihf", "arm", "lib/ld-linux-armhf.so.3", "cortex-a15")
RISCV = Machine("riscv64-linux-gnu", "riscv64", "lib/ld-linux-riscv64-lp64d.so.1", "rv64")


class Change(NamedTuple):
    """What is written into a file after the build, for want of a C library that would link with such a program."""

    path: str
    field: str
    """Of the ELF header or of PT_MIPS_ABIFLAGS."""
    value: int


class Case(NamedTuple):
    """Flags of program and library, and the rule that tells why they are refused; "": they run."""

    machine: Machine
    program: str
    library: str
    rule: str
    change: Change | None = None


CASES = (
    Case(MIPS, "", "", ""),
    Case(MIPS, "", "-mfp32", ""),
    Case(MIPS, "", "-mfp64", ""),
    Case(MIPS, "", "-mfp64 -mno-odd-spreg", ""),
    Case(MIPS, "-mfp32", "-mfpxx", ""),
    Case(MIPS, "", "-msoft-float", "EK106"),
    Case(MIPS, "", "-msingle-float", "EK106"),
    Case(MIPS, "", "-mnan=2008", "EK107"),
    Case(MIPS, "", "-mabi=n32", "EK105"),
    Case(MIPS, "", "", "EK107", Change("bin/tool", "e_flags", 0x70001405)),  # EF_MIPS_NAN2008
    Case(MIPS, "", "", "EK106", Change("bin/tool", "fp_abi", 3)),  # soft
    Case(MIPS, "", "", "", Change("bin/tool", "fp_abi", 0)),  # any
    Case(MIPS, "-mfp64", "-mfp64", "EK111", Change(MIPS.loader, "fp_abi", 1)),  # double
    Case(MIPS, "-mfp32", "-mfp64", "EK111"),
    Case(MIPS, "-mfp64", "-mfp32", "EK111"),
    Case(ARMHF, "", "", ""),
    Case(ARMHF, "", "-mfpu=neon", ""),
    Case(ARMHF, "", "-mfloat-abi=soft", "EK106"),
    Case(ARMHF, "", "-mfloat-abi=softfp", "EK106"),
    Case(ARMHF, "", "", "", Change("lib/libmix.so", "e_flags", 0x05000000)),  # no float bit, as of old linkers
    Case(RISCV, "", "", ""),
    Case(RISCV, "", "-march=rv64imac -mabi=lp64", "EK106"),
    Case(RISCV, "", "-march=rv64imafc -mabi=lp64f", "EK106"),
)


def required(case: Case) -> pytest.MarkDecorator:
    triplet = case.machine.triplet
    return needs("root", f"qemu-{case.machine.qemu}-static", f"{triplet}-gcc", f"libc of {triplet}")


def named(case: Case) -> str:
    turned = f", {case.change.field} {case.change.value:#x} in {case.change.path}" if case.change else ""
    return f"{case.machine.qemu}: {case.program or 'usual'} program, {case.library or 'usual'} library{turned}"


def root_of(case: Case, folder: Path) -> Path:
    """A device with the program, its library, Debian's loader and C library."""
    root, compiler, machine = folder / "root", f"{case.machine.triplet}-gcc", case.machine
    for name in ("bin", "lib"):
        (root / name).mkdir(parents=True)
    sources = {"mix.c": LIBRARY, "main.c": PROGRAM}
    for name, text in sources.items():
        (folder / name).write_text(text, encoding="utf-8")
    shared = ("-O2", "-fPIC", "-shared", "-nostdlib", "-Wl,-soname,libmix.so", str(folder / "mix.c"))
    # linkers refuse some of the mixes: the program is linked with a library that fits, which is then replaced
    subprocess.run([compiler, *case.program.split(), *shared, "-o", str(folder / "libmix.so")], check=True)
    link = (str(folder / "main.c"), str(folder / "libmix.so"), "-O2", "-o", str(root / "bin/tool"))
    subprocess.run([compiler, *case.program.split(), *link], check=True)
    subprocess.run([compiler, *case.library.split(), *shared, "-o", str(root / "lib/libmix.so")], check=True)
    host = Path("/usr", machine.triplet, "lib")
    shutil.copy(host / Path(machine.loader).name, root / machine.loader)
    shutil.copy(host / "libc.so.6", root / "lib")
    if case.change:
        write(root, case.change)
    return root


def write(root: Path, change: Change) -> None:
    """Make a change in a 32-bit file."""
    path = root / change.path
    content = bytearray(path.read_bytes())
    with path.open("rb") as file:
        elf = ELFFile(file)
        places = [part["p_offset"] + 7 for part in elf.iter_segments() if part["p_type"] == "PT_MIPS_ABIFLAGS"]
        order = "<" if elf.little_endian else ">"
    if change.field == "e_flags":
        struct.pack_into(order + "I", content, 0x24, change.value)
    else:
        struct.pack_into("B", content, places[0], change.value)
    path.write_bytes(content)


@pytest.mark.parametrize("case", [pytest.param(case, marks=required(case), id=named(case)) for case in CASES])
def test_what_elfkit_calls_an_error_is_refused_and_what_it_passes_runs(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QEMU_CPU", case.machine.cpu)  # qemu-mips would else choose one that the program's e_flags fit
    root = root_of(case, tmp_path)
    errors = [found for found in check(str(root), select=RULES).findings if found.severity is Severity.ERROR]
    done = run_in_tree(root, ["/bin/tool"], qemu=f"qemu-{case.machine.qemu}-static")
    assert ({found.rule for found in errors}, done.stdout) == (({case.rule}, "") if case.rule else (set(), "7\n"))
    assert bool(REFUSED.search(done.stderr)) == bool(case.rule), done.stderr
