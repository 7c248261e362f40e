"""RISC-V, 32 and 64 bits (riscv-non-isa/riscv-elf-psabi-doc, "ELF Object Files": e_flags)."""

from elfkit.abi.header import ELFCLASS32, ELFCLASS64, EM_RISCV
from elfkit.abi.machines.row import FlagFloat, FlagIsa, FlagVariant, Machine, Property
from elfkit.abi.notes import GNU_PROPERTY_RISCV_FEATURE_1_AND as FEATURE_1_AND
from elfkit.abi.sections import SHT_RISCV_ATTRIBUTES
from elfkit.abi.segments import PT_RISCV_ATTRIBUTES

EF_RISCV_RVC = 0x0001
EF_RISCV_FLOAT_ABI = 0x0006
EF_RISCV_RVE = 0x0008
EF_RISCV_TSO = 0x0010

TAG_RISCV_ARCH = 5

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
    attribute_section=SHT_RISCV_ATTRIBUTES,
    attribute_segment=PT_RISCV_ATTRIBUTES,
    # without an arch string: floating-point registers that carry arguments are there, and compressed instructions
    isa_flags=(
        FlagIsa(EF_RISCV_RVE, EF_RISCV_RVE, base="rv32e", elf_class=ELFCLASS32, least=True),
        FlagIsa(EF_RISCV_RVE, EF_RISCV_RVE, base="rv64e", elf_class=ELFCLASS64, least=True),
        FlagIsa(0, 0, base="rv32i", elf_class=ELFCLASS32, least=True),
        FlagIsa(0, 0, base="rv64i", elf_class=ELFCLASS64, least=True),
        FlagIsa(EF_RISCV_FLOAT_ABI, 0x2, extension="f"),
        FlagIsa(EF_RISCV_FLOAT_ABI, 0x4, extension="f"),
        FlagIsa(EF_RISCV_FLOAT_ABI, 0x4, extension="d"),
        FlagIsa(EF_RISCV_FLOAT_ABI, 0x6, extension="f"),
        FlagIsa(EF_RISCV_FLOAT_ABI, 0x6, extension="d"),
        FlagIsa(EF_RISCV_FLOAT_ABI, 0x6, extension="q"),
        FlagIsa(EF_RISCV_RVC, EF_RISCV_RVC, extension="c"),
        FlagIsa(EF_RISCV_TSO, EF_RISCV_TSO, extension="ztso"),
    ),
    properties=(Property(FEATURE_1_AND, 1, "ZICFILP"), Property(FEATURE_1_AND, 2, "ZICFISS")),
    variants=(FlagVariant(EF_RISCV_RVE, EF_RISCV_RVE, None, "rve"),),
    source="riscv-elf-psabi-doc riscv-elf.adoc:920-970",
)
