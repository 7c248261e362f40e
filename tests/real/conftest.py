"""`make test-real`: pytest asked for this folder by name. A plain run does not come here."""

from collections.abc import Callable

import pytest

from tests.real import fetch

FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[FIGURES]:
        terminalreporter.section("figures")
        for line in config.stash[FIGURES]:
            terminalreporter.line(line)


@pytest.fixture(scope="session", params=fetch.ROWS, ids=[row.name for row in fetch.ROWS])
def root(request: pytest.FixtureRequest) -> fetch.Root:
    """A tree that nobody here made, fetched if it is not on this disk yet."""
    try:
        return fetch.obtain(request.param)
    except fetch.UnavailableError as reason:
        pytest.skip(f"{request.param.name}: {reason}")


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Have a line printed at the end of the run, whether the test passes or not."""
    return request.config.stash[FIGURES].append
