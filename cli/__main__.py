"""``python -m elfkit_cli``."""

from elfkit_cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
