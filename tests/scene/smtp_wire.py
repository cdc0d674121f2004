# SPDX-License-Identifier: Apache-2.0
"""A raw SMTP client and the server under test, for smtp_cases.py, smtp_own.py.

The client sends exactly the bytes it is given and reads replies one by one;
nothing is encoded, stuffed or repaired on the way.
"""
import argparse
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ENVELOPE = b"MAIL FROM:<s@example.com>\r\nRCPT TO:<r@example.net>\r\n"
LETTER = b"From: s@example.com\r\nTo: r@example.net\r\nSubject: t\r\n\r\n"


class Closed(Exception):
    pass


class Client:
    def __init__(self, address, source=None, seconds=20):
        self.sock = socket.create_connection(address, seconds, (source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def line(self):
        while b"\n" not in self.held:
            try:
                more = self.sock.recv(65536)
            except (ConnectionError, ssl.SSLError) as e:
                raise Closed(str(e)) from e
            if not more:
                raise Closed("closed")
            self.held += more
        line, _, self.held = self.held.partition(b"\n")
        return line + b"\n"

    def reply(self):
        """(code, text) of one whole reply; a malformed one is a failure."""
        text = []
        while True:
            line = self.line()
            m = re.fullmatch(rb"(\d{3})([ -])([^\r\n]*)\r\n", line)
            if not m:
                raise AssertionError(f"malformed reply {line!r}")
            text.append(m[3].decode("utf-8", "replace"))
            if m[2] == b" ":
                return int(m[1]), "\n".join(text)

    def say(self, data, code=None):
        self.send(data if data.endswith(b"\n") else data + b"\r\n")
        got = self.reply()
        if code is not None:
            want(got[0], code, data[:60])
        return got

    def codes(self, n):
        return [self.reply()[0] for _ in range(n)]

    def rest(self, seconds=2):
        """Codes of everything until the server closes or falls silent."""
        self.sock.settimeout(seconds)
        codes = []
        try:
            while True:
                codes.append(self.reply()[0])
        except (Closed, TimeoutError):
            return codes

    def hello(self):
        want(self.reply()[0], 220)
        return self.say(b"EHLO client.example.com", 250)[1]

    def envelope(self):
        for line in ENVELOPE.splitlines(True):
            self.say(line, 250)

    def data(self, content):
        """DATA with these bytes, which hold their own end; the reply."""
        self.say(b"DATA", 354)
        self.send(content)
        return self.reply()

    def tls(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.sock, self.held = context.wrap_socket(self.sock, server_hostname="mx.letterlock.test"), b""

    def starttls(self):
        self.say(b"STARTTLS", 220)
        self.tls()
        return self.say(b"EHLO client.example.com", 250)[1]

    def is_closed(self, seconds=5):
        self.sock.settimeout(seconds)
        try:
            while self.sock.recv(65536):
                pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False


def want(got, wanted, about=""):
    wanted = wanted if isinstance(wanted, (list, tuple, set, range)) else (wanted,)
    if got not in wanted:
        raise AssertionError(f"{about!r}: got {got}, want {' or '.join(map(str, wanted))[:80]}")


def check(ok, why):
    if not ok:
        raise AssertionError(why)


class Server:
    """smtp_server of this folder with options, or a running one by address."""

    def __init__(self, program, *options, address=None, inbox=None):
        self.child = None
        self.address, self.inbox = address, inbox and pathlib.Path(inbox)
        self.dir = None
        if program:
            self.dir = pathlib.Path(tempfile.mkdtemp(prefix="ll-smtp-"))
            self.inbox = self.dir / "in"
            self.inbox.mkdir()
            self.log = open(self.dir / "log", "wb")
            self.child = subprocess.Popen([program, str(self.inbox), *certificate(self.dir), *options],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
            self.address = ("127.0.0.1", int(self.child.stdout.readline()))
        self.seen = set(self.files())

    def files(self):
        return sorted(self.inbox.glob("*.eml")) if self.inbox else []

    def new(self):
        """Messages accepted since the last call; None when we cannot look."""
        if not self.inbox:
            return None
        fresh = [f for f in self.files() if f not in self.seen]
        self.seen.update(fresh)
        return [f.read_bytes() for f in fresh]

    def client(self, **options):
        return Client(self.address, **options)

    def stop(self):
        """The exit code: not 0 when a sanitizer had something to say."""
        code = 0
        if self.child:
            self.child.stdin.close()
            code = self.child.wait(30)
            self.log.close()
            if code:
                sys.stdout.write((self.dir / "log").read_text(errors="replace")[-4000:])
            shutil.rmtree(self.dir)
        return code


def certificate(folder):
    if not (folder / "key").exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=mx.letterlock.test", "-days", "2", "-keyout", folder / "key", "-out",
                        folder / "cert"], check=True, stderr=subprocess.DEVNULL)
    return ["--cert", str(folder / "cert"), "--key", str(folder / "key")]


def arguments(text):
    p = argparse.ArgumentParser(description=text)
    p.add_argument("--server", help="the smtp_server program, started here")
    p.add_argument("--address", help="host:port of a running server instead")
    p.add_argument("--inbox", help="where that one writes *.eml, if anywhere")
    p.add_argument("--only", help="cases whose name holds this")
    return p.parse_args()


def run(cases, only=None):
    """Run (name, function) pairs and print a line each; the exit code."""
    bad = 0
    for name, case in cases:
        if only and only not in name:
            continue
        started = time.monotonic()
        try:
            case()
            print(f"ok {name}" + (f" ({time.monotonic() - started:.1f} s)" if "-v" in os.environ.get("CASES", "") else ""), flush=True)
        except (AssertionError, Closed, OSError, ssl.SSLError) as e:
            bad += 1
            print(f"not ok {name}: {type(e).__name__} {e}", flush=True)
    return 1 if bad else 0
