"""The personal pool's condor_config: this host's facts around the roles' files of condor_config.d.

The roles' files are the very ones that a real pool uses. Here are only what belongs to this pool (places,
port, access) and what makes a pool of one machine start and stop within seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from owl.errors import InvalidSetting
from owl.pool.obtain import Installation

ROLE_FILES = ("10-owl-manager.conf", "10-owl-submit.conf", "10-owl-execute.conf", "20-owl-tuning.conf")
DIRECTORIES = ("log", "spool", "execute", "lock", "run", "hooks", "tokens")
CONFIG_FILE = "condor_config"
HOOK_DIRECTORY = "hooks"
SLOT_MEMORY_MB = 1024
HOOK_PATIENCE = 300  # seconds
MACRO_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
LOOPBACK = "127.0.0.1"
CHANNEL_BINDING_SINCE = (25, 13, 0)


@dataclass(frozen=True, kw_only=True)
class PoolFacts:
    """What one personal pool's configuration is made from. `mark` tells its processes from others."""

    directory: Path
    installation: Installation
    roles: Path
    user: str
    port: int
    slots: int
    hook: Path
    owl_bin: Path
    owl_config: Path
    mark: str
    owl_daemons: bool = True
    overrides: Mapping[str, str] = field(default_factory=dict)


def render(facts: PoolFacts) -> str:
    """The text of condor_config.

    Raises:
        InvalidSetting: an override or a path that HTCondor's configuration language can't hold.
    """
    parts = [
        _section("Where everything lies", _places(facts)),
        _section("Loopback only, one port, every connection authenticated", _access(facts)),
        _section("OWL's own", _owl(facts)),
        "\n".join(f"include : {_path(facts.roles / name)}" for name in ROLE_FILES) + "\n",
        _section("One machine that pretends to be several", _slots(facts)),
        _section("Up and down within seconds", QUICK),
    ]
    if not facts.owl_daemons:
        parts.append(_section("Without OWL's daemons", {"OWL_DAEMONS": ""}))
    parts.append(_section("Overrides", _checked(facts.overrides)))
    return "\n".join(parts)


def _places(facts: PoolFacts) -> dict[str, str]:
    installation, here = facts.installation, facts.directory
    return {
        "RELEASE_DIR": _path(installation.sbin.parent),
        "BIN": _path(installation.bin),
        "SBIN": _path(installation.sbin),
        "LIBEXEC": _path(installation.libexec),
        "LOCAL_DIR": _path(here),
        "LOG": "$(LOCAL_DIR)/log",
        "SPOOL": "$(LOCAL_DIR)/spool",
        "EXECUTE": "$(LOCAL_DIR)/execute",
        "LOCK": "$(LOCAL_DIR)/lock",
        "RUN": "$(LOCAL_DIR)/run",
        "LOCAL_CONFIG_DIR": "",
        "LOCAL_CONFIG_FILE": "",
        "REQUIRE_LOCAL_CONFIG_FILE": "False",
        "SEC_TOKEN_DIRECTORY": "$(LOCAL_DIR)/tokens",
        "SEC_TOKEN_SYSTEM_DIRECTORY": "$(LOCAL_DIR)/tokens",
        "SEC_PASSWORD_DIRECTORY": "$(LOCAL_DIR)/tokens",
    }


def _access(facts: PoolFacts) -> dict[str, str]:
    only_me = f"{facts.user}@*/{LOOPBACK}"
    return {
        "CONDOR_HOST": LOOPBACK,
        "COLLECTOR_HOST": f"{LOOPBACK}:{facts.port}",
        "USE_SHARED_PORT": "True",
        "SHARED_PORT_PORT": str(facts.port),
        "NETWORK_INTERFACE": LOOPBACK,
        "BIND_ALL_INTERFACES": "False",
        "ENABLE_IPV6": "False",
        # A name of its own: looking the host's name up may be slow or impossible, and nobody else asks.
        "NETWORK_HOSTNAME": "localhost",
        "UID_DOMAIN": "owl.personal",
        "FILESYSTEM_DOMAIN": "owl.personal",
        "TRUST_UID_DOMAIN": "True",
        # The kernel vouches for local users. Nothing else: HTCondor's clients would make themselves a
        # token from the pool's signing key and so come as another user.
        "SEC_DEFAULT_AUTHENTICATION": "REQUIRED",
        "SEC_DEFAULT_AUTHENTICATION_METHODS": "FS",
        "SEC_CLIENT_AUTHENTICATION_METHODS": "FS",
        # Clients since 25.13 (the Python bindings are) refuse FS with a daemon that doesn't bind it to the
        # connection, as older daemons can't.
        "SEC_FS_ENFORCE_CHANNEL_BINDING": str(facts.installation.number >= CHANNEL_BINDING_SINCE),
        "SEC_DEFAULT_INTEGRITY": "REQUIRED",
        "SEC_DEFAULT_ENCRYPTION": "OPTIONAL",
        **{f"ALLOW_{level}": only_me for level in LEVELS},
    }


LEVELS = ("READ", "WRITE", "DAEMON", "NEGOTIATOR", "ADMINISTRATOR", "OWNER", "CONFIG")


