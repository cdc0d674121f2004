#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cases.py PROBE: MTA-STS as real servers publish it, well and badly, and what relay/sts makes of it."""
import json
import pathlib
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from world import GOOD, NOTHING_LISTENS, RESOLVER, Host, World, own_network  # noqa: E402

FETCH, INVALID, WEBPKI = "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid"
DAY_MS = 86400 * 1000
failed = 0


def report(ok, name, why=""):
    global failed
    failed += not ok
    print(("ok " if ok else "not ok ") + name + (f": {why}" if not ok else ""), flush=True)


class Probe:
    """One process; its store outlives it."""

    def __init__(self, world, store, private="allow", wait_ms=30000, tends=False, codes=(0,)):
        self.codes = codes
        self.process = subprocess.Popen(
            [sys.argv[1], str(store), RESOLVER, str(world.authority.file), private, str(wait_ms), *(["tend"] if tends else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, verb, *domains):
        self.process.stdin.write(f"{verb} {' '.join(domains)}\n")
        self.process.stdin.flush()
        return [json.loads(self.process.stdout.readline()) for _ in domains]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        code = self.process.wait(30)
        if code not in self.codes:
            report(False, "the probe ends well", f"exit code {code}")


class Store:
    def __init__(self, world, name="s.db"):
        self.path = world.folder / name

    def set(self, domain, **columns):
        """Change what is kept of a domain, as time would."""
        db = sqlite3.connect(self.path, timeout=20)
        with db:
            done = db.execute(f"UPDATE sts SET {', '.join(k + ' = ?' for k in columns)} WHERE domain = ?", (*columns.values(), domain))
        assert done.rowcount == 1, domain
        db.close()

    def get(self, domain, column):
        db = sqlite3.connect(self.path, timeout=20)
        row = db.execute(f"SELECT {column} FROM sts WHERE domain = ?", (domain,)).fetchone()
        db.close()
        return row and row[0]


def expect(name, got, **want):
    wrong = {k: got.get(k) for k, v in want.items() if (v not in got.get(k, "") if k == "reason" else got.get(k) != v)}
    report(not wrong, name, f"{wrong} in {got}")


# ---- what is published: name of the domain, its host, its records, what is found ----

def table(world):
    text = GOOD.format("x.example")
    wrong_name = world.authority.issue("wrong", ["mta-sts.other.example"])
    expired = world.authority.issue("expired", ["mta-sts.expired.example"], expired=True)
    distrusted = world.stranger.issue("distrusted", ["mta-sts.distrusted.example"])
    common = world.authority.issue("mta-sts.common.example", [])
    none = {"policy": False, "mode": ""}
    return {
        "enforce": (Host(), ["v=STSv1; id=20160831085700Z;"], {"policy": True, "mode": "enforce", "mx": "mx.enforce.example",
                    "id": "20160831085700Z", "cached": False, "failure": "", "reason": "", "note": "", "lives_ms": DAY_MS}),
        "testing": (Host(text.replace("enforce", "testing")), None, {"policy": True, "mode": "testing"}),
        "none": (Host("version: STSv1\nmode: none\nmax_age: 86400\n"), None, {"policy": False, "mode": "none", "failure": "",
                 "reason": "mode none"}),
        "lf": (Host(text.replace("\r\n", "\n")), None, {"policy": True, "mx": "mx.x.example"}),
        "unknown-keys": (Host(text + "future: yes\r\nother: x y z\r\n"), None, {"policy": True, "mode": "enforce"}),
        "same-keys": (Host(text + "mode: none\r\nmax_age: 1\r\nversion: STSv9\r\n"), None,
                      {"policy": True, "mode": "enforce", "lives_ms": DAY_MS}),
        "long-age": (Host(text.replace("86400", "9999999999")), None, {"policy": True, "lives_ms": 31557600 * 1000}),
        "html": (Host(kind="text/html; charset=utf-8"), None, {"policy": True, "failure": "",
                 "note": "its Content-Type is 'text/html; charset=utf-8', not text/plain"}),
        "parameters": (Host(kind="Text/Plain ; charset=us-ascii"), None, {"policy": True, "note": ""}),
        "no-type": (Host(kind=None), None, {"policy": True, "note": "its Content-Type is '', not text/plain"}),
        "wrong-name": (Host(certificate=wrong_name), None, {**none, "failure": WEBPKI}),
        "expired": (Host(certificate=expired), None, {**none, "failure": WEBPKI, "reason": "expired"}),
        "distrusted": (Host(certificate=distrusted), None, {**none, "failure": WEBPKI}),
        "common": (Host(certificate=common), None, {**none, "failure": WEBPKI, "reason": "alternative name"}),
        "redirect": (Host(status=301, headers=[("Location", "https://mta-sts.enforce.example/.well-known/mta-sts.txt")]), None,
                     {**none, "failure": FETCH, "reason": "answers 301"}),
        "missing": (Host(status=404), None, {**none, "failure": FETCH, "reason": "answers 404"}),
        "no-content": (Host("", status=204), None, {**none, "failure": FETCH, "reason": "answers 204"}),
        "large": (Host(text + "x: " + "x" * 65536), None, {**none, "failure": FETCH, "reason": "too large"}),
        "empty": (Host(""), None, {**none, "failure": INVALID, "reason": "no version"}),
        "page": (Host("<html><body>Welcome</body></html>"), None, {**none, "failure": INVALID, "reason": "line 1"}),
        "two-records": (Host(), ["v=STSv1; id=1;", "v=STSv1; id=2;"], {**none, "failure": "", "reason": "more than one"}),
        "bad-record": (Host(), ["v=STSv1; id=with-hyphen;"], {**none, "failure": "", "reason": "malformed"}),
        "no-record": (Host(), [], {**none, "failure": "", "reason": "no MTA-STS record"}),
        "other-texts": (Host(), ["v=spf1 -all", "v=STSv1; id=7;", "hello"], {"policy": True, "id": "7"}),
        "two-strings": (Host(), ['v=STSv1; " "id=8;'], {"policy": True, "id": "8"}),
    }


NOT_ASKED = ("two-records", "bad-record", "no-record", "wrong-name", "expired", "distrusted")


def published(world, rows):
    with Probe(world, Store(world, "table.db").path) as probe:
        found = probe.ask("find", *(f"{n}.example" for n in rows))
        for (name, (host, _, want)), got in zip(rows.items(), found):
            expect(name, got, rc=0, **want)
            report(host.asked == (name not in NOT_ASKED), f"{name}: asked once or not at all", str(host.asked))
        report(set(rows["enforce"][0].paths) == {"/.well-known/mta-sts.txt"}, "the path is the well-known one", str(rows["enforce"][0].paths))
        odd = probe.ask("find", "ENFORCE.Example.", "[192.0.2.1]", "unknown.example", "a_b.example", "x" * 250)
        expect("case and a final dot do not matter", odd[0], policy=True, cached=True)
        for name, got in zip(("an address", "an unknown domain", "no name", "a name too long"), odd[1:]):
            expect(f"{name} has no policy", got, rc=0, policy=False, failure="")
    report(rows["enforce"][0].asked == 1, "what is known is not fetched again", str(rows["enforce"][0].asked))


# ---- what time does ----

def time_passes(world):
    host, store = world.hosts["mta-sts.time.example"], Store(world)
    with Probe(world, store.path) as probe:
        expect("first it is fetched", probe.ask("find", "time.example")[0], policy=True, cached=False)
        expect("then it is known", probe.ask("find", "time.example")[0], policy=True, cached=True)
    with Probe(world, store.path) as probe:
        expect("also to the next process", probe.ask("find", "time.example")[0], policy=True, cached=True)
        report(host.asked == 1, "which does not fetch it", str(host.asked))
        expect("refreshing fetches it", probe.ask("refresh", "time.example")[0], policy=True, cached=False)
        report(host.asked == 2, "in truth", str(host.asked))

    world.domain("time.example", host, ["v=STSv1; id=2;"])
    host.body = GOOD.format("new.example")
    world.publish()
    with Probe(world, store.path) as probe:
        expect("another id, another policy", probe.ask("find", "time.example")[0], policy=True, mx="mx.new.example", id="2", cached=False)

    world.domain("time.example", host, ["v=STSv1; id=3;"])
    host.status = 503
    world.publish()
    with Probe(world, store.path) as probe:
        expect("the old one holds while the host fails", probe.ask("find", "time.example")[0], policy=True, mx="mx.new.example", id="2",
               cached=True, failure=FETCH, reason="answers 503")
        asked = host.asked
        expect("still", probe.ask("find", "time.example")[0], policy=True, failure=FETCH)
    with Probe(world, store.path) as probe:
        expect("and after a restart", probe.ask("find", "time.example")[0], policy=True, failure=FETCH, reason="answers 503")
        report(host.asked == asked, "nobody tries again within five minutes", f"{host.asked - asked}")
    store.set("time.example", tried_ms=int(time.time() * 1000) - 5 * 60 * 1000 - 1)
    with Probe(world, store.path) as probe:
        probe.ask("find", "time.example")
        report(host.asked == asked + 1, "after five minutes somebody does", f"{host.asked - asked}")

    world.domain("time.example", host, [])
    world.publish()
    with Probe(world, store.path) as probe:
        expect("it holds without a record", probe.ask("find", "time.example")[0], policy=True, cached=True, failure="")
    world.stop_names()
    with Probe(world, store.path, wait_ms=1000, codes=(0, 3)) as probe:
        got = probe.ask("find", "time.example")[0]
        expect("and without a name server", got, policy=True, cached=True)
    world.domain("time.example", host, ["v=STSv1; id=3;"])
    world.publish()
    store.set("time.example", expires_ms=int(time.time() * 1000) - 1)
    with Probe(world, store.path) as probe:
        expect("but not for ever", probe.ask("find", "time.example")[0], policy=False, failure=FETCH)


def given_up(world):
    host, store = world.hosts["mta-sts.givenup.example"], Store(world)
    with Probe(world, store.path) as probe:
        expect("a policy in force", probe.ask("find", "givenup.example")[0], policy=True)
    host.body = "version: STSv1\r\nmode: none\r\nmax_age: 3600\r\n"
    world.domain("givenup.example", host, ["v=STSv1; id=2;"])
    world.publish()
    with Probe(world, store.path) as probe:
        expect("is given up by mode none", probe.ask("find", "givenup.example")[0], policy=False, mode="none", failure="")
        probe.ask("find", "givenup.example")
    report(host.asked == 2, "which is remembered, too", str(host.asked))


def short_lived(world):
    host = world.hosts["mta-sts.brief.example"]
    with Probe(world, Store(world).path) as probe:
        for n in (1, 2):
            expect(f"max_age 0 is good for mail {n}", probe.ask("find", "brief.example")[0], policy=True, cached=False, lives_ms=0)
            report(host.asked == n, "and fetched for it", str(host.asked))


def refreshed(world):
    host, store = world.hosts["mta-sts.fresh.example"], Store(world)
    with Probe(world, store.path) as probe:
        expect("a policy that will be due", probe.ask("find", "fresh.example")[0], policy=True)
    due = store.get("fresh.example", "refresh_ms") - store.get("fresh.example", "fetched_ms")
    report(due == DAY_MS // 2, "it is due in half of its time", str(due))
    store.set("fresh.example", refresh_ms=1, fetched_ms=1, expires_ms=int(time.time() * 1000) + 60000)
    with Probe(world, store.path, tends=True):
        end = time.monotonic() + 20
        while store.get("fresh.example", "fetched_ms") == 1 and time.monotonic() < end:
            time.sleep(0.05)
    report(store.get("fresh.example", "fetched_ms") > 1 and host.asked == 2, "is fetched again before it expires", str(host.asked))
    report(store.get("fresh.example", "expires_ms") > time.time() * 1000 + DAY_MS / 2, "and lives on")


def at_the_same_time(world):
    slow, quick = world.hosts["mta-sts.slow.example"], world.hosts["mta-sts.quick.example"]
    with Probe(world, Store(world).path, wait_ms=4000) as probe:
        found = probe.ask("find", "slow.example", "slow.example", "quick.example", "slow.example", "quick.example")
        for n in (0, 1, 3):
            expect(f"slow {n}", found[n], rc=0, policy=False)
            report(3900 < found[n]["ms"] < 10000, f"slow {n} is waited for, but not long", f"{found[n]['ms']} ms")
        for n in (2, 4):
            expect(f"quick {n}", found[n], policy=True)
            report(found[n]["ms"] < 3900, f"quick {n} is not held up", f"{found[n]['ms']} ms")
        report(quick.asked == 1 and slow.asked == 1, "each host is asked once", f"{quick.asked} {slow.asked}")
        time.sleep(1)
        expect("what was too slow failed", probe.ask("find", "slow.example")[0], policy=False, failure=FETCH, reason="in time")


def private(world):
    host = world.hosts["mta-sts.inside.example"]
    with Probe(world, Store(world, "private.db").path, private="refuse") as probe:
        expect("our own network is not asked", probe.ask("find", "inside.example")[0], policy=False, failure=FETCH, reason="private network")
    report(host.asked == 0, "in truth", str(host.asked))
    with Probe(world, Store(world, "intranet.db").path) as probe:
        expect("unless that is allowed", probe.ask("find", "inside.example")[0], policy=True)
        expect("a host that is down", probe.ask("find", "down.example")[0], policy=False, failure=FETCH)


def main():
    own_network()
    world = World()
    try:
        rows = table(world)
        for name, (host, texts, _) in rows.items():
            world.domain(f"{name}.example", host, ["v=STSv1; id=1;"] if texts is None else texts)
        for name in ("time", "givenup", "fresh", "quick", "inside"):
            world.domain(f"{name}.example")
        world.domain("brief.example", Host(GOOD.format("brief.example").replace("86400", "0")))
        world.domain("slow.example", Host(delay=12))
        world.domain("down.example", address=NOTHING_LISTENS)
        world.publish()
        published(world, rows)
        for part in (time_passes, given_up, short_lived, refreshed, at_the_same_time, private):
            part(world)
    finally:
        world.close()
    sys.exit(failed != 0)


main()
