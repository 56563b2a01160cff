"""The text encoder and the transformer: how they are built, and one flow-matching loss through both.

It knows tensors and models, nothing of pictures or files. The reference tokens stand first, attend only to themselves and carry
timestep 0, as in `Flux2KleinKVPipeline`; here their keys and values are computed once for all targets that share them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch
from diffusers.models.transformers.transformer_flux2 import (
    Flux2Attention,
    Flux2KVAttnProcessor,
    Flux2KVCache,
    Flux2KVParallelSelfAttnProcessor,
    Flux2ParallelSelfAttention,
    Flux2Transformer2DModel,
)
from torch import Tensor, nn
from transformers import Qwen3Config, Qwen3ForCausalLM

from training.scenery import Size
from training.visualizer.batch import TOKEN_PX, Batch
from training.visualizer.readers import SHOWN_VALUES, TOLD_VALUES, Reader

REFERENCE_TIME_STEP: Final = 10
"""The pipeline places the k-th reference at time 10 (k + 1) of the position grid."""
TEXT_LAYERS: Final = 2
TEXT_WIDTH: Final = 128
READING_WEIGHT: Final = 0.1


def build_text_encoder(vocabulary: int, pad_token_id: int) -> Qwen3ForCausalLM:
    """Build an untrained text encoder; its last hidden states describe the picture."""
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=vocabulary,
            hidden_size=TEXT_WIDTH,
            intermediate_size=2 * TEXT_WIDTH,
            num_hidden_layers=TEXT_LAYERS,
            num_attention_heads=4,
            num_key_value_heads=4,
            head_dim=TEXT_WIDTH // 4,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            pad_token_id=pad_token_id,
        )
    )


def build_transformer(channels: int) -> Flux2Transformer2DModel:
    """Build an untrained transformer for tokens of `channels`, its blocks starting as the identity."""
    model = Flux2Transformer2DModel(
        patch_size=1,
        in_channels=channels,
        num_layers=2,
        num_single_layers=4,
        attention_head_dim=48,
        num_attention_heads=4,
        joint_attention_dim=TEXT_WIDTH,
        timestep_guidance_channels=64,
        mlp_ratio=2.0,
        axes_dims_rope=(8, 16, 16, 8),
        rope_theta=100,
        guidance_embeds=False,
    )
    for gate in (
        model.double_stream_modulation_img,
        model.double_stream_modulation_txt,
        model.single_stream_modulation,
    ):
        nn.init.zeros_(gate.linear.weight)
    nn.init.zeros_(model.norm_out.linear.weight)
    nn.init.zeros_(model.proj_out.weight)
    use_reference_cache(model)
    return model


def use_reference_cache(model: Flux2Transformer2DModel) -> None:
    """Let references be computed once and kept, as `Flux2KleinKVPipeline` does."""
    for part in model.modules():  # diffusers leaves these processors out of the union that it declares
        match part:
            case Flux2Attention():
                part.set_processor(Flux2KVAttnProcessor())  # pyright: ignore[reportArgumentType]
            case Flux2ParallelSelfAttention():
                part.set_processor(Flux2KVParallelSelfAttnProcessor())  # pyright: ignore[reportArgumentType]


def positions(size: Size, time: int = 0) -> Tensor:
    """Return the (tokens, 4) grid of time, row, column and text position of a picture, as the pipeline makes it."""
    rows, columns = size[1] // TOKEN_PX, size[0] // TOKEN_PX
    return torch.cartesian_prod(
        torch.tensor([time]), torch.arange(rows), torch.arange(columns), torch.arange(1)
    )


def text_positions(length: int) -> Tensor:
    """Return the (length, 4) positions of text tokens."""
    return torch.cartesian_prod(torch.arange(1), torch.arange(1), torch.arange(1), torch.arange(length))


class Painter(nn.Module):
    """Text encoder and transformer as one trainable module."""

    def __init__(self, text_encoder: Qwen3ForCausalLM, transformer: Flux2Transformer2DModel) -> None:
        super().__init__()
        self.text_encoder, self.transformer = text_encoder, transformer
        self.told_reader = Reader(TEXT_WIDTH, TOLD_VALUES)
        self.shown_reader = Reader(transformer.inner_dim, SHOWN_VALUES)

    def matrices(self) -> list[nn.Parameter]:
        """The weight matrices inside the blocks: what Muon is for."""
        blocks = (
            self.text_encoder.model.layers,
            self.transformer.transformer_blocks,
            self.transformer.single_transformer_blocks,
        )
        return [value for block in blocks for value in block.parameters() if value.ndim == 2]

    def loss(self, ids: Tensor, mask: Tensor, batch: Batch, sigma: Tensor) -> Tensor:
        """Mean squared error of the predicted velocity, noise minus latents, and a little of what cannot be read off hidden states.

        Args:
            ids: the descriptions' tokens, (batch, tokens).
            mask: which of them are words, (batch, tokens).
            batch: what is to be painted and by which references.
            sigma: noise levels, (batch,), from 0 to 1.
        """
        noise = torch.randn_like(batch.target)
        noisy = torch.lerp(batch.target, noise, sigma[:, None, None])
        words = self.encode_text(ids, mask)
        with self._halfway() as seen:
            kept = (
                self.encode_references(batch.references, batch.reference_sizes, batch.sharing)
                if batch.references
                else None
            )
            predicted = self.transformer(
                hidden_states=noisy,
                timestep=sigma,
                encoder_hidden_states=words,
                txt_ids=text_positions(words.shape[1]).to(noisy.device),
                img_ids=positions(batch.target_size).to(noisy.device),
                kv_cache=kept,
                kv_cache_mode="cached" if kept else None,
                return_dict=False,
            )[0]
        unread = self._unread_words(words, mask, batch.told)
        if kept:
            unread = unread + self._unread_characters(seen[0], seen[1], batch)
        error = (predicted.float() - (noise - batch.target)).square().mean(-1)
        return (error * batch.weights).mean() + READING_WEIGHT * unread

    def _unread_words(self, words: Tensor, mask: Tensor, told: Tensor) -> Tensor:
        """How badly every told attribute can be read off each position from the last word on.

        Those positions have seen the whole sentence. Where they sum it up, a patch needs no search for the word that concerns it,
        and learns what to draw far sooner.
        """
        after = torch.arange(mask.shape[1], device=mask.device) >= mask.sum(1, keepdim=True) - 1
        wanted = told[:, None].expand(-1, mask.shape[1], -1)[after]
        return self.told_reader.unread(words[after], wanted)

    def _unread_characters(self, of_references: Tensor, of_target: Tensor, batch: Batch) -> Tensor:
        """How badly a character can be read off each token, halfway through the blocks.

        Where every token of a reference knows whom it shows, any of them can tell a patch; and where the target's tokens know whom
        to draw though it is all noise, they have asked. Few pixels show a tail, so their error alone teaches it late.
        """
        shown = [
            who[:, None].expand(-1, latents.shape[1], -1)
            for who, latents in zip(batch.reference_shows, batch.references, strict=True)
        ]
        wanted = batch.who[:, None].expand(-1, of_target.shape[1], -1)
        parts = [
            self.shown_reader.unread(tokens.flatten(0, 1), who.flatten(0, 1))
            for tokens, who in ((of_references, torch.cat(shown, dim=1)), (of_target, wanted))
        ]
        return torch.stack(parts).sum()

    @contextmanager
    def _halfway(self) -> Iterator[list[Tensor]]:
        """Collect the picture tokens between the double and the single blocks, (batch, tokens, width) for each call."""
        seen: list[Tensor] = []
        last = self.transformer.transformer_blocks[-1]
        hook = last.register_forward_hook(lambda _block, _given, made: seen.append(made[1]))
        try:
            yield seen
        finally:
            hook.remove()

    def encode_text(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return (batch, tokens, width): the last hidden states, padding included, as the pipeline hands them over."""
        return self.text_encoder.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state

    def encode_references(
        self, latents: tuple[Tensor, ...], sizes: tuple[Size, ...], sharing: int
    ) -> Flux2KVCache:
        """Compute the references' keys and values once and repeat them for the `sharing` targets of each."""
        tokens = torch.cat(latents, dim=1)
        grid = [positions(size, REFERENCE_TIME_STEP * (k + 1)) for k, size in enumerate(sizes)]
        no_text = tokens.new_zeros(len(tokens), 1, TEXT_WIDTH)
        _, cache = self.transformer(
            hidden_states=tokens,
            timestep=tokens.new_zeros(len(tokens)),
            encoder_hidden_states=no_text,
            txt_ids=text_positions(1).to(tokens.device),
            img_ids=torch.cat(grid).to(tokens.device),
            kv_cache_mode="extract",
            num_ref_tokens=tokens.shape[1],
            return_dict=False,
        )
        for layer in (*cache.double_block_caches, *cache.single_block_caches):
            layer.store(layer.k_ref.repeat_interleave(sharing, 0), layer.v_ref.repeat_interleave(sharing, 0))
        return cache
