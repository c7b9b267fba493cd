"""Everything a site can set, from the environment (`QA_ENGINE_PORT=…`) or a TOML file.

The file is `qa-engine.toml` in the working directory, or what `QA_ENGINE_CONFIG` names; the
environment wins over it. Without either the server listens on this machine only.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from api.settings_values import (
    LOOPBACK,
    Base64Secret,
    Hosts,
    Issuer,
    Listeners,
    Names,
    Networks,
    Origins,
    PathPrefix,
    Peers,
    PortRange,
    PublicUrl,
    RtpPeers,
    ZoneName,
)

PREFIX = "QA_ENGINE_"
CONFIG = "QA_ENGINE_CONFIG"
DEFAULT_CONFIG = "qa-engine.toml"


def _data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "qa-engine"


class Settings(BaseSettings):
    """Read once at the start and passed on; times carry their unit."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Where to listen; beyond this machine a `secret` is needed."""
    port: int = Field(default=8765, ge=0, le=65_535)
    """0 takes any that is free."""
    data_dir: Path = Field(default_factory=_data_dir)
    """The log of live calls, the store without `store`, the secret; one server for each."""

    model: str | None = None
    """A model by name or directory; without one the bundled demonstration model."""
    phrasebook: Path | None = None
    """A phrasebook directory or file; without one the bundled pack."""
    script: str = ""
    """The script of calls that name none; without one the phrasebook's default."""
    hotwords: str = ""
    """Names and terms, such as the company's products, to expect in every call, beside those that
    the phrasebook's `hotwords` line names."""

    known_voices: Path | None = None
    """The site's list of recordings that its telephone system plays, as `qa-engine voices learn`
    writes it; without one recorded voices are known by their words and by saying the same again."""

    secret: SecretStr | None = None
    """Signs tokens, at least 32 characters; shared with whoever mints them. Without one the
    server makes its own, kept in `data_dir`, and refuses to listen beyond this machine."""
    door_password: SecretStr | None = Field(default=None, min_length=16)
    """What telephone systems show at the doors that can show nothing else than a user and a
    password, or one fixed header; it lets them feed any call."""
    twilio_auth_token: SecretStr | None = None
    """The auth token of the Twilio account whose media streams come in, which signs them."""
    hooks: SecretStr | None = None
    """Whom to tell what happened: addresses with blanks or commas between, as api/hooks/README.md
    has them. They may hold secrets and are never shown."""
    hook_secret: SecretStr | None = Field(default=None, min_length=16)
    """Signs what is told to webhooks; robots of a chat and Kafka need none."""
    audiohook_api_key: SecretStr | None = Field(default=None, min_length=8)
    """The API key of the AudioHook integration in Genesys Cloud."""
    audiohook_secret: Base64Secret | None = None
    """The client secret of that integration, in base64 as it stands there: it signs connections."""
    audiosocket_port: int | None = Field(default=None, ge=0, le=65_535)
    """Where Asterisk's AudioSocket connects to; without one that door is shut. 0: any free one."""
    audiosocket_host: str = "127.0.0.1"
    """Where that port listens; beyond this machine `audiosocket_peers` are needed."""
    audiosocket_peers: Annotated[Peers, Field(validate_default=True)] = ()
    """Addresses or networks, such as 10.0.0.7 or 10.0.0.0/24, that may connect there beside this
    machine."""
    rtp_ports: PortRange = ""
    """Where RTP comes in, such as 40000-40019: a port for each speaker; without them that door is
    shut."""
    rtp_host: str = "127.0.0.1"
    """Where these ports listen; beyond this machine `rtp_peers` are needed."""
    rtp_peers: Annotated[RtpPeers, Field(validate_default=True)] = ()
    """Addresses or networks that may send there beside this machine."""
    funasr_peers: Networks = ()
    """Addresses or networks whose FunASR clients may feed any call and show no password, because
    they cannot; 127.0.0.1 for this machine."""
    origins: Origins = ()
    """Origins beside our own whose pages may open a WebSocket, such as https://crm.example."""
    frame_ancestors: Origins = ()
    """Who may show the sidebar in a frame."""
    hosts: Hosts = ()
    """Names this server answers to beside the loopback ones; a wrong Host header is refused."""

    timezone: ZoneName = ""
    """The site's clock, such as Asia/Shanghai: what pages, boards, exports and manifests without a
    zone go by. Without one, Asia/Shanghai where Chinese is spoken, else this machine's."""
    store: str = ""
    """The calls' store: a file or a database URL; without one, `calls.db` in `data_dir`."""
    live_log: str = ""
    """A PostgreSQL URL that several servers share: then any of them serves the board, any watcher,
    and the feeder of any call. Without one, `live.sqlite` in `data_dir`."""
    public_url: PublicUrl = ""
    """How people reach this server, such as https://qa.example; https makes cookies Secure."""
    root_path: PathPrefix = ""
    """The path under which a proxy shows this server, such as /qa for https://example.com/qa/."""
    tls_certificate: Path | None = None
    """A PEM file with the certificate's chain, to serve https and wss without a proxy. A renewed
    one is taken up within a minute."""
    tls_key: Path | None = None
    """The certificate's key as a PEM file without a password."""
    trusted_proxies: Names = ()
    """Addresses of proxies whose `X-Forwarded-For` tells the caller's own. It is no login."""
    header_login_secret: SecretStr | None = Field(default=None, min_length=32)
    """Switches on logging in by a proxy's header, and what the proxy must show with each request
    in `X-QA-Proxy-Secret`. Without one such headers are not looked at."""
    proxy_user_header: str = "X-Forwarded-User"
    """Where that proxy names the person who is logged in."""
    oidc_issuer: Issuer = ""
    """The identity provider; with it people log in there."""
    oidc_client_id: str = ""
    """Our name there."""
    oidc_client_secret: SecretStr | None = None
    """Our secret there."""
    oidc_claim: str = "preferred_username"
    """Which claim of the identity provider is the login here."""
    appeal_days: int = Field(default=7, ge=1, le=30)
    """How long an agent may appeal, and how long the answer may take."""
    hears_numbers: Listeners = ("lead",)
    """Roles (agent, inspector, lead) that hear recordings as they are; for others playback is
    silent where the transcript covers a personal number."""
    contest_machine: bool = False
    """Whether an agent may appeal a score that only the machine gave."""
    double_share: float = Field(default=0.05, ge=0.0, le=1.0)
    """The share of reviews that a second inspector repeats, blind."""

    meaning_url: str = ""
    """An OpenAI-compatible server for the phrasebook's questions, such as
    http://127.0.0.1:11434/v1; without one nothing is asked and nothing leaves the house."""
    meaning_hosts: Names = ()
    """The hosts that covered transcripts may go to; `meaning_url` must name one of them."""
    meaning_model: str = ""
    """The model's name, as that server calls it."""
    meaning_key: SecretStr | None = None
    """That server's API key."""
    meaning_concurrency: int = Field(default=2, ge=1, le=64)
    """Requests at once."""
    meaning_items: int = Field(default=4, ge=1, le=20)
    """Questions in one request."""
    meaning_timeout_s: float = Field(default=60.0, gt=0.0)
    """How long one request may take, from its beginning to its last byte."""
    meaning_call_chars: int = Field(default=20_000, ge=100)
    """A longer call is not asked about: its questions are 无法判断."""
    meaning_answer_tokens: int = Field(default=1_500, ge=50)
    """The most that one request may be answered with."""
    meaning_tokens_a_day: int = Field(default=2_000_000, ge=0)
    """What is asked and answered in a day at most; then the rest waits for the next day."""
    meaning_cost_a_day: float = Field(default=0.0, ge=0.0)
    """The most money in a day, in the currency of the prices; 0: no limit beside the tokens."""
    meaning_price_in: float = Field(default=0.0, ge=0.0)
    """What a million tokens of questions cost."""
    meaning_price_out: float = Field(default=0.0, ge=0.0)
    """What a million tokens of answers cost."""
    meaning_seed: int = 7
    """For servers that can repeat themselves."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on the server says something; calls, refusals and stops are `info`."""
    log_format: Literal["text", "json"] = "text"
    """Lines for people, or JSON objects for whatever collects logs; on standard error."""
    log_requests: bool = False
    """A line for each HTTP request, without its query."""
    keep_sound: str = ""
    """Where the sound of live calls is kept for inspectors, like a recording's: a directory, or a
    bucket such as s3://bucket/prefix. Without one it is not kept."""
    log_days: float = Field(default=7.0, ge=0.0)
    """How long a filed call's plain words stay in the live log, for watchers that come late."""
    max_calls: int = Field(default=200, ge=1)
    """Calls at once; more are refused."""
    max_watchers: int = Field(default=5_000, ge=1)
    """Sidebars and boards at once."""
    max_call_s: int = Field(default=4 * 3_600, ge=1)
    """A longer call is ended as `too_long`."""
    max_frame_bytes: int = Field(default=256 * 1_024, ge=1_024)
    """The largest WebSocket message."""
    max_speed: float = Field(default=20.0, ge=1.0)
    """How many times real time a feeder may send; faster is slowed, not dropped."""
    connects_per_minute: int = Field(default=600, ge=1)
    """New connections that one address may open, all at once or spread."""
    texts_per_second: int = Field(default=20, ge=1)
    """Text messages that one connection may send."""

    resume_s: float = Field(default=30.0, ge=0.0)
    """How long a call waits for a feeder whose connection broke."""
    idle_s: float = Field(default=60.0, gt=0.0)
    """Without audio or KeepAlive for so long, a feeder counts as silent."""
    pause_s: float = Field(default=900.0, gt=0.0)
    """A call whose feeder is connected and sends nothing for so long is given up."""
    memory_s: float = Field(default=600.0, ge=0.0)
    """How long a call goes on in memory while nothing can be written, such as on a full disk."""
    drain_s: float = Field(default=0.0, ge=0.0)
    """How long a server that is told to stop lets its calls end by themselves, and takes no new
    ones; those that still run then are left to the next start."""
    restart_s: float = Field(default=5.0, ge=0.0)
    """How long a restart takes: when clients are told to come back."""
    late_prompt_s: float = Field(default=4.0, gt=0.0)
    """A prompt about words older than this is not shown: its hit counts, its reason is `late`."""
    hear_later: bool = True
    """Whether a call that the recogniser has no time for is kept, and heard and judged after its
    end; otherwise it is refused."""
    hear_later_free_gb: float = Field(default=2.0, ge=0.0)
    """How much of the disk of `data_dir` kept calls leave free; an hour of two channels takes
    .23 GB, until it is heard."""
    heartbeat_s: float = Field(default=2.0, gt=0.0)
    """How often watchers hear of a quiet call."""
    stats_s: float = Field(default=10.0, gt=0.0)
    """How often a call tells where its audio went."""
    watcher_queue: int = Field(default=512, ge=8)
    """Messages that may wait for a slow watcher before it is cut off."""
    send_timeout_s: float = Field(default=10.0, gt=0.0)
    """A client that takes nothing for so long is cut off."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        path = Path(os.environ.get(CONFIG, DEFAULT_CONFIG))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)

    def address(self, path: str) -> str:
        """A path of this server as a browser asks for it from outside."""
        return f"{self.public_url}{self.root_path}{path}"

    @property
    def is_secure(self) -> bool:
        """Whether people come by https."""
        return self.public_url.startswith("https://") or self.tls_certificate is not None

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK
