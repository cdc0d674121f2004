#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Everything that leaves a running installation is signed: mail, notices, reports, mail made 7-bit on the way; keys are made,
replaced and kept over a restart. What is judged here are the bytes the next server got."""
import json
import pathlib
import re
import stat
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from house import Client, House, Sink, letter, program, report, until  # noqa: E402

POLICY = """version: 1
domains: [own.example]
default: clear
rules:
  - name: Protect
    when: {subject_contains_words: secret}
    then: Encrypt-Only
"""
FRESH = 6       # seconds until new keys are known to the relay


class Wire(Sink):
    """Keeps the bytes of each message; says no to nobody@…; may know only 7 bits."""
    kept, is_8bit = [], True

    def talk(self, rfile, wfile):
        def say(line):
            wfile.write(line + b"\r\n")
            wfile.flush()
        say(b"220 sink.example ESMTP")
        while line := rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say(b"250-sink.example\r\n" + (b"250-8BITMIME\r\n" if self.is_8bit else b"") + b"250 SIZE 0")
            elif verb == b"RCPT" and b"nobody@" in line:
                say(b"550 5.1.1 nobody here")
            elif verb == b"DATA":
                say(b"354 go on")
                data = b""
                while (line := rfile.readline()) != b".\r\n":
                    if not line:
                        return
                    data += line[1:] if line.startswith(b".") else line
                with self.lock:
                    self.kept.append(data)
                say(b"250 2.0.0 kept")
            elif verb == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(b"250 ok")


class Desk:
    def __init__(self, house, wire):
        self.house, self.wire = house, wire

    def run(self, *words):
        return self.house.run("dkim", *words)

    def records(self):
        return [json.loads(line) for line in self.run("dns", "own.example", "--json").stdout.splitlines()]

    def send(self, subject, to="x@out.example", text="Hello\r\n"):
        self.wire.kept.clear()
        with Client(self.house.smtp) as c:
            c.send("anna@own.example", [to], letter(subject, text=text))
        return until(lambda: self.wire.kept and self.house.drained() and list(self.wire.kept))

    def verdicts(self, raw):
        """{selector: result} by our own command, with the keys as a name server would have them."""
        folder = self.house.folder
        (folder / "mail.eml").write_bytes(raw)
        (folder / "keys.txt").write_text("".join(f"{r['name']} {''.join(r['strings'])}\n" for r in self.records()))
        done = self.run("verify", str(folder / "mail.eml"), "--keys", str(folder / "keys.txt"), "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, {r["selector"]: r["result"] for r in rows if r["what"] == "DKIM"}

    def others(self, raw):
        """dkimpy's verdicts, or None where it is not installed."""
        keys = {r["name"]: "".join(r["strings"]) for r in self.records()}
        code = ("import dkim, json, sys\nkeys = json.loads(sys.argv[1])\nraw = sys.stdin.buffer.read()\n"
                "get = lambda name, timeout=5: keys[name.decode().rstrip('.')].encode()\n"
                "print([dkim.DKIM(raw).verify(idx=i, dnsfunc=get) for i in (0, 1)])")
        done = subprocess.run(["/usr/bin/python3", "-c", code, json.dumps(keys)], input=raw, capture_output=True)
        return None if b"No module named" in done.stderr else done.stdout.decode().strip() or done.stderr.decode()[-300:]


def signed(d, name, raw, selector):
    code, said = d.verdicts(raw)
    others = d.others(raw)
    want = {f"{selector}-rsa": "pass", f"{selector}-ed25519": "pass"}
    return report(code == 0 and said == want and others in (None, "[True, True]"), name, f"{code} {said} {others}")


def keys_are_made(d):
    good = report(b"DKIM-Signature" not in d.send("before")[0], "without keys mail leaves unsigned")
    done = d.run("create", "own.example", "--selector", "one", "--after", "0")
    good &= report(done.returncode == 0 and "one-rsa._domainkey.own.example. IN TXT (" in done.stdout and
                   all(len(s) <= 255 for s in re.findall('"([^"]*)"', done.stdout)), "keys are made, records printed", done.stderr)
    again = d.run("create", "own.example")
    good &= report(again.returncode != 0 and "rotate" in again.stderr, "a second create is refused", again.stderr)
    files = list((d.house.conf.parent / "keys").glob("dkim-*.key"))
    owner = (d.house.conf.parent / "keys").stat().st_uid
    good &= report(len(files) == 1 and stat.S_IMODE(files[0].stat().st_mode) == 0o600 and files[0].stat().st_uid == owner,
                   "the key file is the keeper's alone")
    bad = d.run("create", "not a domain")
    return report(bad.returncode == 65 or bad.returncode == 78, "what is no domain is refused", bad.stderr) and good


def all_is_signed(d):
    time.sleep(FRESH)
    mail = d.send("plain")[0]
    good = signed(d, "mail is signed", mail, "one")
    code, said = d.verdicts(mail.replace(b"\r\n\r\nHello", b"\r\n\r\nHullo"))
    good &= report(code == 65 and set(said.values()) == {"fail"}, "and a changed body is found out", str(said))
    code, said = d.verdicts(b"Subject: another\r\n" + mail)
    good &= report(code == 65 and set(said.values()) == {"fail"}, "and so is a second subject", str(said))
    notice = d.send("secret plans")[0]
    good &= signed(d, "a notice is signed", notice, "one") and report(b"/m/" in notice or b"https://" in notice, "it is a notice")
    bounce = d.send("lost", to="nobody@out.example")[0]
    good &= signed(d, "a report is signed", bounce, "one") and report(b"delivery-status" in bounce, "it is a report")
    d.wire.is_8bit = False
    d.house.stop()
    assert d.house.start(), d.house.said()
    seven = d.send("seven", text="sch\u00f6n \r\n.dot\r\n\r\n\r\n")[0]
    good &= report(seven.isascii(), "what goes to a server of 7 bits has 7 bits")
    return signed(d, "and is signed as it left, also after a restart", seven, "one") and good


def keys_are_replaced(d):
    old = d.send("old")[0]
    done = d.run("rotate", "own.example", "--selector", "two")
    states = {r["name"].split(".")[0]: r["state"] for r in d.records()}
    good = report(done.returncode == 0 and states["one-rsa"] == "signs" and states["two-rsa"] == "waits",
                  "new keys wait, the old sign", done.stderr + str(states))
    d.run("rotate", "own.example", "--selector", "three", "--after", "0")
    time.sleep(FRESH)
    good &= signed(d, "new keys sign", d.send("new")[0], "three")
    good &= signed(d, "mail on its way is still verified", old, "one")
    states = {r["name"].split(".")[0]: r["state"] for r in d.records()}
    good &= report(states["one-rsa"] == "retired" and "take its records away after" in d.run("dns", "own.example").stdout,
                   "the old keys are retired", str(states))
    noted = d.house.query("SELECT count(*) FROM audit WHERE event = 'dkim.created'")[0][0]
    return report(noted == 3, "each making is in the audit record", str(noted)) and good


def main():
    wire = Wire()
    house = House(program("LETTERLOCK"), wire.port).ready_made()
    (house.conf.parent / "policy.yaml").write_text(POLICY)
    d = Desk(house, wire)
    try:
        assert house.start(), house.said()
        good = keys_are_made(d)
        good &= all_is_signed(d)
        good &= keys_are_replaced(d)
    finally:
        house.clear_away()
        wire.close()
    return good


sys.exit(0 if main() else 1)
