"""Files that need symbol versions."""

from dataclasses import replace

from elfkit.abi import dynamic as dt
from elfkit.formats.versions import vernaux, verneed
from tests.elfwriter import BASE, Elf, Sym, Written, patch, write


def needing_versions(elf: Elf, *needs: tuple[bytes, bytes]) -> Written:
    """`elf` with DT_VERNEED: of each (file, version) one version. The names are those of symbols, too."""
    names = tuple(Sym(name, shndx=0) for need in needs for name in need)
    tags = ((dt.DT_VERNEED, 0), (dt.DT_VERNEEDNUM, len(needs)))
    room = (("verneed", bytes(32 * len(needs))),)
    written = write(replace(elf, symbols=names, sysv_words=4, tags=(*elf.tags, *tags), extra=room))
    start, size = written.blobs["dynstr"]
    strings = written.data[start : start + size]
    table = b""
    for number, (file, version) in enumerate(needs, 1):
        at_file, at_version = [strings.index(b"\0" + name + b"\0") + 1 for name in (file, version)]
        step = 32 if number < len(needs) else 0
        head = {"vn_version": 1, "vn_cnt": 1, "vn_file": at_file, "vn_aux": 16, "vn_next": step}
        aux = {"vna_hash": 7, "vna_flags": 0, "vna_other": 2, "vna_name": at_version, "vna_next": 0}
        table += verneed(written.types).build(head) + vernaux(written.types).build(aux)
    place = written.blobs["verneed"][0]
    named = written.also("DT_VERNEED", "d_val", BASE + place)
    return replace(named, data=patch(named.data, place, table))
