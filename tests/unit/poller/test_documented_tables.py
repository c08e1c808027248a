"""The tables of docs/how-to/pollers.md and associations.md, as they stand there, on OWL's own workflows."""

from __future__ import annotations

import hashlib
import io
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from owl.db.engine import Database
from owl.intake import EventState
from owl.ops import Operations
from owl.poller.service import Poller
from owl.poller.table import read_tables
from owl.workflow.catalog import Catalog
from tests.fixtures.pollers import Arrivals
from tests.unit.docs import documents

TEMPLATES = documents.ROOT / "templates"


@pytest.fixture
def documented(sqlite: Database, tmp_path: Path) -> Any:
    """The pollers of the pages by name; `/data` is a directory of the test's own."""
    arrivals = Arrivals(tmp_path, sqlite)
    pages = [documents.DOCS / "how-to" / name for name in ("pollers.md", "associations.md")]
    blocks = [block.text for page in pages for block in documents.blocks(page) if block.language == "toml"]
    text = "\n".join(blocks).replace('"/data/', f'"{tmp_path}/').replace("quiet = 10", "quiet = 0.1")
    (tmp_path / "all.toml").write_text(text)
    arrivals.catalog = Catalog(TEMPLATES)
    made = {}
    for name, recipe in read_tables(tmp_path / "all.toml").items():
        recipe.table.directory.mkdir(parents=True, exist_ok=True)
        quarantine = tmp_path / "quarantine" / name
        made[name] = Poller(recipe=recipe, database=sqlite, catalog=arrivals.catalog, quarantine=quarantine)
    arrivals.opened = list(made.values())
    yield arrivals, made
    arrivals.close()


def put(path: Path, content: bytes) -> None:
    """A file, renamed into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(f".{path.name}").write_bytes(content)
    path.with_name(f".{path.name}").replace(path)


def test_each_kind_takes_what_its_page_says(documented: tuple[Arrivals, dict[str, Poller]]) -> None:
    arrivals, pollers = documented
    folder = arrivals.folder
    assert set(pollers) == {"exposures", "frames", "references", "messages", "associations"}
    put(folder / "incoming" / "a_raw.fits", fits(DATASET="JW001_01", URGENT="T"))
    put(folder / "incoming" / "a_raw.fits.done", b"")
    put(folder / "frames" / "20261125" / "jw001_02_raw.fits", b"x")
    put(folder / "deliveries" / "crds_1" / "flat.fits", b"flat")
    put(
        folder / "deliveries" / "crds_1" / "manifest.txt",
        f"{hashlib.sha256(b'flat').hexdigest()}  flat.fits\n".encode(),
    )
    put(folder / "messages" / "m.json", b'{"dataset": "jw001_03", "dir": "/data/raw/jw001_03", "priority": 70}')
    put(
        folder / "incoming" / "associations" / "a.json",
        b'{"name": "jw001_asn3", "members": ["jw001_01", "jw001_02"]}',
    )
    for name, poller in pollers.items():
        arrivals.look_until(poller, partial(has_settled, arrivals, name), f"{name} takes its file")
    told = {one.dataset: (one.workflow, one.priority, one.campaign) for one in arrivals.entries()}
    assert told == {
        "jw001_01": ("imaging", 100, ""),
        "jw001_02": ("imaging", 0, "night_20261125"),
        "crds_1": ("crds_delivery", 90, ""),
        "jw001_03": ("imaging", 70, ""),
    }
    assert list((folder / "raw").glob("*/*/20261125/jw001_02_raw.fits"))
    assert list((folder / "messages").iterdir()) == []
    group = Operations(database=arrivals.database, catalog=arrivals.catalog).associations.show("jw001_asn3")
    assert [one.dataset for one in group.members] == ["jw001_01", "jw001_02"]


def has_settled(arrivals: Arrivals, name: str) -> bool:
    """Whether a poller has dealt with a file."""
    return any(one.poller == name for one in arrivals.events(EventState.SETTLED))


def fits(**keywords: str) -> bytes:
    """A small FITS file with some keywords."""
    from astropy.io import fits as astropy_fits

    made = astropy_fits.PrimaryHDU()
    for name, value in keywords.items():
        made.header[name] = value
    stream = io.BytesIO()
    made.writeto(stream)
    return stream.getvalue()
