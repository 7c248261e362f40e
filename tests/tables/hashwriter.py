"""The symbol hash tables as linkers write them: ten lines each of plain Python, the head built by construct."""

from __future__ import annotations

from elfkit.formats.hashes import gnu_hash, sysv_hash, sysv_hash_wide
from elfkit.formats.words import Words


def hash_of_sysv(name: bytes) -> int:
    """The hash function of DT_HASH (gABI, "Hash Table")."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high
    return value


def hash_of_gnu(name: bytes) -> int:
    """The hash function of DT_GNU_HASH."""
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def bucket_count(hashed: int) -> int:
    return max(1, hashed // 2)


def numbers(values: list[int], data: int, size: int) -> bytes:
    return b"".join(value.to_bytes(size, "little" if data == 1 else "big") for value in values)


def sysv_table(types: Words, data: int, names: list[bytes], size: int) -> bytes:
    """A DT_HASH table over the names, entry 0 among them, with words of `size` bytes."""
    buckets, chains = [0] * bucket_count(len(names)), [0] * len(names)
    for index in range(1, len(names)):
        bucket = hash_of_sysv(names[index]) % len(buckets)
        chains[index], buckets[bucket] = buckets[bucket], index
    declare = sysv_hash if size == 4 else sysv_hash_wide
    head: bytes = declare(types).build({"nbucket": len(buckets), "nchain": len(names)})
    return head + numbers(buckets + chains, data, size)


def gnu_table(types: Words, data: int, names: list[bytes], symoffset: int) -> bytes:
    """A DT_GNU_HASH table over the names, which are in the order of their buckets, from `symoffset` on."""
    hashes, bits = [hash_of_gnu(name) for name in names], 64 if types.wide else 32
    count, shift = bucket_count(len(hashes)), 6
    buckets, chain, bloom = [0] * count, [value & ~1 for value in hashes], 0
    for index, value in enumerate(hashes):
        bloom |= 1 << value % bits | 1 << (value >> shift) % bits
        buckets[value % count] = buckets[value % count] or symoffset + index
        if index + 1 == len(hashes) or hashes[index + 1] % count != value % count:
            chain[index] |= 1
    head: bytes = gnu_hash(types).build(
        {"nbuckets": count, "symoffset": symoffset, "bloom_size": 1, "bloom_shift": shift}
    )
    return head + numbers([bloom], data, bits // 8) + numbers(buckets + chain, data, 4)
