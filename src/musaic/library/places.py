"""Where pictures are now: files are moved, and so are whole libraries. Paths in records are those of the day.

An asset's id is the hash of its bytes, so a file that was moved is known by its content.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from musaic import media
from musaic.errors import MediaError
from musaic.ledger import Ledger
from musaic.schemas import Asset, Hit, Lineage, Record, Reference


def own_path(library: Path, recorded: str) -> str:
    """Return where a picture made here is: as it was recorded, or else in the same folder of the open library.

    Args:
        library: The library folder, as it is named now.
        recorded: The absolute path that was written down, ``…/outputs/<id>/<file name>``.
    """
    if os.path.isfile(recorded):  # noqa: PTH113  Path.is_file raises for names that no file can have
        return recorded
    here = str(library.joinpath("outputs", *Path(recorded).parts[-2:]))
    return here if os.path.isfile(here) else recorded  # noqa: PTH113


def located(record: Record, library: Path) -> Record:
    """Return a record whose picture, and its copy to hand on, are named where they are now."""
    changes = {
        name: own_path(library, path)
        for name, path in (("path", record.path), ("export_path", record.export_path))
        if path is not None
    }
    return record.model_copy(update=changes) if changes else record


def located_hit(hit: Hit, library: Path) -> Hit:
    """Return a hit named where it is now, if it was made here; other files are where they were ingested."""
    if hit.kind != "generated":
        return hit
    return hit.model_copy(update={"path": own_path(library, hit.path)})


def located_asset(asset: Asset, library: Path) -> Asset:
    """Return an asset named where it is now, if it was made here; other files are where they were ingested."""
    if asset.kind != "generated":
        return asset
    paths = tuple(sorted({own_path(library, path) for path in asset.paths}))
    if paths == asset.paths:
        return asset
    first = Path(paths[0])
    changes = {"paths": paths, "folder": str(first.parent), "filename": first.name}
    return asset.model_copy(update=changes)


def located_tree(tree: Lineage, *, ledger: Ledger, library: Path) -> Lineage:
    """Return a lineage whose pictures made here are named where they are now."""
    return tree.model_copy(
        update={
            "path": _line_path(tree, ledger, library),
            "made_from": tuple(located_tree(each, ledger=ledger, library=library) for each in tree.made_from),
            "made_into": tuple(located_tree(each, ledger=ledger, library=library) for each in tree.made_into),
        }
    )


def _line_path(line: Lineage, ledger: Ledger, library: Path) -> str | None:
    if line.path is None or os.path.exists(line.path):  # noqa: PTH110
        return line.path
    if line.kind == "generation":
        return own_path(library, line.path)
    there = (path for path in _made_paths(line.id, ledger, library) if os.path.isfile(path))  # noqa: PTH113
    return next(there, line.path)


def find_asset(asset_id: str, *, ledger: Ledger, library: Path, recorded: str | None = None) -> str | None:
    """Return the path of a file that holds an asset's very bytes now; None where none is known.

    Args:
        asset_id: What to look for.
        ledger: Knows where files were ingested, and what was made.
        library: The library folder.
        recorded: Where it was last; looked at first.
    """
    states = ledger.states_of([asset_id]).get(asset_id, [])
    paths = [
        *([] if recorded is None else [recorded]),
        *(state.path for state in sorted(states, key=lambda state: state.vanished)),
        *_made_paths(asset_id, ledger, library),
    ]
    return next((path for path in dict.fromkeys(paths) if _content_id(path) == asset_id), None)


def found_again(
    references: Sequence[Reference], *, ledger: Ledger, library: Path
) -> tuple[list[Reference], list[str]]:
    """Return references named where their bytes are now, and what there is to say of it in plain words.

    One that is nowhere stays as it is: whoever reads it says that it is gone. A file that was changed since, and is
    nowhere as it was, goes as the asset that it is now.
    """
    now, notes = [], []
    for each in references:
        path = find_asset(each.asset_id, ledger=ledger, library=library, recorded=each.path)
        other = None if path is not None else _content_id(each.path)
        if other is not None:
            notes.append(f"image {each.number}, {each.path}, was changed since; it is sent as it is now")
        now.append(each.model_copy(update={"path": path or each.path, "asset_id": other or each.asset_id}))
    return now, notes


def _made_paths(asset_id: str, ledger: Ledger, library: Path) -> Iterator[str]:
    for maker in ledger.makers_of(asset_id):
        record = ledger.latest(maker)
        if record is not None and record.path is not None:
            yield own_path(library, record.path)


def _content_id(path: str) -> str | None:
    """Return the asset id of a file as it is now; None where there is none that can be read."""
    if not os.path.isfile(path):  # noqa: PTH113
        return None
    try:
        return media.content_id(media.hash_file(Path(path)))
    except MediaError:
        return None
