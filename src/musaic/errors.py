"""Every error Musaic raises on purpose.

::

    MusaicError
    ├── ConfigError                 a setting, flag or config.toml that cannot be used
    ├── InvalidArgumentError        an argument of a method that cannot be used; a ValueError too
    ├── ExtraMissingError           an optional package that is not installed
    ├── FilterError                 a --where expression that cannot be used
    ├── UnknownAssetError           an id or path the library does not hold
    ├── LibraryError
    │   ├── LibraryNotFoundError    no library here or above
    │   ├── LibraryBusyError        another process holds the library
    │   └── ModelMismatchError      the library was built with another encoder
    ├── MediaError                  a file that is not in the library for a reason
    │   ├── SkippedFileError        no picture, hidden, or still being written
    │   └── FailedFileError         a picture that cannot be read or decoded
    ├── EmbedError
    │   ├── UnknownModelError       no such row in the table of models, no such folder
    │   ├── ModelFilesError         a model folder that lacks files or has broken ones
    │   ├── ModelWiringError        a model whose towers do not fit together
    │   ├── HubError                weights that could not be fetched            (exit 3)
    │   └── UnknownWordsError       a query without a single word the encoder was taught
    ├── StoreError
    │   ├── StoreLimitError         a name, size or value the server would refuse
    │   ├── StoreUnavailableError   no server, or it went away                   (exit 3)
    │   └── StoreAuthError          a token the server refused                   (exit 3)
    ├── GenerateError
    │   ├── UnknownEngineError      no such engine, or it is not configured
    │   ├── UnknownRecipeError      no such recipe
    │   ├── PlanError               a brief that cannot become a plan: roles, ratios, sizes
    │   ├── RetiredModelError       a model that its maker has switched off
    │   ├── UnknownPriceError       a cost that cannot be bounded
    │   ├── BudgetError             a cost beyond --max-cost or the monthly budget
    │   ├── UnknownGenerationError  an id that no record has
    │   └── EngineError             a call that came to nothing                  (exit 3)
    │       ├── EngineAuthError         the key was refused
    │       ├── EngineSetupError        a proxy, certificates or a package cannot be used    (exit 2)
    │       ├── EngineQuotaError        no billing, too many a minute, or a day
    │       ├── EngineRequestError      the service calls the request wrong
    │       ├── EngineUnavailableError  the service is overloaded or down
    │       ├── EngineTimeoutError      no answer in time
    │       ├── EngineTransportError    the connection failed
    │       └── EngineProtocolError     an answer that is none
    └── ExportError                 a sheet or file that could not be written

`exit_code` is what the command line ends with: 2 for arguments, configuration and environment,
3 for an outside service.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal


class MusaicError(Exception):
    """Base of all errors Musaic raises on purpose."""

    exit_code: ClassVar[int] = 2


class ConfigError(MusaicError):
    """A setting, flag or config.toml cannot be used."""


class InvalidArgumentError(MusaicError, ValueError):
    """An argument of a method cannot be used."""


class ExtraMissingError(MusaicError):
    """An optional package is not installed."""

    def __init__(self, *, extra: str, needed_for: str) -> None:
        self.extra, self.needed_for = extra, needed_for
        super().__init__(f"{needed_for} needs an optional package: pip install 'musaic[{extra}]'")


class FilterError(MusaicError):
    """A filter expression cannot be used."""

    def __init__(self, message: str, *, expression: str, suggestions: Sequence[str] = ()) -> None:
        self.expression, self.suggestions = expression, tuple(suggestions)
        hint = f"; did you mean {' or '.join(self.suggestions)}?" if self.suggestions else ""
        super().__init__(f"filter {expression!r}: {message}{hint}")


class UnknownAssetError(MusaicError):
    """An id or path is not in the library."""

    def __init__(self, *, asset: str) -> None:
        self.asset = asset
        super().__init__(
            f"nothing in this library is called {asset!r}; give an asset id or the path of a picture"
        )


class LibraryError(MusaicError):
    """A library cannot be used as it is."""


class LibraryNotFoundError(LibraryError):
    """There is no library here or above."""

    def __init__(self, *, start: Path, named: bool = False) -> None:
        """Say where it was looked for.

        Args:
            start: The folder that was named, or the one from which the search went upwards.
            named: Whether it was named, so that nothing above it was looked at.
        """
        self.start, self.named = start, named
        super().__init__(
            f"there is no library in {start}; name another folder, or make one there: "
            f"`musaic ingest FOLDER --library {shlex.quote(str(start))}`"
            if named
            else f"there is no library in {start} or any folder above it; make one with `musaic ingest FOLDER`, or "
            "name one with path=DIR"
        )


class LibraryBusyError(LibraryError):
    """Another process holds the embedded library."""

    def __init__(
        self, *, path: Path, pid: int | None, since: str | None, command: str | None, waited_s: float = 0.0
    ) -> None:
        self.path, self.pid, self.since, self.command, self.waited_s = path, pid, since, command, waited_s
        waited = f", also after {waited_s:.0f} s" if waited_s else ""
        super().__init__(
            f"{self.in_use}{waited}; wait until it is done, end it, "
            "or set store.uri to a Milvus server, which many processes can share"
        )

    @property
    def in_use(self) -> str:
        """Which library who holds, and since when."""
        who = f"process {self.pid}" if self.pid else "another process"
        what = f" (`{self.command}`)" if self.command else ""
        when = f" since {self.since}" if self.since else ""
        return f"the library {self.path} is in use by {who}{what}{when}"

    def after(self, waited_s: float) -> "LibraryBusyError":
        """Return the same error, after it was waited for the library."""
        return LibraryBusyError(
            path=self.path, pid=self.pid, since=self.since, command=self.command, waited_s=waited_s
        )


class ModelMismatchError(LibraryError):
    """A library was built with another encoder than the one now configured."""

    def __init__(
        self,
        *,
        collection: str,
        built_with: str,
        configured: str,
        way_out: str = "leave the model out to use what it was built with, or run `musaic reindex --model ID` to build "
        "it anew",
    ) -> None:
        self.collection, self.built_with, self.configured = collection, built_with, configured
        super().__init__(
            f"collection {collection!r} was built with {built_with} but the configured encoder is {configured}; "
            f"{way_out}"
        )


class MediaError(MusaicError):
    """A file is not in the library, for a reason."""

    def __init__(self, reason: str, *, path: Path) -> None:
        self.reason, self.path = reason, path
        super().__init__(f"{path}: {reason}")


class SkippedFileError(MediaError):
    """A file is no picture, is hidden, or is still being written. No failure."""


class FailedFileError(MediaError):
    """A picture cannot be read or decoded."""


class EmbedError(MusaicError):
    """Something is wrong with an encoder."""


class UnknownModelError(EmbedError):
    """A model is neither in the table of models nor a folder."""

    def __init__(self, *, model: str, known: Sequence[str]) -> None:
        self.model, self.known = model, tuple(known)
        super().__init__(f"no model {model!r}: use one of {', '.join(known)}, or the path of a model folder")


class ModelFilesError(EmbedError):
    """A model folder lacks files, or some of them are broken."""

    def __init__(self, message: str, *, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"model folder {folder}: {message}")


class ModelWiringError(EmbedError):
    """A model's towers do not fit together: its own words lose against other words."""

    def __init__(self, message: str, *, model: str) -> None:
        self.model = model
        super().__init__(f"model {model!r} is wired wrongly: {message}")


