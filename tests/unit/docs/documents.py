"""The documents as tests see them: their files, fenced blocks, links and command lines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
GENERATED = ("reference/cli.md",)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_SUBSTITUTED = re.compile(r"\$\((owl [^)]*)\)")
_ENDS = frozenset({"|", "||", "&&", ";", ">", "2>"})


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str


def documents() -> list[Path]:
    """Every document of the project."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def name(path: Path) -> str:
    """A document's name in a message."""
    return str(path.relative_to(ROOT))


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a document."""
    return [Block(language=found[0], text=found[1]) for found in _FENCE.findall(_text(path))]


def links(path: Path) -> list[str]:
    """Where a document's links lead, those to other sites left out."""
    prose = _FENCE.sub("", _text(path))
    return [target for target in _LINK.findall(prose) if not target.startswith(("http://", "https://"))]


def inline_code(path: Path) -> list[str]:
    """What stands in backquotes in a document's prose, each on one line."""
    prose = _FENCE.sub("", _text(path))
    return [" ".join(code.split()) for code in _INLINE.findall(prose)]


def command_lines(path: Path) -> list[list[str]]:
    """The `owl …` command lines of a document's fenced blocks, as words without the first."""
    found = []
    for block in blocks(path):
        if block.language in ("", "sh"):
            found += [words[1:] for words in _commands(block.text)]
    return found


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as Markdown's renderers make them."""
    prose = _FENCE.sub("", _text(path))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _commands(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        for inner in _SUBSTITUTED.findall(line):
            yield shlex.split(inner)
        if line.startswith("owl "):
            yield _first_command(shlex.split(line, comments=True))


def _first_command(words: list[str]) -> list[str]:
    end = next((at for at, word in enumerate(words) if word in _ENDS), len(words))
    return words[:end]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
