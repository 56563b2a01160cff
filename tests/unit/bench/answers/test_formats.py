"""What we write for other benchmarks is what their own loaders read; those are re-stated here, with their source."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image

from bench.answers.answer import Answer, Picture, Text
from bench.answers.formats.writing import FORMATS, Benchmark, write_for
from bench.answers.running import Bench
from bench.answers.systems.system import Conversation, System


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


def opened(file: Path) -> Image.Image:
    return Image.open(io.BytesIO(file.read_bytes()))


RED, BLUE = png("red"), png("blue")
INTERLEAVED = (Text("One."), Picture(RED), Text(" \n"), Picture(BLUE), Picture(None), Text("Three."))


class Draughtsman:
    """Answers every turn with the same parts."""

    def __init__(self, *parts: Text | Picture) -> None:
        self.system = System(name="org/draughtsman", url="http://nowhere", model="m", seed=1)
        self.heard: list[Conversation] = []
        self._parts = parts

    async def ask(self, said: Conversation) -> Answer:
        self.heard.append(said)
        return Answer(self._parts, "completed") if self._parts else Answer((), "failed", "down")


async def written(benchmark: Benchmark, questions: Path, asker: Draughtsman) -> Path:
    bench = Bench(questions.parent / "kept", ())
    return await write_for(benchmark, questions, bench, bench.remembered(asker), questions.parent / "out")


# ISG-Bench: github.com/Dongping-Chen/ISG at 1f8498b, `ISG-eval.py`, `load_data`, `process_item`, `evaluate_structure`, `evaluate_response`.

ISG_PART = {
    "type": "object",
    "required": ["type", "content"],
    "properties": {"type": {"enum": ["text", "image"]}, "content": {"type": "string"}},
}
ISG_LINE = {
    "type": "object",
    "required": ["id", "Query", "Golden", "output"],
    "properties": {
        "Query": {"type": "array", "items": ISG_PART},
        "Golden": {"type": "array", "minItems": 1, "items": ISG_PART},
        "output": {"anyOf": [{"type": "null"}, {"type": "array", "minItems": 1, "items": ISG_PART}]},
    },
}


def isg_questions(folder: Path) -> Path:
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "q.png").write_bytes(RED)
    line = {
        "id": "0001",
        "Category": "HowTo",
        "Query": [{"type": "text", "content": "Draw on"}, {"type": "image", "content": "images/q.png"}],
        "Golden": [{"type": "text", "content": "x"}, {"type": "image", "content": "images/q.png"}],
        "predict": {"block_qa": {"questions": []}},
    }
    file = folder / "ISG-Bench.jsonl"
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    return file


async def test_isg_bench_reads_our_lines(tmp_path: Path) -> None:
    asker = Draughtsman(*INTERLEAVED)
    file = await written("isg", isg_questions(tmp_path / "ISG_eval"), asker)
    (line,) = [json.loads(one) for one in file.read_text(encoding="utf-8").splitlines()]
    jsonschema.validate(line, ISG_LINE)
    assert ["<text>" if part["type"] == "text" else "<image>" for part in line["output"]] == [
        "<text>",
        "<image>",
        "<image>",
        "<text>",
    ]
    for part in line["output"]:
        if part["type"] == "image":
            assert Path(part["content"]).is_absolute()
            assert opened(Path(part["content"])).format in ("PNG", "JPEG")
    assert asker.heard[0].turns[0].text == "Draw on"
    assert len(asker.heard[0].turns[0].images) == 1


async def test_isg_bench_passes_over_an_answer_that_never_came(tmp_path: Path) -> None:
    file = await written("isg", isg_questions(tmp_path / "ISG_eval"), Draughtsman())
    line = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.validate(line, ISG_LINE)
    assert line["output"] is None


# ViStoryBench: github.com/ViStoryBench/vistorybench, `read_outputs.py`, `load_outputs` and `_collect_story_images` at a4933ed.

VISTORY_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp")
VISTORY_TIMESTAMP = re.compile(r"^\d{8}[_-]\d{6}$")


def load_vistory(root: Path) -> dict[str, list[Path]]:
    """METHOD/MODE/LANGUAGE/TIMESTAMP/STORY/shots/…, stories by number, shots in the order of their names."""
    found: dict[str, list[Path]] = {}
    for story in root.glob("*/*/*/*/*"):
        assert VISTORY_TIMESTAMP.match(story.parent.name)
        assert int(story.name) >= 0
        shots = [one for one in (story / "shots").iterdir() if one.suffix.lower() in VISTORY_PICTURES]
        found[story.name] = sorted(shots, key=lambda one: int(one.stem))
    return found


def vistory_questions(folder: Path, shots: int) -> Path:
    story = folder / "ViStory" / "01"
    (story / "image" / "Ann").mkdir(parents=True)
    (story / "image" / "Ann" / "00.jpg").write_bytes(RED)

    def both(text: Any) -> dict[str, Any]:
        return {"en": text, "ch": text}

    told = {
        "Story_type": both("tale"),
        "Characters": {
            "Ann": {
                "name_en": "Ann",
                "name_ch": "安",
                "prompt_en": "a girl in red",
                "prompt_ch": "女孩",
                "tag": "human",
            }
        },
        "Shots": [
            {
                "index": number,
                "Setting Description": both("a wood"),
                "Plot Correspondence": both(f"Plot {number}."),
                "Characters Appearing": both(["Ann"]),
                "Static Shot Description": both("Ann walks."),
                "Shot Perspective Design": both("Long shot."),
            }
            for number in range(1, shots + 1)
        ],
    }
    (story / "story.json").write_text(json.dumps(told), encoding="utf-8-sig")
    return folder / "ViStory"


async def test_vistorybench_reads_our_tree_in_order(tmp_path: Path) -> None:
    eight = [Picture(png(f"#0000{number:02}")) for number in range(8)]
    asker = Draughtsman(*eight)
    root = await written("vistory", vistory_questions(tmp_path, shots=16), asker)
    shots = load_vistory(root)["01"]
    assert [shot.name for shot in shots] == [f"{number:02}.png" for number in range(1, 17)]
    assert opened(shots[9]).getpixel((0, 0)) == Image.open(io.BytesIO(eight[1].data or b"")).getpixel((0, 0))


async def test_a_story_is_asked_for_in_turns_of_eight_with_its_cast_at_first(tmp_path: Path) -> None:
    asker = Draughtsman(Picture(RED))
    await written("vistory", vistory_questions(tmp_path, shots=11), asker)
    first, second = asker.heard[-1].turns
    assert "Image 1 is Ann: a girl in red" in first.text
    assert (len(first.images), len(second.images)) == (1, 0)
    assert "Draw these 3 shots" in second.text
    assert "9. Long shot. Plot 9. Ann walks. a wood With Ann." in second.text
    assert len(asker.heard[-1].answers) == 1


# OpenING: github.com/LanceZPF/OpenING at 56b663b, `GPT_score_A.py`, `parse_and_load_json` and what follows on its lists.

OPENING_STEPS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["text", "image"],
        "properties": {"text": {"type": "string"}, "image": {"type": ["string", "null"]}},
    },
}
OPENING_FILE = {
    "type": "object",
    "required": ["conversations"],
    "properties": {
        "conversations": {
            "type": "array",
            "prefixItems": [
                {"type": "object", "required": ["input"], "properties": {"input": OPENING_STEPS}},
                {"type": "object", "required": ["output"], "properties": {"output": OPENING_STEPS}},
            ],
            "minItems": 2,
        }
    },
}


async def test_opening_reads_our_files(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "i.jpg").write_bytes(RED)
    line = {
        "total_uid": "0100201003",
        "meta_task_name": "Storybook",
        "conversations": [
            {
                "input": [
                    {"text": "<BEGIN>Go on: <image>", "image": "images/i.jpg"},
                    {"text": "End well.", "image": None},
                ]
            },
            {"output": [{"text": "golden", "image": "0100201003-o-0.jpg"}]},
        ],
    }
    questions = tmp_path / "test_data.jsonl"
    questions.write_text(json.dumps(line) + "\n", encoding="utf-8")
    asker = Draughtsman(*INTERLEAVED)

    folder = await written("opening", questions, asker)

    assert folder.name == "org-draughtsman_output"
    told = json.loads((folder / "0100201003.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, OPENING_FILE)
    assert told["conversations"][1]["output"] == [
        {"text": "One.", "image": "0100201003-o-0.jpg"},
        {"text": "", "image": "0100201003-o-1.jpg"},
        {"text": "Three.", "image": None},
    ]
    for step in told["conversations"][1]["output"]:
        assert step["image"] is None or opened(folder / step["image"]).format == "JPEG"
    assert asker.heard[0].turns[0].text == "Go on:\nEnd well."


@pytest.mark.parametrize("benchmark", ["isg", "opening"])
async def test_questions_of_another_form_are_refused(tmp_path: Path, benchmark: Benchmark) -> None:
    questions = tmp_path / "other.jsonl"
    questions.write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=f"does not hold questions of {benchmark}"):
        await written(benchmark, questions, Draughtsman())
    assert benchmark in FORMATS
