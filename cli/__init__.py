"""The elfkit command: arguments, rendering, exit codes. Installed as ``elfkit_cli``."""
