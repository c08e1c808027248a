"""Build ``libdrmaa.so`` with cffi's embedding interface. Run by ``setup.py``.

The C functions are made from the prototypes in ``drmaa.h``: for each ``drmaa_x`` a static
``py_drmaa_x`` that Python implements (``@ffi.def_extern()``, see ``binding.py``), and the
exported ``drmaa_x`` that starts Python where need be and calls it.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
MODULE = "_libdrmaa"
"""The name of the cffi module inside the library (``sys.modules``); no file has it."""

_PROTOTYPE = re.compile(r"^(int|void|const char \*) ?(drmaa_\w+)\(([^()]*)\);$", re.MULTILINE)

_START = f"""
from {MODULE} import ffi, lib
from owl.drmaa.binding import bind
bind(ffi, lib)
"""


@dataclass(frozen=True, kw_only=True)
class Prototype:
    """One function of ``drmaa.h``: result type, name, and the parameters as they are written."""

    result: str
    name: str
    parameters: str

    @property
    def arguments(self) -> str:
        """The parameters' names, for the call."""
        names = [re.sub(r"\[\]$", "", one).split()[-1].lstrip("*") for one in self.parameters.split(",")]
        return ", ".join(names)


def prototypes(header: str) -> list[Prototype]:
    """The functions that the header declares."""
    return [
        Prototype(result=result.strip(), name=name, parameters=parameters)
        for result, name, parameters in _PROTOTYPE.findall(header)
    ]


def _wrapper(one: Prototype) -> str:
    head = f"{one.result} {one.name}({one.parameters})"
    call = f"py_{one.name}({one.arguments})"
    where = "error_diagnosis, error_diag_len" if "error_diagnosis" in one.parameters else "NULL, 0"
    result = "" if one.result == "void" else "return "
    return f"CFFI_DLLEXPORT {head}\n{{\n    {result}finish(ready() ? {call} : 0, {where});\n}}\n"


def _texts() -> str:
    """The texts of drmaa_strerror(), in C: it needs no Python."""
    spec = importlib.util.spec_from_file_location("drmaa_errors", HERE / "errors.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{HERE / 'errors.py'} can't be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = [f"    [{int(code)}] = {json.dumps(text)}," for code, text in module.MESSAGES.items()]
    return "\n".join(["static const char *const texts[] = {", *rows, "};"])


def ffibuilder() -> FFI:
    """The cffi builder with everything set but the compiler's options."""
    header = (HERE / "drmaa.h").read_text(encoding="utf-8")
    functions = [one for one in prototypes(header) if one.name != "drmaa_strerror"]
    ffi = FFI()
    ffi.embedding_api("")
    types = re.findall(r"^typedef struct .*;$", header, re.MULTILINE)
    externs = [f"long long py_{one.name}({one.parameters});" for one in functions]
    ffi.cdef("\n".join(types))
    ffi.cdef("static char drmaa_environment[];")
    ffi.cdef('extern "Python" {\n' + "\n".join(externs) + "\n}")
    declarations = "\n".join(f"static {one}" for one in externs)
    shim = (HERE / "shim.c").read_text(encoding="utf-8")
    wrappers = "\n".join(_wrapper(one) for one in functions)
    ffi.set_source(MODULE, f'#include "drmaa.h"\n{declarations}\n{_texts()}\n{shim}\n{wrappers}')
    ffi.embedding_init_code(_START)
    return ffi


@dataclass(frozen=True, kw_only=True)
class CompilerOptions:
    """What setuptools' ``Extension`` needs for the library."""

    macros: list[tuple[str, str]]
    include_dirs: list[str]
    libraries: list[str]
    library_dirs: list[str]
    link_args: list[str]


def compiler_options() -> CompilerOptions:
    """Options for this Python: linked with libpython wherever there is one to link with.

    Without a shared libpython the library works inside a Python program and not in a C program.
    """
    folder = Path(sysconfig.get_config_var("LIBDIR") or "/usr/lib")
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    name = f"python{sysconfig.get_config_var('LDVERSION')}"
    shared = [one for one in (folder, folder / multiarch) if (one / f"lib{name}.so").exists()]
    # The linker drops what no symbol seems to need: inside a Python program none does.
    link_args = ["-Wl,-soname,libdrmaa.so", "-Wl,--no-as-needed"]
    link_args += [f"-Wl,-rpath,{one}" for one in shared[:1]]
    return CompilerOptions(
        macros=[("DRMAA_BUILD_PREFIX", f'"{sys.prefix}"')],
        include_dirs=[str(HERE)],
        libraries=[name, "dl", "pthread"] if shared else ["dl", "pthread"],
        library_dirs=[str(one) for one in shared[:1]],
        link_args=link_args,
    )
