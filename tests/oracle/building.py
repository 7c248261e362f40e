"""Parts become ELF files: compiled once, kept by the content of all that goes into them."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from tests.oracle.parts import Part, Scenario
from tests.oracle.targets import ZIG, Make, Target

PROLOGUE: Final = """
long write(int, const void *, __SIZE_TYPE__);
static __attribute__((unused)) void say(const char *text)
{
    __SIZE_TYPE__ length = 0;
    while (text[length]) length++;
    write(1, text, length);
    write(1, "\\n", 1);
}
"""
COMPILE: Final = ("-O1", "-g0", "-w", "-fno-builtin", "-fno-stack-protector", "-fno-lto")
LINK: Final = ("-s", "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined")


# The linker does not take the committed libc.so, which has no section headers.
LIBC: Final = Part(
    "libc.so",
    """
    long write(int to, const void *from, __SIZE_TYPE__ size) { return 0; }
    void _exit(int code) {}
    void *dlopen(void) { return 0; }
    void *dlsym(void) { return 0; }
    char *dlerror(void) { return 0; }
    void *__tls_get_addr(void) { return 0; }
    """,
    stub=True,
)


class BuildError(Exception):
    """A compiler failed; the text says what it printed."""


def store() -> Path:
    """The folder of everything built for the oracle."""
    named = os.environ.get("ELFKIT_ORACLE")
    return Path(named) if named else Path(__file__).resolve().parents[2] / ".cache/oracle"


def built(scenario: Scenario, target: Target) -> dict[str, Path]:
    """The files of a scenario by their paths in the root; stubs are left out."""
    made: dict[str, tuple[bool, Path]] = {}
    files: dict[str, Path] = {}
    for part in scenario.parts:
        needed = [made[name][1] for name in part.needs]
        if target.start and part.program:
            needed.append(_linked(LIBC, target, []))
        file = _linked(part, target, needed)
        if part.name not in made or part.stub:
            made[part.name] = part.stub, file
        if not part.stub:
            files[part.path.format(triplet=target.triplet)] = file
    return files


def _linked(part: Part, target: Target, needed: list[Path]) -> Path:
    command = target.compiler if part.make is Make.OWN else target.others[part.make]
    code = PROLOGUE + part.code + (target.start if part.program else "")
    flags = _flags(part, target, command)
    salt = [_version(command[0]), *command, *flags, code, part.script, *(str(path) for path in needed)]
    key = hashlib.sha256("\0".join(salt).encode()).hexdigest()[:20]
    final = store() / "parts" / key / (part.path.rpartition("/")[2] or "part")
    if not final.is_file():
        _compile([*_words(command), *flags], code, part.script, needed, final)
    return final


def _flags(part: Part, target: Target, command: tuple[str, ...]) -> list[str]:
    if part.program:
        own_start = ["-nostdlib", "-Wl,--dynamic-linker,/" + target.loader] if target.start else []
        dynamic = ["-dynamic"] if command[0] == ZIG else []
        fixed = "-no-pie" in part.flags
        kind = [*([] if fixed else ["-fPIE", "-pie"]), *own_start, *dynamic]
    else:
        kind = ["-fPIC", "-shared", "-nostdlib", f"-Wl,-soname,{part.name}"]
    # zig makes position-independent code only, but links it at a fixed address
    own = [flag for flag in part.flags if command[0] != ZIG or flag != "-fno-pic"]
    return [*COMPILE, *LINK, "-Wl,-z,lazy", *kind, *own]


def _compile(command: list[str], code: str, script: str, needed: list[Path], final: Path) -> None:
    """Compile in a folder of its own; two runs that build the same file do not meet."""
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=final.parent) as name:
        folder = Path(name)
        (folder / "part.c").write_text(code)
        (folder / "part.map").write_text(script)
        versions = ["-Wl,--version-script,part.map"] if script else []
        out = folder / "out"
        order = ["-o", str(out), "part.c", *(str(path) for path in needed)]
        done = subprocess.run(
            [*command, *versions, *order], cwd=folder, env=_environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            msg = f"{' '.join([*command, *versions, *order])}\n{done.stderr.strip()[-2000:]}"
            raise BuildError(msg)
        shutil.move(out, final)


def _words(command: tuple[str, ...]) -> tuple[str, ...]:
    return (sys.executable, "-m", "ziglang", *command[1:]) if command[0] == ZIG else command


def _environment() -> dict[str, str]:
    caches = dict.fromkeys(("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"), str(store() / "zig"))
    return {**os.environ, **caches, "LC_ALL": "C"}


@cache
def _version(program: str) -> str:
    """What a compiler says it is: a newer one builds everything again."""
    word = ["version"] if program == ZIG else ["--version"]
    done = subprocess.run([*_words((program,)), *word], capture_output=True, text=True, check=True)
    return done.stdout.partition("\n")[0]
