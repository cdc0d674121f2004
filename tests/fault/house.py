# SPDX-License-Identifier: Apache-2.0
"""An installation to break, the world's mail server behind it, and a client.

Used by the programs beside it. Everything lives in a folder under /tmp, with
ports that were free a moment ago; Python's own library is all that is needed.
"""
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE = 20
TO_CLEAN_UP_S = 5


def program(variable):
    """The built program the runner names; the test is skipped without."""
    path = os.environ.get(variable, "")
    if not os.access(path, os.X_OK):
        print(f"skipped: {variable} names no program")
        sys.exit(77)
    return path


RESERVED = []   # as long as this program runs


def reserve(port):
    """No other test gets it: each holds a lock on its ports' names. False: somebody has it."""
    lock = socket.socket(socket.AF_UNIX)
    try:
        lock.bind(f"\0letterlock-test-port-{port}")
        with socket.socket() as s:
            s.bind(("127.0.0.1", port))
    except OSError:
        lock.close()
        return False
    RESERVED.append(lock)
    return True


def free_ports(n):
    """Ports nobody else is given meanwhile: below those the kernel picks for outgoing connections."""
    ports = []
    while len(ports) < n:
        port = random.randrange(12000, 32000)
        if reserve(port):
            ports.append(port)
    return ports


def limit():
    """End with an error, cleaning up, before the runner ends us without: it says when (tests/run)."""
    seconds = int(os.environ.get("LETTERLOCK_TEST_SECONDS", "3600")) - TO_CLEAN_UP_S

    def late(*_):
        raise TimeoutError(f"not done after {seconds} s")
    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)


def until(condition, seconds=PATIENCE, pause=0.02):
    """What the condition last said: true, or it took too long."""
    end = time.monotonic() + seconds
    while not (got := condition()) and time.monotonic() < end:
        time.sleep(pause)
    return got


