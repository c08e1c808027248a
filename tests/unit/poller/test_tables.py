"""What a poller's table may say: what is wrong in it is told with its place, and nothing in it reaches Python."""

from __future__ import annotations

import time
from typing import Any

import pytest

from owl.errors import InvalidSetting, NotFound
from owl.intake import EventState
from owl.poller.expressions import Expressions, Match
from owl.poller.interface import Reject
from owl.poller.paths import from_text, to_text
from owl.poller.pattern import Pattern
from owl.poller.table import find_recipe, find_recipes, read_tables
from tests.fixtures.pollers import Arrivals


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"patern": "x"}, "patern: Extra inputs are not permitted"),
        ({"pattern": "../*.dat"}, "give names below the directory"),
        ({"pattern": "/etc/*"}, "give names below the directory"),
        ({"complete": "soon"}, "complete: Input should be 'quiet', 'marker', 'rename' or 'manifest'"),
        ({"complete": "manifest"}, 'is for kind = "manifest"'),
        ({"complete": "marker", "marker": "done"}, "it must hold {name} or {stem}"),
        ({"complete": "marker", "marker": "../{name}"}, "it is a name, beside the file"),
        ({"quiet": 0}, "quiet: Input should be greater than or equal to"),
        ({"afterwards": "move"}, "destination: move and archive need it"),
        ({"destination": "x"}, "destination: move and archive need it"),
        ({"afterwards": "move", "destination": "inbox"}, "it can't be the directory that is looked at"),
        (
            {"afterwards": "move", "destination": "inbox/done", "pattern": "**/*.dat"},
            "would find there what was put there",
        ),
        ({"quarantine": "inbox/bad", "pattern": "**/*.dat"}, "would find there what was put there"),
        ({"kind": "fitz"}, "kind: there is no 'fitz'; did you mean fits?"),
        ({"options": {"x": 1}}, "options: there is no 'x'; there are: none"),
        ({"kind": "manifest", "options": {"max_files": "many"}}, "max_files = 'many' must be of type int"),
        ({"match": "(unclosed"}, "match = '(unclosed': missing )"),
        ({"dataset": "{{ stem"}, "dataset: '{{ stem': unexpected end of template"),
        ({"dataset": "{% for x in y %}{% endfor %}"}, "dataset: {% … %} isn't there"),
        ({"dataset": "{{ stem | nonsense }}"}, "No filter named 'nonsense'"),
        ({"workflow": ""}, "workflow: String should have at least 1 character"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(arrivals: Arrivals, given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidSetting) as error:
        arrivals.recipe(**given)
    assert says in str(error.value)
    assert str(error.value).startswith(f"{arrivals.folder / 'p.toml'}: [poller.p] ")


@pytest.mark.parametrize("given", [{"pattern": "*.dat"}, {"pattern": "*/*.dat"}, {"destination": "inbox/.done"}])
def test_what_is_put_below_the_directory_where_no_pattern_finds_it_is_good(
    arrivals: Arrivals, given: dict[str, Any]
) -> None:
    arrivals.recipe(**{"afterwards": "move", "destination": "inbox/done", "pattern": "**/*.dat", **given})


@pytest.mark.parametrize("text", ["", "x = 1", "[poller]\n", "[poller.a\n", "[other.a]\nx = 1\n", "\x00"])
def test_a_file_without_tables_is_no_file_of_pollers(arrivals: Arrivals, text: str) -> None:
    path = arrivals.folder / "bad.toml"
    path.write_text(text)
    with pytest.raises(InvalidSetting, match=r"bad\.toml: "):
        read_tables(path)


def test_paths_are_relative_to_the_tables_own_file(arrivals: Arrivals) -> None:
    table = arrivals.recipe(directory="x/../inbox", afterwards="move", destination="../done").table
    assert (table.directory, table.destination) == (arrivals.inbox, arrivals.folder.parent / "done")


def test_a_name_is_one_poller(arrivals: Arrivals) -> None:
    for file in ("one", "two"):
        (arrivals.folder / f"{file}.toml").write_text(arrivals.toml("same"))
    with pytest.raises(InvalidSetting, match=r"two\.toml: there is a poller same in .*one\.toml already"):
        find_recipes(arrivals.folder)


def test_a_table_that_is_wrong_does_not_keep_another_from_working(arrivals: Arrivals) -> None:
    (arrivals.folder / "a.toml").write_text("nonsense")
    (arrivals.folder / "b.toml").write_text(arrivals.toml("good"))
    assert find_recipe(arrivals.folder, "good").table.name == "good"
    with pytest.raises(NotFound, match=r"there is no poller missing .*; .*a\.toml"):
        find_recipe(arrivals.folder, "missing")


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ name.__init__.__globals__ }}",
        "{{ self.__init__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__ }}",
        "{{ range(10 ** 9) }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 2 ** 10000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ name.format(name) }}",
        "{{ name.ljust(1000000000) }}",
        "{{ name.encode() }}",
        "{{ (name | replace('a', name)) | replace('', 'xxxxxxxxx') }}",
        "{{ message.pop('a') }}",
        "{{ message.update({}) }}",
        "{{ when.__class__ }}",
        "{{ missing }}",
    ],
)
def test_expressions_cannot_reach_python_nor_the_memorys_end(text: str) -> None:
    variables = {"name": "abc", "message": {"a": 1}}
    began = time.monotonic()
    with pytest.raises((Reject, InvalidSetting)):
        Expressions().compile("dataset", text).value(variables)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{{ header.INSTRUME | lower }}_{{ header['EXP-NO'] + 1 }}", "owlcam_8"),
        ("{{ 100 if header.MODE == 'FAST' else 50 }}", "100"),
        ("{{ header.NONE | default('x') }}", "x"),
        ("{{ name.removesuffix('.dat').split('_')[0] }}", "a"),
        ("{{ 3 * 4 }}", "12"),
        ("{{ message.list | join(',') }}", "a,b"),
    ],
)
def test_what_expressions_are_for(text: str, value: str) -> None:
    header = {"INSTRUME": "OWLCAM", "EXP-NO": 7, "MODE": "FAST"}
    variables = {"name": "a_b.dat", "header": header, "message": {"list": ["a", "b"]}}
    assert Expressions().compile("dataset", text).value(variables) == value


