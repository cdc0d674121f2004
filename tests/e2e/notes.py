#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whom rules tell: senders, those who look after incidents, recipients; read
as they come out of real mail servers."""
import email
import email.message
import email.policy
import email.utils
import json
import pathlib
import smtplib
import sys

from rig import Rig, body_text, limit, report, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
SENDER, AUDIT, PRIVACY, INSIDE = (f"{who}@tannwald.example" for who in ("i.wald", "audit", "privacy", "o.berg"))
ANNA, BERT, CARL = "anna@world.example", "bert@world.example", "carl@world.example"
CARD, MASKED = "4111 1111 1111 1111", "1111"
PACKS = f"rule_packs: [{ROOT}/policy/sit/letterlock-finance.xml]\n"
RULES = f"""
  - name: Karten für alle
    clause: PCI DSS 3.4
    when: {{sensitive_information: {{type: Credit Card Number, confidence: high}}, subject_contains_words: [noticed, noticed and refused]}}
    then: {{notify_sender: notify_only, severity: high}}
  - name: Karten bleiben hier
    when: {{sensitive_information: {{type: Credit Card Number, confidence: high}}, subject_contains_words: refused}}
    clause: PCI DSS 3.4
    then: {{notify_sender: reject, incident_report: {{to: [{AUDIT}, {PRIVACY}]}}, severity: high}}
  - name: Said by ourselves
    when: {{subject_contains_words: our own words}}
    then: {{notify_sender: reject, reject: {{code: 5.7.9, text: Not this way}}}}
  - name: On trial
    mode: audit_and_notify
    when: {{subject_contains_words: trial}}
    then: {{reject: No, incident_report: {{to: {AUDIT}, include: [severity, rules]}}}}
  - name: Watched
    when: {{subject_contains_words: watched}}
    then: {{incident_report: {{to: {AUDIT}, include: [sender, recipients, subject, original]}}, severity: low}}
  - name: Told in lines
    when: {{subject_contains_words: lines}}
    then: {{notify_recipients: "A message from %%From%% to %%To%%, copy %%Cc%%:\\n%%Subject%% (%%MessageDate%%)", template: clear}}
  - name: Told in tags
    when: {{subject_contains_words: tags}}
    then: {{notify_recipients: "<p>About <b>%%Subject%%</b></p>"}}
  - name: No signature for this
    when: {{subject_contains_words: wrapped}}
    then: {{disclaimer: {{text: x, fallback: reject}}, incident_report: {{to: {AUDIT}}}}}
  - name: Plainly
    when: {{recipient_is: {BERT}}}
    then: clear
"""


def mail(subject, body="x", to=ANNA, **fields):
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m["From"], m["To"], m["Subject"] = f"Ida Wald <{SENDER}>", to, subject
    m["Date"], m["Message-ID"] = "Wed, 25 Nov 2026 03:04:05 +0100", email.utils.make_msgid(domain="tannwald.example")
    for name, value in fields.items():
        m[name.replace("_", "-")] = value
    m.set_content(body)
    return m


def send(rig, m, to, sender=SENDER):
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as smtp:
        try:
            smtp.sendmail(sender, to, m.as_bytes())
            return 250, ""
        except smtplib.SMTPDataError as refused:
            return refused.smtp_code, refused.smtp_error.decode()


class Boxes:
    """The mails that came for somebody since the last look."""

    def __init__(self, rig):
        self.rig, self.seen = rig, {}

    def new(self, address, count):
        """So many, and no more."""
        before = self.seen.get(address, 0)
        mails = self.rig.arrived(address, before + count)
        self.seen[address] = len(mails)
        return mails[before:]

    def none(self, *addresses):
        """Nothing more came, once all that waits has gone."""
        def waits():
            return [row for row in rows(self.rig, "queue", "list") if row["state"] == "queued"]
        until(lambda: not waits(), 30)
        return all(len(self.rig.sink.mails(a)) == self.seen.get(a, 0) for a in addresses)


def rows(rig, *words):
    return [json.loads(line) for line in rig.house.run(*words, "--json").stdout.splitlines() if line.startswith("{")]


def parsed(raw):
    m = email.message_from_bytes(raw, policy=email.policy.default)
    faults = [str(d) for part in m.walk() for d in part.defects]
    return m, faults


def words(raw, kind="plain"):
    """A body as its reader sees it, without its line breaks."""
    return " ".join(body_text(raw, kind).split())


def has_all(raw, *texts):
    """What is missing in the text or the page of a note."""
    return [t for t in texts if t not in words(raw) or t not in words(raw, "html").replace("&quot;", '"')]


def main():
    limit(160)
    boxes = [SENDER, AUDIT, PRIVACY, INSIDE, ANNA, BERT, CARL]
    with Rig(boxes, policy=(("version: 1\n", PACKS), ("rules:\n", RULES)), sender=False, keep=bool(sys.argv[1:])) as rig:
        b = Boxes(rig)
        m = mail("Our noticed offer", f"Credit card number {CARD}, expires 12/27")
        print(send(rig, m, [ANNA, BERT]))
        raw = b.new(SENDER, 1)[0]
        print(raw.decode())
        print(body_text(raw))
        pathlib.Path("/tmp/notes-noticed.html").write_text(body_text(raw, "html"))
        print(send(rig, mail("refused", f"Credit card number {CARD}, expires 12/27"), [ANNA, BERT]))
        raw = b.new(AUDIT, 1)[0]
        print(body_text(raw))
        pathlib.Path("/tmp/notes-incident.html").write_text(body_text(raw, "html"))
        print(send(rig, mail("trial"), [ANNA, BERT]))
        raw = b.new(SENDER, 1)[0]
        print(body_text(raw))
        pathlib.Path("/tmp/notes-trial.html").write_text(body_text(raw, "html"))


main()
