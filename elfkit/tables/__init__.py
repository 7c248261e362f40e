"""Arrays in, arrays out: symbols, strings and hash tables, found without section headers."""
