from pathlib import Path

import pytest

from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import Need, Outcome, resolve
from elfkit.firmware.roles import Role, role
from elfkit.firmware.tree import read_tree
from tests.firmware.plants import (
    FIXTURES,
    GLIBC,
    HARD,
    HARD_MUSL,
    SOFT_MUSL,
    Content,
    judged,
    leaked,
    library,
    program,
    router,
    static,
)
from tests.firmware.running import Verdict, start
from tests.needs import needs


def needs_of(root: Path, plan: dict[str, Content], path: str) -> dict[str, Need]:
    tree, _, resolution = judged(root, plan)
    return {need.name: need for need in resolution.of(tree.by_path[path])}


def outcomes(root: Path, plan: dict[str, Content], path: str) -> dict[str, Outcome]:
    return {name: need.outcome for name, need in needs_of(root, plan, path).items()}


def test_each_needed_name_has_its_outcome_in_file_order(tmp_path: Path) -> None:
    user = program("libc.so", "libz.so", "libhidden.so", "libnot.so", "linux-vdso.so.1")
    plan = router({"bin/x": user, "usr/lib/libz.so": library(), "opt/lib/libhidden.so": library()})
    assert [*outcomes(tmp_path, plan, "bin/x").items()] == [
        ("libc.so", Outcome.BUILT_IN),
        ("libz.so", Outcome.FOUND),
        ("libhidden.so", Outcome.NOT_ON_PATH),
        ("libnot.so", Outcome.MISSING),
        ("linux-vdso.so.1", Outcome.BUILT_IN),
    ]


