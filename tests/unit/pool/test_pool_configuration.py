"""The text of the personal pool's condor_config, and the roles' files."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from owl import names
from owl.errors import InvalidSetting
from owl.pool.configuration import ROLE_FILES, PoolFacts, render
from owl.pool.obtain import Installation

ROLES = names.resource("condor_config.d")
INSTALLATION = Installation(
    version="23.9.6", bin=Path("/h/bin"), sbin=Path("/h/sbin"), libexec=Path("/h/libexec/condor")
)
FACTS = PoolFacts(
    directory=Path("/s/pool"),
    installation=INSTALLATION,
    roles=ROLES,
    user="ann",
    port=21000,
    slots=7,
    hook=Path("/s/pool/hooks/owl_job_hook"),
    owl_bin=Path("/v/bin"),
    owl_config=Path("/s/pool/owl.toml"),
    mark="0123",
)


def macros(text: str) -> dict[str, str]:
    """Name → last value, as HTCondor reads assignments."""
    pairs = (line.partition("=") for line in text.splitlines() if re.match(r"\s*[A-Za-z_]\w* *=", line))
    return {name.strip(): value.strip() for name, _, value in pairs}


def test_everything_is_on_loopback_and_for_one_account() -> None:
    found = macros(render(FACTS))

    assert found["COLLECTOR_HOST"] == "127.0.0.1:21000"
    assert found["NETWORK_INTERFACE"] == "127.0.0.1"
    assert found["BIND_ALL_INTERFACES"] == "False"
    assert found["SEC_DEFAULT_AUTHENTICATION"] == "REQUIRED"
    allowed = {value for name, value in found.items() if name.startswith("ALLOW_")}
    assert allowed == {"ann@*/127.0.0.1"}


def test_slots_and_memory_do_not_depend_on_the_machine() -> None:
    found = macros(render(FACTS))

    assert (found["NUM_CPUS"], found["NUM_SLOTS"], found["MEMORY"]) == ("7", "7", str(7 * 1024))


def test_overrides_come_last_and_owls_daemons_can_be_left_out() -> None:
    facts = dataclasses.replace(FACTS, owl_daemons=False, overrides={"NEGOTIATOR_INTERVAL": "9"})

    lines = render(facts).splitlines()
    assert lines[-1] == "NEGOTIATOR_INTERVAL = 9"
    assert "OWL_DAEMONS =" in lines
    assert "OWL_DAEMONS =" not in render(FACTS).splitlines()


@pytest.mark.parametrize(("version", "binding"), [("23.9.6", "False"), ("25.12.9", "False"), ("25.14.1", "True")])
def test_channel_binding_is_asked_for_where_the_daemons_know_it(version: str, binding: str) -> None:
    facts = dataclasses.replace(FACTS, installation=dataclasses.replace(INSTALLATION, version=version))

    assert macros(render(facts))["SEC_FS_ENFORCE_CHANNEL_BINDING"] == binding


@pytest.mark.parametrize("path", ["/a b/pool", "/a$(B)/pool", "/a\nALLOW_READ = */pool", '/a"/pool', "/a,b"])
def test_a_path_that_would_be_read_as_configuration_is_refused(path: str) -> None:
    with pytest.raises(InvalidSetting, match="OWL_STATE_DIR"):
        render(dataclasses.replace(FACTS, directory=Path(path)))


@pytest.mark.parametrize(("name", "value"), [("A B", "1"), ("A", "1\nALLOW_READ = *"), ("", "1"), ("use X:", "Y")])
def test_an_override_that_is_more_than_one_line_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting):
        render(dataclasses.replace(FACTS, overrides={name: value}))


@pytest.mark.parametrize("name", ROLE_FILES)
def test_every_knob_of_the_roles_files_has_a_line_that_says_what_it_does(name: str) -> None:
    lines = (ROLES / name).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"[A-Z][A-Z_]* =", line):
            block = number
            while block > 0 and re.match(r"[A-Z][A-Z_]* =", lines[block]):
                block -= 1
            assert lines[block].startswith("#"), f"{name}:{number + 1}: {line}"


def test_the_unsafe_knobs_are_nowhere() -> None:
    found = {name for file in ROLE_FILES for name in macros((ROLES / file).read_text(encoding="utf-8"))}

    assert not {"DAGMAN_ABORT_DUPLICATES", "USE_PROCD"} & (found | set(macros(render(FACTS))))


def test_the_roles_files_name_no_host_and_no_place_but_macros_defaults() -> None:
    for name in ROLE_FILES:
        values = macros((ROLES / name).read_text(encoding="utf-8")).values()
        absolute = {value for value in values if value.startswith("/")}
        assert absolute <= {"/usr/libexec/owl/owl_job_hook", "/opt/owl/bin", "/etc/owl/owl.toml"}
