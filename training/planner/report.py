"""What a training leaves for people to look at: the loss curve and sample answers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import matplotlib
import torch
from matplotlib import pyplot
from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM, pipeline

from training.planner.document import Document, Wish, chat

matplotlib.use("Agg")

REQUESTS: Final = (
    "Tell me a story about a fox at the sea, with 3 pictures",
    "a picture story about a fox who finds the sea",
    "Tell a tale of a brave little mouse in 4 images",
    "draw a cat with a hat",
    "Show me how to fly a kite in five steps.",
    "Tell me a story about a dragon with two pictures.",
    "[image in1: A bear wearing a red scarf, sitting on the left, in the forest at night, beside a ball.]\nMove him to the beach.",
    "Which animals can you draw?",
    "Hello!",
)
SMOOTHED_STEPS: Final = 20
MOST_NEW_TOKENS: Final = 700


def draw_losses(losses: list[float], path: Path) -> None:
    """The loss of each step and its moving mean."""
    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    axes.plot(losses, linewidth=0.5, alpha=0.5)
    means = torch.tensor(losses).unfold(0, min(SMOOTHED_STEPS, len(losses)), 1).mean(dim=1)
    axes.plot(range(len(losses) - len(means), len(losses)), means)
    axes.set(xlabel="step", ylabel="loss of answers", yscale="log")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def write_samples(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, path: Path) -> None:
    """The most likely answers to a few requests."""
    write = pipeline("text-generation", model=model.eval(), tokenizer=tokenizer)
    chats = [Document(chat(request, ""), Wish("text")).prompt for request in REQUESTS]
    written = write(chats, do_sample=False, max_new_tokens=MOST_NEW_TOKENS)
    answers = [one[0]["generated_text"][-1]["content"] for one in written]
    sheet = "\n".join(
        f"## {request}\n\n{answer}\n" for request, answer in zip(REQUESTS, answers, strict=True)
    )
    path.write_text(sheet, encoding="utf-8")
