"""One web GUI as a process, without HTCondor, for all tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from owl.install.plan import Site as Plan
from owl.install.plan import pieces
from owl.model import HostRole, Role
from tests.fixtures.gui import PASSWORD, serve
from tests.fixtures.site import Site, make_site


@dataclass(frozen=True, kw_only=True)
class Served:
    """A site whose `owl web` runs with what `owl init --role gui` says of proxies."""

    site: Site
    port: str
    plan: dict[str, str]


@pytest.fixture(scope="module")
def served(run_directory: Path) -> Iterator[Served]:
    """With an administrator, an operator, and a header that names who has logged in at the proxy."""
    plan = {one.path.name: one.text or "" for one in pieces(Plan(roles=frozenset({HostRole.GUI})))}
    [proxies] = [line for line in plan["owl.toml"].splitlines() if line.startswith("web_trusted_proxies")]
    folder = run_directory / "sites" / "proxies"
    with make_site(folder, folder / "spool", web_user_header="X-Remote-User", web_login_limit=1) as site:
        with (folder / "owl.toml").open("a", encoding="utf-8") as file:
            file.write(proxies + "\n")
        for name, role in {"ada": Role.ADMIN, "olga": Role.OPERATOR}.items():
            site.ops.accounts.create(name, role, PASSWORD, by="test")
        yield Served(site=site, port=serve(site).rpartition(":")[2], plan=plan)
