"""One rule, one function, one file, named by id and name."""
