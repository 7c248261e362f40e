"""A root inside the root (a jail, a container): what its files lack outside of it is a note that names it."""

from pathlib import Path

import pytest

from tests.checks.judging import checked, only, told
from tests.firmware.plants import HARD, HARD_MUSL, SOFT_MUSL, Content, leaked, library, program, router

JAIL = "srv/jail"


def jail(more: dict[str, Content]) -> dict[str, Content]:
    """A whole root below srv/jail, in the root of a router."""
    return router({f"{JAIL}/{path}": what for path, what in {**router(), **more}.items()})


def serious(root: Path, plan: dict[str, Content]) -> dict[tuple[str, str], str]:
    found = told(checked(root, plan)).items()
    return {
        key: severity for key, severity in found if severity != "note" and key[0] != "EK211"
    }  # none has a hash table


def test_a_library_of_the_jail_is_a_note_that_names_it(tmp_path: Path) -> None:
    plan = jail({"bin/jtool": program("libfoo.so.1"), "usr/lib/libfoo.so.1": library()})
    assert serious(tmp_path, plan) == {}
    finding = only(checked(tmp_path, {}), "EK302")
    assert f"{JAIL} is a root of its own" in finding.message
    assert finding.fix == f"check {JAIL} by itself"


def test_the_same_without_a_loader_or_a_first_program_of_its_own_is_an_error(tmp_path: Path) -> None:
    plan = jail({"bin/jtool": program("libfoo.so.1"), "usr/lib/libfoo.so.1": library()})
    for number, gone in enumerate(("sbin/init", SOFT_MUSL[1:])):
        rest = {path: what for path, what in plan.items() if path != f"{JAIL}/{gone}"}
        assert serious(tmp_path / str(number), rest) == {("EK302", f"{JAIL}/bin/jtool"): "error"}


def test_the_same_fault_outside_of_the_jail_stays_an_error(tmp_path: Path) -> None:
    plan = {**jail({"bin/x": program("libno.so")}), "bin/x": program("libno.so")}
    assert serious(tmp_path, plan) == {("EK301", "bin/x"): "error"}


def test_a_jail_of_another_float_abi_is_no_mismatch(tmp_path: Path) -> None:
    hard: dict[str, Content] = {
        "bin/sh": program(interpreter=HARD_MUSL, fp_abi=HARD),
        HARD_MUSL[1:]: library(fp_abi=HARD),
    }
    assert serious(tmp_path, router({f"{JAIL}/{path}": what for path, what in hard.items()})) == {}


def test_a_dangling_link_of_the_jail_is_a_note(tmp_path: Path) -> None:
    plan = jail({"bin/x": program("libfoo.so.1"), "usr/lib/libfoo.so.1": "-> /opt/libfoo.so.1.2"})
    assert serious(tmp_path, plan) == {}


def test_a_whole_root_of_the_build_host_stays_an_error(tmp_path: Path) -> None:
    host: dict[str, Content] = {f"{JAIL}/bin/sh": leaked(), f"{JAIL}/lib64/ld-linux-x86-64.so.2": leaked()}
    assert set(serious(tmp_path, router(host)).values()) == {"error"}


@pytest.mark.parametrize("name", ["usr", "opt"])
def test_usr_is_no_root_of_its_own(tmp_path: Path, name: str) -> None:
    plan = router({f"{name}/bin/sh": program("libno.so"), f"{name}/elsewhere/ld": library()})
    plan[f"usr{SOFT_MUSL}"] = library()
    assert serious(tmp_path, plan) == {("EK301", f"{name}/bin/sh"): "error"}
