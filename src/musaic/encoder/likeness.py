"""Whether two encoders are the same, in either sense."""

from musaic.schemas import Fingerprint


def gives_same_vectors(one: Fingerprint, other: Fingerprint) -> bool:
    """Say whether what one encoder made can be searched with the other.

    Weights and precision count, and not where the files came from: a copy of a model's folder is as good as the hub.
    """
    return _vectors(one) == _vectors(other)


def is_same_record(one: Fingerprint, other: Fingerprint) -> bool:
    """Say whether a library of one encoder need not be switched to the other.

    A model folder may be called anything. A row of the table is another one than a copy of it in a folder, which may be
    deleted some day.
    """
    if one.revision == other.revision == "local":
        return gives_same_vectors(one, other)
    return one == other


def _vectors(fingerprint: Fingerprint) -> tuple[str, str, int]:
    return fingerprint.weights_sha256, fingerprint.precision, fingerprint.dim
