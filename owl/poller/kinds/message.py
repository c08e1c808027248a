"""Kind `json`: a file holds one message, a list of them, or one on each line; each becomes a request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from owl.poller.interface import READ_LIMIT, File, Kind, NotYet, Reject


class Message(Kind):
    """A JSON object becomes one request; the expressions see it as `message`."""

    known_options: Mapping[str, Any] = {"max_bytes": READ_LIMIT}

    def read(self, file: File) -> Iterator[Mapping[str, Any]]:
        """The messages in the order in which they stand there."""
        content = file.read(self.options["max_bytes"])
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotYet(f"it isn't UTF-8 (byte {error.start})", evidence=content[-64:]) from error
        messages = _messages(text)
        for number, message in enumerate(messages, start=1):
            if not isinstance(message, dict):
                raise Reject(f"message {number} isn't a JSON object")
        yield from ({"message": message} for message in messages)


def _messages(text: str) -> list[Any]:
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except RecursionError:
        raise Reject("its JSON is nested too deep") from None
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise NotYet(f"it isn't JSON: {error}", evidence=len(text)) from error
    return [_line(number, line) for number, line in enumerate(lines, start=1)]


def _line(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except RecursionError:
        raise Reject(f"line {number}: its JSON is nested too deep") from None
    except ValueError as error:
        raise NotYet(f"line {number} isn't JSON: {error}", evidence=len(line)) from error
