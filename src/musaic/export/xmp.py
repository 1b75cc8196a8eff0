"""A copy of a picture that says how it was made, in XMP.

The copy has the pixels of the original, bit for bit. It names Musaic's ids, the engine and the model, and references
by asset id alone. The prompt and the names of files stay in the sidecar: a picture travels further than those should.
"""

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

from musaic.errors import ExportError
from musaic.export.containers import kind_of, with_xmp, xmp_of
from musaic.export.files import read_file, write_file
from musaic.schemas import Record

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_EDITED_ROLES = ("base", "subject")
_BEGIN, _END = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n', b'\n<?xpacket end="w"?>'
_MOST_KEPT_BYTES = 48_000


def source_type(record: Record) -> str:
    """Return the IPTC digital source type of a picture, as an address.

    `trainedAlgorithmicMedia`: made by a model. `compositeWithTrainedAlgorithmicMedia`: a picture edited by one, which
    is so when a reference is the `base` or the `subject`. A draft of the moodboard is made by no model: with references
    it is a `composite`, a mix of elements of which each may be a photo or not; without any, `algorithmicMedia`.

    Source:
        IPTC NewsCodes, Digital Source Type, http://cv.iptc.org/newscodes/digitalsourcetype/.
    """
    if record.engine == "moodboard":
        return _VOCABULARY + ("composite" if record.references else "algorithmicMedia")
    edited = any(reference.role in _EDITED_ROLES for reference in record.references)
    return _VOCABULARY + ("compositeWithTrainedAlgorithmicMedia" if edited else "trainedAlgorithmicMedia")


def write_export(picture: Path, target: Path, *, record: Record) -> Path:
    """Write a copy of a picture that says how it was made.

    What the model's own XMP says stays, but for the properties written here. Content credentials in the picture do not
    survive any change and are left out of the copy; see `credentials.sign` for a copy that chains to them.

    Args:
        picture: PNG, JPEG or WebP; never written to.
        target: Replaced where it is there.
        record: What is said.

    Raises:
        ExportError: The picture is of another type or cut, or one of the two cannot be read or written.
    """
    if picture.absolute() == target.absolute() or (target.exists() and picture.samefile(target)):
        raise ExportError(f"{target} is the picture itself, which is never written over")
    return write_file(target, marked(read_file(picture, what="the picture"), record))


def marked(content: bytes, record: Record) -> bytes:
    """Return a picture's bytes with XMP that says how it was made, pixels untouched.

    Raises:
        ExportError: The picture is of another type, or is cut.
    """
    kind_of(content)
    return with_xmp(content, packet(record, existing=xmp_of(content)))


def packet(record: Record, *, existing: bytes | None = None) -> bytes:
    """Return an XMP packet.

    Args:
        record: What is said.
        existing: A packet whose other properties are kept; one that is broken or too large is replaced.
    """
    for prefix, space in _SPACES.items():
        ET.register_namespace(prefix, space)
    ours, about = _description(record), _name("rdf", "about")
    graph = _parsed(existing)
    if graph is None:
        graph = ET.Element(_name("rdf", "RDF"))
    theirs = graph.findall(_name("rdf", "Description"))
    for description in theirs:
        _leave_out(description, {child.tag for child in ours} | {_name("dcterms", "provenance")})
        if not len(description) and not set(description.keys()) - {about}:
            graph.remove(description)
    ours.set(about, theirs[0].get(about, "") if theirs else "")
    graph.append(ours)
    root = ET.Element(_name("x", "xmpmeta"))
    root.append(graph)
    text: bytes = ET.tostring(root, encoding="utf-8")
    return _BEGIN + text + _END


def creator() -> tuple[str, str]:
    """Return what made the file: the program's name and version."""
    try:
        return "Musaic", version("musaic")
    except PackageNotFoundError:
        return "Musaic", "unknown"


def _name(prefix: str, name: str) -> str:
    return f"{{{_SPACES[prefix]}}}{name}"


def _description(record: Record) -> ET.Element:
    """Return all that is said, an element a property; `rdf:about` is left to the caller."""
    made = datetime.fromtimestamp(record.created_at, UTC).isoformat(timespec="seconds")
    says = {
        ("Iptc4xmpExt", "DigitalSourceType"): source_type(record),
        ("xmp", "CreatorTool"): f"{' '.join(creator())} ({record.engine})",
        ("xmp", "CreateDate"): made,
        ("xmpMM", "DocumentID"): f"musaic:{record.id}",
    }
    if record.engine != "moodboard":
        says["Iptc4xmpExt", "AISystemUsed"] = f"{record.engine}: {record.model}"
        if record.model_version:
            says["Iptc4xmpExt", "AISystemVersionUsed"] = record.model_version
    element = ET.Element(_name("rdf", "Description"))
    for (prefix, name), value in says.items():
        ET.SubElement(element, _name(prefix, name)).text = _xml_safe(value)
    if record.parent:
        _refer(ET.SubElement(element, _name("xmpMM", "DerivedFrom")), record.parent)
    if record.references:
        bag = ET.SubElement(ET.SubElement(element, _name("xmpMM", "Ingredients")), _name("rdf", "Bag"))
        for reference in record.references:
            _refer(ET.SubElement(bag, _name("rdf", "li")), reference.asset_id)
    return element


def _refer(element: ET.Element, name: str) -> None:
    element.set(_name("rdf", "parseType"), "Resource")
    ET.SubElement(element, _name("stRef", "documentID")).text = _xml_safe(f"musaic:{name}")


def _xml_safe(text: str) -> str:
    """Leave out what XML cannot hold: a model's name comes from outside."""
    return "".join(
        letter for letter in text if letter in "\t\n\r" or (letter >= " " and letter not in "\ufffe\uffff")
    )


def _parsed(existing: bytes | None) -> ET.Element | None:
    """Return the graph of a packet; None where it cannot be read."""
    text = (existing or b"").strip(b"\0 \t\r\n")
    # XMP is UTF-8 here; in UTF-16 a document type would not be seen, and with it entities that blow up.
    if len(text) > _MOST_KEPT_BYTES or b"<!DOCTYPE" in text or b"\0" in text:
        return None
    graph = None
    try:
        for event, found in ET.iterparse(BytesIO(text), ("start-ns", "end")):  # noqa: S314 - no entities, see above
            if event == "start-ns":
                _remember_prefix(*found)
            elif found.tag == _name("rdf", "RDF"):
                graph = found
    except ET.ParseError:
        return None
    return graph


def _leave_out(description: ET.Element, names: set[str]) -> None:
    for name in names & set(description.keys()):
        del description.attrib[name]
    for child in [child for child in description if child.tag in names]:
        description.remove(child)


def _remember_prefix(prefix: str, space: str) -> None:
    """Have a foreign name written under its own prefix, unless that is one that ElementTree keeps for itself."""
    if space in _SPACES.values() or prefix in _SPACES or not prefix:
        return
    try:
        ET.register_namespace(prefix, space)
    except ValueError:
        return