def _owl(facts: PoolFacts) -> dict[str, str]:
    return {
        "OWL_HOOK": _path(facts.hook),
        "OWL_BIN": _path(facts.owl_bin),
        "OWL_CONFIG": _path(facts.owl_config),
        # `owl pool down` finds the pool's processes by this variable. condor_master has it in its
        # environment and so have all daemons; jobs get it here.
        "STARTER_JOB_ENVIRONMENT": f'"{MARK_VARIABLE}={facts.mark}"',
    }


MARK_VARIABLE = "OWL_POOL_MARK"


def _slots(facts: PoolFacts) -> dict[str, str]:
    return {
        "NUM_CPUS": str(facts.slots),
        "MEMORY": str(facts.slots * SLOT_MEMORY_MB),
        "NUM_SLOTS": str(facts.slots),
        "NUM_SLOTS_TYPE_1": str(facts.slots),
        "SLOT_TYPE_1": f"cpus=1, memory={SLOT_MEMORY_MB}",
        "SLOT_TYPE_1_PARTITIONABLE": "False",
        "START": "True",
        "SUSPEND": "False",
        "PREEMPT": "False",
        "KILL": "False",
        "WANT_SUSPEND": "False",
        "RUNBENCHMARKS": "False",
        "STARTD_DETECT_GPUS": "",
        "MOUNT_UNDER_SCRATCH": "",
        # So many starters on a few cores: one may take its time before it writes the ad to its hook.
        "OWL_HOOK_PREPARE_JOB_ARGS": f"prepare {HOOK_PATIENCE}",
        "OWL_HOOK_JOB_EXIT_TIMEOUT": str(HOOK_PATIENCE),
    }


# Names verified against HTCondor 23.9.6 and 25.14.1 (condor_config_val -raw, and the manual's macro pages).
QUICK: Mapping[str, str] = {
    "UPDATE_INTERVAL": "5",
    "MASTER_UPDATE_INTERVAL": "10",
    "SCHEDD_INTERVAL": "5",
    "PERIODIC_EXPR_INTERVAL": "5",
    "POLLING_INTERVAL": "5",
    "MASTER_BACKOFF_CONSTANT": "1",
    "MASTER_BACKOFF_CEILING": "10",
    "MASTER_RECOVER_FACTOR": "30",
    "SHUTDOWN_GRACEFUL_TIMEOUT": "20",
    "SHUTDOWN_FAST_TIMEOUT": "10",
    "KILLING_TIMEOUT": "5",
    "MachineMaxVacateTime": "2",
    "JOB_MAX_VACATE_TIME": "2",
    # condor_preen would look through a directory tree that `owl pool` itself keeps tidy.
    "PREEN": "",
    # The startd would try each of these before it is ready; the plugins alone are four Python programs.
    "ENABLE_URL_TRANSFERS": "False",
    "FILETRANSFER_PLUGINS": "",
    "JAVA": "",
    "DOCKER": "",
    "SINGULARITY": "",
    "HIBERNATION_PLUGIN": "",
    "BENCHMARKS_JOBLIST": "",
    "ENABLE_SSH_TO_JOB": "False",
    # Nothing leaves this machine, mail and statistics neither.
    "MAIL": "",
    "CONDOR_ADMIN": "",
    "CONDOR_DEVELOPERS": "NONE",
    "CONDOR_DEVELOPERS_COLLECTOR": "NONE",
    "MAX_DEFAULT_LOG": "10000000",
}


# The web GUI as one more child of condor_master: `up` takes these as overrides.
WEB: Mapping[str, str] = {
    "DAEMON_LIST": "$(DAEMON_LIST) OWL_WEB",
    "OWL_WEB": "$(OWL_BIN)/owl",
    "OWL_WEB_ARGS": "web",
    "OWL_WEB_LOG": "$(LOG)/OwlWebLog",
    "OWL_WEB_ENVIRONMENT": '"OWL_CONFIG=$(OWL_CONFIG) OWL_LOG_FILE=$(OWL_WEB_LOG)"',
    "MASTER_OWL_WEB_BACKOFF_CONSTANT": "1",
    "MASTER_OWL_WEB_BACKOFF_CEILING": "60",
}


def _section(title: str, macros: Mapping[str, str]) -> str:
    return f"# {title}.\n" + "".join(f"{name} = {value}".rstrip() + "\n" for name, value in macros.items())


def _path(path: Path) -> str:
    """HTCondor's configuration has no quoting: blanks end a list's entry, `$(` begins a macro."""
    text = str(path)
    if re.search(r"[\s$\"'#\\,]", text):
        raise InvalidSetting(
            f"{text!r}: HTCondor's configuration can't hold this path: "
            "set OWL_STATE_DIR to one without blanks, quotes, commas or any of $ # \\"
        )
    return text


def _checked(overrides: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in overrides.items():
        if not MACRO_NAME.fullmatch(name) or re.search(r"[\r\n]", value):
            raise InvalidSetting(f"{name!r} = {value!r} isn't one line of HTCondor configuration")
    return overrides
