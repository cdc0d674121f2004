# SPDX-License-Identifier: Apache-2.0
"""What changes while mail is on its way: a certificate that breaks in the
middle of a run, policies that are lost, replaced and withdrawn; and what is
kept of a delivery."""
import concurrent.futures
import hashlib
import json
import os
import signal
import smtplib
import ssl

import cases
from drive import MUST, ONLY, PROOFS, outcome, plain_arrivals, rows
from lab import report, until

RUN, BREAKS_AFTER = 200, 60
CONNECTIONS = 10    # delivery.concurrency: so many mails may be under way when it breaks


def tell(world, house):
    look_up(house)
    change_policies(world)
    house.go_on(retry_first="1 s", retry_max="2 s")
    after_change(world, house)
    asked(world, house)
    breaking(world, house)
    without_names(world, house)
    killed(world, house)
    evidence(world, house)


# ---- MTA-STS -------------------------------------------------------------

STS = (cases.LOST, cases.ROLLED, cases.WITHDRAWN)


def begin(house):
    """Beside the cases: the first mail, while all is as it was."""
    for case in STS:
        house.send(f"first-{case.name}", [f"{MUST}@{case.domain}"])


def new_record(world, case, text):
    world.zones.replace(f"_mta-sts.{case.domain}", "TXT", f'"{text}"', ttl=1)


def change_policies(world):
    """One gets a new name and cannot be fetched; one names another host; one is taken back."""
    cases.LOST.sts.status = 500
    cases.ROLLED.sts.mx = [cases.ROLLED.host_name(1)]
    cases.WITHDRAWN.sts.mode, cases.WITHDRAWN.sts.mx = "none", []
    for case in STS:
        new_record(world, case, "v=STSv1; id=2;")
    world.zones.update(*(case.domain for case in STS))


def after_change(world, house):
    for case in STS:
        house.send(f"second-{case.name}", [f"{MUST}@{case.domain}"])
    assert house.settled(), house.said()[-2000:]
    arrived = [a for a in world.servers.arrivals()]
    for case, wanted in ((cases.LOST, "sts"), (cases.ROLLED, "sts"), (cases.WITHDRAWN, "portal")):
        recipient = f"{MUST}@{case.domain}"
        for which, want in (("first", "sts"), ("second", wanted)):
            subject = f"{which}-{case.name}"
            row = house.shown(subject)[recipient]
            its = [a for a in arrived if a.recipient == recipient and a.mail()["Subject"] == subject]
            got = outcome(row, its)
            report(got == want, f"transport: {case.name}: the {which} mail: {want}", f"{got}\n{row}")
    hosts = [house_of(house, f"{which}-{cases.ROLLED.name}") for which in ("first", "second")]
    report(hosts == [cases.ROLLED.host_name(0), cases.ROLLED.host_name(1)], "transport: sts-rolled: the new policy names another host", str(hosts))
    report(cases.LOST.sts.fetched > 1, "transport: sts-lost: it was asked for again, and the old one held", str(cases.LOST.sts.fetched))


def history(house, subject):
    listed = rows(house.run("message", "list", "--limit", "10000", "--json"))
    message = next(row["message"] for row in listed if row["message_id"].startswith(f"<{subject}@"))
    found = []
    for row in rows(house.run("message", "show", message, "--history", "--json")):
        detail = row["detail"] if isinstance(row["detail"], dict) else json.loads(row["detail"] or "{}")
        found.append((row["event"], detail))
    return found


def delivered(house, subject):
    return next((detail for event, detail in history(house, subject) if event == "delivery.delivered"), {})


def house_of(house, subject):
    return delivered(house, subject).get("host")


# ---- a certificate breaks ------------------------------------------------

def run(house):
    with smtplib.SMTP("127.0.0.1", house.smtp) as smtp:
        for i in range(RUN):
            house.send(f"run-{i}", [f"{MUST if i % 2 else ONLY}{i}@{cases.BREAKS.domain}"], smtp)


def states(house):
    """Recipient → how, and the state of what carries it."""
    return {to: (action, state) for to, action, state in house.query(
        "SELECT r.address, r.action, i.state FROM recipient r JOIN item i ON i.id = r.item WHERE r.address LIKE ?", f"%@{cases.BREAKS.domain}")}


def waiting(house):
    """For whoever reads why a test failed."""
    return str(house.query("SELECT recipient, kind, state, attempts, next_ms - created_ms, last_reply FROM item WHERE state < 2 AND route = ? LIMIT 12",
                           cases.BREAKS.domain))


