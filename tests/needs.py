"""`@needs("readelf")`: a test that asks for a tool of `tests.tools`, skipped where that is missing.

Also a pytest plugin: it counts at the end which tools were missing, and under ELFKIT_NO_SKIP=1 turns every skip,
whatever its origin, into a failure.
"""

import os
from collections import Counter
from collections.abc import Generator

import pytest

from tests.tools import TOOLS, missing

NO_SKIP = "ELFKIT_NO_SKIP"
LACKED = pytest.StashKey[Counter[str]]()


def needs(*tools: str) -> pytest.MarkDecorator:
    """Mark a test, class or module (`pytestmark`) as asking for tools that `tests.tools.TOOLS` lists."""
    unknown = set(tools) - {tool.name for tool in TOOLS}
    if unknown or not tools:
        msg = f"not in tests/tools.py: {', '.join(sorted(unknown)) or 'nothing was named'}"
        raise ValueError(msg)
    return pytest.mark.needs(*tools)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LACKED] = Counter()


def pytest_runtest_setup(item: pytest.Item) -> None:
    asked = sorted({tool for mark in item.iter_markers("needs") for tool in needs(*mark.args).args})
    lacked = [tool for tool in asked if missing(tool)]
    if lacked:
        item.config.stash[LACKED].update(lacked)
        pytest.skip(f"needs {', '.join(lacked)}")


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(NO_SKIP) == "1":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{reason}\nand {NO_SKIP}=1 lets nothing be skipped"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_if_skipped(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lacked = config.stash[LACKED]
    if lacked:
        terminalreporter.section("tools that were missing")
        for tool, count in sorted(lacked.items()):
            terminalreporter.line(f"{tool}: {count} {'test' if count == 1 else 'tests'} not run")
