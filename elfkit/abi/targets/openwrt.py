"""OpenWrt's package architectures (include/target.mk, Target-Arch-Packages; toolchain/Config.in, SOFT_FLOAT).

The ISA is what the same -mcpu and -mfpu (and -mips16, config/Config-build.in, USE_MIPS16) make gcc or clang note in
files, "" where files hold no note of it. What a CPU has: gcc config/arm/arm-cpus.in.
"""

from elfkit.abi.header import (
    EM_386,
    EM_AARCH64,
    EM_ARC_COMPACT,
    EM_ARC_COMPACT2,
    EM_ARM,
    EM_LOONGARCH,
    EM_MIPS,
    EM_PPC,
    EM_PPC64,
    EM_RISCV,
    EM_X86_64,
)
from elfkit.abi.targets.row import Columns

A9_NEON, A9_VFPV3_D16 = "armv7-a + vfpv3 + neon + fp16", "armv7-a + vfpv3-d16 + fp16"
A5_NEON, V8_NEON = "armv7-a + vfpv4 + neon-vfpv4", "armv8-a + vfpv4 + neon-vfpv4"
A7_NEON = f"{A5_NEON} + idiv"  # and of Cortex-A15
R2_MIPS16 = "mips32r2 + mips16"

# fmt: off
# name, e_machine, class, byte order, ABI variant, float ABI, libc, ISA, releases
OPENWRT: tuple[Columns, ...] = (
    ("aarch64_armv8-a", EM_AARCH64, 64, "little", "", "none", "musl", "", "17.01"),
    ("aarch64_cortex-a53", EM_AARCH64, 64, "little", "", "none", "musl", "", "18.06 to master"),
    ("aarch64_cortex-a72", EM_AARCH64, 64, "little", "", "none", "musl", "", "18.06 to master"),
    ("aarch64_cortex-a76", EM_AARCH64, 64, "little", "", "none", "musl", "", "24.10 to master"),
    ("aarch64_generic", EM_AARCH64, 64, "little", "", "none", "musl", "", "18.06 to master"),
    ("arc_arc700", EM_ARC_COMPACT, 32, "little", "", "unknown", "glibc", "", "17.01 to 21.02; uClibc up to 19.07"),
    ("arc_archs", EM_ARC_COMPACT2, 32, "little", "", "unknown", "glibc", "", "17.01 to 24.10; uClibc up to 19.07"),
    ("arm_arm1136j-s", EM_ARM, 32, "little", "eabi5", "soft", "musl", "armv6", "17.01"),
    ("arm_arm1176jzf-s_vfp", EM_ARM, 32, "little", "eabi5", "hard", "musl", "armv6kz + vfpv2", "17.01 to master"),
    ("arm_arm926ej-s", EM_ARM, 32, "little", "eabi5", "soft", "musl", "armv5tej", "17.01 to master"),
    ("arm_cortex-a15_neon-vfpv4", EM_ARM, 32, "little", "eabi5", "hard", "musl", A7_NEON, "17.01 to master"),
    ("arm_cortex-a5", EM_ARM, 32, "little", "eabi5", "soft", "musl", "armv7-a", "17.01"),
    ("arm_cortex-a53_neon-vfpv4", EM_ARM, 32, "little", "eabi5", "hard", "musl", V8_NEON, "17.01"),
    ("arm_cortex-a5_neon-vfpv4", EM_ARM, 32, "little", "eabi5", "hard", "musl", A5_NEON, "18.06"),
    ("arm_cortex-a5_vfpv4", EM_ARM, 32, "little", "eabi5", "hard", "musl", "armv7-a + vfpv4", "18.06 to master"),
    ("arm_cortex-a7", EM_ARM, 32, "little", "eabi5", "soft", "musl", "armv7-a + idiv", "21.02 to master"),
    ("arm_cortex-a7_neon-vfpv4", EM_ARM, 32, "little", "eabi5", "hard", "musl", A7_NEON,
     "17.01 to master; soft-float in 17.01 (mediatek)"),
    ("arm_cortex-a7_vfpv4", EM_ARM, 32, "little", "eabi5", "hard", "musl", "armv7-a + vfpv4 + idiv", "22.03 to master"),
    ("arm_cortex-a8_neon", EM_ARM, 32, "little", "eabi5", "hard", "musl", "armv7-a + vfpv3 + neon", "19.07"),
    ("arm_cortex-a8_vfpv3", EM_ARM, 32, "little", "eabi5", "hard", "musl", "armv7-a + vfpv3", "17.01 to master"),
    ("arm_cortex-a9", EM_ARM, 32, "little", "eabi5", "soft", "musl", "armv7-a", "17.01 to master"),
    ("arm_cortex-a9_neon", EM_ARM, 32, "little", "eabi5", "hard", "musl", A9_NEON, "17.01 to master"),
    ("arm_cortex-a9_vfpv3", EM_ARM, 32, "little", "eabi5", "hard", "musl", A9_VFPV3_D16, "17.01 to 18.06"),
    ("arm_cortex-a9_vfpv3-d16", EM_ARM, 32, "little", "eabi5", "hard", "musl", A9_VFPV3_D16, "19.07 to master"),
    ("arm_fa526", EM_ARM, 32, "little", "eabi5", "soft", "musl", "armv4", "17.01 to master"),
    ("arm_mpcore", EM_ARM, 32, "little", "eabi5", "soft", "musl", "armv6k", "17.01 to 23.05"),
    ("arm_mpcore_vfp", EM_ARM, 32, "little", "eabi5", "hard", "musl", "armv6k + vfpv2", "17.01 to 19.07"),
    ("arm_xscale", EM_ARM, 32, "little", "eabi5", "soft", "musl", "armv5te", "17.01 to master"),
    ("armeb_xscale", EM_ARM, 32, "big", "eabi5", "soft", "musl", "armv5te", "17.01 to master"),
    ("i386_pentium", EM_386, 32, "little", "", "none", "musl", "", "17.01 to 19.07"),
    ("i386_pentium-mmx", EM_386, 32, "little", "", "none", "musl", "", "21.02 to master"),
    ("i386_pentium4", EM_386, 32, "little", "", "none", "musl", "", "17.01 to master"),
    ("loongarch64_generic", EM_LOONGARCH, 64, "little", "", "hard", "musl", "", "24.10 to master"),
    ("mips64_mips64", EM_MIPS, 64, "big", "n64", "soft", "musl", "mips64", "17.01 to 19.07"),
    ("mips64_mips64r2", EM_MIPS, 64, "big", "n64", "soft", "musl", "mips64r2", "21.02 to master"),
    ("mips64_octeon", EM_MIPS, 64, "big", "n64", "soft", "musl", "mips64r2 + octeon", "17.01 to 18.06"),
    ("mips64_octeonplus", EM_MIPS, 64, "big", "n64", "soft", "musl", "mips64r2 + octeon+", "19.07 to master"),
    ("mips64el_mips64", EM_MIPS, 64, "little", "n64", "soft", "musl", "mips64", "17.01 to 19.07"),
    ("mips64el_mips64r2", EM_MIPS, 64, "little", "n64", "soft", "musl", "mips64r2", "21.02 to master"),
    ("mips_24kc", EM_MIPS, 32, "big", "o32", "soft", "musl", R2_MIPS16, "17.01 to master"),
    ("mips_4kec", EM_MIPS, 32, "big", "o32", "soft", "musl", R2_MIPS16, "21.02 to 24.10"),
    ("mips_mips32", EM_MIPS, 32, "big", "o32", "soft", "musl", "mips32", "17.01 to master"),
    ("mipsel_24kc", EM_MIPS, 32, "little", "o32", "soft", "musl", R2_MIPS16, "17.01 to master"),
    ("mipsel_24kc_24kf", EM_MIPS, 32, "little", "o32", "hard", "musl", R2_MIPS16, "18.06 to master"),
    ("mipsel_74kc", EM_MIPS, 32, "little", "o32", "soft", "musl", R2_MIPS16, "17.01 to master"),
    ("mipsel_mips32", EM_MIPS, 32, "little", "o32", "soft", "musl", "mips32", "17.01 to master"),
    ("powerpc64_e5500", EM_PPC64, 64, "big", "elfv2", "hard", "musl", "", "22.03 to master; glibc in 18.06 and 19.07"),
    ("powerpc_405", EM_PPC, 32, "big", "", "soft", "musl", "", "17.01"),
    ("powerpc_440", EM_PPC, 32, "big", "", "soft", "musl", "", "17.01"),
    ("powerpc_464fp", EM_PPC, 32, "big", "", "hard", "musl", "", "17.01 to master"),
    ("powerpc_8540", EM_PPC, 32, "big", "", "soft", "musl", "", "17.01 to 22.03"),
    ("powerpc_8548", EM_PPC, 32, "big", "", "soft", "musl", "", "23.05 to master"),
    ("riscv64_generic", EM_RISCV, 64, "little", "", "hard", "musl", "rv64i + m + a + f + d + c", "25.12 to master"),
    ("riscv64_riscv64", EM_RISCV, 64, "little", "", "hard", "musl", "rv64i + m + a + f + d + c", "23.05 to 24.10"),
    ("x86_64", EM_X86_64, 64, "little", "", "none", "musl", "x86-64", "17.01 to master"),
)
# fmt: on
