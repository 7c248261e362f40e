"""Motorola 68000 and ColdFire (System V ABI, m68k supplement). Float ABI: `.gnu.attributes` alone, rarely written."""

from elfkit.abi.attributes import GNU
from elfkit.abi.header import EM_68K
from elfkit.abi.machines.row import AttributeFloat, FlagIsa, Machine

EF_M68K_CF_FLOAT = 0x40  # ColdFire float instructions are used: no statement on passing arguments

EF_M68K_CPU32 = 0x00810000
EF_M68K_M68000 = 0x01000000
EF_M68K_FIDO = 0x02000000
EF_M68K_CFV4E = 0x00008000
EF_M68K_CF_ISA_MASK = 0x0F
EF_M68K_CF_MAC_MASK = 0x30
_ARCHITECTURE = EF_M68K_CPU32 | EF_M68K_M68000 | EF_M68K_FIDO
TAG_GNU_M68K_ABI_FP = 4

_COLDFIRE = ("isa-a-nodiv", "isa-a", "isa-a+", "isa-b-nousp", "isa-b", "isa-c", "isa-c-nodiv")
_MACS = ("mac", "emac", "emac-b")

M68K = Machine(
    key="m68k",
    e_machine=EM_68K,
    title="Motorola 68000",
    elf_name="EM_68K",
    family="m68k",
    runs_linux=True,
    float_attributes=(
        AttributeFloat(GNU, TAG_GNU_M68K_ABI_FP, 3, 1, "hard", "hard float (Tag_GNU_M68K_ABI_FP 1)"),
        AttributeFloat(GNU, TAG_GNU_M68K_ABI_FP, 3, 2, "soft", "soft float (Tag_GNU_M68K_ABI_FP 2)"),
    ),
    # no flag at all is any CPU from the 68020 on
    isa_flags=(
        FlagIsa(_ARCHITECTURE, EF_M68K_CPU32, base="cpu32"),
        FlagIsa(_ARCHITECTURE, EF_M68K_M68000, base="m68000"),
        FlagIsa(_ARCHITECTURE, EF_M68K_FIDO, base="fido"),
        *(FlagIsa(EF_M68K_CF_ISA_MASK, at, base=f"coldfire-{name}") for at, name in enumerate(_COLDFIRE, 1)),
        FlagIsa(EF_M68K_CF_FLOAT, EF_M68K_CF_FLOAT, extension="cf-float"),
        *(FlagIsa(EF_M68K_CF_MAC_MASK, at << 4, extension=name) for at, name in enumerate(_MACS, 1)),
    ),
    unmarked_stack_executable=True,
    source="binutils include/elf/m68k.h:98-103; glibc sysdeps/m68k/stackinfo.h",
)
