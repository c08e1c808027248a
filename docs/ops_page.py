"""The reference page of `owl.ops`: calls with their signatures and docstrings, nouns with their fields."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from owl import ops

_PLAIN = re.compile(r"\b(?:collections\.abc|typing|datetime|pathlib|owl\.[\w.]+)\.(?=\w)")


def text(note: str, introduction: str) -> str:
    """The whole page."""
    parts = ["# The interface library `owl.ops`", note, introduction.strip()]
    for place, one in interfaces():
        parts += [f"## {place}", inspect.cleandoc(one.__doc__ or "")]
        parts += [_call(name, call) for name, call in _calls(one)]
    parts += ["## Functions", *(_call(name, one) for name, one in _members(inspect.isfunction))]
    parts += [
        "## Nouns",
        *(_noun(name, one) for name, one in _members(dataclasses.is_dataclass) if not _is_interface(one)),
    ]
    parts += ["## Enumerations", *(_enum(name, one) for name, one in _members(_is_enum))]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def interfaces() -> Iterator[tuple[str, type]]:
    """`ops` itself, and what its properties give that has calls of its own."""
    yield "ops", ops.Operations
    for name, member in vars(ops.Operations).items():
        if isinstance(member, property) and member.fget is not None:
            kind = inspect.get_annotations(
                member.fget, eval_str=True, globals=vars(inspect.getmodule(member.fget))
            )["return"]
            yield f"ops.{name}", kind
    yield "ops.governance(settings)", ops.Governance


def _calls(one: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(one).items():
        if inspect.isfunction(member) and not name.startswith("_"):
            yield name, member


def _call(name: str, call: Any) -> str:
    signature = _PLAIN.sub("", str(inspect.signature(call))).replace("(self, ", "(").replace("(self)", "()")
    signature = re.sub(r"'([^']+)'", r"\1", signature)  # annotations are texts
    signature = re.sub(r"<function \S+ at 0x\w+>", "…", signature)
    words = inspect.cleandoc(call.__doc__ or "")
    return f"### {name}\n\n```\n{name}{signature}\n```\n\n{_markdown(words)}"


def _markdown(words: str) -> str:
    """Google's sections of a docstring as lists."""
    lines: list[str] = []
    for line in words.splitlines():
        if re.fullmatch(r"(Args|Raises|Returns):", line):
            lines.append(f"{line[:-1]}:\n")
        elif line.startswith("    "):
            lines.append(f"- {line.strip()}" if re.match(r"    [\w, `*]+: ", line) else f"  {line.strip()}")
        else:
            lines.append(line)
    return "\n".join(lines)


def _noun(name: str, one: Any) -> str:
    fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(one))
    return f"### {name}\n\n{_markdown(inspect.cleandoc(one.__doc__ or ''))}\n\nFields: {fields}."


def _enum(name: str, one: Any) -> str:
    return (
        f"### {name}\n\n{inspect.cleandoc(one.__doc__ or '')} "
        + ", ".join(f"`{member.value}`" for member in one)
        + "."
    )


def _is_enum(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, Enum)


def _is_interface(one: type) -> bool:
    return one in {kind for _, kind in interfaces()}


def _members(is_wanted: Any) -> Iterator[tuple[str, Any]]:
    for name in sorted(ops.__all__):
        one = getattr(ops, name)
        if is_wanted(one):
            yield name, one
