import ast
import subprocess
import sys
from pathlib import Path

import pytest

import musaic
from tests.shop import environment


def test_every_public_name_can_be_imported_and_is_what_its_home_says() -> None:
    from musaic import errors, library, schemas

    assert musaic.__all__ == sorted(musaic.__all__)
    for name in musaic.__all__:
        homes = [home for home in (errors, library, schemas) if vars(home).get(name) is getattr(musaic, name)]
        assert homes, name


def test_what_type_checkers_see_is_what_is_public() -> None:
    tree = ast.parse(Path(musaic.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = [name.name for node in block.body if isinstance(node, ast.ImportFrom) for name in node.names]

    assert sorted(seen) == musaic.__all__


def test_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="module 'musaic' has no attribute 'Libary'"):
        musaic.Libary  # noqa: B018


def test_importing_musaic_costs_nothing_until_a_name_is_used(tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import musaic; "
        "print({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names); "
        "musaic.MusaicError; print('pydantic' in sys.modules); musaic.Hit; print('pydantic' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == ["{'musaic'}", "False", "True"]


def test_package_carries_its_types() -> None:
    assert (Path(musaic.__file__).parent / "py.typed").is_file()
