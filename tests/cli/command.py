"""The command as its users run it: a child process and its streams, byte for byte."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
TREES: Final = ROOT / "fixtures" / "trees"
ROUTER: Final = TREES / "router"
CLEAN: Final = TREES / "router-clean"
HELLO: Final = ROOT / "fixtures" / "machines" / "mips-soft" / "hello"
MACHINES: Final = sorted(
    path
    for path in (ROOT / "fixtures" / "machines").glob("*/*")
    if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"
)
RULES: Final = ROOT / "fixtures" / "rules"

# What a developer's shell or a CI service may have set, and what would change the screens.
UNSET: Final = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "ELFKIT_DEBUG", "PYTHONIOENCODING", "PYTHONHASHSEED"}
ESCAPE_SEQUENCE: Final = re.compile(rb"\x1b\[[0-9;]*m")

Argument = str | bytes | Path


class Ran(NamedTuple):
    """How a run ended."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def sentences(self) -> list[str]:
        """Lines of standard error."""
        return self.err.decode().splitlines()


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return kept | {"TERM": "xterm-256color"} | dict(more or {})


def elfkit(
    *arguments: Argument,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[Any] = subprocess.PIPE,
    before: Callable[[], None] | None = None,
) -> Ran:
    """Run the command in a child; ``before`` runs in the child and takes rights and limits away."""
    return python("-m", "elfkit_cli", *arguments, cwd=cwd, env=env, stdout=stdout, before=before)


def python(
    *arguments: Argument,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[Any] = subprocess.PIPE,
    before: Callable[[], None] | None = None,
) -> Ran:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        preexec_fn=before,  # the suite starts no threads
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout or b"", done.stderr)


# Gives up root's rights only when all is imported: the interpreter may lie where nobody else can read.
NOBODY: Final = """
import contextlib, io, os, sys
from elfkit_cli.main import main

with contextlib.redirect_stdout(io.StringIO()):
    main(["check", sys.argv[1]])
    main(["info", sys.argv[1], "--json"])
    import elfkit_cli.rebuild, elfkit.rebuild.output, tempfile
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
sys.exit(main(sys.argv[2:]))
"""


def as_nobody(*arguments: Argument, cwd: Path) -> Ran:
    """Run the command, as a child of root, as a user for whom permissions hold."""
    return python("-c", NOBODY, HELLO, *arguments, cwd=cwd)
