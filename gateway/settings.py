"""What an operator can set, all by environment (`GATEWAY_…`); built only in `main`, and a bad value stops the start."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.limits import TenantLimits
from gateway.timeouts import Timeouts
from telemetry import logs
from visualizer_service.blobs.objects import DEFAULT_URL
from visualizer_service.wire import KEEP_S

# No braces: they mark the part of a key that Redis Cluster hashes.
POOL: Final = r"^[A-Za-z0-9_.-]{1,64}$"
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Served(BaseModel):
    """What stands behind the public name of a model, and what its requests get that do not say. Unset, as for every model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    planner_url: str | None = None
    pool: str | None = Field(default=None, pattern=POOL)
    size: str = Field(default="auto", pattern=r"^(auto|\d{2,4}x\d{2,4})$")
    most_images: int | None = Field(default=None, ge=0, le=64)
    output_tokens: int | None = Field(default=None, ge=1)


class Settings(BaseSettings):
    """The gateway's settings; `GATEWAY_PATIENCE__STORE_S` sets `store_s` of `patience`."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", env_nested_delimiter="__", frozen=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    # None: /metrics stands beside everything else, for whoever comes.
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    # The page in the browser, at `/`.
    studio: bool = True
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # `json` is for programs that collect logs: an object a line.
    log_format: logs.Format = "text"
    redis_url: str = "redis://127.0.0.1:6379/0"
    # Where pictures are kept, as for the visualizers: `visualizer_service/blobs/objects.py`.
    blobs_url: str = DEFAULT_URL
    # Beyond it the oldest pictures go, whatever refers to them: a full disk takes no new ones.
    most_stored_bytes: Count = 100 * 2**30
    # Signed links lead on to the store itself, which must be a bucket that clients reach.
    links_to_store: bool = False
    planner_url: str = "http://127.0.0.1:8101"
    # The visualizers' pool.
    pool: str = Field(default="default", pattern=POOL)
    # The public name of planner and visualizer together.
    model: str = "weaver"
    # JSON, several models by their public names, instead of the one; the first is for requests that name none.
    models: dict[str, Served] = {}
    # JSON, key to tenant. None, and no `key_store`: no key is asked for.
    api_keys: dict[SecretStr, str] = {}
    # Where keys are kept that are made while gateways run: `redis`, or the path of a file. None: `redis` if there is an admin key.
    key_store: str | None = Field(default=None, pattern=r"^(redis|.*/.*)$")
    # Opens `/v1/admin/keys` to `weaver keys`. None: there is no such route.
    admin_key: SecretStr | None = Field(default=None, min_length=16)
    # Of every tenant whose key has no others.
    tenant_limits: TenantLimits = TenantLimits()
    # Signs links to pictures. None: the gateways of one Redis make up one of their own.
    link_secret: SecretStr | None = Field(default=None, min_length=16)

    # Scheme, host and path under which clients reach this service. None: what each request came to.
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]{1,200}$")
    # Networks of proxies whose `Forwarded` and `X-Forwarded-…` headers are believed; as JSON, addresses and CIDR.
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    # Origins of pages elsewhere that may ask, as JSON; `["*"]` is every page.
    cors_origins: tuple[str, ...] = ()

    # Of this process, half-sent requests included. None: half as many as it may open descriptors, 10,000 at most.
    most_connections: Count | None = None
    # Of one peer. None: half of all. Behind a proxy, which is the only peer, it must be as many as all.
    most_connections_per_address: Count | None = None
    # For the headers of a request to come.
    headers_s: Seconds = 10
    # Of a form with files, which are kept on disk while they come.
    most_body_bytes: Count = 64 * 2**20
    # Room for an image of 9 MB in base64; while it is parsed, a body takes four times its size.
    most_json_bytes: Count = 12 * 2**20
    # A conversation of more than a thousand messages; what a body costs goes by its values, not its bytes.
    most_json_values: Count = 5_000
    most_json_depth: Count = 64
    # Room for all JSON bodies that are being read or taken in; others wait for it.
    most_body_bytes_at_once: Count = 24 * 2**20
    # For a body, beyond the time that it needs at the least speed of `gateway/http/layers/bodies.py`.
    body_s: Seconds = 20
    most_image_bytes: Count = 16 * 2**20
    most_image_pixels: Count = 4096 * 4096
    # Vision models cut images into patches of 14 to 32 pixels.
    least_image_side_px: Count = 16
    most_input_images: Count = 8
    # Guards memory; the planner's own limit, in tokens, is usually the tighter one.
    most_input_chars: Count = 200_000
    # A server that fetches what it is told to is a way into its network; see `gateway/media/fetch.py`.
    remote_images: bool = False
    # For one image, redirects included.
    remote_image_s: Seconds = 10
    # Each decodes one image at a time; that must not take all cores from the streams.
    image_processes: Count = 2
    # Of CPU time, for one image: several times what the largest takes.
    image_s: Seconds = 5

    # Up to `/v1`: an OpenAI-compatible server whose model sees images and judges pictures. None: the planner, if it sees.
    critic_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]{1,200}$")
    critic_model: str = "default"
    critic_api_key: SecretStr | None = None

    # The default of a request as well as its limit.
    most_images: int = Field(default=8, ge=0, le=64)
    # A story of eight pictures needs about half of it.
    output_tokens: Count = 2048
    most_output_tokens: Count = 8192
    # From queueing on; a picture that takes longer fails, the answer goes on.
    job_timeout_s: Seconds = 120
    # Jobs that may wait in the pool before another is refused; unset, as many as come.
    most_waiting_jobs: Count | None = None

    most_responses: Count = 200
    patience: Timeouts = Timeouts()
    # As long as a response may be asked for, and its pictures are kept.
    keep_s: Seconds = KEEP_S
    # The longest that a story may be shared for; its answers and pictures are kept for as long.
    most_share_s: Seconds = 366 * 24 * 3600

    # Shorter than the idle timeouts of common proxies.
    heartbeat_s: Seconds = 10
    # For one piece of a stream; a reader that is slower is let go of.
    write_s: Seconds = 60
    # Of fields in requests that no API here knows; see `gateway/dialects/common/forgiving.py`.
    unknown_fields: Literal["ignore", "refuse"] = "ignore"

    # For open responses to end after SIGTERM; below the 30 s after which orchestrators kill.
    shutdown_s: float = Field(default=20, ge=0)

    @property
    def served(self) -> dict[str, Served]:
        """The models by their public names."""
        return self.models or {self.model: Served()}

    @property
    def default_model(self) -> str:
        """The model of requests that name none."""
        return next(iter(self.served))
