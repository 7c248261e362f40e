"""ld.so.cache, DF_1_NODEFLIB and directories by CPU: this machine's own glibc is the witness."""

import subprocess
from pathlib import Path

import pytest

from elfkit.evidence import Certainty
from elfkit.firmware.ld_so_conf import configured_places
from elfkit.firmware.needs import Need, Outcome
from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import Resolution, resolve
from elfkit.firmware.tree import read_tree
from elfkit.firmware.work import Work
from tests.firmware.native import Plan, ldconfig, native_root, needing, runs, traced
from tests.firmware.plants import GLIBC, Content, judged, library, program
from tests.firmware.searching import find, looks_into, system_places
from tests.firmware.test_ld_so_cache import new_cache
from tests.needs import needs

witnessed = needs("gcc", "ldconfig", "root")
MULTIARCH = "lib/x86_64-linux-gnu"


def resolved(root: Path) -> Resolution:
    tree = read_tree(str(root), needs=frozenset())
    return resolve(tree, find_platforms(tree))


def need_in(root: Path, path: str = "bin/x") -> Need:
    (need,) = resolved(root).needs[path]
    return need


def grown(folder: Path, plan: Plan, *options: str) -> Path:
    """A root with bin/x that needs libzed.so."""
    return native_root(folder / "root", {"bin/x": (*needing(folder / "build", "libzed.so"), *options), **plan})


@witnessed
def test_a_configured_directory_serves_through_the_cache(tmp_path: Path) -> None:
    root = grown(tmp_path, {"opt/lib/libzed.so": (), "etc/ld.so.conf": "/opt/lib\n"})
    ldconfig(root)
    assert runs(root)
    assert need_in(root)[:3] == ("libzed.so", Outcome.FOUND, "opt/lib/libzed.so")
    assert need_in(root).why == "/etc/ld.so.cache"


@witnessed
def test_a_cache_wins_over_a_newer_ld_so_conf_and_the_trace_says_so(tmp_path: Path) -> None:
    root = grown(tmp_path, {f"{MULTIARCH}/libold.so": (), "opt/lib/libzed.so": (), "etc/ld.so.conf": "\n"})
    ldconfig(root)
    (root / "etc/ld.so.conf").write_text("/opt/lib\n")
    assert not runs(root)
    need = need_in(root)
    assert (need.outcome, need.path) == (Outcome.NOT_ON_PATH, "opt/lib/libzed.so")
    assert need.certainty is Certainty.GUESSED  # something on the device may run ldconfig
    assert ("/etc/ld.so.cache", "does not list libzed.so") in need.tried
    told = "not looked at: /etc/ld.so.conf names its directory, /etc/ld.so.cache does not list it"
    assert ("/opt/lib/libzed.so", told) in need.tried


@witnessed
def test_a_default_directory_serves_beside_a_cache_that_does_not_list_it(tmp_path: Path) -> None:
    root = grown(tmp_path, {f"{MULTIARCH}/libold.so": (), "etc/ld.so.conf": "\n"})
    ldconfig(root)
    (root / "build").mkdir()
    (root / f"{MULTIARCH}/libzed.so").write_bytes((tmp_path / "build/libzed.so").read_bytes())
    assert runs(root)
    assert need_in(root).path == f"{MULTIARCH}/libzed.so"


@witnessed
@pytest.mark.parametrize("there", [True, False])
def test_a_listed_file_that_is_gone_leaves_the_default_directories(tmp_path: Path, *, there: bool) -> None:
    root = grown(tmp_path, {"opt/lib/libzed.so": (), "etc/ld.so.conf": "/opt/lib\n"})
    ldconfig(root)
    place = root / f"{MULTIARCH if there else 'opt/other'}/libzed.so"
    place.parent.mkdir(parents=True, exist_ok=True)
    (root / "opt/lib/libzed.so").rename(place)
    assert runs(root) is there is need_in(root).met


