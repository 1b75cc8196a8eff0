"""What a store promises, whatever Milvus is behind it: run on Milvus Lite and on a real server.

A class that inherits `StoreContract` gives the fixtures `settings` and `folder`.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from musaic.config import StoreSettings
from musaic.errors import FilterError, ModelMismatchError, StoreError, StoreLimitError
from musaic.filters import has_key, parse
from musaic.schemas import Asset, Fingerprint
from musaic.store import MAX_WINDOW, Row, Store

DIM = 8
ENCODER = Fingerprint(
    model="starter", revision="bundled", precision="fp32", weights_sha256="ab" * 32, dim=DIM
)
OTHER_ENCODER = ENCODER.model_copy(update={"model": "vit-b-32", "weights_sha256": "cd" * 32, "dim": 4})
# What Milvus, its query language, JSON and protobuf each find special.
NASTY = [
    'a"b',
    "a'b",
    "a\\b",
    "a\\",
    '\\"',
    "a\nb\rc\td",
    "a\x00b",
    "\x01\x1a\x1f\x7f",
    "\x7fdce9",
    "a/b~c~1",
    "a\x08\x0c\x1bb",
    "red_cape",
    "50%",
    "{xs}",
    "$meta",
    '" or 1 == 1 or "',
    '") or (id != "',
    "накидка 红斗篷 🧥",
    "caf\udce9",
    "\ud800",
    "\uffff\U0010ffff",
    "e\u0301 é",
    "true",
    "",
    " ",
]


# Which of the assets a, b, c and d each filter finds.
FOUND = {
    "width > 800": "b",
    "800 > width": "acd",
    "100 < width <= 640": "acd",
    "width < height": "c",
    "size_bytes != 7": "bcd",
    'mime == "image/png" or width == 900': "bd",
    'not (mime == "image/png" or width == 900)': "ac",
    'filename in ["a", "d", "z"]': "ad",
    'filename not in ("a", "d")': "bc",
    '"sale" in tags': "ab",
    '"sale" not in tags': "cd",
    '"/photos/c" in paths': "c",
    'metadata.season == "winter"': "a",
    'metadata.season != "winter"': "b",
    'not metadata.season == "winter"': "b",
    'metadata.season in ["winter", "summer", 5]': "ab",
    'metadata.season not in ["winter", 5]': "b",
    "metadata.season == None": "cd",
    "metadata.season is not None": "ab",
    'startswith(metadata.season, "win")': "a",
    'not startswith(metadata.season, "win")': "b",
    "metadata.price == 20": "ab",
    "metadata.price > 20.5": "c",
    "metadata.price <= 20.0": "ab",
    "not metadata.price <= 20": "c",
    "metadata.price > -1e9": "abc",
    "metadata.new == true": "a",
    "metadata.new == false": "b",
    '"Milan" in metadata.cities': "a",
    '"Milan" not in metadata.cities': "bcd",
    "metadata.size.cm == 4": "d",
    "metadata.size.cm > 4": "",
    'metadata["two words"] == 1': "d",
    'captured_at >= "2026-03-01"': "bc",
    'captured_at < "2026-03-01"': "a",
    'captured_at <= "2026-03-01"': "ab",
    'captured_at == "2026-03-01"': "b",
    'captured_at != "2026-03-01"': "ac",
    'not captured_at < "2026-03-01"': "bc",
    'captured_at == "2026-03-01T10:00"': "b",
    'captured_at == "2026-03-01T12:00+02:00"': "b",
    "captured_at == None": "d",
    "captured_at != None": "abc",
    "captured_at < modified_at": "a",
    'ingested_at > "2000-01-01" and kind == "image"': "abcd",
    'width > 1 and (metadata.price == 20 or filename == "d") and "sale" in tags': "ab",
}


def unit(seed: int, dim: int = DIM) -> NDArray[np.float32]:
    vector = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    return vector / np.linalg.norm(vector)


def asset(number: int, **changes: object) -> Asset:
    filename = str(changes.get("filename", f"picture {number}.jpg"))
    values: dict[str, object] = {
        "id": f"{number:032x}",
        "asset_id": f"{number:032x}",
        "filename": filename,
        "folder": "/photos",
        "paths": (f"/photos/{filename}",),
        "mime": "image/jpeg",
        "size_bytes": 1000 + number,
        "width": 640,
        "height": 480,
        "modified_at": 1_700_000_000,
        "ingested_at": 1_800_000_000,
    }
    return Asset.model_validate(values | changes)


def rows(count: int, dim: int = DIM) -> list[Row]:
    return [Row(asset(number), unit(number, dim)) for number in range(count)]


def ids(found: Sequence[Row] | Sequence[tuple[Asset, float]]) -> list[str]:
    return [(one.asset if isinstance(one, Row) else one[0]).id for one in found]


class StoreContract:
    @pytest.fixture
    def settings(self) -> StoreSettings:
        raise NotImplementedError

    @pytest.fixture
    def store(self, settings: StoreSettings, tmp_path: Path) -> Iterator[Store]:
        with Store.open(settings, tmp_path) as opened:
            opened.drop()
            opened.create(ENCODER)
            yield opened

    def matching(self, store: Store, expression: str) -> list[str]:
        """Return the file names of all assets that match, sorted, by search."""
        return sorted(hit.filename for hit, _ in store.search(unit(0), limit=100, where=parse(expression)))

    def test_empty_store_has_no_encoder_and_says_so(self, settings: StoreSettings, tmp_path: Path) -> None:
        with Store.open(settings, tmp_path) as store:
            store.drop()
            assert store.fingerprint() is None
            for call in (
                lambda: store.search(unit(0), limit=1),
                lambda: store.upsert(rows(1)),
                lambda: store.count(),
                lambda: list(store.ids()),
            ):
                with pytest.raises(StoreError, match="nothing was ingested"):
                    call()

    def test_rows_come_back_as_they_went_in(self, store: Store) -> None:
        full = asset(
            1,
            kind="generated",
            paths=("/a/b.jpg", "/c/d.jpg"),
            captured_at=-86_400,
            tags=("gold", "silk"),
            metadata={
                "price": 19.5,
                "stock": 3,
                "sale": True,
                "size": {"cm": [1, 2, {"x": "y"}]},
                "zero": 0,
                "big": 2**63 - 1,
            },
        )
        bare = asset(2, captured_at=None)
        store.upsert([Row(full, unit(1)), Row(bare, unit(2))])

        first, second = store.get([full.id, bare.id])

        assert (first.asset, second.asset) == (full, bare)
        np.testing.assert_array_equal(first.vector, unit(1))
        assert first.vector.dtype == np.float32

    def test_any_text_comes_back_as_it_went_in(self, store: Store) -> None:
        written = [
            asset(
                number,
                filename=text,
                folder=f"/{text}",
                paths=(text, f"/b/{text}"),
                tags=(text,),
                metadata={text or "key": text, "deep": [{"k": text}]},
            )
            for number, text in enumerate(NASTY)
        ]
        store.upsert([Row(one, unit(number)) for number, one in enumerate(written)])

        assert [row.asset for row in store.get([one.id for one in written])] == written

    @pytest.mark.parametrize("flushed", [False, True])
    def test_a_text_in_a_filter_matches_that_text_only(self, store: Store, flushed: bool) -> None:
        written = [
            asset(
                number,
                filename=text,
                paths=(f"/{text}",),
                tags=(f"t{text}",),
                metadata={"name": text, f"k{text}": 1},
            )
            for number, text in enumerate(NASTY)
        ]
        store.upsert([Row(one, unit(number)) for number, one in enumerate(written)])
        if flushed:
            store.flush()

        for text in NASTY:
            conditions = [
                f"filename == {text!r}",
                f"{'/' + text!r} in paths",
                f"{'t' + text!r} in tags",
                f"metadata.name == {text!r}",
                f"metadata[{'k' + text!r}] == 1",
            ]
            assert self.matching(store, " and ".join(conditions)) == [text]
            assert self.matching(store, " or ".join(conditions)) == [text]

    def test_startswith_is_exact_for_any_text(self, store: Store) -> None:
        store.upsert([Row(asset(number, filename=text), unit(number)) for number, text in enumerate(NASTY)])

        for prefix in {text[:2] for text in NASTY} - {""}:
            expected = sorted(text for text in NASTY if text.startswith(prefix))
            assert self.matching(store, f"startswith(filename, {prefix!r})") == expected, repr(prefix)
            others = sorted(text for text in NASTY if not text.startswith(prefix))
            assert self.matching(store, f"not startswith(filename, {prefix!r})") == others, repr(prefix)

    def test_a_text_within_a_text_is_that_text_only_or_refused(self, store: Store) -> None:
        names = [*NASTY, "a-b", "a\\_", "a%_b", "red-cape", "x_studio.jpg", "x-studio.jpg"]
        store.upsert(
            [
                Row(
                    asset(number, filename=text, tags=("t",), metadata={"name": text, "one": 1}), unit(number)
                )
                for number, text in enumerate(names)
            ]
        )
        if not store.capabilities.like_infix:
            with pytest.raises(FilterError, match="finds text only at the start of filename"):
                self.matching(store, 'contains(filename, "-")')
            return

        for beside in ("", ' and "t" in tags', " and metadata.one == 1"):
            self._found_within(store, names, beside)
        store.flush()
        for beside in ("", ' and "t" in tags', " and metadata.one == 1"):
            self._found_within(store, names, beside)

    def _found_within(self, store: Store, names: list[str], beside: str) -> None:
        for wanted in ("_", "%", "\\", "a\\", "\\_", "%_", "d_c", "_studio.jpg", "-", "0%", '\\"', "b\rc"):
            inside = sorted(text for text in names if wanted in text)
            ending = sorted(text for text in names if text.endswith(wanted))
            for field in ("filename", "metadata.name"):
                for function, found in (("contains", inside), ("endswith", ending)):
                    expression = f"{function}({field}, {wanted!r}){beside}"
                    others = sorted(set(names) - set(found))
                    assert self.matching(store, expression) == found, expression
                    assert self.matching(store, f"not {expression}") == others, expression

    def test_a_file_name_is_found_in_either_spelling(self, store: Store) -> None:
        one, two = "caf\xe9.jpg", "cafe\u0301.jpg"
        store.upsert([Row(asset(1, filename=one), unit(1)), Row(asset(2, filename=two), unit(2))])
        store.upsert([Row(asset(3, filename="cafe.jpg"), unit(3))])

        for typed in (one, two):
            assert self.matching(store, f"filename == {typed!r}") == [two, one]
            assert self.matching(store, f"filename in [{typed!r}, 'x']") == [two, one]
            assert self.matching(store, f"startswith(filename, {typed[:-4]!r})") == [two, one]
            assert self.matching(store, f"{'/photos/' + typed!r} in paths") == [two, one]
            assert self.matching(store, f"filename != {typed!r}") == ["cafe.jpg"]

    def test_filter_finds_what_it_says(self, store: Store) -> None:
        self._four_assets(store)

        found = {expression: "".join(self.matching(store, expression)) for expression in FOUND}

        assert found == FOUND
        assert store.count(parse('"sale" in tags')) == 2
        assert store.count(parse("width > 5000")) == 0

    def _four_assets(self, store: Store) -> None:
        day = 1_772_323_200  # 2026-03-01
        store.upsert(
            [
                Row(
                    asset(
                        1,
                        filename="a",
                        size_bytes=7,
                        captured_at=day - 1,
                        modified_at=day,
                        tags=("sale", "silk"),
                        metadata={"season": "winter", "price": 20, "new": True, "cities": ["Milan", "Rome"]},
                    ),
                    unit(1),
                ),
                Row(
                    asset(
                        2,
                        filename="b",
                        width=900,
                        captured_at=day + 36_000,
                        tags=("sale",),
                        metadata={"season": "summer", "price": 20.0, "new": False},
                    ),
                    unit(2),
                ),
                Row(
                    asset(
                        3,
                        filename="c",
                        height=641,
                        captured_at=day + 86_400,
                        metadata={"price": 21, "season": None},
                    ),
                    unit(3),
                ),
                Row(
                    asset(
                        4,
                        filename="d",
                        mime="image/png",
                        modified_at=1,
                        metadata={"size": {"cm": 4}, "two words": 1},
                    ),
                    unit(4),
                ),
            ]
        )

    def test_a_key_that_no_asset_has_can_be_told(self, store: Store) -> None:
        store.upsert([Row(asset(1, metadata={"season": "winter", "it's [odd]": 1}), unit(1))])

        assert store.count(has_key("season")) == 1
        assert store.count(has_key("it's [odd]")) == 1
        assert store.count(has_key("saeson")) == 0

    def test_search_is_by_cosine_best_first(self, store: Store) -> None:
        written = rows(300)
        store.upsert(written)
        query = unit(1000)
        cosines = np.stack([row.vector for row in written]) @ query
        best = np.argsort(-cosines)[:10]

        found = store.search(query * 7.5, limit=10)

        assert ids(found) == [written[number].asset.id for number in best]
        np.testing.assert_allclose([cosine for _, cosine in found], cosines[best], atol=2e-6)

    def test_pages_join_without_gap_or_repeat(self, store: Store) -> None:
        store.upsert(rows(50))
        query = unit(1000)
        whole = ids(store.search(query, limit=50))

        assert [
            one for start in range(0, 50, 7) for one in ids(store.search(query, limit=7, offset=start))
        ] == whole
        assert store.search(query, limit=5, offset=50) == []

    def test_ties_go_by_id_across_the_edge_of_a_page(self, store: Store) -> None:
        same = [Row(asset(number), unit(1)) for number in range(40)]
        store.upsert(same[::-1])

        found = store.search(unit(1), limit=5, offset=3)

        assert ids(found) == [row.asset.id for row in same[3:8]]
        assert {cosine for _, cosine in found} == {1.0}

    def test_upsert_takes_the_place_of_a_row(self, store: Store) -> None:
        store.upsert(rows(3))
        changed = asset(1, filename="moved.jpg", tags=("x",))
        store.upsert([Row(changed, unit(77))])

        assert store.count() == 3
        (row,) = store.get([changed.id])
        assert row.asset == changed
        np.testing.assert_array_equal(row.vector, unit(77))

    def test_of_one_id_twice_in_a_call_the_last_counts(self, store: Store) -> None:
        store.upsert([Row(asset(1, filename="first"), unit(1)), Row(asset(1, filename="last"), unit(2))])

        assert store.count() == 1
        assert store.get([asset(1).id])[0].asset.filename == "last"

    def test_delete_removes_only_what_is_named(self, store: Store) -> None:
        store.upsert(rows(5))
        store.delete([asset(1).id, asset(3).id, asset(99).id])

        assert sorted(store.ids()) == [asset(number).id for number in (0, 2, 4)]
        assert store.count() == 3
        assert store.get([asset(1).id]) == []

    def test_get_keeps_the_order_asked_for(self, store: Store) -> None:
        store.upsert(rows(9))

        wanted = [asset(number).id for number in (7, 2, 99, 5, 2)]

        assert ids(store.get(wanted)) == [asset(number).id for number in (7, 2, 5)]
        assert store.get([]) == []

    def test_which_of_many_ids_are_there_can_be_asked(self, store: Store) -> None:
        store.upsert(rows(9))
        there, not_there = {asset(3).id, asset(8).id}, {asset(number).id for number in range(9, 6_000)}

        assert store.among([*not_there, *there, asset(3).id]) == there
        assert store.among([]) == set()

    def test_many_rows_are_all_there_once(self, store: Store) -> None:
        written = rows(2_345)
        store.upsert(written[:2_000])
        store.flush()
        store.upsert(written[1_500:])
        store.delete([written[7].asset.id])
        expected = {row.asset.id for row in written} - {written[7].asset.id}

        found = list(store.ids())
        batches = list(store.rows(batch_size=500))

        assert len(found) == store.count() == len(expected)
        assert set(found) == expected
        assert max(map(len, batches)) <= 500
        again = {row.asset.id: row for batch in batches for row in batch}
        assert len(again) == sum(map(len, batches)) == len(expected)
        np.testing.assert_array_equal(again[written[1_700].asset.id].vector, written[1_700].vector)
        assert len(store.get([row.asset.id for row in written])) == len(expected)

    def test_rows_as_large_as_they_may_be_are_kept(self, store: Store) -> None:
        longest = ("/" + "ж" * 4_000)[:4_096]
        large = asset(
            1,
            filename="ж" * 1_000,
            folder=longest,
            paths=tuple(f"/p/{number}" for number in range(4_096)),
            metadata={"text": "x" * 65_000},
        )
        store.upsert([Row(large, unit(1))])

        assert store.get([large.id])[0].asset == large

    def test_reopened_store_knows_its_encoder_and_rows(self, settings: StoreSettings, tmp_path: Path) -> None:
        with Store.open(settings, tmp_path) as store:
            store.drop()
            store.create(ENCODER)
            store.upsert(rows(20))
        with Store.open(settings, tmp_path) as store:
            assert store.fingerprint() == ENCODER
            assert store.count() == 20
            assert ids(store.search(unit(7), limit=1)) == [asset(7).id]
            store.create(ENCODER)
            assert store.count() == 20

    def test_another_encoder_is_refused(self, store: Store) -> None:
        with pytest.raises(ModelMismatchError, match=r"built with starter but .* vit-b-32"):
            store.create(OTHER_ENCODER)

    def test_vectors_of_another_length_are_refused(self, store: Store) -> None:
        with pytest.raises(StoreLimitError, match=r"shape \(4,\); this library's have shape \(8,\)"):
            store.upsert(rows(1, dim=4))
        with pytest.raises(StoreLimitError, match="query vector"):
            store.search(unit(1, dim=4), limit=1)

    def test_page_reaches_as_far_as_a_server_allows(self, store: Store) -> None:
        store.upsert(rows(3))

        assert len(store.search(unit(1), limit=MAX_WINDOW)) == 3
        assert len(store.search(unit(1), limit=2, offset=MAX_WINDOW - 2)) == 0
        with pytest.raises(StoreLimitError, match="16385"):
            store.search(unit(1), limit=1, offset=MAX_WINDOW)

    def test_rebuild_leaves_the_old_rows_until_it_is_done(self, store: Store) -> None:
        store.upsert(rows(10))
        second = store.beside(OTHER_ENCODER)
        second.upsert(rows(6, dim=4))

        assert (store.count(), second.count()) == (10, 6)
        assert store.fingerprint() == ENCODER

        store.switch_to(second)

        assert store.fingerprint() == OTHER_ENCODER
        assert store.count() == 6
        assert ids(store.search(unit(3, dim=4), limit=1)) == [asset(3).id]

    def test_rebuild_survives_reopening(self, store: Store, settings: StoreSettings, tmp_path: Path) -> None:
        store.upsert(rows(4))
        second = store.beside(OTHER_ENCODER)
        second.upsert(rows(4, dim=4))
        store.switch_to(second)
        store.close()

        with Store.open(settings, tmp_path) as again:
            assert again.fingerprint() == OTHER_ENCODER
            assert again.count() == 4
            again.upsert(rows(5, dim=4))
            assert again.count() == 5

    def test_rebuild_with_the_same_encoder_is_possible_again_and_again(self, store: Store) -> None:
        for count in (3, 4, 5):
            second = store.beside(ENCODER)
            assert second.count() == 0
            second.upsert(rows(count))
            store.switch_to(second)
            assert store.count() == count

    def test_interrupted_rebuild_goes_on_where_it_was(
        self, store: Store, settings: StoreSettings, tmp_path: Path
    ) -> None:
        store.upsert(rows(10))
        store.beside(OTHER_ENCODER).upsert(rows(7, dim=4))
        store.close()

        with Store.open(settings, tmp_path) as again:
            assert (again.fingerprint(), again.count()) == (ENCODER, 10)
            again.delete([asset(0).id])
            second = again.beside(OTHER_ENCODER)
            assert sorted(second.ids()) == [asset(number).id for number in range(1, 7)]
            another = again.beside(OTHER_ENCODER.model_copy(update={"dim": 5}))
            assert another.count() == 0
            assert again.beside(OTHER_ENCODER).count() == 0  # leftovers of other encoders were dropped

    def test_capabilities_are_told_in_words(self, store: Store) -> None:
        capabilities = store.capabilities

        assert capabilities.server
        assert capabilities is store.capabilities
        for sentence in capabilities.missing():
            assert sentence[0].isupper()
            assert sentence.endswith(".")

    def test_path_that_is_no_unicode_is_found(self, store: Store) -> None:
        path = os.fsdecode(b"/photos/caf\xe9.jpg")
        store.upsert([Row(asset(1, filename=path[8:], paths=(path,)), unit(1))])

        assert self.matching(store, f"{json.dumps(path)} in paths") == [path[8:]]
        assert os.fsencode(store.get([asset(1).id])[0].asset.paths[0]) == b"/photos/caf\xe9.jpg"
