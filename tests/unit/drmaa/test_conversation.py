"""The companion process: how it is started, asked, given up and ended. HTCondor has no part in this."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from owl.drmaa.companion import Gone, receive, send
from owl.drmaa.conversation import Conversation
from owl.drmaa.errors import DrmaaError, Errno


def test_messages_of_any_size_and_text_arrive() -> None:
    ours, theirs = socket.socketpair()
    message = ["submit", {"text": "ü\udcff\n" * 200_000, "none": None, "number": 1.5}]
    with ours, theirs:
        sender = threading.Thread(target=send, args=(theirs, message))
        sender.start()
        assert receive(ours) == message
        sender.join()
        theirs.close()
        with pytest.raises(Gone):
            receive(ours)


def test_a_python_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text("#!/bin/sh\nexit 3\n")
    python.chmod(0o755)
    with pytest.raises(DrmaaError, match=str(python)) as caught:
        Conversation(tmp_path).ask("version")
    assert caught.value.code is Errno.DRMS_INIT_FAILED


def test_nothing_is_asked_once_it_is_closed() -> None:
    conversation = Conversation(None)
    conversation.close()
    with pytest.raises(DrmaaError) as caught:
        conversation.ask("version")
    assert caught.value.code is Errno.NO_ACTIVE_SESSION
