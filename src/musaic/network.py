"""What of this machine's network settings keeps a client from working, in words without passwords."""

import os
import re
import ssl
import string
from collections.abc import Iterator
from importlib.util import find_spec
from urllib.parse import urlsplit

from musaic.errors import ConfigError

_PROXIES = ("all_proxy", "https_proxy", "http_proxy")
_SCHEMES = ("http", "https", "socks5", "socks5h")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
# What stands before the @ of an address is a name and a password.
_PASSWORD = re.compile(r"""(?<=//)[^\s'"]*@|(?<![^\s'"(])(?:(?!//)[^\s'"(])*@""")
# Asked again, these say the same: certificates that do not fit, a server without TLS, a proxy that refuses.
_LASTING = re.compile(
    r"CERTIFICATE|WRONG_VERSION|UNKNOWN_PROTOCOL|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|ALERT|\b4\d\d |not allowed"
    r"|[Aa]uth|[Uu]sername|is not supported"
)


def without_passwords(text: str) -> str:
    """Return a text without the names and passwords of addresses.

    Example:
        >>> without_passwords("no way to http://me:secret@proxy.example:3128")
        'no way to http://***@proxy.example:3128'
        >>> without_passwords("'me:se/cret@proxy.example'")
        "'***@proxy.example'"
    """
    return _PASSWORD.sub("***@", text)


def is_lasting(why: str) -> bool:
    """Return whether a connection that failed fails again for the same reason.

    Args:
        why: Of the HTTP client.

    Example:
        >>> is_lasting("407 Proxy Authentication Required"), is_lasting("[Errno 111] Connection refused")
        (True, False)
    """
    return bool(_LASTING.search(why))


def check_address(url: str, *, setting: str) -> None:
    """Refuse an address that leads nowhere.

    Raises:
        ConfigError: Scheme, host or port are missing or cannot be; the message does not repeat them.
    """
    if _fault(url, ("http", "https")) is not None:
        raise ConfigError(f"{setting} is no address: it must be as https://host or http://host:port")


def unready(exc: BaseException, *, said: str) -> str:
    """Return why an HTTP client could not be made, and what to do.

    Args:
        exc: What was raised over it.
        said: Its text, without what must not be shown.
    """
    wrong = next(_wrong_proxies(), None)
    if wrong is not None:
        return wrong
    if isinstance(exc, OSError):
        return f"the certificates cannot be used: {_of_files(exc)}"
    if isinstance(exc, ImportError):
        return f"a package is missing ({said}); install it"
    names = [name for name in (*_set(_PROXIES), *_set(("no_proxy",)), *_set(_CERTIFICATES)) if name]
    advice = f"; correct or unset {', '.join(names)}" if names else ""
    return f"{type(exc).__name__}: {without_passwords(said)}{advice}"


def unsent(exc: BaseException, *, said: str) -> str:
    """Return why a request could not be sent by a client that was made; arguments as for `unready`."""
    return next(_wrong_proxies(), None) or f"{type(exc).__name__}: {without_passwords(said)}"


def misset() -> str | None:
    """Return which variable of the network is at fault, and what to do; None where none is."""
    wrong = next(_wrong_proxies(), None)
    name = os.environ.get("SSL_CERT_FILE")
    if wrong is not None or not name:
        return wrong
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=name)
    except OSError as exc:
        return f"the certificates cannot be used: {_of_files(exc)}"
    return None


def by_proxy() -> str:
    """Return what to add to a connection that failed: the variables that name proxies; empty where none do."""
    names = ", ".join(_set(_PROXIES))
    return f"; proxies are named by {names}" if names else ""


def _wrong_proxies() -> Iterator[str]:
    """Yield what is wrong with the proxies that the environment names."""
    for name in _set(_PROXIES):
        value = os.environ[name]
        url = value if "://" in value else f"http://{value}"
        fault = _fault(url, _SCHEMES)
        if fault is not None:
            yield f"the proxy in {name} cannot be used, for {fault}; correct or unset it"
        elif url.lower().startswith("socks") and find_spec("socksio") is None:
            yield (
                f"{name} names a SOCKS proxy, and the package for those is missing: `pip install socksio`, or unset it"
            )


def _fault(url: str, schemes: tuple[str, ...]) -> str | None:
    """Return what is wrong with an address; None where nothing is."""
    if set(url) & set(string.whitespace) or not url.isprintable():
        return "it holds a space or an unprintable letter"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or port cannot be"
    if parts.scheme not in schemes:
        return f"it must begin with {', '.join(f'{scheme}://' for scheme in schemes)}"
    if not parts.hostname:
        return "it has no host"
    return "its port cannot be" if port == 0 else None


def _set(names: tuple[str, ...]) -> Iterator[str]:
    """Yield variables that are set, as they are spelled; proxies' names are taken in small and in capital letters."""
    spellings = dict.fromkeys(spelling for name in names for spelling in (name, name.lower(), name.upper()))
    return (name for name in spellings if os.environ.get(name))


def _of_files(exc: OSError) -> str:
    named = [f"{name} is {os.environ[name]}" for name in _set(_CERTIFICATES)]
    why = "there are no certificates in it" if isinstance(exc, ssl.SSLError) else exc.strerror or str(exc)
    return f"{', '.join(named) or 'the bundled ones'} ({why}); correct or unset it"
