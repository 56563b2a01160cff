"""Pictures decoded in tiles where memory holds none whole, while the same autoencoder encodes references whole. Knows no model."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def decoding_in_tiles(vae: Any) -> Iterator[None]:
    """Have an autoencoder of diffusers decode in tiles, for the one thread that decodes; what it encodes stays as it is.

    Args:
        vae: `Any`, as autoencoders share a mixin for tiles, not a type.
    """
    # Its own switch is for encoding, too, and latents that were encoded in tiles would be cached. The copy shares the weights, and is
    # made anew each time because hooks may have come to the autoencoder since.
    tiling = copy.copy(vae)
    tiling.enable_tiling()
    vae.decode = tiling.decode
    try:
        yield
    finally:
        del vae.decode
