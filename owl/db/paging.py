"""A page of a table that may hold a million rows: filtered, sorted, counted as far as people care.

A page is found in one of three ways, since no database finds the best one by itself without statistics:

- *seek*: a filter is met by few rows, which its own index finds; they are sorted.
- *states*: states are named (or all of them may be), and an index has each state's rows in the order that is
  asked for; the first rows of each are merged.
- *walk*: along the index that has the order, until enough rows meet the filters.

Only keys are looked for; the rows themselves are read for one page alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    func,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)

from owl.db.constructs import holds, ordered, rare, walked
from owl.db.words import Kind, Words, read
from owl.errors import InvalidFilter

COUNTED = 10_000  # beyond it the answer is "more than"
FEW = 20_000  # rows that are sorted without being felt
MOST_ROWS = 1000
MOST_SORTS = 5
DEEPEST = 10_000_000

Sort = Sequence[tuple[str, bool]]


@dataclass(frozen=True, kw_only=True)
class View:
    """How a table is looked at; `sort` are columns, each with whether the largest comes first."""

    filters: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    sort: Sort = ()
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column that can be filtered by."""

    column: Column[Any]
    kind: Kind
    indexed: bool = False  # an index begins with it
    then: str = ""  # the order in which that index has the rows of one value
    sortable: bool = True


