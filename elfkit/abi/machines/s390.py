"""s390 (31 bits) and s390x (64 bits): one machine, told apart by the class (ELF ABI, s390x supplement)."""

from elfkit.abi.attributes import GNU
from elfkit.abi.header import ELFCLASS32, ELFCLASS64, EM_S390, EM_S390_OLD
from elfkit.abi.machines.row import AttributeIsa, FlagIsa, Machine

EF_S390_HIGH_GPRS = 0x00000001

TAG_GNU_S390_ABI_VECTOR = 8

S390 = Machine(
    key="s390",
    e_machine=EM_S390,
    title="IBM Z (s390)",
    elf_name="EM_S390",
    family="s390",
    runs_linux=True,
    float_abi_none=True,
    # z900 brought the 64-bit mode
    isa_flags=(
        FlagIsa(0, 0, base="g5", elf_class=ELFCLASS32, least=True),
        FlagIsa(0, 0, base="z900", elf_class=ELFCLASS64, least=True),
        FlagIsa(EF_S390_HIGH_GPRS, EF_S390_HIGH_GPRS, extension="highgprs", elf_class=ELFCLASS32),
    ),
    isa_attributes=(AttributeIsa(GNU, TAG_GNU_S390_ABI_VECTOR, 2, extension="vx"),),
    dt_hash_8byte=True,
    unmarked_stack_executable=True,
    kernel_keeps_unmarked_stack=True,
    source="ELF ABI s390x supplement; binutils include/elf/s390.h:38, bfd/elf64-s390.c (hash entry size 8)",
)
S390_OLD = S390._replace(key="s390_old", e_machine=EM_S390_OLD, elf_name="EM_S390_OLD")
