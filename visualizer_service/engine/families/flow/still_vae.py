"""Single pictures through the autoencoders of video models, which count a picture as a film of one frame.

Source of the formulas: diffusers 0.42 `QwenImagePipeline.__call__`, `QwenImageEditPlusPipeline._encode_vae_image`, `WanPipeline.__call__`.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_qwenimage import AutoencoderKLQwenImage
from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan
from torch import Tensor, nn


class StillDecoder(nn.Module):
    """A film's decoder for its first frame, which keeps nothing of it for the next: less memory, and code that can be compiled."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, latents: Tensor, feat_cache: object, feat_idx: object, **is_first: bool) -> Tensor:
        """Pixels of latents (batch, channels, 1, rows, columns); what diffusers hands on for later frames is left alone."""
        return self.decoder(latents, **is_first)


class StillVAE:
    """Pixels are (1, 3, height, width) in [-1, 1]; latents (1, channels, rows, columns) have about unit variance."""

    def __init__(self, vae: AutoencoderKLQwenImage | AutoencoderKLWan, device: torch.device) -> None:
        # `Any`: a module of other arguments in the decoder's place.
        parts: Any = vae
        if not isinstance(parts.decoder, StillDecoder):
            parts.decoder = StillDecoder(parts.decoder)
        self._vae = vae
        self._device = device
        self._mean = torch.tensor(vae.config["latents_mean"], device=device).view(1, -1, 1, 1, 1)
        self._deviation = torch.tensor(vae.config["latents_std"], device=device).view(1, -1, 1, 1, 1)

    def encode(self, pixels: Tensor) -> Tensor:
        """The most likely latents."""
        frames = pixels.to(self._device, self._vae.dtype).unsqueeze(2)
        latents = self._vae.encode(frames, return_dict=False)[0].mode()
        return ((latents - self._mean.to(latents.dtype)) / self._deviation.to(latents.dtype)).squeeze(2)

    def decode(self, latents: Tensor) -> Tensor:
        """The pixels."""
        frames = latents.to(self._vae.dtype).unsqueeze(2)
        inverse = 1 / self._deviation.to(frames.dtype)
        return self._vae.decode(frames / inverse + self._mean.to(frames.dtype), return_dict=False)[0][:, :, 0]
