import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "musaic"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The picture in CONTRIBUTING.md. A module may import what stands in a lower row.
ROWS = (
    {"errors", "disk"},
    {"config"},
    {"schemas"},
    {"media", "brand", "colors", "filters", "ledger", "fonts", "home", "network"},
    {"embed", "store", "plan", "generate", "verify", "lineage", "export"},
    {"ingest", "search", "encoder", "making"},
    {"library"},
    {"distributed", "demo"},
    {"cli", "server"},
    {"__init__", "__main__"},
)
LEVEL = {unit: level for level, row in enumerate(ROWS) for unit in row}

# Which part of the house alone may import a third-party package; None: nobody.
HOMES = {
    "pymilvus": "store", "milvus_lite": "store", "sqlite3": "ledger", "rich": "cli", "typer": "cli",
    "huggingface_hub": "embed", "tokenizers": "embed", "onnx": "embed", "pillow_heif": "media",
    "google": "generate", "openai": "generate", "c2pa": "export", "httpx": "generate",
    "httpx2": "generate", "torch": None, "transformers": None, "requests": None,
}  # fmt: skip
BANNED = {
    "manager",
    "helper",
    "util",
    "utils",
    "helpers",
    "processor",
    "handler",
    "data",
    "info",
    "item",
    "items",
    "common",
    "core",
}
MOST_LINES = 450


def unit_of(module: Path) -> str:
    """Return the part of the house a file belongs to: the first name below the package."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[str]:
    """Yield every imported module in full, also inside functions and for type checkers alone."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: relative import"
            names = (
                [f"musaic.{name.name}" for name in node.names]
                if node.module == "musaic"
                else [node.module or ""]
            )
            yield from names


def test_every_module_has_its_row() -> None:
    assert {unit_of(module) for module in MODULES} <= set(LEVEL)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_only(module: Path) -> None:
    here = unit_of(module)
    own = {name.split(".")[1] for name in imports_of(module) if name.startswith("musaic.")}

    upwards = {unit for unit in own - {here} if LEVEL.get(unit, 99) >= LEVEL[here]}

    assert upwards == set(), f"{module.relative_to(ROOT)} imports what stands beside or above it"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_third_party_packages_stay_where_they_belong(module: Path) -> None:
    packages = {name.split(".")[0] for name in imports_of(module)} & set(HOMES)

    assert {name for name in packages if HOMES[name] != unit_of(module)} == set()


def words_of(name: str) -> set[str]:
    """Return the words of a snake_case or CamelCase name."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_names_say_what_a_thing_is(module: Path) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    tree = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    names = [module.stem, *(node.name for node in tree if isinstance(node, kinds))]

    assert [name for name in names if words_of(name) & BANNED] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_stay_readable_and_print_nothing(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))

    assert source.count("\n") < MOST_LINES
    assert not any(isinstance(called, ast.Name) and called.id == "print" for called in calls)


def test_the_rule_sees_an_import_that_points_up(tmp_path: Path) -> None:
    module = tmp_path / "media.py"
    module.write_text("def late():\n    from musaic import library\n    import rich.table\n")

    assert list(imports_of(module)) == ["musaic.library", "rich.table"]
    assert words_of("FileHTTPHandler_for_items") == {"file", "http", "handler", "for", "items"}
