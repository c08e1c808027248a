"""HTCondor, PostgreSQL and OWL on the hosts of a network: the files of condor_config.d, tokens, real daemons."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from owl.app import App
from owl.config import load_settings
from owl.pool.configuration import CHANNEL_BINDING_SINCE, MARK_VARIABLE, QUICK
from owl.pool.obtain import Installation
from owl.pool.processes import members, send
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.site import DEADLINE, wait_for
from tests.multihost.network import DOMAIN, Host, Network

ROOT = Path(__file__).resolve().parent.parent.parent
MANAGER, DATABASE = "manager", "database"
SUBMITS = ("submit1", "submit2")
EXECUTES = ("execute1", "execute2", "execute3")
HOSTS = (MANAGER, *SUBMITS, *EXECUTES, DATABASE)
ROLES: Mapping[str, tuple[str, ...]] = {
    MANAGER: ("10-owl-manager.conf",),
    **dict.fromkeys(SUBMITS, ("10-owl-submit.conf",)),
    **dict.fromkeys(EXECUTES, ("10-owl-execute.conf", "15-owl-owld.conf")),
}
SLOTS = 8
HEAVY = bool(os.environ.get("OWL_TEST_HEAVY"))
PORT = 9618
DIRECTORIES = ("log", "spool", "execute", "lock", "run", "hooks", "tokens", "passwords", "state", "records")
# A host that is gone is missed sooner than in a real pool; else the tests would take a quarter of an hour.
IMPATIENT = {
    "ALIVE_INTERVAL": "10",
    "MAX_CLAIM_ALIVES_MISSED": "3",
    "JOB_DEFAULT_LEASE_DURATION": "90" if HEAVY else "45",  # longer than a cable is out
    "TCP_KEEPALIVE_INTERVAL": "5",
    "CLASSAD_LIFETIME": "40",
    "COLLECTOR_UPDATE_INTERVAL": "10",
    "NOT_RESPONDING_TIMEOUT": "120",
    "NEGOTIATOR_TIMEOUT": "5",
    "SHADOW_LAZY_QUEUE_UPDATE": "False",
}

STATIC_SLOTS = {
    "NUM_CPUS": SLOTS,
    "MEMORY": SLOTS * 512,
    "NUM_SLOTS": SLOTS,
    "NUM_SLOTS_TYPE_1": SLOTS,
    "SLOT_TYPE_1": "cpus=1, memory=512",
    "SLOT_TYPE_1_PARTITIONABLE": "False",
    "START": "True",
    "SUSPEND": "False",
    "PREEMPT": "False",
    "KILL": "False",
    "RUNBENCHMARKS": "False",
}


class HostPostgres(PostgresServer):
    """A PostgreSQL server on a host of the network; the socket is for the test's own looks."""

    host: Host

    def open_to_the_network(self) -> None:
        """Let the hosts in: it is theirs alone."""
        with (self.folder / "data" / "pg_hba.conf").open("a", encoding="ascii") as file:
            file.write("host all all 10.77.0.0/24 trust\n")
        with (self.folder / "data" / "postgresql.auto.conf").open("a", encoding="ascii") as file:
            file.write("tcp_keepalives_idle = 5\n")

    def _prefix(self) -> list[str]:
        return [*self.host.prefix, "setpriv", "--pdeathsig", "INT", "--"]


