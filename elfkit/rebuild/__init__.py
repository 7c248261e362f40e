"""Rebuilding the section header table of a file that lost it: gather evidence, plan sections, write, verify."""
