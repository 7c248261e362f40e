"""DEC Alpha (Linux extensions of the gABI; binutils include/elf/alpha.h). Its number was never registered."""

from elfkit.abi.header import EM_ALPHA
from elfkit.abi.machines.row import FlagIsa, Machine

EF_ALPHA_32BIT = 0x00000001

ALPHA = Machine(
    key="alpha",
    e_machine=EM_ALPHA,
    title="Alpha",
    elf_name="EM_ALPHA",
    family="alpha",
    runs_linux=True,
    float_abi_none=True,
    isa_flags=(FlagIsa(0, 0, base="ev4", least=True),),
    dt_hash_8byte=True,
    unmarked_stack_executable=True,
    wx_plt_tolerated=True,  # the old PLT; DT_ALPHA_PLTRO tells the new one
    source="binutils include/elf/alpha.h:33, bfd/elf64-alpha.c (hash entry size 8, PLT)",
)
