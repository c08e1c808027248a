"""How HTCondor's programs run as clients of one pool: account, environment, tools."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from owl.errors import PoolError
from owl.pool.configuration import CONFIG_FILE, MARK_VARIABLE
from owl.pool.identity import Identity
from owl.pool.obtain import Installation
from owl.pool.query import Answer, ask_collector, ask_schedd


@dataclass(frozen=True, kw_only=True)
class Clients:
    """Clients of the pool in `directory`."""

    directory: Path
    installation: Installation
    identity: Identity

    def environment(self) -> dict[str, str]:
        """The caller's environment, such that HTCondor's programs and bindings find this pool."""
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("_CONDOR_")}
        kept.pop(MARK_VARIABLE, None)
        path = kept.get("PATH", os.defpath).split(os.pathsep)
        ours = [str(self.installation.bin), str(self.installation.sbin)]
        kept["PATH"] = os.pathsep.join(ours + [part for part in path if part not in ours])
        kept["CONDOR_CONFIG"] = str(self.directory / CONFIG_FILE)
        return kept

    def daemon_environment(self, mark: str) -> dict[str, str]:
        """The environment of condor_master: with the mark, without the caller's OWL settings.

        OWL's daemons read those from the pool's own owl.toml, in which paths are absolute.
        """
        kept = {name: value for name, value in self.environment().items() if not name.startswith("OWL_")}
        return kept | {MARK_VARIABLE: mark}

    def command(self, argv: Sequence[str]) -> list[str]:
        """`argv` under the pool's account."""
        return [*self.identity.prefix, *argv]

    def ask(self, slots: int) -> Answer:
        """What collector and schedd say; the schedd is asked once the collector knows of everything."""
        environment, tools = self.environment(), self.installation.bin
        answer = ask_collector(self.command([str(tools / "condor_status")]), environment)
        if not answer.ready(slots):
            return answer
        return dataclasses.replace(answer, problem=ask_schedd(self.command([str(tools / "condor_q")]), environment))

    def run(self, argv: Sequence[str], *, environment: dict[str, str] | None = None) -> str:
        """Run a program to its end in the pool's directory.

        Returns:
            Why it failed, on one line; empty if it didn't.

        Raises:
            PoolError: it can't be started.
        """
        try:
            done = subprocess.run(
                self.command(argv),
                env=environment or self.environment(),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise PoolError(f"{argv[0]}: {error.strerror}") from error
        if done.returncode == 0:
            return ""
        return " ".join((done.stderr or done.stdout).split()) or f"exit code {done.returncode}"
