"""C-SKY (binutils include/opcode/csky.h). Soft or hard float stands in `.csky.attributes` alone."""

from elfkit.abi.header import EM_CSKY
from elfkit.abi.machines.row import FlagVariant, Machine

CSKY_ABI_MASK = 0xF0000000

CSKY = Machine(
    key="csky",
    e_machine=EM_CSKY,
    title="C-SKY",
    elf_name="EM_CSKY",
    family="csky",
    runs_linux=True,
    variants=(
        FlagVariant(CSKY_ABI_MASK, 0x10000000, None, "abiv1"),
        FlagVariant(CSKY_ABI_MASK, 0x20000000, None, "abiv2"),
    ),
    source="binutils include/opcode/csky.h:67-92, include/elf/csky.h:121",
)
