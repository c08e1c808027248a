"""The API's endpoints as plain annotated functions: routes, checks and the OpenAPI description follow from them."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from pydantic import TypeAdapter, ValidationError

from owl.errors import InvalidSetting
from owl.ops import Role, View
from webgui.login import needs
from webgui.tables import Table

Call = Callable[..., Any]
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One operation. `path` is written as OpenAPI does: `/runs/{run_id}`."""

    method: str
    path: str
    call: Call
    role: Role
    tag: str
    table: Table | None
    parameters: Mapping[str, inspect.Parameter]
    types: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The operation's id, and its Flask endpoint's."""
        return self.call.__name__

    @property
    def in_path(self) -> list[str]:
        """The parameters that stand in the path."""
        return [name for name in self.parameters if f"{{{name}}}" in self.path]

    @property
    def in_query(self) -> list[str]:
        """The parameters of the query string, but for those of a table."""
        return [name for name in self.parameters if name not in (*self.in_path, "body", "view")]

    @property
    def returns(self) -> Any:
        """What it answers."""
        return self.types["return"]


class Registry:
    """Collects endpoints and puts them onto a blueprint."""

    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []

    def get(
        self, path: str, *, tag: str, role: Role = Role.VIEWER, table: Table | None = None
    ) -> Callable[[Call], Call]:
        """A reading endpoint."""
        return self._add("GET", path, tag, role, table)

    def post(
        self, path: str, *, tag: str, role: Role = Role.OPERATOR, table: Table | None = None
    ) -> Callable[[Call], Call]:
        """An endpoint that changes something."""
        return self._add("POST", path, tag, role, table)

    def put(self, path: str, *, tag: str, role: Role = Role.OPERATOR) -> Callable[[Call], Call]:
        """An endpoint that replaces something."""
        return self._add("PUT", path, tag, role, None)

    def delete(self, path: str, *, tag: str, role: Role = Role.OPERATOR) -> Callable[[Call], Call]:
        """An endpoint that takes something away."""
        return self._add("DELETE", path, tag, role, None)

    def register(self, blueprint: Blueprint) -> None:
        """Give every endpoint its route."""
        for one in self.endpoints:
            rule = one.path
            for name in one.in_path:
                kind = "int" if one.types[name] is int else "path" if name == "job" else "string"
                rule = rule.replace(f"{{{name}}}", f"<{kind}:{name}>")
            blueprint.add_url_rule(rule, one.name, _view(one), methods=[one.method])

    def _add(self, method: str, path: str, tag: str, role: Role, table: Table | None) -> Callable[[Call], Call]:
        def keep(call: Call) -> Call:
            parameters = inspect.signature(call).parameters
            types = typing.get_type_hints(call)
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    call=call,
                    role=role,
                    tag=tag,
                    table=table,
                    parameters=parameters,
                    types=types,
                )
            )
            return call

        return keep


@functools.cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """pydantic's reading, writing and describing of a type; made once, since making it takes milliseconds."""
    return TypeAdapter(kind)


def answer(kind: Any, value: Any, status: int = 200) -> Response:
    """A value as JSON; a client that has the same already is told so by its ETag."""
    response = Response(adapter(kind).dump_json(value), status=status, mimetype="application/json")
    if request.method == "GET":
        response.add_etag(weak=True)
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request)
    return response


def _view(one: Endpoint) -> Callable[..., Response]:
    @needs(one.role)
    def view(**in_path: Any) -> Response:
        given = {**in_path, **_query(one)}
        if "view" in one.parameters and one.table is not None:
            given["view"] = one.table.view(request.args)
        if "body" in one.parameters:
            given["body"] = _read(one.types["body"], request.get_data(), "the request's body")
        found = one.call(**given)
        return found if isinstance(found, Response) else answer(one.returns, found)

    return view


def _query(one: Endpoint) -> dict[str, Any]:
    if "view" not in one.parameters:
        for name in request.args:
            if name not in one.in_query:
                raise InvalidSetting(
                    f"there is no parameter {name!r} here; there are: {', '.join(one.in_query) or 'none'}"
                )
    given = {}
    for name in one.in_query:
        default = one.parameters[name].default
        if name in request.args:
            given[name] = _check(one.types[name], request.args[name], name)
        elif default is inspect.Parameter.empty:
            raise InvalidSetting(f"the parameter {name} is missing")
    return given


def _check(kind: Any, text: str, what: str) -> Any:
    try:
        return adapter(kind).validate_strings(text)
    except ValidationError as error:
        raise InvalidSetting(_words(error, what)) from None


def _read(kind: Any, text: bytes, what: str) -> Any:
    try:
        # A misspelt word must not be passed over: a rescue would begin elsewhere than it was told.
        return adapter(kind).validate_json(text, extra="forbid")
    except ValidationError as error:
        raise InvalidSetting(_words(error, what)) from None


def _words(error: ValidationError, what: str) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{what}{f': {where}' if where else ''}: {first['msg']}"[:_LONGEST_MESSAGE]


__all__ = ["Endpoint", "Registry", "View", "adapter", "answer"]