@witnessed
@pytest.mark.parametrize("damage", [b"", b"garbage", b"glibc-ld.so.cache1.1\xff\xff"])
def test_a_damaged_cache_is_told_of_and_not_used(tmp_path: Path, damage: bytes) -> None:
    """At run time ld.so.conf serves nobody then; ldconfig mends that wherever it runs again."""
    root = grown(tmp_path, {f"{MULTIARCH}/libzed.so": (), "etc/ld.so.conf": "/opt/lib\n"})
    (root / "etc/ld.so.cache").write_bytes(damage)
    assert runs(root)
    assert need_in(root).met
    (root / f"{MULTIARCH}/libzed.so").rename(root / "libzed.so")
    assert not runs(root)
    steps = [step for step in need_in(root).tried if step.path == "/etc/ld.so.cache"]
    assert [step.outcome.partition(":")[0] for step in steps] == ["not used"]


@witnessed
@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("directory", [MULTIARCH, "opt/lib"])
def test_nodeflib_keeps_the_default_directories_out_of_path_and_cache(
    tmp_path: Path, directory: str, *, cached: bool
) -> None:
    root = grown(tmp_path, {f"{directory}/libzed.so": (), "etc/ld.so.conf": "/opt/lib\n"}, "-Wl,-z,nodefaultlib")
    if cached:
        ldconfig(root)
    expected = cached and directory == "opt/lib"
    assert runs(root) is expected
    assert need_in(root).met is (directory == "opt/lib")  # without a cache, as if ldconfig made it on the device


@witnessed
def test_nodeflib_of_one_program_is_no_other_s(tmp_path: Path) -> None:
    needed = needing(tmp_path / "build", "libzed.so")
    plan: Plan = {"bin/x": needed, "bin/y": (*needed, "-Wl,-z,nodefaultlib"), f"{MULTIARCH}/libzed.so": ()}
    root = native_root(tmp_path / "root", plan)
    assert (runs(root), runs(root, "bin/y")) == (True, False)
    assert (need_in(root).met, need_in(root, "bin/y").met) == (True, False)


@witnessed
def test_a_library_for_better_cpus_alone_is_no_certain_find(tmp_path: Path) -> None:
    root = grown(tmp_path, {f"{MULTIARCH}/glibc-hwcaps/x86-64-v2/libzed.so": ()})
    assert runs(root)  # every x86-64 machine of the last ten years
    need = need_in(root)
    assert (need.outcome, need.path) == (Outcome.FOUND, f"{MULTIARCH}/glibc-hwcaps/x86-64-v2/libzed.so")
    assert (need.certainty, need.why) == (Certainty.GUESSED, "built into the loader, on CPUs with x86-64-v2")


@witnessed
def test_nobody_looks_into_another_machine_s_cpu_directories(tmp_path: Path) -> None:
    root = grown(tmp_path, {f"{MULTIARCH}/glibc-hwcaps/power9/libzed.so": ()})
    assert not runs(root)
    assert need_in(root).outcome is Outcome.NOT_ON_PATH


@witnessed
@pytest.mark.parametrize("cached", [True, False])
def test_the_plain_file_beside_an_alternative_is_found_and_the_alternative_told(
    tmp_path: Path, *, cached: bool
) -> None:
    better = f"{MULTIARCH}/glibc-hwcaps/x86-64-v3/libzed.so"
    root = grown(tmp_path, {better: (), f"{MULTIARCH}/libzed.so": ()})
    if cached:
        ldconfig(root)
    assert runs(root)
    need = need_in(root)
    assert (need.path, need.certainty) == (f"{MULTIARCH}/libzed.so", Certainty.DERIVED)
    assert f"{better} on CPUs with x86-64-v3" in need.why


