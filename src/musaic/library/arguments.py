"""Arguments of a library's methods, looked at before anything is opened."""

import operator
import os
from collections.abc import Iterable, Mapping
from typing import get_args

from musaic.errors import InvalidArgumentError
from musaic.schemas import Order


def check_query(text: object, image: object, *, where: object, order: object = None) -> None:
    """Refuse what cannot be searched with. With neither words nor a picture, everything is listed.

    Args:
        text: Words, or None.
        image: A path or an opened picture, or None.
        where: A filter, or None.
        order: Of a listing, or None.

    Raises:
        InvalidArgumentError: The message names the argument.
    """
    if text is not None and image is not None:
        raise InvalidArgumentError("search needs either words or a picture, and not both")
    _check_order(order, listing=text is None and image is None)
    if text is not None:
        _check_words(text)
    elif image is not None and not isinstance(image, (str, os.PathLike)) and not _is_picture(image):
        raise InvalidArgumentError(f"a picture is a path or an image of Pillow, not {kind_of(image)}")
    if where is not None and not isinstance(where, str):
        raise InvalidArgumentError(f"where is a filter such as 'width > 800', not {kind_of(where)}")


def checked_window(limit: object, offset: object) -> tuple[int, int]:
    """Return how many hits are wanted and how many are passed over, as Python's own numbers.

    Raises:
        InvalidArgumentError: One is no whole number, or `limit` is less than 1 or `offset` than 0.
    """
    return _whole("limit", limit, least=1), _whole("offset", offset, least=0)


def check_sources(sources: Iterable[object]) -> None:
    """Refuse sources that are no paths.

    Raises:
        InvalidArgumentError: One is something else, a list of paths for instance.
    """
    for source in sources:
        if not isinstance(source, (str, os.PathLike)):
            several = isinstance(source, Iterable) and not isinstance(source, bytes)
            way = "; pass paths as separate arguments: ingest(*paths)" if several else ""
            raise InvalidArgumentError(f"a source is a path, not {kind_of(source)}{way}")


def several(name: str, value: object) -> tuple[str, ...]:
    """Return an argument that holds several texts or paths; one alone is a list of one.

    Raises:
        InvalidArgumentError: It is no list, or something in it is neither a text nor a path.
    """
    if isinstance(value, (str, os.PathLike)):
        value = (value,)
    if isinstance(value, (bytes, Mapping)) or not isinstance(value, Iterable):
        raise InvalidArgumentError(f"{name} is a list of texts, not {kind_of(value)}")
    return tuple(_text_of(name, each) for each in value)


def check_prompt(prompt: object) -> None:
    """Refuse a prompt that is no text.

    Raises:
        InvalidArgumentError: It is something else.
    """
    if not isinstance(prompt, str):
        raise InvalidArgumentError(f"the prompt is a text, not {kind_of(prompt)}")


def _text_of(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike) and isinstance(text := os.fspath(value), str):
        return text
    raise InvalidArgumentError(f"{name} is a list of texts, and {kind_of(value)} is none")


def varied(vary: object) -> dict[str, tuple[str, ...]]:
    """Return words by name; one word alone is a list of one.

    Raises:
        InvalidArgumentError: It is no mapping of texts to texts.
    """
    if vary is None:
        return {}
    if not isinstance(vary, Mapping) or not all(isinstance(name, str) for name in vary):
        raise InvalidArgumentError(
            f"vary holds words by name, as {{'colour': ['red', 'blue']}}, not {kind_of(vary)}"
        )
    return {name: several(f"vary[{name!r}]", words) for name, words in vary.items()}


def check_name(name: object) -> None:
    """Refuse what can be neither the id of an asset nor a path.

    Raises:
        InvalidArgumentError: It is something else.
    """
    if not isinstance(name, (str, os.PathLike)):
        raise InvalidArgumentError(f"an asset is named by its id or path, not by {kind_of(name)}")


def kind_of(value: object) -> str:
    """Return what an argument is, for a message: ``int 3``, ``list``."""
    return f"{type(value).__name__} {value!r}" if isinstance(value, (int, float)) else type(value).__name__


def is_text(text: str) -> bool:
    """Say whether a text is one: Python also holds bytes of names and arguments that are no characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_words(text: object) -> None:
    if not isinstance(text, str):
        raise InvalidArgumentError(f"the query is words in one string, not {kind_of(text)}")
    if not text.strip():
        raise InvalidArgumentError("the query is empty; say what to look for")
    if not is_text(text):
        raise InvalidArgumentError(f"the query {text!a} is not valid UTF-8")


def _check_order(order: object, *, listing: bool) -> None:
    known = get_args(Order)
    if order is not None and order not in known:
        raise InvalidArgumentError(f"order is one of {', '.join(known)}, not {order!r}")
    if order is not None and not listing:
        raise InvalidArgumentError(
            "order is for a listing without words or a picture; hits come nearest first"
        )


def _is_picture(image: object) -> bool:
    from PIL import Image

    return isinstance(image, Image.Image)


def _whole(name: str, value: object, *, least: int) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # NumPy's whole numbers are some too
    except TypeError as exc:
        shown = repr(value) if isinstance(value, str) else kind_of(value)
        raise InvalidArgumentError(f"{name} is a whole number, {least} or more, not {shown}") from exc
    if number < least:
        raise InvalidArgumentError(f"{name} must be {least} or more, not {number}")
    return number
