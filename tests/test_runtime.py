"""ONNX Runtime: silent, imported in one place, and repaired where two packages bring it."""

from importlib import metadata
from pathlib import Path

import pytest

from musaic.embed import providers
from musaic.errors import ConfigError
from tests.shop import Shop, call, run, run_python
from tests.test_architecture import ROOT, imports_of

HOME = ROOT / "src/musaic/embed/runtime.py"
BOTH = ["onnxruntime", "onnxruntime-openvino"]
CPU = ["AzureExecutionProvider", "CPUExecutionProvider"]


def test_a_search_leaves_no_identifier_of_this_machine_behind(shop: Shop, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()

    answer = run("search", "red", "--library", shop.library, here=tmp_path, more={"HOME": str(home)})

    assert answer.exit_code == 0, answer.stderr
    assert (tmp_path / "cache").is_dir(), "the folder that was given for it is used"
    assert not [path for path in tmp_path.rglob("*") if "microsoft" in path.name.lower()]


def test_who_wants_to_be_seen_may_say_so(tmp_path: Path) -> None:
    (tmp_path / "onnxruntime.py").write_text("import os\nread = os.environ['ORT_DISABLE_TELEMETRY']\n")
    code = (
        "import os, sys; sys.path.insert(0, '.'); from musaic.embed.runtime import onnxruntime; "
        "print(onnxruntime.read, os.environ.get('ORT_DISABLE_TELEMETRY'))"
    )

    said = [
        run_python(code, here=tmp_path, more=more).stdout.strip()
        for more in ({}, {"ORT_DISABLE_TELEMETRY": ""}, {"ORT_DISABLE_TELEMETRY": "0"})
    ]

    assert said == ["1 None", "1", "0 0"]


@pytest.mark.parametrize("folder", ["src", "training", "benchmarks", "tests", "docs"])
def test_onnx_runtime_is_imported_in_one_place(folder: str) -> None:
    direct = [
        module
        for module in (ROOT / folder).rglob("*.py")
        if any(name.split(".")[0] == "onnxruntime" for name in imports_of(module))
    ]

    assert direct == ([HOME] if folder == "src" else [])


# --- packages that bring it ----------------------------------------------------------------------
def test_two_packages_in_one_folder_are_named_with_both_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "packages_distributions", lambda: {"onnxruntime": BOTH})

    with pytest.raises(ConfigError) as caught:
        providers.choose_provider("openvino", available=CPU)

    assert "`pip uninstall -y onnxruntime onnxruntime-openvino`" in str(caught.value)
    assert "`pip install onnxruntime-openvino`" in str(caught.value)


def test_package_that_is_not_there_takes_the_place_of_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "packages_distributions", lambda: {"onnxruntime": ["onnxruntime"]})

    with pytest.raises(
        ConfigError, match=r"`pip uninstall -y onnxruntime` and then `pip install onnxruntime-gpu`"
    ):
        providers.choose_provider("cuda", available=CPU)
    with pytest.raises(ConfigError, match=r"onnxruntime-directml \(on Windows\)"):
        providers.choose_provider("directml", available=CPU)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("build", ["onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml"])
def test_doctor_is_content_with_any_package_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, build: str
) -> None:
    real = metadata.version

    def version(name: str) -> str:
        if name == "onnxruntime":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr("musaic.cli.doctor.version", version)
    monkeypatch.setattr(providers, "packages_distributions", lambda: {"onnxruntime": [build]})

    answer = call("doctor")

    assert answer.exit_code == 0, answer.stdout
    assert f"({build})" in answer.stdout


@pytest.mark.usefixtures("alone")
def test_doctor_tells_of_two_packages_in_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "packages_distributions", lambda: {"onnxruntime": BOTH})

    answer = call("doctor")

    assert answer.exit_code == 0, "it works, if not as was meant"
    (line,) = [line for line in answer.stdout.splitlines() if "fill the same folder" in line]
    assert line.startswith("- onnxruntime ")
