"""The tables, and how an older file gets those it lacks."""

import sqlite3

_FILES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE files (
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        asset_id TEXT,               -- NULL for a skipped file
        reason TEXT,                 -- why a file was skipped
        vanished_at INTEGER,         -- seconds since 1970; NULL while the file is there
        PRIMARY KEY (folder, name)
    ) WITHOUT ROWID""",
    "CREATE INDEX files_by_asset ON files (asset_id) WHERE asset_id IS NOT NULL",
    "CREATE INDEX files_by_size ON files (size_bytes) WHERE asset_id IS NOT NULL",
)

# Times in seconds since 1970, amounts in millionths of a US dollar, bodies in the JSON of `schemas`.
_PICTURES = (
    """CREATE TABLE generations (
        id TEXT PRIMARY KEY,
        run TEXT NOT NULL,
        created_at REAL NOT NULL,
        engine TEXT NOT NULL,
        model TEXT NOT NULL,
        recipe TEXT NOT NULL,
        parent TEXT,
        body TEXT NOT NULL           -- the Record as it was before anything was sent
    )""",
    """CREATE TABLE outcomes (
        id TEXT PRIMARY KEY,         -- of the generation
        state TEXT NOT NULL,
        asset_id TEXT,               -- of the picture, if one came
        body TEXT NOT NULL,          -- the Record as it ended
        at REAL NOT NULL
    )""",
    "CREATE INDEX outcomes_by_asset ON outcomes (asset_id) WHERE asset_id IS NOT NULL",
    """CREATE TABLE edges (
        child TEXT NOT NULL,         -- a generation
        number INTEGER NOT NULL,     -- of the reference; 0 for the generation that the child goes on from
        parent TEXT NOT NULL,        -- an asset; a generation where the number is 0
        role TEXT,
        PRIMARY KEY (child, number, parent)
    ) WITHOUT ROWID""",
    "CREATE INDEX edges_by_parent ON edges (parent)",
    """CREATE TABLE calls (
        seq INTEGER PRIMARY KEY,
        generation TEXT NOT NULL,
        run TEXT NOT NULL,
        at REAL NOT NULL,
        bound INTEGER                -- NULL where the price is unknown
    )""",
    "CREATE INDEX calls_by_generation ON calls (generation)",
    "CREATE INDEX calls_by_run ON calls (run)",
    "CREATE INDEX calls_by_time ON calls (at)",
    """CREATE TABLE settlements (
        call INTEGER PRIMARY KEY,    -- its seq
        at REAL NOT NULL,
        cost INTEGER,                -- NULL where the service did not say
        billed TEXT NOT NULL CHECK (billed IN ('yes', 'no', 'unknown')),
        body TEXT NOT NULL           -- the Call
    )""",
    """CREATE TABLE waiting (
        asset_id TEXT NOT NULL,
        generation TEXT NOT NULL,
        PRIMARY KEY (asset_id, generation)
    ) WITHOUT ROWID""",
)

_KEYS = {
    "generations": ("id",),
    "outcomes": ("id",),
    "edges": ("child", "number", "parent"),
    "calls": ("seq",),
    "settlements": ("call",),
}


def _guards(table: str, key: tuple[str, ...]) -> tuple[str, ...]:
    """Return triggers that let rows in and nothing else happen; REPLACE fires no trigger for what it deletes."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
    same = " AND ".join(f"{column} = NEW.{column}" for column in key)
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608  names of our own
    return (
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_are_kept BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_come_once BEFORE INSERT ON {table} WHEN {there} {refuse}",
    )


# What each version of the file added to the one before.
_STEPS = (
    _FILES,
    (*_PICTURES, *(guard for table, key in _KEYS.items() for guard in _guards(table, key))),
)
VERSION = len(_STEPS)


def version_of(db: sqlite3.Connection) -> int:
    """Return the version of an open file; 0 for an empty one."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)


def upgrade(db: sqlite3.Connection) -> None:
    """Add what a file lacks. Runs in the caller's transaction, and so wholly or not at all."""
    version = version_of(db)
    for statement in (each for step in _STEPS[version:] for each in step):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {max(version, VERSION)}")
