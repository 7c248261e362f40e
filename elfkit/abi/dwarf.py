"""How addresses are encoded in exception tables (Linux Standard Base, "DWARF Exception Header Encoding")."""

DW_EH_PE_absptr = 0x00
DW_EH_PE_uleb128 = 0x01
DW_EH_PE_udata2 = 0x02
DW_EH_PE_udata4 = 0x03
DW_EH_PE_udata8 = 0x04
DW_EH_PE_sleb128 = 0x09
DW_EH_PE_sdata2 = 0x0A
DW_EH_PE_sdata4 = 0x0B
DW_EH_PE_sdata8 = 0x0C

DW_EH_PE_pcrel = 0x10
DW_EH_PE_textrel = 0x20
DW_EH_PE_datarel = 0x30
DW_EH_PE_funcrel = 0x40
DW_EH_PE_aligned = 0x50

DW_EH_PE_indirect = 0x80
DW_EH_PE_omit = 0xFF

FORMAT_MASK = 0x0F
APPLICATION_MASK = 0x70

WIDTHS = {
    DW_EH_PE_udata2: 2,
    DW_EH_PE_sdata2: 2,
    DW_EH_PE_udata4: 4,
    DW_EH_PE_sdata4: 4,
    DW_EH_PE_udata8: 8,
    DW_EH_PE_sdata8: 8,
}
"""Bytes of a value whose format has a width of its own; DW_EH_PE_absptr has that of an address."""

SIGNED = frozenset({DW_EH_PE_sdata2, DW_EH_PE_sdata4, DW_EH_PE_sdata8})


def encoded_width(encoding: int, word_size: int) -> int | None:
    """Return the bytes of a value in this encoding; None if it is omitted, aligned or of no fixed width."""
    if encoding == DW_EH_PE_omit or encoding & APPLICATION_MASK == DW_EH_PE_aligned:
        return None
    if encoding & FORMAT_MASK == DW_EH_PE_absptr:
        return word_size
    return WIDTHS.get(encoding & FORMAT_MASK)
