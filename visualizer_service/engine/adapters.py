"""LoRA adapters of one pipeline, by the names that jobs call them. One at most is in force in a call, so rows are grouped by it.

It knows diffusers' loader, nothing of rows. Source: diffusers 0.42 `load_lora_weights`, `set_adapters`, `disable_lora`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from visualizer_service.engine.family import Rejected


class Adapters:
    """Loaded once; `use` says which one the next call is drawn with."""

    def __init__(self, pipeline: Any, sources: Mapping[str, str]) -> None:
        """Load every adapter, none of them in force.

        Args:
            pipeline: a diffusers pipeline that takes LoRA weights.
            sources: a folder, file or hub name by adapter name.
        """
        # `Any`: which pipelines have these methods is a matter of mixins that share no base class.
        self.names = tuple(sources)
        self._pipeline = pipeline
        self._used: str | None = None
        with warnings.catch_warnings():
            # peft warns of several adapters in one model, which is the point here.
            warnings.filterwarnings("ignore", "Already found a `peft_config`")
            for name, source in sources.items():
                pipeline.load_lora_weights(source, adapter_name=name)
        if sources:
            pipeline.disable_lora()

    def check(self, name: str | None) -> None:
        """Refuse a name that was not loaded.

        Raises:
            Rejected: no such adapter.
        """
        if name is not None and name not in self.names:
            raise Rejected(f"there is no adapter {name}")

    def use(self, name: str | None) -> None:
        """Draw the next calls with this adapter, or with none."""
        if name == self._used:
            return
        if name is None:
            self._pipeline.disable_lora()
        else:
            self._pipeline.set_adapters(name)
            self._pipeline.enable_lora()
        self._used = name
