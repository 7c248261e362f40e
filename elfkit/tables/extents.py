"""Tables that the dynamic section points to: where they lie, and their bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from elfkit.formats.layout import Record
from elfkit.image.dynamic import Extent
from elfkit.image.image import Image


def table_extent(image: Image, tag: int, size_tag: int | None = None) -> Extent | None:
    """Return where the table of a DT_* pointer lies in the file, cut to what ``size_tag`` says it holds.

    None if the tag is not there, or no PT_LOAD takes its address from the file.
    """
    values = image.dynamic.values if image.dynamic else {}
    extent = image.extent_of(values[tag]) if tag in values else None
    if extent is None or size_tag is None:
        return extent
    return Extent(extent.offset, min(extent.size, max(values.get(size_tag, 0), 0)))


def records_at(image: Image, record: Record, extent: Extent | None, count: int | None = None) -> npt.NDArray[Any]:
    """Return the whole records that lie in ``extent``, at most ``count``: a structured array of the record's dtype."""
    if extent is None:
        return np.empty(0, record.dtype)
    most = extent.size // record.size
    raw = image.source.view(extent.offset, (most if count is None else min(most, count)) * record.size)
    return np.frombuffer(raw[: len(raw) // record.size * record.size], record.dtype)


def words_at(image: Image, extent: Extent | None, width: int, count: int | None = None) -> npt.NDArray[Any]:
    """Return the whole unsigned words of ``width`` bytes in ``extent``, at most ``count``, in native byte order."""
    if extent is None:
        return np.empty(0, f"u{width}")
    most = extent.size // width
    raw = image.source.view(extent.offset, (most if count is None else min(most, count)) * width)
    return np.frombuffer(raw[: len(raw) // width * width], f"{image.layout.order}u{width}").astype(
        f"u{width}", copy=False
    )
