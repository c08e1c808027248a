"""`[poller.NAME]`: what an operator writes down of a poller, checked where it is read."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from owl.errors import InvalidSetting, NotFound, OwlError
from owl.intake import Remake
from owl.poller.expressions import Expression, Expressions, Match
from owl.poller.interface import Kind
from owl.poller.kinds import make_kind
from owl.poller.pattern import Pattern
from owl.workflow.values import check_name

_FORMS = ("{name}", "{stem}")
_KEPT = "poller"


class Complete(StrEnum):
    """When a file counts as complete."""

    QUIET = "quiet"  # unchanged for `quiet` seconds
    MARKER = "marker"  # a file named `marker` is beside it
    RENAME = "rename"  # as soon as it is there: it was renamed into place
    MANIFEST = "manifest"  # kind manifest: as soon as it reads, and everything that it lists is there


class Afterwards(StrEnum):
    """What happens to a file when its requests are in the DPQ."""

    LEAVE = "leave"
    MOVE = "move"  # to the same path below `destination`
    ARCHIVE = "archive"  # to <destination>/<year>/<day of year>/
    DELETE = "delete"


class Rejects(StrEnum):
    """What happens to a file that no request can be made of."""

    QUARANTINE = "quarantine"
    LEAVE = "leave"


class AssociationTable(BaseModel):
    """`[poller.NAME.association]`: what a file becomes is asked for when the members that it names are done.

    `members` gives their names with commas between them; `member_match` what of each name is the dataset.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    members: Annotated[str, Field(min_length=1)]
    member_match: str = ""
    member_workflow: Annotated[str, Field(min_length=1)]
    member_parameter: str = "members"
    within: Annotated[float, Field(gt=0, le=1e9)] | None = None
    at_least: Annotated[int, Field(ge=1, le=10_000)] = 1
    remake: Remake = Remake.LATE


class PollerTable(BaseModel):
    """One poller, as its table says. Paths are absolute; times are in seconds, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    name: str
    kind: str = "file"
    directory: Path
    pattern: str
    complete: Complete = Complete.QUIET
    quiet: Annotated[float, Field(ge=0.05, le=86_400)] = 5.0
    marker: str = "{name}.done"
    patience: Annotated[float, Field(ge=1, le=1e9)] = 86_400.0
    match: str = ""
    dataset: str = ""
    workflow: Annotated[str, Field(min_length=1)]
    priority: int | str = 0
    campaign: str = ""
    parameters: dict[str, str | int | float | bool] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)
    association: AssociationTable | None = None
    afterwards: Afterwards = Afterwards.LEAVE
    destination: Path | None = None
    rejects: Rejects = Rejects.QUARANTINE
    quarantine: Path | None = None
    scan_period: Annotated[float, Field(ge=0.1, le=86_400)] = 60.0
    file_events: bool = True
    empty: bool = False
    hash_bytes: Annotated[int, Field(ge=2**20, le=2**50)] = 2**28
    max_entries: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000
    skip_waiting: bool = False

    @field_validator("directory", "destination", "quarantine")
    @classmethod
    def _absolute(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        base = (info.context or {}).get("base", Path("/"))
        return None if value is None else Path(os.path.normpath(base / value.expanduser()))

    @model_validator(mode="after")
    def _together(self) -> PollerTable:
        if self.complete is Complete.MARKER and not any(form in self.marker for form in _FORMS):
            raise ValueError("marker: it must hold {name} or {stem}, as in {name}.done")
        if "/" in self.marker:
            raise ValueError("marker: it is a name, beside the file")
        if self.complete is Complete.MANIFEST and self.kind != "manifest":
            raise ValueError('complete = "manifest" is for kind = "manifest"')
        if (self.destination is None) == (self.afterwards in (Afterwards.MOVE, Afterwards.ARCHIVE)):
            raise ValueError("destination: move and archive need it, leave and delete have none")
        for other in (self.destination, self.quarantine):
            if other is not None and other == self.directory:
                raise ValueError(f"{other}: it can't be the directory that is looked at")
        return self


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A poller's table, ready to be used: everything in it is compiled."""

    table: PollerTable
    file: Path
    kind: Kind
    pattern: Pattern
    match: Match | None
    dataset: Expression
    workflow: Expression
    priority: Expression
    campaign: Expression
    parameters: Mapping[str, Expression | int | float | bool]
    members: Expression | None = None
    member_match: Match | None = None


