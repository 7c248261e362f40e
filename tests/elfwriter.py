"""Builds small ELF files of both classes and byte orders out of a description.

construct builds every record, straight from the declarations; nothing that the library derives from them is asked.
`write` keeps the place of every record: `write(Elf()).patched("DT_NEEDED", "d_val", 1)` damages one field by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from elfkit.abi import dynamic as dt
from elfkit.abi import segments as pt
from elfkit.abi.header import EM_AARCH64, ET_DYN, ET_REL
from elfkit.abi.sections import SHT_DYNSYM, SHT_PROGBITS, SHT_STRTAB
from elfkit.formats.abiflags import mips_abiflags
from elfkit.formats.dynamic import dyn
from elfkit.formats.header import ehdr
from elfkit.formats.notes import nhdr
from elfkit.formats.sections import shdr
from elfkit.formats.segments import phdr
from elfkit.formats.symbols import sym
from elfkit.formats.words import Words, words
from tests.tables.hashwriter import bucket_count, gnu_table, hash_of_gnu, sysv_table

LAYOUTS = ((1, 1), (1, 2), (2, 1), (2, 2))  # EI_CLASS, EI_DATA
BASE = 0x400000  # vaddr of the file's first byte: an address taken for an offset shows at once
R, RX, RW = 4, 5, 6

Place = tuple[int, Callable[[Words], Any]]  # offset of a record, and what declares it


@dataclass(frozen=True, slots=True)
class Sym:
    """One dynamic symbol beside entry 0; `shndx` 0 leaves it undefined."""

    name: bytes
    value: int = 0
    size: int = 0
    info: int = 0x12  # STB_GLOBAL, STT_FUNC
    other: int = 0
    shndx: int = 1


@dataclass(frozen=True, slots=True)
class Note:
    owner: bytes
    type: int
    descriptor: bytes


@dataclass(frozen=True, slots=True)
class Sect:
    """One section; its bytes, if it has any, are not mapped."""

    name: bytes
    type: int = SHT_PROGBITS
    flags: int = 0
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Elf:
    """What to build. None and () leave a thing out; `tags` are further entries of the dynamic section."""

    elf_class: int = 2
    data: int = 1
    type: int = ET_DYN
    machine: int = EM_AARCH64
    flags: int = 0
    interpreter: bytes | None = None  # its NUL is written too
    dynamic: bool = True
    needed: tuple[bytes, ...] = ()
    soname: bytes | None = None
    rpath: bytes | None = None
    runpath: bytes | None = None
    tags: tuple[tuple[int, int], ...] = ()
    symbols: tuple[Sym, ...] = ()
    sysv_words: int = 0  # bytes of a DT_HASH word, 0 without the table
    gnu: str = ""  # "gnu"; "bfd" and "lld" write a table that hashes nothing as those linkers do
    notes: tuple[Note, ...] = ()
    note_align: int = 4
    stack: int | None = RW
    relro: bool = False
    fp_abi: int | None = None  # of PT_MIPS_ABIFLAGS
    code_flags: int = RX
    code_shift: int = 0  # of its address, so that it shares no page with what is not executable
    code: bytes = bytes(16)
    sections: tuple[Sect, ...] | None = None  # beside those for .dynsym, .dynstr and .shstrtab
    extra: tuple[tuple[str, bytes], ...] = ()  # named blobs, mapped like the rest


@dataclass(frozen=True, slots=True)
class Written:
    """The file; `places` has offset and declaration of each record, `blobs` the span of each table."""

    data: bytes
    order: int  # EI_DATA
    types: Words
    places: dict[str, Place]
    blobs: dict[str, tuple[int, int]]

    def place(self, record: str, name: str) -> tuple[int, int]:
        """Offset and size of a field of a record."""
        offset, declare = self.places[record]
        for declared in declare(self.types).subcons:
            if declared.name == name:
                return offset, declared.sizeof()
            offset += declared.sizeof()
        raise KeyError(name)

    def patched(self, record: str, name: str, value: int) -> bytes:
        """The file with another value in one field."""
        return self.also(record, name, value).data

    def also(self, record: str, name: str, value: int) -> Written:
        """The same, for one more damage."""
        offset, size = self.place(record, name)
        raw = (value & (1 << 8 * size) - 1).to_bytes(size, "little" if self.order == 1 else "big")
        return replace(self, data=patch(self.data, offset, raw))


def patch(content: bytes, offset: int, raw: bytes) -> bytes:
    """`content` with `raw` at `offset`."""
    return content[:offset] + raw + content[offset + len(raw) :]


@dataclass(slots=True)
class Writer:
    elf: Elf
    types: Words = field(init=False)
    strings: bytearray = field(default_factory=lambda: bytearray(b"\0"))
    out: bytearray = field(default_factory=bytearray)
    blobs: dict[str, tuple[int, int]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.types = words(self.elf.elf_class, self.elf.data)

    def string(self, text: bytes) -> int:
        at = len(self.strings)
        self.strings += text + b"\0"
        return at

    def put(self, name: str, content: bytes, align: int = 8) -> None:
        self.out += bytes(-len(self.out) % align)
        self.blobs[name] = (len(self.out), len(content))
        self.out += content

    def vaddr(self, name: str) -> int:
        return BASE + self.blobs[name][0] + (self.elf.code_shift if name == "code" else 0)


def ordered(elf: Elf) -> list[Sym]:
    """Symbols in table order: of a GNU table the hashed ones come last, by bucket."""
    if elf.gnu != "gnu":
        return list(elf.symbols)
    hashed = [symbol for symbol in elf.symbols if symbol.shndx]
    count = bucket_count(len(hashed))
    hashed.sort(key=lambda symbol: hash_of_gnu(symbol.name) % count)
    return [symbol for symbol in elf.symbols if not symbol.shndx] + hashed


def note_bytes(writer: Writer) -> bytes:
    """All notes; name and descriptor padded to `note_align`, counted from each note's start."""
    align, out = writer.elf.note_align, b""
    for note in writer.elf.notes:
        owner = note.owner + b"\0"
        head = {"n_namesz": len(owner), "n_descsz": len(note.descriptor), "n_type": note.type}
        for part in (nhdr(writer.types).build(head) + owner, note.descriptor):
            out += part + bytes(-len(part) % align)
    return out


