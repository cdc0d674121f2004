# SPDX-License-Identifier: Apache-2.0
"""Letterlock in the lab: an installation that sends to all cases at once, and
what became of each mail, by what the servers got and what it says itself."""
import json
import re
import smtplib

from cases import STRANGER
from lab import RESOLVER_AT, House, until

SENDER = "i.wald@own.example"
SECRET = "The vault opens at nine."
# Who is written to in each domain: nothing is demanded; transit, by whatever way; transit, and by no portal.
FREE, MUST, ONLY = "free", "must", "only"
WHO = (FREE, MUST, ONLY)
PROOFS = {"DANE": "dane", "MTA-STS": "sts", "agreement": "partner"}
POLICY = """
version: 1
domains: [own.example]
default: clear
{partners}
rules:
  - name: By a proven way
    when: {{recipient_address_matches: "^must[0-9]*@"}}
    then: {{demand: {{assurance: transit}}}}
  - name: By a proven way and no other
    when: {{recipient_address_matches: "^only[0-9]*@"}}
    then: {{demand: {{assurance: transit, prefer: [tls]}}}}
"""
SETTINGS = (
    ("  next_hop: .*", "  # by MX"),
    ("# routes: .*", "routes: {own.example: 127.0.0.1:25}"),
    ("# threads: .*", "threads: 32"),
    ("# retry_first: .*", "retry_first: 1 min"),
    ("# resolver: .*", f"resolver: {RESOLVER_AT}:53"),
)


class Organisation(House):
    """One installation in the lab."""

    def __init__(self, binary, world, partners):
        (world.folder / "organisation").mkdir()
        super().__init__(binary, 25, world.folder / "organisation")
        self.world = world
        done = self.init()
        assert done.returncode == 0, done.stderr
        files = (("# trust_anchor: .*", f"trust_anchor: {world.zones.anchor}"), ("# tls_ca: .*", f"tls_ca: {world.root.own.cert}"))
        for pattern, line in (*SETTINGS, *files):
            self.set(pattern, line)
        (self.conf.parent / STRANGER).write_bytes(world.servers.stranger.own.cert.read_bytes())
        (self.conf.parent / "policy.yaml").write_text(POLICY.format(partners=f"partners: {json.dumps(partners)}"))

    def send(self, subject, recipients, smtp=None, extra="", options=()):
        mail = f"From: {SENDER}\r\nTo: {recipients[0]}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@own.example>\r\n{extra}\r\n{SECRET}\r\n"
        if smtp:
            smtp.sendmail(SENDER, recipients, mail, options)
            return
        with smtplib.SMTP("127.0.0.1", self.smtp) as smtp:
            smtp.sendmail(SENDER, recipients, mail)

    def send_all(self, cases):
        """To three people of each case's domain, ten domains in a message."""
        with smtplib.SMTP("127.0.0.1", self.smtp) as smtp:
            for i in range(0, len(cases), 10):
                self.send(f"cases-{i}", [case.address(who) for case in cases[i:i + 10] for who in WHO], smtp)

    def go_on(self, **settings):
        """A new start with other settings: what it knew by heart is gone, what it keeps is not."""
        assert self.stop() == 0, self.said()[-2000:]
        for key, value in settings.items():
            self.set(rf"(?m)^  (# )?{key}: .*", f"  {key}: {value}")
        assert self.start(), self.said()[-2000:]

    def settled(self, seconds=25):
        """Everything was tried once, at least, or waits because its destination was."""
        return until(lambda: self.query("SELECT count(*) FROM item WHERE state = 0 AND last_reply = '' AND kind <> 'unmet'")[0][0] == 0, seconds, 0.1)

    def shown(self, start):
        """Recipient → what `message show --json` says of him, of messages whose ID starts so."""
        listed = rows(self.run("message", "list", "--limit", "10000", "--json"))
        found = {}
        for message in listed:
            if message["message_id"].strip("<").startswith(start):
                found |= {row["to"].lower(): row for row in rows(self.run("message", "show", message["message"], "--json"))}
        return found


def rows(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def outcome(row, arrived):
    """What became of a mail, in the words of cases.py."""
    if len(arrived) > 1:
        return f"arrived {len(arrived)} times"
    if not arrived and row["delivery"] == "failed":
        return "bounced"
    if not arrived:
        return "portal" if row["action"] == "portal" else {"queued": "waits"}.get(row["delivery"], row["delivery"])
    protocol, _, proof = row["tls"].replace("none", "").partition(", ")
    if row["delivery"] != "delivered" or protocol != arrived[0].tls:
        return f"arrived by '{arrived[0].tls}'"
    return PROOFS.get(proof) or ("opportunistic" if protocol else "clear")


def plain_arrivals(world):
    """Recipient → mails that came with their text in clear, to be read by whoever has them."""
    found = {}
    for arrival in world.servers.arrivals():
        if SECRET.encode() in re.sub(rb"=\r?\n", b"", arrival.raw):
            found.setdefault(arrival.recipient.lower(), []).append(arrival)
    return found


def expected(case, who):
    if who == FREE:
        return case.free
    if who == ONLY:
        return "waits" if case.transit == "portal" else case.transit
    return case.transit
