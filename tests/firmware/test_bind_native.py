"""Which image answers, and what is missed first: this machine's own glibc is the witness (LD_DEBUG=bindings)."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from elfkit.firmware.prediction import Ending
from tests.firmware.loaded import predicted
from tests.firmware.native import START, native_root
from tests.needs import needs

pytestmark = needs("gcc", "root")
BINDING = re.compile(r"binding file /bin/x \[0\] to /(\S+) \[0\]: normal symbol")
CALLS = "int f(void); int called(void) { return f(); }"


class Bench:
    """A root whose program is bin/x, with libraries in /lib; what is linked with may differ from what is found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = native_root(folder / "root", {})
        (self.root / "lib").mkdir()
        (self.root / "bin").mkdir()

    def library(self, name: str, source: str, *options: str, script: str = "", found: str | None = None) -> str:
        """Link /lib/`name` and return what to link with; `found` is the source of another one to be found instead."""
        place = self.folder / name
        versions = self.folder / "versions"
        versions.write_text(script)
        flags = ["-shared", f"-Wl,-soname,{name}", *options]
        self._link(source, place, *flags, *([f"-Wl,--version-script={versions}"] if script else []))
        if found is None:
            (self.root / "lib" / name).write_bytes(place.read_bytes())
        else:
            self._link(found, self.root / "lib" / name, *flags)
        return str(place)

    def program(self, source: str, *options: str) -> None:
        self._link(f"{source}\n{START}", self.root / "bin/x", "-fno-stack-protector", *options)

    def _link(self, source: str, place: Path, *options: str) -> None:
        command = ["gcc", "-x", "c", "-", "-x", "none", "-nostdlib", "-fPIC", "-Wl,--no-as-needed", *options]
        command += ["-Wl,--unresolved-symbols=ignore-all", "-o", str(place)]
        subprocess.run(command, input=source, text=True, check=True, capture_output=True, timeout=60)

    def start(self, **environment: str) -> tuple[bool, str]:
        """Whether the program runs to its end, and what the loader says."""
        chroot = lambda: os.chroot(self.root)  # noqa: E731 -- one call, before exec
        done = subprocess.run(
            ["/bin/x"],
            preexec_fn=chroot,
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode == 0, done.stderr

    def answering(self) -> set[str]:
        """The images to which the real loader binds what the program refers to."""
        runs, said = self.start(LD_BIND_NOW="1", LD_DEBUG="bindings")
        assert runs, said
        return set(BINDING.findall(said))


def test_glibc_asks_no_library_sooner_because_it_interposes(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    first = bench.library("liba.so", "int f(void) { return 1; }")
    second = bench.library("libb.so", "int f(void) { return 2; }", "-Wl,-z,interpose")
    bench.program(CALLS, first, second)
    assert bench.answering() == predicted(bench.root, "bin/x")[1].used["bin/x"] == {"lib/liba.so"}


@pytest.mark.parametrize("rpath", ["", "-Wl,-rpath,/lib,--disable-new-dtags"])  # a walked start, and one that is not
def test_a_filtee_is_asked_before_its_filter(tmp_path: Path, rpath: str) -> None:
    bench = Bench(tmp_path)
    real = bench.library("libreal.so", "int f(void) { return 1; }")
    named = bench.library("libnamed.so", "int f(void) { return 2; }", "-Wl,-F,libreal.so")
    bench.program(CALLS, named, real, *([rpath] if rpath else []))
    assert bench.answering() == predicted(bench.root, "bin/x")[1].used["bin/x"] == {"lib/libreal.so"}


def test_what_a_library_needs_is_relocated_before_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    first = bench.library("liba.so", "extern int one; int *lost = &one;")
    second = bench.library("libb.so", "extern int two; int *lost_too = &two;", first)
    bench.program("", first, second)
    runs, said = bench.start()
    assert not runs
    assert "/lib/liba.so: undefined symbol: one" in said
    prediction, _ = predicted(bench.root, "bin/x")
    assert (prediction.ending, prediction.image, prediction.name) == (Ending.FAILS, "lib/liba.so", "one")


def test_a_lost_variable_ends_a_start_before_a_call_can_fail_on_a_version(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plain = "int f(void) { return 1; }"
    library = bench.library("liba.so", plain, script="V1 { f; };", found=plain)
    emptied = bench.library("libb.so", "int gone;", found="int left;")
    bench.program(f"{CALLS} extern int gone; int *lost = &gone;", library, emptied, "-Wl,-z,lazy", "-no-pie")
    runs, said = bench.start()
    assert not runs
    assert "undefined symbol: gone" in said
    prediction, _ = predicted(bench.root, "bin/x")
    assert (prediction.ending, prediction.name) == (Ending.FAILS, "gone")


@pytest.mark.parametrize(("found", "runs"), [("int g;", True), ("int g; int f(void) { return 1; }", False)])
def test_glibc_asserts_only_where_the_file_defines_the_symbol(tmp_path: Path, found: str, *, runs: bool) -> None:
    bench = Bench(tmp_path)
    library = bench.library("liba.so", "int f(void) { return 1; }", script="V1 { f; };", found=found)
    bench.program("__attribute__((weak)) int f(void); void *kept = f;", library)
    happened, said = bench.start()
    assert "no version information available" in said
    assert happened is runs, said
    prediction, bindings = predicted(bench.root, "bin/x")
    assert (prediction.ending is Ending.RUNS) is runs
    (gap,) = bindings.unversioned["bin/x"]
    assert gap.asserts is not runs
