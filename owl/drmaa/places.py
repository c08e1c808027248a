"""The program, its folder and its files, with DRMAA's placeholders resolved."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.nativespec import Command
from owl.drmaa.quoting import classad_string, literal, new_syntax
from owl.drmaa.template import JobTemplate

_PASSED_ON = ("HOME", "LOGNAME", "PATH", "SHELL", "USER")
"""Variables of the caller that a job gets: other systems' jobs have them, and programs rely on it."""

INDEX = "$(drmaa_index)"
"""The submit macro that holds a bulk job's index."""


def callers_variables() -> dict[str, str]:
    """Those of the caller's variables that every job gets."""
    # What would need quoting of its own is no ordinary value: HTCondor's emptiness is better.
    wanted = ((name, os.environ.get(name, "")) for name in _PASSED_ON)
    return {name: value for name, value in wanted if value and not set(value) & set("\n\r$")}


@dataclass(frozen=True, kw_only=True)
class BulkRange:
    """The indices of a bulk job: start, start + incr, … up to end."""

    start: int
    end: int
    incr: int

    def __post_init__(self) -> None:
        """Check the range as GFD.133 has it for drmaa_run_bulk_jobs."""
        if self.start < 1 or self.end < self.start or self.incr < 1:
            raise DrmaaError(
                Errno.INVALID_ARGUMENT,
                f"bulk job from {self.start} to {self.end} in steps of {self.incr}: "
                "the indices must be 1 or more, rising, in steps of 1 or more",
            )

    @property
    def count(self) -> int:
        """How many jobs that is."""
        return (self.end - self.start) // self.incr + 1


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a description needs beside the template: tags, presets, the caller's folder, home and variables."""

    session: str
    submission: str
    categories: Mapping[str, str]
    cwd: str
    home: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a template's job runs and reads and writes."""

    template: JobTemplate
    context: Context
    bulk: BulkRange | None

    def _resolved(self, text: str, wd: str) -> str:
        """The text with a leading placeholder replaced, made absolute; the index not yet filled in."""
        if text.startswith("$drmaa_hd_ph$"):
            text = self.context.home + text.removeprefix("$drmaa_hd_ph$")
        elif text.startswith("$drmaa_wd_ph$"):
            text = wd + text.removeprefix("$drmaa_wd_ph$")
        return text if text.startswith("/") else f"{wd}/{text}"

    def _submit(self, text: str) -> str:
        """Literal for the submit language, with the bulk index filled in."""
        if self.bulk is None:
            return literal(text)
        return INDEX.join(literal(part) for part in text.split("$drmaa_incr_ph$"))

    def _folder(self) -> str:
        given = self.template.scalar("drmaa_wd")
        return self._resolved(given, self.context.cwd) if given else self.context.cwd

    def _program(self) -> str:
        """GFD.133: a relative command is relative to the working directory.

        A bare name that is not there is looked for on PATH, as a convenience.
        """
        given = self.template.scalar("drmaa_remote_command")
        if not given:
            raise DrmaaError(Errno.INVALID_ATTRIBUTE_VALUE, "drmaa_remote_command is not set")
        path = self._resolved(given, self._folder())
        if "/" not in given and not Path(path).exists():
            return shutil.which(given) or path
        return path

    def program(self) -> list[Command]:
        """The command, its arguments, its folder and its name."""
        found = [
            Command(key="executable", value=self._submit(self._program())),
            # "In any case, no binary file management is done" (GFD.133, drmaa_remote_command).
            Command(key="transfer_executable", value="false"),
            Command(key="initialdir", value=self._submit(self._folder())),
        ]
        name = self.template.scalar("drmaa_job_name")
        if name:
            found.append(Command(key="batch_name", value=self._submit(name)))
        arguments = self.template.vector("drmaa_v_argv")
        if arguments:
            # As an attribute of the job: so an argument may hold anything, line breaks too.
            found.append(Command(key="My.Arguments", value=classad_string(new_syntax(list(arguments)))))
        if self.bulk is not None:
            offset = f"{self.bulk.start} + $(Process) * {self.bulk.incr}"
            found.append(Command(key="drmaa_offset", value=offset))
            found.append(Command(key="drmaa_index", value="$INT(drmaa_offset)"))
        return found

    def _file(self, name: str, suffix: str = "") -> str:
        """A file's path; with a suffix, a path that is a directory gets a file name of the job's own."""
        given = self.template.scalar(name).partition(":")[2]
        if not given:
            return ""
        path = self._resolved(given, self._folder())
        if suffix and Path(path).is_dir():
            return f"{self._submit(path.rstrip('/'))}/$(Cluster).$(Process).{suffix}"
        return self._submit(path)

    def files(self) -> list[Command]:
        """Standard input, output and error, and which of them HTCondor moves."""
        output = self._file("drmaa_output_path", "out")
        joined = self.template.scalar("drmaa_join_files") == "y"
        chosen = {
            "input": self._file("drmaa_input_path"),
            "output": output,
            "error": output if joined else self._file("drmaa_error_path", "err"),
        }
        found = [Command(key=key, value=path) for key, path in chosen.items() if path]
        letters = self.template.scalar("drmaa_transfer_files")
        if letters:
            found.append(Command(key="should_transfer_files", value="YES"))
            left = [key for key, path in chosen.items() if path and key[0] not in letters]
            found += [Command(key=f"transfer_{key}", value="false") for key in left]
        return found
