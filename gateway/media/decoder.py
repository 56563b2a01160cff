"""`python -m gateway.media.decoder`: decodes images for the gateway, one after another, in a process that may be ended at any time.

On standard input come a line of JSON (see `decoders`) and the image's bytes or a text that holds them; on standard output go a line of JSON and the bytes to
keep. It ends itself if an image takes too long, and with its input.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from typing import Any, BinaryIO

from PIL import Image

from gateway.media.decoding import ImageLimits, Unfit, plain
from gateway.media.forms import NotDecodable, decoded

# An image of the most pixels, with transparency, in each of the forms it takes on the way; and the interpreter.
MOST_MEMORY_BYTES = 3 * 2**30


def answer(asked: dict[str, Any], sent: bytes) -> tuple[dict[str, Any], bytes]:
    """What to say of one image, and the bytes to keep."""
    try:
        data = decoded(sent.decode("ascii")) if asked["is_text"] else sent
        kept, media_type = plain(data, ImageLimits(**asked["limits"]))
    except NotDecodable as error:
        return refused(Unfit(f"{error}.", "invalid_base64_image")), b""
    except MemoryError:
        return refused(Unfit("takes more memory than there is for an image.")), b""
    except Unfit as unfit:
        return refused(unfit), b""
    return {"media_type": media_type, "size": len(kept)}, kept


def refused(unfit: Unfit) -> dict[str, Any]:
    """What to say of an image of which nothing is kept."""
    return {"code": unfit.code, "words": unfit.words, "size": 0}


def serve(inward: BinaryIO, outward: BinaryIO) -> None:
    """Answer until the input ends."""
    while line := inward.readline():
        asked = json.loads(line)
        sent = inward.read(asked["size"])
        # CPU time, so that a busy machine ends nobody's image; the default action, because C code runs no Python handler.
        signal.setitimer(signal.ITIMER_PROF, asked["most_cpu_s"])
        told, kept = answer(asked, sent)
        signal.setitimer(signal.ITIMER_PROF, 0)
        outward.write(json.dumps(told).encode() + b"\n" + kept)
        outward.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The first image would pay for loading the decoders.
    Image.init()
    serve(sys.stdin.buffer, sys.stdout.buffer)
