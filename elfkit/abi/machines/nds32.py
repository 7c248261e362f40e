"""Andes NDS32 (binutils include/elf/nds32.h)."""

from elfkit.abi.header import EM_NDS32
from elfkit.abi.machines.row import FlagFloat, Machine

EF_NDS_ABI = 0xF0

NDS32 = Machine(
    key="nds32",
    e_machine=EM_NDS32,
    title="Andes NDS32",
    elf_name="EM_NDS32",
    family="nds32",
    runs_linux=True,
    float_flags=(
        FlagFloat(EF_NDS_ABI, 0x20, "soft", "ABI V2 (E_NDS_ABI_V2)"),
        FlagFloat(EF_NDS_ABI, 0x30, "hard", "ABI V2FP (E_NDS_ABI_V2FP)"),
        FlagFloat(EF_NDS_ABI, 0x50, "hard", "ABI V2FP+ (E_NDS_ABI_V2FP_PLUS)"),
    ),
    source="binutils include/elf/nds32.h:302-309; gcc config/nds32/linux.h",
)