@needs("ldconfig")
def test_a_configured_lib_does_not_stand_for_lib64(tmp_path: Path) -> None:
    """ldconfig's add_system_dir serves the two built-in directories alone."""
    root = native_root(tmp_path, {"opt/lib64/libzed.so": (), "opt/lib/libold.so": (), "etc/ld.so.conf": "/opt/lib\n"})
    ldconfig(root)
    raw = (root / "etc/ld.so.cache").read_bytes()
    assert b"libold.so" in raw
    assert b"libzed.so" not in raw


# without a witness on this machine: MIPS


def cache_of(*rows: tuple[str, str], flags: int = 3) -> bytes:
    return new_cache("big", *[(flags, name, path) for name, path in rows])


def test_a_cache_without_an_entry_for_the_platform_is_left_to_ld_so_conf(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "etc/ld.so.conf": b"/opt/lib\n",
        "etc/ld.so.cache": cache_of(("libz.so", "/opt/lib64/libz.so"), flags=0x703),
        "opt/lib/libz.so": library(),
    }
    assert find(tmp_path / "1", "glibc", plan, "libz.so").path == "opt/lib/libz.so"
    steps = find(tmp_path / "2", "glibc", plan, "libnot.so").tried
    assert steps[0] == ("/etc/ld.so.cache", "not used: it lists nothing for this ABI")


def test_entries_of_another_abi_are_no_entries(tmp_path: Path) -> None:
    rows = [(0x603, "libz.so", "/n32/libz.so"), (3, "libz.so", "/o32/libz.so")]
    plan: dict[str, Content] = {"etc/ld.so.cache": new_cache("big", *rows), "n32/libz.so": library()}
    assert find(tmp_path / "1", "glibc", plan, "libz.so").path is None
    assert find(tmp_path / "2", "glibc", {**plan, "o32/libz.so": library()}, "libz.so").path == "o32/libz.so"


def test_a_listed_file_lies_in_the_root_and_nowhere_else(tmp_path: Path) -> None:
    outside = tmp_path / "outside.so"
    outside.write_bytes(b"")
    plan: dict[str, Content] = {"etc/ld.so.cache": cache_of(("libz.so", f"/../{outside}"))}
    assert find(tmp_path / "root", "glibc", plan, "libz.so").path is None


def test_where_systemd_runs_ldconfig_at_boot_configured_directories_are_no_certain_find(tmp_path: Path) -> None:
    unit = "usr/lib/systemd/system/sysinit.target.wants/ldconfig.service"
    plan: dict[str, Content] = {
        "etc/ld.so.conf": b"/opt/lib\n",
        "etc/ld.so.cache": cache_of(("liba.so", "/lib/liba.so")),
        "opt/lib/libz.so": library(),
    }
    assert find(tmp_path / "1", "glibc", plan, "libz.so").path is None
    search = find(tmp_path / "2", "glibc", {**plan, unit: "-> ../ldconfig.service"}, "libz.so")
    assert (search.path, bool(search.doubt)) == ("opt/lib/libz.so", True)


def test_the_directories_of_a_cache_serve_everybody(tmp_path: Path) -> None:
    plan: dict[str, Content] = {
        "etc/ld.so.conf": b"/opt/lib\n",
        "etc/ld.so.cache": cache_of(("liba.so", "/opt/a/liba.so")),
    }
    places = system_places(tmp_path, "glibc", plan)
    assert places[0] == "/opt/a"
    assert "/opt/lib" not in places


def test_platform_stands_for_directories_that_are_there(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"a.so": library(runpath="/opt/$PLATFORM"), "opt/octeon3/libz.so": library()}
    assert looks_into(tmp_path / "1", "glibc", plan, "a.so") == []
    search = find(tmp_path / "2", "glibc", plan, "libz.so", "a.so")
    assert (search.path, search.doubt) == ("opt/octeon3/libz.so", "on CPUs whose AT_PLATFORM is octeon3")


def test_a_legacy_cpu_directory_is_no_certain_find(tmp_path: Path) -> None:
    plan: dict[str, Content] = {"lib/tls/libz.so": library()}
    search = find(tmp_path, "glibc", plan, "libz.so")
    assert (search.path, search.doubt) == ("lib/tls/libz.so", "on CPUs with tls, before glibc 2.37")


