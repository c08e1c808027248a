"""What every daemon is: a loop that outlives the system's faults, one lock a host, a log that can't be forged."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from owl import daemon
from owl.daemon import Stop, alone, configure_logging, loop
from owl.errors import AlreadyRunning, DatabaseAway, InvalidSetting, OperationError, StorageError

HOSTILE = "ds1\nERROR forged\r\x1b[2J\x07\u202e\x00 ünï"


class Waits(Stop):
    """A stop that remembers for how long it was waited, and waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        return self.asked


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger; it is as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def steps(stop: Stop, *answers: bool | Exception) -> Callable[[], bool]:
    """A step that answers so, one after the other, and asks to stop with the last."""
    left = list(answers)

    def step() -> bool:
        answer = left.pop(0)
        if not left:
            stop.ask()
        if isinstance(answer, Exception):
            raise answer
        return answer

    return step


def test_a_step_that_worked_is_followed_at_once_and_an_idle_one_after_the_period() -> None:
    stop = Waits()
    loop(steps(stop, True, True, False, True), period=7, stop=stop)
    assert stop.seconds == [7]


def test_the_systems_faults_are_told_and_tried_again_each_time_later(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING")
    stop = Waits()
    away = DatabaseAway("the database is away")
    loop(steps(stop, away, away, OSError("disk full"), True, False), period=1, stop=stop)
    assert [0.7 * 2**n <= wait <= 1.3 * 2**n for n, wait in enumerate(stop.seconds[:3], start=1)] == [True] * 3
    assert caplog.text.count("the database is away; trying again in") == 2
    assert "disk full; trying again" in caplog.text
    assert "it works again after 3 failures" in caplog.text


def test_the_wait_never_grows_beyond_its_bound() -> None:
    stop = Waits()
    loop(steps(stop, *[OperationError("x")] * 12, True), period=1, stop=stop)
    assert max(stop.seconds) <= daemon.LONGEST_BACKOFF * 1.3
    assert stop.seconds[-1] >= daemon.LONGEST_BACKOFF * 0.7


def test_a_mistake_of_the_users_ends_the_daemon() -> None:
    stop = Waits()
    with pytest.raises(InvalidSetting, match="wrong"):
        loop(steps(stop, InvalidSetting("wrong"), True), period=1, stop=stop)


def test_a_fault_of_the_program_is_not_swallowed() -> None:
    stop = Waits()
    with pytest.raises(ZeroDivisionError):
        loop(steps(stop, ZeroDivisionError(), True), period=1, stop=stop)


def test_a_request_to_stop_before_the_loop_begins_is_not_lost() -> None:
    stop = Waits()
    stop.ask()
    loop(lambda: pytest.fail("it must not run"), period=1, stop=stop)
    assert stop.wait(0)


def test_a_signal_asks_once_and_the_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = Stop()
    with stop.on_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(300)
        assert stop.asked
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_ends_the_process_at_once() -> None:
    program = (
        "import os, signal, time\nfrom owl.daemon import Stop\nstop = Stop()\nwith stop.on_signals():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n    assert stop.wait(300)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n    time.sleep(300)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], check=False, timeout=300)
    assert result.returncode == -signal.SIGTERM


ANYWHERE = """
import os, signal, sys
from owl.daemon import Stop

def asked_at(place):
    stop, passed, killed = Stop(), 0, False
    def trace(frame, event, argument):
        nonlocal passed, killed
        passed += 1
        if passed == place:
            killed = True
            os.kill(os.getpid(), signal.SIGTERM)
        return trace
    with stop.on_signals():
        sys.settrace(trace)
        stop.wait(0.01)
        sys.settrace(None)
    assert stop.asked == killed, place
    return killed

place = 1
while asked_at(place):
    place += 1
print("asked at", place - 1, "places")
"""


def test_a_signal_at_any_place_of_a_wait_ends_it() -> None:
    """threading.Event won't do: its set() takes a lock that the wait() of the same thread may be holding."""
    done = subprocess.run([sys.executable, "-c", ANYWHERE], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and int(done.stdout.split()[2]) >= 2, (done.stdout, done.stderr)


def test_a_second_daemon_of_a_kind_is_refused_with_the_first_ones_pid(tmp_path: Path) -> None:
    with alone("owld", tmp_path / "state"), alone("shoveler", tmp_path / "state"):
        program = (
            "import sys\nfrom pathlib import Path\n"
            "from owl.daemon import alone\nfrom owl.errors import AlreadyRunning\n"
            "try:\n    with alone('owld', Path(sys.argv[1])):\n        print('both run')\n"
            "except AlreadyRunning as error:\n    print(error)\n"
        )
        command = [sys.executable, "-c", program, str(tmp_path / "state")]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    assert f"owld runs here already (pid {os.getpid()}, lock {tmp_path}/state/owld.lock)" in said


def test_the_lock_is_free_when_the_block_has_ended_however(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), alone("owld", tmp_path):
            raise KeyError
    with alone("owld", tmp_path):
        with pytest.raises(AlreadyRunning) as caught, alone("owld", tmp_path):
            pass
        assert caught.value.exit_code == 2


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"set state_dir in owl\.toml"), alone("owld", tmp_path / "file"):
        pass


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_strangers_text_is_one_line_of_the_log(root_logger: logging.Logger, tmp_path: Path, form: str) -> None:
    configure_logging("INFO", form, tmp_path / "log")
    log = logging.getLogger("owl.test")
    log.info("took %s", HOSTILE, extra={"action": "taken", "dataset": HOSTILE})
    log.debug("not told")
    [line] = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert "\x1b" not in line
    assert "\u202e" not in line or form == "json"
    assert "forged" in line
    if form == "json":
        assert json.loads(line)["dataset"] == HOSTILE
    else:
        assert "INFO took ds1\\nERROR forged\\r\\x1b[2J\\x07\\u202e\\x00 ünï action=taken" in line


def test_a_traceback_is_kept_with_its_message(root_logger: logging.Logger, tmp_path: Path) -> None:
    configure_logging("INFO", "text", tmp_path / "log")
    try:
        raise ValueError("inside")
    except ValueError:
        logging.getLogger("owl.test").exception("it failed")
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "ERROR it failed" in text
    assert "ValueError: inside" in text


def test_a_log_file_that_cannot_be_opened_is_told(root_logger: logging.Logger, tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="can't be opened for the log"):
        configure_logging("INFO", "text", tmp_path / "missing" / "log")


def test_a_daemon_that_has_grown_over_its_limit_ends_to_be_started_again(caplog: pytest.LogCaptureFixture) -> None:
    def never() -> bool:
        raise AssertionError("it must end before its next step")

    loop(never, period=0.01, stop=Stop(), memory_limit=1)
    assert "over the memory limit" in caplog.text
