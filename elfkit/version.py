"""The version of elfkit, a literal: asking the installed metadata for it would cost every start 30 ms."""

VERSION = "0.1.0"
