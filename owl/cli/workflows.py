"""`owl workflows` and `owl render`: what can be asked for, and what it becomes."""

from __future__ import annotations

from pathlib import Path

import click

from owl.app import make_app
from owl.cli import output
from owl.cli.dpq import parameters


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def workflows(as_json: bool) -> None:
    """Show every workflow with its parameters."""
    found = make_app().ops.workflows()
    if as_json:
        output.print_json([{"name": one.name, "folder": one.folder, "digest": one.digest} for one in found])
        return
    rows = []
    for one in found:
        given = [name + ("" if spec.required else f"={spec.default}") for name, spec in one.parameters.items()]
        rows.append((one.name, ", ".join(given), one.description))
    output.table(("workflow", "parameters", "description"), rows)


@click.command()
@click.argument("workflow")
@click.argument("dataset")
@click.option("-p", "--priority", type=int, default=0)
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter of the workflow; repeatable.")
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), help="Write the files into this folder.")
def render(workflow: str, dataset: str, priority: int, param: tuple[str, ...], folder: Path | None) -> None:
    """Show what WORKFLOW becomes for DATASET. Nothing is submitted."""
    from owl.workflow import workdir

    rendered = make_app().ops.render(workflow, dataset, parameters=parameters(param), priority=priority)
    if folder is not None:
        workdir.write(folder, rendered.files, {"dataset": dataset, "workflow": workflow})
        click.echo(f"{len(rendered.files)} files in {folder}; the DAG is {rendered.dag}")
        return
    for name, text in rendered.files.items():
        click.secho(f"==> {name}", bold=True)
        click.echo(text)


@click.command()
def config() -> None:
    """Show every setting, its value and what it does."""
    from owl.config import fields, load_settings
    from owl.db.connect import without_password

    settings = load_settings()
    rows = []
    for name, field in fields().items():
        value = getattr(settings, name)
        if name == "database_url":
            value = make_app().database.place
        elif name == "catalog_url" and value:
            value = without_password(value, name)
        rows.append((name, value, field.metadata["doc"]))
    output.table(("setting", "value", "what it does"), rows)
