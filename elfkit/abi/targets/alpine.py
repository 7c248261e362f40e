"""Alpine's architectures (abuild functions.sh.in; apk-tools src/apk_arch.h; aports main/gcc)."""

from elfkit.abi.header import (
    EM_386,
    EM_AARCH64,
    EM_ARM,
    EM_LOONGARCH,
    EM_MIPS,
    EM_PPC,
    EM_PPC64,
    EM_RISCV,
    EM_S390,
    EM_X86_64,
)
from elfkit.abi.targets.row import Columns

# fmt: off
ALPINE: tuple[Columns, ...] = (
    ("x86", EM_386, 32, "little", "", "none", "musl", "", "i586"),
    ("x86_64", EM_X86_64, 64, "little", "", "none", "musl", "x86-64", ""),
    ("armel", EM_ARM, 32, "little", "eabi5", "soft", "musl", "armv5te", ""),
    ("armhf", EM_ARM, 32, "little", "eabi5", "hard", "musl", "armv6kz + vfpv2", "Debian's armhf is ARMv7"),
    ("armv7", EM_ARM, 32, "little", "eabi5", "hard", "musl", "armv7-a + vfpv3-d16", ""),
    ("aarch64", EM_AARCH64, 64, "little", "", "none", "musl", "", ""),
    ("ppc", EM_PPC, 32, "big", "", "hard", "musl", "", ""),
    ("ppc64", EM_PPC64, 64, "big", "elfv2", "hard", "musl", "", ""),
    ("ppc64le", EM_PPC64, 64, "little", "elfv2", "hard", "musl", "", ""),
    ("s390x", EM_S390, 64, "big", "", "none", "musl", "", ""),
    ("riscv64", EM_RISCV, 64, "little", "", "hard", "musl", "rv64i + m + a + f + d + c", ""),
    ("loongarch64", EM_LOONGARCH, 64, "little", "", "hard", "musl", "loongarch64", ""),
    ("mips", EM_MIPS, 32, "big", "o32", "soft", "musl", "", ""),
    ("mipsel", EM_MIPS, 32, "little", "o32", "soft", "musl", "", ""),
    ("mips64", EM_MIPS, 64, "big", "n64", "soft", "musl", "", ""),
    ("mips64el", EM_MIPS, 64, "little", "n64", "soft", "musl", "", ""),
)
# fmt: on
