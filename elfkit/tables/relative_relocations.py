"""DT_RELR: relative relocations as addresses and bitmaps (gABI, "Relative Relocation Table").

An even word is an address; each odd one that follows is a bitmap: bit i (from 1) stands for the word i - 1 places
behind where the last entry ended.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from elfkit.abi.dynamic import DT_RELR
from elfkit.evidence import Anomaly, Damage
from elfkit.image.image import Image


def relr_offsets(
    image: Image, words: npt.NDArray[np.unsignedinteger]
) -> tuple[npt.NDArray[np.uint64], tuple[Anomaly, ...]]:
    """Return the addresses that the table relocates, uint64 in table order.

    A word of the table stands for up to 63 addresses: more than ``limits.relocations`` of them are not listed.
    """
    width = image.layout.word_size
    values = words.astype(np.uint64)
    bitmap = (values & np.uint64(1)).astype(bool)
    most = image.source.limits.relocations // (8 * width)
    anomalies = []
    if len(values) and bitmap[0]:
        anomalies.append(_odd(image, "DT_RELR begins with a bitmap", "addresses from 0 on"))
    if len(values) > most:
        anomalies.append(_odd(image, f"DT_RELR has {len(values)} words", f"the first {most}"))
        values, bitmap = values[:most], bitmap[:most]
    return _expanded(values, bitmap, width), tuple(anomalies)


def _odd(image: Image, detail: str, assumed: str) -> Anomaly:
    return Anomaly(Damage.RELOCATIONS, image.dynamic_evidence(DT_RELR)[-1], detail, assumed)


def _expanded(values: npt.NDArray[np.uint64], bitmap: npt.NDArray[np.bool_], width: int) -> npt.NDArray[np.uint64]:
    """Return the addresses: every even word, and for each bit of a bitmap its place behind the last address."""
    if not len(values):
        return np.empty(0, np.uint64)
    places = np.arange(len(values))
    last = np.maximum.accumulate(np.where(bitmap, -1, places))  # the address word each entry belongs to, -1 for none
    start = np.where(last >= 0, values[np.maximum(last, 0)] + np.uint64(width), np.uint64(0))
    reach = 8 * width - 1  # words that one bitmap covers
    behind = np.maximum(places - last - 1, 0).astype(np.uint64)
    start = start + behind * np.uint64(reach * width)
    rows, columns = _set_bits(values[bitmap])
    counts = np.ones(len(values), np.intp)  # addresses that each word stands for
    counts[bitmap] = np.bincount(rows, minlength=len(values[bitmap]))
    stated = np.zeros(int(counts.sum()), np.bool_)
    stated[(np.cumsum(counts) - counts)[~bitmap]] = True
    out = np.empty(len(stated), np.uint64)
    out[stated] = values[~bitmap]
    out[~stated] = start[bitmap][rows] + columns.astype(np.uint64) * np.uint64(width)
    return out


def _set_bits(words: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the place of the word and the number of the bit, from 0 for bit 1, of each bit that is set."""
    bits = np.unpackbits(words.astype("<u8").view(np.uint8), bitorder="little")
    bits[::64] = 0  # bit 0 says that it is a bitmap
    found = np.flatnonzero(bits)
    return found >> 6, (found & 63) - 1
