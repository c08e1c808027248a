"""Makes `held_out.jsonl`: failures of yet other kinds than the two sets before it, which no rule was tuned on.

`python -m tests.data.causes.held_out`. Whoever changes a rule of `owl/causes.py` because of what is in this set has
used it up: the share that it gives is then no longer one of unseen failures, and a fresh set is wanted.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from tests.data.causes.generate import rows

OUTPUT = Path(__file__).with_name("held_out.jsonl")
VARIANTS = 6

# Label → a shell script; the words in braces are those of generate.py.
CAUSES: dict[str, str] = {
    "python: unbound": """{py} -c "
def {w}():
    print(x{n}); x{n} = 1
{w}()" """,
    "python: call": """{py} -c "None({n})" """,
    "python: iterate": """{py} -c "for _ in {n}: pass" """,
    "python: arguments": """{py} -c "
def {w}(a): pass
{w}(*range({n}))" """,
    "python: overflow": """{py} -c "import math; math.exp({n})" """,
    "python: domain": """{py} -c "import math; math.sqrt(-{n})" """,
    "python: hex": """{py} -c "bytes.fromhex('{d}')" """,
    "python: encode": """{py} -c "'{d}\\u20ac'.encode('latin-1')" """,
    "python: decimal": """{py} -c "import decimal; decimal.Decimal('{d}')" """,
    "python: uuid": """{py} -c "import uuid; uuid.UUID('{d}')" """,
    "python: address": """{py} -c "import ipaddress; ipaddress.ip_address('{d}')" """,
    "python: configparser": """{py} -c "
import configparser; configparser.ConfigParser()['{w}_{n}']" """,
    "python: ini": """echo '{d}' > {f}.ini; {py} -c "
import configparser; configparser.ConfigParser().read('{f}.ini')" """,
    "python: tar": """echo {d} > {f}.tar; {py} -c "import tarfile; tarfile.open('{f}.tar')" """,
    "python: lzma": """echo {d} > {f}.xz; {py} -c "import lzma; lzma.open('{f}.xz').read()" """,
    "python: same file": """touch {f}; {py} -c "import shutil; shutil.copy('{f}', '{f}')" """,
    "python: move": """{py} -c "import shutil; shutil.move('{p}/{f}', '{w}')" """,
    "python: not empty": """mkdir -p {w}/{f}; {py} -c "import os; os.rmdir('{w}')" """,
    "python: no program": """{py} -c "import subprocess; subprocess.run(['{w}_{n}', '{d}'])" """,
    "python: exec": """echo {d} > {w}; chmod +x {w}; {py} -c "import subprocess; subprocess.run(['./{w}'])" """,
    "python: user": """{py} -c "import pwd; pwd.getpwnam('{w}{n}')" """,
    "python: module main": """{py} -m {w}_{n}""",
    "python: no script": """{py} {p}/{f}.py""",
    "python: port": """{py} -c "import socket; socket.socket().connect(('127.0.0.1', {n} + 65536))" """,
    "python: connect time-out": """{py} -c "
import socket; s = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(s.getsockname(), {n})
c.settimeout(0.01); c.recv(1)" """,
    "python: broken pipe": """{py} -c "
import os; r, w = os.pipe(); os.close(r); os.write(w, b'{d}')" """,
    "python: too many files": """{py} -c "
import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
kept = [open('{f}.' + str(k), 'w') for k in range({n})]" """,
    "python: cancelled": """{py} -c "
import asyncio
asyncio.run(asyncio.wait_for(asyncio.sleep({n}), 0.01))" """,
    "python: warning as error": """{py} -W error -c "
import warnings; warnings.warn('{d} has {n} masked pixels')" """,
    "python: enum": """{py} -c "
import enum
class Filter(enum.Enum): F814W = 'a'
Filter('{d}')" """,
    "python: dataclass": """{py} -c "
import dataclasses
@dataclasses.dataclass
class Exposure: a: int
Exposure(**dict(a=1, {w}_{n}=2))" """,
    "python: sqlite no column": """{py} -c "
import sqlite3; a = sqlite3.connect(':memory:'); a.execute('create table t (a)')
a.execute('select {w}_{n} from t')" """,
    "python: sqlite read-only": """{py} -c "
import sqlite3; sqlite3.connect('{w}.db').execute('create table t (a)')
a = sqlite3.connect('file:{w}.db?mode=ro', uri=True); a.execute('insert into t values ({n})')" """,
    "python: yaml tag": """echo 'a: !{w}{n} x' > {f}; {py} -c "import yaml; yaml.safe_load(open('{f}'))" """,
    "python: jinja syntax": """{py} -c "import jinja2; jinja2.Template('{{% for %}}{n}')" """,
    "python: jinja none": """{py} -c "
import jinja2; jinja2.Environment(loader=jinja2.FileSystemLoader('{p}')).get_template('{f}')" """,
    "python: click no command": """{py} -c "
import click
@click.group()
def main(): pass
main(['{w}{n}'])" """,
    "python: click missing": """{py} -c "
import click
@click.command()
@click.argument('path', type=click.Path(exists=True))
def main(path): pass
main(['{p}/{f}'])" """,
    "python: url": """{py} -c "import urllib.request as u; u.urlopen('{w}-{n}')" """,
    "python: not found on server": """{py} -c "
import http.server, threading, urllib.request as u
s = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=s.serve_forever, daemon=True).start()
u.urlopen('http://127.0.0.1:%d/{d}_{n}' % s.server_port)" 2>&1 >/dev/null | grep -v '"GET' >&2; exit 1""",
    "numpy: dtype": """{py} -c "import numpy as np; np.dtype('{w}{n}')" """,
    "numpy: concatenate": """{py} -c "
import numpy as np; np.concatenate([np.zeros((2, {n})), np.zeros((2, 3))])" """,
    "numpy: broadcast": """{py} -c "import numpy as np; np.zeros({n})[:] = np.zeros({n} + 1)" """,
    "numpy: text": """echo '{w} x' > {f}; {py} -c "import numpy as np; np.loadtxt('{f}')" """,
    "numpy: empty": """{py} -c "import numpy as np; np.zeros((0, {n})).max()" """,
    "scipy: bracket": """{py} -c "from scipy.optimize import brentq; brentq(lambda x: x * x + {n}, -1, 1)" """,
    "scipy: interpolate": """{py} -c "
import numpy as np; from scipy.interpolate import interp1d
interp1d([0, 1], [0, 1])({n})" """,
    "astropy: header card": """{py} -c "
from astropy.io import fits; h = fits.Header(); h['{up}'] = 'x' * {n} + chr(200)" """,
    "astropy: hdu index": """{py} -c "
from astropy.io import fits; fits.HDUList([fits.PrimaryHDU()])[{n}]" """,
    "astropy: table rows": """{py} -c "
from astropy.table import Table; Table(dict(a=[1] * ({n} % 97 + 2), b=[1]))" """,
    "astropy: unit mismatch": """{py} -c "
from astropy import units as u; u.Quantity({n}, 'm') + u.Quantity(1, 's')" """,
    "cp: same file": """touch {w}; cp {w} {w}""",
    "cp: directory": """mkdir {w}; cp {w} {f}2""",
    "mv: no such file": """mv {p}/{f} .""",
    "tail: no such file": """tail -n {n} {p}/{f}""",
    "wc: no such file": """wc -l {p}/{f}""",
    "cut: no list": """cut -f {n}x /dev/null""",
    "split: zero": """split -n x{n} /dev/null""",
    "truncate: size": """truncate -s {n}q {f}""",
    "install: no such file": """install {p}/{f} {w}""",
    "readlink": """mktemp {p}/{f}.XXXXXX""",
    "tee: no directory": """echo | tee {p}/{f}""",
    "du: no such file": """du {p}/{f}""",
    "test: integer": """[ {w} -gt {n} ]""",
    "sh: arithmetic": """echo $(({n} / 0))""",
    "sh: bad substitution": """echo ${{{w}-{n}!}} ${{!{w}@{n}}}""",
    "sh: cd": """cd {p}/{d}""",
    "sh: dot": """. {p}/{f}""",
    "sh: expands to nothing": """: ${{{w}_{n}:?is needed}}""",
    "bash: ambiguous": """bash -c 'x="a b"; echo {n} > $x'""",
    "bash: no program": """bash -c '{w}_{n} {d}'""",
    "env: no program": """env {w}_{n} {d}""",
    "timeout: no program": """timeout 5 {w}_{n}""",
    "xargs: no program": """echo {d} | xargs {w}_{n}""",
    "gcc: syntax": """echo 'int main() {{ return {n} }}' > {w}.c; gcc {w}.c""",
    "gcc: arguments": """echo 'int f(int a); int main() {{ return f({n}, 2); }}' > {w}.c; gcc -c {w}.c""",
    "gcc: library": """echo 'int main() {{ return 0; }}' > {w}.c; gcc {w}.c -l{w}{n}""",
    "gcc: option": """gcc -f{w}{n} -c x.c""",
    "make: target": """printf 'all: {w}{n}\\n' > Makefile; make""",
    "git: not a branch": """git init -q; git rev-parse --verify {w}_{n}""",
    "git: remote": """git init -q; git fetch {w}_{n}""",
    "tar: create": """tar cf {p}/{f}.tar .""",
    "gzip: missing": """gzip {p}/{f}""",
    "xz: missing": """xz {p}/{f}""",
    "unzip: missing": """unzip {p}/{f}.zip""",
    "curl: host": """curl -sS http://{w}{n}.invalid/{d}""",
    "curl: url": """curl -sS 'http://[{w}{n}'""",
    "perl: no file": """perl {p}/{f}.pl""",
    "perl: undefined sub": """perl -e '{w}_{n}()'""",
    "perl: die with line": """perl -e 'die "no dark for {d} within {n} days\\n"'""",
    "node: no script": """node {p}/{f}.js""",
    "node: range": """node -e 'new Array(-{n})'""",
    "jq: index": """echo '"{w}"' | jq '.[{n}]'""",
    "jq: number": """echo '{{"a": "{w}"}}' | jq '.a + {n}'""",
    "sqlite: no such column": """sqlite3 :memory: 'create table t (a); insert into t (b{n}) values (1)'""",
    "openssl: enc": """openssl dgst -{w}{n} /dev/null""",
    "id: no user": """id {w}{n}x""",
    "kill: no process": """kill -9 {n}999""",
    "killed by signal": """{py} -c "
import os, sys; print('calibrating {d}', file=sys.stderr, flush=True); os.abort()" """,
}

# One error, whoever meets it: labelled before anything was measured.
SAME = {"python: move": "python: no such file", "python: no program": "python: no such file"}


def main() -> None:
    found = list(rows(random.Random(24_12_2021), CAUSES, SAME, VARIANTS))
    OUTPUT.write_text("".join(json.dumps(row, sort_keys=True) + "\n" for row in found), encoding="utf-8")
    print(f"{len(found)} tails of {len({row['label'] for row in found})} causes")


if __name__ == "__main__":
    main()
