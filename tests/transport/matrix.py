#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What becomes of mail to every kind of domain: proven by DANE, by MTA-STS, not
at all, wrongly; see cases.py. First the lab is proven: Postfix's posttls-finger
and BIND's delv see in each case what the table says.

	tests/transport/matrix.py [CASE ...]		all cases, or these
"""
import concurrent.futures
import http.client
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

import cases
import drive
import lab
import servers as listening
import stories
from lab import report

SAMPLES = ("ee-key", "trusted", "bogus-zone")    # of each zone one
EITHER = ("none", "opportunistic")   # it proves nothing; how it is encrypted does not matter
VERIFIED = "Verified TLS connection established"


class World:
    """The lab with all cases in it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="letterlock-lab-", dir="/tmp"))
        self.folder.chmod(0o755)
        cases.settle()
        self.zones = lab.Zones(self.folder / "zones")
        self.root = lab.Authority(self.folder / "certificates", "root")
        self.servers = listening.Servers(self.folder, self.root, cases.certificate_names())
        self.hosts = self.policy_hosts()
        cases.publish(self.zones, self.servers)
        self.zones.serve()
        self.resolver = lab.Resolver(self.folder / "resolver", self.zones)
        lab.use_resolver(self.folder)
        assert listening.all_listen(self.servers)

    def policy_hosts(self):
        policies = {f"mta-sts.{case.domain}": case.sts for case in cases.ALL + cases.STORIES if case.sts}
        own = self.root.issue("policy-host", cases.policy_hosts())
        stranger = self.servers.certificates["othername"]
        hosts = [listening.PolicyHost(at, (stranger if kind == "stranger" else own).chain) for kind, at in listening.STS_AT.items()]
        for host in hosts:
            host.policies = policies
        return hosts

    def close(self):
        lab.end_all()
        shutil.rmtree(self.folder, ignore_errors=True)

    def finger(self, *words):
        done = subprocess.run(["posttls-finger", "-c", "-t", "5", "-T", "5", "-p", ">=TLSv1.2", *words], capture_output=True, text=True,
                              env={"MAIL_CONFIG": str(self.servers.postfix.home / "conf"), "PATH": "/usr/sbin:/usr/bin:/bin"})
        return done.stdout + done.stderr


def fetched(world, case):
    """The policy of a domain, as another client sees it: mode and mx."""
    if len(case.sts_records) != 1:
        return "", []
    context = ssl.create_default_context(cafile=str(world.root.own.cert))
    host = f"mta-sts.{case.domain}"
    try:
        web = http.client.HTTPSConnection(host, context=context, timeout=10)
        web.request("GET", "/.well-known/mta-sts.txt")
        answer = web.getresponse()
        text = answer.read().decode() if answer.status == 200 else ""
    except (OSError, ssl.SSLError, http.client.HTTPException):
        return "", []
    if "max_age:" not in text:
        return "", []
    return re.search(r"mode: (\w+)", text).group(1), re.findall(r"mx: (\S+)", text)


def match(patterns, name):
    """RFC 8461 4.1: a wildcard is one label."""
    return any(name == p or (p.startswith("*.") and name.split(".", 1)[1] == p[2:]) for p in patterns)


def finger_partner(world, case):
    """Another client that was told of the same agreement."""
    agreed = case.partner
    words = ["-p", ">=TLSv1.3"] if agreed.get("version") == "1.3" else []
    if agreed["verify"] == "keys":
        keys = [world.servers.key(kind) for kind in agreed["keys"]]
        return world.finger(*words, "-l", "fingerprint", "-d", "sha256", case.domain, *(":".join(re.findall("..", key)) for key in keys))
    authority = world.servers.stranger if agreed["verify"] == "authority" else world.root
    names = [case.host_name(0) if name == "own" else name for name in agreed["names"]]
    return world.finger(*words, "-l", "secure", "-F", str(authority.own.cert), case.domain, *names)


def finger_sts(world, case, patterns):
    """What MTA-STS makes of it: the hosts that match are held to their names."""
    said = ""
    for i in range(len(case.hosts)):
        name = case.host_name(i)
        if match(patterns, name):
            said += world.finger("-l", "secure", "-F", str(world.root.own.cert), "-s", name, f"[{name}]", name)
    return said


