"""`elfkit symbols`: what nm shows, also of files whose section headers are gone."""

import itertools
import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from elfkit_cli.main import main
from tests.cli.command import HELLO, MACHINES, elfkit, python
from tests.cli.test_json import valid
from tests.elfwriter import Elf, Sym, build
from tests.needs import needs

GREET = HELLO.with_name("libgreet.so")
LIBRARIES = [path for path in MACHINES if path.name in {"libgreet.so", "hello", "hello-pie"}]
HOSTILE = Elf(symbols=(Sym(b"\x1b[31mred\nnext\xff\xe2\x80\xae"), Sym(b"plain", value=16)), sysv_words=4)
MANGLED = "_ZNSt6vectorIiSaIiEE9push_backERKi"


@cache
def nm(path: Path) -> list[str]:
    """GNU nm in the order of the file."""
    command = ["nm", "-D", "-p", "--with-symbol-versions", str(path)]
    env = os.environ | {"LC_ALL": "C"}
    shown = subprocess.run(command, capture_output=True, text=True, env=env, timeout=30, check=True)
    return shown.stdout.splitlines()


def listed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[str]:
    assert main(["symbols", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


@needs("nm")
@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_symbols_are_listed_as_nm_lists_them(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, path) == nm(path)
    bare = path.with_name(path.stem + ".noshdr" + path.suffix)
    if bare.exists():
        assert listed(capsys, bare) == nm(path)


def test_some_files_without_section_headers_are_among_them() -> None:
    assert sum(path.with_name(path.stem + ".noshdr" + path.suffix).exists() for path in LIBRARIES) > 10


def test_defined_and_undefined_symbols_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "both.so"
    symbols = (Sym(b"puts", shndx=0), Sym(b"weak", info=0x22, shndx=0), Sym(b"own", value=8))
    path.write_bytes(build(Elf(symbols=symbols, sysv_words=4)))
    assert [line.split()[-2:] for line in listed(capsys, "--undefined", path)] == [["U", "puts"], ["w", "weak"]]
    assert listed(capsys, "--defined", path) == ["0000000000000008 ? own"]  # mapped by no segment


def test_several_files_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    lines = listed(capsys, HELLO, HELLO)
    assert [line for line in lines if line.endswith(":")] == [f"{HELLO}:"] * 2


def test_json_is_by_its_schema_and_says_how_the_count_is_known() -> None:
    (document,) = valid("elfkit.symbols/1", elfkit("symbols", HELLO, "--json").out)
    count = document["count"]
    assert count["count"] == count["low"] == count["high"]
    assert count["evidence"]
    assert len(document["symbols"]) <= count["count"]
    rows = valid("elfkit.symbols/1", elfkit("symbols", *MACHINES, "--json").out)
    assert [row["path"] for row in rows] == [str(path) for path in MACHINES]


@pytest.mark.parametrize(("option", "defined"), [("--defined", True), ("--undefined", False)])
def test_json_holds_only_what_was_asked_for(option: str, *, defined: bool) -> None:
    (document,) = valid("elfkit.symbols/1", elfkit("symbols", GREET if defined else HELLO, "--json", option).out)
    assert {symbol["defined"] for symbol in document["symbols"]} == {defined}


def test_names_that_would_write_to_a_terminal_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "hostile.so"
    path.write_bytes(build(HOSTILE))
    ran = elfkit("symbols", path)
    assert ran.out.splitlines()[0].endswith(rb" \x1b[31mred\nnext\xff\u202e")
    assert len(ran.out.splitlines()) == 2
    (document,) = valid("elfkit.symbols/1", elfkit("symbols", path, "--json").out)
    assert document["symbols"][0]["name"] == "\x1b[31mred\nnext\\xff\u202e"


def test_where_only_bounds_are_known_a_line_says_so(tmp_path: Path) -> None:
    """No hash table, and the last entry before the strings is no symbol."""
    path = tmp_path / "bounded.so"
    path.write_bytes(build(Elf(symbols=(Sym(b"one"), Sym(b"", info=0xFF)))))
    ran = elfkit("symbols", path)
    assert ran.text.splitlines()[-1] == f"{path}: only bounds of the symbol count are known: 0 to 3"
    (document,) = valid("elfkit.symbols/1", elfkit("symbols", path, "--json").out)
    assert (document["count"]["count"], document["count"]["high"]) == (None, 3)


def test_what_is_wrong_with_the_tables_is_said(tmp_path: Path) -> None:
    path = tmp_path / "damaged.so"
    raw = bytearray(build(Elf(symbols=(Sym(b"one"),), sysv_words=4)))
    at = raw.index((1).to_bytes(4, "little") + (2).to_bytes(4, "little"))  # nbucket 1, nchain 2
    raw[at : at + 4] = bytes(4)
    path.write_bytes(raw)
    assert (
        f"{path}: the table of DT_HASH does not hold together or does not lie in the file"
        in elfkit("symbols", path).text
    )


CODES = {
    "a file": ([HELLO], 0),
    "a file without dynamic symbols": (["STATIC"], 0),
    "no ELF": (["pyproject.toml"], 3),
    "a file and no ELF": ([HELLO, "pyproject.toml"], 0),
    "a missing file": (["missing"], 2),
    "a file and a missing one": ([HELLO, "missing"], 2),
    "a directory": ([HELLO.parent], 2),
    "both sorts": ([HELLO, "--defined", "--undefined"], 2),
    "nothing": ([], 2),
}


@pytest.mark.parametrize(("arguments", "code"), CODES.values(), ids=CODES)
@pytest.mark.parametrize("form", ["text", "json"])
def test_symbols_says_by_its_exit_code(arguments: list[str | Path], code: int, form: str, tmp_path: Path) -> None:
    static = tmp_path / "static"
    static.write_bytes(build(Elf(dynamic=False)))
    ran = elfkit("symbols", *[static if item == "STATIC" else item for item in arguments], "--format", form)
    assert ran.code == code
    assert b"Traceback" not in ran.err
    assert bool(ran.err) == (code != 0 or "pyproject.toml" in arguments)


def mangled(tmp_path: Path, *names: bytes) -> Path:
    path = tmp_path / "mangled.so"
    path.write_bytes(build(Elf(symbols=tuple(Sym(name) for name in names), sysv_words=4)))
    return path


def test_mangled_names_are_shown_readably_where_asked(tmp_path: Path) -> None:
    path = mangled(tmp_path, MANGLED.encode(), b"plain", b"_Znonsense")
    assert [line.split(maxsplit=2)[2] for line in elfkit("symbols", path).text.splitlines()] == [
        MANGLED,
        "plain",
        "_Znonsense",
    ]
    shown = [line.split(maxsplit=2)[2] for line in elfkit("symbols", "--demangle", path).text.splitlines()]
    assert shown == ["std::vector<int, std::allocator<int>>::push_back(int const&)", "plain", "_Znonsense"]


def test_without_the_extra_demangling_is_refused_in_one_sentence(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['itanium_demangler'] = None; from elfkit_cli.main import main; sys.exit(main())"
    ran = python("-c", hidden, "symbols", "--demangle", mangled(tmp_path, MANGLED.encode()))
    assert (ran.code, ran.out) == (2, b"")
    assert ran.sentences == ["elfkit: --demangle needs the package itanium-demangler: pip install elfkit[demangle]"]


def test_names_made_to_break_a_demangler_are_shown_as_they_are_and_in_time(tmp_path: Path) -> None:
    """Deep nesting, and references that double the name at each step: 2^100 letters if it were spelled out."""
    deep, nested, long = b"_Z1f" + b"P" * 4000 + b"i", b"_Z" + b"N" * 3000, b"_Z" + b"9" * 3000
    path = mangled(tmp_path, deep, doubling(100), nested, long, *[doubling(60)] * 100, b"_ZTV1a")
    ran = elfkit("symbols", "--demangle", path)
    assert (ran.code, ran.err) == (0, b"")
    assert doubling(100) in ran.out
    assert len(ran.out) < 1 << 20
    assert ran.text.splitlines()[-1].endswith("vtable for a")


def doubling(steps: int) -> bytes:
    """f(a, b<a, a>, b<b<a, a>, b<a, a>>, ...): each argument is a template over the one before, twice."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    numbers = [*digits, *(f"{high}{low}" for high, low in itertools.product(digits[1:], digits))]
    # S_ is a; b is S0_, b<a, a> S1_, and with b by reference each further template is one substitution more
    steps_of = [f"S0_IS{number}_S{number}_E" for number in numbers[1:steps]]
    return f"_Z1f1a1bIS_S_E{''.join(steps_of)}".encode()


def test_names_with_many_references_are_shown_readably_too(tmp_path: Path) -> None:
    path = mangled(tmp_path, b"_Z1f1a" + b"S_" * 30)
    assert elfkit("symbols", "--demangle", path).text.split(maxsplit=2)[2] == f"f({', '.join(['a'] * 31)})\n"
    path = mangled(tmp_path, doubling(4))
    assert elfkit("symbols", "--demangle", path).text.split(maxsplit=2)[2].count("b<a, a>") == 1 + 2 + 4 + 8


def test_two_runs_write_the_same_bytes() -> None:
    for form in ("text", "json"):
        runs = {elfkit("symbols", HELLO, "--format", form, env={"PYTHONHASHSEED": seed}).out for seed in ("1", "2")}
        assert len(runs) == 1


def test_a_file_is_written_where_asked(tmp_path: Path) -> None:
    out = tmp_path / "symbols.json"
    assert elfkit("symbols", HELLO, "--json", "-o", out).out == b""
    assert json.loads(out.read_text())[0]["schema"] == "elfkit.symbols/1"