class Sink:
    """A mail server that keeps count: who got how many, and when."""

    def __init__(self, delay=0.0):
        self.lock = threading.Lock()
        self.arrived = {}
        self.delay = delay
        self.is_busy = False    # every transaction gets 451
        self.keeps = False      # what came, too
        self.mails = {}
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self.handler(), bind_and_activate=False)
        self.server.allow_reuse_address = True
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.server.request_queue_size = 128
        self.server.server_bind()
        self.server.server_activate()
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def handler(self):
        sink = self

        class Session(socketserver.StreamRequestHandler):
            wbufsize = -1
            disable_nagle_algorithm = True

            def handle(self):
                try:
                    sink.talk(self.rfile, self.wfile)
                except (ConnectionError, OSError, EOFError):
                    pass
        return Session

    def talk(self, rfile, wfile):
        def say(line):
            wfile.write(line + b"\r\n")
            wfile.flush()
        rcpts, has_mail = [], False
        say(b"220 sink.example ESMTP")
        while line := rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say(b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE 0")
            elif verb == b"MAIL" and self.is_busy:
                say(b"451 4.3.2 not now")
            elif verb in (b"RCPT", b"DATA") and not has_mail:
                say(b"503 5.5.1 MAIL first")
            elif verb == b"RCPT":
                rcpts.append(re.search(rb"<([^>]*)>", line).group(1).decode())
                say(b"250 2.1.5 ok")
            elif verb == b"DATA":
                say(b"354 go on")
                body = []
                while (line := rfile.readline()) != b".\r\n":
                    if not line:
                        raise EOFError
                    body.append(line[1:] if line.startswith(b".") else line)
                time.sleep(self.delay)
                with self.lock:
                    for r in rcpts:
                        self.arrived[r] = self.arrived.get(r, 0) + 1
                        if self.keeps:
                            self.mails.setdefault(r, []).append(b"".join(body))
                say(b"250 2.0.0 kept")
                rcpts, has_mail = [], False
            elif verb == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(b"250 ok")
                if verb in (b"RSET", b"MAIL"):
                    rcpts, has_mail = [], verb == b"MAIL"

    def count(self, recipient):
        with self.lock:
            return self.arrived.get(recipient, 0)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Refused(Exception):
    """The server said no: code and words."""

    def __init__(self, code, words):
        super().__init__(f"{code} {words}")
        self.code, self.words = code, words


class Client:
    """SMTP without help, so that it can also be done wrongly."""

    def __init__(self, port, timeout=30):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.sock.makefile("rb")
        self.expect(220)
        self.command("EHLO client.example")

    def reply(self):
        words = []
        while True:
            line = self.file.readline().decode(errors="replace")
            if not line:
                raise ConnectionError("the server closed the connection")
            words.append(line[4:].strip())
            if line[3:4] != "-":
                return int(line[:3]), " ".join(words)

    def expect(self, *codes):
        code, words = self.reply()
        if code not in codes:
            raise Refused(code, words)
        return words

    def command(self, line, *codes):
        self.sock.sendall(line.encode() + b"\r\n")
        return self.expect(*(codes or (250,)))

    def send(self, sender, recipients, body):
        """Returns the words of the 250."""
        self.command(f"MAIL FROM:<{sender}>")
        for r in recipients:
            self.command(f"RCPT TO:<{r}>")
        self.command("DATA", 354)
        self.sock.sendall(body + b"\r\n.\r\n")
        return self.expect(250)

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def letter(subject, text="Hello\r\n", extra=""):
    return (f"From: Anna <anna@own.example>\r\nTo: x@out.example\r\nSubject: {subject}\r\n"
            f"Date: Tue, 24 Nov 2026 01:02:03 +0000\r\nMessage-ID: <{subject}@own.example>\r\n{extra}"
            f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}").encode()


class House:
    """An installation: its folder, its ports, its running server."""

    def __init__(self, binary, sink_port, folder=None):
        self.binary = binary
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="letterlock-fault-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.conf = self.folder / "house" / "letterlock.conf"
        self.state = self.folder / "house" / "state"
        self.database = self.state / "letterlock.db"
        self.log = self.folder / "log"
        self.smtp, self.portal = free_ports(2)
        self.sink_port = sink_port
        self.server = None

    def init(self, env=None):
        return subprocess.run(
            [self.binary, "init", str(self.folder / "house"), "--hostname", "mail.own.example",
             "--domain", "own.example", "--next-hop", f"127.0.0.1:{self.sink_port}",
             "--smtp", f"127.0.0.1:{self.smtp}", "--portal", f"127.0.0.1:{self.portal}",
             "--url", f"https://localhost:{self.portal}"],
            env={**os.environ, **(env or {})}, capture_output=True, text=True)

    def ready_made(self):
        done = self.init()
        assert done.returncode == 0, done.stderr
        self.set(r"# retry_first: .*", "retry_first: 50 ms")
        self.set(r"# retry_max: .*", "retry_max: 500 ms")
        return self

    def copy(self):
        """The same house elsewhere, with its own ports."""
        twin = House(self.binary, self.sink_port)
        subprocess.run(["cp", "-a", str(self.conf.parent), str(twin.folder)], check=True)
        text = self.conf.read_text()
        for ours, its in ((self.smtp, twin.smtp), (self.portal, twin.portal)):
            text = text.replace(f":{ours}", f":{its}")
        twin.conf.write_text(text)
        return twin

    def set(self, pattern, line):
        text, n = re.subn(pattern, lambda _: line, self.conf.read_text(), count=1)
        assert n == 1, pattern
        self.conf.write_text(text)

    def run(self, *words, env=None, timeout=60):
        return subprocess.run([self.binary, *words, "-c", str(self.conf)], capture_output=True, text=True,
                              env={**os.environ, **(env or {})}, timeout=timeout)

    def start(self, env=None, seconds=PATIENCE):
        """True when it is ready; false when it ended or is not ready in time."""
        since = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.server = subprocess.Popen([self.binary, "serve", "-c", str(self.conf)], stdout=log, stderr=log,
                                           env={**os.environ, **(env or {})}, start_new_session=True)
        until(lambda: " ready " in self.said(since) or self.server.poll() is not None, seconds)
        return " ready " in self.said(since)

    def said(self, since=0):
        """What the server wrote."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as f:
            f.seek(since)
            return f.read().decode(errors="replace")

    def role(self, name):
        """The newest process id of a role, by the server's own log."""
        found = re.findall(rf"started role={name} pid=(\d+)", self.said()) or ["0"]
        return int(found[-1])

    def kill(self):
        """The whole at once, as if the power went."""
        if self.server is None:
            return
        try:
            os.killpg(self.server.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.server.wait()
        until(lambda: not self.members(), 5, 0.01)
        self.server = None

    def members(self):
        """Processes of the server's session that are still there; one whose first thread has ended may have others that wait for
        the disk and hold its ports."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                after = pathlib.Path("/proc", pid, "stat").read_text().rsplit(")", 1)[1].split()
                threads = len(os.listdir(f"/proc/{pid}/task"))
            except OSError:
                continue
            if int(after[3]) == self.server.pid and (after[0] != "Z" or threads > 1):
                found.append(int(pid))
        return found

    def stop(self, seconds=60):
        """SIGTERM and wait. Returns the exit code."""
        self.server.terminate()
        code = self.server.wait(seconds)
        self.server = None
        return code

    def query(self, sql, *values):
        db = sqlite3.connect(self.database, timeout=20)
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def waiting(self):
        return self.query("SELECT count(*) FROM item WHERE state < 2")[0][0]

    def drained(self, seconds=PATIENCE):
        return until(lambda: self.waiting() == 0, seconds)

    def clear_away(self):
        if self.server is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def report(ok, name, why=""):
    print(("ok " if ok else "not ok ") + name + (f": {why}" if why and not ok else ""), flush=True)
    return ok
