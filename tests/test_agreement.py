"""A store and a ledger that disagree are seen by the doctor and brought together by the next ingest."""

from dataclasses import replace
from pathlib import Path

import pytest

from musaic.config import StoreSettings
from musaic.ledger import Ledger
from musaic.library import Library
from musaic.store import Store
from tests.shop import call, write_pictures

pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture
def own(tmp_path: Path, model: Path) -> Path:
    """A library with two pictures that a test may hurt."""
    pictures = write_pictures(tmp_path / "pictures", ("red", "blue"))
    with Library.open(tmp_path, create=True, embed={"model": str(model)}) as library:
        library.ingest(pictures)
    return tmp_path


def forget_a_file(own: Path) -> None:
    with Ledger(own / ".musaic/ledger.sqlite") as ledger:
        ledger.forget_assets(sorted(ledger.asset_ids())[:1])


def lose_a_row(own: Path) -> None:
    with Store.open(StoreSettings(), own / ".musaic") as store:
        store.delete(sorted(store.ids())[:1])


@pytest.mark.parametrize(
    ("hurt", "seen"), [(forget_a_file, "2 rows, but the ledger knows 1"), (lose_a_row, "1 rows, but")]
)
def test_doctor_sees_that_store_and_ledger_disagree_and_what_it_advises_heals(
    own: Path, hurt: object, seen: str
) -> None:
    assert callable(hurt)
    hurt(own)

    hurt_says = call("doctor", "--library", own)
    call("ingest", own / "pictures", "--library", own)
    healed_says = call("doctor", "--library", own)

    assert hurt_says.exit_code == 2
    assert seen in hurt_says.stdout
    assert "ingest` of any folder brings them together" in hurt_says.stdout
    assert (healed_says.exit_code, "but the ledger knows" in healed_says.stdout) == (0, False)


def test_an_asset_whose_file_time_is_beyond_the_calendar_can_be_shown(own: Path) -> None:
    with Store.open(StoreSettings(), own / ".musaic") as store:
        (row,) = store.get(sorted(store.ids())[:1])
        store.upsert([replace(row, asset=row.asset.model_copy(update={"modified_at": 1 << 62}))])

    answer = call("show", row.asset.asset_id, "--library", own)

    assert answer.exit_code == 0, answer.stderr
    assert f"modified     {1 << 62} seconds after 1970" in answer.stdout
