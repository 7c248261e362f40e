"""C-SKY (binutils include/opcode/csky.h). Soft or hard float stands in `.csky.attributes` alone."""

from elfkit.abi.attributes import CSKY as VENDOR
from elfkit.abi.header import EM_CSKY
from elfkit.abi.machines.row import AttributeFloat, FlagIsa, FlagVariant, Machine
from elfkit.abi.sections import SHT_CSKY_ATTRIBUTES

CSKY_ABI_MASK = 0xF0000000

CSKY_ARCH_MASK = 0x1F
TAG_CSKY_FPU_ABI = 17

_CPUS = (
    (0x01, "ck510"),
    (0x02, "ck610"),
    (0x06, "ck807"),
    (0x08, "ck810"),
    (0x09, "ck803"),
    (0x0A, "ck801"),
    (0x0B, "ck860"),
    (0x10, "ck802"),
    (0x11, "ck805"),
    (0x1F, "ck800"),
)
_EXTENSIONS = ((0x8000, "mac"), (0x4000, "dsp"), (0x2000, "float"), (0x1000, "simd"), (0x0400, "mp"), (0x0100, "java"))

CSKY = Machine(
    key="csky",
    e_machine=EM_CSKY,
    title="C-SKY",
    elf_name="EM_CSKY",
    family="csky",
    runs_linux=True,
    attribute_section=SHT_CSKY_ATTRIBUTES,
    float_attributes=(
        AttributeFloat(VENDOR, TAG_CSKY_FPU_ABI, 0xFF, 1, "soft", "soft float (Tag_CSKY_FPU_ABI 1)"),
        AttributeFloat(VENDOR, TAG_CSKY_FPU_ABI, 0xFF, 2, "soft", "general registers, FPU used (Tag_CSKY_FPU_ABI 2)"),
        AttributeFloat(VENDOR, TAG_CSKY_FPU_ABI, 0xFF, 3, "hard", "hard float (Tag_CSKY_FPU_ABI 3)"),
    ),
    isa_flags=(
        *(FlagIsa(CSKY_ARCH_MASK, number, base=name) for number, name in _CPUS),
        *(FlagIsa(bit, bit, extension=name) for bit, name in _EXTENSIONS),
    ),
    variants=(
        FlagVariant(CSKY_ABI_MASK, 0x10000000, None, "abiv1"),
        FlagVariant(CSKY_ABI_MASK, 0x20000000, None, "abiv2"),
    ),
    source="binutils include/opcode/csky.h:67-92, include/elf/csky.h:121",
)
