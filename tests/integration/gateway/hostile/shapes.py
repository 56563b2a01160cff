"""Bodies that nobody who means well sends: small ones that could become large, take long, or be no JSON at all.

A route is known by the field that holds its list of messages or images; a shape is made for a route from that field.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable

MIB = 2**20
# Each route that takes a body, the field that holds its list, and what else it needs.
ROUTES: dict[str, tuple[str, dict[str, object]]] = {
    "/v1/responses": ("input", {}),
    "/v1/chat/completions": ("messages", {}),
    "/v1/images/generations": ("prompt", {}),
    "/v1/images/edits": ("images", {"prompt": "a fox"}),
    "/v1/ui-messages": ("messages", {}),
    "/v1beta/models/storybook:generateContent": ("contents", {}),
    "/v1beta/models/storybook:streamGenerateContent?alt=sse": ("contents", {}),
    "/v1/files": ("file", {}),
    "/mcp": ("params", {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}),
}
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
FORM = {"content-type": "multipart/form-data; boundary=b"}
Shape = Callable[[str, dict[str, object]], tuple[dict[str, str], bytes]]


def _in_field(value: str) -> Shape:
    """JSON with this text as the value of the route's list."""

    def shape(field: str, rest: dict[str, object]) -> tuple[dict[str, str], bytes]:
        others = json.dumps(rest)[1:-1]
        return JSON, f'{{{others}{"," if others else ""}"{field}":{value}}}'.encode("utf-8", "surrogatepass")

    return shape


def _beside(members: str) -> Shape:
    """JSON with these members beside the route's list, which says hello."""
    return _in_field(f'"hello",{members}')


def _raw(body: bytes, **headers: str) -> Shape:
    return lambda field, rest: (
        JSON | {name.replace("_", "-"): value for name, value in headers.items()},
        body,
    )


def _form(body: bytes) -> Shape:
    return lambda field, rest: (FORM, body)


def _part(name: str, value: bytes, file: str = "") -> bytes:
    named = f'; filename="{file}"' if file else ""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + value + b"\r\n"


def _references(one: str, count: int) -> str:
    return _listed(one, count)


def _listed(one: str, count: int) -> str:
    return "[" + ",".join([one] * count) + "]"


TEXT = '{"type":"input_text","text":"x"}'
MESSAGE = '{"role":"user","content":"x","parts":[{"type":"text","text":"x"}]}'
NOISE = random.Random(1).randbytes(MIB)

SHAPES: dict[str, Shape] = {
    # Floods of values.
    "a million empty objects": _in_field(_listed("{}", 1_000_000)),
    "objects up to the limit": _in_field(_listed("{}", 4_500)),
    "nulls": _in_field(_listed("null", 2_000_000)),
    "numbers": _in_field(_listed("1", 2_000_000)),
    "empty strings": _in_field(_listed('""', 1_000_000)),
    "messages": _in_field(_listed(MESSAGE, 200_000)),
    "messages up to the limit": _in_field(_listed(MESSAGE, 500)),
    "parts of one message": _in_field(f'[{{"role":"user","content":{_listed(TEXT, 100_000)}}}]'),
    "parts up to the limit": _in_field(f'[{{"role":"user","content":{_listed(TEXT, 1_500)}}}]'),
    "references": _beside(f'"references":{_references(chr(34) + "img1" + chr(34), 500_000)}'),
    "references up to the limit": _beside(f'"references":{_references(chr(34) + "img1" + chr(34), 4_500)}'),
    "metadata": _beside('"metadata":{' + ",".join(f'"k{n}":"v"' for n in range(200_000)) + "}"),
    "metadata up to the limit": _beside('"metadata":{' + ",".join(f'"k{n}":"v"' for n in range(4_500)) + "}"),
    "unknown fields": _beside(",".join(f'"k{n}":1' for n in range(200_000))),
    "unknown fields up to the limit": _beside(",".join(f'"k{n}":1' for n in range(4_500))),
    "one name, many times": _beside(",".join(['"seed":1'] * 300_000)),
    "tools": _beside(f'"tools":{_listed("{}", 300_000)}'),
    "tools up to the limit": _beside(f'"tools":{_listed("{}", 4_500)}'),
    "arguments": _in_field(f'{{"name":"draw","arguments":{{"references":{_references("{}", 300_000)}}}}}'),
    "arguments up to the limit": _in_field(
        f'{{"name":"draw","arguments":{{"references":{_listed("{}", 4_500)}}}}}'
    ),
    "unknown arguments up to the limit": _in_field(
        '{"name":"draw","arguments":{' + ",".join(f'"k{n}":1' for n in range(4_500)) + "}}"
    ),
    "a batch": _raw(_listed('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 3_000).encode()),
    # Depth.
    "a deep list": _in_field("[" * 1_000_000),
    "a deep object": _in_field('{"a":' * 500_000),
    "a deep object that is closed": _in_field('{"a":' * 60 + "1" + "}" * 60),
    "brackets that close": _raw(b"]" * MIB),
    # Long values.
    "a long string": _in_field('"' + "x" * (11 * MIB) + '"'),
    "a long string of escapes": _in_field('"' + "\\u4f60" * (2 * MIB) + '"'),
    "a long string of backslashes": _in_field('"' + "\\\\" * (8 * MIB) + '"'),
    "a long name": _beside(f'"{"k" * (10 * MIB)}":1'),
    "a data URL of rubbish": _in_field(
        '[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,'
        + "!" * (11 * MIB)
        + '"}]}]'
    ),
    "a data URL of an image that is none": _in_field(
        '[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,'
        + "QUJD" * (11 * MIB // 4)
        + '"}]}]'
    ),
    "a number of a million digits": _beside(f'"seed":{"9" * 1_000_000}'),
    "numbers beyond all bounds": _beside('"seed":1e400,"temperature":-1e999999,"top_p":NaN,"n":Infinity'),
    # No text.
    "half a character": _in_field('"\\ud800"'),
    "half a character as bytes": _in_field('"\ud800"'),
    "no UTF-8": _raw(b'{"input":"\xff\xfe\xff"}' * 1000),
    "UTF-16": _raw('{"input":"hello"}'.encode("utf-16")),
    "zeros": _raw(bytes(MIB)),
    "noise": _raw(NOISE),
    "white space": _raw(b" " * (11 * MIB)),
    "nothing": _raw(b""),
    "a compressed flood": _raw(gzip.compress(b'{"input":[' + b"{}," * 5_000_000), content_encoding="gzip"),
    "another type": _raw(b"<a/>" * 100_000, content_type="application/xml"),
    "a form of the web": _raw(b"a=1&" * 250_000, content_type="application/x-www-form-urlencoded"),
    # Forms with files.
    "a form of fields": _form(b"".join(_part(f"f{n}", b"1") for n in range(20_000)) + b"--b--\r\n"),
    "a form of files": _form(b"".join(_part("image", b"1", "a.png") for _ in range(20_000)) + b"--b--\r\n"),
    "a form of large files": _form(_part("image", NOISE * 4, "a.png") * 12 + b"--b--\r\n"),
    "a form of large fields": _form(_part("prompt", b"x" * MIB) * 30 + b"--b--\r\n"),
    "a form without an end": _form(_part("image", NOISE, "a.png")),
    "a form of boundaries": _form(b"--b\r\n" * 500_000),
    "a form of headers": _form(b"--b\r\n" + b"A: b\r\n" * 300_000 + b"\r\n\r\n--b--\r\n"),
}
