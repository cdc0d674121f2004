#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A policy is applied on a running installation, refused, taken back, found
again; and an apply that dies half way leaves a state that is explained."""
import hashlib
import json
import os
import signal
import smtplib
import stat
import subprocess

from rig import Rig, limit, program, report, until

SENDER, ANNA = "i.wald@tannwald.example", "anna@world.example"
PLAIN = """
  - name: Plainly
    when: {recipient_is: anna@world.example}
    then: clear
"""


class Policies:
    """The policy's file of an installation, and new ones beside it."""

    def __init__(self, rig):
        self.rig, self.house = rig, rig.house
        self.file = rig.house.conf.parent / "policy.yaml"
        self.first = self.file.read_bytes()
        self.plain = self.first.replace(b"rules:\n", b"rules:\n" + PLAIN.encode(), 1)

    def new(self, data, name="new.yaml"):
        path = self.rig.folder / name
        path.write_bytes(data)
        path.chmod(0o600)    # the gateway's user cannot read it
        return str(path)

    def run(self, verb, *words, **env):
        return self.house.run("policy", verb, *words, env=env)

    def rows(self, verb, *words):
        return [json.loads(line) for line in self.run(verb, *words, "--json").stdout.splitlines()]

    def history(self):
        return [(row["version"], row["author"], row["comment"], row["state"]) for row in self.rows("history")]


def verdict(rig):
    """How a message to Anna is sent now."""
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as smtp:
        smtp.sendmail(SENDER, [ANNA], f"From: {SENDER}\r\nTo: {ANNA}\r\nSubject: x\r\n\r\nx\r\n")
    return rig.house.query("SELECT action FROM recipient ORDER BY message DESC LIMIT 1")[0][0]


def differences(p):
    path = p.new(p.plain)
    same, other = p.run("diff", str(p.file), "--detailed-exitcode"), p.run("diff", path, "--detailed-exitcode")
    report(same.returncode == 0 and "would not change" in same.stdout and other.returncode == 2 and
           p.run("diff", path).returncode == 0, "versions: diff says by its code whether there is one", f"{same} {other}")
    rows = p.rows("diff", path)
    report([(r["change"], r["what"], r["name"]) for r in rows] == [("added", "rule", "Plainly")],
           "versions: diff names the rule", str(rows))
    back = p.rows("diff", path, str(p.file))
    report([(r["change"], r["name"]) for r in back] == [("removed", "Plainly")], "versions: diff of two files", str(back))
    dry = p.run("apply", path, "--dry-run")
    report(dry.returncode == 0 and "Plainly" in dry.stdout and p.file.read_bytes() == p.first and not p.history(),
           "versions: a dry run only shows", str(dry))
    report(p.run("apply", path).returncode == 64, "versions: why is asked for")


def applied(p):
    before = verdict(p.rig)
    os.chown(p.file, 0, 4711)
    p.file.chmod(0o640)
    done = p.run("apply", p.new(p.plain), "--comment", "Anna \"at\" last", "--author", "Eva Wald")
    st = p.file.stat()
    report(done.returncode == 0 and "Version 2 is in force." in done.stdout and "Plainly" in done.stdout and
           p.file.read_bytes() == p.plain, "versions: apply shows the change and puts it in place", str(done))
    report((st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)) == (0, 4711, 0o640), "versions: the file keeps its owner and mode", str(st))
    report((before, verdict(p.rig)) == ("portal", "clear"), "versions: when apply returns, mail is judged by it", before)
    report(p.history() == [(2, "Eva Wald", 'Anna "at" last', "in force"), (1, "-", "found in place", "")],
           "versions: what was found in place is version 1", str(p.history()))
    owner = p.house.database.stat().st_uid
    strange = [str(f) for f in p.house.state.iterdir() if f.stat().st_uid != owner and f.name != "supervisor"]
    report(not strange, "versions: root leaves no file in the store's folder", str(strange))
    again = p.run("apply", p.new(p.plain), "--comment", "again")
    report(again.returncode == 0 and "already" in again.stdout and len(p.history()) == 2, "versions: the same again is no version", str(again))


def refused(p):
    broken = p.run("apply", p.new(p.plain.replace(b"then: clear", b"then: claer", 1)), "--comment", "x")
    report(broken.returncode == 78 and "new.yaml:" in broken.stderr and "claer" in broken.stderr and p.file.read_bytes() == p.plain and
           len(p.history()) == 2 and verdict(p.rig) == "clear", "versions: a broken file is refused, the old one stays", str(broken))
    # Right, but the running one cannot come up with it.
    conf = p.house.conf.read_text()
    p.house.conf.write_text(conf.replace("cert.pem", "none.pem"))
    stuck = p.run("apply", p.new(p.first), "--comment", "first again")
    report(stuck.returncode == 69 and "refused it" in stuck.stderr and verdict(p.rig) == "clear",
           "versions: what the running one refuses is said", str(stuck))
    states = [row[3] for row in p.history()]
    report(states == ["in place", "in use", ""], "versions: in place and in use are told apart", str(states))
    p.house.conf.write_text(conf)
    done = p.run("apply", p.new(p.first), "--comment", "first again")
    report(done.returncode == 0 and "Version 3 is in force." in done.stdout and verdict(p.rig) == "portal",
           "versions: applying it once more makes it take over", str(done))


