"""Many images under one root: the tree, what runs together in it, and where the loader looks."""
