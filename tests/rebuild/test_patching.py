"""A patch is one field that the task may write, or nothing is written."""

from __future__ import annotations

import pytest

from elfkit.errors import UnverifiedError
from elfkit.rebuild.patching import Scope, patches_are_meant
from elfkit.rebuild.write import Appendix, Patch
from tests.rebuild.samples import LIBRARY, cut, image

CONTENT = cut(LIBRARY)


def fields_of() -> dict[str, Patch]:
    """One patch in each sort of field that some task may write: 64-bit, by the gABI alone."""
    return {
        "e_shoff": Patch(0x28, bytes(8)),
        "st_shndx": Patch(0x298 + 24 * 2 + 6, bytes(2)),
        "p_offset": Patch(0x40 + 56 + 8, bytes(8)),
        "p_filesz": Patch(0x40 + 56 * 2 + 32, bytes(8)),
        "d_val": Patch(0x6A8 + 16 * 3 + 8, bytes(8)),
    }


MAY = {"table": (Scope(), {"e_shoff"})}
MAY |= {"indices": (Scope(indices=True), {"e_shoff", "st_shndx"})}
MAY |= {"dump": (Scope(dump=True), {"e_shoff", "p_offset", "p_filesz", "d_val"})}


@pytest.mark.parametrize(("scope", "may"), MAY.values(), ids=MAY)
def test_only_fields_of_the_task_may_change(scope: Scope, may: set[str]) -> None:
    for name, meant in fields_of().items():
        added = Appendix(0, b"", (meant,))
        if name in may:
            patches_are_meant(image(CONTENT), added, scope, 8)
            wrong = (meant._replace(offset=meant.offset + 1), meant._replace(data=meant.data[1:]))
        else:
            wrong = (meant, meant)
        for each in wrong:
            with pytest.raises(UnverifiedError, match=f"bytes at {each.offset:#x} would change, and are no field that"):
                patches_are_meant(image(CONTENT), Appendix(0, b"", (each,)), scope, 8)


def test_no_field_behind_the_symbols_may_change() -> None:
    last = Patch(0x298 + 24 * 7 + 6, bytes(2))
    patches_are_meant(image(CONTENT), Appendix(0, b"", (last,)), Scope(indices=True), 8)
    with pytest.raises(UnverifiedError):
        patches_are_meant(image(CONTENT), Appendix(0, b"", (last,)), Scope(indices=True), 7)
