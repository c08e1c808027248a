"""Makes `tails.jsonl`: ends of error logs of real tools that fail for a known cause, each under several names.

`python tests/data/causes/generate.py` runs the tools (Python, astropy, numpy, cp, tar, gcc, make, psql, sqlite3,
git, …) in a scratch directory; names, paths and numbers are drawn by chance, the label is the cause. Nothing leaves
the machine: curl and psql speak to closed ports of the loopback interface.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

OUTPUT = Path(__file__).with_name("tails.jsonl")
TAIL = 4096
VARIANTS = 6
PY = os.path.abspath(sys.executable)  # noqa: PTH100 - a link stays what it is

# Label → a shell script: {d} dataset, {p} directory, {f} file, {w} word, {n} number, {port} a closed port.
CAUSES: dict[str, str] = {
    "python: no such file": """{py} -c "open('{p}/{f}')" """,
    "python: permission": """{py} -c "raise PermissionError(13, 'Permission denied', '{p}/{f}')" """,
    "python: key": """{py} -c "dict(a=1)['{w}_{n}']" """,
    "python: attribute": """{py} -c "
class Frame: pass
Frame().{w}_{n}" """,
    "python: module": """{py} -c "import {w}_{n}" """,
    "python: zero division": """{py} -c "print({n}/0)" """,
    "python: int": """{py} -c "int('{d}')" """,
    "python: index": """{py} -c "[0][{n}]" """,
    "python: json": """echo '{{"{w}": {n},' > {f}; {py} -c "import json; json.load(open('{f}'))" """,
    "python: refused": """{py} -c "import urllib.request as u; u.urlopen('http://127.0.0.1:{port}/{w}/{d}')" """,
    "python: unicode": """printf 'abc\\377%s' {d} > {f}; {py} -c "open('{f}', encoding='utf-8').read()" """,
    "python: memory": """{py} -c "
import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
frames = bytearray(2**32 + {n})" """,
    "python: recursion": """{py} -c "
def {w}(k): return {w}(k + 1)
{w}({n})" """,
    "python: assertion": """{py} -c "assert {n} < 0, 'exposure time of {d} is negative'" """,
    "python: chained": """{py} -c "
try:
    open('{p}/{f}')
except OSError as error:
    raise RuntimeError('no reference for {d}') from error" """,
    "python: subprocess": """{py} -c "
import subprocess; subprocess.run(['/bin/cp', '{p}/{f}', '.'], check=True)" """,
    "python: timeout": """{py} -c "import subprocess; subprocess.run(['sleep', '5'], timeout=0.{n:02.2s}1)" """,
    "sqlite: no table": """sqlite3 {w}.db 'SELECT * FROM {w}_{n}'""",
    "sqlite: locked": """{py} -c "
import sqlite3
a = sqlite3.connect('{w}.db'); a.execute('BEGIN EXCLUSIVE')
sqlite3.connect('{w}.db', timeout=0).execute('CREATE TABLE t{n} (x)')" """,
    "sqlite: syntax": """sqlite3 {w}.db 'SELEC {n}'""",
    "sqlite: unique": """{py} -c "
import sqlite3
a = sqlite3.connect(':memory:'); a.execute('CREATE TABLE products (name TEXT UNIQUE)')
for _ in range(2): a.execute('INSERT INTO products VALUES (?)', ('{d}',))" """,
    "sqlite: not a database": """printf '%s' {d}{d}{w}{n}{d}{d} > {w}.db; sqlite3 {w}.db '.tables'""",
    "psql: refused": """psql -h 127.0.0.1 -p {port} -U {w} {w}_{n} -c 'select 1'""",
    "fits: not fits": """head -c {n} /dev/urandom > {f}.fits; {fits} {f}.fits""",
    "fits: empty": """: > {f}.fits; {fits} {f}.fits""",
    "fits: missing": """{fits} {p}/{f}.fits""",
    "fits: keyword": """{py} -c "
from astropy.io import fits
fits.Header()['{up}{n:.2s}']" """,
    "numpy: shapes": """{py} -c "import numpy as np; np.zeros(({n}, 3)) + np.zeros(({n} + 1, 4))" """,
    "astropy: unit": """{py} -c "from astropy import units as u; (int('{n}') * u.m).to(u.s)" """,
    "astropy: table column": """{py} -c "from astropy.table import Table; Table(dict(a=[1]))['{w}_{n}']" """,
    "cp: no such file": """cp {p}/{f} .""",
    "cat: no such file": """cat {w}{n}""",
    "cat: plain name": """cat {w}""",
    "cat: directory": """mkdir -p {w}; cat {w}""",
    "mkdir: exists": """mkdir {w}; mkdir {w}""",
    "rm: no such file": """rm {p}/{f}""",
    "mv: not a directory": """touch {f} {w}; mv {f} {w}/{d}""",
    "ls: no such file": """ls {p}/{d}""",
    "dd: no space": """dd if=/dev/zero of=/dev/full bs={n} count=1""",
    "sh: not found": """{w}_{n}_calibrate {d}""",
    "sh: syntax": """echo 'if [ {n} ]; fi' > {w}.sh; sh {w}.sh""",
    "tar: no such archive": """tar xf {p}/{f}.tar""",
    "tar: not an archive": """echo {d} > {f}.tar; tar xf {f}.tar""",
    "tar: member": """touch {w}; tar cf {f}.tar {w}; tar xf {f}.tar {d}_{n}""",
    "gzip: not gzip": """echo {d} > {f}.gz; gzip -d {f}.gz""",
    "gzip: truncated": """head -c 90000 /dev/urandom | gzip > a; head -c {n} a > {f}.gz; gzip -d {f}.gz""",
    "unzip: not zip": """echo {d} > {f}.zip; unzip {f}.zip""",
    "xz: not xz": """echo {d} > {f}.xz; xz -d {f}.xz""",
    "gcc: undeclared": """echo 'int main() {{ return {w}_{n}; }}' > {w}.c; gcc {w}.c""",
    "gcc: header": """echo '#include "{w}_{n}.h"' > {w}.c; gcc {w}.c""",
    "gcc: no file": """gcc {w}_{n}.c""",
    "ld: undefined": """echo 'int {w}(int); int main() {{ return {w}({n}); }}' > {w}.c; gcc {w}.c""",
    "make: no rule": """make {w}_{n}.o""",
    "make: no makefile": """make""",
    "curl: refused": """curl -sS http://127.0.0.1:{port}/{w}/{d}""",
    "curl: no file": """curl -sS file://{p}/{f}""",
    "curl: protocol": """curl -sS {w}://127.0.0.1/{d}""",
    "git: no repository": """git -C {tmp} --git-dir={p}/{w} status""",
    "jq: parse": """echo '{{"{w}": {n},}}' | jq .""",
    "jq: null": """echo '{n}' | jq '.{w}'""",
    "perl: die": """perl -e 'open(F, "<", "{p}/{f}") or die "cannot open {p}/{f}: $!"'""",
    "perl: module": """perl -e 'use {cap}::{cap}{n};'""",
    "node: module": """node -e 'require("./{w}_{n}")'""",
    "node: type": """node -e 'null.{w}'""",
    "grep: no such file": """grep {w} {p}/{f}""",
    "sed: expression": """echo | sed 's/{w}'""",
    "awk: division": """awk 'BEGIN {{ print {n} / 0 }}'""",
    "openssl: no file": """openssl x509 -in {p}/{f}""",
    "rsync: no such file": """rsync {p}/{f} {w}""",
}
# The same message comes of several tools: these are one cause.
SAME = {
    "fits: missing": "python: no such file",
    "astropy: table column": "python: key",
    "cat: plain name": "cat: no such file",
}

