"""Floor 0: the ABI's names and numbers, and rows of data (machines, interpreters, loaders). No logic about files."""
