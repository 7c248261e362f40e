"""What GNU readelf says of many files, as values: the witness that elfkit's facts are compared with.

Asked once for a whole batch of files, with its output, memory and time bounded. Only readelf's words are
read; nothing here knows how an ELF file lies in bytes, or the two would share their mistakes.
"""

import os
import re
import resource
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

OPTIONS: Final = ("-hldnAW", "--dyn-syms")  # -A: the float ABI of MIPS; the rest is the headers, and notes
BATCH: Final = 200
OUTPUT: Final = 64 << 20  # a batch of Debian's files says 5 MB
MEMORY: Final = 2 << 30
SECONDS: Final = 60

SEGMENT: Final = re.compile(
    r"^  (\S.*?) +0x([0-9a-f]+) (?:0x[0-9a-f]+ ){2}0x([0-9a-f]+) 0x([0-9a-f]+) ([R ][W ][E ]) ", re.MULTILINE
)
DYNAMIC: Final = re.compile(r"^ 0x[0-9a-f]+ \((\w+)\) *(.*)$", re.MULTILINE)
BRACKETED: Final = re.compile(r"\[(.*)\]")


class Segment(NamedTuple):
    """One program header: its type without ``PT_``, place and bytes in the file, bytes of memory, flags ("RE")."""

    type: str
    offset: int
    filesz: int
    memsz: int
    flags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One file in readelf's words, taken apart but not interpreted. None: readelf names no such thing.

    `flag_words` is what readelf makes of e_flags, `fp_abi` of PT_MIPS_ABIFLAGS; `symbol_count` are the entries of
    `.dynsym` according to its section header.
    """

    elf_class: int
    data: str
    osabi: str
    type: str
    machine: str
    flags: int
    flag_words: str
    entry: int
    segment_count: int
    section_offset: int
    section_count: int
    interpreter: str | None
    segments: tuple[Segment, ...]
    needed: tuple[str, ...]
    soname: str | None
    rpath: str | None
    runpath: str | None
    bind_now: bool
    pie: bool
    textrel: bool
    build_id: str | None
    fp_abi: str | None
    symbol_count: int | None


def witnesses(paths: Sequence[Path]) -> Iterator[tuple[Path, Witness]]:
    """Ask readelf about every file, `BATCH` at a time. ValueError where it does not answer for one of them."""
    for start in range(0, len(paths), BATCH):
        batch = paths[start : start + BATCH]
        blocks = split(readelf(batch), [str(path) for path in batch])
        yield from zip(batch, map(parse, blocks), strict=True)


def split(output: str, paths: Sequence[str]) -> list[str]:
    """The part of the output that is about each path; readelf prints ``File:`` lines only when asked for several."""
    if len(paths) == 1:
        return [output]
    head, *blocks = re.split(r"^File: (?=/)", output, flags=re.MULTILINE)
    named = [block.partition("\n")[0] for block in blocks]
    if head.strip() or named != list(paths):
        msg = f"readelf answered for {len(named)} of {len(paths)} files, or for others"
        raise ValueError(msg)
    return [block.partition("\n")[2] for block in blocks]


def parse(block: str) -> Witness:
    """What readelf said of one file, asked with `OPTIONS`."""
    entries = DYNAMIC.findall(block)
    flag_words = {word for tag, text in entries if tag in {"FLAGS", "FLAGS_1"} for word in text.split()}
    tags = {tag for tag, _ in entries}
    return Witness(
        elf_class=int(_header(block, "Class").removeprefix("ELF")),
        data="little" if "little endian" in _header(block, "Data") else "big",
        osabi=_header(block, "OS/ABI"),
        type=_header(block, "Type").split()[0],
        machine=_header(block, "Machine"),
        flags=int(_header(block, "Flags").partition(",")[0], 16),
        flag_words=_header(block, "Flags").partition(",")[2].strip(),
        entry=int(_header(block, "Entry point address"), 16),
        segment_count=_number(block, "Number of program headers"),
        section_offset=_number(block, "Start of section headers"),
        section_count=_number(block, "Number of section headers"),
        interpreter=_found(r"Requesting program interpreter: (.*)\]$", block),
        segments=tuple(_segments(block)),
        needed=tuple(_texts(entries, "NEEDED")),
        soname=_first(_texts(entries, "SONAME")),
        rpath=_first(_texts(entries, "RPATH")),
        runpath=_first(_texts(entries, "RUNPATH")),
        bind_now="BIND_NOW" in tags | flag_words or "NOW" in flag_words,
        pie="PIE" in flag_words,
        textrel="TEXTREL" in tags | flag_words,
        build_id=_found(r"\bBuild ID: ([0-9a-f]+)$", block),
        fp_abi=_found(r"^FP ABI: (.*)$", block),
        symbol_count=int(count) if (count := _found(r"^Symbol table '.dynsym' contains (\d+) entr", block)) else None,
    )


def _segments(block: str) -> Iterator[Segment]:
    for kind, offset, filesz, memsz, flags in SEGMENT.findall(block):
        yield Segment(kind, int(offset, 16), int(filesz, 16), int(memsz, 16), flags.replace(" ", ""))


def _header(block: str, label: str) -> str:
    found = re.search(rf"^  {label}: +(.*?) *$", block, re.MULTILINE)
    if found is None:
        msg = f"readelf printed no {label!r}"
        raise ValueError(msg)
    return found[1]


def _number(block: str, label: str) -> int:
    """A decimal number; of ``0 (70000)`` the one in brackets, which readelf took from the first section header."""
    words = re.findall(r"\d+", _header(block, label).removesuffix("(bytes into file)"))
    return int(words[-1])


def _texts(entries: Sequence[tuple[str, str]], tag: str) -> list[str]:
    return [found[1] for name, text in entries if name == tag and (found := BRACKETED.search(text))]


def _found(pattern: str, block: str) -> str | None:
    found = re.search(pattern, block, re.MULTILINE)
    return found[1] if found else None


def _first(values: Sequence[str]) -> str | None:
    return values[0] if values else None


def readelf(paths: Sequence[Path], options: Sequence[str] = OPTIONS, program: str = "readelf") -> str:
    """The output of one run; ValueError where it passes a bound. Its complaints on stderr are no answers."""
    command = [program, *options, "--", *map(str, paths)]
    env = os.environ | {"LC_ALL": "C"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env) as process:
        resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            output = process.stdout.read(OUTPUT + 1)
        finally:
            timer.cancel()
            process.kill()
    if len(output) > OUTPUT:
        msg = f"{program} said more than {OUTPUT} bytes of {len(paths)} files"
        raise ValueError(msg)
    return output.decode("utf-8", "surrogateescape")
