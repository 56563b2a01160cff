"""The device a model runs on: its memory, its errors in the loop's words, and a second stream to decode in.

Knows torch, no model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch
from torch import Tensor

from visualizer_service.engine.family import DeviceBroken, NoMemory

NO_MEMORY: Final = ("can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
"""What those say who have no error class of their own for it: the CPU's allocator and CUDA's libraries."""


class Device:
    """A CPU or one CUDA device, and the dtype that weights and latents have on it."""

    def __init__(self, name: str, dtype: torch.dtype) -> None:
        self.torch = torch.device(name)
        self.dtype = dtype
        self._last_step: torch.Event | None = None
        self._side_stream = torch.cuda.Stream(self.torch) if self.is_cuda else None

    @property
    def name(self) -> str:
        """What an operator calls it."""
        return torch.cuda.get_device_name(self.torch) if self.is_cuda else str(self.torch)

    @property
    def is_cuda(self) -> bool:
        """Whether work is queued on it rather than done at once."""
        return self.torch.type == "cuda"

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
        return tensor.to(self.torch, non_blocking=True)

    def on_host(self, tensor: Tensor) -> Tensor:
        """A copy in the host's memory, pinned where `put` is to take it back at the bus's full pace; later work on it waits for it."""
        if not self.is_cuda:
            return tensor.clone()
        return torch.empty_like(tensor, device="cpu", pin_memory=True).copy_(tensor, non_blocking=True)

    def keep_pace(self) -> None:
        """Wait for all but the newest step: the host runs one ahead of the device, and a cancelled picture costs no more than that."""
        newest = self.mark()
        if self._last_step is not None:
            self._last_step.synchronize()
        self._last_step = newest

    def mark(self) -> torch.Event | None:
        """A point in the main stream for `side_stream` to wait for."""
        return torch.cuda.current_stream(self.torch).record_event() if self.is_cuda else None

    @contextmanager
    def side_stream(self, mark: torch.Event | None) -> Iterator[None]:
        """Run in the side stream, from `mark` on, until its work is done; for use in the decode thread."""
        with self.errors(), torch.inference_mode():
            if self._side_stream is None or mark is None:
                yield
                return
            with torch.cuda.stream(self._side_stream):
                self._side_stream.wait_event(mark)
                yield
            self._side_stream.synchronize()

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
