"""The checks of tests.architecture.syntax, each shown to object to what it is for, and to nothing else."""

import ast

import pytest

from tests.architecture import syntax


@pytest.mark.parametrize(
    "snippet",
    [
        "open('x')",
        "os.open('x', 0)",
        "io.open('x')",
        "gzip.open('x')",
        "os.scandir('.')",
        "mmap.mmap(3, 0)",
        "path.open()",
        "Path('x').open()",
        "Path.open(path)",
        "self.path.open()",
        "path.read_bytes()",
        "Path('x').write_text('')",
        "from os import open as o",
    ],
)
def test_an_opened_file_is_seen(snippet: str) -> None:
    assert syntax.openings(ast.parse(snippet)) == [1]


@pytest.mark.parametrize(
    "snippet", ["os.fspath(p)", "Source.open(p)", "opened(p)", "os.pread(fd, 4, 0)", "self.tree.read_text(p)"]
)
def test_what_opens_nothing_is_let_be(snippet: str) -> None:
    assert syntax.openings(ast.parse(snippet)) == []


@pytest.mark.parametrize(
    "snippet",
    [
        "print('x')",
        "sys.stdout.write('x')",
        "sys.stderr.flush()",
        "from sys import stderr",
        "import logging.handlers",
        "from logging import getLogger",
        "warnings.warn(text)",
    ],
)
def test_speech_is_heard(snippet: str) -> None:
    assert syntax.printing(ast.parse(snippet)) == [1]


@pytest.mark.parametrize("snippet", ["sys.argv", "stream.write('x')", "'print(1)'", "from sys import byteorder"])
def test_silence_is_let_be(snippet: str) -> None:
    assert syntax.printing(ast.parse(snippet)) == []


@pytest.mark.parametrize("clause", ["", " Exception", " BaseException as e", " (OSError, Exception)"])
def test_a_broad_except_is_seen(clause: str) -> None:
    assert syntax.broad_excepts(ast.parse(f"try:\n    f()\nexcept{clause}:\n    pass")) == [3]


def test_a_narrow_except_is_let_be() -> None:
    assert syntax.broad_excepts(ast.parse("try:\n    f()\nexcept (OSError, ValueError):\n    pass")) == []


def test_tidying_up_before_raising_again_is_let_be() -> None:
    assert syntax.broad_excepts(ast.parse("try:\n    f()\nexcept BaseException:\n    g()\n    raise")) == []
    assert syntax.broad_excepts(ast.parse("try:\n    f()\nexcept BaseException:\n    raise E() from None")) == [3]


def test_a_function_is_as_long_as_its_last_line_says() -> None:
    tree = ast.parse("@decorated\ndef f():\n    a()\n\n    b()\n\nclass C:\n    async def g(self): pass\n")
    assert [syntax.length(f) for f in syntax.functions(tree)] == [4, 1]
    assert syntax.long_functions(tree, limit=4) == []
    assert syntax.long_functions(tree, limit=3) == ["f (4 lines)"]


def test_data_is_counted_apart_from_code() -> None:
    assert syntax.table_lines(ast.parse("import os\nclass Tag(IntEnum):\n    NULL = 0\n\nROWS = (\n    1,\n)")) == 5
    assert syntax.table_lines(ast.parse("class C:\n    def f(self):\n        rows = 1\n\ndef g(): pass")) == 0


@pytest.mark.parametrize(
    ("stem", "source", "objections"),
    [
        ("file_utils", "", ["file_utils"]),
        ("symbols", "class ELFHeaderInfo: pass", ["ELFHeaderInfo"]),
        ("symbols", "class RuleManager:\n    class HashHelper: pass", ["RuleManager", "HashHelper"]),
        ("database", "class Metadata: pass\nclass Information: pass", []),
    ],
)
def test_names_that_say_nothing_are_seen(stem: str, source: str, objections: list[str]) -> None:
    assert syntax.empty_words(ast.parse(source), stem) == objections


def test_imports_outside_the_standard_library_are_collected() -> None:
    tree = ast.parse("import os, numpy.typing\nfrom lief import ELF\nfrom . import near\ndef f():\n    import rich\n")
    assert syntax.imported(tree) == {"numpy", "lief", "rich"}
