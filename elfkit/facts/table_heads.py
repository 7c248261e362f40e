"""What the heads of the tables that a loader binds by say of them: a few bytes each, no table is read."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.dynamic import (
    DT_GNU_HASH,
    DT_HASH,
    DT_JMPREL,
    DT_MIPS_XHASH,
    DT_PLTRELSZ,
    DT_REL,
    DT_RELA,
    DT_RELASZ,
    DT_RELR,
    DT_RELRSZ,
    DT_RELSZ,
    DT_VERDEF,
    DT_VERNEED,
    tag_name,
)
from elfkit.abi.header import EM_MIPS
from elfkit.evidence import Anomaly, Damage, Evidence
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image

HEAD_BYTES = 16  # of a hash table: four words, or two of eight bytes
VERSION_BYTES = 2  # vn_version, vd_version
VERSIONS = (DT_VERNEED, DT_VERDEF)
RELOCATIONS = ((DT_RELA, DT_RELASZ), (DT_REL, DT_RELSZ), (DT_JMPREL, DT_PLTRELSZ), (DT_RELR, DT_RELRSZ))


def head_anomalies(image: Image, told: tuple[Anomaly, ...] = ()) -> tuple[Anomaly, ...]:
    """Return an anomaly for each table whose head says that it cannot be used, unless ``told`` has that damage.

    Addresses outside of the file are told elsewhere.
    """
    if image.dynamic is None:
        return ()
    values = image.dynamic.values
    found = (*_hashes(image, values), *_versions(image, values), *_relocations(image, values))
    known = {anomaly.damage for anomaly in told}
    return tuple([anomaly for anomaly in found if anomaly.damage not in known]) if found else ()


def _hashes(image: Image, values: dict[int, int]) -> Iterator[Anomaly]:
    machine = image.header.machine
    gnu = DT_MIPS_XHASH if machine == EM_MIPS and DT_MIPS_XHASH in values else DT_GNU_HASH
    for tag, judge in ((gnu, _gnu_fault), (DT_HASH, _sysv_fault)):
        extent = image.extent_of(values[tag]) if tag in values else None
        if extent is not None:
            raw = image.source.view(extent.offset, HEAD_BYTES)
            fault = judge(image, raw, extent)
            if fault:
                proof = Evidence(tag_name(tag, machine), extent.offset, raw, None)
                yield Anomaly(Damage.HASHES, proof, f"{proof.source}: {fault}", "no symbol is found")


def _versions(image: Image, values: dict[int, int]) -> Iterator[Anomaly]:
    for tag in VERSIONS:
        extent = image.extent_of(values[tag]) if tag in values else None
        if extent is not None:
            raw = image.source.view(extent.offset, VERSION_BYTES)
            version = int.from_bytes(raw, "little" if image.layout.data == 1 else "big")
            if version != 1:
                proof = Evidence(tag_name(tag, image.header.machine), extent.offset, raw, version)
                detail = f"the first record of {proof.source} has version {version}, not 1"
                yield Anomaly(Damage.VERSIONS, proof, detail, "a loader refuses the file")


def _relocations(image: Image, values: dict[int, int]) -> Iterator[Anomaly]:
    for tag, size_tag in RELOCATIONS:
        extent = image.extent_of(values[tag]) if values.get(size_tag) and tag in values else None
        if extent is not None and values[size_tag] > extent.size:
            proof = image.dynamic_evidence(size_tag)[-1]
            name = tag_name(tag, image.header.machine)
            detail = f"{proof.source} says {values[size_tag]} bytes, the segment of {name} has {extent.size}"
            yield Anomaly(Damage.RELOCATIONS, proof, detail, "a loader runs off the end")


def _gnu_fault(image: Image, raw: bytes, extent: Extent) -> str:
    """Return what is wrong with the head of DT_GNU_HASH; a loader masks with bloom_size - 1, so it is a power of 2."""
    if len(raw) < HEAD_BYTES:
        return "the file ends in its head"
    nbuckets, _, bloom_size, _ = image.layout.gnu_hash.reader.unpack(raw)
    if not nbuckets:
        return "it has no bucket"
    if not bloom_size or bloom_size & (bloom_size - 1):
        return f"its bloom filter has {bloom_size} words, no power of 2"
    if HEAD_BYTES + bloom_size * image.layout.word_size + nbuckets * 4 > extent.size:
        return f"{nbuckets} buckets behind {bloom_size} words of bloom filter do not fit into the segment"
    return ""


def _sysv_fault(image: Image, raw: bytes, extent: Extent) -> str:
    """Return what is wrong with the head of DT_HASH, whose words have four bytes, or eight on a few ELF64 machines."""
    records = (image.layout.sysv_hash, image.layout.sysv_hash_wide)
    for record in records if image.layout.word_size == 8 else records[:1]:
        if len(raw) >= record.size:
            nbucket, nchain = record.reader.unpack(raw[: record.size])
            if nbucket and nchain and record.size + (nbucket + nchain) * (record.size // 2) <= extent.size:
                return ""
    return "it has no bucket or no chain, or more of them than fit into the segment"