def read_tables(path: Path) -> dict[str, Recipe]:
    """The pollers of one TOML file, by name.

    Raises:
        InvalidSetting: the file can't be read, or a table in it isn't as it must be; with its place.
    """
    try:
        whole = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSetting(f"{path}: can't be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{path}: not valid TOML: {error}") from error
    tables = whole.get(_KEPT)
    if set(whole) != {_KEPT} or not isinstance(tables, dict) or not tables:
        raise InvalidSetting(f"{path}: it must hold tables [poller.NAME], and nothing else")
    return {name: _recipe(path, name, given) for name, given in tables.items()}


def find_recipes(folder: Path) -> dict[str, Recipe]:
    """Every poller of a directory's `*.toml` files, by name; of none where there is no such directory.

    Raises:
        InvalidSetting: a table isn't as it must be, or two have one name.
    """
    found: dict[str, Recipe] = {}
    for path in sorted(folder.glob("*.toml")):
        for name, recipe in read_tables(path).items():
            if name in found:
                raise InvalidSetting(f"{path}: there is a poller {name} in {found[name].file} already")
            found[name] = recipe
    return found


def find_recipe(folder: Path, name: str) -> Recipe:
    """One poller's recipe; a table that is wrong and another's doesn't keep it from working.

    Raises:
        NotFound: there is none of that name.
        InvalidSetting: its table isn't as it must be.
    """
    trouble: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8")).get(_KEPT)
        except (OSError, ValueError) as error:
            trouble.append(f"{path}: {error}")
            continue
        if isinstance(tables, dict) and name in tables:
            return _recipe(path, name, tables[name])
    also = f"; {trouble[0]}" if trouble else ""
    raise NotFound(f"there is no poller {name} in {folder}/*.toml; `owl poller list` shows those there are{also}")


def _recipe(path: Path, name: str, given: Any) -> Recipe:
    place = f"{path}: [poller.{name}]"
    try:
        check_name("poller", name, 60)
        if not isinstance(given, dict):
            raise InvalidSetting("it must be a table")
        table = PollerTable.model_validate({"name": name, **given}, context={"base": path.resolve().parent})
        return _compile(table, path)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidSetting(f"{place} {where}{': ' if where else ''}{first['msg']}") from error
    except OwlError as error:
        raise InvalidSetting(f"{place} {error}") from error


def _compile(table: PollerTable, path: Path) -> Recipe:
    expressions, pattern = Expressions(), Pattern(table.pattern)
    within = [one for one in (table.destination, table.quarantine) if one and one.is_relative_to(table.directory)]
    for other in within:
        if pattern.finds_again(str(other.relative_to(table.directory))):
            raise InvalidSetting(f"{other}: pattern = {table.pattern!r} would find there what was put there")
    match = Match("match", table.match) if table.match else None
    dataset = table.dataset or ("{{ dataset }}" if match and "dataset" in match.groups else "{{ stem }}")
    return Recipe(
        table=table,
        file=path,
        kind=make_kind(table.kind, table.options),
        pattern=pattern,
        match=match,
        dataset=expressions.compile("dataset", dataset),
        workflow=expressions.compile("workflow", table.workflow),
        priority=expressions.compile("priority", str(table.priority)),
        campaign=expressions.compile("campaign", table.campaign),
        parameters={
            name: expressions.compile(f"parameters.{name}", value) if isinstance(value, str) else value
            for name, value in table.parameters.items()
        },
        members=expressions.compile("association.members", table.association.members)
        if table.association
        else None,
        member_match=_member_match(table.association),
    )


def _member_match(table: AssociationTable | None) -> Match | None:
    if table is None or not table.member_match:
        return None
    match = Match("association.member_match", table.member_match)
    if "dataset" not in match.groups:
        raise InvalidSetting("association.member_match: it has no group (?P<dataset>…)")
    return match
