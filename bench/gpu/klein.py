"""What is measured of a model without references: pictures alone and in company, phases, syncs, idleness and memory."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch

from bench.contenders import Engine, PipelineLoop
from bench.gpu.check import Figures
from bench.probes import idle_share
from bench.subjects import copied, plain, tuned
from bench.tasks import Tasks
from visualizer_service.engine.device import Device
from visualizer_service.engine.tuning import Tuning
from visualizer_service.worker.pictures import encode

WAITING: Final = (1, 4, 8)
ROUNDS: Final = 3
SLOTS: Final = 8
JOBS: Final = 50
WARM: Final = 10
"""Jobs after which memory should grow no more."""
MATRIX_SIDE: Final = 8192


class Klein:
    """One model three times: in the engine, in diffusers as it comes, and in diffusers compiled; `sides` are those of its pictures."""

    def __init__(self, model: str, device: Device, sides: Sequence[int], *, compiled: bool) -> None:
        self.device, self.sides = device, sides
        self._model, self._compiled = model, compiled

    def build(self) -> Iterator[Figures]:
        """Load and compile everything, and draw once of each size."""
        began = time.perf_counter()
        self._eager, known = plain(self._model, self.device)
        self._fast = copied(self._eager)
        if self._compiled:
            self._fast.transformer.compile_repeated_blocks(fullgraph=True)
        tuning = Tuning(compiled=self._compiled)
        self.engine, self.family = tuned(copied(self._eager), self._model, self.device, SLOTS, tuning)
        self._steps = known.num_inference_steps
        self.engine.warm_up()
        self.drawer = Engine(self.engine, lambda: None)
        self._loops = {"eager": PipelineLoop(self._eager, known), "compiled": PipelineLoop(self._fast, known)}
        for side in self.sides:
            for contender in (*self._loops.values(), self.drawer):
                contender.draw(self.tasks(side).make(1, 0, shared=True))
        self.drawer.draw(self.tasks(self.sides[0]).make(SLOTS, 0, shared=True))
        yield {"build.s": time.perf_counter() - began}

    def keep_engine_only(self) -> None:
        """Free what the engine was compared with: beside all three, a larger model has no room on 80 GB."""
        del self._eager, self._fast, self._loops
        gc.collect()
        self.device.release()

    def tasks(self, side: int) -> Tasks:
        """Tasks of square pictures."""
        return Tasks((side, side), self._steps)

    def pictures(self) -> Iterator[Figures]:
        """Seconds of a picture alone, and images a second with several waiting, beside diffusers eager and compiled."""
        for side in self.sides:
            for waiting in WAITING:
                median = self._median_s(self.tasks(side), waiting)
                if waiting == 1:
                    yield {f"alone.{side}.s" + _of(name): value for name, value in median.items()}
                    continue
                head = f"waiting{waiting}.{side}"
                yield {f"{head}.images_per_s" + _of(name): waiting / value for name, value in median.items()}
                yield {f"{head}.of_compiled": median["compiled"] / median["engine"]}

    def phases(self) -> Iterator[Figures]:
        """Milliseconds of each part of a picture, and a step's share of the rate at which this device multiplies large matrices."""
        rate = self._matrix_rate()
        yield {"matrix.tflops": rate / 1e12}
        for side in self.sides:
            yield self._phases_of(side, rate)

    def _phases_of(self, side: int, rate: float) -> Figures:
        tasks = self.tasks(side)
        prepare_s = self._median_of(lambda: self.family.prepare(tasks.make(1, 0, shared=True)))
        rows = self.family.prepare(tasks.make(1, 0, shared=True))
        step_s = statistics.median(self._timed(lambda: self.family.step(rows)) for _ in range(self._steps))
        picture = self.family.decode(rows[0])()
        decode_s = self._median_of(lambda: self.family.decode(rows[0])())
        encode_s = self._median_of(lambda: encode(picture, "png", None))
        return {
            f"prepare.{side}.ms": 1000 * prepare_s,
            f"step.{side}.ms": 1000 * step_s,
            f"step.{side}.of_compiled": step_s / self._their_step_s(side),
            f"step.{side}.of_matrix_rate": self._step_flops(side) / step_s / rate,
            f"decode.{side}.ms": 1000 * decode_s,
            f"encode.{side}.ms": 1000 * encode_s,
            f"bytes.{side}.s": prepare_s + self._steps * step_s + decode_s + encode_s,
        }

    def syncs(self) -> Iterator[Figures]:
        """1 if no step of rows at different times waits for the device, which is an error while they run; else it raises."""
        first, second = self.tasks(self.sides[0]).make(2, 0, shared=True)
        rows = self.family.prepare([first, second])
        self.family.step(rows[:1])
        with _no_syncs(self.device):
            for _ in range(self._steps - 1):
                self.family.step(rows)
        yield {"sync.free": 1.0}

    def idle(self) -> Iterator[Figures]:
        """Share of a run of sixteen in which no kernel ran."""
        tasks = self.tasks(self.sides[0]).make(16, 0, shared=True)
        if self.device.is_cuda:
            yield {"idle.share": idle_share(self.drawer, tasks)}

    def memory(self) -> Iterator[Figures]:
        """Megabytes that the device holds more after `JOBS` jobs of mixed sizes and references than after the first `WARM`."""
        chance = random.Random(0)
        held: list[int] = []
        multiple_px, least = self.engine.limits.multiple_px, self.sides[0] // 2
        for _ in range(JOBS):
            side = least + multiple_px * chance.randrange(least // multiple_px)
            self.drawer.draw(self.tasks(side).make(1, chance.randrange(3), shared=False))
            held.append(torch.cuda.memory_reserved(self.device.torch) if self.device.is_cuda else 0)
        yield {"memory.grown_mb": (held[-1] - held[WARM]) / 2**20}

    def _median_s(self, tasks: Tasks, waiting: int) -> dict[str, float]:
        """Of each contender's runs over the same tasks, round by round."""
        took_s: dict[str, list[float]] = {"engine": [], "eager": [], "compiled": []}
        for _ in range(ROUNDS):
            given = tasks.make(waiting, 0, shared=True)
            for name, contender in (("engine", self.drawer), *self._loops.items()):
                took_s[name].append(contender.draw(given).wall_s)
        return {name: statistics.median(values) for name, values in took_s.items()}

    def _median_of(self, call: Callable[[], object]) -> float:
        return statistics.median(self._timed(call) for _ in range(ROUNDS))

    def _timed(self, call: Callable[[], object]) -> float:
        self._wait()
        began = time.perf_counter()
        call()
        self._wait()
        return time.perf_counter() - began

    def _wait(self) -> None:
        if self.device.is_cuda:
            torch.cuda.synchronize(self.device.torch)

    def _matrix_rate(self) -> float:
        side = MATRIX_SIDE if self.device.is_cuda else 256
        one = torch.randn(side, side, device=self.device.torch, dtype=self.device.dtype)
        return 2 * side**3 / min(self._timed(lambda: one @ one) for _ in range(10))

    def _their_step_s(self, side: int) -> float:
        """A step of diffusers compiled: what one more costs."""

        def loop_s(steps: int) -> float:
            tasks = Tasks((side, side), steps)
            return self._median_of(lambda: self._loops["compiled"].draw(tasks.make(1, 0, shared=True)))

        return (loop_s(2 * self._steps) - loop_s(self._steps)) / self._steps

    def _step_flops(self, side: int) -> float:
        """Products of one step: two for each weight and token, of double blocks half the weights, and four for each pair of tokens."""
        config = self._eager.transformer.config
        tokens = self.family.tokens(side, side, ())
        width = config.num_attention_heads * config.attention_head_dim
        doubles, singles = (
            sum(weights.numel() for weights in blocks.parameters())
            for blocks in (
                self._eager.transformer.transformer_blocks,
                self._eager.transformer.single_transformer_blocks,
            )
        )
        layers = config.num_layers + config.num_single_layers
        return 2 * tokens * (doubles / 2 + singles) + 4 * tokens**2 * width * layers


def _of(name: str) -> str:
    return "" if name == "engine" else f".{name}"


@contextmanager
def _no_syncs(device: Device) -> Iterator[None]:
    if not device.is_cuda:
        yield
        return
    mode: Any = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(mode)
