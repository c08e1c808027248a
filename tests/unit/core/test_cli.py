"""The command line: light to start, helpful everywhere, one line for each error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from owl import errors
from owl.cli import main as cli
from owl.cli import output
from owl.daemon import leave_word
from owl.db.engine import Database
from owl.errors import OwlError, UnknownWorkflow, UserError

# What `owl --help` may load beside the standard library: nothing else, and nothing of what the commands need.
LIGHT = {"owl", "owl.cli", "owl.cli.main", "owl.errors", "click"}
HEAVY = {"sqlalchemy", "alembic", "htcondor2", "classad2", "drmaa", "flask", "jinja2", "rich", "astropy", "numpy"}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


Owl = Callable[..., Said]


@pytest.fixture
def owl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Owl]:
    """Runs `owl` in this process, with an empty state directory and no other settings."""
    opened: list[Database] = []
    real = Database.__init__

    def keep(self: Database, url: str, **options: Any) -> None:
        real(self, url, **options)
        opened.append(self)

    for name in [name for name in os.environ if name.startswith("OWL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(Database, "__init__", keep)

    def run(*arguments: str, **environ: str) -> Said:
        with monkeypatch.context() as patch:
            patch.setenv("OWL_DATABASE_PATIENCE", "0.1")
            for name, value in environ.items():
                patch.setenv(name, value)
            code = cli.run(list(arguments))
        said = capsys.readouterr()
        return Said(code=code, out=said.out, err=said.err)

    yield run
    for database in opened:
        database.close()


def paths(group: click.Group, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command and sub-command by its words."""
    found = [before]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            found += paths(command, (*before, name))
        else:
            found.append((*before, name))
    return found


def test_help_loads_nothing_that_a_command_needs() -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "from owl.cli.main import run\n"
        "code = run(['--help'])\n"
        "import json; print(json.dumps([code, sorted(set(sys.modules) - before)]))\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    code, modules = json.loads(said.splitlines()[-1])
    foreign = {name for name in modules if name.split(".")[0] not in sys.stdlib_module_names}
    assert code == 0
    assert {name for name in foreign if not name.startswith("click.")} == LIGHT
    assert not {name.split(".")[0] for name in modules} & HEAVY


