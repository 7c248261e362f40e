"""What a machine's row says. A machine is data: no class per machine, and a rule never asks for a machine by name."""

from typing import NamedTuple

FDPIC = "fdpic"


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
    osabi: int | None = None
    """EI_OSABI, where that tells the variant (FDPIC on ARM)."""


class AttributeFloat(NamedTuple):
    """One value of a build attribute that states the float ABI."""

    vendor: str
    tag: int
    mask: int
    value: int
    float_abi: str
    detail: str
    omitted_beside: int = 0
    """Where the tag is omitted it counts as 0 if this one, not 0 itself, is there; 0: an omitted tag says nothing."""


class FlagIsa(NamedTuple):
    """One value of e_flags that tells what code demands of the CPU: a level (``base``), or an ``extension``."""

    mask: int
    value: int
    base: str = ""
    extension: str = ""
    elf_class: int | None = None
    least: bool = False
    """The code needs this much, and may need more: the flags do not tell."""
    data: int | None = None
    """EI_DATA, where the byte order tells."""


class AttributeIsa(NamedTuple):
    """One value of a build attribute that tells the same; ``beside`` is a further (tag, value) that must be there."""

    vendor: str
    tag: int
    value: int
    base: str = ""
    extension: str = ""
    beside: tuple[int, int] | None = None


class Property(NamedTuple):
    """One bit of a word among the GNU properties: a protection that all of the file's code keeps, or an ISA level."""

    type: int
    bit: int
    name: str


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
    attribute_section: int = 0
    """sh_type of the section with the processor's own build attributes; 0 where it has none."""
    attribute_segment: int = 0
    """p_type of the segment that holds them; 0 where only a section header tells where they are."""
    abi_flags_segment: int = 0
    """p_type of the segment with Elf_MIPS_ABIFlags."""
    abi_flags_section: int = 0
    """sh_type of the section with the same, where no segment has it."""
    float_attributes: tuple[AttributeFloat, ...] = ()
    isa_flags: tuple[FlagIsa, ...] = ()
    """Levels first to last, the first that matches counts; of extensions all that match."""
    isa_marks_use: bool = False
    """Linkers mark each file with the least CPU that its own instructions need: two files tell nothing of each other's
    CPU."""
    isa_marks_sources: bool = False
    """One assembly source for a later CPU marks the whole file, though it may be used after a look at the CPU."""
    isa_attributes: tuple[AttributeIsa, ...] = ()
    without_mmu: tuple[str, int, tuple[int, ...]] | None = None
    """Vendor, tag and values of the build attribute that code for CPUs without an MMU has. Linux programs for those are
    of the variant `FDPIC`: they lie wherever there is room."""
    isa_properties: tuple[Property, ...] = ()
    """The levels of GNU_PROPERTY_X86_ISA_1_NEEDED, the lowest first."""
    properties: tuple[Property, ...] = ()
    nan2008_flag: int = 0
    """The bit of e_flags that says how NaNs are encoded: IEEE 754-2008 where it is set; 0 where there is one way."""
    swapped_code_flag: int = 0
    """The bit of e_flags that says that code is little-endian in a big-endian file (BE8)."""
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


def abi_variant(machine: Machine, e_flags: int, elf_class: int, osabi: int = 0) -> str:
    """The name of the ABI variant; "" where the machine has one ABI, or the file does not tell which."""
    for row in machine.variants:
        if e_flags & row.mask == row.value and row.elf_class in (None, elf_class) and row.osabi in (None, osabi):
            return row.name
    return ""


def flag_isa(machine: Machine, e_flags: int, elf_class: int, data: int) -> tuple[FlagIsa | None, tuple[str, ...]]:
    """The row of the level that e_flags tell, and the names of the extensions."""
    rows = [
        row
        for row in machine.isa_flags
        if e_flags & row.mask == row.value and row.elf_class in (None, elf_class) and row.data in (None, data)
    ]
    base = next((row for row in rows if row.base), None)
    return base, tuple(dict.fromkeys([row.extension for row in rows if row.extension]))
