"""The nginx and the Apache example of `owl init --role gui`, run as they are before a real `owl web`.

Replaced is only what a site replaces, or what root alone may have: certificates and ports.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import re
import shutil
import signal
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from owl.pool.ports import choose_port
from tests.fixtures.gui import PASSWORD
from tests.fixtures.site import Site, wait_for
from tests.integration.web.conftest import Served

pytestmark = pytest.mark.timeout(600)

NAME = "owl.example.org"
HERE = "127.0.0.2"  # clients' addresses: on Linux all of 127.0.0.0/8 is this machine
CLIENTS = {"nginx": ("127.0.0.3", "127.0.0.4"), "apache": ("127.0.0.5", "127.0.0.6")}
MODULES = "mpm_event authz_core authz_host headers rewrite socache_shmcb ssl proxy proxy_http"
SSO_MODULES = "authn_core authn_file auth_basic authz_user"
APACHE_MODULES = Path("/usr/lib/apache2/modules")


@dataclass(frozen=True, kw_only=True)
class Front:
    """A proxy that runs: both its ports, and the certificate that its clients trust."""

    http: int
    https: int
    certificate: Path

    def ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        source: str = HERE,
    ) -> tuple[int, Message, str]:
        """Status, headers and text of a request by TLS, from one of the clients' addresses."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        connection = _Named(trust, self.https, source)
        given = {"Host": f"{NAME}:{self.https}", "Referer": f"https://{NAME}:{self.https}/", **(headers or {})}
        try:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def guess(self, source: str, name: str) -> int:
        """The status of a login that fails, of a client who says each time that he is another one."""
        _, headers, page = self.ask("GET", "/login", source=source)
        token = _found(r'name="csrf_token" value="([^"]+)"', page)
        form = urlencode({"name": name, "password": "a guess", "csrf_token": token})
        said = {"Cookie": _cookie(headers), "X-Forwarded-For": f"10.1.2.{random.randrange(256)}"}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", "/login", form, {**said, **kind}, source)[0]

    def log_in(self) -> tuple[str, str]:
        """Log the operator in; returns the cookie and what vouches for a change."""
        _, headers, page = self.ask("GET", "/login")
        cookie = _cookie(headers)
        token = _found(r'name="csrf_token" value="([^"]+)"', page)
        form = urlencode({"name": "olga", "password": PASSWORD, "csrf_token": token, "next": "/queue"})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        status, headers, page = self.ask("POST", "/login", form, kind)
        assert (status, headers["Location"]) == (302, "/queue"), page
        assert "Secure" in headers["Set-Cookie"]  # OWL knows that the client came by https
        cookie = _cookie(headers)
        status, headers, page = self.ask("GET", "/queue", headers={"Cookie": cookie})
        assert status == 200
        assert "max-age" in headers["Strict-Transport-Security"]
        start = json.loads(_found(r'<script type="application/json" id="start">(.*?)</script>', page))
        assert (start["user"]["name"], start["root"]) == ("olga", "")
        return _cookie(headers), start["csrf"]  # the page has put its token into the session


class _Named(http.client.HTTPSConnection):
    """A connection to loopback from an address of it; the certificate must be that of the site's name."""

    def __init__(self, trust: ssl.SSLContext, port: int, source: str) -> None:
        super().__init__("127.0.0.1", port, timeout=300, source_address=(source, 0))
        self._trust = trust

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=NAME)


@pytest.fixture(params=["nginx", "apache"])
def example(request: pytest.FixtureRequest) -> str:
    """The proxy's name, where its program is on this machine."""
    program = {"nginx": "nginx", "apache": "apache2"}[request.param]
    if _program(program) is None or shutil.which("openssl") is None:
        pytest.skip(f"there is no {program} (or no openssl) on this machine: apt-get install {program}")
    return str(request.param)


def test_the_gui_works_behind_the_example_and_believes_it_alone(served: Served, example: str) -> None:
    with running(served, example) as front:
        cookie, token = front.log_in()
        looks(front, served.site, cookie, token, example)
        addresses(front, cookie, CLIENTS[example])
        strangers(front)


