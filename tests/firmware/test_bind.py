"""What references get in small trees: MIPS files, whose GOT says what is looked for, without any relocations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi import dynamic as dt
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.bind import bind
from elfkit.firmware.bindings import Bindings
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.prediction import Ending, Missing, predict
from elfkit.firmware.resolve import resolve
from elfkit.firmware.tree import read_tree
from elfkit.limits import DEFAULT_LIMITS, Limits
from tests.elfwriter import Elf, Sym
from tests.firmware.plants import GLIBC, Content, grow, library, program, router

UCLIBC = "/lib/ld-uClibc.so.0"
WEAK, TLS, OBJECT, UNIQUE, IFUNC = 0x22, 0x16, 0x11, 0xA2, 0x1A
HIDDEN = 2


def asks(name: str, info: int = 0x12, *, stub: int = 0, other: int = 0) -> Sym:
    """A reference; with a value it is the stub of a function, which is looked for when it is called."""
    return Sym(name.encode(), stub, 0, info, other, 0)


def gives(name: str, info: int = 0x12, value: int = 0x100) -> Sym:
    return Sym(name.encode(), value, 8, info)


def linked(base: Elf, *symbols: Sym, tags: tuple[tuple[int, int], ...] = ()) -> Elf:
    """`base` with these symbols, all of them in the GOT."""
    total = (dt.DT_MIPS_SYMTABNO, len(symbols) + 1)
    return replace(base, symbols=symbols, sysv_words=4, tags=(*base.tags, (dt.DT_MIPS_GOTSYM, 1), total, *tags))


def bound(
    root: Path, plan: dict[str, Content], *, preload: tuple[str, ...] = (), limits: Limits = DEFAULT_LIMITS
) -> Bindings:
    tree = read_tree(str(grow(root, plan)), needs=frozenset({LINKAGE}), limits=limits)
    return bind(tree, resolve(tree, find_platforms(tree)), preload=preload, limits=limits)


def lacking(bindings: Bindings) -> dict[str, list[str]]:
    return {path: [lack.reference.name for lack in lacks] for path, lacks in bindings.unresolved.items()}


def test_a_symbol_that_a_needed_library_defines_is_found(tmp_path: Path) -> None:
    plan = router({"bin/a": linked(program("liba.so"), asks("one")), "lib/liba.so": linked(library(), gives("one"))})
    bindings = bound(tmp_path, plan)
    assert lacking(bindings) == {}
    assert bindings.used["bin/a"] == {"lib/liba.so"}


def test_a_symbol_that_nothing_defines_is_lacking_with_its_bytes(tmp_path: Path) -> None:
    plan = router(
        {"bin/a": linked(program("liba.so"), asks("one"), asks("two")), "lib/liba.so": linked(library(), gives("one"))}
    )
    (lack,) = bound(tmp_path, plan).unresolved["bin/a"]
    assert (lack.reference.name, lack.starts, lack.elsewhere) == ("two", ("bin/a",), ())
    proof = lack.reference.evidence
    assert proof.offset is not None
    assert (tmp_path / "bin/a").read_bytes()[proof.offset :][: len(proof.raw)] == proof.raw


def test_weak_references_local_symbols_and_what_only_linkers_know_may_be_missing(tmp_path: Path) -> None:
    symbols = (asks("weak", WEAK), asks("local", 0x02), asks("_gp_disp"), asks("__gnu_local_gp"))
    assert lacking(bound(tmp_path, router({"bin/a": linked(program(), *symbols)}))) == {}


def test_symbols_below_the_got_are_not_looked_for(tmp_path: Path) -> None:
    unused = replace(linked(program(), asks("one")), tags=((dt.DT_MIPS_GOTSYM, 2), (dt.DT_MIPS_SYMTABNO, 2)))
    assert lacking(bound(tmp_path, router({"bin/a": unused}))) == {}


@pytest.mark.parametrize(("info", "libc", "found"), [
    (0x12, "musl", True), (UNIQUE, "musl", True), (IFUNC, "musl", False), (IFUNC, "glibc", True),
    (UNIQUE, "glibc", True), (UNIQUE, "uclibc", False), (0x12, "uclibc", True), (0x13, "glibc", False),
])  # fmt: skip
def test_each_loader_takes_its_own_types_and_bindings(tmp_path: Path, *, info: int, libc: str, found: bool) -> None:
    loader = {"musl": "/lib/ld-musl-mips-sf.so.1", "glibc": GLIBC, "uclibc": UCLIBC}[libc]
    plan: dict[str, Content] = {
        "sbin/init": linked(program(interpreter=loader), asks("one")),
        loader[1:]: linked(library(), gives("one", info)),
    }
    assert lacking(bound(tmp_path, plan)) == ({} if found else {"sbin/init": ["one"]})


def test_what_a_library_lacks_its_program_may_define(tmp_path: Path) -> None:
    giver = linked(program("liba.so"), gives("one"))
    taker = linked(library(), asks("one"))
    plan = router({"bin/giver": giver, "bin/other": program("liba.so"), "lib/liba.so": taker})
    (lack,) = bound(tmp_path, plan).unresolved["lib/liba.so"]
    assert lack.starts == ("bin/other",)
    assert lack.elsewhere == ("bin/giver",)


def test_a_preloaded_library_answers_every_program(tmp_path: Path) -> None:
    plan = router({"bin/a": linked(program(), asks("one")), "lib/pre.so": linked(library(), gives("one"))})
    assert lacking(bound(tmp_path / "1", plan)) == {"bin/a": ["one"]}
    assert lacking(bound(tmp_path / "2", plan, preload=("lib/pre.so",))) == {}


def test_nothing_is_said_of_symbols_that_a_missing_library_may_define(tmp_path: Path) -> None:
    plan = router({"bin/a": linked(program("libgone.so"), asks("one"), asks("two"))})
    bindings = bound(tmp_path, plan)
    assert lacking(bindings) == {}
    left = bindings.unjudged["bin/a"]
    assert (left.total, left.gap.path, left.gap.need.name if left.gap.need else "") == (2, "bin/a", "libgone.so")


def test_a_missing_library_of_one_program_says_nothing_of_another(tmp_path: Path) -> None:
    taker = linked(library(), asks("one"))
    plan = router({"bin/a": program("liba.so", "libgone.so"), "bin/b": program("liba.so"), "lib/liba.so": taker})
    (lack,) = bound(tmp_path, plan).unresolved["lib/liba.so"]
    assert lack.starts == ("bin/b",)


def test_plugins_name_the_program_that_brings_what_they_lack(tmp_path: Path) -> None:
    plan = router({
        "bin/host": linked(program(), gives("one"), gives("two")),
        "bin/half": linked(program(), gives("one")),
        "usr/lib/plugin.so": linked(library(), asks("one"), asks("two")),
        "usr/lib/lost.so": linked(library(), asks("one"), asks("three")),
    })  # fmt: skip
    plugins = bound(tmp_path, plan).plugins
    assert (plugins["usr/lib/plugin.so"].host, plugins["usr/lib/plugin.so"].provider) == ("bin/host", "bin/host")
    lost = plugins["usr/lib/lost.so"]
    assert (lost.host, lost.total, lost.nowhere, lost.first[0].reference.name) == ("", 2, 1, "three")


def test_a_thread_local_symbol_and_a_function_of_one_name_do_not_agree(tmp_path: Path) -> None:
    plan = router({
        "bin/a": linked(program("liba.so"), asks("one", TLS), asks("two", OBJECT), asks("three", 0x10)),
        "lib/liba.so": linked(library(), gives("one"), gives("two", OBJECT), gives("three")),
    })  # fmt: skip
    (clash,) = bound(tmp_path, plan).types["bin/a"]
    assert (clash.reference.name, clash.provider, clash.own, clash.theirs) == ("one", "lib/liba.so", 6, 2)


def test_hidden_references_are_told_apart_from_lacking_ones(tmp_path: Path) -> None:
    bindings = bound(tmp_path, router({"bin/a": linked(program(), asks("one", other=HIDDEN))}))
    assert lacking(bindings) == {}
    assert [reference.name for reference in bindings.hidden["bin/a"]] == ["one"]


def test_musl_answers_large_file_names_that_it_does_not_export(tmp_path: Path) -> None:
    plan = router({"bin/a": linked(program(), asks("fopen64"), asks("strange64"))})
    assert lacking(bound(tmp_path, plan)) == {"bin/a": ["strange64"]}


def test_an_old_musl_answers_only_what_it_exports(tmp_path: Path) -> None:
    plan = router({"bin/a": linked(program(), asks("fopen64"))})
    plan["lib/ld-musl-mips-sf.so.1"] = linked(library(), gives("open64"))
    assert lacking(bound(tmp_path, plan)) == {"bin/a": ["fopen64"]}


def test_a_filtee_that_nobody_looked_for_leaves_symbols_unjudged(tmp_path: Path) -> None:
    named = linked(library(), gives("libreal.so"), tags=((dt.DT_FILTER, 1),))
    plan = router({"bin/a": linked(program("libfilter.so"), asks("one")), "lib/libfilter.so": named})
    bindings = bound(tmp_path, plan)
    assert lacking(bindings) == {}
    assert "libreal.so" in bindings.unjudged["bin/a"].gap.detail


@pytest.mark.parametrize("limit", ["bind_steps", "bind_pairs", "name_words", "start_steps", "tree_linkage_bytes"])
def test_a_limit_leaves_symbols_unjudged_and_is_told(tmp_path: Path, limit: str) -> None:
    names = [f"a_name_of_some_length_{number}" for number in range(9)]
    plan = router({"bin/a": linked(program(), *map(asks, names))})
    bindings = bound(tmp_path, plan, limits=replace(DEFAULT_LIMITS, **{limit: 1}))
    assert bindings.unresolved == {}
    assert limit in {cut.limit for cut in bindings.cuts}


@pytest.mark.parametrize(("interpreter", "stub", "ending"), [
    (GLIBC, 0x100, Ending.FAILS_WHEN_CALLED), (GLIBC, 0, Ending.FAILS),
    ("/lib/ld-musl-mips-sf.so.1", 0x100, Ending.FAILS),
])  # fmt: skip
def test_stubs_are_looked_for_when_they_are_called_by_glibc_alone(
    tmp_path: Path, interpreter: str, stub: int, ending: Ending
) -> None:
    plan: dict[str, Content] = {
        "sbin/init": linked(program(interpreter=interpreter), asks("one", stub=stub)),
        interpreter[1:]: library(),
    }
    tree = read_tree(str(grow(tmp_path, plan)), needs=frozenset({LINKAGE}))
    resolution = resolve(tree, find_platforms(tree))
    said = predict(tree, resolution, bind(tree, resolution), "sbin/init")
    assert (said.ending, said.missing, said.name, said.image) == (ending, Missing.SYMBOL, "one", "sbin/init")


def test_a_missing_library_comes_before_missing_symbols(tmp_path: Path) -> None:
    plan = router({"bin/a": linked(program("liba.so"), asks("one")), "lib/liba.so": library("libgone.so")})
    tree = read_tree(str(grow(tmp_path, plan)), needs=frozenset({LINKAGE}))
    resolution = resolve(tree, find_platforms(tree))
    bindings = bind(tree, resolution)
    said = predict(tree, resolution, bindings, "bin/a")
    assert (said.ending, said.missing, said.name) == (Ending.FAILS, Missing.LIBRARY, "libgone.so")
    assert predict(tree, resolution, bindings, "sbin/init").ending is Ending.RUNS
    assert predict(tree, resolution, bindings, "lib/liba.so").ending is Ending.UNKNOWN
