"""The first line of a script, as the kernel takes it apart, and the interpreters that a tree does not have."""

from __future__ import annotations

from typing import Any, NamedTuple

from elfkit.firmware.tree import Tree

PROGRAM_PLACES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
SEARCHED = (*PROGRAM_PLACES, *[f"/opt{place}" for place in PROGRAM_PLACES])  # Entware's PATH has them too


class MissingInterpreter(NamedTuple):
    """What scripts name after ``#!`` and the tree does not have.

    ``by_env`` is True of a program that env looks for in PATH, False of a path that the kernel opens. A relative path
    is there for those alone who start the script in the right directory: it counts as missing.
    """

    name: str
    by_env: bool
    scripts: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {"name": self.name, "by_env": self.by_env, "scripts": list(self.scripts)}


def missing_interpreters(tree: Tree) -> tuple[MissingInterpreter, ...]:
    """Return the interpreters that the scripts of ``tree`` name and that are not there, most missed first."""
    missed: dict[tuple[str, bool], list[str]] = {}
    for script, interpreter in sorted(tree.scripts.items()):
        if not interpreter.startswith("/"):  # the kernel begins in the directory of whoever starts the script
            missed.setdefault((interpreter, False), []).append(script)
            continue
        wanted = sought_by_env(interpreter, tree.script_arguments.get(script, ""))
        if tree.paths.follow(interpreter).path is None:
            missed.setdefault((interpreter, False), []).append(script)
        elif wanted and not _is_program(tree, wanted):
            missed.setdefault((wanted, True), []).append(script)
    found = [MissingInterpreter(*key, tuple(scripts)) for key, scripts in missed.items()]
    return tuple(sorted(found, key=lambda row: (-len(row.scripts), row)))


def sought_by_env(interpreter: str, argument: str) -> str:
    """Return the program that ``#!interpreter argument`` makes env look for; "" where it is no env or looks for none.

    The kernel hands over one argument, blanks and all: without -S they are part of the name.

    >>> sought_by_env("/usr/bin/env", "python3 -u"), sought_by_env("/usr/bin/env", "-S A=1 python3 -u")
    ('python3 -u', 'python3')
    """
    if interpreter.rpartition("/")[2] != "env":
        return ""
    if not argument.startswith("-"):
        return argument
    split = argument.removeprefix("--split-string=").removeprefix("-S").split()
    return next((word for word in split if not word.startswith("-") and "=" not in word), "")


def _is_program(tree: Tree, name: str) -> bool:
    places = [name] if "/" in name else [f"{place}/{name}" for place in SEARCHED]
    ends = [tree.paths.follow(place).path for place in places]
    return any(end is not None and end not in tree.paths.directories for end in ends)
