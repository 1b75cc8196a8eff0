"""Which of the pictures this package reads a file is, from its first bytes and never from its name."""

HEAD_BYTES = 512  # a tar archive says so at byte 257

_PREFIXES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),  # BigTIFF
    (b"MM\0+", "image/tiff"),
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
# All of them may be coded in ways that are not read here; whoever decodes says so.
_HEIF_BRANDS = frozenset(
    {
        b"mif1",
        b"mif2",
        b"msf1",
        b"vvic",
        b"vvis",
        b"evbi",
        b"evbs",
        b"avci",
        b"avcs",
        b"jpeg",
        b"jpgs",
        b"j2ki",
        b"j2is",
        b"unif",
    }
)
_DIB_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def sniff(head: bytes) -> str | None:
    """Return the MIME type of a picture this package reads, or None.

    Args:
        head: The first bytes of the file; 64 are enough.

    Example:
        >>> sniff(b"GIF89a")
        'image/gif'
        >>> sniff(b"GIF of a cat") is None
        True
    """
    for prefix, mime in _PREFIXES:
        if head.startswith(prefix):
            return mime
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    # "BM" alone also starts many a text, so the header's own length must make sense too.
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _DIB_HEADER_SIZES:
        return "image/bmp"
    return _sniff_boxes(head)


def sniff_stump(whole: bytes) -> str | None:
    """Return the type of a picture of whose file nothing is there but the beginning of its mark, or None.

    Args:
        whole: All bytes of the file, or more of them than a mark is long.
    """
    # "II" or "GIF8" alone is text as well.
    if len(whole) < 2 or whole.isascii():
        return None
    return next((mime for prefix, mime in _PREFIXES if prefix.startswith(whole)), None)


def _sniff_boxes(head: bytes) -> str | None:
    """Return the type of an ISO base media file (AVIF, HEIC) by all its brands."""
    if head[4:8] != b"ftyp":
        return None
    end = min(len(head), max(16, int.from_bytes(head[:4], "big")))
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, end, 4)}
    # `mif1` is written by both families: the codec's own brand comes first.
    if brands & _AVIF_BRANDS:
        return "image/avif"
    if brands & _HEIC_BRANDS:
        return "image/heic"
    return "image/heif" if brands & _HEIF_BRANDS else None
