"""Which files and directories each role has, and with which modes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from owl import names
from owl.config import Settings, fields, load_settings
from owl.model import HostRole


class Services(StrEnum):
    """What starts the daemons beside a schedd."""

    CONDOR = "condor"
    SYSTEMD = "systemd"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A file (with its text) or a directory (without) that is to be there; `owned`: by OWL's account."""

    path: Path
    mode: int
    text: str | None = None
    owned: bool = False


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the site decides. Paths are those that the host has when it runs."""

    roles: frozenset[HostRole]
    user: str = "owl"
    services: Services = Services.CONDOR
    config: Path = names.SYSTEM_CONFIG
    state_dir: Path = Path("/var/lib/owl")
    work_root: Path = Path("/srv/owl/work")
    spool_dir: Path = Path("/var/spool/owl")
    log_dir: Path = Path("/var/log/owl")
    hook: Path = Path("/usr/libexec/owl") / names.HOOK_PROGRAM
    condor: Path = Path("/etc/condor/config.d")
    units: Path = Path("/etc/systemd/system")
    port: int = Settings.web_port

    @property
    def programs(self) -> Path:
        """Where the `owl` command is that is running."""
        return Path(sys.executable).parent


_CONDOR: Mapping[HostRole, tuple[str, ...]] = {
    HostRole.MANAGER: ("10-owl-manager.conf",),
    HostRole.SUBMIT: ("10-owl-submit.conf",),
    HostRole.EXECUTE: ("10-owl-execute.conf",),
    HostRole.GUI: (),
}
_EVERYWHERE = ("20-owl-tuning.conf", "30-owl-security.conf")
_UNITS: Mapping[HostRole, tuple[str, ...]] = {
    HostRole.MANAGER: (),
    HostRole.SUBMIT: ("owl-shoveler.service", "owl-owld.service", "owl-rescue.service", "owl-poller@.service"),
    HostRole.EXECUTE: ("owl-owld.service",),
    HostRole.GUI: ("owl-web.service", "owl-poller@.service"),
}


def pieces(site: Site) -> Iterator[Piece]:
    """Everything of a host's roles, directories before what lies in them."""
    yield Piece(path=site.config.parent, mode=0o755)
    yield Piece(path=site.config, mode=0o640, text=settings(site), owned=True)
    yield Piece(path=site.state_dir, mode=0o750, owned=True)
    yield Piece(path=site.log_dir, mode=0o750, owned=True)
    if site.roles & {HostRole.SUBMIT, HostRole.EXECUTE}:
        yield Piece(path=site.work_root, mode=0o755, owned=True)
        yield Piece(path=site.spool_dir, mode=0o3733, owned=True)
    if HostRole.EXECUTE in site.roles:
        text = (names.resource("hooks") / names.HOOK_PROGRAM).read_text(encoding="utf-8")
        yield Piece(path=site.hook.parent, mode=0o755)
        yield Piece(path=site.hook, mode=0o755, text=text)
    yield from _condor(site)
    yield from _services(site)


def settings(site: Site) -> str:
    """owl.toml with every setting: what follows from the site is set, the rest a comment with its default."""
    here: dict[str, Any] = {name: getattr(site, name) for name in ("state_dir", "work_root", "spool_dir")}
    if HostRole.GUI in site.roles:
        here["web_trusted_proxies"] = "127.0.0.1, ::1"  # the examples' proxies are on this host
    defaults = load_settings({"OWL_CONFIG": os.devnull}, **here)
    lines = [
        "# OWL's settings, made by `owl init`. What is commented out has the value that stands there.",
        "# An environment variable wins: OWL_ and the name in capitals. `owl config` shows what holds.",
    ]
    for name, setting in fields().items():
        if str(setting.type).startswith("Mapping"):
            continue
        bounds = [f"# {_bounds(setting.metadata)}"] if {"choices", "minimum"} & setting.metadata.keys() else []
        lines += ["", f"# {setting.metadata['doc']}", *bounds]
        lines += [f"{'' if name in here else '# '}{name} = {_toml(getattr(defaults, name))}"]
    lines += ["", "# Variables that every workflow gets.", "# [environment]", '# PIPELINE = "/srv/pipeline"']
    return "\n".join(lines) + "\n"


def _bounds(metadata: Mapping[str, Any]) -> str:
    if "choices" in metadata:
        return "One of: " + ", ".join(metadata["choices"]) + "."
    return f"{metadata['minimum']} to {metadata['maximum']}."


def _toml(value: Any) -> str:
    return json.dumps(str(value)) if isinstance(value, str | Path) else str(value).lower()


def _condor(site: Site) -> Iterator[Piece]:
    if site.roles <= {HostRole.GUI}:  # the web GUI needs no HTCondor
        return
    source = names.resource("condor_config.d")
    wanted = [name for role in HostRole if role in site.roles for name in _CONDOR[role]]
    if HostRole.EXECUTE in site.roles and HostRole.SUBMIT not in site.roles and site.services is Services.CONDOR:
        wanted.append("15-owl-owld.conf")
    yield Piece(path=site.condor, mode=0o755)
    yield Piece(path=site.condor / "05-owl-site.conf", mode=0o644, text=_site_conf(site))
    for name in (*wanted, *_EVERYWHERE):
        yield Piece(path=site.condor / name, mode=0o644, text=(source / name).read_text(encoding="utf-8"))
    if site.services is Services.SYSTEMD and HostRole.SUBMIT in site.roles:
        # HTCondor expands DAEMON_LIST's $(OWL_DAEMONS) when it uses the list: the last word counts.
        text = "# systemd starts OWL's daemons on this host, condor_master none of them.\nOWL_DAEMONS =\n"
        yield Piece(path=site.condor / "12-owl-systemd.conf", mode=0o644, text=text)


def _site_conf(site: Site) -> str:
    lines = [
        "# Made by `owl init`: where OWL is on this host. It is read before OWL's other files.",
        f"OWL_BIN = {site.programs}",
        f"OWL_CONFIG = {site.config}",
        f"OWL_HOOK = {site.hook}",
        f"OWL_USER = {site.user}",
        f"OWL_LOG_DIR = {site.log_dir}",
        "# The central manager of the pool, on every host:",
        "# CONDOR_HOST = cm.example.org",
        "# The same on every host: accounts of one name are one person, and tokens are good in all of the pool.",
        "# UID_DOMAIN = example.org",
        "# TRUST_DOMAIN = example.org",
    ]
    return "\n".join(lines) + "\n"


def _services(site: Site) -> Iterator[Piece]:
    wanted = {name for role in site.roles for name in _UNITS[role]}
    if site.services is Services.CONDOR:
        wanted -= {"owl-shoveler.service", "owl-owld.service", "owl-rescue.service"}
    for name in sorted(wanted):
        yield Piece(path=site.units / name, mode=0o644, text=_filled(name, site))
    if HostRole.GUI in site.roles:
        for name in ("nginx.conf", "apache.conf"):
            yield Piece(path=site.config.parent / "examples" / name, mode=0o644, text=_filled(name, site))


def _filled(name: str, site: Site) -> str:
    text = (files("owl.install") / "files" / name).read_text(encoding="utf-8")
    values = {
        "@BIN@": site.programs,
        "@USER@": site.user,
        "@CONFIG@": site.config,
        "@STATE@": site.state_dir,
        "@WORK@": site.work_root,
        "@SPOOL@": site.spool_dir,
        "@LOG@": site.log_dir,
        "@PORT@": site.port,
    }
    for word, value in values.items():
        text = text.replace(word, str(value))
    return text
