"""What a run is told: on the command line, and in a setup file where there is more than one system or judge."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from bench.answers.formats.writing import Benchmark
from bench.answers.judging.model import JudgeSettings
from bench.answers.systems.system import DialectName, System


class Setup(BaseModel):
    """Systems to compare, and judges; of several judges the first one decides the arena."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    systems: tuple[System, ...] = Field(min_length=1)
    judges: tuple[JudgeSettings, ...] = ()


class Settings(BaseSettings):
    """Of `python -m bench.answers`."""

    model_config = SettingsConfigDict(frozen=True, cli_kebab_case=True)

    url: str | None = Field(None, description="of the server to judge, up to but without `/v1`")
    model: str | None = Field(None, description="the model's name there")
    dialect: DialectName = Field("responses", description="what the server speaks")
    key_variable: str | None = Field(None, description="the environment variable with the server's API key")
    judge: str | None = Field(
        None, description="the judge's address with `/v1`; any OpenAI-compatible server"
    )
    judge_model: str | None = Field(None, description="a model there that sees and takes JSON schemas")
    judge_key_variable: str | None = Field(
        None, description="the environment variable with the judge's API key"
    )
    setup: Path | None = Field(
        None, description="a YAML file with `systems` and `judges` instead of the above"
    )
    cases: tuple[Path, ...] = Field((), description="files of cases instead of ours")
    categories: tuple[str, ...] = Field((), description="only these, as a JSON list")
    languages: tuple[str, ...] = Field((), description="only these, as a JSON list of two-letter codes")
    only: int | None = Field(None, ge=1, description="so many cases only, for a quick look")
    runs: int = Field(1, ge=1, description="how often every case is asked")
    judge_runs: int = Field(
        2, ge=1, description="how often every answer is judged; two tell how steady a judge is"
    )
    at_once: int = Field(4, ge=1, le=64, description="how many answers and verdicts are waited for at a time")
    folder: Path = Field(Path("out/answers-kept"), description="where answers and verdicts are kept")
    out: Path = Field(Path("out"), description="where the report goes")
    clip: str | None = Field(None, description="a folder with a CLIP model, for CLIP-T")
    dino: str | None = Field(None, description="a folder with a DINOv2 model, for DINO-I")
    faces: str | None = Field(
        None, description="an insightface model pack, for face identity; needs the extra `faces`"
    )
    benchmark: Benchmark | None = Field(None, description="write answers for this benchmark's own judge")
    questions: Path | None = Field(None, description="that benchmark's questions, which you have fetched")


def setup_of(settings: Settings) -> Setup:
    """The systems and judges of a run.

    Raises:
        ValueError: none is named, or the file is not of that form; the message says what is missing.
        OSError: the file can't be read.
    """
    if settings.benchmark and settings.questions is None:
        raise ValueError("where are the questions? Name the benchmark's own file or folder with --questions")
    setup = _from_file(settings.setup) if settings.setup else _from_flags(settings)
    if not setup.judges and settings.benchmark is None:
        raise ValueError("who judges? Name --judge and --judge-model, or `judges` in the setup file")
    return setup


def _from_file(file: Path) -> Setup:
    try:
        return Setup.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{file} is no setup: {error}") from error


def _from_flags(settings: Settings) -> Setup:
    if settings.url is None or settings.model is None:
        raise ValueError("who answers? Name --url and --model, or a --setup file")
    system = System(
        name=settings.model,
        dialect=settings.dialect,
        url=settings.url,
        model=settings.model,
        key_variable=settings.key_variable,
    )
    if settings.judge is None or settings.judge_model is None:
        return Setup(systems=(system,))
    judge = JudgeSettings(
        url=settings.judge, model=settings.judge_model, key_variable=settings.judge_key_variable
    )
    return Setup(systems=(system,), judges=(judge,))
