# SPDX-License-Identifier: Apache-2.0
"""A real installation, and a server behind it that keeps what it is sent, line
by line. Used by the programs beside it; needs neither root nor Postfix."""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from house import Client, House, Refused, Sink, letter, program, report  # noqa: E402

__all__ = ["Client", "Refused", "Scene", "field", "letter", "report"]


class Recorder(Sink):
    """Keeps every transaction: the MAIL line, the RCPT lines, the bytes."""

    def talk(self, rfile, wfile):
        def say(line):
            wfile.write(line + b"\r\n")
            wfile.flush()
        mail, rcpts = b"", []
        say(b"220 sink.example ESMTP")
        while line := rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say(b"250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE 0")
                continue
            if verb == b"MAIL":
                mail, rcpts = line.decode(), []
            elif verb == b"RCPT":
                rcpts.append(line.decode().strip())
            elif verb == b"DATA":
                say(b"354 go on")
                data = b""
                while (line := rfile.readline()) != b".\r\n":
                    data += line or sys.exit()
                with self.lock:
                    self.kept.append((mail, rcpts, data.decode()))
            elif verb == b"QUIT":
                return
            say(b"250 2.0.0 ok")


class Scene:
    """An installation with this policy and these files beside it: with `with`."""

    def __init__(self, policy, files, settings):
        self.sink = Recorder()
        self.sink.kept = []
        self.house = House(program("LETTERLOCK"), self.sink.port).ready_made()
        for key, value in settings.items():
            self.house.set(f"# {key}: .*", f"{key}: {value}")
        self.folder = self.house.conf.parent
        for name, data in {**files, "policy.yaml": policy.encode()}.items():
            (self.folder / name).write_bytes(data)
            (self.folder / name).chmod(0o644)

    def __enter__(self):
        assert self.house.start(), self.house.said()
        return self

    def __exit__(self, *_):
        self.house.clear_away()
        self.sink.close()

    def send(self, subject, to, sender="anna@own.example", extra=""):
        """What left for whom: {address: (RCPT line, bytes, MAIL line)}."""
        self.sink.kept.clear()
        with Client(self.house.smtp) as c:
            c.send(sender, to, letter(subject, extra=extra))
        assert self.house.drained(), self.house.said()
        out = {}
        for mail, rcpts, data in self.sink.kept:
            for line in rcpts:
                address = re.search("<(.*?)>", line).group(1)
                assert address not in out, f"{address} got it twice"
                out[address] = (line, data, mail)
        return out

    def rows(self):
        """(address, action, reason) of the last message."""
        return self.house.query("SELECT address, action, reason FROM recipient WHERE message = (SELECT max(id) FROM message) ORDER BY n")


def field(data, name):
    """A header field as it stands there."""
    found = re.findall(rf"(?ims)^{name}:(.*?)\r\n(?![ \t])", data.split("\r\n\r\n")[0] + "\r\n")
    return [value.strip() for value in found]
