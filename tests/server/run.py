"""Runs the store's contract against a real Milvus server on loopback; `make test-server`.

Milvus 2.3.5, the newest that a Python package brings, goes into an environment of its own, which is
kept for the next run. It binds many ports on every interface, so it gets a network namespace that
nothing else can reach, which needs Linux and root; and a process namespace, so that it ends with
the tests whatever happens to them. Options of pytest may follow.

    python -m tests.server.run [-k WORDS …]
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
REQUIREMENT = "milvus==2.3.5"
NAMESPACES = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]


def main(arguments: list[str]) -> int:
    """Install the server and run its tests. Return pytest's exit code, or 2 if it cannot be run here."""
    if missing := _missing():
        sys.stderr.write(f"the server tests cannot run here: {missing}\n")
        return 2
    environment = os.environ | {"MUSAIC_TEST_SERVER": str(_installed())}
    # A killed server's port counts as taken for a minute else, and Milvus then takes another one without a word.
    no_waiting = "echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets; echo 1 >/proc/sys/net/ipv4/tcp_fin_timeout"
    loopback_up = ["sh", "-c", f'ip link set lo up && {{ {no_waiting}; }} && exec "$@"', "sh"]
    tests = [sys.executable, "-m", "pytest", "tests/server", *arguments]
    return subprocess.run(
        [*NAMESPACES, *loopback_up, *tests], cwd=ROOT, env=environment, check=False
    ).returncode


def _missing() -> str | None:
    if sys.platform != "linux":
        return "a network namespace, which keeps the server's ports from everyone, needs Linux"
    if os.geteuid() != 0:
        return "a network namespace needs root; try: sudo make test-server"
    tools = [tool for tool in ("unshare", "ip") if not shutil.which(tool)]
    return f"{' and '.join(tools)} not found (packages util-linux, iproute2)" if tools else None


def _installed() -> Path:
    """Return the server's program; installed if need be."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    environment = cache / "musaic-test" / REQUIREMENT.replace("==", "-")
    program = environment / "bin" / "milvus-server"
    if not program.exists():
        sys.stderr.write(f"installing {REQUIREMENT} into {environment}\n")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        subprocess.run([str(environment / "bin" / "pip"), "install", "--quiet", REQUIREMENT], check=True)
    return program


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
