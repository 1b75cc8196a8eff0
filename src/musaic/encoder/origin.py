"""Where settings of the encoder were named, and so what takes them away again."""

import json
import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Name = Literal["model", "precision", "provider"]


@dataclass(frozen=True)
class Origins:
    """Tells where a setting of the encoder came from; a flag beats the environment, which beats the file.

    Attributes:
        flags: Names that were given to this opening of the library.
        config_file: The library's config.toml.
    """

    flags: Collection[str]
    config_file: Path

    def without(self, name: Name) -> str:
        """Return how a setting is taken away, as the beginning of a sentence: ``leave embed={'model': ...} out``."""
        if name in self.flags:
            return f"leave embed={{'{name}': ...}} out"
        if variable := _variable(name):
            return f"unset {variable}"
        return f"take {name} under [embed] out of {self.config_file}"


def _variable(name: Name) -> str | None:
    """Return the environment variable that holds a setting, alone or with others as JSON."""
    wanted = f"MUSAIC_EMBED__{name.upper()}"
    own = next((each for each, value in os.environ.items() if value and each.upper() == wanted), None)
    if own is not None:
        return own
    for each in os.environ:
        with suppress(ValueError, TypeError):
            if each.upper() == "MUSAIC_EMBED" and name in json.loads(os.environ[each]):
                return each
    return None