@pytest.mark.parametrize("words", paths(cli.owl), ids=" ".join)
def test_every_command_has_help_that_says_what_it_does(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([*words, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Usage: owl")
    body = said.partition("\n\n")[2].strip()
    assert body
    assert not body.startswith("Options:"), "it has no description"


def test_the_list_of_commands_is_that_of_the_modules() -> None:
    for name, (_, _, text) in cli.COMMANDS.items():
        assert text.endswith("."), name


@pytest.mark.parametrize("error", [one for one in vars(errors).values() if isinstance(one, type)])
def test_each_error_is_one_line_and_its_exit_code(
    error: type[OwlError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise error("what, where; what to do")

    monkeypatch.setattr(cli.owl, "main", fail)
    assert cli.run(["status"]) == (2 if issubclass(error, UserError) else 1)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "owl: what, where; what to do\n"
    assert error().args[0].endswith((".", "`."))


def test_the_users_mistakes_end_with_2_and_the_systems_with_1_without_a_traceback(owl: Owl) -> None:
    for arguments, code, why in (
        (["status"], 1, "owl db upgrade"),
        (["dpq", "add", "a/b", "imaging"], 2, "the dataset name 'a/b' isn't valid"),
        (["dpq", "add", "a\nb", "imaging"], 2, r"'a\nb'"),
        (["dpq", "add", "ds1", "imagin"], 2, "did you mean imaging?"),
        (["dpq", "add", "ds1", "imaging", "--param", "x"], 2, "it must be name=value"),
        (["render", "unknown", "ds1"], 2, "no workflow unknown"),
    ):
        result = owl(*arguments)
        assert (result.code, result.out) == (code, ""), result
        assert why in result.err
        assert result.err.count("\n") == 1
        assert "Traceback" not in result.err


def test_clicks_own_refusals_end_with_2_too(owl: Owl) -> None:
    for arguments, why in (
        (["nonsense"], "No such command 'nonsense'"),
        (["dpq", "add", "ds1"], "Missing argument"),
        (["dpq", "add", "ds1", "imaging", "--priority", "high"], "'high' is not a valid integer"),
        (["jobs", "--state", "sleepy"], "'sleepy' is not one of"),
        (["jobs", "--limit", "0"], "0 is not in the range"),
    ):
        result = owl(*arguments)
        assert result.code == 2
        assert why in result.err
        assert "Traceback" not in result.err


def test_a_wrong_setting_and_a_wrong_url_are_told(owl: Owl) -> None:
    assert "the environment (OWL_SHOVEL_SIZE)" in owl("status", OWL_SHOVEL_SIZE="many").err
    result = owl("status", OWL_DATABASE_URL="sqlite:////nowhere/at/all.db")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "unable to open database file" in result.err
    result = owl("status", OWL_DATABASE_URL="postgresql+psycopg://u:hush@h:x/d")
    assert result.code == 2
    assert "hush" not in result.err


def test_debug_shows_the_traceback(owl: Owl) -> None:
    with pytest.raises(UnknownWorkflow):
        owl("--debug", "render", "unknown", "ds1")
    with pytest.raises(UnknownWorkflow):
        owl("render", "unknown", "ds1", OWL_DEBUG="1")


def test_the_queue_from_request_to_deletion(owl: Owl) -> None:
    assert owl("db", "upgrade").code == 0
    request = ["ds1", "crds_delivery", "--param", "pathname=/in", "--param", "reference_dir=/out"]
    added = owl("dpq", "add", *request, "-p", "5")
    assert added.out == "DPQ entry 1: ds1 waits for crds_delivery at priority 5\n", added.err
    assert "already as DPQ entry 1; --again" in owl("dpq", "add", *request).err
    [entry] = json.loads(owl("dpq", "list", "--json").out)
    assert (entry["dataset"], entry["priority"], entry["state"]) == ("ds1", 5, "Waiting")
    assert "ds1" in owl("dpq", "list", "--state", "waiting").out
    assert "crds_delivery" in owl("dpq", "show", "1").out
    assert "at priority 9" in owl("dpq", "update", "1", "--priority", "9").out
    assert "out of the queue" in owl("dpq", "delete", "1").out
    assert owl("dpq", "delete", "1").code == 2
    status = json.loads(owl("status", "--json").out)
    assert status["entries"] == {"Removed": 1}
    assert json.loads(owl("jobs", "--json").out) == []


def test_a_word_that_a_daemon_left_is_shown_though_the_database_can_be_read(owl: Owl) -> None:
    assert owl("db", "upgrade").code == 0
    state = Path(".owl").absolute()
    leave_word(state, "owld", "database away since 2026-11-25 12:00:00 UTC, 14210 records waiting")
    assert owl("status").out.startswith("owld: database away since 2026-11-25 12:00:00 UTC, 14210 records waiting")
    assert any("14210 records" in word for word in json.loads(owl("status", "--json").out)["words"])
    assert "14210 records waiting" in owl("status", "--check").out
    leave_word(state, "owld", "")
    assert "database away" not in owl("status").out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünï", "plain ünï"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("line\nnext\r", "line\\nnext\\r"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x00\x07", "\\x00\\x07"),
    ],
)
def test_a_strangers_text_cannot_move_the_cursor(text: str, shown: str) -> None:
    assert output.escaped(text) == shown
    assert output.cell(text) == shown


def test_a_table_that_is_piped_has_no_colours_and_is_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("name", "value"), [("x" * 300, "[red]not markup[/red]"), (None, 1.23456)])
    lines = capsys.readouterr().out.splitlines()
    assert "\x1b" not in "".join(lines)
    assert "x" * 300 in lines[1]
    assert "[red]not markup[/red]" in lines[1]
    assert lines[2].split() == ["1.23"]


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e30", "soon"])
@pytest.mark.parametrize("command", ["failures --hours", "node bad --hours", "hold ds1 --expires"])
def test_a_time_that_there_is_not_is_the_users_mistake(owl: Owl, command: str, value: str) -> None:
    said = owl(*command.split(), value)
    assert said.code == 2 and f"'{value}' isn't a number of" in said.err, said
