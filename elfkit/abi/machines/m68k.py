"""Motorola 68000 and ColdFire (System V ABI, m68k supplement). Float ABI: `.gnu.attributes` alone, rarely written."""

from elfkit.abi.header import EM_68K
from elfkit.abi.machines.row import Machine

EF_M68K_CF_FLOAT = 0x40  # ColdFire float instructions are used: no statement on passing arguments

M68K = Machine(
    key="m68k",
    e_machine=EM_68K,
    title="Motorola 68000",
    elf_name="EM_68K",
    family="m68k",
    runs_linux=True,
    unmarked_stack_executable=True,
    source="binutils include/elf/m68k.h:98-103; glibc sysdeps/m68k/stackinfo.h",
)
