"""`elfkit lookup`: which file defines a symbol, and how a loader finds it there."""

from pathlib import Path

import pytest

from tests.cli.command import HELLO, elfkit
from tests.cli.test_json import valid
from tests.elfwriter import Elf, Sym, build
from tests.tables.hashwriter import hash_of_gnu, hash_of_sysv

GREET = HELLO.with_name("libgreet.so")


def test_the_file_that_defines_a_symbol_is_named() -> None:
    ran = elfkit("lookup", "greet", HELLO, GREET)
    assert (ran.code, ran.err) == (0, b"")
    (line,) = ran.text.splitlines()
    assert line.startswith(f"{GREET}: greet  (STT_FUNC STB_GLOBAL, value 0x")
    assert f"by DT_HASH hash {hash_of_sysv(b'greet'):#010x}, bucket " in line


def test_json_is_by_its_schema_and_names_bucket_and_chain(tmp_path: Path) -> None:
    path = tmp_path / "lib.so"
    path.write_bytes(build(Elf(symbols=tuple(Sym(name, value=8) for name in (b"ab", b"bA", b"c", b"d")), gnu="gnu")))
    document = valid("elfkit.lookup/1", elfkit("lookup", "--json", "bA", path, HELLO).out)
    (found,) = document["definitions"]
    assert (document["name"], found["path"], found["symbol"], found["version"]) == ("bA", str(path), "bA", None)
    value = hash_of_gnu(b"bA")
    assert hash_of_gnu(b"ab") == value
    place = found["found_by"]
    assert (place["table"], place["hash"], place["bucket"]) == ("DT_GNU_HASH", value, value % 2)
    assert place["position"] >= 1  # behind "ab", which has the same hash


def test_a_reference_in_the_hashed_tail_is_no_definition(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(build(Elf(symbols=(Sym(b"free", value=0x1000, shndx=0),), sysv_words=4)))
    assert elfkit("lookup", "free", path).code == 1
    document = valid("elfkit.lookup/1", elfkit("lookup", "free", path, "--json").out)
    assert document["definitions"] == []


CODES = {
    "defined": (["greet", GREET], 0),
    "defined in one of two": (["greet", HELLO, GREET], 0),
    "defined nowhere": (["gone", HELLO, GREET], 1),
    "undefined": (["greet", HELLO], 1),
    "no ELF": (["greet", "pyproject.toml"], 3),
    "defined, and no ELF": (["greet", GREET, "pyproject.toml"], 0),
    "defined, and a missing file": (["greet", GREET, "missing"], 2),
    "defined nowhere, and a missing file": (["gone", GREET, "missing"], 2),
    "the empty name": (["", GREET], 1),
    "no file": (["greet"], 2),
}


@pytest.mark.parametrize(("arguments", "code"), CODES.values(), ids=CODES)
@pytest.mark.parametrize("form", ["text", "json"])
def test_lookup_says_by_its_exit_code(arguments: list[str | Path], code: int, form: str) -> None:
    ran = elfkit("lookup", *arguments, "--format", form)
    assert ran.code == code
    assert b"Traceback" not in ran.err
    if code == 1 and form == "text":
        assert ran.sentences == [f"elfkit: no file defines {arguments[0]}"]


def test_names_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "lib.so"
    path.write_bytes(build(Elf(symbols=(Sym(b"a\x1b[0m\xff", value=8),), gnu="gnu")))
    ran = elfkit("lookup", b"a\x1b[0m\xff", path)
    assert ran.code == 0
    assert rb": a\x1b[0m\xff  (" in ran.out
    gone = elfkit("lookup", b"b\x1b[0m\xff", path)
    assert gone.err == rb"elfkit: no file defines b\x1b[0m\xff" + b"\n"