WORDS = (
    "alpha bravo flat dark bias science sky vega orion hubble webb nircam miri acs wfc stis cos fgs".split()  # noqa: SIM905 - shorter so
)


def main() -> None:
    chance = random.Random(20261125)
    found = list(rows(chance, CAUSES, SAME, VARIANTS))
    OUTPUT.write_text("".join(json.dumps(row, sort_keys=True) + "\n" for row in found), encoding="utf-8")
    print(f"{len(found)} tails of {len({row['label'] for row in found})} causes")


def rows(
    chance: random.Random, causes: Mapping[str, str], same: Mapping[str, str], variants: int
) -> Iterator[dict[str, object]]:
    """Run each cause's script under so many names; `same` are labels of one cause."""
    for label, script in causes.items():
        for _ in range(variants):
            with tempfile.TemporaryDirectory() as folder:
                row = _row(same.get(label, label), script, chance, folder)
            if row is not None:
                yield row


def _row(label: str, script: str, chance: random.Random, folder: str) -> dict[str, object] | None:
    values = _values(chance, folder)
    done = subprocess.run(
        ["/bin/sh", "-c", script.format(**values)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        errors="replace",
        check=False,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8"},
    )
    if done.returncode == 0 or not done.stderr.strip():
        print(f"{label}: exit {done.returncode}, {len(done.stderr)} characters", file=sys.stderr)
        return None
    # The same on every machine: where this Python lies says nothing of the cause.
    said = done.stderr.replace(sys.prefix, "/opt/owl").replace(sys.base_prefix, "/usr")
    return {"label": label, "dataset": values["d"], "tail": said[-TAIL:]}


def _values(chance: random.Random, folder: str) -> dict[str, str]:
    word, other = chance.sample(WORDS, 2)
    number = chance.randrange(1000, 60000)
    exposure = f"jw{number:05d}{number * 7 % 10**6:06d}_0{number % 10}101_0000{number % 8}_{word}"
    dataset = chance.choice((exposure, f"{word}{number}q", f"{other}-{word}"))
    folders = ["data", "archive", "grp", "crds", f"r{number}", word, "2026", "ops"]
    return {
        "py": PY,
        "d": dataset,
        "p": "/" + "/".join(chance.sample(folders, 3)),
        "f": chance.choice((f"{dataset}_raw", f"{word}_{number}", f"{other}")),
        "w": word,
        "up": word.upper()[:5],
        "cap": word.capitalize(),
        "n": str(number),
        "port": _closed_port(),
        "tmp": folder,
        "fits": f"{PY} -c 'import sys; from astropy.io import fits; fits.open(sys.argv[1])'",
    }


def _closed_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


if __name__ == "__main__":
    main()
