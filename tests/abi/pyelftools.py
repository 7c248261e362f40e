"""pyelftools' tables as a witness: they were typed in by other people from the same specifications."""

from types import ModuleType

from elftools.elf import enums

# Range marks and counters, which name no value of their own.
MARKS = (
    "LOOS",
    "HIOS",
    "LOPROC",
    "HIPROC",
    "LOUSER",
    "HIUSER",
    "_NUM",
    "PROCNUM",
    "LOSUNW",
    "HISUNW",
    "RNGLO",
    "RNGHI",
)


def witnessed(table: str) -> dict[str, int]:
    """The names of one of pyelftools' tables with their numbers, without range marks."""
    rows: dict[str, object] = getattr(enums, table)
    return {name: value for name, value in rows.items() if isinstance(value, int) and not name.endswith(MARKS)}


def disagreements(module: ModuleType, *tables: str) -> list[str]:
    """Constants of the module whose number differs from the one that any of these tables gives the name."""
    return [
        f"{name}: {getattr(module, name):#x}, pyelftools {value:#x}"
        for table in tables
        for name, value in witnessed(table).items()
        if getattr(module, name, value) != value
    ]


def missing(module: ModuleType, table: str) -> set[str]:
    """Names of the table that the module lacks."""
    return {name for name in witnessed(table) if not hasattr(module, name)}
