"""What the user should read before the result is trusted: what it does not hold, and what it may be wrong about."""

from __future__ import annotations

from elfkit.abi.dynamic import DT_STRSZ, DT_SYMTAB
from elfkit.abi.sections import SHT_DYNSYM
from elfkit.image.image import Image
from elfkit.rebuild.plan import MOST_NAMED, SectionPlan
from elfkit.rebuild.section_indices import SectionIndices
from elfkit.rebuild.wishes import Wishes


def warnings_of(image: Image, plan: SectionPlan, wishes: Wishes) -> tuple[str, ...]:
    """Return sentences about what a table by ``plan`` lacks; none of a sound library."""
    found = []
    if image.dynamic is None:
        found.append("it has no PT_DYNAMIC: the table holds what the program headers show, and no symbols")
    else:
        found += _missing_symbols(image, plan)
    if wishes.indices is SectionIndices.OFF:
        found.append("symbols keep indices of the lost table: only functions will link, variables will not")
    if wishes.indices is SectionIndices.REWRITE:
        found.append("the section indices of the dynamic symbols were changed, two loaded bytes each")
    if plan.astray:
        names = ", ".join(plan.strays) + (", ..." if plan.astray > len(plan.strays) else "")
        said = f"{plan.astray} of {plan.defined} defined symbols name a section that does not hold them"
        found.append(f"{said}, linkers may take them for others: {names}")
    return tuple(found)


def _missing_symbols(image: Image, plan: SectionPlan) -> list[str]:
    """Return what is not known of the dynamic symbols."""
    values = image.dynamic.values if image.dynamic else {}
    vaddr = values.get(DT_SYMTAB)
    if vaddr is None:
        return ["its dynamic section has no DT_SYMTAB: the table holds no symbols"]
    found = []
    if not any(row.type == SHT_DYNSYM and row.addr == vaddr for row in plan.sections):
        found.append(f"DT_SYMTAB is {vaddr:#x}, and no symbols can be read there: the table holds none")
    count = plan.count
    if count.total is None:
        most = "an unknown number" if count.high is None else count.high
        found.append(
            f"how many dynamic symbols there are is not known: {count.low} to {most}, the table holds {count.low}"
        )
    found += [anomaly.detail for anomaly in count.anomalies[:MOST_NAMED]]
    if plan.unnamed:
        size = values.get(DT_STRSZ, 0)
        found.append(f"{plan.unnamed} dynamic symbols have no name: it would lie behind the {size} bytes of DT_STRSZ")
    return found
