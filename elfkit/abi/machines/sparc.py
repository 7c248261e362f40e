"""SPARC: V8, V8+ (32-bit code for V9 CPUs, a number of its own), V9 (SPARC Compliance Definition 2.4)."""

from elfkit.abi.header import EM_SPARC, EM_SPARC32PLUS, EM_SPARCV9
from elfkit.abi.machines.row import FlagIsa, FlagVariant, Machine

EF_SPARC_32PLUS = 0x00000100
EF_SPARC_LEDATA = 0x00800000
EF_SPARCV9_MM = 0x00000003

# HAL's R1 is Fujitsu's; the others are Sun's UltraSPARC extensions
_EXTENSIONS = (
    FlagIsa(0x00000200, 0x00000200, extension="ultrasparc"),
    FlagIsa(0x00000400, 0x00000400, extension="hal-r1"),
    FlagIsa(0x00000800, 0x00000800, extension="ultrasparc3"),
)
_V9 = (FlagIsa(0, 0, base="v9", least=True), *_EXTENSIONS)

SPARC = Machine(
    key="sparc",
    e_machine=EM_SPARC,
    title="SPARC",
    elf_name="EM_SPARC",
    family="sparc",
    runs_linux=True,
    isa_flags=(FlagIsa(0, 0, base="v7", least=True),),
    unmarked_stack_executable=True,
    wx_plt_tolerated=True,  # the loader writes instructions into the PLT
    source="binutils include/elf/sparc.h:29-44; SCD 2.4, Procedure Linkage Table",
)
SPARC32PLUS = SPARC._replace(
    key="sparc32plus",
    e_machine=EM_SPARC32PLUS,
    title="SPARC V8+",
    elf_name="EM_SPARC32PLUS",
    variants=(FlagVariant(0, 0, None, "v8plus"),),
    isa_flags=_V9,
)
SPARC64 = SPARC._replace(key="sparc64", e_machine=EM_SPARCV9, title="SPARC V9", elf_name="EM_SPARCV9", isa_flags=_V9)
