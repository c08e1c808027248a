"""The pool of six hosts, made once for all tests of this directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from owl.pool.personal import PersonalPool
from tests.fixtures.postgres import _binaries
from tests.multihost.network import NoNetwork, network
from tests.multihost.pool import DATABASE, HOSTS, Pool, make_postgres


@pytest.fixture(scope="session")
def six_hosts(run_directory: Path, make_pool: Callable[[str], PersonalPool]) -> Iterator[Pool]:
    """Manager, two submit hosts, three execute hosts, and the host of the database, all up."""
    personal = make_pool("multihost")  # for its HTCondor alone
    folder = run_directory / "hosts"
    folder.mkdir()
    try:
        with network(folder, HOSTS) as made:
            postgres = make_postgres(folder / DATABASE, made.hosts[DATABASE], _binaries())
            pool = Pool(
                folder=folder,
                installation=personal.installation,
                network=made,
                postgres=postgres,
                mark=personal.mark,
            )
            try:
                pool.up()
                yield pool
            finally:
                pool.down()
    except NoNetwork as error:
        pytest.skip(f"no network namespaces here: {error}")
