"""Settings: read once, by the process that starts, and handed down.

A flag beats the environment (`MUSAIC_STORE__URI`), which beats `config.toml` of the library, which
beats the default.
"""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from musaic.errors import ConfigError

Precision = Literal["fp32", "int8"]
# Clocks beneath count in whole numbers: none of them can wait for ever.
_DAY_S = 86_400.0
Provider = Literal["auto", "cpu", "cuda", "tensorrt", "coreml", "directml", "openvino"]


class StoreSettings(BaseModel):
    """Where vectors live."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    uri: str | None = Field(
        default=None,
        description="Milvus server or Zilliz Cloud, `http://host:19530`; unset: embedded in the library.",
    )
    token: SecretStr | None = Field(default=None, description="API key, or `user:password`.")
    collection: str = Field(
        default="musaic", description="Name of the collection; letters, digits, underscore."
    )
    timeout_s: float = Field(default=30.0, gt=0, le=_DAY_S, description="Limit for one call, in seconds.")
    wait_s: float = Field(
        default=10.0,
        ge=0,
        le=_DAY_S,
        description="How long to wait for another process that has the embedded store open, in seconds.",
    )


class EmbedSettings(BaseModel):
    """Which encoder turns pictures and words into vectors."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    model: str = Field(default="auto", description="Id from `musaic models`, a model folder, or auto.")
    precision: Precision | None = Field(
        default=None,
        description="fp32, or int8, which is faster; recorded with the library. Unset: the library's own, fp32 for a "
        "new one.",
    )
    provider: Provider = Field(
        default="auto", description="ONNX Runtime provider; auto takes the best installed."
    )
    threads: int | None = Field(
        default=None, ge=1, le=1024, description="Threads for encoding; unset: one a core."
    )


class IngestSettings(BaseModel):
    """How files are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    batch_size: int = Field(default=16, ge=1, le=256, description="Pictures encoded at once.")
    decoders: int | None = Field(
        default=None, ge=1, le=1024, description="Threads that decode; unset: one a core."
    )
    settle_s: float = Field(
        default=2.0, ge=0, le=_DAY_S, description="A file changed this recently may still be being written."
    )
    max_pixels: int = Field(
        default=400_000_000, ge=1, description="Larger pictures fail instead of filling memory."
    )
    max_bytes: int = Field(
        default=1_000_000_000, ge=1, description="Larger files fail instead of filling memory."
    )
    thumbnail_px: int = Field(default=320, ge=32, le=2048, description="Longest side of a thumbnail.")


def _key(*names: str) -> SecretStr | None:
    """Return the first of some environment variables that is set."""
    return next((SecretStr(os.environ[name]) for name in names if os.environ.get(name)), None)


class GeminiSettings(BaseModel):
    """Google's Gemini image models."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    api_key: SecretStr | None = Field(
        default_factory=lambda: _key("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        description="API key; GEMINI_API_KEY or GOOGLE_API_KEY where unset.",
    )
    vertex: bool = Field(default=False, description="Call Vertex AI instead of the Developer API.")
    project: str | None = Field(
        default=None, description="Google Cloud project, for Vertex AI without a key."
    )
    location: str = Field(default="global", description="Region, for Vertex AI without a key.")
    base_url: str | None = Field(
        default=None, description="Another address, e.g. of `musaic dev fake-gemini`."
    )
    api_version: str | None = Field(default=None, description="v1 or v1beta; unset: the SDK's own.")