class HubError(EmbedError):
    """Weights could not be fetched from the model hub."""

    exit_code = 3

    def __init__(self, message: str, *, model: str) -> None:
        self.model = model
        super().__init__(message)


class UnknownWordsError(EmbedError):
    """A query holds no word that the encoder was taught."""

    def __init__(
        self, *, query: str, model: str, near: Sequence[str] = (), excluded: Sequence[str] = ()
    ) -> None:
        self.query, self.model, self.near, self.excluded = query, model, tuple(near), tuple(excluded)
        if excluded:
            super().__init__(
                f"the {model} encoder cannot leave things out, and {query!r} says of nothing else that it is wanted; "
                "say what to look for"
            )
            return
        meant = f"; did you mean {' or '.join(self.near)}?" if self.near else "."
        super().__init__(
            f"the {model} encoder knows no word of {query!r}, so it cannot answer{meant} It was taught words for "
            "products in English, Spanish, Italian, Russian and Chinese: "
            f"`musaic models show {model}` lists them, and `musaic reindex --model vit-b-32` changes to an encoder "
            "with an open vocabulary"
        )


class StoreError(MusaicError):
    """The vector store refused something."""


class StoreLimitError(StoreError):
    """A name, size or value is one that a Milvus server would refuse."""


class StoreUnavailableError(StoreError):
    """There is no server at the address, or it went away."""

    exit_code = 3

    def __init__(self, *, uri: str, reason: str) -> None:
        self.uri, self.reason = uri, reason
        super().__init__(
            f"no answer from the Milvus server at {uri} ({reason}); start it, or correct store.uri, and run again"
        )


