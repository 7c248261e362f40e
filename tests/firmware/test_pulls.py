"""What brings images into use that belong to no platform: bounded, and in one order."""

from dataclasses import replace
from pathlib import Path

from elfkit.firmware.pulls import chain
from tests.firmware.plants import X86_64, Content, asking, judged, leaked, program, router


def test_what_belongs_to_a_platform_is_pulled_in_by_nothing(tmp_path: Path) -> None:
    *_, resolution = judged(tmp_path, router({"bin/x": program(), "bin/y": "-> x"}))
    assert resolution.pulls == {}


def test_needers_go_before_scripts_and_scripts_before_links(tmp_path: Path) -> None:
    library = replace(X86_64, soname=b"libx.so")
    more: dict[str, Content] = {
        "o/libx.so": library,
        "o/jq": leaked("libx.so"),
        "bin/l": "-> /o/libx.so",
        "bin/s": b"#!/o/libx.so\n",
    }
    *_, resolution = judged(tmp_path, router(more))
    assert [pull.path for pull in resolution.pulls["o/libx.so"]] == ["o/jq", "bin/s", "bin/l"]


def test_a_needer_of_another_class_pulls_in_nothing(tmp_path: Path) -> None:
    small = asking(replace(X86_64, elf_class=1), "/lib/ld.so", ("libx.so",))
    *_, resolution = judged(tmp_path, router({"o/libx.so": X86_64, "o/jq": small}))
    assert resolution.pulls == {}


def test_a_name_that_many_bear_costs_no_square(tmp_path: Path) -> None:
    same = replace(asking(X86_64, "", ("libx.so",)), soname=b"libx.so")
    *_, resolution = judged(tmp_path, router({f"o/{number}.so": same for number in range(60)}))
    assert sum(map(len, resolution.pulls.values())) <= 60 * 8


def test_a_chain_ends_in_a_circle_and_at_its_limit(tmp_path: Path) -> None:
    ring = {f"o/{n}.so": asking(X86_64, "", (f"{(n + 1) % 5}.so",)) for n in range(5)}
    *_, resolution = judged(tmp_path, router(ring))
    assert [pull.path for pull in chain(resolution.pulls, "o/0.so", 9)] == ["o/4.so", "o/3.so", "o/2.so", "o/1.so"]
    assert len(chain(resolution.pulls, "o/0.so", 2)) == 2
