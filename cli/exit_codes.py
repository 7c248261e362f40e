"""What the exit code says, for every command and format. Where several hold: 2 over 1 over 3 over 0."""

CLEAN = 0
FINDINGS = 1  # at or above --fail-on; for other commands: something asked for was not found
UNUSABLE = 2  # an argument could not be used, or something internal failed
NO_ELF = 3  # no ELF file in the input
INTERRUPTED = 130  # Ctrl-C, as shells report it
