"""Train the planner: Muon for the matrices, AdamW for the rest, a learning rate that holds and then falls to zero.

It checkpoints by time and resumes where it stopped; what it reads is made from the seed and the step it resumes at.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

from training.muon import Muon
from training.planner.batches import batches
from training.planner.model import answer_loss, build_model
from training.precision import quick_products

MATRIX_RATE: Final = 0.015
OTHER_RATE: Final = 3e-3
WEIGHT_DECAY: Final = 0.1
WARM_UP_STEPS: Final = 40
HELD_SHARE: Final = 0.2
"""Share of the training for which the learning rate holds before it falls."""
CHECKPOINT_S: Final = 180


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train: optimiser steps, tokens in each, the seed of the documents, and the share of the learning rates."""

    steps: int
    tokens_per_batch: int
    seed: int
    rates: float = 1.0


class Training:
    """A model with its optimisers, and how far it has come."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, device: torch.device, folder: Path) -> None:
        self.tokenizer, self.device, self.folder = tokenizer, device, folder
        with device:
            self.model = build_model(tokenizer)
        # Documents are short: on a CPU the fused attention's backward pass is slower than plain products.
        self.model.set_attn_implementation("eager" if device.type == "cpu" else "sdpa")
        inner = [weight for weight in self.model.model.layers.parameters() if weight.ndim == 2]
        chosen = {id(weight) for weight in inner}
        others = [weight for weight in self.model.parameters() if id(weight) not in chosen]
        self.optimizers = (
            Muon(inner, lr=MATRIX_RATE, weight_decay=WEIGHT_DECAY),
            torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
        )
        self.step, self.losses, self.trained_s = 0, list[float](), 0.0

    @property
    def checkpoint(self) -> Path:
        """Where the state of the training lies."""
        return self.folder / "checkpoint.pt"

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one."""
        if not self.checkpoint.exists():
            return
        state: dict[str, Any] = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.losses, self.trained_s = state["step"], state["losses"], state["trained_s"]

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "losses": self.losses,
            "trained_s": self.trained_s,
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint)
        figures = {
            "step": self.step,
            "trained_s": round(self.trained_s),
            "loss": self.losses[-1] if self.losses else None,
        }
        (self.folder / "progress.json").write_text(json.dumps(figures), encoding="utf-8")

    def run(self, plan: Plan) -> Qwen3ForCausalLM:
        """Train until the plan's last step; returns the model."""
        self.model.train()
        source = batches(self.tokenizer, plan.seed + self.step, plan.tokens_per_batch)
        saved_at = started_at = time.monotonic()
        before_s = self.trained_s
        progress = tqdm(initial=self.step, total=plan.steps, desc="planner", mininterval=10, unit="step")
        try:
            while self.step < plan.steps:
                batch = next(source)
                loss = self._update(batch.tokens.to(self.device), batch.answered.to(self.device), plan)
                self.losses.append(loss)
                self.step += 1
                self.trained_s = before_s + time.monotonic() - started_at
                progress.update()
                progress.set_postfix(loss=f"{loss:.3f}", refresh=False)
                if time.monotonic() - saved_at > CHECKPOINT_S:
                    self.save()
                    saved_at = time.monotonic()
        finally:
            self.save()
        return self.model

    def _update(self, tokens: Tensor, answered: Tensor, plan: Plan) -> float:
        for optimizer, rate in zip(self.optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
            optimizer.param_groups[0]["lr"] = rate * plan.rates * rate_share(self.step, plan.steps)
        with quick_products(self.device):
            loss = answer_loss(self.model, tokens, answered)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        return loss.item()


def rate_share(step: int, steps: int) -> float:
    """The share of the full learning rate at this step: rises, holds, falls in a line to nearly zero."""
    rising = min(1.0, (step + 1) / WARM_UP_STEPS)
    falling = (steps - step) / (steps * (1 - HELD_SHARE))
    return min(rising, 1.0, falling)


def average_in(began: torch.nn.Module, model: torch.nn.Module, share: float) -> None:
    """Average the weights that a training began with into those that it ended with.

    What was learnt anew stays and less of the rest is forgotten than at either end of the training (Wortsman et al. 2022,
    arXiv:2203.05482).
    """
    with torch.no_grad():
        for ended, before in zip(model.parameters(), began.parameters(), strict=True):
            ended.lerp_(before.to(ended.device), share)