def looks(front: Front, site: Site, cookie: str, token: str, example: str) -> None:
    """A change with and without its token; what a live page asks for is each time as it is now."""
    one = json.dumps({"dataset": f"{example}_0", "workflow": "pair"})
    sent = {"Cookie": cookie, "Content-Type": "application/json"}
    assert front.ask("POST", "/api/v1/entries", one, sent)[0] == 403
    evil = {**sent, "X-CSRFToken": token, "Referer": "https://evil.example/"}
    assert front.ask("POST", "/api/v1/entries", one, evil)[0] == 403
    status, _, said = front.ask("POST", "/api/v1/entries", one, {**sent, "X-CSRFToken": token})
    assert status in (200, 201), said
    seen = ""
    for count in (1, 2):
        live = {"Cookie": cookie, "If-None-Match": seen}
        status, headers, text = front.ask("GET", f"/api/v1/entries?q={example}_", headers=live)
        assert (status, len(json.loads(text)["rows"])) == (200, count)
        seen = headers["ETag"]
        live["If-None-Match"] = seen
        assert front.ask("GET", f"/api/v1/entries?q={example}_", headers=live)[0] == 304
        site.ops.add(f"{example}_{count}", "pair", requested_by="somebody else")


def addresses(front: Front, cookie: str, clients: tuple[str, str]) -> None:
    """OWL sees the client's address, by which it counts failed logins, and not what a client says of himself."""
    lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "X-Forwarded-Proto": "http"}
    status, _, page = front.ask("GET", "/queue", headers={"Cookie": cookie, **lies})
    assert status == 200
    assert "evil" not in page
    guesser, other = clients
    numbers = itertools.count()
    wait_for(lambda: front.guess(guesser, f"guess_{next(numbers)}_{guesser}") == 429, "a guesser is sent away")
    assert front.guess(other, f"other_{other}") == 401


def strangers(front: Front) -> None:
    """Nobody names himself by a header; what comes in the clear is sent away."""
    for header in ("X-Remote-User", "x-remote-user", "X_Remote_User"):
        status, headers, _ = front.ask("GET", "/queue", headers={header: "ada"})
        assert status == 302
        assert "/login" in headers["Location"]
    connection = http.client.HTTPConnection("127.0.0.1", front.http, timeout=300)
    connection.request("GET", "/queue", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/queue")
    connection.close()


def test_who_has_logged_in_at_the_example_is_known_to_owl(served: Served, example: str) -> None:
    with running(served, example, single_sign_on=True) as front:
        basic = {"Authorization": "Basic YWRhOmFkYQ==", "X-Remote-User": "olga"}  # ada:ada
        status, _, page = front.ask("GET", "/queue", headers=basic)
        assert status == 200
        assert '"name":"ada"' in page.replace(" ", "")
        assert front.ask("GET", "/queue", headers={"X-Remote-User": "ada"})[0] == 401


@contextmanager
def running(served: Served, example: str, *, single_sign_on: bool = False) -> Iterator[Front]:
    """The proxy of that example before `owl web`."""
    folder = served.site.folder / f"{example}{single_sign_on}"
    folder.mkdir()
    front = Front(http=choose_port(), https=choose_port(), certificate=folder / "owl.pem")
    text = localised(served.plan[f"{example}.conf"], front, served.port)
    with signing_on(folder) if single_sign_on else no_signing_on() as adapt:
        command = {"nginx": nginx, "apache": apache}[example](folder, adapt(example, text), front)
        log = folder / "log"
        with process(command, log) as ended:
            wait_for(lambda: ended() or answers(front), lambda: f"it answers\n{log.read_text()}")
            assert not ended(), log.read_text()
            yield front


def localised(text: str, front: Front, web: str) -> str:
    """The example with a certificate and ports that an ordinary account may have."""
    folder = front.certificate.parent
    make_certificate(folder)
    text = text.replace(f"/etc/ssl/certs/{NAME}.pem", str(front.certificate))
    text = text.replace(f"/etc/ssl/private/{NAME}.key", str(folder / "owl.key"))
    text = re.sub(r"127\.0\.0\.1:8420", f"127.0.0.1:{web}", text)
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.M)  # not every machine has IPv6
    text = re.sub(r"(listen |<VirtualHost \*:)80\b", rf"\g<1>{front.http}", text)
    return re.sub(r"(listen |<VirtualHost \*:)443\b", rf"\g<1>{front.https}", text)


