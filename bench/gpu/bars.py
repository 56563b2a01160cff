"""The goals of FLUX.2 klein on an H100, in bfloat16 with random weights. `…` stands for 512 and 1024, the side of a square picture."""

from __future__ import annotations

from typing import Final

from bench.bars import Bar


def _most(key: str, value: float) -> Bar:
    return Bar(key, value, at_least=False)


def _least(key: str, value: float) -> Bar:
    return Bar(key, value, at_least=True)


ON_H100: Final = (
    _most("alone.1024.s", 0.33),
    _most("alone.512.s", 0.13),
    _most("bytes.1024.s", 0.36),
    _least("waiting8.512.of_compiled", 1.4),
    _least("waiting8.1024.of_compiled", 1.3),
    _most("step.512.of_compiled", 1.0),
    _most("step.1024.of_compiled", 1.0),
    _least("step.512.of_matrix_rate", 0.75),
    _least("step.1024.of_matrix_rate", 0.75),
    _most("decode.1024.ms", 40),
    _most("encode.1024.ms", 15),
    _least("sync.free", 1),
    _most("cached.512.1", 1.05),
    _most("cached.512.4", 1.15),
    _most("cached.1024.1", 1.08),
    _most("cached.1024.4", 1.45),
    _most("idle.share", 0.03),
    _most("memory.grown_mb", 512),
    _least("queue.of_engine", 0.97),
)
