"""Results as files to hand on: contact sheets, tables, sidecars, marked copies, signed credentials.

A file is written whole or not at all, and none of the library's originals is ever written to.
"""

from musaic.export.credentials import sign
from musaic.export.hits import FORMATS, HitsWriter
from musaic.export.page import Page, below_of, write_page
from musaic.export.sheet import contact_sheet, sheet_path, write_sheet
from musaic.export.sidecar import write_sidecar
from musaic.export.tiles import Tile
from musaic.export.xmp import source_type, write_export

__all__ = [
    "FORMATS",
    "HitsWriter",
    "Page",
    "Tile",
    "below_of",
    "contact_sheet",
    "sheet_path",
    "sign",
    "source_type",
    "write_export",
    "write_page",
    "write_sheet",
    "write_sidecar",
]
