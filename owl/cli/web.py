"""`owl web`: the web GUI."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", help="Address to listen at (default: the setting web_host).")
@click.option("--port", type=click.IntRange(1, 65_535), help="Port (default: the setting web_port).")
def web(host: str | None, port: int | None) -> None:
    """Serve the web GUI until it is told to stop (SIGTERM)."""
    from owl import app
    from webgui import server

    found = app.make_app(web_host=host, web_port=port)
    app.log_as_told(found.settings)
    click.echo(f"the web GUI is at {server.url(found.settings.web_host, found.settings.web_port)}", err=True)
    server.serve(found)