def taken_back(p):
    done = p.run("rollback", "2", "--comment", "back")
    report(done.returncode == 0 and "Version 4 is in force." in done.stdout and verdict(p.rig) == "clear" and
           p.history()[0] == (4, "root", "back", "in force"), "versions: rollback is a new version", str(done))
    texts = [subprocess.run([p.house.binary, "policy", "export", *words, "-c", str(p.house.conf)], capture_output=True).stdout
             for words in (["1"], ["2"], [])]
    report(texts == [p.first, p.plain, p.plain], "versions: export gives every version byte for byte")
    report(p.run("export", "9").returncode == 78 and p.run("rollback", "9", "--comment", "x").returncode == 78 and
           p.run("export", "0").returncode == 64, "versions: one that there is not is an error")


def by_hand(p):
    p.file.write_bytes(p.plain + b"# by hand\n")
    told = p.run("history")
    report("changed by hand" in told.stderr and "another policy" in told.stderr, "versions: history says what was changed by hand", told.stderr)
    done = p.run("apply", str(p.file), "--comment", "kept after all")
    report(done.returncode == 0 and p.history()[0] == (5, "root", "kept after all", "in force"),
           "versions: what was edited in place can be applied", str(done))
    p.file.write_bytes(b"rules: [\n")
    done = p.run("rollback", "5", "--comment", "mended")
    report(done.returncode == 0 and p.history()[0][:3] == (7, "root", "mended") and p.history()[1][2] == "found in place",
           "versions: a file broken by hand is kept and replaced", str(done))


def cut_short(p):
    fault = os.environ.get("LETTERLOCK_FAULT_BUILD", "")
    if not os.access(fault, os.X_OK):
        print("skipped versions: an apply that dies: no build with faults")
        return
    ours, p.house.binary = p.house.binary, fault
    died = p.run("apply", p.new(p.first), "--comment", "dies", LETTERLOCK_FAULT="policy.place:1:exit")
    p.house.binary = ours
    told = p.run("history")
    report(died.returncode == 99 and p.file.read_bytes() == p.plain + b"# by hand\n" and p.history()[0] == (8, "root", "dies", "") and
           p.history()[1][3] == "in force" and "version 8 is not in place" in told.stderr,
           "versions: an apply that died after keeping is explained", f"{died} {told.stderr}")
    done = p.run("rollback", "8", "--comment", "finished")
    report(done.returncode == 0 and p.file.read_bytes() == p.first and p.history()[0] == (9, "root", "finished", "in force") and
           not p.run("history").stderr, "versions: and can be finished", str(done))


def recorded(p):
    events = [(name, json.loads(detail)) for name, detail in
              p.house.query("SELECT event, detail FROM audit WHERE event LIKE 'policy.%' ORDER BY seq")]
    kept = p.house.query("SELECT version, author, comment, hex(hash), text FROM policy ORDER BY version")
    same = [(d["version"], d["author"], d["comment"], d["sha256"]) for _, d in events] == \
        [(version, author, comment, digest.lower()) for version, author, comment, digest, _ in kept]
    report(same and [name for name, _ in events[:2]] == ["policy.found", "policy.applied"] and {d["by"] for _, d in events} == {"root"},
           "versions: the audit record has each of them", str(events))
    report(all(hashlib.sha256(text).hexdigest() == digest.lower() for *_, digest, text in kept), "versions: and the hash of its text")
    doctor = {row["check"]: row for row in map(json.loads, p.house.run("doctor", "--json").stdout.splitlines())}
    report("ok" in doctor["audit record is whole"].values(), "versions: the audit chain holds", str(doctor))


def not_running(p):
    pidfile = p.house.state / "supervisor"
    text = pidfile.read_text()
    report(text.split()[0] == str(p.house.server.pid), "versions: the supervisor says who it is", text)
    second = subprocess.run([p.house.binary, "serve", "-c", str(p.house.conf)], capture_output=True, text=True, timeout=60)
    report(second.returncode != 0 and pidfile.read_text() == text, "versions: a second supervisor leaves it alone", str(second))
    p.house.stop()
    report(not pidfile.exists(), "versions: when it ends its file goes")
    # A file left behind names a process that is not ours to signal.
    bystander = subprocess.Popen(["sleep", "60"])
    pidfile.write_text(text.replace(text.split()[0], str(bystander.pid), 1))
    done = p.run("apply", p.new(p.plain), "--comment", "while it is off")
    until(lambda: bystander.poll() is not None, 0.5)
    report(done.returncode == 0 and "not running" in done.stdout and bystander.poll() is None,
           "versions: a stale number gets no signal", f"{done} {bystander.poll()}")
    bystander.kill()
    bystander.wait()
    report(p.house.start() and verdict(p.rig) == "clear" and p.history()[0][3] == "in force", "versions: and it is read at the start")
    os.kill(p.house.server.pid, signal.SIGKILL)
    p.house.server.wait()
    done = p.run("rollback", "1", "--comment", "after a crash")
    report(done.returncode == 0 and "not running" in done.stdout, "versions: after a kill nobody is taken for running", str(done))


def main():
    limit()
    program("LETTERLOCK")
    with Rig([ANNA], sender=False) as rig:
        p = Policies(rig)
        for step in (differences, applied, refused, taken_back, by_hand, cut_short, recorded, not_running):
            step(p)


main()
