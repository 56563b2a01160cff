"""A container's health check: `python -m deploy.probe URL` exits 0 when the URL answers 2xx. It needs the standard library only."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def main() -> None:
    """Ask once; a refusal is an exit code, not a traceback."""
    try:
        urllib.request.urlopen(sys.argv[1], timeout=4).close()
    except (OSError, urllib.error.URLError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")


if __name__ == "__main__":
    main()
