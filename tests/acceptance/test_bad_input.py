"""What people give wrong: each time one clear line, the right exit code, nothing queued, nothing submitted."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from owl.model import EntryState
from tests.fixtures.site import Site, wait_for

HOSTILE_NAMES = {
    "newline": "ds1\nqueue 100",
    "double quote": 'ds"1',
    "single quote": "ds'1",
    "dollar": "ds$(HOME)",
    "slash": "../../etc/passwd",
    "leading dot": ".ds1",
    "too long": "d" * 201,
    "empty": "",
    "space": "ds 1",
    "escape": "ds\x1b[2J",
    "not ASCII": "dså1",
}


@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
def test_a_hostile_dataset_name_is_refused(desk: Site, name: str) -> None:
    line = desk.refused("dpq", "add", "--", name, "pair")
    assert line.startswith("owl: the dataset name")
    assert line.isprintable()
    assert desk.ops.entries() == []


def test_the_longest_name_is_taken(desk: Site) -> None:
    desk.owl("dpq", "add", "d" * 200, "pair")


def test_an_unknown_workflow_is_refused_with_the_nearest_name(desk: Site) -> None:
    assert "did you mean pair?" in desk.refused("dpq", "add", "ds1", "piar")


@pytest.mark.parametrize("name", ["../pair", "/etc", "pa ir"])
def test_a_workflow_name_that_is_a_path_is_refused(desk: Site, name: str) -> None:
    assert "the workflow name" in desk.refused("dpq", "add", "ds1", name)


@pytest.mark.parametrize("priority", ["high", "1.5", "1e3", "99999999999999999999"])
def test_a_priority_that_is_no_integer_in_range_is_refused(desk: Site, priority: str) -> None:
    assert "priority" in desk.refused("dpq", "add", "ds1", "pair", "--priority", priority)


@pytest.mark.parametrize("value", ["a\nb", 'a"b', "a'b", "a$b", "a\\b", "a`b", "a --force", "x" * 5000])
def test_a_parameter_that_can_not_be_quoted_is_refused(desk: Site, value: str) -> None:
    assert "the parameter key" in desk.refused("dpq", "add", "ds1", "gate", "--param", f"key={value}")


def test_a_parameter_that_the_workflow_lacks_or_needs_is_told(desk: Site) -> None:
    assert "has no parameter 'colour'" in desk.refused("dpq", "add", "ds1", "gate", "--param", "colour=red")
    assert "needs the parameter key" in desk.refused("dpq", "add", "ds1", "gate")
    assert "name=value" in desk.refused("dpq", "add", "ds1", "gate", "--param", "key")


def test_the_same_request_twice_is_refused_with_the_number_of_the_first(desk: Site) -> None:
    desk.owl("dpq", "add", "ds1", "pair")
    assert "already as DPQ entry 1; --again" in desk.refused("dpq", "add", "ds1", "pair")
    desk.owl("dpq", "add", "ds1", "pair", "--again")
    assert [entry.id for entry in desk.ops.entries()] == [1, 2]


def test_numbers_that_are_not_there_are_told(desk: Site) -> None:
    for command in (("show",), ("update", "--priority", "1"), ("delete",)):
        assert "there is no DPQ entry 42" in desk.refused("dpq", *command, "42")
    assert "there is no run of the dataset 'ds9'" in desk.refused("show", "ds9")
    assert "there is no run or dataset 'ds9'" in desk.refused("rescue", "ds9")


def test_an_entry_that_waits_no_more_can_not_be_changed(desk: Site) -> None:
    desk.owl("dpq", "add", "ds1", "pair")
    desk.owl("dpq", "delete", "1")
    assert "it is Removed" in desk.refused("dpq", "update", "1", "--priority", "3")
    assert "it is Removed" in desk.refused("dpq", "delete", "1")


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("postgresql+psycopg://me:secret@127.0.0.1:1/owl", 1, "can't be used"),
        ("sqlite:////nowhere/at/all/owl.db", 1, "unable to open database file"),
        ("nonsense", 2, "can't be read as a URL"),
        ("granite://me:secret@host/owl", 2, "knows no database 'granite'"),
    ],
)
def test_a_database_url_that_leads_nowhere_is_told_without_its_password(
    desk: Site, url: str, code: int, words: str
) -> None:
    desk.environment |= {"OWL_DATABASE_URL": url, "OWL_DATABASE_PATIENCE": "0.2"}
    for command in (("status",), ("dpq", "list"), ("db", "upgrade")):
        line = desk.refused(*command, code=code)
        assert words in line
        assert "secret" not in line
    told = desk.owl("shoveler", "run", code=code).stderr
    assert words in told.splitlines()[-1]
    assert "secret" not in told


def test_a_database_without_tables_is_told_with_the_remedy(desk: Site) -> None:
    empty = desk.folder / "empty.db"
    desk.environment["OWL_DATABASE_URL"] = f"sqlite:///{empty}"
    assert "run `owl db upgrade`" in desk.refused("dpq", "list", code=1)
    assert "run `owl db upgrade`" in desk.refused("owld", "run", code=1)


def test_a_wrong_setting_is_told_with_its_place(desk: Site) -> None:
    config = desk.folder / "owl.toml"
    good = config.read_text(encoding="utf-8")
    for line, words in (
        ("shovel_size = 'big'", "shovel_size must be a whole number"),
        ("shovel_sise = 3", "no setting 'shovel_sise'"),
        ("shovel_size = 0", "out of range"),
        ("shovel_size = ", "not valid TOML"),
    ):
        config.write_text(good + line + "\n", encoding="utf-8")
        told = desk.refused("status")
        assert words in told
        assert str(config) in told


def test_debug_shows_where_it_failed(desk: Site) -> None:
    result = desk.owl("--debug", "show", "ds9", code=1)
    assert "Traceback" in result.stderr


def test_rendering_shows_every_file_and_submits_nothing(desk: Site) -> None:
    shown = desk.owl("render", "pair", "ds1").stdout
    assert "==> pair_ds1.dag" in shown
    assert '+InputDataset = "ds1"' in shown
    assert not desk.work_root.exists()


def test_a_broken_template_is_told_by_render_with_file_and_line(desk: Site) -> None:
    assert "undefined/second.job:1: 'program' is undefined" in desk.refused("render", "undefined", "ds1")


@pytest.mark.pool
def test_a_second_shoveler_or_owld_is_refused(site: Site) -> None:
    for daemon in ("shoveler", "owld"):
        first = site.start(daemon, "run")
        wait_for(partial(_is_up, site, daemon), f"{daemon} is up")
        line = site.refused(daemon, "run")
        assert f"{daemon} runs here already (pid {first.pid}" in line


@pytest.mark.pool
def test_a_read_only_work_root_loses_nothing_and_is_told(site: Site) -> None:
    site.work_root.mkdir()
    site.work_root.chmod(0o555)
    number = site.ops.add("ds1", "pair", requested_by="tester")
    site.start_daemons()
    wait_for(lambda: "can't be written" in (site.ops.entry(number).error or ""), "the entry tells why it waits")
    assert site.ops.entry(number).state is EntryState.CLAIMED
    site.work_root.chmod(0o755)
    (entry,) = site.ended([number])
    assert entry.state is EntryState.DONE


@pytest.mark.pool
@pytest.mark.skipif(shutil.which("unshare") is None, reason="a file system of its own needs util-linux's unshare")
def test_a_full_work_root_loses_nothing_and_is_told(site: Site) -> None:
    site.work_root.mkdir()
    number = site.ops.add("ds1", "pair", requested_by="tester")
    full = site.start("shoveler", "run", wrapper=_on_a_small_disk(site.work_root))
    wait_for(lambda: "No space left" in (site.ops.entry(number).error or ""), "the entry tells why it waits")
    full.terminate()
    full.wait()
    site.start_daemons()
    (entry,) = site.ended([number])
    assert entry.state is EntryState.DONE
    assert entry.error is None


def _is_up(site: Site, daemon: str) -> bool:
    return any(one.name == daemon for one in site.ops.status().daemons)


def _on_a_small_disk(place: Path) -> list[str]:
    """A command prefix: what follows sees a file system of one page at `place`, nobody else does."""
    user, group = os.getuid(), os.getgid()
    back = f'exec unshare -U --map-user={user} --map-group={group} -- "$@"'
    inside = f"mount -t tmpfs -o size=4k,mode=777 tmpfs '{place}' && {back}"
    return ["unshare", "-r", "-m", "sh", "-c", inside, "sh"]
