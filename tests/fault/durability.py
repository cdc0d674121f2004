#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Break every step once, and see that no promise was broken with it.

The build with -Dfault=true writes the names of the steps it passes. Each is
then made to end the process, or to fail, the first, second and third time it
is reached, while messages go in; the whole is killed and started again sound.
What must hold: a message that got 250 arrives at every recipient; one that
did not arrives at none; nothing arrives again whose delivery was on record.

Two windows no program can close (RFC 1047), counted and held to their places:
death after the commit and before the client has its 250, and death after the
next server's 250 and before that is on record.
"""
import concurrent.futures
import os
import shutil
import sqlite3
import tempfile
import threading

from house import Client, House, Refused, Sink, letter, program, report, until

NTH = (1, 2, 3)
# The store's own steps are passed many times for one message.
NTH_STORE = (*NTH, 4, 5, 6, 8, 10, 13, 17, 22, 28)
MESSAGES = (("p0@out.example",), ("q1@own.example", "p1@out.example"),
            ("q2@own.example", "r2@own.example"), ("p3@out.example", "s3@out.example"))
FIRST_START = ("store.migrate", "store.commit", "store.vfs.write", "store.vfs.sync", "store.vfs.open")
AT_THE_STORE = ("store.commit", "store.vfs.write", "store.vfs.sync", "store.vfs.truncate", "store.vfs.open")
# Where it may die with the commit done and the 250 not said.
AFTER_COMMIT = ("store.committed", "smtp.reply", "relay.send", "relay.sent", "store.attempt")
# Where it may die with the next server's 250 not on record.
BEFORE_RECORD = (*AFTER_COMMIT, *AT_THE_STORE)
SETTLE = 1.5
# One message is large enough for files beside the database.
LARGE, LARGE_LINES = 1, 5000
failed = threading.Event()


def text_of(n, subject):
    return letter(subject, ("x" * 70 + "\r\n") * (LARGE_LINES if n == LARGE else 1))


def missing_files(house):
    """Rows that name a file which is not there, or shorter than they say."""
    digits = "0123456789abcdefghjkmnpqrstvwxyz"
    rows = house.query("SELECT hex(parcel), part, bytes FROM part WHERE length(data) = 0 AND bytes > 0"
                       " UNION SELECT hex(id), 0, 1 FROM payload WHERE length(data) = 0")
    missing = 0
    for text, part, size in rows:
        number = int(text, 16) << 2
        name = "".join(digits[number >> 5 * i & 31] for i in range(25, -1, -1))
        path = house.state / "blobs" / f"{name}.{part}"
        missing += not path.exists() or path.stat().st_size < size
    return missing


class Case:
    """One fault in one house: what was promised, what came of it."""

    def __init__(self, template, sink, step, nth, mode):
        self.sink, self.step, self.nth, self.mode = sink, step, nth, mode
        self.house = template.copy()
        self.mark = f"{step.replace('.', '-')}-{nth}-{mode}-"
        self.promised, self.others, self.recorded = [], [], []
        self.wrong, self.unsaid, self.repeated = [], 0, 0

    def address(self, recipient):
        return self.mark + recipient

    def has_died(self):
        return " died role=" in self.house.said() or self.house.server.poll() is not None

    def has_settled(self):
        return self.house.waiting() == 0 or self.has_died()

    def send(self, n):
        to = [self.address(r) for r in MESSAGES[n]]
        try:
            with Client(self.house.smtp, 5) as c:
                c.send("anna@own.example", to, text_of(n, f"{self.mark}{n}"))
            self.promised += to
        except Refused:
            self.others += to
        except OSError:
            self.others += to
            until(self.has_died, SETTLE, 0.01)
        until(self.has_settled, SETTLE, 0.01)

    def break_it(self):
        fault = {"LETTERLOCK_FAULT": f"{self.step}:{self.nth}:{self.mode}"}
        if self.house.start(fault, 5):
            for n in range(len(MESSAGES)):
                if not self.has_died():
                    self.send(n)
        self.house.kill()

    def note_records(self):
        """What was on record as delivered when it broke."""
        with tempfile.TemporaryDirectory() as d:
            for p in self.house.state.glob("letterlock.db*"):
                shutil.copy(p, d)
            db = sqlite3.connect(os.path.join(d, "letterlock.db"))
            self.recorded = {r: self.sink.count(r) for r, in
                             db.execute("SELECT recipient FROM item WHERE state = 2")}
            db.close()

    def mend(self):
        if not self.house.start():
            self.wrong.append("does not start again: " + self.house.said()[-300:])
            return
        last = self.address("last@own.example")
        with Client(self.house.smtp) as c:
            c.send("anna@own.example", [last], letter(self.mark + "last"))
        self.promised.append(last)
        if not self.house.drained():
            self.wrong.append("the queue does not drain: " + self.house.said()[-600:])

    def judge(self):
        count = self.sink.count
        for r in self.promised:
            if count(r) == 0:
                self.wrong.append(f"lost {r}")
            elif count(r) > 1:
                self.repeated += 1
        self.unsaid = sum(count(r) > 0 for r in self.others)
        self.repeated += sum(count(r) > 1 for r in self.others)
        for r, n in self.recorded.items():
            if count(r) != n:
                self.wrong.append(f"{r} delivered again after it was on record")
        dies = self.mode == "exit"
        if self.unsaid and not (dies and self.step in (*AFTER_COMMIT, *AT_THE_STORE)):
            self.wrong.append(f"{self.unsaid} delivered without 250")
        if self.repeated and not (dies and self.step in BEFORE_RECORD):
            self.wrong.append(f"{self.repeated} delivered twice")
        if self.house.query("PRAGMA integrity_check") != [("ok",)]:
            self.wrong.append("integrity_check")
        if missing := missing_files(self.house):
            self.wrong.append(f"{missing} files of parts are missing")

    def run(self):
        try:
            self.break_it()
            self.note_records()
            self.mend()
            self.judge()
        except Exception as e:
            self.wrong.append(f"{type(e).__name__}: {e}")
        finally:
            self.house.clear_away()
        return self


def passed(house, work):
    """The steps that are reached while `work` runs."""
    path = house.state / "steps"
    path.touch()
    path.chmod(0o666)
    work({"LETTERLOCK_FAULT_LIST": str(path)})
    return sorted(set(path.read_text().split()))


def live(house, sink):
    def work(env):
        assert house.start(env), house.said()
        for n, to in enumerate(MESSAGES):
            with Client(house.smtp) as c:
                c.send("anna@own.example", ["try-" + r for r in to], text_of(n, f"try{n}"))
            assert house.drained(), house.said()
        house.stop()
    return work


def show(step, mode, cases):
    wrong = [f"N={c.nth}: {w}" for c in cases for w in c.wrong]
    said = (f"durability {step} {mode} ({len(cases)} times, {sum(len(c.promised) for c in cases)} promised, "
            f"{sum(c.unsaid for c in cases)} arrived without 250, {sum(c.repeated for c in cases)} repeated)")
    if not report(not wrong, said, "; ".join(wrong)[:1500]):
        failed.set()


def journeys(template, sink, steps, pool):
    todo = [(step, mode, [pool.submit(Case(template, sink, step, n, mode).run)
                          for n in (NTH_STORE if step in AT_THE_STORE else NTH)])
            for step in steps for mode in ("exit", "fail")]
    for step, mode, cases in todo:
        show(step, mode, [c.result() for c in cases])


def short(done):
    return f"exit {done.returncode}, {(done.stderr or done.stdout)[-300:]}"


def works(house, sink, mark):
    """Empty, or why not: it starts, takes a message and delivers it."""
    if not house.start():
        return "does not start: " + house.said()[-300:]
    with Client(house.smtp) as c:
        c.send("anna@own.example", [mark + "@own.example"], letter(mark))
    if not until(lambda: sink.count(mark + "@own.example") == 1):
        return "does not deliver"
    return ""


def try_init(binary, sink, step, mode, nth):
    """`init` broken, then said again: that finishes it, and the house works."""
    house = House(binary, sink.port)
    keys = house.conf.parent / "keys"
    try:
        broken = house.init({"LETTERLOCK_FAULT": f"{step}:{nth}:{mode}"})
        was_complete, root = house.conf.exists(), keys / "root.key"
        kept = root.read_bytes() if root.exists() else None
        begun = (house.conf.parent / "init.unfinished").exists()
        again = house.init()
        if again.returncode != (78 if was_complete else 0):
            return f"init again ended {again.returncode}: {short(again)}"
        if begun and not was_complete and "broken off" not in again.stderr:
            return "init again did not say what it does: " + short(again)
        if kept and root.read_bytes() != kept:
            return "a root key was made anew"
        left = sorted(f.name.split("-")[0] for f in keys.iterdir())
        if left != ["reply", "root.key", "workspace"] or (house.conf.parent / "init.unfinished").exists():
            return f"left over: {left}"
        return works(house, sink, f"init-{step}-{mode}-{nth}")
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    finally:
        house.clear_away()


def try_first_start(template, sink, step, mode, nth):
    """No store yet: serve makes it."""
    house = template.copy()
    try:
        for p in house.state.glob("letterlock.db*"):
            p.unlink()
        house.start({"LETTERLOCK_FAULT": f"{step}:{nth}:{mode}"}, 3)
        house.kill()
        return works(house, sink, f"first-{step}-{mode}-{nth}")
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    finally:
        house.clear_away()


def has_key(house, subject):
    return house.query("SELECT sum(hex(wrapped) <> ? OR hex(wck) <> ?) FROM grants g JOIN message m"
                       " ON m.id = g.message WHERE m.message_id LIKE ?", "00" * 64, "00" * 48,
                       f"%{subject}@%")[0][0] != 0


def try_revoke(full, sink, step, mode, nth):
    """What revoke said is so; said again it is done; the others are whole."""
    house = full.copy()
    try:
        house.run("message", "revoke", "<keep0@own.example>", env={"LETTERLOCK_FAULT": f"{step}:{nth}:{mode}"})
        half = has_key(house, "keep0")
        again = house.run("message", "revoke", "<keep0@own.example>")
        if half and again.returncode != 0:
            return "revoke again: " + short(again)
        if has_key(house, "keep0"):
            return "the key is there after revoke"
        if not has_key(house, "keep1"):
            return "another message's key is gone"
        return works(house, sink, f"revoke-{step}-{mode}-{nth}")
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    finally:
        house.clear_away()


def others(pool, what, steps, attempt):
    todo = [(step, mode, {n: pool.submit(attempt, step, mode, n) for n in NTH})
            for step in steps for mode in ("exit", "fail")]
    for step, mode, tries in todo:
        wrong = [f"N={n}: {t.result()}" for n, t in tries.items() if t.result()]
        if not report(not wrong, f"durability {what} {step} {mode}", "; ".join(wrong)[:1500]):
            failed.set()


def filled(template):
    """A house with protected messages, not running."""
    full = template.copy()
    assert full.start(), full.said()
    for n in range(2):
        with Client(full.smtp) as c:
            c.send("anna@own.example", [f"keep{n}@out.example"], letter(f"keep{n}"))
    assert full.drained(), full.said()
    full.stop()
    return full


def aside(binary, template, sink, pool):
    """init, the first start and revoke, by the steps each passes."""
    fresh = House(binary, sink.port)
    listed = fresh.folder / "steps"
    fresh.init({"LETTERLOCK_FAULT_LIST": str(listed)})
    others(pool, "init", sorted(set(listed.read_text().split())),
           lambda s, m, n: try_init(binary, sink, s, m, n))
    others(pool, "first start", FIRST_START,
           lambda s, m, n: try_first_start(template, sink, s, m, n))
    full, probe = filled(template), filled(template)
    steps = passed(probe, lambda env: probe.run("message", "revoke", "<keep0@own.example>", env=env))
    others(pool, "revoke", steps, lambda s, m, n: try_revoke(full, sink, s, m, n))
    for house in (fresh, full, probe):
        house.clear_away()


def main():
    binary = program("LETTERLOCK_FAULT_BUILD")
    sink = Sink()
    template = House(binary, sink.port).ready_made()
    probe = template.copy()
    steps = passed(probe, live(probe, sink))
    probe.clear_away()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        journeys(template, sink, steps, pool)
        aside(binary, template, sink, pool)
    template.clear_away()
    sink.close()
    return 1 if failed.is_set() else 0


if __name__ == "__main__":
    raise SystemExit(main())
