"""Nobody but the pool's own account, and nobody from outside, gets at the pool."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from owl.pool.personal import PersonalPool
from owl.pool.processes import members

pytestmark = pytest.mark.pool

LISTENING = "0A"


def listening_inodes() -> dict[str, str]:
    """Socket inode → local address, for every listening TCP socket (proc(5), /proc/net/tcp)."""
    rows = [
        line.split()
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
    ]
    return {row[9]: row[1] for row in rows if row[3] == LISTENING}


def sockets_of(pid: int) -> set[str]:
    """Inodes of a process's sockets; none of one that has ended meanwhile."""
    found = set()
    with contextlib.suppress(FileNotFoundError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                target = str(entry.readlink())
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found


def test_the_daemons_listen_on_loopback_only(pool: PersonalPool) -> None:
    listening = listening_inodes()
    addresses = {
        listening[inode]
        for pid in members(pool.mark, pool.directory)
        for inode in sockets_of(pid)
        if inode in listening
    }

    assert addresses
    # 127.0.0.1, as the kernel writes it (in host byte order).
    assert {address.partition(":")[0] for address in addresses} <= {"0100007F", "7F000001"}


def test_another_local_address_is_refused(pool: PersonalPool) -> None:
    collector = pool.status().collector
    assert collector is not None
    port = int(collector.partition(":")[2])

    with socket.create_connection(("127.0.0.1", port), timeout=300):
        pass
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=300):
        pass


@pytest.mark.parametrize("tool", [("condor_q", "-allusers"), ("condor_status",), ("condor_reconfig",)])
@pytest.mark.parametrize("method", ["ANONYMOUS", "CLAIMTOBE"])
def test_a_client_that_does_not_prove_who_it_is_is_denied(
    pool: PersonalPool, tool: tuple[str, ...], method: str
) -> None:
    environment = pool.environment() | {"_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS": method}
    command = pool.command([str(shutil.which(tool[0], path=environment["PATH"])), *tool[1:]])

    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode != 0
    assert "slot" not in done.stdout and "Total for query" not in done.stdout


def test_only_this_account_is_allowed_anything(pool: PersonalPool) -> None:
    tool = pool.installation.bin / "condor_config_val"
    for level in ("READ", "WRITE", "DAEMON", "NEGOTIATOR", "ADMINISTRATOR", "OWNER", "CONFIG"):
        command = pool.command([str(tool), f"ALLOW_{level}"])
        done = subprocess.run(command, env=pool.environment(), capture_output=True, text=True, check=True)
        assert done.stdout.strip() == f"{pool.identity.name}@*/127.0.0.1"
