"""Settings: what wins over what, and each mistake in one line that names its place."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from owl.config import Settings, fields, load_settings
from owl.errors import InvalidSetting


def load(folder: Path, toml: str | bytes = "", environ: dict[str, str] | None = None, **options: Any) -> Settings:
    """Settings from that owl.toml, environment and command line."""
    if toml:
        (folder / "owl.toml").write_bytes(toml if isinstance(toml, bytes) else toml.encode())
    return load_settings(environ or {}, directory=folder, **options)


def test_default_then_file_then_environment_then_command_line(tmp_path: Path) -> None:
    assert load(tmp_path).shovel_size == 25
    assert load(tmp_path, "shovel_size = 2").shovel_size == 2
    assert load(tmp_path, "", {"OWL_SHOVEL_SIZE": "3"}).shovel_size == 3
    assert load(tmp_path, "", {"OWL_SHOVEL_SIZE": "3"}, shovel_size=4).shovel_size == 4
    assert load(tmp_path, "", {"OWL_SHOVEL_SIZE": "3"}, shovel_size=None).shovel_size == 3
    assert load(tmp_path, "", {"OWL_SHOVEL_SIZE": ""}).shovel_size == 2


def test_the_file_that_owl_config_names_wins_and_paths_are_relative_to_it(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.toml").write_text('work_root = "work"\nshovel_size = 7\n')
    found = load(tmp_path, "shovel_size = 2", {"OWL_CONFIG": str(other / "mine.toml")})
    assert found.shovel_size == 7
    assert found.work_root == other / "work"


def test_what_is_not_set_follows_from_the_state_directory(tmp_path: Path) -> None:
    found = load(tmp_path)
    assert found.state_dir == tmp_path / ".owl"
    assert found.database_url == f"sqlite:///{tmp_path / '.owl' / 'owl.db'}"
    assert (found.work_root, found.spool_dir) == (tmp_path / ".owl" / "work", tmp_path / ".owl" / "spool")
    assert load(tmp_path, state_dir=tmp_path / "s").work_root == tmp_path / "s" / "work"


def test_every_kind_of_setting_can_come_from_the_environment_or_the_file(tmp_path: Path) -> None:
    environ = {"OWL_SHOVELER_PERIOD": "0.5", "OWL_LOG_LEVEL": "DEBUG", "OWL_SPOOL_DIR": "/var/spool/owl"}
    found = load(tmp_path, "[environment]\nA = 'x'\n", environ)
    assert (found.shoveler_period, found.log_level, found.spool_dir) == (0.5, "DEBUG", Path("/var/spool/owl"))
    assert found.environment == {"A": "x"}


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ("nonsense = 1", "there is no setting 'nonsense'; `owl config` lists them all"),
        ("shovel_size = 'many'", "shovel_size must be a whole number, not 'many'"),
        ("shovel_size = 1.5", "shovel_size must be a whole number, not 1.5"),
        ("shovel_size = true", "shovel_size must be a whole number, not True"),
        ("shovel_size = 0", "shovel_size = 0 is out of range; give 1 to 10000"),
        ("shoveler_period = 'soon'", "shoveler_period must be a number, not 'soon'"),
        ("shoveler_period = true", "shoveler_period must be a number"),
        ("shoveler_period = nan", "shoveler_period = nan is out of range"),
        ("shoveler_period = inf", "shoveler_period = inf is out of range"),
        ("database_patience = -1", "database_patience = -1 is out of range; give 0 to 3600"),
        ("work_root = 3", "work_root must be a path, not 3"),
        ("work_root = ''", "work_root must be a path, not ''"),
        ("database_url = 3", "database_url must be text in quotes, not 3"),
        ("log_level = 'LOUD'", "log_level = 'LOUD'; give one of DEBUG, INFO, WARNING, ERROR"),
        ("log_format = 'xml'", "log_format = 'xml'; give one of text, json"),
        ("environment = 'A=1'", "environment must be a table of texts in owl.toml"),
        ("[environment]\nA = 1", "environment must be a table of texts in owl.toml"),
        ("shovel_size = ", "not valid TOML"),
        (b"\xff\xfe", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_one_line_with_its_place(tmp_path: Path, toml: str | bytes, why: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        load(tmp_path, toml)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'owl.toml'}: ")
    assert why in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"the environment \(OWL_SHOVEL_SIZE\): shovel_size must be"):
        load(tmp_path, "", {"OWL_SHOVEL_SIZE": "many"})
    with pytest.raises(InvalidSetting, match=r"the environment \(OWL_ENVIRONMENT\): environment must be a table"):
        load(tmp_path, "", {"OWL_ENVIRONMENT": "A=1"})


def test_a_mistake_on_the_command_line_names_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="the command line: pool_slots = 0 is out of range"):
        load(tmp_path, pool_slots=0)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"gone.toml: can't be read \(No such file or directory\)"):
        load(tmp_path, "", {"OWL_CONFIG": str(tmp_path / "gone.toml")})


def test_a_variable_that_is_no_setting_is_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, "", {"OWL_TEST_KEEP": "1", "PATH": "/bin"}).shovel_size == 25


def test_every_setting_is_documented_and_its_default_within_its_bounds(tmp_path: Path) -> None:
    settings = load(tmp_path)
    for name, setting in fields().items():
        assert setting.metadata["doc"].endswith("."), name
        value = getattr(settings, name)
        if "minimum" in setting.metadata:
            assert setting.metadata["minimum"] <= value <= setting.metadata["maximum"], name
        if "choices" in setting.metadata:
            assert value in setting.metadata["choices"], name
        assert not isinstance(value, Path) or value.is_absolute(), name


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        load(tmp_path).shovel_size = 3  # type: ignore[misc]  # that is the point


def test_a_disk_that_hangs_keeps_nobody_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "owl.toml").touch()
    back, resolve = threading.Event(), Path.resolve

    def hang(path: Path, strict: bool = False) -> Path:
        if path.name == "work":
            back.wait(300)
        return resolve(path, strict)

    monkeypatch.setattr("owl.config._DISK_PATIENCE", 0.01)
    monkeypatch.setattr(Path, "resolve", hang)
    try:
        found = load_settings({"OWL_CONFIG": str(tmp_path / "owl.toml")}, work_root="disk/../work")
    finally:
        back.set()
    assert found.work_root == tmp_path / "work"


def test_links_that_lead_in_a_circle_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "owl.toml").touch()
    (tmp_path / "work").symlink_to("work")
    found = load_settings({"OWL_CONFIG": str(tmp_path / "owl.toml")}, work_root="work")
    assert found.work_root == tmp_path / "work"
