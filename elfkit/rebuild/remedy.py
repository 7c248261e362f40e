"""What a file needs: its old table pointed to again, or a new one; decided, nothing written yet."""

from __future__ import annotations

from typing import NamedTuple

from elfkit.errors import Option, RefusedError
from elfkit.image.image import Image
from elfkit.rebuild.overlay import refuse_overlay
from elfkit.rebuild.plan import MOST_SECTIONS, SectionPlan, plan_sections
from elfkit.rebuild.report import Action
from elfkit.rebuild.revive import find_old_table, revived_plan
from elfkit.rebuild.section_indices import SectionIndices
from elfkit.rebuild.warnings import warnings_of
from elfkit.rebuild.wishes import Wishes
from elfkit.rebuild.write import Appendix, appendix, pointing_to

MOST_ASTRAY = 20  # one defined symbol in so many may name a section that does not hold it


class Remedy(NamedTuple):
    """The plan, the bytes that carry it out, and sentences that the user should read."""

    action: Action
    plan: SectionPlan
    added: Appendix
    warnings: tuple[str, ...] = ()


def remedy(image: Image, wishes: Wishes) -> Remedy:
    """Return how ``image`` gets a section header table; RefusedError for what would break."""
    old = find_old_table(image)
    if old is not None:
        plan = revived_plan(image, old)
        return Remedy(Action.REVIVED, plan, pointing_to(image, old.offset, len(old.rows), old.names))
    if not wishes.overlay:
        refuse_overlay(image)
    plan = plan_sections(image, indices=wishes.indices, symbols=wishes.symbols)
    _refuse_lost_indices(image, plan, wishes)
    added = appendix(image, plan.sections)
    return Remedy(
        Action.REBUILT, plan, added._replace(patches=(*added.patches, *plan.patches)), warnings_of(image, plan, wishes)
    )


def _refuse_lost_indices(image: Image, plan: SectionPlan, wishes: Wishes) -> None:
    """RefusedError where the table cannot be numbered as the symbols ask: linkers would take variables for others."""
    defined = plan.defined
    if wishes.indices is SectionIndices.KEEP and plan.astray * MOST_ASTRAY > defined:
        said = f"{plan.astray} of {defined} defined symbols name sections that cannot be numbered as they were"
        said += f" (at most {MOST_SECTIONS} are)" if len(plan.sections) >= MOST_SECTIONS - 1 else ""
        options = (Option("shndx", "rewrite", "changes the symbols"), Option("shndx", "off", "leaves them"))
        raise RefusedError(image.source.name, said, options)
