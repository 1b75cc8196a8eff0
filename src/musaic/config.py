"""Settings: read once, by the process that starts, and handed down.

A flag beats the environment (`MUSAIC_STORE__URI`), which beats `config.toml` of the library, which
beats the default.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
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
    timeout_s: float = Field(default=30.0, gt=0, description="Limit for one call, in seconds.")


class EmbedSettings(BaseModel):
    """Which encoder turns pictures and words into vectors."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    model: str = Field(default="auto", description="Id from `musaic models`, a model folder, or auto.")
    precision: Precision = Field(default="fp32", description="int8 is faster, and recorded with the library.")
    provider: Provider = Field(
        default="auto", description="ONNX Runtime provider; auto takes the best installed."
    )
    threads: int | None = Field(default=None, ge=1, description="Threads for encoding; unset: one a core.")


class IngestSettings(BaseModel):
    """How files are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    batch_size: int = Field(default=16, ge=1, le=256, description="Pictures encoded at once.")
    decoders: int | None = Field(default=None, ge=1, description="Threads that decode; unset: one a core.")
    settle_s: float = Field(
        default=2.0, ge=0, description="A file changed this recently may still be being written."
    )
    max_pixels: int = Field(
        default=400_000_000, ge=1, description="Larger pictures fail instead of filling memory."
    )
    max_bytes: int = Field(
        default=1_000_000_000, ge=1, description="Larger files fail instead of filling memory."
    )
    thumbnail_px: int = Field(default=320, ge=32, le=2048, description="Longest side of a thumbnail.")


class Settings(BaseSettings):
    """All settings of one process; see `load`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="MUSAIC_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )
    store: StoreSettings = StoreSettings()
    embed: EmbedSettings = EmbedSettings()
    ingest: IngestSettings = IngestSettings()

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
) -> Settings:
    """Return the settings of a process.

    Args:
        config_file: A library's config.toml; need not exist.
        store: Values from flags that beat every other source.
        embed: The same.
        ingest: The same.

    Raises:
        ConfigError: A value or key cannot be used; the message names it and where it may come from.
    """

    class Bound(Settings):
        model_config = SettingsConfigDict(toml_file=config_file)

    given = {name: flags for name, flags in (("store", store), ("embed", embed), ("ingest", ingest)) if flags}
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
