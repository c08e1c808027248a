"""The `owl` command: every sub-command is loaded only when it is asked for."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from owl import __version__
from owl.errors import OwlError

# Name → (module below owl.cli, attribute, help). The help stands here so that `owl --help` imports nothing.
COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "db": ("db", "db", "Create and migrate the database's tables."),
    "dpq": ("dpq", "dpq", "The queue of requests: add, load, list, show, update, delete."),
    "poller": ("poller", "poller", "Pollers: files that arrive in a directory become requests."),
    "reprocess": ("reprocess", "reprocess", "Ask for everything that a query on the archive's catalogue gives."),
    "assoc": ("assoc", "assoc", "Associations: datasets that wait until their members are done."),
    "account": ("account", "account", "Which expected datasets were processed, have failed, are missing."),
    "campaign": ("campaign", "campaign", "Batches of requests: progress, rate, failures, pause, cancel."),
    "status": ("look", "status", "Show queue, runs, steps, daemons and pool at one look."),
    "jobs": ("look", "jobs", "Show job steps as the Monitor pane does."),
    "show": ("look", "show", "Show a run with its request, submissions and steps."),
    "logs": ("look", "logs", "Show the ends of a run's logs."),
    "failures": ("failures", "failures", "Failed steps grouped by cause; rescue a group."),
    "node": ("failures", "node", "Machines on which many steps fail: name them, drain them."),
    "rescue": ("rescue", "rescue", "Let failed runs go on from the step that failed, or from another."),
    "rescue-server": ("rescue", "rescue_server", "The daemon that readies its user's rescues."),
    "hold": (
        "commands",
        "hold",
        "Take steps, or runs with their DAGs, off their machines until they are released.",
    ),
    "release": ("commands", "release", "Let go on what is held."),
    "suspend": ("commands", "suspend", "Stop steps where they run; they keep their slots."),
    "continue": ("commands", "continue_", "Let go on what is suspended."),
    "remove": ("commands", "remove", "Take steps, or runs with their DAGs, out of HTCondor."),
    "priority": ("commands", "priority", "Give runs, or steps within their runs, another priority."),
    "analyze": ("commands", "analyze", "Say in plain words why something isn't running."),
    "halt": ("commands", "halt", "Let DAGs start no more steps; what runs goes on."),
    "resume": ("commands", "resume", "Let halted DAGs go on."),
    "commands": ("commands", "commands", "Show what operators wanted, when and why, and what came of it."),
    "audit": ("commands", "audit", "Check that no command on record was changed."),
    "blackboard": ("blackboard", "blackboard", "Rebuild the tracking table, archive what is old."),
    "workflows": ("workflows", "workflows", "Show every workflow with its parameters."),
    "render": ("workflows", "render", "Show what a workflow becomes for a dataset."),
    "shoveler": ("daemons", "shoveler", "The daemon that submits workflows: limits, pauses, explanations."),
    "owld": ("daemons", "owld", "The daemon that keeps the blackboard true."),
    "web": ("web", "web", "Serve the web GUI."),
    "init": ("init", "init", "Make a host's settings, directories, HTCondor files and units."),
    "doctor": ("doctor", "doctor", "Check that everything is there, and say what to mend."),
    "config": ("workflows", "config", "Show every setting, its value and what it does."),
    "user": ("accounts", "user", "Make and change accounts of the web GUI."),
    "token": ("accounts", "token", "Make and revoke tokens for the web GUI's API."),
    "demo": ("demo", "demo", "Run the demonstration to its end."),
    "pool": ("pool", "pool", "Start and stop a personal HTCondor pool."),
    "drmaa": ("drmaa", "drmaa", "Tell where OWL's DRMAA library is and what it reaches."),
}


class LazyGroup(click.Group):
    """A group whose commands are modules that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"owl.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="owl")
@click.option("--debug", is_flag=True, help="Show a traceback where something fails.")
@click.pass_context
def owl(ctx: click.Context, debug: bool) -> None:
    """OWL manages data flowing through an HTCondor pool."""
    ctx.obj = {"debug": debug}


def main(arguments: list[str] | None = None) -> None:
    """Run the command; end with 0, 1 (the system's fault) or 2 (the user's)."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command and return its exit code; every error is one line on standard error."""
    if not logging.getLogger().handlers:  # what people are to know is printed; the daemons set their logs up
        logging.getLogger().addHandler(logging.NullHandler())
    debug = "--debug" in arguments or bool(os.environ.get("OWL_DEBUG"))
    try:
        result: Any = owl.main(args=arguments, prog_name="owl", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OwlError as error:
        if debug:
            raise
        click.echo(f"owl: {error}", err=True)
        return error.exit_code
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
