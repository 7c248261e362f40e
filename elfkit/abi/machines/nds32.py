"""Andes NDS32 (binutils include/elf/nds32.h)."""

from elfkit.abi.header import EM_NDS32
from elfkit.abi.machines.row import FlagFloat, FlagIsa, Machine

EF_NDS_ABI = 0xF0

EF_NDS_ARCH = 0xF0000000
_ARCHS = ((0x1, "v1"), (0x2, "v2"), (0x3, "v3"), (0x4, "v3m"), (0x9, "v0.9"))
_EXTENSIONS = ((0x00000800, "fpu-sp"), (0x00080000, "fpu-dp"), (0x01000000, "fpu-mac"), (0x02000000, "dsp"))

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
    isa_flags=(
        *(FlagIsa(EF_NDS_ARCH, number << 28, base=f"nds32{name}") for number, name in _ARCHS),
        *(FlagIsa(bit, bit, extension=name) for bit, name in _EXTENSIONS),
    ),
    source="binutils include/elf/nds32.h:302-309; gcc config/nds32/linux.h",
)
