"""The bars of the engine's benchmark."""

from __future__ import annotations

from typing import Final

from bench.bars import Bar

ON_ANY_DEVICE: Final = (
    Bar("overhead.single", 0.03, at_least=False),
    Bar("cancel.steps", 1, at_least=False),
)
ON_CPU: Final = (
    Bar("speedup.ref0", 2.0, at_least=True),
    Bar("speedup.ref1_shared", 2.2, at_least=True),
    Bar("speedup.ref1_distinct", 1.6, at_least=True),
    Bar("reference_cost.cached", 1.15, at_least=False),
    Bar("join.ticks", 1, at_least=False),
    *ON_ANY_DEVICE,
)
"""For storybook on one core. A GPU steps others on while it encodes what joins, so there a join takes as many ticks as that."""
ON_CUDA: Final = (
    Bar("idle.share", 0.02, at_least=False),
    *ON_ANY_DEVICE,
)
"""For klein-4b at 512² pixels."""