def is_over(house):
    """Each has arrived, is in the portal, or was held to the proof and waits."""
    now = states(house)
    tried = house.query("SELECT count(*) FROM item WHERE recipient LIKE ? AND state = 0 AND (last_reply = '' OR last_reply LIKE '%421%')",
                        f"%@{cases.BREAKS.domain}")[0][0]
    return len(now) == RUN and tried == 0 and all(state == 2 or action == "portal" or to.startswith(ONLY) for to, (action, state) in now.items())


def is_link(arrival):
    """A notice: the agreement is about what demands it, and the link alone opens nothing."""
    return b"https://localhost" in arrival.raw


def breaking(world, house):
    peer = world.servers.peers["breaks"]
    peer.breaks_after = BREAKS_AFTER
    run(house)
    report(until(lambda: is_over(house), 30, 0.2), "transport: breaks: the run is over", waiting(house))
    here = [a for a in peer.arrived if a.recipient.endswith(cases.BREAKS.domain) and not is_link(a)]
    came = {a.recipient for a in here}
    report(BREAKS_AFTER <= len(came) == len(here) < BREAKS_AFTER + CONNECTIONS, "transport: breaks: those before it arrived, once", str(len(here)))
    report(not any(a.was_broken and not is_link(a) for a in peer.arrived), "transport: breaks: nothing went to the server with another's certificate", "")
    rest = {to: how for to, how in states(house).items() if to not in came}
    report({how for to, how in rest.items() if to.startswith(MUST)} <= {("portal", 0), ("portal", 2)}, "transport: breaks: the rest is in the portal where it may", str(rest))
    report({how for to, how in rest.items() if to.startswith(ONLY)} == {("tls", 0)}, "transport: breaks: and waits where it may not", str(rest))
    wanted = {to for to in rest if to.startswith(MUST)}
    report(until(lambda: {a.recipient for a in peer.arrived if is_link(a)} == wanted, 30, 0.2), "transport: breaks: its readers got their links",
           str(len(wanted)))
    mended(world, house, peer, rest)


def mended(world, house, peer, rest):
    """The certificate is good again: what waited goes."""
    peer.breaks_after = None
    report(until(lambda: all(state == 2 for _, state in states(house).values()), 30, 0.2), "transport: breaks: mended: all is on its way", waiting(house))
    plain = plain_arrivals(world)
    counts = {to: len(plain.get(to, [])) for to in rest}
    wrong = {to: n for to, n in counts.items() if n != (1 if to.startswith(ONLY) else 0)}
    report(not wrong, "transport: breaks: mended: what waited came once, and what is in the portal stayed there", str(wrong))


# ---- the name system is silent -------------------------------------------

def ways(house, world, subject):
    """Recipient → what became of a message."""
    arrived = [a for a in world.servers.arrivals() if a.mail()["Subject"] == subject]
    return {to: outcome(row, [a for a in arrived if a.recipient == to]) for to, row in house.shown(subject).items()}


def without_names(world, house):
    """Nothing can be proven, so nothing goes that needs a proof, and nothing is weaker for it."""
    domain = "ee-key.signed.example"
    world.resolver.stop()
    house.go_on()
    house.send("silent", [f"{who}@{domain}" for who in ("free", MUST, ONLY)])
    now = ways(house, world, "silent")
    report(now == {f"free@{domain}": "waits", f"{MUST}@{domain}": "portal", f"{ONLY}@{domain}": "waits"},
           "transport: without names: what needs no proof waits, the rest is in the portal or held", str(now))
    world.resolver.start()
    wanted = {(f"free@{domain}", "dane"), (f"{MUST}@{domain}", "portal")}
    report(until(lambda: wanted <= ways(house, world, "silent").items(), 30, 0.5), "transport: without names: answers again: it goes by DANE",
           str(ways(house, world, "silent")))
    held = f"{ONLY}@{domain}"
    report(until(lambda: any(a.recipient == held and a.mail()["Subject"] == "silent" for a in world.servers.arrivals()), 30, 0.5),
           "transport: without names: what was held came, too", str(house.query("SELECT kind, state, last_reply FROM item WHERE recipient = ?", held)))


# ---- killed in the middle ------------------------------------------------

def killed(world, house):
    """kill -9 of the gateway while it delivers what needs a proof: all comes, to the server that has proven itself."""
    everyone = [f"{ONLY}{i}@ee-key.signed.example" for i in range(60)]
    with smtplib.SMTP("127.0.0.1", house.smtp) as smtp:
        for i, to in enumerate(everyone):
            house.send(f"killed-{i}", [to], smtp)
    os.kill(house.role("gateway"), signal.SIGKILL)

    def missing():
        here = {a.recipient for a in world.servers.arrivals()}
        return [to for to in everyone if to not in here]

    report(until(lambda: not missing(), 60, 0.5), "transport: killed: everything came", str(missing()[:5]))
    proven = {row["tls"].partition(", ")[2] for row in house.shown("killed-").values() if row["delivery"] == "delivered"}
    report(proven == {"DANE"}, "transport: killed: proven by DANE", str(proven))