def test_a_regular_expression_that_backtracks_for_ever_ends_after_a_second() -> None:
    match = Match("match", r"(a|aa)+")
    began = time.monotonic()
    with pytest.raises(Reject, match="takes longer than 1 s"):
        match.groupdict("a" * 60 + "!")
    assert time.monotonic() - began < 60


def test_such_a_file_is_rejected_and_the_next_one_is_taken(arrivals: Arrivals) -> None:
    arrivals.put("a" * 60 + "!.dat")
    arrivals.put("aaa.dat")
    arrivals.look(arrivals.poller(match=r"(?P<dataset>(a|aa)+)\.dat"))
    assert arrivals.datasets() == ["aaa"]
    (event,) = arrivals.events(EventState.QUARANTINED)
    assert "takes longer than 1 s" in event.reason


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.fits", ["a.fits", "a b\n.fits"], [".a.fits", "a.fits.part", "sub/a.fits"]),
        ("*/manifest.txt", ["d/manifest.txt"], ["manifest.txt", "a/b/manifest.txt", ".d/manifest.txt"]),
        ("**/*.fits", ["a.fits", "a/b/c.fits"], ["a/.b/c.fits", "a/b"]),
        ("raw/**/x_?.[ab]", ["raw/x_1.a", "raw/1/2/x_2.b"], ["raw/x_12.a", "x_1.a", "raw/x_1.c"]),
        (".hidden*", [".hidden1"], ["hidden"]),
    ],
)
def test_patterns(pattern: str, yes: list[str], no: list[str]) -> None:
    made = Pattern(pattern)
    assert [name for name in [*yes, *no] if made.match(name)] == yes
    for name in yes:
        folders = name.split("/")[:-1]
        assert all(made.leads_into("/".join(folders[: depth + 1])) for depth in range(len(folders)))
    assert not made.leads_into("never/there/x") or "**" in pattern


@pytest.mark.parametrize(
    "path", ["/a/b", "/a b", "/\n", "/\\x41", "/\udcff\udcfe", "/ü", "/\u202e", "/\\\\", "/\x7f"]
)
def test_every_path_has_one_text_and_comes_back_from_it(path: str) -> None:
    assert to_text(path).isprintable()
    assert from_text(to_text(path)) == path
