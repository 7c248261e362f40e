"""Damaged files, each named by two numbers: the seed of a run and its number in it."""

from __future__ import annotations

import random
from typing import NamedTuple

from tests.hostile.structures import Field, Structures, having, seeds

SMALL = 1 << 16  # larger seeds come up an eighth as often: what they hold more of is more of the same


class Mutant(NamedTuple):
    """What was done to which file, the result, and whether the identification is still that of the seed."""

    name: str
    content: bytes
    intact: bool


def mutant(run: int, number: int) -> Mutant:
    """The mutant of this number in this run: the same bytes on every machine."""
    dice = random.Random(f"{run} {number}")  # noqa: S311 - the same files on every run
    found = dice.choice(seeds())
    if len(found.content) > SMALL and dice.randrange(8):
        found = dice.choice(seeds())
    if dice.randrange(2):  # half of them by what they hold: few fixtures have versions or notes
        found = dice.choice(having()[dice.choice(list(having()))])
    damage = dice.choice((_cut, _noise, _field, _field, _fields, _torn))
    told, content = damage(dice, found)
    return Mutant(f"{run}/{number} {found.name}: {told}", content, content[:16] == found.content[:16])


def _cut(dice: random.Random, seed: Structures) -> tuple[str, bytes]:
    """Truncated at the boundary of a structure, or a byte beside it."""
    size = max(dice.choice(seed.boundaries) + dice.choice((-1, 0, 0, 0, 1)), 0)
    return f"cut at {size:#x}", seed.content[:size]


def _noise(dice: random.Random, seed: Structures) -> tuple[str, bytes]:
    """Bytes replaced anywhere, more often among the first."""
    content, count = bytearray(seed.content), dice.choice((1, 2, 4, 16, 64))
    most = min(len(content), dice.choice((0x200, 0x1000, len(content))))
    for _ in range(count):
        content[dice.randrange(16, most)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    return f"{count} bytes of noise below {most:#x}", bytes(content)


def _field(dice: random.Random, seed: Structures) -> tuple[str, bytes]:
    """One field at a value where sizes and offsets go wrong."""
    return _set(dice, seed, 1)


def _fields(dice: random.Random, seed: Structures) -> tuple[str, bytes]:
    return _set(dice, seed, dice.randrange(2, 7))


def _torn(dice: random.Random, seed: Structures) -> tuple[str, bytes]:
    """A field, and the end of the file missing too."""
    told, content = _set(dice, seed, dice.randrange(1, 3))
    size = max(dice.choice(seed.boundaries), 64)
    return f"{told}; cut at {size:#x}", content[:size]


def _set(dice: random.Random, seed: Structures, count: int) -> tuple[str, bytes]:
    content, told = seed.content, []
    little = seed.content[5] != 2
    for _ in range(count):
        # the identification once in a hundred: what it breaks is refused, and nothing behind it is tried
        sorts = [sort for sort in seed.fields if sort != "e_ident" or not dice.randrange(20)]
        if not sorts:
            return _noise(dice, seed)
        field = dice.choice(seed.fields[dice.choice(sorts)])
        value = _value(dice, seed, field, little=little)
        raw = value.to_bytes(field.size, "little" if little else "big")
        content = content[: field.offset] + raw + content[field.offset + field.size :]
        told.append(f"{field.name} at {field.offset:#x} = {value:#x}")
    return ", ".join(told), content


def _value(dice: random.Random, seed: Structures, field: Field, *, little: bool) -> int:
    bits = 8 * field.size
    size = len(seed.content)
    raw = seed.content[field.offset : field.offset + field.size]
    now = int.from_bytes(raw, "little" if little else "big")
    edges = (0, 1, 2, 3, 7, 8, 0xFF, 0xFFFF, 1 << bits - 1, (1 << bits - 1) - 1, (1 << bits) - 1, (1 << bits) - 4)
    near = (now + 1, now - 1, now * 2, now // 2, now ^ 1 << dice.randrange(bits), -now, size, size - 1, size + 1)
    wide = (1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, 1 << 60, dice.getrandbits(bits), field.offset)
    return dice.choice((*edges, *near, *wide)) & (1 << bits) - 1
