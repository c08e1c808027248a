"""From Python methods to C functions: what the library's start code calls once.

The functions answer with the DRMAA error code plus one, or with ``INTERRUPTED`` (``shim.c`` says
why), and nothing is ever raised towards C.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from owl.drmaa.errors import DrmaaError, Errno, strerror
from owl.drmaa.interface import Interface
from owl.drmaa.library import Library
from owl.drmaa.memory import CData, Memory

Function = Callable[..., Errno | None]

INTERRUPTED = -1
"""Ctrl-C while Python ran: the C side asks the interpreter to raise it once more, in its caller."""

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


def diagnosed(memory: Memory, function: Function) -> Callable[..., int]:
    """A C function whose last two arguments are the diagnosis buffer and that buffer's length."""

    def wrapper(*arguments: CData) -> int:
        try:
            code, text = outcome(function, arguments[:-2])
            if code is not Errno.SUCCESS:
                memory.put_text(arguments[-2], arguments[-1], text)
            return code + 1
        except KeyboardInterrupt:
            return INTERRUPTED

    return wrapper


def undiagnosed(function: Function) -> Callable[..., int]:
    """A C function without a diagnosis buffer."""

    def wrapper(*arguments: CData) -> int:
        try:
            return outcome(function, arguments)[0] + 1
        except KeyboardInterrupt:
            return INTERRUPTED

    return wrapper


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


def bind(ffi: Any) -> None:
    """Give every ``py_drmaa_…`` of the library its Python function."""
    memory = Memory(ffi)
    interface = Interface(memory, Library())
    functions: dict[str, Callable[..., object]] = {
        name: diagnosed(memory, method) for name, method in _diagnosed_methods(interface).items()
    }
    for vector in _VECTORS:
        functions[f"get_next_{vector}"] = undiagnosed(interface.next_text)
        functions[f"get_num_{vector}s"] = undiagnosed(interface.number_of_texts)
        functions[f"release_{vector}s"] = interface.release
    texts = {code: ffi.new("char[]", (strerror(code) or "").encode()) for code in Errno}
    functions["strerror"] = lambda code: texts.get(code, ffi.NULL)
    for name, function in functions.items():
        ffi.def_extern(name=f"py_drmaa_{name}")(function)
