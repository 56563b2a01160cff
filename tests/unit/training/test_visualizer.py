"""The visualizer's training must see exactly what serving will do."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import PreTrainedTokenizerFast

from training.drawing import draw
from training.scenery import Size
from training.visualizer.autoencoder import build, measure_latents
from training.visualizer.batch import Batch
from training.visualizer.batches import STAGES, Batches, token_weights
from training.visualizer.export import export
from training.visualizer.journal import Journal
from training.visualizer.latents import PICTURES_OF_EACH, Corpus, encode_pictures, load_corpus
from training.visualizer.painting import noise_levels
from training.visualizer.prompts import MAX_TOKENS, PAD, build_tokenizer, encode
from training.visualizer.readers import TOLD_VALUES, shown_indices, told_indices
from training.visualizer.schedule import Average, learning_rate
from training.visualizer.transformer import (
    Painter,
    build_text_encoder,
    build_transformer,
    positions,
    text_positions,
)
from training.world import SIZES, Scene, describe

LATENT_CHANNELS = 96


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return build_tokenizer(sentences=300)


@pytest.fixture(scope="module")
def painter(tokenizer: PreTrainedTokenizerFast) -> Painter:
    torch.manual_seed(0)
    built = Painter(
        build_text_encoder(len(tokenizer), tokenizer.get_vocab()[PAD]), build_transformer(LATENT_CHANNELS)
    )
    for value in built.transformer.parameters():
        torch.nn.init.normal_(value, std=0.05)
    return built.eval()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A corpus whose latents say which character they are of, and of what size."""
    counter = iter(range(1000))

    def count(images: list[Image.Image]) -> torch.Tensor:
        width, height = images[0].size
        numbers = torch.tensor([next(counter) for _ in images], dtype=torch.float32)
        return numbers[:, None, None].expand(-1, width * height // 256, LATENT_CHANNELS)

    return load_corpus(tmp_path_factory.mktemp("corpus"), count, characters=8)


def test_every_description_fits_and_is_padded_to_one_length(tokenizer: PreTrainedTokenizerFast) -> None:
    rng = random.Random(0)
    ids, mask = encode(tokenizer, [describe(Scene.sample(rng), rng) for _ in range(300)])

    assert ids.shape == mask.shape == (300, MAX_TOKENS)
    assert int(mask.sum(1).max()) < MAX_TOKENS


def test_case_and_punctuation_do_not_matter(tokenizer: PreTrainedTokenizerFast) -> None:
    ids, _ = encode(tokenizer, ["A fox standing, at night.", "a fox standing at night"])

    assert ids[0].equal(ids[1])


def test_text_of_another_world_still_has_an_encoding(tokenizer: PreTrainedTokenizerFast) -> None:
    _, mask = encode(tokenizer, ["Ein Drache fliegt über 東京 🐉"])

    assert int(mask.sum()) > 0


def test_shared_references_give_what_the_pipeline_computes(
    painter: Painter, tokenizer: PreTrainedTokenizerFast
) -> None:
    references = (torch.randn(1, 64, LATENT_CHANNELS), torch.randn(1, 60, LATENT_CHANNELS))
    noisy, sigma = torch.randn(2, 64, LATENT_CHANNELS), torch.tensor([0.3, 0.9])
    grid = torch.cat([positions(SIZES[0], 10), positions(SIZES[1], 20), positions(SIZES[0])])

    with torch.no_grad():
        words = painter.encode_text(*encode(tokenizer, ["a fox", "a cat at night"]))
        text = {"encoder_hidden_states": words, "txt_ids": text_positions(MAX_TOKENS), "return_dict": False}
        kept = painter.encode_references(references, (SIZES[0], SIZES[1]), sharing=2)
        shared = painter.transformer(
            hidden_states=noisy,
            timestep=sigma,
            img_ids=positions(SIZES[0]),
            kv_cache=kept,
            kv_cache_mode="cached",
            **text,
        )[0]
        whole, _ = painter.transformer(
            hidden_states=torch.cat([torch.cat(references, 1).expand(2, -1, -1), noisy], 1),
            timestep=sigma,
            img_ids=grid,
            kv_cache_mode="extract",
            num_ref_tokens=124,
            **text,
        )

    assert torch.allclose(shared, whole, atol=1e-4)


def test_the_loss_reaches_every_parameter(painter: Painter, tokenizer: PreTrainedTokenizerFast) -> None:
    rng = random.Random(0)
    scenes = [Scene.sample(rng) for _ in range(2)]
    who = torch.tensor([shown_indices(scene) for scene in scenes])
    batch = Batch(
        descriptions=[describe(scene, rng) for scene in scenes],
        told=torch.tensor([told_indices(scene) for scene in scenes]),
        target=torch.randn(2, 60, LATENT_CHANNELS),
        weights=torch.ones(2, 60),
        who=who,
        target_size=SIZES[1],
        references=(torch.randn(1, 64, LATENT_CHANNELS),),
        reference_shows=(who[:1],),
        reference_sizes=(SIZES[0],),
        sharing=2,
    )
    loss = painter.loss(*encode(tokenizer, batch.descriptions), batch, noise_levels(2, 0.0))
    loss.backward()

    idle = [name for name, value in painter.named_parameters() if value.grad is None]
    assert idle == []


def test_an_exported_folder_paints_with_references_of_other_sizes(
    tmp_path: Path, painter: Painter, tokenizer: PreTrainedTokenizerFast
) -> None:
    vae = build().eval()
    measure_latents(vae, batches=1)
    pipeline = export(tmp_path, vae, painter, tokenizer)
    rng = random.Random(0)
    scene = Scene.sample(rng)

    pictures, *_ = pipeline(
        prompt=describe(scene, rng),
        image=[draw(scene, SIZES[1], rng), draw(scene, SIZES[2], rng)],
        height=96,
        width=160,
        num_inference_steps=1,
        max_sequence_length=MAX_TOKENS,
        text_encoder_out_layers=(2,),
        generator=torch.Generator().manual_seed(0),
        return_dict=False,
    )

    assert pictures[0].size == SIZES[1]


def test_latents_are_those_of_the_pipeline(
    tmp_path: Path, painter: Painter, tokenizer: PreTrainedTokenizerFast
) -> None:
    vae = build().eval()
    measure_latents(vae, batches=1)
    pipeline = export(tmp_path, vae, painter, tokenizer)
    picture = draw(Scene.sample(random.Random(1)), SIZES[2], random.Random(1))
    pixels = pipeline.image_processor.preprocess(picture, height=160, width=96, resize_mode="crop")

    theirs, _ = pipeline.prepare_image_latents(
        [pixels], 1, torch.Generator(), torch.device("cpu"), torch.float32
    )

    assert torch.allclose(encode_pictures(pipeline.vae, [picture]), theirs, atol=1e-5)


@pytest.mark.parametrize("share_done", [end for end, _ in STAGES])
def test_a_batch_never_shows_a_target_as_its_reference(corpus: Corpus, share_done: float) -> None:
    batches = Batches(corpus, targets=12, seed=0)

    for _ in range(60):
        batch = batches.draw(share_done)
        targets = batch.target[:, 0, 0].reshape(-1, batch.sharing)
        assert len(batch.descriptions) == len(batch.target)
        for reference in batch.references:
            assert not (reference[:, 0, :1] == targets).any()


def test_the_first_stage_has_no_references_and_the_last_up_to_four(corpus: Corpus) -> None:
    batches = Batches(corpus, targets=6, seed=0)

    assert {len(batches.draw(0.0).references) for _ in range(30)} == {0}
    assert {len(batches.draw(1.0).references) for _ in range(200)} == {0, 1, 2, 3, 4}


def test_a_batch_says_whom_its_targets_and_its_references_show(corpus: Corpus) -> None:
    """One character in each row of references is the target's; any other is another animal."""
    batches = Batches(corpus, targets=12, seed=2)
    drawn = [batch for batch in (batches.draw(1.0) for _ in range(40)) if batch.references]

    for batch in drawn:
        who = batch.who[:: batch.sharing]
        same = torch.stack([(shown == who).all(1) for shown in batch.reference_shows])
        other_animal = torch.stack([shown[:, 0] != who[:, 0] for shown in batch.reference_shows])
        assert same.any(0).all()
        assert (same | other_animal).all()


def test_a_batch_has_one_target_size_and_the_tokens_of_its_sizes(corpus: Corpus) -> None:
    def tokens(size: Size) -> int:
        return size[0] * size[1] // 256

    batches = Batches(corpus, targets=6, seed=1)
    for _ in range(40):
        batch = batches.draw(1.0)
        assert batch.target.shape[1] == tokens(batch.target_size)
        assert [len(r[0]) for r in batch.references] == [tokens(size) for size in batch.reference_sizes]


@pytest.mark.parametrize("size", SIZES)
def test_tokens_of_the_character_count_more_than_the_sky(size: Size) -> None:
    weights = token_weights("left", size).reshape(size[1] // 16, size[0] // 16)

    assert weights.mean().item() == pytest.approx(1)
    assert weights[-2, 1] > weights[0, -1]


def test_a_corpus_is_made_once(tmp_path: Path) -> None:
    def zeros(images: list[Image.Image]) -> torch.Tensor:
        return torch.zeros(len(images), images[0].width * images[0].height // 256, 4)

    def never(images: list[Image.Image]) -> torch.Tensor:
        raise AssertionError("encoded twice")

    made, loaded = load_corpus(tmp_path, zeros, characters=2), load_corpus(tmp_path, never, characters=2)

    assert made.scenes == loaded.scenes
    assert [len(made.scenes[size][0]) for size in SIZES] == list(PICTURES_OF_EACH.values())


def test_the_learning_rate_rises_then_falls() -> None:
    rates = [learning_rate(step, 1000, 1.0, warm_up=100) for step in (0, 99, 550, 999)]

    assert rates[0] < rates[2] < rates[1]
    assert rates[3] < 0.02


def test_the_average_follows_the_weights() -> None:
    module = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(module.weight)
    average = Average(module, decay=0.5)
    torch.nn.init.ones_(module.weight)

    for step in range(20):
        average.update(module, step + 100)
    average.write_to(module)

    assert module.weight.item() == pytest.approx(1, abs=1e-3)


def test_training_resumes_from_what_was_saved(tmp_path: Path) -> None:
    first = Journal("painter", tmp_path, tmp_path)
    assert first.resume() is None
    first.losses.append((0, 1.5))
    first.save({"step": 20})

    again = Journal("painter", tmp_path, tmp_path)

    assert again.resume() == {"step": 20}
    assert again.losses == [(0, 1.5)]
    assert (tmp_path / "painter-loss.png").exists()


def test_what_a_description_tells_is_indexed_by_attribute_and_a_bare_character_has_no_colour() -> None:
    scene = replace(Scene.sample(random.Random(1)), garment="none", colour="red")
    told = dict(zip(TOLD_VALUES, told_indices(scene), strict=True))
    assert {name: TOLD_VALUES[name][index] for name, index in told.items()} == {
        name: "none" if name == "colour" else getattr(scene, name) for name in TOLD_VALUES
    }
