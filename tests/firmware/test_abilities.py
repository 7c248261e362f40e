"""What a tree's loader can do, by its own bytes."""

from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi import dynamic as dt
from elfkit.firmware.abilities import Abilities, find_abilities, numbers, older
from elfkit.firmware.customs import customs
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import resolve
from elfkit.firmware.tree import read_tree
from tests.elfwriter import BASE, Elf
from tests.facts.version_needs import needing_versions
from tests.firmware.plants import FIXTURES, GLIBC, Content, grow, library, program, router

MUSL_TEXTS = b"\0musl libc (mips-sf)\nVersion %s\n\0"
UCLIBC = "/lib/ld-uClibc.so.0"


def able(root: Path) -> Abilities:
    """The abilities of a tree's one platform."""
    tree = read_tree(str(root))
    platforms = find_platforms(tree)
    (found,) = find_abilities(tree, platforms, customs(tree, resolve(tree, platforms))).values()
    return found


def musl(release: str) -> dict[str, Content]:
    texts = (("texts", MUSL_TEXTS + release.encode() + b"\0"),)
    return {"sbin/init": program(), "lib/ld-musl-mips-sf.so.1": replace(library(), extra=texts)}


def glibc(libc: Elf | bytes) -> dict[str, Content]:
    return {"sbin/init": program("libc.so.6", interpreter=GLIBC), GLIBC[1:]: library(), "lib/libc.so.6": libc}


@pytest.mark.parametrize(("release", "relr"), [("1.1.24", False), ("1.2.3", False), ("1.2.4", True), ("1.2.10", True)])
def test_musl_reads_relr_since_1_2_4(tmp_path: Path, release: str, relr: bool) -> None:  # noqa: FBT001
    assert able(grow(tmp_path, musl(release))).reads("DT_RELR").able is relr


def test_a_real_musl_is_judged_by_its_release() -> None:
    found = able(FIXTURES / "trees/router-clean")
    assert found.release == "1.2.3"  # of Debian bookworm's source package, pinned in fixtures/recipes/musl.py
    assert found.reads("DT_RELR").able is False
    assert found.hashes("gnu").able is True
    assert found.hashes("mips-xhash").able is False
    assert found.relocates(127).able is None  # R_MIPS_JUMP_SLOT
    assert found.relocates(128).able is False  # R_MIPS_IRELATIVE


def test_a_musl_that_does_not_say_its_release_leaves_it_unknown(tmp_path: Path) -> None:
    assert able(grow(tmp_path, router())).reads("DT_RELR").able is None


def test_a_loader_that_packs_its_own_relocations_reads_them(tmp_path: Path) -> None:
    plan = musl("1.2.3")
    loader = replace(library(), tags=((dt.DT_RELR, BASE),))
    assert able(grow(tmp_path, plan | {"lib/ld-musl-mips-sf.so.1": loader})).reads("DT_RELR").able is True


def test_glibc_says_so_by_a_version(tmp_path: Path) -> None:
    defined = (dt.DT_VERDEF, BASE)
    old = replace(library(soname="libc.so.6"), tags=(defined,))
    assert able(grow(tmp_path / "old", glibc(old))).reads("DT_RELR").able is False
    new = needing_versions(old, (b"ld.so.1", b"GLIBC_ABI_DT_RELR")).data
    assert able(grow(tmp_path / "new", glibc(new))).reads("DT_RELR").able is True
    bare = library(soname="libc.so.6")
    assert able(grow(tmp_path / "bare", glibc(bare))).reads("DT_RELR").able is None


@pytest.mark.parametrize(("name", "relr"), [("1.0.45", False), ("1.0.46", True), ("0.9.33.2", False)])
def test_uclibc_has_its_release_in_its_file_name(tmp_path: Path, name: str, relr: bool) -> None:  # noqa: FBT001
    loader = f"ld-uClibc-{name}.so"
    plan: dict[str, Content] = {"sbin/init": program(interpreter=UCLIBC), f"lib/{loader}": library()}
    found = able(grow(tmp_path, plan | {UCLIBC[1:]: f"-> {loader}"}))
    assert found.release == name
    assert found.reads("DT_RELR").able is relr
    assert found.hashes("gnu").able is None  # an option of its build


def test_a_uclibc_with_that_table_alone_reads_it(tmp_path: Path) -> None:
    loader = replace(library(), gnu="gnu")
    assert able(grow(tmp_path, {"sbin/init": program(interpreter=UCLIBC), UCLIBC[1:]: loader})).hashes("gnu").able


def test_android_goes_by_the_api_level_of_its_build(tmp_path: Path) -> None:
    linker = "/system/bin/linker"
    plan: dict[str, Content] = {
        "system/bin/init": program(interpreter=linker),
        linker[1:]: library(),
        "system/build.prop": b"ro.product.model=x\nro.build.version.sdk=28\n",
    }
    found = able(grow(tmp_path, plan))
    assert [found.reads(table).able for table in ("DT_ANDROID_REL", "DT_ANDROID_RELR", "DT_RELR")] == [
        True,
        True,
        False,
    ]
    assert found.hashes("gnu").able is True
    (tmp_path / "system/build.prop").write_bytes(b"")
    assert able(tmp_path).reads("DT_RELR").able is None


def test_a_release_newer_than_what_was_read_is_not_judged(tmp_path: Path) -> None:
    assert able(grow(tmp_path / "newer", musl("1.3.0"))).relocates(128).able is None
    assert able(grow(tmp_path / "read", musl("1.2.5"))).relocates(128).able is False


def test_facts_that_were_not_asked_for_leave_it_unknown() -> None:
    tree = read_tree(str(FIXTURES / "trees/router-clean"), needs=frozenset())
    platforms = find_platforms(tree)
    (found,) = find_abilities(tree, platforms, customs(tree, resolve(tree, platforms))).values()
    assert found.reads("DT_RELR").able is None


def test_releases_compare_by_number() -> None:
    assert older("2.9", "2.36")
    assert not older("1.2.4", "1.2.4")
    assert numbers("5.10.0-28-amd64") == (5, 10, 0)
    assert numbers("amd64") == ()
