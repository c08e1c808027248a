"""The description of the API (OpenAPI 3.1.1), made from the endpoints and the types that they use."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from flask import Response
from pydantic import TypeAdapter

from owl import __version__
from webgui.api.registry import Endpoint, adapter
from webgui.tables import LONGEST_PAGE, Column, Kind, Table

_REFERENCE = "#/components/schemas/{model}"
_FILTERS = {
    Kind.TEXT: "`jw93` begins with it, `=jw93` is it, `*` and `?` match anywhere, `!` negates, `-` is empty",
    Kind.STATE: "states separated by commas; `!` before it negates",
    Kind.TIME: "ISO 8601 in UTC or `-24h`, `-7d`, with `>=`, `<` before it or `a..b`; `-` is empty",
    Kind.DURATION: "seconds: `>=x`, `<x`, `a..b`; `-` is empty",
    Kind.NUMBER: "`x`, `>=x`, `<x`, `a..b`, `!x`; `-` is empty",
}
_PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, where, and what to do: one line for people."},
    },
}


def describe(endpoints: Iterable[Endpoint], prefix: str) -> dict[str, Any]:
    """The whole description as a JSON object."""
    every = list(endpoints)
    schemas, definitions = _schemas(every)
    paths: dict[str, Any] = {}
    for one in every:
        paths.setdefault(prefix + one.path, {})[one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "OWL",
            "version": __version__,
            "description": "Everything that OWL's web GUI shows and does. Times are UTC, durations seconds. "
            "A change needs a token (`Authorization: Bearer …`) or, with a login's cookie, its CSRF token "
            "in `X-CSRFToken`.",
        },
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": _PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "owl_session"},
            },
        },
    }


def _schemas(every: list[Endpoint]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """The schema of each body and answer, and what they refer to, under names that don't clash."""
    wanted: list[tuple[Any, Any, TypeAdapter[Any]]] = []
    for one in every:
        if "body" in one.parameters:
            wanted.append(((one.name, "body"), "validation", adapter(one.types["body"])))
        if one.returns is not Response:
            wanted.append(((one.name, "return"), "serialization", adapter(one.returns)))
    found, shared = TypeAdapter.json_schemas(wanted, ref_template=_REFERENCE)
    return {key[0]: schema for key, schema in found.items()}, shared.get("$defs", {})


def _operation(one: Endpoint, schemas: dict[Any, Any]) -> dict[str, Any]:
    words = inspect.getdoc(one.call) or ""
    summary, _, rest = words.partition("\n\n")
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": " ".join(summary.split()),
        "description": f"{rest}\n\nFor {one.role}s and above.".strip(),
        "parameters": _parameters(one),
        "responses": {
            "200": {"description": "Done", "content": _content(one, schemas)},
            "default": {
                "description": "It can't be done",
                "content": {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(model="Problem")}}},
            },
        },
    }
    if "body" in one.parameters:
        content = {"application/json": {"schema": schemas[one.name, "body"]}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _content(one: Endpoint, schemas: dict[Any, Any]) -> dict[str, Any]:
    if one.returns is Response:
        return {"*/*": {}}
    return {"application/json": {"schema": schemas[one.name, "return"]}}


def _parameters(one: Endpoint) -> list[dict[str, Any]]:
    found = [_parameter(one, name, "path") for name in one.in_path]
    found += [_parameter(one, name, "query") for name in one.in_query]
    return found + (_of_table(one.table) if one.table is not None and "view" in one.parameters else [])


def _parameter(one: Endpoint, name: str, place: str) -> dict[str, Any]:
    default = one.parameters[name].default
    schema = adapter(one.types[name]).json_schema(ref_template=_REFERENCE)
    schema.pop("$defs", None)
    if default not in (inspect.Parameter.empty, None):
        schema["default"] = default
    needed = place == "path" or default is inspect.Parameter.empty
    return {"name": name, "in": place, "required": needed, "schema": schema}


def _of_table(table: Table) -> list[dict[str, Any]]:
    sorts = ", ".join(one.name for one in table.columns if one.sort)
    return [
        _word("q", "Search in the middle of names", {"type": "string"}),
        _word(
            "sort", f"Columns, `-` before one for descending: {sorts}", {"type": "string", "default": table.sort}
        ),
        _word("limit", "Rows", {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": 50}),
        _word("offset", "Rows to pass over", {"type": "integer", "minimum": 0, "default": 0}),
        *(_word(one.name, _filter(one), {"type": "string"}) for one in table.filters()),
    ]


def _word(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": words, "schema": schema}


def _filter(one: Column) -> str:
    some = f" ({', '.join(one.choices)})" if one.choices else ""
    return f"{one.heading.capitalize()}: {_FILTERS.get(one.kind, '')}{some}"
