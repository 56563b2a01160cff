"""Write the planner as a Hugging Face folder that vLLM and transformers load: half precision, tokenizer, chat template."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Final

from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3ForCausalLM

from training.planner.tokenizer import END_ID, PAD_ID

TEMPERATURE: Final = 0.3
TOP_P: Final = 0.95


def export(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the model, its tokenizer and its generation defaults; the weights are stored in float16."""
    stored = copy.deepcopy(model).cpu().half()
    stored.generation_config = GenerationConfig(
        do_sample=True,
        temperature=TEMPERATURE,
        top_p=TOP_P,
        eos_token_id=END_ID,
        pad_token_id=PAD_ID,
    )
    stored.save_pretrained(folder)
    tokenizer.save_pretrained(folder, save_jinja_files=False)