def test_a_found_library_has_its_path_and_no_trace(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libz.so"), "usr/lib/libz.so": "-> libz.so.1", "usr/lib/libz.so.1": library()})
    assert needs_of(tmp_path, plan, "bin/x")["libz.so"] == Need(
        "libz.so", Outcome.FOUND, "usr/lib/libz.so.1", why="built into the loader"
    )


def test_a_missing_library_has_every_path_tried(tmp_path: Path) -> None:
    need = needs_of(tmp_path, router({"bin/x": program("libnot.so", runpath="/opt/lib")}), "bin/x")["libnot.so"]
    assert need.path is None
    assert [step.path for step in need.tried] == [
        f"{place}/libnot.so" for place in ("/opt/lib", "/lib", "/usr/local/lib", "/usr/lib")
    ]


def test_a_dangling_link_of_the_name_is_there_and_leads_nowhere(tmp_path: Path) -> None:
    plan = router({"bin/x": program("libz.so"), "lib/libz.so": "-> libz.so.1"})
    assert outcomes(tmp_path, plan, "bin/x") == {"libz.so": Outcome.NOT_ON_PATH}


def test_origin_is_another_directory_for_each_program(tmp_path: Path) -> None:
    user = program("libz.so", runpath="$ORIGIN")
    tree, _, resolution = judged(tmp_path, router({"a/x": user, "b/x": user, "a/libz.so": library()}))
    found = [resolution.of(tree.by_path[path])[0].outcome for path in ("a/x", "b/x")]
    assert found == [Outcome.FOUND, Outcome.NOT_ON_PATH]


def test_the_same_name_is_searched_by_each_platform_s_own_rules(tmp_path: Path) -> None:
    plan = router(
        {"bin/x": program("libm.so.6"), "opt/y": program("libm.so.6", interpreter=GLIBC), GLIBC[1:]: library()}
    )
    tree, _, resolution = judged(tmp_path, plan)
    assert resolution.of(tree.by_path["bin/x"])[0].outcome is Outcome.BUILT_IN
    assert resolution.of(tree.by_path["opt/y"])[0].outcome is Outcome.MISSING


def test_a_file_of_no_platform_is_not_resolved(tmp_path: Path) -> None:
    tree, _, resolution = judged(tmp_path, router({"bin/jq": leaked("libc.so.6")}))
    assert resolution.platform(tree.by_path["bin/jq"]) is None
    assert resolution.of(tree.by_path["bin/jq"]) == ()


def test_a_static_program_needs_nothing_and_belongs_to_its_platform(tmp_path: Path) -> None:
    tree, platforms, resolution = judged(tmp_path, router({"bin/x": static()}))
    assert resolution.platform(tree.by_path["bin/x"]) is platforms.primary
    assert resolution.of(tree.by_path["bin/x"]) == ()


def test_where_the_loader_s_rules_are_unknown_only_absence_is_known(tmp_path: Path) -> None:
    freebsd = "/libexec/ld-elf.so.1"
    user = program("libz.so", "libnot.so", interpreter=freebsd)
    plan: dict[str, Content] = {"init": user, freebsd[1:]: library(), "opt/libz.so": library()}
    assert outcomes(tmp_path, plan, "init") == {"libz.so": Outcome.UNKNOWN, "libnot.so": Outcome.MISSING}


def test_an_empty_tree_resolves_nothing(tmp_path: Path) -> None:
    _, _, resolution = judged(tmp_path, {})
    assert (resolution.platform_of, resolution.needs, resolution.names) == ({}, {}, frozenset())


def test_roles_are_told_by_the_tree(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "bin/x": program("liba.so"),
        "bin/static": static(),
        "lib/liba.so": library(),
        "lib/libb.so": library(soname="libb.so"),
        "lib/plug/mod.so": library(),
        "lib/firmware/radio": static(),
        "usr/x.bin": library(),
        "usr/lib/libused.so": "-> ../x.bin",
    }
    tree, platforms, resolution = judged(tmp_path, router({**files, "bin/y": program("libused.so")}))
    roles = {member.path: role(member, platforms, resolution) for member in tree.members}
    assert roles == {
        "sbin/init": Role.PROGRAM,
        SOFT_MUSL[1:]: Role.LOADER,
        "bin/x": Role.PROGRAM,
        "bin/y": Role.PROGRAM,
        "bin/static": Role.PROGRAM,
        "lib/liba.so": Role.LIBRARY,
        "lib/libb.so": Role.LIBRARY,
        "lib/plug/mod.so": Role.PLUGIN,
        "lib/firmware/radio": Role.BLOB,
        "usr/x.bin": Role.LIBRARY,
    }


def test_a_hard_float_program_beside_a_soft_platform_is_resolved_by_its_own_loader(tmp_path: Path) -> None:
    plan = router({"opt/x": program(interpreter=HARD_MUSL, fp_abi=HARD), HARD_MUSL[1:]: library(fp_abi=HARD)})
    tree, _, resolution = judged(tmp_path, plan)
    platform = resolution.platform(tree.by_path["opt/x"])
    assert platform
    assert platform.loader == HARD_MUSL[1:]


# the real musl as witness

AGENT, VENDORD = "usr/libexec/agent", "usr/sbin/vendord"
RUNPATH = b"$ORIGIN/../lib/agent"
PATH_FILE = "etc/ld-musl-mips-sf.path"


def runpath(text: bytes) -> dict[str, bytes | None]:
    """agent with another DT_RUNPATH of the same length or a shorter one."""
    whole = (FIXTURES / "trees/router-clean" / AGENT).read_bytes()
    assert whole.count(RUNPATH + b"\0") == 1
    return {AGENT: whole.replace(RUNPATH, text.ljust(len(RUNPATH), b"\0"))}


SITUATIONS: dict[str, tuple[str, dict[str, bytes | None]]] = {
    "RUNPATH with $ORIGIN": (AGENT, {}),
    "RUNPATH with ${ORIGIN}": (AGENT, runpath(b"${ORIGIN}/../lib/a") | {"usr/lib/a": None}),
    "RUNPATH absolute": (AGENT, runpath(b"/usr/lib/agent")),
    "RUNPATH with empty elements": (AGENT, runpath(b"::/usr/lib/agent:")),
    "RUNPATH elsewhere": (AGENT, runpath(b"/opt/lib")),
    "RUNPATH with an unknown token": (AGENT, runpath(b"$A:/usr/lib/agent")),
    "RUNPATH with $LIB": (AGENT, runpath(b"/usr/$LIB/agent")),
    "path file": (VENDORD, {}),
    "path file with a colon": (VENDORD, {PATH_FILE: b"/lib:/opt/vendor/lib"}),
    "path file with empty lines": (VENDORD, {PATH_FILE: b"\n\n:/opt/vendor/lib:\n"}),
    "path file with a leading blank": (VENDORD, {PATH_FILE: b" /opt/vendor/lib\n"}),
    "path file with carriage returns": (VENDORD, {PATH_FILE: b"/opt/vendor/lib\r\n"}),
    "path file with a comment": (VENDORD, {PATH_FILE: b"# vendor\n/opt/vendor/lib\n"}),
    "path file without the directory": (VENDORD, {PATH_FILE: b"/lib\n/usr/lib\n"}),
    "path file empty": (VENDORD, {PATH_FILE: b""}),
    "no path file": (VENDORD, {PATH_FILE: None}),
    "a foreign file first on the path": (
        VENDORD,
        {"lib/libvendor.so": (FIXTURES / "machines/x86_64/libgreet.so").read_bytes()},
    ),
}


@needs("root", "qemu-mips-static")
@pytest.mark.parametrize(("path", "changes"), SITUATIONS.values(), ids=SITUATIONS.keys())
def test_a_program_starts_where_all_its_libraries_were_found_and_fits(
    tmp_path: Path, path: str, changes: dict[str, bytes | None]
) -> None:
    verdict, root = start(tmp_path, path, changes)
    tree = read_tree(str(root), needs=frozenset())
    platforms = find_platforms(tree)
    resolution = resolve(tree, platforms)
    user = tree.by_path[path]
    ended = (Outcome.FOUND, Outcome.BUILT_IN, Outcome.WRONG_ABI)
    places = [need.path for need in resolution.of(user) if need.outcome in ended]
    taken = [tree.by_path[place].facts for place in places if place]
    whole = len(taken) == len(user.facts.needed.value)
    fits = all(facts.e_machine == user.facts.e_machine for facts in taken)
    assert (verdict is Verdict.STARTED) == (whole and fits)
    assert (verdict is Verdict.NOT_FOUND) == (not whole)
