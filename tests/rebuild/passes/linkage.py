"""Files with linkage tables, and the witness of what is found in them: their own section table, before it is cut."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from elftools.elf.elffile import ELFFile

import elfkit
from elfkit.abi.sections import SHF_ALLOC, SHF_TLS
from elfkit.evidence import Certainty
from elfkit.rebuild.gathered import Gathered
from elfkit.rebuild.passes.got import got_sections
from elfkit.rebuild.passes.plt import plt_sections
from elfkit.rebuild.passes.plt_tables import descriptor_sections, plt_table_sections
from elfkit.rebuild.planned import PlannedSection, Sections
from elfkit.rebuild.words import bounds_of
from tests.real.comparison import cut

MACHINES = Path(__file__).parents[3] / "fixtures" / "machines"
PASSES = (plt_table_sections, descriptor_sections, got_sections, plt_sections)
LINKAGE = (".got", ".got.plt", ".plt", ".plt.got", ".plt.sec", ".iplt", ".opd", ".MIPS.stubs")
# what other passes know from the dynamic section and the program headers, when these come to it
STATED = (".interp", ".hash", ".gnu.hash", ".dyn", ".gnu.version", ".rel", ".note", ".init_array", ".fini_array")


class Row(NamedTuple):
    """Where a section lies."""

    addr: int
    size: int


def witnessed(raw: bytes) -> dict[str, PlannedSection]:
    """The rows of a section table, as pyelftools reads it; the first of each name."""
    found: dict[str, PlannedSection] = {}
    types = {"SHT_NOBITS": 8}
    for section in ELFFile(BytesIO(raw)).iter_sections():
        kind = types.get(section["sh_type"], 1)
        row = PlannedSection(
            section.name,
            kind,
            section["sh_flags"],
            section["sh_addr"],
            section["sh_offset"],
            section["sh_size"],
            "the section table",
            addralign=section["sh_addralign"],
            entsize=section["sh_entsize"],
        )
        found.setdefault(section.name, row)
    return found


def planned(raw: bytes) -> dict[str, PlannedSection]:
    """The linkage sections that the passes find in the file without its section headers."""
    stated = [row for name, row in witnessed(raw).items() if name.startswith(STATED) and row.size]
    mapped = [row for row in stated if row.flags & SHF_ALLOC and not row.flags & SHF_TLS]
    with elfkit.load(cut(raw)) as image:
        gathered = Gathered(image)
        bounds = bounds_of(gathered)
        sections = Sections().adding(mapped, bounds=bounds)
        for find in PASSES:
            sections = sections.adding(find(gathered, sections), bounds=bounds)
        assert not sections.rejected
        return {row.name: row for row in sections.mapped if row not in mapped}


def places(rows: dict[str, PlannedSection], *names: str) -> dict[str, Row]:
    """Address and size of the linkage sections, or of those named."""
    wanted = names or LINKAGE
    return {name: Row(row.addr, row.size) for name, row in rows.items() if name in wanted and row.size}


def sure(rows: dict[str, PlannedSection]) -> dict[str, PlannedSection]:
    """Those that are called exact."""
    return {name: row for name, row in rows.items() if row.certainty in (Certainty.STATED, Certainty.DERIVED)}


# Calls, an address that is taken, variables of other files, and thread-local ones of the general and the local model.
LIBRARY = """
extern int puts(const char *); extern void exit(int); extern void free(void *); extern int other;
extern __thread int far; static __thread int own[2]; int data = 3; int *pointer = &data;
extern void cleanup(void) __attribute__((weak));
void greet0(void) { puts("x"); if (cleanup) cleanup(); }
int greet1(int n) { own[n]++; return other + far + own[0] + *pointer; }
void *greet2(void) { return (void *)free; }
void greet3(void) { free(0); exit(data); }
"""
IMPORTS = """
int other = 1; __thread int far; int puts(const char *s) { return *s; } void exit(int n) { for (;;) other = n; }
void free(void *p) { other = p != 0; } void *__tls_get_addr(void *p) { return p; }
void *___tls_get_addr(void *p) { return p; }
"""
PROGRAM = """
extern void greet0(void); extern int greet1(int); extern void greet3(void);
void _start(void) { greet0(); greet1(0); greet3(); }
void __start(void) { _start(); }
"""
QUIET = ("-O1", "-fno-builtin", "-nostdlib", "-w")


def compiled(compiler: str, folder: Path, *options: str, program: bool = False) -> bytes:
    """A shared library with linkage tables, or a program that needs it, made with these options."""
    for name, text in (("imports.c", IMPORTS), ("library.c", LIBRARY), ("program.c", PROGRAM)):
        folder.joinpath(name).write_text(text)
    library, out = folder / "library.so", folder / "out"
    shared = (compiler, *QUIET, "-fPIC", "-shared")
    machine = [option for option in options if option in ("-m32", "-mx32")]
    if not program:
        run(*shared, *options, folder / "library.c", "-o", out)
        return out.read_bytes()
    run(*shared, *machine, folder / "imports.c", "-o", folder / "imports.so")
    run(*shared, *machine, folder / "library.c", folder / "imports.so", "-o", library)
    run(compiler, *QUIET, *options, folder / "program.c", library, folder / "imports.so", "-o", out)
    return out.read_bytes()


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stderr}")
