"""Builds libdrmaa.so and the web GUI's static files; everything else is in pyproject.toml."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from setuptools import Command, Extension, setup
from setuptools.command.build import build as build_base
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

LIBRARY = "owl.drmaa.libdrmaa"
GENERATED = "owl/drmaa/libdrmaa.c"
WANTED = "install a C compiler and this Python's headers (Debian, Ubuntu: gcc libc6-dev python3-dev)"


def load_module(name: str, path: str) -> ModuleType:
    """A build module by its path: the package itself need not be importable yet."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} can't be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


class BuildWeb(Command):
    """The static files; they lie in the source tree, where an editable install finds them too."""

    user_options: ClassVar[list[tuple[str, str, str]]] = []
    editable_mode = False

    def initialize_options(self) -> None:
        """There is nothing to choose."""

    def finalize_options(self) -> None:
        """There is nothing to choose."""

    def run(self) -> None:
        """Build what is older than its sources."""
        try:
            web.build()
        except RuntimeError as error:
            raise SystemExit(f"owl: {error}") from error


class Build(build_base):
    """Static files first: they are package data."""

    sub_commands: ClassVar[list[tuple[str, Any]]] = [("build_web", None), *build_base.sub_commands]


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


build = load_module("drmaa_build", "owl/drmaa/build.py")
web = load_module("web_build", "webgui/build.py")


def shared() -> list[tuple[str, list[str]]]:
    """What isn't Python goes to share/owl below the installation's prefix, as it lies in the source tree."""
    found = []
    for top in ("templates", "hooks", "condor_config.d"):
        for folder, _, names in os.walk(top):
            wanted = [str(Path(folder, name)) for name in sorted(names) if not name.endswith((".pyc", ".swp"))]
            if wanted and "__pycache__" not in folder:
                found.append((f"share/owl/{folder}", wanted))
    return found


options = build.compiler_options()
setup(
    data_files=shared(),
    cmdclass={"build": Build, "build_ext": BuildLibrary, "build_web": BuildWeb},
    setup_requires=[] if web.have_node() else [web.NODE_PACKAGE],  # for the build alone
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
