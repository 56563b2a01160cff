"""Signs the links to one response's pictures, so that whoever holds a link needs no API key.

Source:
    RFC 2104 (HMAC) with SHA-256.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs the links to one response's pictures. `expires_at` is Unix time in seconds."""

    key: str
    expires_at: int

    def query(self, file_id: str) -> str:
        """What follows the `?` of a link to this file."""
        return f"expires={self.expires_at}&signature={signature_of(self.key, file_id, self.expires_at)}"


def signature_of(key: str, file_id: str, expires: int) -> str:
    """The signature of a link to this file that holds until `expires`, Unix time in seconds."""
    return hmac.new(key.encode(), f"{file_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