def nginx(folder: Path, text: str, _front: Front) -> list[str]:
    """The command of an nginx that has the example in its sites, as Debian's has."""
    place = folder / "nginx"
    (place / "temp").mkdir(parents=True)
    (place / "site").write_text(text, encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {place}/temp/{kind};\n" for kind in kinds)
    main = f"daemon off; worker_processes 1; pid {place}/pid; error_log stderr;\nevents {{}}\n"
    (place / "conf").write_text(f"{main}http {{\naccess_log off;\n{paths}include {place}/site;\n}}\n")
    return [str(_program("nginx")), "-c", str(place / "conf"), "-p", str(place), "-e", "stderr"]


def apache(folder: Path, text: str, front: Front) -> list[str]:
    """The command of an Apache with the modules that the example asks for."""
    place = folder / "apache"
    place.mkdir()
    (place / "site").write_text(text, encoding="utf-8")
    modules = f"{MODULES} {SSO_MODULES}".split()
    lines = [f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in modules]
    lines += [f"ServerName {NAME}", f"ServerRoot {place}", f"PidFile {place}/pid", "ErrorLog /dev/stderr"]
    lines += [
        f"DefaultRuntimeDir {place}",
        f"Listen {front.http}",
        f"Listen {front.https}",
        f"Include {place}/site",
    ]
    (place / "conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [str(_program("apache2")), "-X", "-f", str(place / "conf")]


Adapt = Callable[[str, str], str]


@contextmanager
def no_signing_on() -> Iterator[Adapt]:
    """The example as it stands."""
    yield lambda _example, text: text


@contextmanager
def signing_on(folder: Path) -> Iterator[Adapt]:
    """The example with its lines for single sign-on, and something at hand that knows ada's password."""
    passwords = folder / "passwords"
    made = subprocess.run(["openssl", "passwd", "-apr1", "ada"], capture_output=True, text=True, check=True)
    passwords.write_text(f"ada:{made.stdout.strip()}\n", encoding="ascii")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Authority)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield lambda example, text: _signed(example, text, passwords, server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _signed(example: str, text: str, passwords: Path, port: int) -> str:
    if example == "nginx":
        text = text.replace('        proxy_set_header X-Remote-User "";\n', "")
        text = re.sub(r"(?<=        )# ((?:auth_request|proxy_set_header X-Remote-User).*;)", r"\1", text)
        there = f"location /oauth2/ {{ internal; proxy_pass http://127.0.0.1:{port}; }}\n    location / {{"
        return text.replace("location / {", there)
    commented = _found(r"(    # <Location \"/\">\n.*?# </Location>)", text)
    basic = f'AuthType Basic\n        AuthName OWL\n        AuthUserFile "{passwords}"'
    return text.replace(commented, commented.replace("# ", "").replace("AuthType openid-connect", basic))


class _Authority(BaseHTTPRequestHandler):
    """What oauth2-proxy answers to nginx's auth_request: who it is, or 401."""

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == "Basic YWRhOmFkYQ=="
        self.send_response(202 if known else 401)
        if known:
            self.send_header("X-Auth-Request-User", "ada")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@contextmanager
def process(command: list[str], log: Path) -> Iterator[Callable[[], bool]]:
    """Run it for the block; what it yields says whether it has ended."""
    with log.open("ab") as file:
        started = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield lambda: started.poll() is not None
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGTERM)
        try:
            started.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def answers(front: Front) -> bool:
    """Whether requests come through to OWL."""
    try:
        return front.ask("GET", "/healthz")[0] in (200, 401)
    except OSError:
        return False


def make_certificate(folder: Path) -> None:
    """A key and a certificate of the site's name that vouches for itself."""
    made = ["-keyout", str(folder / "owl.key"), "-out", str(folder / "owl.pem"), "-days", "2"]
    named = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(["openssl", "req", "-x509", *kind, *made, *named], capture_output=True, check=True)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def _cookie(headers: Message) -> str:
    return str(headers["Set-Cookie"]).partition(";")[0]


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.M | re.S)
    assert match, (pattern, text[:2000])
    return match[1]