class OpenaiImagesSettings(BaseModel):
    """OpenAI's image API, and servers that speak it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    base_url: str | None = Field(
        default=None, description="Address of another server, e.g. http://localhost:8000/v1; unset: OpenAI."
    )
    # After base_url: OpenAI's key is no other server's business.
    api_key: SecretStr | None = Field(
        default_factory=lambda known: None if known.get("base_url") else _key("OPENAI_API_KEY"),
        description="API key; OPENAI_API_KEY where unset, for OpenAI itself only.",
    )


class GenerateSettings(BaseModel):
    """How pictures are made."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    engine: str = Field(
        default="auto",
        description="gemini, openai-images or moodboard; auto: gemini where a key is set, openai-images where "
        "its base_url is set, else moodboard.",
    )
    model: str | None = Field(default=None, description="Id of an image model; unset: the engine's default.")
    concurrency: int = Field(default=4, ge=1, le=64, description="Most calls at a time.")
    deadline_s: float = Field(
        default=180.0, gt=0, le=_DAY_S, description="Limit for one call, in seconds; 4K has 300 at least."
    )
    attempts: int = Field(
        default=4, ge=1, le=10, description="Most requests for a picture that were not billed."
    )
    ask_again: bool = Field(
        default=True, description="Ask once more, inside the cost bound, after an answer without a picture."
    )
    max_cost_usd: float | None = Field(default=None, ge=0, description="Most that one command may cost.")
    monthly_budget_usd: float | None = Field(
        default=None, ge=0, description="Most that this library may cost in a calendar month (UTC)."
    )
    certificate: Path | None = Field(
        default=None, description="PEM chain that signs copies with content credentials (extra c2pa)."
    )
    certificate_key: Path | None = Field(default=None, description="PEM private key of the certificate.")
    models: dict[str, dict[str, JsonValue]] = Field(
        default={}, description='Rows of the table of image models, changed or added: [generate.models."id"].'
    )
    gemini: GeminiSettings = Field(default_factory=GeminiSettings)
    openai: OpenaiImagesSettings = Field(default_factory=OpenaiImagesSettings)


class Settings(BaseSettings):
    """All settings of one process; see `load`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="MUSAIC_",
        env_ignore_empty=True,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )
    store: StoreSettings = StoreSettings()
    embed: EmbedSettings = EmbedSettings()
    ingest: IngestSettings = IngestSettings()
    generate: GenerateSettings = Field(default_factory=GenerateSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put flags before the environment before the library's config.toml."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def load(
    config_file: Path | None = None,
    *,
    store: Mapping[str, object] | None = None,
    embed: Mapping[str, object] | None = None,
    ingest: Mapping[str, object] | None = None,
    generate: Mapping[str, object] | None = None,
) -> Settings:
    """Return the settings of a process.

    Args:
        config_file: A library's config.toml; need not exist.
        store: Values from flags that beat every other source.
        embed: The same.
        ingest: The same.
        generate: The same.

    Raises:
        ConfigError: A value or key cannot be used; the message names it and where it may come from.
    """

    class Bound(Settings):
        model_config = SettingsConfigDict(toml_file=config_file)

    sections = {"store": store, "embed": embed, "ingest": ingest, "generate": generate}
    given = {name: flags for name, flags in sections.items() if flags}
    try:
        return Bound(**given)  # type: ignore[arg-type]
    except ValidationError as exc:
        raise ConfigError(_explain(exc, config_file)) from exc
    except SettingsError as exc:
        raise ConfigError(
            f"settings cannot be used: {exc}; give each setting a variable, as MUSAIC_STORE__URI=..., or JSON"
        ) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{config_file} is not valid TOML: {exc}") from exc
    except RecursionError as exc:
        raise ConfigError(f"settings are nested too deeply (MUSAIC_* variables, {config_file})") from exc
    except OSError as exc:
        raise ConfigError(f"{config_file} cannot be read: {exc.strerror or exc}") from exc


def _explain(exc: ValidationError, config_file: Path | None) -> str:
    lines = [f"{'.'.join(str(step) for step in error['loc'])}: {_plain(error)}" for error in exc.errors()]
    return f"settings cannot be used: {'; '.join(lines)} (flags, MUSAIC_* variables, {config_file or 'config.toml'})"


def _plain(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        section = Settings.model_fields.get(str(error["loc"][0]))
        known = (
            section.annotation.model_fields
            if section is not None and section.annotation
            else Settings.model_fields
        )
        near = get_close_matches(str(error["loc"][-1]), known, n=1)
        return "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
    return error["msg"]
