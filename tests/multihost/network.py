"""Hosts that are network namespaces: each with an address, a name and a /tmp of its own, joined by a bridge.

An outer user namespace gives the rights to make them; inside each host everything runs under the ordinary account
that runs the tests, in a user namespace once more. Nothing outside is touched, and they go with their processes.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

DOMAIN = "pool.test"
BRIDGE = "br0"
_SUBNET = "10.77.0"
# Last of all: the kernel forgets it where a process gets other rights.
_DIES_WITH_US = "exec setpriv --pdeathsig KILL sleep infinity"


class NoNetwork(Exception):
    """The kernel, or what surrounds it, allows no network namespaces here."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """One host: its name, address and the process that keeps its namespaces."""

    name: str
    address: str
    keeper: subprocess.Popen[bytes]

    @property
    def prefix(self) -> list[str]:
        """What a command is preceded by to run on this host, as the ordinary account."""
        ids = [f"--map-user={os.getuid()}", f"--map-group={os.getgid()}"]
        return [*_enter(self.keeper.pid, "-U", "-n", "-u", "-m"), "unshare", "-U", *ids, "--"]


@dataclass
class Network:
    """The bridge, and the hosts on it."""

    folder: Path
    keeper: subprocess.Popen[bytes]
    hosts: dict[str, Host] = field(default_factory=dict)

    def add(self, names: Sequence[str]) -> None:
        """Make hosts; each can reach every other one by name."""
        table = ["127.0.0.1 localhost"]
        addresses = {name: f"{_SUBNET}.{number}" for number, name in enumerate(names, start=1)}
        table += [f"{address} {name}.{DOMAIN} {name}" for name, address in addresses.items()]
        (self.folder / "hosts").write_text("\n".join(table) + "\n", encoding="utf-8")
        for name, address in addresses.items():
            self.hosts[name] = self._make(name, address)

    def cut(self, name: str) -> None:
        """Take a host's cable out: nothing comes, nothing goes, nobody is told."""
        self._root("ip", "link", "set", f"v-{name}", "down")

    def mend(self, name: str) -> None:
        """Put the cable back."""
        self._root("ip", "link", "set", f"v-{name}", "up")

    def _make(self, name: str, address: str) -> Host:
        script = (
            f"mount --bind {self.folder}/hosts /etc/hosts && mount -t tmpfs -o mode=1777 tmpfs /tmp && "
            f"hostname {name} && echo ready && {_DIES_WITH_US}"
        )
        inside = ["unshare", "--net", "--uts", "--mount", "sh", "-c", script]
        keeper = _keep([*_enter(self.keeper.pid, "-U", "-m"), *inside])
        self._root(
            "ip", "link", "add", f"v-{name}", "type", "veth", "peer", "name", "eth0", "netns", str(keeper.pid)
        )
        self._root("ip", "link", "set", f"v-{name}", "master", BRIDGE, "up")
        own = _enter(keeper.pid, "-U", "-n")
        for words in ("link set lo up", f"addr add {address}/24 dev eth0", "link set eth0 up"):
            _call([*own, "ip", *words.split()])
        return Host(name=name, address=address, keeper=keeper)

    def _root(self, *command: str) -> None:
        _call([*_enter(self.keeper.pid, "-U", "-n"), *command])


@contextmanager
def network(folder: Path, names: Sequence[str]) -> Iterator[Network]:
    """A network of hosts of these names; it ends with the block.

    Raises:
        NoNetwork: it can't be made here.
    """
    keepers: list[subprocess.Popen[bytes]] = []
    try:
        begin = ["unshare", "-U", "--map-root-user", "--net", "--mount", "--uts"]
        keepers.append(_keep([*begin, "sh", "-c", f"echo ready && {_DIES_WITH_US}"]))
        made = Network(folder=folder, keeper=keepers[0])
        made._root("ip", "link", "add", BRIDGE, "type", "bridge")
        made._root("ip", "link", "set", BRIDGE, "up")
        made.add(names)
        keepers += [host.keeper for host in made.hosts.values()]
        yield made
    finally:
        for keeper in reversed(keepers):
            keeper.kill()
            keeper.communicate()  # its pipes are closed, too


def _enter(pid: int, *namespaces: str) -> list[str]:
    return ["nsenter", "-t", str(pid), *namespaces, "--preserve-credentials", "--"]


def _keep(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process that keeps namespaces; it has them when this returns."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    if process.stdout.readline().strip() != b"ready":
        process.kill()
        _, said = process.communicate()
        raise NoNetwork(f"{' '.join(command[:6])}: {said.decode(errors='replace').strip()}")
    return process


def _call(command: Sequence[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise NoNetwork(f"{' '.join(command[-8:])}: {result.stderr.strip()}")
