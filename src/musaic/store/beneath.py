"""The libraries beneath the store are imported here, so that only what a setting names changes what they do.

pymilvus reads a `.env` of the current folder into the environment of the whole process, and ``MILVUS_URI`` and its
like, when it is imported (pymilvus 3.0); milvus_lite, pyarrow, protobuf and faiss read their variables then, and the
C core of gRPC its own when it is first used: an unknown ``GRPC_POLL_STRATEGY`` ends the whole process (grpcio 1.85).
"""

import importlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_FOREIGN = ("MILVUS_", "GRPC_", "ARROW_", "PROTOCOL_BUFFERS_", "FAISS_")
# Where certificates lie is this machine's to say.
_HEEDED = ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",)
_turn = threading.Lock()


@contextmanager
def _alone(**needed: str) -> Iterator[None]:
    """Hide the libraries' variables and every `.env` from what is imported within; give it what it needs instead."""
    import dotenv

    hidden = [name for name in os.environ if name.startswith(_FOREIGN) and name not in _HEEDED]
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


# The C core of gRPC writes to stderr on its own.
_QUIET = {"GRPC_VERBOSITY": "NONE"}


def pymilvus() -> ModuleType:
    """Return the client's package."""
    with _turn:
        if "pymilvus" not in sys.modules:
            with _alone(**_QUIET), warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                importlib.import_module("pymilvus")
                # Nothing is connected, but from here on the C core knows its variables.
                importlib.import_module("grpc").insecure_channel("127.0.0.1:9").close()
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
