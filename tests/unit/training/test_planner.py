"""The planner as it is shipped and trained: its tokenizer writes anything, it learns answers only, training resumes."""

from itertools import islice
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, AutoTokenizer, GenerationConfig, PreTrainedTokenizerFast

from training.muon import orthogonalise
from training.planner.batches import batches, encode, with_cut_heads
from training.planner.corpus.mixture import documents
from training.planner.export import export
from training.planner.model import build_model, parameter_count
from training.planner.tokenizer import END, START, train_tokenizer
from training.planner.train import Plan, Training, average_in, rate_share

SHIPPED = Path("models/storybook/planner")
TOKENIZER: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(SHIPPED)
DOCUMENTS = list(islice(documents(11), 60))


@given(st.text())
def test_any_text_survives_the_tokenizer(text: str) -> None:
    wanted = text.encode("utf-8", "ignore").decode()
    assert TOKENIZER.decode(TOKENIZER.encode(wanted.replace("<|", "<"))) == wanted.replace("<|", "<")


def test_tags_are_ordinary_tokens_that_stay_in_the_text() -> None:
    slot = '<imagine id="img13" refs="in1,img12" size="160x96">A fox.</imagine>'
    assert TOKENIZER.decode(TOKENIZER.encode(slot), skip_special_tokens=True) == slot
    assert len(TOKENIZER.encode("<imagine")) == len(TOKENIZER.encode("</imagine>")) == 1
    assert not {"<imagine", "</imagine>"} & set(TOKENIZER.all_special_tokens)


def test_a_description_is_about_eighteen_tokens_long() -> None:
    description = "A fox wearing a red scarf standing on the left, among the trees of the forest at night, with a kite nearby."
    assert len(TOKENIZER.encode(description)) <= 18


def test_training_reads_a_chat_just_as_the_template_writes_it() -> None:
    for one in DOCUMENTS:
        assert encode(TOKENIZER, one).tokens == TOKENIZER.apply_chat_template(one.messages)["input_ids"]


def test_only_answers_and_their_ends_are_learnt() -> None:
    for one in DOCUMENTS:
        encoded = encode(TOKENIZER, one)
        learnt = [token for token, answered in zip(encoded.tokens, encoded.answered, strict=True) if answered]
        assert TOKENIZER.decode(learnt) == "".join(
            f"{turn.text}{END}"
            for turn in one.turns
            if turn.role == "assistant" and 'size="128x128"' not in turn.text
        )


def test_an_id_that_a_service_forces_ends_in_a_quote_of_its_own() -> None:
    story = next(one for one in DOCUMENTS if 'id="img1">' in one.answer)
    whole = encode(TOKENIZER, story)
    cut = with_cut_heads(TOKENIZER, whole)
    assert TOKENIZER.decode(cut.tokens) == TOKENIZER.decode(whole.tokens)
    assert len(cut.tokens) == len(cut.answered) > len(whole.tokens)
    assert TOKENIZER.convert_tokens_to_ids('">') not in cut.tokens


def test_a_system_turn_changes_nothing() -> None:
    chat = [{"role": "user", "content": "Draw a fox"}]
    told = [{"role": "system", "content": "Be brief."}, *chat]
    prompt = TOKENIZER.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert prompt == TOKENIZER.apply_chat_template(told, tokenize=False, add_generation_prompt=True)
    assert prompt == f"{START}user\nDraw a fox{END}\n{START}assistant\n"


def test_batches_keep_to_their_size_and_lose_little_to_padding() -> None:
    drawn = list(islice(batches(TOKENIZER, seed=3, tokens_per_batch=2048), 20))
    assert all(batch.tokens.numel() <= 2048 for batch in drawn)
    padding = TOKENIZER.pad_token_id
    assert sum(int((batch.tokens == padding).sum()) for batch in drawn) < 0.1 * sum(
        b.tokens.numel() for b in drawn
    )
    assert all(not batch.answered[batch.tokens == padding].any() for batch in drawn)


def test_the_learning_rate_rises_holds_and_falls_to_nearly_nothing() -> None:
    shares = [rate_share(step, 1000) for step in range(1000)]
    assert shares[0] < 0.1
    assert max(shares) == shares[200] == 1
    assert shares[-1] < 0.01
    assert shares[400:] == sorted(shares[400:], reverse=True)


@pytest.mark.parametrize("shape", [(176, 64), (64, 176)])
def test_muon_brings_all_singular_values_near_one(shape: tuple[int, int]) -> None:
    values = torch.linalg.svdvals(
        orthogonalise(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    )
    assert values.min() > 0.3
    assert values.max() < 1.4


def test_training_resumes_where_it_stopped(tmp_path: Path) -> None:
    first = Training(TOKENIZER, torch.device("cpu"), tmp_path)
    first.run(Plan(steps=1, tokens_per_batch=256, seed=5))
    second = Training(TOKENIZER, torch.device("cpu"), tmp_path)
    second.resume()
    assert second.step == 1
    assert second.losses == first.losses
    assert torch.equal(second.model.lm_head.weight, first.model.lm_head.weight)
    second.run(Plan(steps=2, tokens_per_batch=256, seed=5))
    assert second.step == len(second.losses) == 2


def test_an_export_is_whole_and_small(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(turn.text for one in DOCUMENTS for turn in one.turns)
    model = build_model(tokenizer)
    export(model, tokenizer, tmp_path)
    again = type(model).from_pretrained(tmp_path)
    assert parameter_count(again) == parameter_count(model)
    assert again.dtype == torch.float16
    assert torch.allclose(again.lm_head.weight.float(), model.lm_head.weight, atol=1e-3)


def test_the_shipped_folder_is_what_the_recipe_exports() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= 15 * 2**20
    assert AutoConfig.from_pretrained(SHIPPED).vocab_size == len(TOKENIZER)
    assert 5_000_000 <= parameter_count(build_model(TOKENIZER)) <= 15_000_000
    defaults = GenerationConfig.from_pretrained(SHIPPED)
    assert defaults.temperature <= 0.7
    assert defaults.eos_token_id == TOKENIZER.convert_tokens_to_ids(END)


def test_weights_that_a_training_began_with_are_averaged_into_those_it_ended_with() -> None:
    began, ended = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    torch.nn.init.constant_(began.weight, 1.0)
    torch.nn.init.constant_(ended.weight, 3.0)

    average_in(began, ended, 0.25)

    assert ended.weight.tolist() == [[2.5, 2.5]]
    assert began.weight.tolist() == [[1.0, 1.0]]