@dataclass
class Pool:
    """The pool of six hosts, with OWL on five of them."""

    folder: Path
    installation: Installation
    network: Network
    postgres: HostPostgres
    mark: str
    masters: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def work_root(self) -> Path:
        """The shared work directory."""
        return self.folder / "work"

    @cached_property
    def app(self) -> App:
        """OWL as the test looks at it, through the database's socket: no cut cable is in the way."""
        return App(
            load_settings(
                {"OWL_CONFIG": os.devnull},
                state_dir=self.folder / "look",
                template_root=self.folder / "templates",
                database_url=self.postgres.url("owl"),
            )
        )

    def up(self) -> None:
        """Start everything, the manager first: it signs the token of all others."""
        shutil.copytree(ROOT / "tests" / "data" / "workflows", self.folder / "templates")
        self.work_root.mkdir()
        for name in ROLES:
            self._prepare(name)
        self.start(MANAGER)
        token = wait_for(self._token, "the manager signs a token", DEADLINE)
        for name in ROLES:
            path = self.folder / name / "tokens" / "pool"
            path.write_text(token, encoding="ascii")
            path.chmod(0o600)
        self.owl(SUBMITS[0], "db", "upgrade")
        for name in (*EXECUTES, *SUBMITS):
            self.start(name)
        wait_for(lambda: self.slots() == SLOTS * len(EXECUTES), "all slots are in the pool", DEADLINE)
        wait_for(lambda: len(self.alive()) == 7, "every daemon of OWL's is alive", DEADLINE)

    def down(self) -> None:
        """End everything that runs on the hosts."""
        for process in self.masters.values():
            process.send_signal(signal.SIGQUIT)
        for name in list(self.masters):
            self.kill(name)
        if "app" in self.__dict__:
            self.app.database.close()
        self.postgres.stop()

    def start(self, name: str) -> None:
        """Start a host's condor_master, and with it all that runs there."""
        environment = {**self.environment(name), MARK_VARIABLE: f"{self.mark}-{name}"}
        command = [*self.network.hosts[name].prefix, str(self.installation.sbin / "condor_master"), "-f"]
        with (self.folder / name / "log" / "out").open("ab") as log:
            self.masters[name] = subprocess.Popen(
                command, env=environment, cwd=self.folder / name, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """What a power cut does: every process of the host is gone, jobs too."""
        for _ in range(20):
            found = members(f"{self.mark}-{name}", self.folder / name)
            if not found:
                break
            for process in found.values():
                send(process, signal.SIGKILL)
        self.masters.pop(name).wait(30)

    def revive(self, name: str) -> None:
        """The host boots again; its job queue is on its disk."""
        for path in [*(self.folder / name / "lock").iterdir(), *(self.folder / name / "log").glob(".*address*")]:
            if path.is_file():
                path.unlink()
        self.start(name)

    def run(self, name: str, *command: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command on a host to its end."""
        return subprocess.run(
            [*self.network.hosts[name].prefix, *command],
            env=self.environment(name),
            cwd=self.folder / name,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def owl(self, name: str, *arguments: str, code: int = 0) -> str:
        """Run an `owl` command on a host; it must end with `code`."""
        result = self.run(name, str(Path(sys.executable).with_name("owl")), *arguments)
        assert result.returncode == code, (arguments, result.stdout, result.stderr)
        return result.stdout

    def environment(self, name: str) -> dict[str, str]:
        """What programs on a host find in their environment."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("OWL_", "_CONDOR_"))}
        kept.pop(MARK_VARIABLE, None)
        kept["PATH"] = f"{self.installation.bin}:{self.installation.sbin}:{kept.get('PATH', os.defpath)}"
        here = self.folder / name
        return kept | {"CONDOR_CONFIG": str(here / "condor_config"), "OWL_CONFIG": str(here / "owl.toml")}

    def slots(self) -> int:
        """How many slots the collector knows."""
        result = self.run(MANAGER, "condor_status", "-af", "Name")
        return len(result.stdout.split()) if result.returncode == 0 else 0

    def alive(self) -> set[str]:
        """The daemons of OWL's whose heartbeat is fresh."""
        found = self.app.ops.status()
        return {f"{one.name}@{one.host}" for one in found.daemons if found.alive(one)}

    def _token(self) -> str | None:
        result = self.run(MANAGER, "condor_token_create", "-identity", f"condor@{DOMAIN}")
        return result.stdout if result.returncode == 0 and result.stdout.strip() else None

    def _prepare(self, name: str) -> None:
        here = self.folder / name
        for directory in DIRECTORIES:
            (here / directory).mkdir(parents=True)
        for secret in ("tokens", "passwords"):
            (here / secret).chmod(0o700)
        hook = here / "hooks" / "owl_job_hook"
        shutil.copyfile(ROOT / "hooks" / "owl_job_hook", hook)
        hook.chmod(0o755)
        (here / "records").chmod(0o3733)
        (here / "hooks" / "spool").symlink_to(here / "records")
        (here / "condor_config").write_text(self._condor_config(name), encoding="utf-8")
        values = {
            "state_dir": str(here / "state"),
            "template_root": str(self.folder / "templates"),
            "work_root": str(self.work_root),
            "spool_dir": str(here / "records"),
            "database_scheme": "postgresql+psycopg",
            "database_server": f"{DATABASE}.{DOMAIN}",
            "database_user": "owl",
            "database_login_timeout": 5,
            "database_query_timeout": 20,
            "database_patience": 5.0,
            "shoveler_period": 0.2,
            "shovel_size": 3,  # so that both shovelers have some of a handful
            "reconcile_period": 2.0,
            "log_level": "DEBUG",
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        (here / "owl.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _condor_config(self, name: str) -> str:
        installation, host = self.installation, self.network.hosts[name]
        user = pwd.getpwuid(os.getuid()).pw_name
        macros = {
            "RELEASE_DIR": installation.sbin.parent,
            "BIN": installation.bin,
            "SBIN": installation.sbin,
            "LIBEXEC": installation.libexec,
            "LOCAL_DIR": self.folder / name,
            **{word.upper(): f"$(LOCAL_DIR)/{word}" for word in ("log", "spool", "execute", "lock", "run")},
            "LOCAL_CONFIG_DIR": "",
            "LOCAL_CONFIG_FILE": "",
            "REQUIRE_LOCAL_CONFIG_FILE": "False",
            "SEC_TOKEN_DIRECTORY": "$(LOCAL_DIR)/tokens",
            "SEC_TOKEN_SYSTEM_DIRECTORY": "$(LOCAL_DIR)/tokens",
            "SEC_PASSWORD_DIRECTORY": "$(LOCAL_DIR)/passwords",
            "SEC_TOKEN_POOL_SIGNING_KEY_FILE": "$(LOCAL_DIR)/passwords/POOL",
            "SEC_FS_ENFORCE_CHANNEL_BINDING": installation.number >= CHANNEL_BINDING_SINCE,
            "CONDOR_HOST": f"{MANAGER}.{DOMAIN}",
            "UID_DOMAIN": DOMAIN,
            "FILESYSTEM_DOMAIN": DOMAIN,
            "DEFAULT_DOMAIN_NAME": DOMAIN,
            "NETWORK_INTERFACE": host.address,
            "NETWORK_HOSTNAME": f"{name}.{DOMAIN}",
            "ENABLE_IPV6": "False",
            "USE_SHARED_PORT": "True",
            "SHARED_PORT_PORT": PORT,
            "COLLECTOR_HOST": f"$(CONDOR_HOST):{PORT}",
            "OWL_BIN": Path(sys.executable).parent,
            "OWL_CONFIG": self.folder / name / "owl.toml",
            "OWL_HOOK": self.folder / name / "hooks" / "owl_job_hook",
            "STARTER_JOB_ENVIRONMENT": f'"{MARK_VARIABLE}={self.mark}-{name}"',
        }
        lines = [f"{key} = {value}" for key, value in macros.items()]
        files = (*ROLES[name], "20-owl-tuning.conf", "30-owl-security.conf")
        lines += [f"include : {ROOT / 'condor_config.d' / file}" for file in files]
        # Its daemons run as this account and not as root: on the host itself the kernel says so.
        lines.append(f"OWL_POOL_IDENTITY = condor@$(TRUST_DOMAIN), {user}@$(UID_DOMAIN)")
        after = {**QUICK, **IMPATIENT, **STATIC_SLOTS}
        lines += [f"{key} = {value}" for key, value in after.items()]
        return "\n".join(lines) + "\n"


def make_postgres(folder: Path, host: Host, binaries: Path) -> HostPostgres:
    """A server on a host, running, with an empty database `owl`."""
    (folder / "socket").mkdir(parents=True, mode=0o700)
    server = HostPostgres(folder=folder, binaries=binaries, account=None, listen="*")
    server.host = host
    server.create()
    server.open_to_the_network()
    server.start()
    server.run("CREATE DATABASE owl")
    return server


def add(
    pool: Pool, count: int, workflow: str, prefix: str, parameters: Mapping[str, str] | None = None
) -> Sequence[int]:
    """Requests for that many datasets; returns their numbers."""
    ops = pool.app.ops
    names = (f"{prefix}-{number}" for number in range(count))
    return [ops.add(name, workflow, parameters=parameters or {}, requested_by="tester") for name in names]