# ---- what the operator can look up ---------------------------------------

LOOKED_UP = ("ee-key", "ta-between", "by-sni", "second-proves", "wrong", "stripped", "unusable", "injects", "bogus-tlsa", "no-tlsa", "trusted",
             "sts", "sts-mismatch", "sts-expired", "sts-testing", "sts-dane-wrong", "agreed-key", "agreed-other-key", "agreed-required")


def look_up(house):
    """`tls probe` says of a domain what mail to it will see."""
    chosen = [case for case in cases.ALL if case.name in LOOKED_UP]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = pool.map(lambda case: house.run("tls", "probe", case.domain, "--json"), chosen)
        for case, probe in zip(chosen, done):
            servers = [json.loads(line) for line in probe.stdout.splitlines()]
            proven = {PROOFS.get(server["by"]) for server in servers if server["proven"] == "yes"}
            wanted = {case.transit} if case.transit in PROOFS.values() else set()
            ok = proven == wanted and probe.returncode == (0 if wanted else probe.returncode or 2)
            report(ok, f"transport: tls probe: {case.name}", f"{probe.returncode} {proven} {probe.stdout}{probe.stderr}")


# ---- what senders ask for ------------------------------------------------

KEPT, KEPT_UNPROVEN = "free@requiretls.signed.example", "free@requiretls-plain.plain.example"
ASKED = (   # subject, recipient, REQUIRETLS or header, what becomes of it
    ("kept", KEPT, True, "dane"),
    ("kept-unproven", KEPT_UNPROVEN, True, "bounced"),
    ("kept-not-offered", "free@ee-key.signed.example", True, "bounced"),
    ("lax-dane", "free@wrong.signed.example", False, "opportunistic"),
    ("lax-stripped", "free@stripped.signed.example", False, "clear"),
    ("lax-sts", "free@sts-expired.plain.example", False, "opportunistic"),
    ("lax-agreed", "free@agreed-for-all-wrong.plain.example", False, "waits"),
    ("lax-demanded", "must@wrong.signed.example", False, "portal"),
)


def asked(world, house):
    """REQUIRETLS goes to servers that take it over and have proven themselves (RFC 8689); "TLS-Required: No" is for
    what a domain publishes, not for what the organisation demands or has agreed."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", house.smtp) as smtp:
        smtp.starttls(context=context)
        for subject, recipient, keeps, _ in ASKED:
            house.send(f"asked-{subject}", [recipient], smtp, "" if keeps else "TLS-Required: No\r\n", ["REQUIRETLS"] if keeps else [])
    assert house.settled(), house.said()[-2000:]
    arrived = world.servers.arrivals()
    for subject, recipient, keeps, wanted in ASKED:
        row = house.shown(f"asked-{subject}@")[recipient]
        its = [a for a in arrived if a.recipient == recipient and a.mail()["Subject"] == f"asked-{subject}"]
        got = outcome(row, its)
        passed_on = [a.parameters for a in its if keeps and "REQUIRETLS" not in a.parameters]
        report(got == wanted and not passed_on and (wanted != "bounced" or "5.7.30" in row["reply"]), f"transport: asked: {subject}: {wanted}",
               f"{got} {passed_on}\n{row}")


# ---- what is kept --------------------------------------------------------

def evidence(world, house):
    """Of a mail by DANE, and one by agreement."""
    for case, proof in ((cases.ALL[0], "DANE"), (cases.BREAKS, "agreement"), (cases.LOST, "MTA-STS")):
        kind = case.hosts[0].kind
        recipient = f"{ONLY}@{case.domain}"
        house.send(f"evidence-{case.name}", [recipient])
        assert until(lambda: delivered(house, f"evidence-{case.name}"), 20, 0.2), house.said()[-2000:]
        said = delivered(house, f"evidence-{case.name}")
        wanted = {"host": case.host_name(0), "address": world.servers.at[kind], "recipient": recipient}
        its = {"proof": proof, "protocol": "TLSv1.3", "certificate": hashlib.sha256(world.servers.certificates[kind].der()).hexdigest()}
        ok = wanted.items() <= said.items() and its.items() <= (said["tls"] or {}).items() and said["tls"]["group"] and said["tls"]["cipher"]
        report(bool(ok), f"transport: evidence: {proof}", json.dumps(said))
