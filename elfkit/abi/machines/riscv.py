"""RISC-V, 32 and 64 bits (riscv-non-isa/riscv-elf-psabi-doc, "ELF Object Files": e_flags)."""

from elfkit.abi.header import EM_RISCV
from elfkit.abi.machines.row import FlagFloat, FlagVariant, Machine

EF_RISCV_RVC = 0x0001
EF_RISCV_FLOAT_ABI = 0x0006
EF_RISCV_RVE = 0x0008
EF_RISCV_TSO = 0x0010

RISCV = Machine(
    key="riscv",
    e_machine=EM_RISCV,
    title="RISC-V",
    elf_name="EM_RISCV",
    family="riscv",
    runs_linux=True,
    float_flags=(
        FlagFloat(EF_RISCV_FLOAT_ABI, 0x0, "soft", "soft float (EF_RISCV_FLOAT_ABI_SOFT: ilp32, lp64)"),
        FlagFloat(EF_RISCV_FLOAT_ABI, 0x2, "single", "single float (EF_RISCV_FLOAT_ABI_SINGLE: ilp32f, lp64f)"),
        FlagFloat(EF_RISCV_FLOAT_ABI, 0x4, "hard", "double float (EF_RISCV_FLOAT_ABI_DOUBLE: ilp32d, lp64d)"),
        FlagFloat(EF_RISCV_FLOAT_ABI, 0x6, "quad", "quad float (EF_RISCV_FLOAT_ABI_QUAD: lp64q)"),
    ),
    variants=(FlagVariant(EF_RISCV_RVE, EF_RISCV_RVE, None, "rve"),),
    source="riscv-elf-psabi-doc riscv-elf.adoc:920-970",
)
