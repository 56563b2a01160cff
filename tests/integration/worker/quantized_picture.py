"""Draw one picture with weights as stored and one with quantized weights; print how far they are apart, of 255.

A process of its own: torchao changes what torch and diffusers do wherever it is on the path.
"""

from __future__ import annotations

import sys

import numpy as np

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from visualizer_service.engine.load import load
from visualizer_service.engine.seam import Drawn
from visualizer_service.engine.tuning import Tuning

STORYBOOK = "models/storybook/visualizer"


def draw(tuning: Tuning) -> np.ndarray:
    """The same picture each time, but for the weights."""
    engine = load(STORYBOOK, tuning=tuning)
    size = engine.limits.default_size
    reference = make_reference(1, size)
    engine.admit(make_task("a", references=[reference], size=size, steps=engine.limits.default_steps))
    (picture,) = [event.image for event in run_all(engine) if isinstance(event, Drawn)]
    engine.close()
    return np.asarray(picture).astype(int)


if __name__ == "__main__":
    stored, quantized = draw(Tuning()), draw(Tuning(weights=sys.argv[1]))
    print(np.abs(stored - quantized).mean())
