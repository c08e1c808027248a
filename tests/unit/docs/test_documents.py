"""What the documents say to type exists, and their links lead somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from owl import config
from owl.cli import main as command_line
from tests.unit.docs import documents as docs

ALL = pytest.mark.parametrize("path", docs.documents(), ids=docs.name)
BY_HAND = pytest.mark.parametrize(
    "path", [path for path in docs.documents() if not docs.name(path).endswith(docs.GENERATED)], ids=docs.name
)
FORBIDDEN = re.compile(
    r"pypi\.org|pythonhosted|npmjs|deb\.debian|security\.debian|archive\.ubuntu|crates\.io|golang\.org"
    r"|/(?:work|tmp)/\w|/(?:root|home)/"
)
SOURCES = ("owl/**/*.py", "tests/**/*.py", "hooks/*", "condor_config.d/*", "Makefile", ".ci/*")


@ALL
def test_links_lead_to_files_and_headings_that_exist(path: Path) -> None:
    for target in docs.links(path):
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{docs.name(path)} links to {target}, which isn't there"
        assert not anchor or anchor in docs.anchors(there), f"{docs.name(path)}: no heading {target}"


@BY_HAND
def test_command_lines_parse(path: Path) -> None:
    for words in docs.command_lines(path):
        try:
            _parse(words)
        except click.ClickException as error:
            pytest.fail(f"{docs.name(path)}: owl {' '.join(words)}: {error.format_message()}")


def test_command_lines_are_found() -> None:
    found = [words for path in docs.documents() for words in docs.command_lines(path)]
    assert ["jobs", "--failed"] in found
    assert ["drmaa", "path"] in found, "in a substitution"


@pytest.mark.parametrize(
    "words", [["job"], ["jobs", "--faild"], ["dpq", "add", "only_a_dataset"], ["dpq", "shoo"], ["--debag", "jobs"]]
)
def test_a_command_line_that_is_wrong_does_not_parse(words: list[str]) -> None:
    with pytest.raises(click.ClickException):
        _parse(words)


@ALL
def test_commands_named_in_the_text_exist(path: Path) -> None:
    for code in docs.inline_code(path):
        words = code.split()
        if words[:1] == ["owl"]:
            assert _names_a_command(words[1:]), f"{docs.name(path)}: there is no `{code}`"


@ALL
def test_make_targets_exist(path: Path) -> None:
    makefile = (docs.ROOT / "Makefile").read_text(encoding="utf-8")
    there = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    lines = [*docs.inline_code(path), *(line for block in docs.blocks(path) for line in block.text.splitlines())]
    named = {target for line in lines for target in re.findall(r"^(?:[A-Z_]+=\S+ )*make ([a-z-]+)", line)}
    assert named <= there, f"{docs.name(path)}: make has no {named - there}"


@ALL
def test_settings_in_toml_exist(path: Path) -> None:
    for block in docs.blocks(path):
        if block.language == "toml":
            keys = set(tomllib.loads(block.text))
            if keys & set(config.fields()) - {"environment"}:
                assert keys <= set(config.fields()), docs.name(path)


@ALL
def test_variables_exist(path: Path) -> None:
    sources = "".join(
        file.read_text(encoding="utf-8")
        for pattern in SOURCES
        for file in docs.ROOT.glob(pattern)
        if file.is_file()
    )
    settings = {config.PREFIX + name.upper() for name in config.fields()}
    for variable in set(re.findall(r"\bOWL_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8"))) - settings:
        assert variable in sources, f"{docs.name(path)}: nothing reads {variable}"


@ALL
def test_no_registry_and_no_path_of_a_machine(path: Path) -> None:
    found = FORBIDDEN.search(path.read_text(encoding="utf-8"))
    assert found is None, f"{docs.name(path)}: {found.group() if found else ''}"


def test_the_index_leads_to_every_document() -> None:
    index = docs.DOCS / "index.md"
    linked = {(index.parent / target).resolve() for target in docs.links(index)}
    missing = [docs.name(path) for path in sorted(docs.DOCS.rglob("*.md")) if path != index and path not in linked]
    assert not missing


def test_no_two_decisions_have_one_number_and_all_say_what_they_must() -> None:
    records = sorted((docs.DOCS / "adr").glob("*.md"))
    numbers = [path.name[:4] for path in records]
    assert len(set(numbers)) == len(numbers)
    assert all(number.isdigit() for number in numbers)
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]}. "), docs.name(path)
        for heading in ("## Context", "## Decision", "## Consequences"):
            assert heading in text, f"{docs.name(path)} has no {heading}"


def _parse(words: list[str]) -> None:
    """Parse a command line to its end; call nothing."""
    command: click.Command = command_line.owl
    path = ["owl"]
    while isinstance(command, click.Group):
        context = click.Context(command, info_name=" ".join(path))
        _, rest, _ = command.make_parser(context).parse_args(list(words))
        if not rest and command.invoke_without_command:
            break
        word, below, words = command.resolve_command(context, rest)
        assert below is not None, word
        command = below
        path.append(word or "")
    command.make_context(" ".join(path), list(words))


def _names_a_command(words: list[str]) -> bool:
    command: click.Command | None = command_line.owl
    for word in words:
        if not isinstance(command, click.Group):
            return True
        if not re.fullmatch(r"[a-z]+(?:-[a-z]+)*", word):
            return word.startswith("-") or word == "…"
        command = command.get_command(click.Context(command), word)
        if command is None:
            return False
    return True
