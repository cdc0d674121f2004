#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What rules do to real mail: hold it until somebody releases it, drop it,
refuse it, only record it."""
import json
import smtplib

from rig import Rig, limit, report

SENDER, ANNA, BERT = "i.wald@tannwald.example", "anna@world.example", "bert@world.example"
RULES = """
  - name: Look at it first
    when: {subject_contains_words: quarantine, sent_to_scope: outside}
    then: {quarantine: true, severity: high}
  - name: Nobody needs this
    when: {subject_contains_words: junk}
    then: {delete: true}
  - name: Too large for anybody
    when: {message_size_over: 20 KiB, sender_ip_in: 127.0.0.0/8}
    then: {reject: {code: 5.7.9, text: Too large for this organisation}}
  - name: Being tried out
    mode: audit
    then: reject
  - name: Plainly
    when: {recipient_is: bert@world.example}
    then: clear
"""


def mail(subject, body="x"):
    return f"From: {SENDER}\r\nTo: {ANNA}\r\nSubject: {subject}\r\n\r\n{body}\r\n"


def send(rig, subject, to, body="x"):
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as smtp:
        try:
            return 250, smtp.sendmail(SENDER, to, mail(subject, body))
        except smtplib.SMTPDataError as refused:
            return refused.smtp_code, refused.smtp_error.decode()


def rows(rig, *words):
    return [json.loads(line) for line in rig.house.run(*words, "--json").stdout.splitlines() if line.startswith("{")]


def held(rig):
    send(rig, "quarantine please", [ANNA, BERT])
    send(rig, "ordinary", [ANNA])
    rig.arrived(ANNA)
    waiting = rows(rig, "queue", "list")
    came = (len(rig.sink.mails(ANNA)), len(rig.sink.mails(BERT)))
    report([row["state"] for row in waiting] == ["held", "held"] and came == (1, 0),
           "rules: what is quarantined waits, and nobody got it", f"{waiting} {came}")
    reasons = [reason for reason, in rig.house.query("SELECT reason FROM recipient ORDER BY message, n")]
    report('held by rule "Look at it first"' in reasons[0], "rules: the reason says who holds it", str(reasons))
    for row in waiting:
        rig.house.run("queue", "release", row["item"])
    report(b"quarantine please" in rig.arrived(BERT)[0] and len(rig.arrived(ANNA, 2)) == 2, "rules: released, it arrives")


def others(rig):
    code, _ = send(rig, "junk", [ANNA, BERT])
    actions = [action for action, in rig.house.query("SELECT action FROM recipient ORDER BY message DESC LIMIT 2")]
    report(code == 250 and actions == ["deleted", "deleted"] and not rows(rig, "queue", "list"),
           "rules: what is deleted is accepted and goes nowhere", f"{code} {actions}")
    code, text = send(rig, "large", [ANNA], "0123456789abcdef\r\n" * 2000)
    report(code == 550 and "5.7.9 Too large" in text, "rules: what is refused is refused in the rule's words", f"{code} {text}")
    details = [json.loads(detail) for detail, in rig.house.query("SELECT detail FROM audit WHERE event = 'message.accepted'")]
    tried = [rule["rule"] for one in details for to in one["decided"] for rule in to["rules"] if rule["mode"] == "audit"]
    report(tried == ["Being tried out"] * 5, "rules: a rule that is tried out is on record and does nothing", str(tried))


def explained(rig):
    path = rig.folder / "mail.eml"
    path.write_text(mail("quarantine it"))
    done = rig.house.run("policy", "explain", str(path), "--from", SENDER, "--to", f"{ANNA},{BERT}", "--ip", "127.0.0.1", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    results = {(line["to"], line["rule"]): line["result"] for line in lines if "result" in line}
    verdicts = {line["to"]: (line["action"], line["held"]) for line in lines if "action" in line}
    report(done.returncode == 0 and results[ANNA, "Look at it first"] == results[BERT, "Plainly"] == "applies" and
           results[ANNA, "Plainly"] == "not: recipient is" and results[ANNA, "Being tried out"] == "would apply (audit)" and
           results[ANNA, "Too large for anybody"] == "not: message size over" and
           verdicts == {ANNA: ("portal", "Look at it first"), BERT: ("clear", "Look at it first")},
           "rules: policy explain says of each rule what became of it", f"{done.stderr} {results} {verdicts}")
    report(not rows(rig, "queue", "list"), "rules: explaining sends nothing")


def main():
    limit(110)
    with Rig([ANNA, BERT], policy=(("rules:\n", RULES),), sender=False) as rig:
        held(rig)
        others(rig)
        explained(rig)


main()