class StoreAuthError(StoreError):
    """The server refused the token."""

    exit_code = 3

    def __init__(self, *, uri: str) -> None:
        self.uri = uri
        super().__init__(
            f"the Milvus server at {uri} refused the token; set MUSAIC_STORE__TOKEN to `user:password` or an API key"
        )


class ExportError(MusaicError):
    """A sheet or file could not be written."""


class GenerateError(MusaicError):
    """A picture cannot be asked for."""


class UnknownEngineError(GenerateError):
    """An engine does not exist, or is not configured."""


class UnknownRecipeError(GenerateError):
    """There is no recipe of this name, or its file cannot be used."""


class PlanError(GenerateError):
    """A brief cannot become a plan: a role is missing, or a ratio or size is one the model does not have."""


class RetiredModelError(GenerateError):
    """A model was switched off by its maker."""

    def __init__(self, *, model: str, retired_on: str, successor: str | None) -> None:
        self.model, self.retired_on, self.successor = model, retired_on, successor
        way = f"; use generate={{'model': '{successor}'}}" if successor else ""
        super().__init__(f"the model {model!r} was switched off by its maker on {retired_on}{way}")


class UnknownPriceError(GenerateError):
    """A model's price is unknown, so the cost cannot be bounded."""

    def __init__(self, *, model: str, limited: bool = False) -> None:
        self.model, self.limited = model, limited
        way = (
            "or take max_cost_usd and the monthly budget away, which cannot hold without it"
            if limited
            else "or allow it with generate={'allow_unknown_price': True}"
        )
        super().__init__(
            f"the price of {model!r} is unknown, so its cost cannot be bounded; state it under "
            f'[generate.models."{model}"] in config.toml, {way}'
        )


class BudgetError(GenerateError):
    """A call could cost more than is left."""

    def __init__(self, *, limit: str, limit_usd: float, spent_usd: float, bound_usd: float) -> None:
        self.limit, self.limit_usd, self.spent_usd, self.bound_usd = limit, limit_usd, spent_usd, bound_usd
        gone = f" (${spent_usd:.4f} of it are spent or reserved)" if spent_usd else ""
        super().__init__(
            f"this could cost ${bound_usd:.4f}, more than is left of the {limit} of ${limit_usd:.2f}{gone}; "
            "ask for fewer or smaller pictures, or raise the limit"
        )


class UnknownGenerationError(GenerateError):
    """No record has this id."""

    def __init__(self, *, generation: str) -> None:
        self.generation = generation
        super().__init__(
            f"no picture {generation!r} was made with this library; `musaic lineage` lists the latest"
        )


class EngineError(GenerateError):
    """A call to an engine came to nothing.

    Attributes:
        engine: Its name.
        billed: Whether the service may charge for it: `yes`, `no`, or `unknown` for a request that was sent
            whole and whose answer was lost.
        retryable: Whether the same request may work later.
        wait_s: How long the service asks to wait; None where it did not say.
        came: What the service answered, where it cannot be read and may have been paid for; else empty.
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        engine: str,
        billed: Literal["yes", "no", "unknown"] = "no",
        retryable: bool = False,
        wait_s: float | None = None,
        came: bytes = b"",
    ) -> None:
        self.engine, self.billed, self.retryable, self.wait_s = engine, billed, retryable, wait_s
        self.came = came
        super().__init__(message)


class EngineAuthError(EngineError):
    """The key or token is missing or was refused."""


class EngineSetupError(EngineError):
    """An engine cannot be asked here: a proxy, certificates or a package are not as they must be. Nothing was sent."""

    exit_code = 2


class EngineQuotaError(EngineError):
    """A quota is used up. `limit` says which: no_billing, minute or day; only minute passes by waiting."""

    def __init__(
        self,
        message: str,
        *,
        engine: str,
        limit: Literal["no_billing", "minute", "day"],
        wait_s: float | None = None,
    ) -> None:
        self.limit = limit
        super().__init__(message, engine=engine, retryable=limit == "minute", wait_s=wait_s)


class EngineRequestError(EngineError):
    """The service calls the request wrong; the same request will never work."""


class EngineUnavailableError(EngineError):
    """The service is overloaded or down."""


class EngineTimeoutError(EngineError):
    """No whole answer came in time. It may have been billed."""


class EngineTransportError(EngineError):
    """The connection could not be made, or broke."""


class EngineProtocolError(EngineError):
    """What came is no answer of this service: HTML, cut JSON."""
