"""The machinery that skips tests for want of a tool, and forbids it in CI, run on little suites of its own."""

from pathlib import Path

import pytest

from tests.needs import NO_SKIP, needs
from tests.tools import TOOLS, Tool, missing, packages

ROOT = Path(__file__).parents[1]

WANTING = """
    import pytest
    from tests import tools

    tools.missing = lambda name: True

    from tests.needs import needs, pytest_runtest_setup
    pytest_runtest_setup.__globals__["missing"] = lambda name: name == "readelf"

    @needs("readelf")
    def test_first(): pass

    @needs("readelf", "git")
    def test_second(): pass

    def test_third(): pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv(NO_SKIP, raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeini("[pytest]\naddopts = -p tests.needs\nmarkers =\n    needs(*tools): what a test asks for\n")
    return pytester


def test_a_missing_tool_skips_its_tests_and_is_counted(suite: pytest.Pytester) -> None:
    suite.makepyfile(WANTING)
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["*tools that were missing*", "readelf: 2 tests not run"])
    assert result.ret == pytest.ExitCode.OK


def test_nothing_is_said_of_tools_that_are_there(suite: pytest.Pytester) -> None:
    suite.makepyfile(WANTING.replace('name == "readelf"', "False"))
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*tools that were missing*")


@pytest.mark.parametrize(
    "body",
    [
        "import pytest\ndef test_it(): pytest.skip('no reason')",
        "import pytest\n@pytest.mark.skip\ndef test_it(): pass",
        "import pytest\n@pytest.mark.skipif(True, reason='always')\ndef test_it(): pass",
        "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass",
        "import pytest\npytest.skip('all of it', allow_module_level=True)\ndef test_it(): pass",
        "import unittest\nclass T(unittest.TestCase):\n    @unittest.skip('so')\n    def test_it(self): pass",
        WANTING,
    ],
    ids=["call", "mark", "skipif", "importorskip", "module", "unittest", "needs"],
)
def test_any_skip_fails_where_skips_are_forbidden(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    suite.makepyfile(body)
    assert suite.runpytest_subprocess("-rs").parseoutcomes().get("skipped", 0) > 0

    monkeypatch.setenv(NO_SKIP, "1")
    result = suite.runpytest_subprocess()
    assert result.ret in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}
    assert "skipped" not in result.parseoutcomes()
    result.stdout.fnmatch_lines([f"*{NO_SKIP}=1 lets nothing be skipped*"])


def test_an_expected_failure_is_no_skip(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NO_SKIP, "1")
    suite.makepyfile("import pytest\n@pytest.mark.xfail\ndef test_it(): assert False")
    suite.runpytest_subprocess().assert_outcomes(xfailed=1)


@pytest.mark.parametrize("names", [(), ("no-such-tool",), ("readelf", "no-such-tool")])
def test_a_tool_that_no_row_lists_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"tests/tools\.py"):
        needs(*names)


def test_presence_is_looked_up_on_path_or_asked_of_the_row() -> None:
    assert Tool("sh", "dash").available()
    assert not Tool("no-such-program", None).available()
    assert Tool("no-such-program", None, present=lambda: True).available()
    with pytest.raises(KeyError):
        missing("no-such-tool")


def test_each_tool_has_one_row_and_a_package_or_a_condition() -> None:
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)
    assert all(tool.package is not None or tool.present is not None for tool in TOOLS)
    assert "binutils" in packages()
