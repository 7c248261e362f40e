"""Every fact of every ELF file of every tree equals what GNU readelf says of it, as it is and
with its section headers gone."""

from collections.abc import Callable
from pathlib import Path

import pytest

import elfkit
from tests.needs import needs
from tests.real.comparison import Form, differences, shaped, stated, witnessed
from tests.real.fetch import Root, elf_files
from tests.real.readelf import Witness, witnesses

pytestmark = needs("readelf")

SHOWN = 40
MACHINES = Root("fixtures", "own", Path(__file__).parents[2] / "fixtures" / "machines")


@pytest.fixture(scope="session")
def told(root: Root) -> dict[Path, Witness]:
    return dict(witnesses(list(elf_files(root.path))))


def compare(told: dict[Path, Witness], root: Root, form: Form) -> tuple[int, list[str]]:
    """How many facts were compared, and the lines about those that differ."""
    compared, wrong = 0, []
    for path, witness in told.items():
        raw = shaped(path.read_bytes(), witness, form)
        with elfkit.load(path if form is Form.WHOLE else raw) as image:
            facts = elfkit.inspect(image)
        truth = witnessed(witness, len(raw), form)
        compared += len(truth)
        wrong += [f"{path.relative_to(root.path)}: {line}" for line in differences(stated(facts, truth), truth)]
    return compared, wrong


@pytest.mark.parametrize("form", Form, ids=lambda form: form.name.lower())
def test_every_fact_of_a_real_tree_equals_what_readelf_says(
    root: Root, told: dict[Path, Witness], report: Callable[[str], None], form: Form
) -> None:
    compared, wrong = compare(told, root, form)
    report(f"{root.name}, {form.value}: {len(told):,} files, {compared:,} facts, {len(wrong):,} differences")
    assert told, f"no ELF file under {root.name}"
    assert not wrong, "\n".join([*wrong[:SHOWN], f"... {len(wrong)} in all"])


@pytest.mark.parametrize("form", Form, ids=lambda form: form.name.lower())
def test_every_fact_of_the_machine_fixtures_equals_what_readelf_says(report: Callable[[str], None], form: Form) -> None:
    told = dict(witnesses(list(elf_files(MACHINES.path))))
    compared, wrong = compare(told, MACHINES, form)
    report(f"fixtures, {form.value}: {len(told):,} files, {compared:,} facts, {len(wrong):,} differences")
    assert not wrong, "\n".join([*wrong[:SHOWN], f"... {len(wrong)} in all"])


def test_a_fact_that_differs_is_told_by_its_name() -> None:
    path, witness = next(witnesses([MACHINES.path / "mips-soft" / "hello"]))
    with elfkit.load(path) as image:
        facts = elfkit.inspect(image)
    truth = witnessed(witness, path.stat().st_size, Form.WHOLE)
    assert len(truth) == 25
    for name in truth:
        lied = truth | {name: "something else"}
        assert [line.partition(":")[0] for line in differences(stated(facts, lied), lied)] == [name]
