"""The device a model runs on: its memory, its errors in the loop's words, and streams beside the steps, to encode in and to decode in.

Knows torch, no model. A CPU does at once what it is given; torch's streams of a CPU are made of nothing, so the code is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from visualizer_service.engine.family import DeviceBroken, NoMemory

NO_MEMORY: Final = ("can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
"""What those say who have no error class of their own for it: the CPU's allocator and CUDA's libraries."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Work that was queued beside the steps: `done` marks its end."""

    done: Any
    main: Any

    def is_there(self) -> bool:
        """Whether it is done; nothing waits for the answer."""
        return self.done.query()

    def hand_over(self, made: Iterable[Tensor]) -> None:
        """Have the steps that are queued from now on begin after it; `made` is what they use of it."""
        self.main.wait_event(self.done)
        for tensor in made:
            if tensor.is_cuda:
                # Else its memory might be given to the next work beside the steps while one of them still reads it.
                tensor.record_stream(self.main)


class Device:
    """A CPU or one CUDA device, and the dtype that weights and latents have on it; `module` is torch's of its kind."""

    def __init__(self, name: str, dtype: torch.dtype, module: Any = None) -> None:
        self.torch = torch.device(name)
        self.dtype = dtype
        # `Any`: these modules share no type.
        self._module = module or torch.get_device_module(self.torch)
        self._main = self._module.current_stream(self.torch)
        self._encoding, self._decoding = self._stream(), self._stream()
        self._last_step: Any = None

    @property
    def name(self) -> str:
        """What an operator calls it."""
        return torch.cuda.get_device_name(self.torch) if self.is_cuda else str(self.torch)

    @property
    def is_cuda(self) -> bool:
        """Whether work is queued on it rather than done at once."""
        return self.torch.type == "cuda"

    @property
    def capability(self) -> tuple[int, int] | None:
        """A GPU's compute capability; None of a CPU."""
        return torch.cuda.get_device_capability(self.torch) if self.is_cuda else None

    def free_bytes(self) -> int | None:
        """What a call could still allocate; None on a CPU."""
        if not self.is_cuda:
            return None
        free, _ = torch.cuda.mem_get_info(self.torch)
        return free + torch.cuda.memory_reserved(self.torch) - torch.cuda.memory_allocated(self.torch)

    def release(self) -> None:
        """Hand unused cached blocks back to the driver."""
        if self.is_cuda:
            torch.cuda.empty_cache()

    def put(self, tensor: Tensor) -> Tensor:
        """A tensor of the host's on the device; nothing waits for it to arrive."""
        # From memory that is not pinned, the host itself would wait for the stream.
        return (
            tensor.pin_memory().to(self.torch, non_blocking=True) if self.is_cuda else tensor.to(self.torch)
        )

    def on_host(self, tensor: Tensor) -> Tensor:
        """A copy in the host's memory, pinned where `put` is to take it back at the bus's full pace; later work on it waits for it."""
        if not self.is_cuda:
            return tensor.clone()
        return torch.empty_like(tensor, device="cpu", pin_memory=True).copy_(tensor, non_blocking=True)

    def fetched(self, tensor: Tensor) -> Tensor:
        """A tensor in the host's memory, there when this returns."""
        if not self.is_cuda:
            return tensor
        copy = self.on_host(tensor)
        self._mark(self._module.current_stream(self.torch)).synchronize()
        return copy

    def keep_pace(self) -> None:
        """Wait for all but the newest step: the host runs one ahead of the device, and a cancelled picture costs no more than that."""
        newest = self.mark()
        if self._last_step is not None:
            self._last_step.synchronize()
        self._last_step = newest

    def mark(self) -> Any:
        """A point in the main stream for `decoding` to wait for."""
        return self._mark(self._main)

    @contextmanager
    def encoding(self) -> Iterator[Arrival]:
        """Queue work beside the steps; what it allocates is theirs once it is handed over."""
        done = self._module.Event()
        with self._module.stream(self._encoding):
            yield Arrival(done, self._main)
            done.record(self._encoding)

    @contextmanager
    def decoding(self, mark: Any) -> Iterator[None]:
        """Run beside the steps, from `mark` on, until that work is done; for use in the decode thread."""
        with self.errors(), torch.inference_mode():
            with self._module.stream(self._decoding):
                self._decoding.wait_event(mark)
                yield
            # Of a CPU's, torch has no such method, and nothing to wait for.
            self._mark(self._decoding).synchronize()

    def settle(self) -> None:
        """Wait for everything that was queued."""
        self._module.synchronize(self.torch)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Translate torch's errors.

        Raises:
            NoMemory: an allocation failed.
            DeviceBroken: the device reported an error of its own.
        """
        try:
            yield
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise NoMemory from error
        except torch.AcceleratorError as error:
            raise DeviceBroken from error
        except RuntimeError as error:
            if any(words in str(error) for words in NO_MEMORY):
                raise NoMemory from error
            raise

    def _stream(self) -> Any:
        return self._module.Stream(self.torch) if self.is_cuda else self._module.Stream()

    def _mark(self, stream: Any) -> Any:
        event = self._module.Event()
        event.record(stream)
        return event
