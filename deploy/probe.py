"""Whether a service says that it is ready: `python -m deploy.probe URL` exits 0 when it does. It needs the standard library only."""

from __future__ import annotations

import sys
import urllib.request

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def succeeds(url: str, timeout_s: float) -> bool:
    """Whether a GET, never through a proxy, is answered with 2xx."""
    try:
        DIRECT.open(url, timeout=timeout_s).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(not succeeds(sys.argv[1], timeout_s=4))
