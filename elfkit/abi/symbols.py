"""Symbol binding, type, visibility (System V gABI 4.3, "Symbol Table") and versions (LSB, "Symbol Versioning")."""

from elfkit.abi.names import names_of

STN_UNDEF = 0

STB_LOCAL = 0
STB_GLOBAL = 1
STB_WEAK = 2
STB_GNU_UNIQUE = 10
STB_NAMES = names_of(globals(), "STB_")
STB_LOOS = 10
STB_HIOS = 12
STB_LOPROC = 13
STB_HIPROC = 15

STT_NOTYPE = 0
STT_OBJECT = 1
STT_FUNC = 2
STT_SECTION = 3
STT_FILE = 4
STT_COMMON = 5
STT_TLS = 6
STT_GNU_IFUNC = 10
STT_NAMES = names_of(globals(), "STT_")
STT_LOOS = 10
STT_HIOS = 12
STT_LOPROC = 13
STT_HIPROC = 15
# the processors' types
STT_ARM_TFUNC = 13
STT_SPARC_REGISTER = 13
STT_PARISC_MILLICODE = 13

STV_DEFAULT = 0
STV_INTERNAL = 1
STV_HIDDEN = 2
STV_PROTECTED = 3
STV_NAMES = names_of(globals(), "STV_")

# st_other, the processors' bits
STO_MIPS_OPTIONAL = 0x04
STO_MIPS_PLT = 0x08
"""An undefined MIPS symbol with a value is a lazy stub; with this bit the value is a PLT entry other files may use."""
STO_MIPS_PIC = 0x20
STO_PPC64_LOCAL_MASK = 0xE0
STO_AARCH64_VARIANT_PCS = 0x80
STO_RISCV_VARIANT_CC = 0x80
STO_ALPHA_NOPV = 0x80
STO_ALPHA_STD_GPLOAD = 0x88

# versym
VER_NDX_LOCAL = 0
VER_NDX_GLOBAL = 1
VERSYM_VERSION = 0x7FFF
VERSYM_HIDDEN = 0x8000
# vd_flags, vna_flags
VER_FLG_BASE = 1
VER_FLG_WEAK = 2
VER_FLG_INFO = 4
# vd_version, vn_version
VER_DEF_CURRENT = 1
VER_NEED_CURRENT = 1
