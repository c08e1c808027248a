"""`owl init`: what each role gets, with which modes; what is there isn't lost."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from owl.config import load_settings
from owl.errors import NotAllowed, StorageError
from owl.install.make import make
from owl.install.plan import Services, Site, pieces
from owl.model import HostRole


def made(root: Path, *roles: HostRole, **given: object) -> dict[str, Path]:
    """Everything that is made for some roles, by its path on the host."""
    site = Site(roles=frozenset(roles), **given)  # type: ignore[arg-type]  # any field
    return {f"/{one.path.relative_to(root)}": one.path for one in make(pieces(site), root=root)}


def test_a_submit_host_gets_settings_directories_and_htcondors_files(tmp_path: Path) -> None:
    paths = made(tmp_path, HostRole.SUBMIT)
    modes = {name: stat.S_IMODE(path.stat().st_mode) for name, path in paths.items()}
    assert modes["/var/spool/owl"] == 0o3733
    assert modes["/etc/owl/owl.toml"] == 0o640
    assert modes["/var/lib/owl"] == 0o750
    assert {"10-owl-submit.conf", "20-owl-tuning.conf", "30-owl-security.conf"} <= {Path(one).name for one in paths}
    assert "/usr/libexec/owl/owl_job_hook" not in paths
    assert "/etc/systemd/system/owl-shoveler.service" not in paths


def test_an_execute_host_gets_the_hook_and_an_owld(tmp_path: Path) -> None:
    paths = made(tmp_path, HostRole.EXECUTE)
    assert stat.S_IMODE(paths["/usr/libexec/owl/owl_job_hook"].stat().st_mode) == 0o755
    assert "OWLD_ARGS = owld run" in paths["/etc/condor/config.d/15-owl-owld.conf"].read_text()


def test_the_gui_gets_no_htcondor(tmp_path: Path) -> None:
    paths = made(tmp_path, HostRole.GUI)
    assert not [name for name in paths if "condor" in name or "spool" in name]
    assert {"/etc/owl/examples/nginx.conf", "/etc/owl/examples/apache.conf"} <= set(paths)
    settings = load_settings({"OWL_CONFIG": str(paths["/etc/owl/owl.toml"])})
    assert settings.web_trusted_proxies == "127.0.0.1, ::1"
    assert f"127.0.0.1:{settings.web_port}" in paths["/etc/owl/examples/nginx.conf"].read_text()


def test_the_settings_are_valid_and_name_every_setting_with_its_default(tmp_path: Path) -> None:
    path = made(tmp_path, HostRole.SUBMIT)["/etc/owl/owl.toml"]
    assert load_settings({"OWL_CONFIG": str(path)}).work_root == Path("/srv/owl/work")
    lines = [line.removeprefix("# ") for line in path.read_text().splitlines() if " = " in line]
    everything = tomllib.loads("\n".join(line for line in lines if not line.startswith("PIPELINE")))
    path.write_text("\n".join(line for line in lines if not line.startswith("PIPELINE")))
    found = load_settings({"OWL_CONFIG": str(path)})
    assert {"log_level", "database_url", "database_server", "drain_period"} <= set(everything)
    assert found == load_settings({"OWL_CONFIG": "/dev/null"}, **{name: everything[name] for name in HERE})


HERE = ("state_dir", "work_root", "spool_dir")


def test_what_was_changed_stays_unless_it_is_to_be_made_anew(tmp_path: Path) -> None:
    path = made(tmp_path, HostRole.SUBMIT)["/etc/owl/owl.toml"]
    path.write_text("shovel_size = 7\n")
    site = Site(roles=frozenset({HostRole.SUBMIT}))
    kept = {one.path: one.what for one in make(pieces(site), root=tmp_path)}
    assert kept[path] == "is there and differs, kept"
    assert path.read_text() == "shovel_size = 7\n"
    assert set(kept.values()) == {"is there", "is there and differs, kept"}
    list(make(pieces(site), root=tmp_path, force=True))
    assert path.with_name("owl.toml.old").read_text() == "shovel_size = 7\n"
    assert "state_dir" in path.read_text()


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("a file")
    with pytest.raises(StorageError, match="can't be made"):
        made(tmp_path, HostRole.GUI)


def test_an_account_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(NotAllowed, match="useradd"):
        next(make([], user="nobody-has-this-name", root=Path("/")))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_the_units_are_sound(tmp_path: Path) -> None:
    paths = made(tmp_path, HostRole.SUBMIT, HostRole.GUI, services=Services.SYSTEMD)
    units = [path for name, path in paths.items() if name.endswith(".service")]
    assert {"owl-shoveler.service", "owl-owld.service", "owl-web.service"} <= {path.name for path in units}
    program = Path(sys.executable).with_name("owl")
    for path in units:
        assert f"ExecStart={program} " in path.read_text()
    command = ["systemd-analyze", "verify", "--man=no", *map(str, units)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in result.stderr.splitlines() if "owl-" in line]
    assert (result.returncode, ours) == (0, []), result.stderr
