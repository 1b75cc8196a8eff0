"""Pictures that were asked for, what they were made from, and what came of them."""

from dataclasses import dataclass
from typing import get_args

from musaic.ledger.database import Database
from musaic.schemas import Record, Role

_WAIT = "INSERT OR IGNORE INTO waiting VALUES (?, ?)"
_ROLES: dict[str | None, Role | None] = {None: None, **{role: role for role in get_args(Role)}}


@dataclass(frozen=True, slots=True)
class Edge:
    """A generation was made from something.

    Attributes:
        child: The generation.
        parent: An asset it was given, or the generation it goes on from.
        role: What the asset was to it; None for a generation.
        number: Of the reference; 0 for a generation.
    """

    child: str
    parent: str
    role: Role | None
    number: int


class Generations(Database):
    """The generations of a `Ledger`."""

    def begin(self, record: Record) -> None:
        """Write a generation down before anything is sent; survives a power cut.

        Raises:
            ValueError: The id is there already, or the record is not open.
        """
        if record.state != "open":
            raise ValueError(f"{record.id} begins as {record.state!r}, and not open")
        with self._transaction("power cut"):
            if self._rows("SELECT 1 FROM generations WHERE id = ?", (record.id,)):
                raise ValueError(f"{record.id} was begun before")
            self._write_begun(record)

    def _write_begun(self, record: Record) -> None:
        self._db.execute(
            "INSERT INTO generations VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (record.id, record.run, record.created_at, record.engine, record.model, record.recipe,
             record.parent, record.model_dump_json()),
        )  # fmt: skip
        self._connect(record)

    def end(self, record: Record, *, at: float) -> bool:
        """Write down what became of a generation, once; return False, and write nothing, if it has ended.

        A picture that came waits to be encoded from here on: a kill right after this does not lose it.

        Raises:
            ValueError: It was never begun, by this run, or the record is still open.
        """
        if record.state == "open":
            raise ValueError(f"{record.id} ends open")
        begun = "SELECT 1 FROM generations WHERE id = ? AND run = ?"
        with self._transaction():
            if not self._rows(begun, (record.id, record.run)):
                raise ValueError(f"{record.id} was never begun by {record.run}")
            if self._rows("SELECT 1 FROM outcomes WHERE id = ?", (record.id,)):
                return False
            self._write_ended(record, at=at)
        return True

    def _write_ended(self, record: Record, *, at: float) -> None:
        self._db.execute(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?)",
            (record.id, record.state, record.asset_id, record.model_dump_json(), at),
        )
        self._connect(record)
        if record.asset_id is not None:
            self._db.execute(_WAIT, (record.asset_id, record.id))

    def _connect(self, record: Record) -> None:
        """Add what a record was made from and is not there yet: the last references may come late."""
        edges: list[tuple[str, int, str, str | None]] = [
            (record.id, each.number, each.asset_id, each.role) for each in record.references
        ]
        if record.parent is not None:
            edges.append((record.id, 0, record.parent, None))
        there = "SELECT 1 FROM edges WHERE child = ?1 AND number = ?2 AND parent = ?3"
        self._db.executemany(
            f"INSERT INTO edges SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS ({there})",
            edges,
        )

    # --- reading -------------------------------------------------------------------------------
    def latest(self, generation: str) -> Record | None:
        """Return a record as it ended, or else as it began; None for an unknown id."""
        query = """SELECT coalesce(outcomes.body, generations.body)
                   FROM generations LEFT JOIN outcomes USING (id) WHERE generations.id = ?"""
        rows = self._rows(query, (generation,))
        return self._parsed(Record, rows[0][0], of=generation) if rows else None

    def generations_like(self, prefix: str, *, most: int = 5) -> list[str]:
        """Return ids that begin with a prefix, in order."""
        query = "SELECT id FROM generations WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
        return [str(row[0]) for row in self._rows(query, (prefix, prefix + "\U0010ffff", most))]

    def recent(self, most: int) -> list[str]:
        """Return the latest generations, newest first."""
        rows = self._rows("SELECT id FROM generations ORDER BY created_at DESC, id LIMIT ?", (most,))
        return [str(row[0]) for row in rows]

    def open_runs(self) -> list[str]:
        """Return runs with a generation that has not ended, or a call whose answer is not known."""
        query = """SELECT run FROM generations WHERE id NOT IN (SELECT id FROM outcomes)
                   UNION SELECT run FROM calls WHERE seq NOT IN (SELECT call FROM settlements)"""
        return [str(row[0]) for row in self._rows(query)]

    def open_in(self, run: str) -> list[str]:
        """Return the generations of a run that have not ended, oldest first."""
        query = """SELECT id FROM generations WHERE run = ? AND id NOT IN (SELECT id FROM outcomes)
                   ORDER BY created_at, id"""
        return [str(row[0]) for row in self._rows(query, (run,))]

    def made_from(self, generation: str) -> list[Edge]:
        """Return what a generation was made from: references by number, then the one it goes on from."""
        query = "SELECT child, parent, role, number FROM edges WHERE child = ? ORDER BY number = 0, number"
        return self._edges(query, generation)

    def made_into(self, parent: str) -> list[Edge]:
        """Return which generations an asset or a generation went into, oldest first."""
        query = """SELECT child, edges.parent, role, number FROM edges
                   JOIN generations ON generations.id = child
                   WHERE edges.parent = ? ORDER BY created_at, child, number"""
        return self._edges(query, parent)

    def _edges(self, query: str, name: str) -> list[Edge]:
        return [
            Edge(str(child), str(parent), _ROLES.get(role), int(number))
            for child, parent, role, number in self._rows(query, (name,))
        ]

    def makers_of(self, asset_id: str) -> list[str]:
        """Return the generations whose picture has these bytes, oldest first."""
        query = """SELECT outcomes.id FROM outcomes JOIN generations USING (id)
                   WHERE asset_id = ? ORDER BY created_at, outcomes.id"""
        return [str(row[0]) for row in self._rows(query, (asset_id,))]

    def knows_asset(self, asset_id: str) -> bool:
        """Say whether an asset was ever ingested and not forgotten, made, or made into something."""
        query = """SELECT 1 FROM files WHERE asset_id = ?1 UNION ALL
                   SELECT 1 FROM outcomes WHERE asset_id = ?1 UNION ALL
                   SELECT 1 FROM edges WHERE parent = ?1 AND number > 0 LIMIT 1"""
        return bool(self._rows(query, (asset_id,)))

    def generated_ids(self) -> set[str]:
        """Return the ids of all assets that were made, whether encoded by now or not."""
        return {str(row[0]) for row in self._rows("SELECT asset_id FROM outcomes WHERE asset_id IS NOT NULL")}

    # --- pictures that are not encoded yet -------------------------------------------------------
    def wait_to_encode(self, asset_id: str, generation: str) -> None:
        """Remember a picture that is not in the store, and should be; a second time does nothing."""
        with self._transaction():
            self._db.execute(_WAIT, (asset_id, generation))

    def waiting(self) -> list[tuple[str, str]]:
        """Return the pictures that wait, each with its generation, oldest first."""
        query = """SELECT asset_id, generation FROM waiting
                   LEFT JOIN generations ON id = generation ORDER BY created_at, generation, asset_id"""
        return [(str(asset_id), str(generation)) for asset_id, generation in self._rows(query)]

    def encoded(self, asset_id: str) -> None:
        """Note that a picture is in the store and waits no longer."""
        with self._transaction():
            self._db.execute("DELETE FROM waiting WHERE asset_id = ?", (asset_id,))
