"""What a machine's row says. A machine is data: no class per machine, and a rule never asks for a machine by name."""

from typing import NamedTuple


class FlagFloat(NamedTuple):
    """One value of e_flags that states the float ABI, where (e_flags & guard_mask) == guard_value holds as well."""

    mask: int
    value: int
    float_abi: str
    """soft, hard, single, quad or any; no row matches: the flags do not say."""
    detail: str
    guard_mask: int = 0
    guard_value: int = 0


class FlagVariant(NamedTuple):
    """One of several ABIs of a machine, told by e_flags and the class; of a machine's rows the first that matches."""

    mask: int
    value: int
    elf_class: int | None
    """ELFCLASS32, ELFCLASS64, or None for both."""
    name: str
    """As toolchains call it: "o32", "x32", "elfv2"."""


class Machine(NamedTuple):
    """A machine: its e_machine number, its names, and what files for it say and need."""

    key: str
    """Canonical short name, unique: "mips"."""
    e_machine: int
    title: str
    """For people: "MIPS"."""
    elf_name: str
    """The registry's spelling: "EM_MIPS"."""
    family: str
    """Machines of one family run on one CPU under one kernel: i386 and x86_64 are "x86"."""
    runs_linux: bool = False
    """May be the main CPU of a Linux device; False for coprocessors, microcontrollers, virtual machines."""
    float_flags: tuple[FlagFloat, ...] = ()
    float_abi_none: bool = False
    """Nothing to mix: every file of the machine passes floating point the same way."""
    variants: tuple[FlagVariant, ...] = ()
    dt_hash_8byte: bool = False
    """DT_HASH has words of 8 bytes in ELFCLASS64 files."""
    exec_stack_by_default: bool = False
    """The usual toolchains ask for an executable stack without anyone's wish."""
    unmarked_stack_executable: bool = False
    """A file without PT_GNU_STACK counts as asking for an executable stack (glibc's DEFAULT_STACK_PERMS)."""
    kernel_keeps_unmarked_stack: bool = False
    """The kernel gives a program without PT_GNU_STACK a stack that is not executable (linux elf_read_implies_exec,
    VM_DATA_DEFAULT_FLAGS); glibc's loader makes it executable all the same."""
    fixed_programs_by_policy: bool = False
    """Distributions and SDKs build position-dependent programs on purpose: every address would cost a register."""
    wx_plt_tolerated: bool = False
    """The ABI's own PLT is code that the loader writes, so that one segment writable and executable is no mistake."""
    source: str = ""


def flag_float(machine: Machine, e_flags: int) -> FlagFloat | None:
    """The row that states the float ABI of a file with these flags; None where the flags do not say."""
    for row in machine.float_flags:
        if e_flags & row.mask == row.value and e_flags & row.guard_mask == row.guard_value:
            return row
    return None


def abi_variant(machine: Machine, e_flags: int, elf_class: int) -> str:
    """The name of the ABI variant; "" where the machine has one ABI, or the file does not tell which."""
    for row in machine.variants:
        if e_flags & row.mask == row.value and row.elf_class in (None, elf_class):
            return row.name
    return ""
