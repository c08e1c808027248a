"""`owl drmaa`: where the DRMAA library is, and what it reaches."""

from __future__ import annotations

import os

import click

from owl.drmaa import header_path, library_path
from owl.errors import OperationError


@click.group()
def drmaa() -> None:
    """Tell where OWL's DRMAA library is and what it reaches."""


@drmaa.command()
@click.option("--header", is_flag=True, help="The path of drmaa.h instead.")
def path(header: bool) -> None:
    """Print the library's path, for DRMAA_LIBRARY_PATH."""
    found = header_path() if header else library_path()
    if not found.exists():
        raise OperationError(f"{found} is missing: install OWL again, which builds it")
    click.echo(str(found))


@drmaa.command()
@click.option("--contact", default="", help="A schedd's name; the local one where none is given.")
def info(contact: str) -> None:
    """Open a session through the library and print what it is connected to."""
    os.environ.setdefault("DRMAA_LIBRARY_PATH", str(library_path()))
    try:
        import drmaa as client  # the import loads the library
    except (OSError, RuntimeError, AttributeError) as error:
        raise OperationError(f"the DRMAA library can't be loaded: {error}") from error
    try:
        with client.Session(contact) as session:
            facts = {
                "library": os.environ["DRMAA_LIBRARY_PATH"],
                "contact": session.contact,
                "DRM system": session.drmsInfo,
                "implementation": session.drmaaImplementation,
                "DRMAA version": str(session.version),
            }
    except client.errors.DrmaaException as error:
        raise OperationError(f"no DRMAA session: {error}") from error
    for name, value in facts.items():
        click.echo(f"{name + ':':<16}{value}")
