"""The libraries beneath the store are imported here, so that only what a setting names changes what they do.

pymilvus reads a `.env` of the current folder into the environment of the whole process, and ``MILVUS_URI`` and its
like, when it is imported (pymilvus 3.0); milvus_lite and pyarrow read their limits then.
"""

import importlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_FOREIGN = "MILVUS_"
_turn = threading.Lock()


@contextmanager
def _alone(**needed: str) -> Iterator[None]:
    """Hide Milvus' own variables and every `.env` from what is imported within; give it what it needs instead."""
    import dotenv

    hidden = {name: value for name, value in os.environ.items() if name.startswith(_FOREIGN)}
    before = {name: os.environ.get(name) for name in (*hidden, *needed)}
    load = dotenv.load_dotenv
    for name in hidden:
        del os.environ[name]
    os.environ.update(needed)
    dotenv.load_dotenv = lambda *_args, **_more: False
    try:
        yield
    finally:
        dotenv.load_dotenv = load
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def pymilvus() -> ModuleType:
    """Return the client's package."""
    # The C core of gRPC writes to stderr on its own; it reads this when it is first used.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    with _turn:
        if "pymilvus" not in sys.modules:
            with _alone(), warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                importlib.import_module("pymilvus")
    return sys.modules["pymilvus"]


# Milvus Lite turns its whole write buffer into Python lists when it is full or closed, 16 kB a row of 512
# numbers: with its own 128 MB that is 0.6 GB at 10,000 rows, with 8 MB 0.4 GB (milvus-lite 3.2.2).
_BUFFER = {"MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES": str(8 * 2**20)}
# Arrow's own allocator keeps much of what each write of Milvus Lite frees; the system's gives it back: 0.06 GB
# less at 10,000 rows, and no slower (pyarrow 26).
_POOL = {"ARROW_DEFAULT_MEMORY_POOL": "system"}


def milvus_lite() -> ModuleType:
    """Return the module that starts and ends Milvus Lite."""
    pymilvus()  # which milvus_lite imports
    with _turn:
        if "milvus_lite.server_manager" not in sys.modules:
            with _alone(**_BUFFER, **_POOL):
                importlib.import_module("milvus_lite.server_manager")
                # Asked for, so that it reads the variable.
                importlib.import_module("pyarrow").default_memory_pool()
    return sys.modules["milvus_lite.server_manager"]
