"""Builds libdrmaa.so, the one compiled part; everything else is in pyproject.toml."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

LIBRARY = "owl.drmaa.libdrmaa"
GENERATED = "owl/drmaa/libdrmaa.c"
WANTED = "install a C compiler and this Python's headers (Debian, Ubuntu: gcc libc6-dev python3-dev)"


def load_build_module() -> ModuleType:
    """owl/drmaa/build.py by its path: the package itself need not be importable yet."""
    spec = importlib.util.spec_from_file_location("drmaa_build", Path(__file__).parent / "owl/drmaa/build.py")
    if spec is None or spec.loader is None:
        raise SystemExit("owl/drmaa/build.py can't be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


class BuildLibrary(build_ext):
    """A plain shared library with a plain name, not a Python extension module."""

    def get_ext_filename(self, fullname: str) -> str:
        """libdrmaa.so without the tag of the interpreter: C programs link with it."""
        if fullname.endswith("libdrmaa"):
            return fullname.replace(".", "/") + ".so"
        return super().get_ext_filename(fullname)

    def get_export_symbols(self, ext: Extension) -> list[str]:
        """The library has no PyInit function to export."""
        return list(ext.export_symbols)

    def run(self) -> None:
        """Write the C source, then compile it."""
        build.ffibuilder().emit_c_code(GENERATED)
        try:
            super().run()
        except (CCompilerError, ExecError, PlatformError) as error:
            raise SystemExit(f"libdrmaa.so can't be built: {error}: {WANTED}") from error


build = load_build_module()
options = build.compiler_options()
setup(
    cmdclass={"build_ext": BuildLibrary},
    ext_modules=[
        Extension(
            LIBRARY,
            sources=[GENERATED],
            depends=["owl/drmaa/build.py", "owl/drmaa/drmaa.h", "owl/drmaa/shim.c"],
            define_macros=options.macros,
            include_dirs=options.include_dirs,
            libraries=options.libraries,
            library_dirs=options.library_dirs,
            extra_link_args=options.link_args,
        )
    ],
)
