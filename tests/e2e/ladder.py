#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a rule demands is met or the message waits: it is never sent weaker,
goes out when it can, and comes back when it never could. And what a sender
may ask for himself."""
import email
import email.policy
import json
import smtplib

from rig import Rig, body_text, limit, link_of, report, until

SENDER, ANNA, BANK, TAX = "i.wald@tannwald.example", "anna@world.example", "cora@bank.example", "theo@tax.example"
STRANGER = "eve@elsewhere.example"
RULES = """
  - name: The bank
    when: {recipient_is: cora@bank.example}
    then: {demand: {assurance: end_to_end}}
  - name: The tax office
    when: {recipient_is: theo@tax.example}
    then: {demand: {assurance: transit, prefer: [smime, tls, portal]}}
"""
SECRET = "The vault opens at nine."


def send(rig, to, subject="Figures", sender=SENDER, **fields):
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as smtp:
        smtp.sendmail(sender, to, f"From: {sender}\r\nTo: {ANNA}\r\nSubject: {subject}\r\n{extra}\r\n{SECRET}\r\n")


def rows(rig, *words):
    return [json.loads(line) for line in rig.house.run(*words, "--json").stdout.splitlines() if line.startswith("{")]


def waiting(rig):
    return [row for row in rows(rig, "queue", "list") if row["kind"] == "unmet"]


def verdict(rig, to):
    return rig.house.query(f"SELECT action, template, rule, reason FROM recipient WHERE address = '{to}' ORDER BY message DESC LIMIT 1")[0]


def leaked(rig, to):
    return any(SECRET.encode() in mail for mail in rig.sink.mails(to))


def apply(rig, old, new):
    path = rig.folder / "new.yaml"
    path.write_text((rig.house.conf.parent / "policy.yaml").read_text().replace(old, new))
    done = rig.house.run("policy", "apply", str(path), "--comment", "a test")
    assert done.returncode == 0, done.stderr


def waits(rig):
    send(rig, [BANK, TAX])
    action, _, rule, reason = verdict(rig, BANK)
    report((action, rule) == ("waits", "The bank") and "no certificate of this recipient is known" in reason,
           "ladder: where nothing meets the demand the message waits, and the reason says why", f"{action} {rule} {reason}")
    notice = rig.arrived(TAX)[0]
    action, _, rule, reason = verdict(rig, TAX)
    report((action, rule) == ("portal", "The tax office") and SECRET.encode() not in notice and "#" in link_of(notice) and
           "S/MIME passed over" in reason and "verified TLS passed over" in reason,
           "ladder: the first rung that meets it is taken, and the others are accounted for", f"{action} {reason}")
    tried = until(lambda: [row for row in waiting(rig) if row["attempts"] >= 2], 20)
    report(bool(tried) and "certificate" in tried[0]["reply"] and not rig.sink.files(BANK),
           "ladder: it is tried again, and nothing leaves", str(tried))
    told = rig.arrived(SENDER)[0]
    text = " ".join(body_text(told).split())
    report("Your message is waiting" in text and "no certificate of this recipient is known" in text and BANK in text,
           "ladder: the sender is told at once, and why", text)
    rig.house.run("queue", "release", tried[0]["item"])
    report(bool(until(lambda: [row for row in waiting(rig) if row["attempts"] >= 3], 20)) and not rig.sink.files(BANK),
           "ladder: releasing it by hand does not send it weaker", str(waiting(rig)))


def goes_out(rig):
    apply(rig, "{assurance: end_to_end}", "{assurance: portal}")
    came = rig.arrived(BANK)
    report(SECRET.encode() not in came[0] and "#" in link_of(came[0]) and not waiting(rig),
           "ladder: when the policy allows a way, it goes that way", str(waiting(rig)))
    action, _, rule, _ = verdict(rig, BANK)
    report((action, rule) == ("portal", "The bank"), "ladder: and is on record as decided again", f"{action} {rule}")


def comes_back(rig):
    apply(rig, "{assurance: portal}", "{assurance: end_to_end}")
    rig.house.stop()
    rig.house.set("# expire: .*", "expire: 2 s")
    assert rig.house.start(), rig.house.said()
    send(rig, [BANK])
    bounce = rig.arrived(SENDER, 4)[-1]
    report("no certificate of this recipient is known" in " ".join(body_text(bounce).split()),
           "ladder: what never could be protected comes back, with the reason", bounce.decode(errors="replace")[:3000])
    report(not leaked(rig, BANK), "ladder: no attempt leaked it")


def wished(rig):
    send(rig, [ANNA, SENDER], "Your [Confidential] report")
    action, template, rule, reason = verdict(rig, ANNA)
    report((action, template) == ("portal", "Do Not Forward") and "asked for" in reason,
           "ladder: a sender's words in the subject protect", f"{action} {template} {rule} {reason}")
    inside = email.message_from_bytes(rig.arrived(SENDER, 2)[-1], policy=email.policy.default)
    report(inside["Subject"] == "Your report", "ladder: and are taken out of it", str(inside["Subject"]))
    send(rig, [ANNA], X_Letterlock_Protect="Do Not Forward")
    report(verdict(rig, ANNA)[1] == "Do Not Forward", "ladder: so does a header field", str(verdict(rig, ANNA)))
    send(rig, [ANNA], Sensitivity="Private")
    report(verdict(rig, ANNA)[1] == "Do Not Forward", "ladder: and Outlook's Sensitivity", str(verdict(rig, ANNA)))
    send(rig, [ANNA], "[secure] I am not from here", sender=STRANGER, X_Letterlock_Protect="Encrypt-Only", Sensitivity="Private")
    action, template, _, reason = verdict(rig, ANNA)
    report("asked for" not in reason and "[secure]" in body_or_subject(rig), "ladder: what an outsider writes is no wish", f"{action} {reason}")


def body_or_subject(rig):
    """The last mail for Anna came in clear: its subject."""
    until(lambda: STRANGER.encode() in rig.sink.mails(ANNA)[-1] and SECRET.encode() in rig.sink.mails(ANNA)[-1], 20)
    return str(email.message_from_bytes(rig.sink.mails(ANNA)[-1], policy=email.policy.default)["Subject"])


def main():
    limit()
    default = ("default: Encrypt-Only", "")
    with Rig([ANNA, BANK, TAX, SENDER], policy=(("rules:\n", RULES), ("wish:\n", "  header: X-Letterlock-Protect\n"),
                                                              ("  sensitivity:\n", "    private: Do Not Forward\n")), sender=False) as rig:
        assert default[0] in (rig.house.conf.parent / "policy.yaml").read_text()
        waits(rig)
        goes_out(rig)
        apply(rig, "default: Encrypt-Only", "default: clear")
        wished(rig)
        comes_back(rig)


main()
