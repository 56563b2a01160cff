"""The planner's network: a small Qwen3, which vLLM and transformers both serve natively.

Qwen3 norms queries and keys: without that the attention of such a small network saturates early, and heads that saturated never learn
again. What reads and what writes a token have weights of their own: tied, rare set phrases grew so alike that none was copied surely.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from training.planner.tokenizer import END_ID, MOST_TOKENS, PAD_ID


def build_model(tokenizer: PreTrainedTokenizerFast) -> Qwen3ForCausalLM:
    """A fresh network of about 5.9 million parameters for this vocabulary."""
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=704,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=64,
        max_position_embeddings=MOST_TOKENS,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=END_ID,
        pad_token_id=PAD_ID,
    )
    return Qwen3ForCausalLM(config)


def answer_loss(model: Qwen3ForCausalLM, tokens: Tensor, answered: Tensor) -> Tensor:
    """Mean cross-entropy of the tokens that answers consist of.

    Args:
        model: the network.
        tokens: int64 (batch, length), padded on the right; attention is causal, so padding needs no mask.
        answered: bool (batch, length), true where a token belongs to an answer.
    """
    hidden = model.model(input_ids=tokens[:, :-1], use_cache=False).last_hidden_state
    wanted = answered[:, 1:]
    logits = model.lm_head(hidden[wanted])
    return functional.cross_entropy(logits.float(), tokens[:, 1:][wanted])


def parameter_count(model: torch.nn.Module) -> int:
    """How many numbers the network learns."""
    return sum(parameter.numel() for parameter in model.parameters())
