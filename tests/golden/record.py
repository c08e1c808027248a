"""Call every verb of `owl.db` for real, on SQLite, and keep what SQL Server would have been sent.

The verbs are given a connection that says it is SQL Server's: those that ask for the dialect go its way. Every
statement is compiled for T-SQL, then carried out on SQLite, so that what follows from its rows is sent too.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import IntegrityError

import owl.db
from owl.db import connect, migrate
from owl.db.engine import Database
from owl.errors import OwlError
from tests.fixtures.database import migrated_sqlite
from tests.golden import arguments, stories

FOLDER = Path(__file__).resolve().parent / "sql"
HELP = "run `make golden`, look at the difference and commit it"
_SOURCES = Path(owl.db.__file__).resolve().parent
_NO_VERBS = ("catalogue", "connect", "engine", "migrate")
_SENDS = ("execute", "exec_driver_sql")
# What SQL Server never gets: functions that send it something else.
_ELSEWHERE = {("dpq", "lanes", "exec_driver_sql"), ("dpq", "_count_on", "execute")}

Place = tuple[str, int]


class Recorder:
    """A connection that keeps every statement as T-SQL, and where in `owl.db` it was sent."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self.connection = connection
        self.dialect = dialect
        self.statements: list[str] = []
        self.places: set[Place] = set()

    def execute(self, clause: Any, parameters: Any = None) -> Any:
        """Keep a statement, then carry it out."""
        many = isinstance(parameters, list)
        keys = list((parameters[0] if many else parameters) or ())
        compiled = clause.compile(dialect=self.dialect, column_keys=keys or None, for_executemany=many)
        self._keep(str(compiled))
        return self.connection.execute(clause, parameters)

    def exec_driver_sql(self, text: str, parameters: Any = None) -> Any:
        """Keep a text, then carry it out."""
        self._keep(text)
        return self.connection.exec_driver_sql(text, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def _keep(self, text: str) -> None:
        lines = (line.strip() for line in re.sub(r"__\[POSTCOMPILE_\w+\]", "...", text).splitlines())
        self.statements.append("\n".join(line for line in lines if line))
        frame = sys._getframe(2)
        while frame.f_back is not None and Path(frame.f_code.co_filename).parent != _SOURCES:
            frame = frame.f_back
        self.places.add((Path(frame.f_code.co_filename).name, frame.f_lineno))


class Recorded:
    """What all verbs send: by module and verb, and where each statement stands in the code."""

    def __init__(self, directory: Path) -> None:
        self.statements: dict[str, dict[str, set[str]]] = {}
        self.places: set[Place] = set()
        self._database = Database(f"sqlite:///{migrated_sqlite(directory)}")
        self._dialect = dialect()
        self._database.write(stories.prepare)
        for module, name, verb in verbs():
            for given in _calls(module, name, verb):
                self._call(module, name, verb, given)
        for module, name, story in stories.STORIES:
            self._call(module, name, story, {})
        self._database.close()

    def _call(self, module: str, name: str, verb: Callable[..., Any], given: Mapping[str, Any]) -> None:
        """Call a verb and take back what it did."""
        with self._database.engine.connect() as connection, connection.begin() as transaction:
            recorder = Recorder(connection, self._dialect)
            try:
                result = verb(cast(Connection, recorder), **given)
                if inspect.isgenerator(result):
                    list(result)
            except (OwlError, IntegrityError):  # such as NotFound: it was sent all the same
                pass
            except Exception as error:
                error.add_note(f"calling owl.db.{module}.{name} with {given}: see tests/golden/stories.py")
                raise
            transaction.rollback()
        self.statements.setdefault(module, {}).setdefault(name, set()).update(recorder.statements)
        self.places |= recorder.places


def dialect() -> Dialect:
    """SQL Server 2022's dialect, as OWL sets it up, without its driver."""
    made = connect.dialect_of("mssql+pyodbc")
    made.server_version_info = (16, 0, 4000)
    made._setup_version_attributes()  # type: ignore[attr-defined]  # what SQLAlchemy does when it has connected
    return made


def verbs() -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Module, name and function of every public verb."""
    for module in modules():
        found = importlib.import_module(f"owl.db.{module}")
        for name, function in sorted(vars(found).items()):
            if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != found.__name__:
                continue
            parameters = list(inspect.signature(function).parameters.values())
            if parameters and parameters[0].annotation in ("Connection", Connection):
                yield module, name, function


def modules() -> list[str]:
    """The modules that may send statements."""
    names = (module.name for module in pkgutil.iter_modules([str(_SOURCES)]) if not module.ispkg)
    return sorted(set(names) - set(_NO_VERBS))


def texts(directory: Path) -> dict[str, str]:
    """Every golden file by its name."""
    found = {
        f"{module}.sql": _text(of) for module, of in recorded(directory).statements.items() if any(of.values())
    }
    return {**found, "schema.sql": _schema()}


@cache
def recorded(directory: Path) -> Recorded:
    """What the verbs send; they are called once."""
    return Recorded(directory)


def unreached(places: set[Place]) -> list[str]:
    """Where in `owl.db` a statement is sent that no call has come to."""
    missing = []
    for module in modules():
        path = _SOURCES / f"{module}.py"
        reached = {line for name, line in places if name == path.name}
        for function, method, lines in _sent(ast.parse(path.read_text(encoding="utf-8"))):
            if not reached & set(lines) and (module, function, method) not in _ELSEWHERE:
                missing.append(f"owl/db/{path.name}:{lines.start}")
    return missing


def _sent(tree: ast.Module) -> Iterator[tuple[str, str, range]]:
    """Function, method and lines of every call that sends a statement."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SENDS:
                yield function.name, node.func.attr, range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _calls(module: str, name: str, verb: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    if (module, name) in stories.ONLY_STORIES:
        return
    try:
        yield from arguments.calls(verb)
    except arguments.CannotMake as error:
        error.add_note(f"owl.db.{module}.{name} needs a call of its own in tests/golden/stories.py")
        raise


def _text(of_verbs: Mapping[str, set[str]]) -> str:
    parts = [
        f"-- {verb}\n" + ";\n\n".join(sorted(statements)) + ";"
        for verb, statements in sorted(of_verbs.items())
        if statements
    ]
    return "\n\n".join(parts) + "\n"


def _schema() -> str:
    text = migrate.sql("mssql+pyodbc://")
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