@dataclass(frozen=True, kw_only=True)
class Special:
    """A word that means rows in which the column of `field` isn't empty; `walked` says the same along a walk."""

    field: Field
    walked: Callable[[], ColumnElement[bool]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A table as people look at it.

    Args:
        states: the states that each word (in lower case) names; "all" are all.
        walks: whether an index has all rows in the order of `sort`.
        by_state: the columns that an index on (state, …) sorts by.
        through: filters on another table: what they become on the column of `fields` that they are read with.
        special: words of the state's filter that mean more than states.
    """

    table: Table
    key: Sequence[Column[Any]]
    fields: Mapping[str, Field]
    search: Sequence[Column[Any]]
    sort: Sort
    states: Mapping[str, Sequence[StrEnum]]
    walks: bool = True
    by_state: frozenset[str] = frozenset()
    through: Mapping[str, tuple[str, Callable[[Words], Words]]] = field(default_factory=dict)
    special: Mapping[str, Special] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Found:
    """The keys of one page, and how many rows there are; not `exact`: more than `total`."""

    keys: Sequence[Row[Any]]
    total: int
    exact: bool


@dataclass(frozen=True, kw_only=True)
class Test:
    """A filter on its column; `walked` is what it is along a walk, where that isn't the same on the column."""

    field: Field
    words: Words
    walked: ColumnElement[bool] | None = None

    def strict(self) -> ColumnElement[bool]:
        """The condition, for which an index may be used."""
        return self.words.build(self.field.column)

    def loose(self) -> ColumnElement[bool]:
        """The same, for which SQLite uses none."""
        return self.words.build(walked(self.field.column)) if self.walked is None else self.walked


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A view that has been read: nothing in it is a stranger's any more."""

    source: Source
    tests: Sequence[Test]
    others: Sequence[ColumnElement[bool]]  # what no index serves
    order: Sequence[tuple[Column[Any], bool]]
    first: str  # the column that it is sorted by first
    limit: int
    offset: int

    @property
    def ordering(self) -> list[Any]:
        """What stands behind ORDER BY."""
        return [ordered(column, down=down, nullable=bool(column.nullable)) for column, down in self.order]

    def ordering_of(self, found: Any) -> list[Any]:
        """The same of a subquery that has these columns."""
        return [ordered(found.c[c.key], down=down, nullable=bool(c.nullable)) for c, down in self.order]


def ask(source: Source, view: View, *, now: datetime) -> Asked:
    """Read a view, or `InvalidFilter` with what is wrong in it."""
    if not 1 <= view.limit <= MOST_ROWS or not 0 <= view.offset <= DEEPEST:
        raise InvalidFilter(f"a page has 1 to {MOST_ROWS} rows and begins at 0 to {DEEPEST}")
    tests: list[Test] = []
    others: list[ColumnElement[bool]] = []
    for name, text in view.filters.items():
        word = text.strip().lower()
        if name == "state" and word in source.special:
            tests.append(_special(source.special[word]))
        elif name == "state" and word.removeprefix("!") in source.special:
            others.append(not_(source.special[word.removeprefix("!")].walked()))
        else:
            tests.append(_test(source, name, text, now))
    if view.search.strip():
        others.append(or_(*(holds(column, view.search.strip()[:200]) for column in source.search)))
    sort = view.sort or source.sort
    return Asked(
        source=source,
        tests=tests,
        others=others,
        order=_order(source, sort),
        first=sort[0][0],
        limit=view.limit,
        offset=view.offset,
    )


def _test(source: Source, name: str, text: str, now: datetime) -> Test:
    if name in source.through:
        column, transform = source.through[name]
        return Test(field=source.fields[column], words=transform(read(name, Kind.TEXT, text, now=now)))
    known = source.fields.get(name)
    if known is None:
        there = ", ".join([*source.fields, *source.through])
        raise InvalidFilter(f"there is no column {name!r} to filter by; there are: {there}")
    return Test(field=known, words=read(name, known.kind, text, now=now, states=source.states))


def _special(word: Special) -> Test:
    marked = Words(build=lambda column: column.is_not(None), positive=True, exact=True)
    return Test(field=word.field, words=marked, walked=word.walked())


def page(connection: Connection, asked: Asked) -> Found:
    """The keys of a page in their order, and the count."""
    query, counted = _query(connection, asked)
    if asked.others:  # what no index serves is looked through once, not for the page and for the count
        rows = connection.execute(query.limit(max(COUNTED + 1, asked.offset + asked.limit))).all()
        shown = rows[asked.offset : asked.offset + asked.limit]
        return Found(keys=shown, total=min(len(rows), COUNTED), exact=len(rows) <= COUNTED)
    keys = connection.execute(query.limit(asked.limit).offset(asked.offset)).all()
    if len(keys) < asked.limit and (keys or not asked.offset):
        return Found(keys=keys, total=asked.offset + len(keys), exact=True)
    number = connection.execute(
        select(func.count()).select_from(counted.limit(COUNTED + 1).subquery())
    ).scalar_one()
    return Found(keys=keys, total=min(number, COUNTED), exact=number <= COUNTED)


def matching(connection: Connection, asked: Asked, limit: int) -> Sequence[Row[Any]]:
    """The keys of everything that matches in the order that is asked for, `limit` of them at most."""
    # The ways to a page take no more of each state than the page needs: here the page is all of it.
    query, _ = _query(connection, replace(asked, limit=limit, offset=0))
    return connection.execute(query.limit(limit)).all()


def _query(connection: Connection, asked: Asked) -> tuple[Select[Any], Select[Any]]:
    """The keys in their order, and the same without an order, to be counted."""
    straight = _straight(asked)
    if straight is not None:
        return straight
    seek = _selective(connection, asked)
    if seek is not None:
        conditions = [seek.strict(), *(test.loose() for test in asked.tests if test is not seek), *asked.others]
        return _sorted(asked, conditions), _counted(asked, conditions)
    conditions = [*(test.loose() for test in asked.tests), *asked.others]
    if asked.first in asked.source.by_state and not asked.source.walks:
        states = next((test for test in asked.tests if test.words.values), None)
        loose = [*(test.loose() for test in asked.tests if test is not states), *asked.others]
        strict = [] if states is None else [states.strict()]
        return _merged(asked, states, loose), _counted(asked, [*strict, *loose])
    # A single filter's own index counts what the walk would have to come by.
    alone = [asked.tests[0].strict()] if len(asked.tests) == 1 and not asked.others else conditions
    return select(*asked.source.key).where(*conditions).order_by(*asked.ordering), _counted(asked, alone)


def _straight(asked: Asked) -> tuple[Select[Any], Select[Any]] | None:
    """The queries of one filter alone whose index has its rows in the order that is asked for."""
    if len(asked.tests) != 1 or asked.others:
        return None
    [alone] = asked.tests
    if alone.words.values and asked.first in asked.source.by_state:
        return _merged(asked, alone, []), _counted(asked, [alone.strict()])
    if alone.words.exact and alone.field.then == asked.first:
        query = select(*asked.source.key).where(rare(alone.strict())).order_by(*asked.ordering)
        return query, _counted(asked, [alone.strict()])
    return None


def _counted(asked: Asked, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Rows to be counted: nothing of them is read but what the conditions ask, so that an index is enough."""
    return select(literal_column("1").label("one")).select_from(asked.source.table).where(*conditions)


def _order(source: Source, sort: Sort) -> list[tuple[Column[Any], bool]]:
    if len(sort) > MOST_SORTS:
        raise InvalidFilter(f"rows are sorted by {MOST_SORTS} columns at most")
    order: list[tuple[Column[Any], bool]] = []
    for name, down in sort:
        known = source.fields.get(name)
        if known is None or not known.sortable:
            there = ", ".join(name for name, one in source.fields.items() if one.sortable)
            raise InvalidFilter(f"rows can't be sorted by {name!r}; they can by: {there}")
        order.append((known.column, down))
    # What is the same in all of these goes in the order of its key, in the direction that an index has both in.
    down = order[0][1]
    default = [] if len(order) > 1 else [(source.fields[name].column, down) for name, _ in source.sort]
    for column, _ in [*default, *((column, down) for column in source.key)]:
        if all(column is not other for other, _ in order):
            order.append((column, down))
    return order


def _selective(connection: Connection, asked: Asked) -> Test | None:
    """The filter that the fewest rows meet, if those are few; a filter that gives the order serves better."""
    best: tuple[int, Test] | None = None
    for test in asked.tests:
        if not test.field.indexed or not test.words.positive:
            continue
        rows = select(asked.source.table.c[test.field.column.key]).where(test.strict()).limit(FEW + 1).subquery()
        number = connection.execute(select(func.count()).select_from(rows)).scalar_one()
        if number <= FEW and (best is None or number < best[0]):
            best = (number, test)
    return None if best is None else best[1]


def _sorted(asked: Asked, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Find first, sort then: PostgreSQL might else walk a million rows that don't match."""
    columns = {column.key: column for column in [*asked.source.key, *(column for column, _ in asked.order)]}
    hits = (
        select(*columns.values()).where(*conditions).cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return select(*(hits.c[column.key] for column in asked.source.key)).order_by(*asked.ordering_of(hits))


def _merged(asked: Asked, states: Test | None, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The first rows of each state, merged."""
    column = asked.source.fields["state"].column
    named = states.words.values if states is not None else list(dict.fromkeys(asked.source.states["all"]))
    columns = {one.key: one for one in [*asked.source.key, *(one for one, _ in asked.order)]}
    enough = max(COUNTED + 1, asked.offset + asked.limit) if asked.others else asked.offset + asked.limit
    parts = [
        select(*columns.values())
        .where(and_(rare(column == state), *conditions))
        .order_by(*asked.ordering)
        .limit(enough)
        .subquery()
        for state in named
    ]
    whole = union_all(*(select(part) for part in parts)).subquery("whole")
    return select(*(whole.c[one.key] for one in asked.source.key)).order_by(*asked.ordering_of(whole))