def tables(writer: Writer) -> list[tuple[int, int]]:
    """Put what the dynamic section points to, and return its entries, DT_NULL included."""
    elf = writer.elf
    entries = [(dt.DT_NEEDED, writer.string(name)) for name in elf.needed]
    texts = ((dt.DT_SONAME, elf.soname), (dt.DT_RPATH, elf.rpath), (dt.DT_RUNPATH, elf.runpath))
    entries += [(tag, writer.string(text)) for tag, text in texts if text is not None]
    symbols = ordered(elf)
    rows = [Sym(b"", info=0, shndx=0), *symbols]
    names = [0] + [writer.string(symbol.name) for symbol in symbols]
    keys = ("st_value", "st_size", "st_info", "st_other", "st_shndx")
    table = b""
    for name, row in zip(names, rows, strict=True):
        values = (row.value, row.size, row.info, row.other, row.shndx)
        table += sym(writer.types).build({"st_name": name, **dict(zip(keys, values, strict=True))})
    writer.put("dynsym", table)
    entries.append((dt.DT_SYMTAB, writer.vaddr("dynsym")))
    if elf.sysv_words:
        writer.put("hash", sysv_table(writer.types, elf.data, [row.name for row in rows], elf.sysv_words))
        entries.append((dt.DT_HASH, writer.vaddr("hash")))
    if elf.gnu:
        hashed = [symbol.name for symbol in symbols if symbol.shndx and elf.gnu == "gnu"]
        symoffset = 1 if elf.gnu == "bfd" else len(rows) - len(hashed)
        writer.put("gnu_hash", gnu_table(writer.types, elf.data, hashed, symoffset))
        entries.append((dt.DT_GNU_HASH, writer.vaddr("gnu_hash")))
    writer.put("dynstr", bytes(writer.strings))
    entries += [(dt.DT_STRTAB, writer.vaddr("dynstr")), (dt.DT_STRSZ, len(writer.strings))]
    return [*entries, *elf.tags, (dt.DT_NULL, 0)]


def contents(writer: Writer) -> list[tuple[int, int]]:
    """Put everything that is mapped, and return the entries of the dynamic section."""
    elf, types = writer.elf, writer.types
    writer.put("Ehdr", bytes(ehdr(types).sizeof()))
    writer.put("Phdrs", bytes(9 * phdr(types).sizeof()), 1)  # room for every program header there can be
    if elf.interpreter is not None:
        writer.put("interp", elf.interpreter + b"\0")
    if elf.notes:
        writer.put("notes", note_bytes(writer))
    if elf.fp_abi is not None:
        declared = mips_abiflags(types)
        zero = dict.fromkeys([part.name for part in declared.subcons], 0)
        writer.put("abiflags", declared.build(zero | {"isa_level": 32, "isa_rev": 2, "fp_abi": elf.fp_abi}))
    for name, raw in elf.extra:
        writer.put(name, raw)
    entries = tables(writer) if elf.dynamic else []
    if elf.dynamic:
        writer.put("dynamic", b"".join(dyn(types).build({"d_tag": tag, "d_val": value}) for tag, value in entries))
    if elf.type != ET_REL:
        writer.blobs["mapped"] = (0, len(writer.out))
        writer.put("code", elf.code)
    return entries