def finger_dane(world, case):
    # It stops at the first server that answers.
    hosts = [f"[{case.host_name(i)}]" for i in range(len(case.hosts))] if len(case.hosts) > 1 else []
    return "".join(world.finger("-l", "dane-only", to) for to in (case.domain, *hosts))


def agreement_holds(case):
    now = time.strftime("%Y-%m-%d")
    return case.partner and case.partner["verify"] != "usual" and case.partner.get("valid_from", now) <= now <= case.partner.get("valid_until", now)


def seen(world, case):
    """What the oracles make of it: the proof, or how else."""
    if agreement_holds(case):
        said = finger_partner(world, case)
        return "partner" if VERIFIED in said else "none", said
    said = finger_dane(world, case)
    if VERIFIED in said:
        return "dane", said
    mode, patterns = fetched(world, case) if case.sts else ("", [])
    if mode == "enforce" and not any(host.has_dane() for host in case.hosts):
        said = finger_sts(world, case, patterns)
        return "sts" if VERIFIED in said else "none", said
    if expected(case) == EITHER:
        return "none", said
    said += world.finger("-l", "may", case.domain)
    return "opportunistic" if "TLS connection established" in said else "none", said


def expected(case):
    """What the oracles must see."""
    if case.finger:
        return (case.finger,)
    if agreement_holds(case):
        return ("partner",) if case.transit == "partner" else ("none",)
    if case.transit in ("dane", "sts", "partner"):
        return (case.transit,)
    if case.free == "opportunistic":
        return ("opportunistic",)
    return ("none",) if case.free in ("clear", "bounced") else EITHER


def prove_zones(world):
    """Postfix's answers come from this resolver; delv validates by itself."""
    validated = world.resolver.validated([case.domain for case in cases.ALL], "MX")
    for case in cases.ALL:
        wanted = case.mx or {"signed": "secure", "plain": "insecure", "bogus": "bogus"}[case.zone]
        got = [validated[case.domain]]
        if case.mx or case.broken or case.name in SAMPLES:
            got.append(world.zones.delv(case.domain, "MX"))
        report(set(got) == {wanted}, f"transport: the lab: zone of {case.name}: {wanted}", str(got))


def prove(world, case):
    got, said = seen(world, case)
    return got in expected(case), f"{got}, not {' or '.join(expected(case))}\n{said}"


def prove_lab(world):
    prove_zones(world)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for case, (ok, why) in zip(cases.ALL, pool.map(lambda case: prove(world, case), cases.ALL)):
            report(ok, f"transport: the lab: {case.name}", why)


def judge(case, who, shown, arrived):
    """One mail: is it what the table says?"""
    recipient = case.address(who).lower()
    row = shown[recipient]
    wanted = drive.expected(case, who)
    got = drive.outcome(row, arrived.get(recipient, []))
    why = case.why if who != drive.FREE and case.transit == "portal" else ""
    report(got == wanted and why.lower() in (row["reason"] + row["reply"]).lower(), f"transport: {case.name}: {who}: {wanted}",
           f"{got}, not {wanted}" + (f" for '{why}'" if why else "") + f"\n{row}")


def run_cases(world, house):
    assert house.start(), house.said()
    house.send_all(cases.ALL)
    stories.begin(house)
    report(house.settled(), "transport: all was tried", str(house.query("SELECT recipient, kind FROM item WHERE state = 0 AND last_reply = ''")))
    shown, arrived = house.shown("cases-"), drive.plain_arrivals(world)
    for case in cases.ALL:
        for who in drive.WHO:
            judge(case, who, shown, arrived)


def main():
    binary = lab.program("LETTERLOCK")
    lab.enter()
    lab.limit()
    cases.ALL[:] = [case for case in cases.ALL if not sys.argv[1:] or case.name in sys.argv[1:]]
    world, house = World(), None
    try:
        house = drive.Organisation(binary, world, cases.agreements(world.servers))
        prove_lab(world)
        run_cases(world, house)
        if not sys.argv[1:]:
            stories.tell(world, house)
    finally:
        if house:
            house.kill()
        world.close()


main()