def test_a_loader_in_opt_has_its_configuration_there(tmp_path: Path) -> None:
    entware = f"/opt{GLIBC}"
    plan: dict[str, Content] = {
        "sbin/init": program(interpreter=entware),
        entware[1:]: library(),
        "bin/x": program("libz.so", interpreter=entware),
        "opt/etc/ld.so.conf": b"/opt/more\n",
        "opt/more/libz.so": library(),
    }
    *_, resolution = judged(tmp_path, plan)
    assert resolution.needs["bin/x"][0].path == "opt/more/libz.so"


@witnessed
@pytest.mark.parametrize(("place", "there"), [("lib/x86_64-linux-gnu", True), ("lib64", False)])
def test_the_loader_s_own_bytes_tell_what_lib_stands_for(tmp_path: Path, place: str, *, there: bool) -> None:
    root = grown(tmp_path, {f"opt/{place}/libzed.so": ()}, "-Wl,-rpath,/opt/$LIB")
    assert runs(root) is there is need_in(root).met


@witnessed
def test_a_program_s_own_soname_answers_the_name(tmp_path: Path) -> None:
    root = grown(tmp_path, {f"{MULTIARCH}/libzed.so": needing(tmp_path / "build", "liba.so")}, "-Wl,-soname,liba.so")
    assert traced(root) == [f"/{MULTIARCH}/libzed.so"]
    (root / f"{MULTIARCH}/liba.so").write_bytes((tmp_path / "build/liba.so").read_bytes())
    assert traced(root) == [f"/{MULTIARCH}/libzed.so"]
    assert resolved(root).closure("bin/x") == ("bin/x", f"{MULTIARCH}/libzed.so")


@pytest.mark.parametrize("runpath", ["opt", ".", "../opt/."])
def test_a_relative_directory_is_no_certain_find(tmp_path: Path, runpath: str) -> None:
    plan: dict[str, Content] = {"a.so": library(runpath=runpath), "opt/libz.so": library(), "libz.so": library()}
    search = find(tmp_path, "glibc", plan, "libz.so", "a.so")
    assert search.path in ("opt/libz.so", "libz.so")
    assert search.doubt == "if the program is started in /"


CONFS = (
    "/opt/a /opt/b\n",
    "/opt/a,/opt/b\n", "/opt/a:/opt/b\n", "  /opt/a \t\n/opt/b # why\n", "/opt/a=libc6\n/opt/b = libc6",
    "/opt/a\r\n/opt/b/\n", "include i.conf\n/opt/a", "INCLUDE i.conf\n", "include\ti.conf absent.conf", "includei.conf",
    "hwcap 1 x\n/opt/a", "HWCAP /opt/a\nhwcapx /opt/b\n", "include i.conf # c\n", "opt/a\n/opt/../opt/b\n",
)  # fmt: skip


@witnessed
@pytest.mark.parametrize("text", CONFS)
def test_ld_so_conf_is_read_as_ldconfig_reads_it(tmp_path: Path, text: str) -> None:
    plan: Plan = {"bin/x": (), **{f"opt/{place}/lib{place}.so": () for place in "abc"}, "etc/i.conf": "/opt/c\n"}
    root = native_root(tmp_path / "root", {**plan, "etc/ld.so.conf": text})
    ldconfig(root)
    listed = subprocess.run(
        ["ldconfig", "-r", str(root), "-p"], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    (root / "etc/ld.so.cache").unlink()
    tree = read_tree(str(root), needs=frozenset())
    places, whole = configured_places(tree, "/etc/ld.so.conf", text, Work())
    found = {tree.paths.follow(place).path for place in places} & {"opt/a", "opt/b", "opt/c"}
    assert whole
    assert found == {place for place in ("opt/a", "opt/b", "opt/c") if f"{place}/lib" in listed}
