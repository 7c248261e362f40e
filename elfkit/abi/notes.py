"""Note owners and types (System V gABI 4.3, "Note Section"; LSB; the Linux gABI supplement; Android, BSDs, Go).

A type means something only together with its owner's name.
"""

OWNER_GNU = b"GNU"
OWNER_CORE = b"CORE"
OWNER_LINUX = b"LINUX"
OWNER_GO = b"Go"
OWNER_ANDROID = b"Android"
OWNER_FREEBSD = b"FreeBSD"
OWNER_NETBSD = b"NetBSD"
OWNER_OPENBSD = b"OpenBSD"
OWNER_STAPSDT = b"stapsdt"
OWNER_XEN = b"Xen"
OWNER_FDO = b"FDO"

# owner GNU
NT_GNU_ABI_TAG = 1
NT_GNU_HWCAP = 2
NT_GNU_BUILD_ID = 3
NT_GNU_GOLD_VERSION = 4
NT_GNU_PROPERTY_TYPE_0 = 5

# NT_GNU_ABI_TAG, first word
ELF_NOTE_OS_LINUX = 0
ELF_NOTE_OS_GNU = 1
ELF_NOTE_OS_SOLARIS2 = 2
ELF_NOTE_OS_FREEBSD = 3
ELF_NOTE_OS_NAMES = {0: "Linux", 1: "Hurd", 2: "Solaris", 3: "FreeBSD"}

# other owners
NT_GO_BUILDID = 4
NT_ANDROID_TYPE_IDENT = 1
NT_ANDROID_TYPE_KUSER = 3
NT_ANDROID_TYPE_MEMTAG = 4
NT_FREEBSD_ABI_TAG = 1
NT_NETBSD_IDENT = 1
NT_OPENBSD_IDENT = 1
NT_STAPSDT = 3
NT_FDO_PACKAGING_METADATA = 0xCAFE1A7E
NT_FDO_DLOPEN_METADATA = 0x407C0C0A

# NT_GNU_PROPERTY_TYPE_0
GNU_PROPERTY_STACK_SIZE = 1
GNU_PROPERTY_NO_COPY_ON_PROTECTED = 2
GNU_PROPERTY_1_NEEDED = 0xB0008000
GNU_PROPERTY_AARCH64_FEATURE_1_AND = 0xC0000000
GNU_PROPERTY_RISCV_FEATURE_1_AND = 0xC0000000
GNU_PROPERTY_X86_FEATURE_1_AND = 0xC0000002
GNU_PROPERTY_X86_ISA_1_NEEDED = 0xC0008002
GNU_PROPERTY_X86_FEATURE_2_USED = 0xC0010001
GNU_PROPERTY_X86_ISA_1_USED = 0xC0010002

_NAMES: dict[tuple[bytes, int], str] = {
    (OWNER_GNU, NT_GNU_ABI_TAG): "NT_GNU_ABI_TAG",
    (OWNER_GNU, NT_GNU_HWCAP): "NT_GNU_HWCAP",
    (OWNER_GNU, NT_GNU_BUILD_ID): "NT_GNU_BUILD_ID",
    (OWNER_GNU, NT_GNU_GOLD_VERSION): "NT_GNU_GOLD_VERSION",
    (OWNER_GNU, NT_GNU_PROPERTY_TYPE_0): "NT_GNU_PROPERTY_TYPE_0",
    (OWNER_GO, NT_GO_BUILDID): "NT_GO_BUILDID",
    (OWNER_ANDROID, NT_ANDROID_TYPE_IDENT): "NT_ANDROID_TYPE_IDENT",
    (OWNER_ANDROID, NT_ANDROID_TYPE_KUSER): "NT_ANDROID_TYPE_KUSER",
    (OWNER_ANDROID, NT_ANDROID_TYPE_MEMTAG): "NT_ANDROID_TYPE_MEMTAG",
    (OWNER_FREEBSD, NT_FREEBSD_ABI_TAG): "NT_FREEBSD_ABI_TAG",
    (OWNER_NETBSD, NT_NETBSD_IDENT): "NT_NETBSD_IDENT",
    (OWNER_OPENBSD, NT_OPENBSD_IDENT): "NT_OPENBSD_IDENT",
    (OWNER_STAPSDT, NT_STAPSDT): "NT_STAPSDT",
    (OWNER_FDO, NT_FDO_PACKAGING_METADATA): "NT_FDO_PACKAGING_METADATA",
    (OWNER_FDO, NT_FDO_DLOPEN_METADATA): "NT_FDO_DLOPEN_METADATA",
}

# the section that linkers and compilers put each note into (binutils, systemd, Go, Android, NetBSD)
_SECTIONS: dict[tuple[bytes, int], str] = {
    (OWNER_GNU, NT_GNU_ABI_TAG): ".note.ABI-tag",
    (OWNER_GNU, NT_GNU_BUILD_ID): ".note.gnu.build-id",
    (OWNER_GNU, NT_GNU_GOLD_VERSION): ".note.gnu.gold-version",
    (OWNER_GNU, NT_GNU_PROPERTY_TYPE_0): ".note.gnu.property",
    (OWNER_GO, NT_GO_BUILDID): ".note.go.buildid",
    (OWNER_ANDROID, NT_ANDROID_TYPE_IDENT): ".note.android.ident",
    (OWNER_ANDROID, NT_ANDROID_TYPE_MEMTAG): ".note.android.memtag",
    (OWNER_FREEBSD, NT_FREEBSD_ABI_TAG): ".note.tag",
    (OWNER_NETBSD, NT_NETBSD_IDENT): ".note.netbsd.ident",
    (OWNER_OPENBSD, NT_OPENBSD_IDENT): ".note.openbsd.ident",
    (OWNER_FDO, NT_FDO_PACKAGING_METADATA): ".note.package",
    (OWNER_FDO, NT_FDO_DLOPEN_METADATA): ".note.dlopen",
}


def note_section(owner: bytes, note_type: int) -> str:
    """The name of the section that customarily holds a note of this owner and type; ".note" where none is known."""
    return _SECTIONS.get((owner, note_type), ".note")


def note_name(owner: bytes, note_type: int) -> str:
    """The name of a note by its owner (without the closing NUL) and type; the type as hex where none is known."""
    return _NAMES.get((owner, note_type)) or f"{note_type:#x}"