def put_segments(writer: Writer) -> list[str]:
    """Write the program headers over the room left for them, and return their names."""
    elf, record = writer.elf, phdr(writer.types)
    rows = [("PT_INTERP", pt.PT_INTERP, "interp", R), ("PT_LOAD", pt.PT_LOAD, "mapped", R)]
    rows += [("PT_LOAD code", pt.PT_LOAD, "code", elf.code_flags), ("PT_DYNAMIC", pt.PT_DYNAMIC, "dynamic", RW)]
    rows += [("PT_NOTE", pt.PT_NOTE, "notes", R), ("PT_MIPS_ABIFLAGS", pt.PT_MIPS_ABIFLAGS, "abiflags", R)]
    rows += [("PT_GNU_RELRO", pt.PT_GNU_RELRO, "dynamic", R)] if elf.relro else []
    rows = [row for row in rows if row[2] in writer.blobs]
    rows += [("PT_GNU_STACK", pt.PT_GNU_STACK, "", elf.stack)] if elf.stack is not None and elf.type != ET_REL else []
    offset = writer.blobs["Phdrs"][0]
    for name, p_type, blob, flags in rows:
        start, size = writer.blobs.get(blob, (0, 0))
        vaddr = writer.vaddr(blob) if blob else 0
        values = {"p_type": p_type, "p_flags": flags, "p_offset": start, "p_vaddr": vaddr, "p_paddr": vaddr}
        values |= {"p_filesz": size, "p_memsz": size, "p_align": elf.note_align if blob == "notes" else 8}
        writer.places[name] = (offset, phdr)
        writer.out[offset : offset + record.sizeof()] = record.build(values)
        offset += record.sizeof()
    return [name for name, *_ in rows]


def put_sections(writer: Writer, extra: tuple[Sect, ...]) -> int:
    """Append .shstrtab and the section headers, and return how many there are; 0 NULL, 1 names, then the rest."""
    record = shdr(writer.types)
    sections = [Sect(b"", 0), Sect(b".shstrtab", SHT_STRTAB)]
    if writer.elf.dynamic:
        sections += [Sect(b".dynsym", SHT_DYNSYM), Sect(b".dynstr", SHT_STRTAB)]
    sections += extra
    writer.put("shstrtab", b"".join(section.name + b"\0" for section in sections))
    spans = {b".shstrtab": "shstrtab", b".dynsym": "dynsym", b".dynstr": "dynstr"}
    for section in [section for section in extra if section.content]:
        spans[section.name] = section.name.decode()
        writer.put(spans[section.name], section.content, 1)
    rows, at, entry = b"", 0, sym(writer.types).sizeof()
    for section in sections:
        offset, size = writer.blobs.get(spans.get(section.name, ""), (0, 0))
        symbols = section.name == b".dynsym"
        values = dict.fromkeys([part.name for part in record.subcons], 0)
        values |= {"sh_name": at, "sh_type": section.type, "sh_flags": section.flags, "sh_offset": offset}
        values |= {"sh_size": size, "sh_link": 3 * symbols, "sh_info": 1 * symbols, "sh_entsize": entry * symbols}
        rows += record.build(values)
        at += len(section.name) + 1
    writer.put("Shdrs", rows)
    for number in range(len(sections)):
        writer.places[f"Shdr {number}"] = (writer.blobs["Shdrs"][0] + number * record.sizeof(), shdr)
    return len(sections)


def write(elf: Elf) -> Written:
    """Lay out and build the file that `elf` describes."""
    writer = Writer(elf)
    types = writer.types
    entries = contents(writer)
    segments = put_segments(writer)
    count = put_sections(writer, elf.sections) if elf.sections is not None else 0
    for number, (tag, _) in enumerate(entries):
        at = writer.blobs["dynamic"][0] + number * dyn(types).sizeof()
        writer.places.setdefault(dt.tag_name(tag, elf.machine), (at, dyn))
    head: dict[str, Any] = {"e_ident": b"\x7fELF" + bytes([elf.elf_class, elf.data, 1]) + bytes(9)}
    entry = writer.vaddr("code") if "code" in writer.blobs else 0  # a program starts in its code
    head |= {"e_type": elf.type, "e_machine": elf.machine, "e_version": 1, "e_entry": entry, "e_flags": elf.flags}
    head |= {"e_phoff": writer.blobs["Phdrs"][0] if segments else 0, "e_phnum": len(segments)}
    head |= {"e_shoff": writer.blobs["Shdrs"][0] if count else 0, "e_shnum": count, "e_shstrndx": 1 if count else 0}
    head |= {"e_ehsize": ehdr(types).sizeof(), "e_phentsize": phdr(types).sizeof(), "e_shentsize": shdr(types).sizeof()}
    writer.places["Ehdr"] = (0, ehdr)
    writer.out[: ehdr(types).sizeof()] = ehdr(types).build(head)
    return Written(bytes(writer.out), elf.data, types, writer.places, writer.blobs)


def build(elf: Elf) -> bytes:
    """The bytes of the file that `elf` describes."""
    return write(elf).data
