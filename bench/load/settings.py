"""What can be said of a load test. Every field is a flag (`--rate-per-s 3`) and an environment variable (`LOAD_RATE_PER_S=3`)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, CliImplicitFlag, SettingsConfigDict

from bench.load import mix
from bench.load.running import Target
from bench.load.scenarios import NOISY, Load, Scenario

MIXES = Path(__file__).parent / "mixes"


class LoadSettings(BaseSettings):
    """A load and the server that it is laid on."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="LOAD_", cli_kebab_case=True)

    url: str = Field("http://127.0.0.1:8080", description="the server, without /v1")
    model: str = Field("storybook", description="the name under which it is asked")
    api_key: SecretStr | None = Field(None, description="everybody's key, if the server wants one")
    noisy_api_key: SecretStr | None = Field(None, description="of `noisy`: the loud tenant's key")
    scenario: Scenario = Field("steady", description="see docs/load-tests.md")
    mix: str = Field("stories", description="what is asked: a name of bench/load/mixes, or a TOML file")
    rate_per_s: float = Field(
        1, gt=0, le=10_000, description="requests a second; of a ramp the highest, of `noisy` the quiet ones'"
    )
    lasts_s: float = Field(60, gt=0, le=86_400, description="for how long requests are sent")
    even: CliImplicitFlag[bool] = Field(False, description="send evenly instead of at random times")
    stages: int = Field(8, ge=2, le=100, description="of a ramp: how many rates, in equal steps")
    trace: Path | None = Field(None, description="of `trace`: a file with a time in seconds on each line")
    seed: int = Field(1, ge=0, description="same seed, same requests at the same times")
    most_s: float = Field(300, gt=0, description="after which an answer is given up")
    out: Path = Field(Path("out"), description="where load.json and load.html go")

    @field_validator("url")
    @classmethod
    def _base(cls, url: str) -> str:
        return url.rstrip("/").removesuffix("/v1")

    def load(self) -> Load:
        """The load.

        Raises:
            ValueError: the mix is none.
            OSError: it cannot be read.
        """
        named = MIXES / f"{self.mix}.toml"
        asked = mix.read(named if named.exists() else Path(self.mix))
        return Load(
            self.scenario,
            asked,
            self.rate_per_s,
            self.lasts_s,
            self.even,
            self.stages,
            self.seed,
            self.trace,
        )

    def target(self) -> Target:
        """The server."""
        keys = {"": self.api_key, NOISY: self.noisy_api_key}
        known = {group: key.get_secret_value() for group, key in keys.items() if key}
        return Target(self.url, self.model, known, self.most_s)
