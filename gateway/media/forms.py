"""How images are written into JSON: data URLs and base64, read as browsers and other services read them.

It knows texts and bytes; whether the bytes are an image is judged elsewhere.

Source:
    RFC 2397 (data URLs, parameters included); WHATWG Infra, forgiving-base64 (white space, missing padding); RFC 4648 §5 (the alphabet
    for URLs).
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

# The media type and its parameters are not looked at: an image is what its bytes are.
DATA_URL = re.compile(r"\s*data:(?P<type>[^,]{0,500}?)(?P<base64>;\s*base64\s*)?,", re.IGNORECASE)
WHITE_SPACE = b" \t\n\r\f"
FOR_URLS = bytes.maketrans(b"-_", b"+/")


class NotDecodable(Exception):
    """The text is not what it should be; the message says what it is not."""


def is_data_url(text: str) -> bool:
    """Whether a text means to be a data URL."""
    return text[:100].lstrip()[:5].lower() == "data:"


def from_data_url(url: str) -> bytes:
    """The bytes in a data URL. Raises NotDecodable."""
    match = DATA_URL.match(url)
    if match is None:
        raise NotDecodable("is a data URL without the comma that ends its head")
    if match["base64"] is None:
        return unquote_to_bytes(url[match.end() :].strip())
    return from_base64(url[match.end() :])


def from_base64(text: str) -> bytes:
    """The bytes that base64 says. Raises NotDecodable."""
    try:
        plain = text.encode("ascii")
        if b"%" in plain:
            plain = unquote_to_bytes(plain)
        plain = plain.translate(FOR_URLS, delete=WHITE_SPACE).rstrip(b"=")
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise NotDecodable("is not valid base64") from None
