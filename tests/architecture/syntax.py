"""What a syntax tree shows of a module: who opens files, who prints, how long things are, how they are named.

Each function takes a tree and returns the lines (or names) that it objects to.
"""

import ast
import re
import sys
from collections.abc import Iterator
from typing import Final

FORBIDDEN_WORDS: Final = frozenset(
    {"manager", "helper", "util", "common", "misc", "base", "handler", "processor", "data", "info"}
)
FILE_MODULES: Final = frozenset({"os", "io", "codecs", "gzip", "bz2", "lzma", "tarfile", "zipfile", "mmap", "tempfile"})
OPENING: Final = frozenset({"open", "fdopen", "scandir", "listdir", "walk", "mmap", "NamedTemporaryFile", "mkstemp"})
PATH_METHODS: Final = frozenset({"read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "rglob"})
PRINTING_MODULES: Final = frozenset({"logging"})
WARNS: Final = frozenset({"warn", "warn_explicit", "showwarning"})  # what keeps the warnings of others silent may stay
STREAMS: Final = frozenset({"stdout", "stderr", "__stdout__", "__stderr__"})


def opens_file(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id="open"):
            return True
        case ast.Attribute(value=ast.Name(id="tree") | ast.Attribute(attr="tree"), attr="read_text"):
            return False  # a Tree reads by Source
        case ast.Attribute(attr=method) if method in PATH_METHODS:
            return True
        case ast.Attribute(value=ast.Name(id=module), attr=function) if module in FILE_MODULES:
            return function in OPENING
        case ast.Attribute(value=ast.Name(id=receiver), attr="open"):
            return receiver == "Path" or not receiver[0].isupper()  # Source.open is the door itself
        case ast.Attribute(attr="open"):
            return True
    return False


def openings(tree: ast.Module) -> list[int]:
    """Lines that open a file or list a folder, also by `from os import open`."""
    calls = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and opens_file(node)]
    imports = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module in FILE_MODULES
        and any(alias.name in OPENING for alias in node.names)
    ]
    return sorted(calls + imports)


def speaks(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="print" | "input")):
            return True
        case ast.Attribute(value=ast.Name(id="sys"), attr=stream):
            return stream in STREAMS
        case ast.Attribute(value=ast.Name(id="warnings"), attr=name):
            return name in WARNS
        case ast.Import(names=names):
            return any(alias.name.split(".")[0] in PRINTING_MODULES for alias in names)
        case ast.ImportFrom(module=str(module), names=names):
            spoken = {"sys": STREAMS, "warnings": WARNS}.get(module, frozenset())
            streams = any(alias.name in spoken for alias in names)
            return streams or module.split(".")[0] in PRINTING_MODULES
    return False


def printing(tree: ast.Module) -> list[int]:
    """Lines that print, log, warn, or take hold of a standard stream."""
    return sorted(node.lineno for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt) and speaks(node))


def broad_excepts(tree: ast.Module) -> list[int]:
    """Lines of `except:`, `except Exception` and `except BaseException`, also in a tuple, that do not raise again."""
    return [
        handler.lineno
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler) and is_broad(handler.type) and not raises_again(handler)
    ]


def is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in {"Exception", "BaseException"} for node in ast.walk(caught))


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether the clause only tidies up: it ends in a bare `raise`."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the last of the body, decorators apart."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def long_functions(tree: ast.Module, limit: int) -> list[str]:
    return [f"{f.name} ({length(f)} lines)" for f in functions(tree) if length(f) > limit]


def table_lines(tree: ast.Module) -> int:
    """Lines of data: what is assigned at the top of the module, and classes without functions, such as enums."""
    return sum(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        or (isinstance(node, ast.ClassDef) and not any(isinstance(n, ast.FunctionDef) for n in ast.walk(node)))
    )


def words(name: str) -> list[str]:
    """snake_case and CamelCase names apart: `ELFHeaderInfo` is elf, header, info."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def empty_words(tree: ast.Module, stem: str) -> list[str]:
    """The module's name and its classes' names, where they say nothing of what they are."""
    names = [stem, *(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    return [name for name in names if FORBIDDEN_WORDS & {word.removesuffix("s") for word in words(name)}]


def imported(tree: ast.Module) -> set[str]:
    """Top-level names of all absolute imports outside the standard library."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names


def distribution(requirement: str) -> str:
    """The name in a requirement: `numpy` of `numpy>=1.26`, `elfkit` of `elfkit[verify]`."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()
