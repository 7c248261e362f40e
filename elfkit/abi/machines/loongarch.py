"""LoongArch (loongson/la-abi-specs, laelf: e_flags). The class tells ilp32 from lp64."""

from elfkit.abi.header import ELFCLASS32, ELFCLASS64, EM_LOONGARCH
from elfkit.abi.machines.row import FlagFloat, FlagIsa, Machine

EF_LOONGARCH_ABI_MODIFIER = 0x07
EF_LOONGARCH_OBJABI = 0xC0
EF_LOONGARCH_OBJABI_V1 = 0x40

LOONGARCH = Machine(
    key="loongarch",
    e_machine=EM_LOONGARCH,
    title="LoongArch",
    elf_name="EM_LOONGARCH",
    family="loongarch",
    runs_linux=True,
    # 0 and 4-7 are reserved
    float_flags=(
        FlagFloat(EF_LOONGARCH_ABI_MODIFIER, 1, "soft", "soft float (EF_LOONGARCH_ABI_SOFT_FLOAT: lp64s)"),
        FlagFloat(EF_LOONGARCH_ABI_MODIFIER, 2, "single", "single float (EF_LOONGARCH_ABI_SINGLE_FLOAT: lp64f)"),
        FlagFloat(EF_LOONGARCH_ABI_MODIFIER, 3, "hard", "double float (EF_LOONGARCH_ABI_DOUBLE_FLOAT: lp64d)"),
    ),
    isa_flags=(
        FlagIsa(0, 0, base="loongarch32", elf_class=ELFCLASS32, least=True),
        FlagIsa(0, 0, base="loongarch64", elf_class=ELFCLASS64, least=True),
    ),
    source="la-abi-specs laelf.adoc:66-160",
)
