"""From Python methods to C functions: what the library's start code calls once.

Each function answers with its DRMAA error code plus one, and above the lowest byte with the
signals whose handlers are due (``shim.c`` says why). Nothing is ever raised towards C.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.interface import Interface
from owl.drmaa.library import Library
from owl.drmaa.memory import CData, Memory
from owl.drmaa.signals import Interrupted, Signals

Function = Callable[..., Errno | None]

_CODE_BITS = 8
"""The error code's part of an answer."""

_VECTORS = ("attr_name", "attr_value", "job_id")


def outcome(function: Function, arguments: tuple[CData, ...]) -> tuple[Errno, str]:
    """Call, and turn whatever happens into a code and a sentence."""
    try:
        return function(*arguments) or Errno.SUCCESS, ""
    except DrmaaError as error:
        return error.code, str(error)
    except MemoryError:
        return Errno.NO_MEMORY, "not enough memory"
    except Exception as error:
        return Errno.INTERNAL_ERROR, f"unexpected error: {type(error).__name__}: {error}"


class Binder:
    """Makes C functions of methods."""

    def __init__(self, memory: Memory, signals: Signals) -> None:
        self._memory = memory
        self._signals = signals

    def function(self, method: Function, *, diagnosed: bool) -> Callable[..., int]:
        """A C function; the last two arguments of one that is diagnosed are the buffer for it and its length."""

        def answer(*arguments: CData) -> int:
            code = Errno.INTERNAL_ERROR
            raised: BaseException | None = None
            try:
                if diagnosed:  # what is not is done in a moment
                    self._signals.put_off()
                code, text = outcome(method, arguments[:-2] if diagnosed else arguments)
                if diagnosed and code is not Errno.SUCCESS:
                    self._memory.put_text(arguments[-2], arguments[-1], text)
            except Interrupted as error:
                raised = error.cause
            except BaseException as error:
                raised = error
            raised = self._signals.resume() or raised
            if raised is not None:
                self._signals.raise_later(raised)
            return self._answer(code)

        return answer

    def escaped(self, _kind: object, error: BaseException, _where: TracebackType | None) -> int:
        """For cffi: what a handler raised before a function could put it off, or after."""
        self._signals.resume()
        self._signals.raise_later(error)
        return self._answer(Errno.INTERNAL_ERROR)

    def _answer(self, code: Errno) -> int:
        return self._signals.due() << _CODE_BITS | code + 1


def _diagnosed_methods(interface: Interface) -> dict[str, Function]:
    return {
        "init": interface.init,
        "exit": interface.exit,
        "allocate_job_template": interface.allocate_job_template,
        "delete_job_template": interface.delete_job_template,
        "set_attribute": interface.set_attribute,
        "get_attribute": interface.get_attribute,
        "set_vector_attribute": interface.set_vector_attribute,
        "get_vector_attribute": interface.get_vector_attribute,
        "get_attribute_names": interface.get_attribute_names,
        "get_vector_attribute_names": interface.get_vector_attribute_names,
        "run_job": interface.run_job,
        "run_bulk_jobs": interface.run_bulk_jobs,
        "control": interface.control,
        "job_ps": interface.job_ps,
        "synchronize": interface.synchronize,
        "wait": interface.wait,
        "wifexited": interface.wifexited,
        "wexitstatus": interface.wexitstatus,
        "wifsignaled": interface.wifsignaled,
        "wtermsig": interface.wtermsig,
        "wcoredump": interface.wcoredump,
        "wifaborted": interface.wifaborted,
        "get_contact": interface.get_contact,
        "version": interface.version,
        "get_DRM_system": interface.get_DRM_system,
        "get_DRMAA_implementation": interface.get_DRMAA_implementation,
    }


def bind(ffi: Any, lib: Any) -> None:
    """Give every ``py_drmaa_…`` of the library its Python function."""
    memory, signals = Memory(ffi), Signals()
    environment = ffi.string(lib.drmaa_environment).decode("utf-8", "surrogateescape")
    interface = Interface(memory, Library(Path(environment) if environment else None, signals))
    binder = Binder(memory, signals)
    functions = {
        name: binder.function(method, diagnosed=True) for name, method in _diagnosed_methods(interface).items()
    }
    for vector in _VECTORS:
        functions[f"get_next_{vector}"] = binder.function(interface.next_text, diagnosed=False)
        functions[f"get_num_{vector}s"] = binder.function(interface.number_of_texts, diagnosed=False)
        functions[f"release_{vector}s"] = binder.function(interface.release, diagnosed=False)
    for name, function in functions.items():
        ffi.def_extern(name=f"py_drmaa_{name}", onerror=binder.escaped)(function)
