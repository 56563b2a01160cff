"""What an operator may trade: it is done to the model, and what can't be done is said at the start."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from accelerate.hooks import ModelHook, add_hook_to_module
from torch._inductor import cpp_builder

from tests.unit.visualizer.engine.drive import make_reference, make_task
from tests.unit.visualizer.engine.families import tiny
from tests.unit.visualizer.engine.families.test_flux2 import MOST_DIFFERENCE, difference, pictures
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flux2.attention import SharedInputs, rotary_table
from visualizer_service.engine.families.flux2.forward import FusedTransformer
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.tuning import Tuning, tune


def test_another_attention_backend_draws_the_same_picture(klein_kv: Path, pipeline_draws) -> None:
    task = make_task("a")
    engine = load(str(klein_kv), tuning=Tuning(attention="_native_math"))
    engine.admit(task)
    assert difference(pictures(engine)["a"], pipeline_draws(task)) <= MOST_DIFFERENCE
    engine.close()


def test_an_unknown_attention_backend_stops_the_start(klein_kv: Path) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        load(str(klein_kv), tuning=Tuning(attention="no such thing"))


def test_offload_needs_a_gpu(klein_kv: Path) -> None:
    with pytest.raises(ValueError, match="offload needs a GPU"):
        load(str(klein_kv), tuning=Tuning(offloaded=True))


def test_every_part_is_called_for_before_it_is_used(klein_kv: Path, pipeline_draws) -> None:
    called: list[str] = []

    class Waiting(ModelHook):
        """What offloading puts on a part: its weights come when it is called."""

        def __init__(self, name: str) -> None:
            self.name = name

        def pre_forward(self, module: torch.nn.Module, *args: object, **kwargs: object) -> object:
            called.append(self.name)
            return args, kwargs

    engine = load(str(klein_kv))
    assert isinstance(engine, StepLoop)
    for name in ("text_encoder", "transformer", "vae"):
        add_hook_to_module(getattr(engine._family.model._pipeline, name), Waiting(name))
    task = make_task("a", references=(make_reference(1),))
    engine.admit(task)
    assert difference(pictures(engine)["a"], pipeline_draws(task)) <= MOST_DIFFERENCE
    assert set(called) == {"text_encoder", "transformer", "vae"}
    engine.close()


def test_all_layers_and_sizes_share_what_is_compiled_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # Traced and guarded as ever, but run as it was traced: making machine code of it takes minutes.
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    model = tiny.flux2_transformer(embeds_guidance=False, singles=3)
    FusedTransformer(model, None, Device("cpu", torch.float32))
    tune(
        SimpleNamespace(transformer=model, vae=None),
        Tuning(compiled=True),
        Device("cpu", torch.float32),
        is_called_whole=False,
    )
    modulation = torch.randn(3, 1, 1, 32)
    first, second, _ = model.single_transformer_blocks

    def extract(block: torch.nn.Module, batch: int, tokens: int) -> tuple[torch.Size, ...]:
        rotary = rotary_table(torch.randn(tokens, 16), torch.randn(tokens, 16))
        with torch.inference_mode():
            shared = SharedInputs(rotary, unread=tokens, extracts=True)
            return tuple(
                part.shape for part in block(torch.randn(batch, tokens, 32), modulation, shared, None)
            )

    extract(first, batch=2, tokens=6)
    with torch._dynamo.config.patch(error_on_recompile=True):
        assert extract(second, batch=3, tokens=7) == ((3, 7, 2, 16),) * 2


def test_compiled_blocks_give_what_they_give_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    model = tiny.flux2_transformer(embeds_guidance=False)
    FusedTransformer(model, None, Device("cpu", torch.float32))
    block = model.single_transformer_blocks[-1]
    hidden, modulation = torch.randn(2, 7, 32), torch.randn(3, 1, 1, 32)
    reference_kv = torch.randn(2, 2, 4, 2, 16)
    shared = SharedInputs(rotary_table(torch.randn(7, 16), torch.randn(7, 16)), unread=3)
    with torch.inference_mode():
        plain, compiled = hidden.clone(), hidden.clone()
        block(plain, modulation, shared, reference_kv)
        block.compile(dynamic=True, fullgraph=True)
        block(compiled, modulation, shared, reference_kv)
    torch.testing.assert_close(compiled, plain)
    assert not torch.equal(plain, hidden)


def test_a_decoder_is_compiled_for_its_first_size_and_once_more_for_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    vae = tiny.flux2_vae()
    latents = {side: torch.randn(1, 8, side, 8) for side in (8, 12, 16, 20)}
    with torch.inference_mode():
        expected = {side: vae.decode(one, return_dict=False)[0] for side, one in latents.items()}
        tune(
            SimpleNamespace(transformer=tiny.flux2_transformer(embeds_guidance=False), vae=vae),
            Tuning(compiled=True),
            Device("cpu", torch.float32),
            is_called_whole=False,
        )
        for side in (8, 12):
            torch.testing.assert_close(vae.decode(latents[side], return_dict=False)[0], expected[side])
        with torch._dynamo.config.patch(error_on_recompile=True):
            for side in (16, 20):
                torch.testing.assert_close(vae.decode(latents[side], return_dict=False)[0], expected[side])


def test_the_text_encoders_layers_share_what_is_compiled_for_one(
    klein_kv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    engine = load(str(klein_kv), dtype="bfloat16")
    model = engine._family.model
    with torch.inference_mode():
        expected = model._text._encode(["a fox", "the sea"])
        for layer in model._pipeline.text_encoder.model.layers:
            layer.compile()
        model._text._encode(["a fox"])
        model._text._encode(["a fox", "the sea"])
        with torch._dynamo.config.patch(error_on_recompile=True):
            for count in (2, 3):
                compiled = model._text._encode(["a fox", "the sea", "a gull"][:count])
    for one, other in zip(expected, compiled, strict=False):
        torch.testing.assert_close(one, other)
    engine.close()


def test_dynamic_float8_is_refused_where_it_would_only_be_slower(klein_kv: Path) -> None:
    with pytest.raises(ValueError, match="unless it is compiled"):
        load(str(klein_kv), tuning=Tuning(weights="float8_dynamic"))


def test_compiling_without_a_compiler_is_said_at_the_start(
    klein_kv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(torch._inductor.config.cpp, "cxx", ("no-such-compiler",))
    cpp_builder.cpp_compiler_search.cache_clear()
    with pytest.raises(ValueError, match="install g\\+\\+"):
        load(str(klein_kv), tuning=Tuning(compiled=True))


def test_a_pipeline_without_a_denoiser_can_only_be_left_as_it_is() -> None:
    tune(object(), Tuning(), Device("cpu", torch.float32), is_called_whole=True)
    with pytest.raises(ValueError, match="no denoiser"):
        tune(object(), Tuning(compiled=True), Device("cpu", torch.float32), is_called_whole=True)


def test_a_pipeline_that_is_called_whole_is_tuned_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        load(str(tiny.stable_diffusion(tmp_path)), tuning=Tuning(attention="no such thing"))


def test_a_step_cache_skips_blocks_within_a_picture_and_starts_anew_with_the_next(tmp_path: Path) -> None:
    engine = load(str(tiny.flux1(tmp_path)), tuning=Tuning(step_cache=0.9))
    assert isinstance(engine, StepLoop)
    runs: list[object] = []
    last = engine._family._pipeline.transformer.single_transformer_blocks[-1]
    last.attn.register_forward_hook(lambda *_: runs.append(None))
    engine.admit(make_task("a", steps=4))
    first = pictures(engine)["a"]
    assert len(runs) == 1
    engine.admit(make_task("left in the middle", seed=5, steps=4))
    engine.tick()
    engine.drop("left in the middle")
    engine.admit(make_task("a", steps=4))
    assert difference(pictures(engine)["a"], first) == 0
    assert len(runs) == 3
    engine.close()


def test_a_step_cache_needs_a_model_that_draws_picture_by_picture_with_a_transformer(
    klein_kv: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="pictures share their steps"):
        load(str(klein_kv), tuning=Tuning(step_cache=0.1))
    with pytest.raises(ValueError, match="no step cache for UNet2DConditionModel"):
        load(str(tiny.stable_diffusion(tmp_path)), tuning=Tuning(step_cache=0.1))
