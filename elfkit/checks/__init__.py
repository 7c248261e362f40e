"""Judging: rules look at facts, the engine turns what they saw into findings and a report."""
