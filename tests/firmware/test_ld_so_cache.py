"""ld.so.cache: what the real ldconfig writes and prints, and what glibc's dl-cache.c makes of damage."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit.abi.header import EM_AARCH64, EM_ARM, EM_MIPS, EM_X86_64
from elfkit.abi.ld_so_cache import cache_flags
from elfkit.firmware.ld_so_cache import CacheEntry, read_cache
from elfkit.formats.layout import DECLARATIONS
from elfkit.formats.words import words
from tests.needs import needs

ORDERS = ("little", "big")
both_orders = pytest.mark.parametrize("data", ORDERS)
PRINTED = re.compile(r"^\t(\S+) \((.*)\) => (\S+)$", re.MULTILINE)


def record(name: str, data: str, **values: int | bytes) -> bytes:
    raw = DECLARATIONS[name](words(2, 1 + ORDERS.index(data))).build(values)
    assert isinstance(raw, bytes)
    return raw


def strings(names: Sequence[tuple[str, str]], base: int) -> tuple[bytes, list[tuple[int, int]]]:
    """Names and paths one after the other, and where each begins, counted from `base` bytes before them."""
    raw, places = b"", []
    for key, value in names:
        places.append((base + len(raw), base + len(raw) + len(key) + 1))
        raw += key.encode() + b"\0" + value.encode() + b"\0"
    return raw, places


def new_cache(data: str, *rows: tuple[int, str, str], flags: int | None = None, hwcap: int = 0) -> bytes:
    raw, places = strings([row[1:] for row in rows], 48 + 24 * len(rows))
    head = record(
        "cache_file_new",
        data,
        magic=b"glibc-ld.so.cache",
        version=b"1.1",
        nlibs=len(rows),
        len_strings=len(raw),
        flags=2 + ORDERS.index(data) if flags is None else flags,
        padding=bytes(3),
        extension_offset=0,
        unused=bytes(12),
    )
    entries = [
        record("file_entry_new", data, flags=row[0], key=key, value=value, osversion=0, hwcap=hwcap)
        for row, (key, value) in zip(rows, places, strict=True)
    ]
    return head + b"".join(entries) + raw


def old_cache(data: str, *rows: tuple[int, str, str]) -> bytes:
    raw, places = strings([row[1:] for row in rows], 0)
    head = record("cache_file", data, magic=b"ld.so-1.7.0", padding=b"\0", nlibs=len(rows))
    entries = [
        record("file_entry", data, flags=row[0], key=key, value=value)
        for row, (key, value) in zip(rows, places, strict=True)
    ]
    return head + b"".join(entries) + raw


ROWS = ((0x303, "liba.so.1", "/lib/liba.so.1"), (3, "liba.so.1", "/lib32/liba.so.1"), (0x303, "libb.so", "/b/libb.so"))
EXPECTED = {
    "liba.so.1": (
        CacheEntry("liba.so.1", "/lib/liba.so.1", 0x303, ""),
        CacheEntry("liba.so.1", "/lib32/liba.so.1", 3, ""),
    ),
    "libb.so": (CacheEntry("libb.so", "/b/libb.so", 0x303, ""),),
}


@both_orders
def test_both_formats_list_the_same_in_both_byte_orders(data: str) -> None:
    for raw in (new_cache(data, *ROWS), old_cache(data, *ROWS), new_cache(data, *ROWS, flags=0)):
        assert read_cache(raw, data) == (EXPECTED, "")


@both_orders
@pytest.mark.parametrize("alignment", [8, 4])
def test_the_new_header_behind_old_entries_goes_first_and_uclibc_reads_the_old_ones(data: str, alignment: int) -> None:
    before = old_cache(data, (1, "", ""))[: 16 + 12]
    raw = before + bytes(-len(before) % alignment) + new_cache(data, *ROWS)
    assert read_cache(raw, data).entries == EXPECTED
    assert set(read_cache(old_cache(data, *ROWS), data, old=True).entries) == set(EXPECTED)
    assert read_cache(new_cache(data, *ROWS), data, old=True).fault == "its magic number is another"


@both_orders
def test_a_cache_of_the_other_byte_order_is_not_used(data: str) -> None:
    other = ORDERS[1 - ORDERS.index(data)]
    for raw in (new_cache(other, *ROWS), old_cache(other, *ROWS)):
        found = read_cache(raw, data)
        assert (found.entries, bool(found.fault)) == ({}, True)


def test_an_entry_for_better_cpus_says_so() -> None:
    raw = new_cache("little", (0x303, "libc.so.6", "/lib/tls/libc.so.6"), hwcap=1 << 63)
    assert read_cache(raw, "little").entries["libc.so.6"][0].cpu == "hwcap 0x8000000000000000"


def damaged(at: int, raw: bytes) -> bytes:
    whole = new_cache("little", *ROWS)
    return whole[:at] + raw + whole[at + len(raw) :]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "its magic number is another"),
        (b"glibc-ld.so.cache", "it ends within its header"),
        (damaged(17, b"1.2"), "its version is another"),
        (damaged(20, b"\xff\xff\xff\xff"), "it has no room for 4,294,967,295 entries"),
        (damaged(48 + 4, b"\xff\xff\xff\x7f"), "a name lies outside of it"),
        (damaged(32, b"\x08\0\0\0"), "its extension has another magic number"),
        (new_cache("little", *ROWS)[:-1], "a name lies outside of it"),
    ],
)
def test_a_damaged_cache_lists_nothing_and_says_why(raw: bytes, fault: str) -> None:
    assert read_cache(raw, "little") == ({}, fault)


def test_names_that_overlap_without_bound_are_damage() -> None:
    long = "x" * 4000
    raw = bytearray(new_cache("little", *[(3, long if i == 0 else "", "") for i in range(1000)]))
    for i in range(1000):
        raw[48 + 24 * i + 4 : 48 + 24 * i + 8] = (48 + 24 * 1000).to_bytes(4, "little")
    assert read_cache(bytes(raw), "little").fault == "its names overlap"


@given(st.integers(0, 400), st.binary(min_size=1, max_size=8), st.sampled_from(ORDERS))
def test_reading_a_cache_never_fails(at: int, patch: bytes, data: str) -> None:
    for whole in (new_cache(data, *ROWS), old_cache(data, *ROWS) + new_cache(data, *ROWS)):
        place = at % len(whole)
        found = read_cache(whole[:place] + patch + whole[place + len(patch) :], data)
        assert not (found.entries and found.fault)


@needs("ldconfig")
@pytest.mark.parametrize("format_", ["new", "compat", "old"])
def test_the_real_ldconfig_s_caches_list_what_it_prints(tmp_path: Path, format_: str) -> None:
    cache = tmp_path / "cache"
    subprocess.run(["ldconfig", "-X", "-c", format_, "-C", cache], check=True, capture_output=True, timeout=120)
    printed = subprocess.run(
        ["ldconfig", "-C", cache, "-p"], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    expected = [(name, path) for name, _, path in PRINTED.findall(printed)]
    found = read_cache(cache.read_bytes(), "little")
    assert found.fault == ""
    assert sorted((e.name, e.path) for entries in found.entries.values() for e in entries) == sorted(expected)
    assert len(expected) > 20
    marked = {path for _, kind, path in PRINTED.findall(printed) if kind == "libc6,x86-64"}
    mine = found.fitting(cache_flags(EM_X86_64, 2, "", "none"))
    assert {e.path for entries in mine.entries.values() for e in entries if not e.cpu} == marked


@needs("ldconfig")
@pytest.mark.parametrize("format_", ["new", "compat"])
def test_the_real_ldconfig_s_hwcaps_are_named(tmp_path: Path, format_: str) -> None:
    library = Path("/lib/x86_64-linux-gnu/libc.so.6").read_bytes()
    places = ("opt/lib", "opt/lib/glibc-hwcaps/x86-64-v2", "opt/lib/glibc-hwcaps/x86-64-v3")
    for place in places:
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "libc.so.6").write_bytes(library)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/ld.so.conf").write_text("/opt/lib\n")
    subprocess.run(["ldconfig", "-r", tmp_path, "-c", format_], check=True, capture_output=True, timeout=60)
    found = read_cache((tmp_path / "etc/ld.so.cache").read_bytes(), "little").entries["libc.so.6"]
    assert {entry.path: entry.cpu for entry in found} == {
        "/opt/lib/libc.so.6": "",
        "/opt/lib/glibc-hwcaps/x86-64-v2/libc.so.6": "x86-64-v2",
        "/opt/lib/glibc-hwcaps/x86-64-v3/libc.so.6": "x86-64-v3",
    }


def test_flags_tell_machines_and_abis_apart() -> None:
    """glibc sysdeps/generic/ldconfig.h: FLAG_X8664_LIB64, FLAG_AARCH64_LIB64, FLAG_ARM_LIBHF, FLAG_MIPS64_LIBN32."""
    assert cache_flags(EM_X86_64, 2, "", "none") == {0x303}
    assert cache_flags(EM_AARCH64, 2, "", "none") == {0xA03}
    assert cache_flags(EM_ARM, 1, "", "hard") == {0x903, 3}
    assert cache_flags(EM_ARM, 1, "", "unknown") == {0x903, 0xB03, 3}
    assert cache_flags(EM_MIPS, 1, "n32", "hard") == {0x603, 0xD03}
