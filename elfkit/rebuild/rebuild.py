"""`rebuild_sections`: load, decide, write, verify; the target appears whole and verified, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike, fsdecode, fspath
from typing import IO

from elfkit.abi.header import ET_CORE, ET_NAMES, ET_REL
from elfkit.errors import RefusedError
from elfkit.evidence import Damage
from elfkit.facts.packer import packer_fact
from elfkit.image.image import Image, load
from elfkit.limits import DEFAULT_LIMITS, Limits
from elfkit.rebuild.existing import table_trust
from elfkit.rebuild.memory_dump import memory_dump_patches, patched
from elfkit.rebuild.output import replaced
from elfkit.rebuild.patching import Scope
from elfkit.rebuild.remedy import Remedy, remedy
from elfkit.rebuild.report import Action, Check, RebuildReport
from elfkit.rebuild.section_indices import SectionIndices
from elfkit.rebuild.verify import verify, verify_revived
from elfkit.rebuild.wishes import check_files, wishes_of
from elfkit.rebuild.write import Patch

Judge = Callable[[Image], Check]
UNLINKED = {ET_REL: "an object file, whose sections are all it is made of", ET_CORE: "a core dump, not a program"}


def rebuild_sections(
    source: str | PathLike[str] | bytes | IO[bytes],
    target: str | PathLike[str] | None = None,
    *,
    shndx: str = "keep",
    overlay: bool = False,
    symbols: int | None = None,
    memory_dump: int | None = None,
    backup: str = "",
    independent: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> RebuildReport:
    """Give the ELF file ``source`` a section header table again and write it to ``target``; without one, plan only.

    A file whose table agrees with its dynamic section is left alone: the report's action says so and nothing is
    written. ``shndx`` is "keep" (the table is numbered as the symbols ask), "rewrite" (the symbols get new indices) or
    "off"; ``overlay`` allows a file with data behind its last segment; ``symbols`` overrides the count of dynamic
    symbols; ``memory_dump`` is the address a dumped library was loaded at. ``backup`` is a suffix under which a file
    that is replaced stays; ``independent`` has pyelftools and LIEF read the result too, before it is put in place.

    The target is replaced atomically, and only once the result was read back and verified. ArgumentError for an
    argument that is none of these values, FormatError if the source is no ELF file, ReadError if it cannot be read,
    RefusedError for what would break, UnverifiedError if the result does not hold, WriteError if the target cannot be
    written: whatever was there stays.
    """
    wishes = wishes_of(shndx=shndx, overlay=overlay, symbols=symbols)
    check_files(source, target, backup=backup, memory_dump=memory_dump, independent=independent)
    judges = _independent_judges() if independent else ()
    with load(source, limits=limits) as original:
        path = original.source.name
        _refuse(original)
        with _undumped(original, memory_dump) as (image, fixes):
            trust = table_trust(image)
            if trust.whole and not fixes:
                return RebuildReport(path, None, Action.NOTHING, "its section headers agree with its segments")
            _refuse_truncated(image)
            found = remedy(image, wishes)
            if fixes:
                found = found._replace(added=found.added._replace(patches=(*fixes, *found.added.patches)))
            name = None if target is None else fsdecode(fspath(target))
            scope = Scope(wishes.indices is SectionIndices.REWRITE, bool(fixes))
            checks = () if name is None else _written(original, name, found, scope, backup=backup, judges=judges)
    why = trust.why or "it was dumped from memory"
    return RebuildReport(path, name, found.action, why, found.plan, checks, found.warnings)


@contextmanager
def _undumped(original: Image, base: int | None) -> Iterator[tuple[Image, tuple[Patch, ...]]]:
    """Yield the image as it is, or that of a dump made a file again, with the patches that made it one."""
    if base is None:
        yield original, ()
        return
    fixes = memory_dump_patches(original, base)
    whole = original.source.whole("a dump made a file")
    with load(patched(whole, fixes), limits=original.source.limits) as image:
        yield image, fixes


def _written(
    original: Image, target: str, found: Remedy, scope: Scope, *, backup: str, judges: tuple[Judge, ...]
) -> tuple[Check, ...]:
    judge = verify_revived if found.action is Action.REVIVED else verify
    limits = original.source.limits
    with (
        replaced(original.source, target, found.added, backup=backup) as temporary,
        load(temporary, limits=limits) as result,
    ):
        checks = judge(original, result, found.plan, found.added, scope)
        return (*checks, *[another(result) for another in judges])


def _independent_judges() -> tuple[Judge, ...]:
    from elfkit.rebuild.independent import judges  # here: LIEF alone takes a third of a second to import

    return judges()


def _refuse(image: Image) -> None:
    """RefusedError for files that no section header table could be rebuilt for."""
    name, kind = image.source.name, image.header.type
    if kind in UNLINKED:
        raise RefusedError(name, f"it is {UNLINKED[kind]} ({ET_NAMES[kind]})")
    if not image.loads:
        raise RefusedError(name, "it has no PT_LOAD: nothing says which of its bytes are code, data or tables")
    packer = packer_fact(image).value
    if packer:
        raise RefusedError(name, f"it is packed with {packer}: what it holds are not its own sections, unpack it first")


def _refuse_truncated(image: Image) -> None:
    """RefusedError where bytes of a segment are missing: no table makes such a file load.

    Of the program headers too: what is appended would be taken for them.
    """
    size = image.source.size
    cut = next((anomaly for anomaly in image.anomalies if anomaly.damage is Damage.PROGRAM_HEADERS), None)
    if cut is not None:
        raise RefusedError(image.source.name, cut.detail)
    ends = [load.offset + load.filesz for load in image.loads if load.filesz]
    if max(ends, default=0) > size:
        said = f"its segments end at {max(ends):#x}, the file at {size:#x}: {max(ends) - size} bytes are missing"
        raise RefusedError(image.source.name, said)
