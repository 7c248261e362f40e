"""What the rules about linking say of a root grown for it."""

from pathlib import Path

from elfkit.checks.finding import Finding
from tests.checks.judging import checked
from tests.firmware.plants import GLIBC, Content, library, program

STRANGE = "/lib/ld-strange.so.1"
RULES = ("EK201", "EK202", "EK203", "EK204", "EK206", "EK301", "EK302", "EK303", "EK31")
Plan = dict[str, Content]


def findings(root: Path, plan: Plan) -> list[Finding]:
    return list(checked(root, plan, select=RULES).findings)


def told(root: Path, plan: Plan) -> dict[tuple[str, str], str]:
    """Severity by (rule, subject): of the rules about linking, all that is said of a root."""
    return {(finding.rule, finding.subject): finding.severity.word for finding in findings(root, plan)}


def glibc(plan: Plan) -> Plan:
    return {"sbin/init": program(interpreter=GLIBC), GLIBC[1:]: library(), **plan}


def uclibc(plan: Plan) -> Plan:
    loader = "/lib/ld-uClibc.so.0"
    return {"sbin/init": program(interpreter=loader), loader[1:]: library(), **plan}
