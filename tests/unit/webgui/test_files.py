"""Files of a run: only what lies under the work root, whatever a name or a link says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from owl.app import App
from owl.errors import InvalidName, NotFound, OwlError
from tests.unit.webgui.conftest import RUN, Login
from webgui.logfiles import MOST_BYTES, RunFiles


@pytest.fixture
def files(owl_app: App, run_dir: Path) -> RunFiles:
    """The run's files."""
    return RunFiles(owl_app.settings.work_root, str(run_dir))


@pytest.mark.parametrize("name", ["../../../../web.secret", "/etc/passwd", "a/../../x", "level\0.out"])
def test_a_name_that_leads_out_is_refused(files: RunFiles, name: str) -> None:
    with pytest.raises(InvalidName):
        files.tail(name, 10)


def test_a_link_that_leads_out_is_refused(files: RunFiles, run_dir: Path, owl_app: App) -> None:
    secret = owl_app.settings.state_dir / "secret"
    secret.write_text("secret")
    (run_dir / "link.out").symlink_to(secret)
    (run_dir / "up").symlink_to(owl_app.settings.state_dir)
    for name in ("link.out", "up/secret"):
        with pytest.raises(NotFound, match="work root"):
            files.tail(name, 10)


def test_a_work_directory_that_lies_elsewhere_is_refused(owl_app: App, run_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        RunFiles(owl_app.settings.work_root, str(tmp_path)).list()


def test_a_link_put_there_between_the_check_and_the_opening_leads_nowhere(
    files: RunFiles, run_dir: Path, owl_app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = owl_app.settings.state_dir / "secret"
    secret.write_text("secret")
    log = run_dir / "level_1.out"
    log.write_text("good\n")
    real = os.path.realpath

    def swapped(path: os.PathLike[str]) -> str:
        found = real(path)
        if found.endswith("level_1.out"):
            log.unlink()
            log.symlink_to(secret)
        return found

    monkeypatch.setattr(os.path, "realpath", swapped)
    with pytest.raises(OwlError):
        files.tail("level_1.out", 10)


def test_a_link_within_the_work_root_is_followed(files: RunFiles, run_dir: Path) -> None:
    (run_dir / "real.out").write_text("here\n")
    (run_dir / "link.out").symlink_to("real.out")
    assert files.tail("link.out", 5).text == "here\n"


def test_a_pipe_holds_nobody_up(files: RunFiles, run_dir: Path) -> None:
    os.mkfifo(run_dir / "pipe.out")
    with pytest.raises(NotFound):
        files.tail("pipe.out", 5)
    assert "pipe.out" not in [one.name for one in files.list()]


def test_the_tail_and_what_follows_fit_together(files: RunFiles, run_dir: Path) -> None:
    log = run_dir / "level_1.out"
    log.write_text("".join(f"line {n}\n" for n in range(1000)))
    tail = files.tail("level_1.out", 3)
    assert tail.text == "line 997\nline 998\nline 999\n"
    with log.open("a") as file:
        file.write("more\nhalf")
    more = files.part("level_1.out", tail.end, MOST_BYTES)
    assert more.text == "more\nhalf"
    earlier = files.before("level_1.out", tail.start, 40)
    assert earlier.text.endswith("line 996\n")
    assert earlier.text.startswith("line 99")


def test_a_large_file_is_answered_in_bounded_parts(files: RunFiles, run_dir: Path) -> None:
    log = run_dir / "big.out"
    with log.open("wb") as file:
        file.truncate(50 * MOST_BYTES)
    assert len(files.tail("big.out", 10).text) <= MOST_BYTES
    part = files.part("big.out", 0, 10**9)
    assert part.end - part.start == MOST_BYTES


def test_search_tells_line_and_place(files: RunFiles, run_dir: Path) -> None:
    (run_dir / "level_1.err").write_bytes(b"one\nTraceback \xff\nthree\n")
    found = files.search("level_1.err", "traceback")
    assert [(hit.line, hit.start) for hit in found.hits] == [(2, 4)]
    assert found.whole


def test_the_api_lists_reads_and_hands_files_out(login: Login, run_dir: Path) -> None:
    (run_dir / "level_1.err").write_text("no flat\n")
    client = login("vera")
    base = f"/api/v1/runs/{RUN}/files"
    listed = client.get(base).json or []
    assert [(one["name"], one["kind"], one["step"]) for one in listed] == [("level_1.err", "err", "LEVEL_1")]
    assert (client.get(f"{base}/tail?name=level_1.err").json or {})["text"] == "no flat\n"
    got = client.get(f"{base}/download?name=level_1.err")
    assert got.data == b"no flat\n"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    for name in ("../../../../owl.db", "/etc/passwd", "%2e%2e/%2e%2e/x"):
        assert client.get(f"{base}/tail?name={name}").status_code in (400, 404)
