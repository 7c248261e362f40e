"""s390 (31 bits) and s390x (64 bits): one machine, told apart by the class (ELF ABI, s390x supplement)."""

from elfkit.abi.header import EM_S390, EM_S390_OLD
from elfkit.abi.machines.row import Machine

EF_S390_HIGH_GPRS = 0x00000001

S390 = Machine(
    key="s390",
    e_machine=EM_S390,
    title="IBM Z (s390)",
    elf_name="EM_S390",
    family="s390",
    runs_linux=True,
    float_abi_none=True,
    dt_hash_8byte=True,
    unmarked_stack_executable=True,
    kernel_keeps_unmarked_stack=True,
    source="ELF ABI s390x supplement; binutils include/elf/s390.h:38, bfd/elf64-s390.c (hash entry size 8)",
)
S390_OLD = S390._replace(key="s390_old", e_machine=EM_S390_OLD, elf_name="EM_S390_OLD")
