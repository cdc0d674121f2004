#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whom rules tell: senders, those who look after incidents, recipients; read
as they come out of real mail servers."""
import email
import email.message
import email.policy
import email.utils
import html
import json
import re
import smtplib
import sqlite3
import time

from rig import Rig, body_text, limit, report, until

SENDER, AUDIT, PRIVACY, INSIDE = (f"{who}@tannwald.example" for who in ("i.wald", "audit", "privacy", "o.berg"))
ANNA, BERT, CARL = "anna@world.example", "bert@world.example", "carl@world.example"
POSTMASTER = "postmaster@gate.tannwald.example"
CARD = "4111 1111 1111 1111"
CARD_TEXT = f"Credit card number {CARD}, expires 12/27"
RULES = f"""
  - name: Karten für alle
    clause: PCI DSS 3.4
    when: {{sensitive_information: {{type: Credit Card Number, confidence: high}}, subject_contains_words: noticed}}
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
  - name: Nobody looks at this
    when: {{subject_contains_words: strange}}
    then: {{quarantine: true}}
  - name: Audit looks at this
    when: {{subject_contains_words: looked at}}
    then: {{quarantine: {{reviewers: {AUDIT}}}}}
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
    """A note, which no mail program answers and all show beside the message."""
    m = email.message_from_bytes(raw, policy=email.policy.default)
    faults = [str(d) for part in m.walk() for d in part.defects]
    faults += [] if m["Return-Path"] == "<>" else [f"return path {m['Return-Path']}"]
    faults += [] if m["Auto-Submitted"] == "auto-generated" else [f"Auto-Submitted {m['Auto-Submitted']}"]
    faults += [] if m["From"] == "Tannwald Möbel <postmaster@gate.tannwald.example>" else [f"From {m['From']}"]
    faults += [] if m["X-Letterlock-Loop"] else ["no trace of our own"]
    faults += [line for line in raw.splitlines() if len(line) > 998]
    return m, faults


def has_number(raw):
    """Anywhere, however it is encoded or spaced."""
    m = email.message_from_bytes(raw)
    parts = b" ".join([raw, *(part.get_payload(decode=True) or b"" for part in m.walk())])
    return b"4111111111111111" in re.sub(rb"[^0-9A-Za-z]", b"", parts)


def answers(m, original):
    return m["In-Reply-To"] == m["References"] == original["Message-ID"]


def words(raw, kind="plain"):
    """A body as its reader sees it, without its line breaks and tags."""
    text = body_text(raw, kind)
    if kind == "html":
        text = html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<head>.*</head>", "", text)))
    return " ".join(text.split())


def lacks(raw, *texts):
    """What is said neither in the text nor in the page, or in only one."""
    return [t for t in texts if t not in words(raw) or t not in words(raw, "html")]


def noticed(rig, b):
    m = mail("Our noticed offer", CARD_TEXT)
    code, _ = send(rig, m, [ANNA, BERT])
    raw, = b.new(SENDER, 1)
    note, faults = parsed(raw)
    missing = lacks(raw, "One of our rules noticed this in a message of yours: Credit Card Number.", "Karten für alle", "PCI DSS 3.4",
                    "Our noticed offer", f"{ANNA}: sent protected (Encrypt-Only)", f"{BERT}: sent as it is",
                    "in the text of the message", "What you can do")
    report(code == 250 and not faults and not missing and answers(note, m) and note["To"] == SENDER and
           note["Subject"] == 'About your message "Our noticed offer"',
           "notes: the sender is told what was found and what was done", f"{code} {faults} {missing} {note.items()}")
    report(not has_number(raw) and "1111" not in words(raw), "notes: what was found is not quoted to him", body_text(raw))
    went = (b.new(ANNA, 1), b.new(BERT, 1))
    report(CARD.encode() in went[1][0] and b"Protected message" in went[0][0], "notes: and the message goes its way")


def refused(rig, b):
    before = rig.house.query("SELECT count(*) FROM message")
    m = mail("This is refused", CARD_TEXT)
    code, text = send(rig, m, [ANNA, BERT])
    report(code == 550 and 'the rule "Karten bleiben hier"' in text and "found: Credit Card Number" in text and "1111" not in text,
           "notes: who is refused hears which rule it was and what it found", f"{code} {text}")
    reports = [b.new(AUDIT, 1)[0], b.new(PRIVACY, 1)[0]]
    for to, raw in zip((AUDIT, PRIVACY), reports):
        note, faults = parsed(raw)
        missing = lacks(raw, SENDER, ANNA, BERT, "This is refused", "Karten bleiben hier", "PCI DSS 3.4",
                        "refused, nothing was sent", m["Message-ID"], "Credit Card Number", "high confidence",
                        "•••• •••• •••• 1111", "line")
        report(not faults and not missing and note["To"] == to and answers(note, m) and
               note["Subject"] == "Incident report: Karten bleiben hier (high)" and not list(note.iter_attachments()),
               f"notes: {to} gets a report of what was refused", f"{faults} {missing} {note.items()}")
    report(not any(has_number(raw) for raw in reports), "notes: reports show what was found only masked")
    report(rig.house.query("SELECT count(*) FROM message") == before and b.none(ANNA, BERT, SENDER, AUDIT, PRIVACY),
           "notes: of what is refused nothing else is kept or sent")
    detail = [json.loads(d) for d, in rig.house.query("SELECT detail FROM audit WHERE event = 'message.refused'")]
    report([(n["kind"], n["to"]) for d in detail for n in d["notes"]] == [("incident", AUDIT), ("incident", PRIVACY)],
           "notes: the reports are on record", str(detail))
    code, text = send(rig, mail("In our own words"), [ANNA])
    report(code == 550 and "5.7.9 Not this way" in text, "notes: a rule's own words come first", f"{code} {text}")
    signed = mail("wrapped")
    signed.replace_header("Content-Type", 'application/pkcs7-mime; smime-type="signed-data"')
    code, text = send(rig, signed, [ANNA])
    report(code == 550 and not lacks(b.new(AUDIT, 1)[0], "No signature for this", "refused, nothing was sent"),
           "notes: a message that could not be changed is reported, too", f"{code} {text}")


def on_trial(rig, b):
    m = mail("A trial")
    code, _ = send(rig, m, [ANNA, BERT])
    raw, = b.new(SENDER, 1)
    note, faults = parsed(raw)
    missing = lacks(raw, "It is only being tried out: nothing was changed by it.", "refuse the message", "On trial",
                    f"{BERT}: sent as it is")
    report(code == 250 and not faults and not missing and answers(note, m), "notes: a rule on trial tells what it would have done",
           f"{code} {faults} {missing}")
    raw, = b.new(AUDIT, 1)
    report(not lacks(raw, "being tried out: it changed nothing", "On trial") and ANNA not in words(raw) and SENDER not in words(raw) and
           "A trial" not in words(raw), "notes: it is reported, with what the report is to have", body_text(raw))
    b.new(ANNA, 1)
    b.new(BERT, 1)


def attached(rig, b):
    m = mail("watched", "Größe: geheim\n", Bcc=CARL)
    code, _ = send(rig, m, [BERT, CARL, INSIDE])
    raw, = b.new(AUDIT, 1)
    note, faults = parsed(raw)
    files = list(note.iter_attachments())
    report(code == 250 and not faults and [f.get_content_type() for f in files] == ["message/rfc822"] and
           m.as_bytes().strip() in raw.replace(b"\n", b"\r\n").replace(b"\r\r", b"\r"),
           "notes: a report has the message, byte by byte, if it is to", f"{faults} {files}")
    inner = files[0].get_content()
    report(inner["Subject"] == "watched" and inner.get_content() == "Größe: geheim\n" and not lacks(raw, CARL, BERT, INSIDE),
           "notes: mail programs show it", str(inner))
    rest = rig.house.run("queue", "list", "--json").stdout
    report("geheim" not in rest and b.new(BERT, 1) and b.new(CARL, 1) and b.new(INSIDE, 1), "notes: and the message goes its way")


def recipients_told(rig, b):
    m = mail("<b>lines</b>", to=f"{BERT}, {ANNA}", Cc=CARL)
    send(rig, m, [ANNA, BERT, CARL, INSIDE])
    raws = {to: next(raw for raw in b.new(to, 2) if b"auto-generated" in raw) for to in (ANNA, BERT, CARL, INSIDE)}
    report(all(not parsed(raw)[1] and answers(parsed(raw)[0], m) for raw in raws.values()), "notes: recipients get a note each")
    missing = [t for raw in raws.values()
               for t in lacks(raw, f"A message from Ida Wald <{SENDER}> to {BERT}, {ANNA}, copy {CARL}:", "<b>lines</b>",
                              "(Wed, 25 Nov 2026 03:04:05 +0100)")]
    report(not missing and not any(INSIDE in words(raw) for raw in raws.values()) and
           all("<b>lines" not in body_text(raw, "html") for raw in raws.values()),
           "notes: its places are filled and escaped, and no Bcc is named", str(missing))
    send(rig, mail("Secret tags & <i>words</i>"), [ANNA, BERT])
    protected = next(raw for raw in b.new(ANNA, 2) if b"auto-generated" in raw)
    plain = next(raw for raw in b.new(BERT, 2) if b"auto-generated" in raw)
    report("(protected message)" in words(protected) and "tags" not in words(protected) + words(protected, "html") and
           "tags" not in parsed(protected)[0]["Subject"], "notes: a protected message's subject is not told", body_text(protected))
    report("About <b>Secret tags &amp; &lt;i&gt;words&lt;/i&gt;</b>" in body_text(plain, "html") and
           "About Secret tags & <i>words</i>" in words(plain), "notes: an administrator's tags are tags, a sender's are not",
           body_text(plain, "html"))


def nobody_to_tell(rig, b):
    """What programs write causes no note but a report; nobody outside is told."""
    send(rig, mail("noticed trial watched lines", CARD_TEXT, Auto_Submitted="auto-replied (vacation)"), [BERT])
    report(len(b.new(AUDIT, 2)) == 2 and b.new(BERT, 1) and b.none(SENDER, BERT),
           "notes: what a program sent is reported, and nobody else is told")
    send(rig, mail("noticed trial lines", CARD_TEXT), [BERT], sender="")
    b.new(AUDIT, 1)
    b.new(BERT, 1)
    came = email.message_from_bytes(rig.sink.mails(BERT)[-1])
    send(rig, mail("noticed trial lines", CARD_TEXT, X_Letterlock_Loop=came["X-Letterlock-Loop"]), [BERT])
    b.new(AUDIT, 1)
    b.new(BERT, 1)
    send(rig, mail("noticed trial", CARD_TEXT), [BERT], sender=CARL)
    b.new(AUDIT, 1)
    b.new(BERT, 1)
    report(b.none(SENDER, BERT, CARL), "notes: nor of reports, of what came round, of what came from outside")
    send(rig, mail("noticed", CARD_TEXT, Auto_Submitted="no"), [BERT])
    report(len(b.new(SENDER, 1)) == 1 and b.new(BERT, 1), "notes: who says that he is no program is told")


def waits_for_the_administrator(rig, b):
    send(rig, mail("This is looked at", "geheim"), [BERT])
    b.new(AUDIT, 1)
    report(b.none(POSTMASTER), "notes: the administrator hears nothing of what others decide about")
    send(rig, mail("This is strange", "geheim"), [ANNA, BERT])
    raw, = b.new(POSTMASTER, 1)
    note = email.message_from_bytes(raw, policy=email.policy.default)
    missing = lacks(raw, "A message waits for your decision", "Nobody looks at this", "1 message", "letterlock review list", "policy check", "once an hour")
    report(not missing and note["To"] == POSTMASTER and note["Auto-Submitted"] == "auto-generated" and note["Return-Path"] == "<>" and
           not any(word in words(raw) for word in (SENDER, ANNA, BERT, "This is strange", "geheim")),
           "notes: the administrator is told that a message waits for him, and nothing of it", f"{missing} {note.items()}")
    send(rig, mail("Something strange, too"), [BERT])
    time.sleep(3)
    waiting = [row for row in rows(rig, "review", "list") if row["who"] == "the administrator"]
    report(len(waiting) == 2 and b.none(POSTMASTER, ANNA, BERT), "notes: not again within the hour", str(waiting))
    with sqlite3.connect(rig.house.database, timeout=20) as database:
        database.execute("UPDATE counter SET until_ms = 1 WHERE key = 'administrator'")
    raw, = b.new(POSTMASTER, 1)
    report(not lacks(raw, "2 messages wait for your decision", "2 messages"), "notes: and once more after it, for what is new", words(raw))
    checked = rig.house.run("policy", "check")
    report(checked.returncode == 0 and re.search(r"warning: \S+policy\.yaml:\d+: rule \"Nobody looks at this\" holds mail and names nobody", checked.stdout)
           is not None and checked.stdout.count("warning:") == 1 and "quarantine: {reviewers: ADDRESS}" in checked.stdout,
           "notes: policy check names the rule that names nobody", checked.stdout)


def on_record(rig):
    details = [json.loads(d) for d, in rig.house.query("SELECT detail FROM audit WHERE event = 'message.accepted'")]
    kinds = [n["kind"] for d in details for n in d.get("notes", [])]
    report(set(kinds) == {"noticed", "tried", "incident", "notification", "review"} and
           all(set(n) == {"kind", "rule", "to"} for d in details for n in d.get("notes", [])),
           "notes: each is on record, and nothing of what it says", str(kinds))
    files = [path for path in (rig.house.folder / "house").rglob("*") if path.is_file()]
    told = [str(path) for path in files for word in (b"Our noticed offer", CARD.encode(), "geheim".encode()) if word in path.read_bytes()]
    report(files and not told, "notes: none of it is readable on the disk", str(told))


def main():
    limit()
    boxes = [SENDER, AUDIT, PRIVACY, INSIDE, ANNA, BERT, CARL, POSTMASTER]
    with Rig(boxes, policy=(("rules:\n", RULES),), sender=False) as rig:
        b = Boxes(rig)
        for scene in (noticed, refused, on_trial, attached, recipients_told, nobody_to_tell, waits_for_the_administrator):
            scene(rig, b)
        on_record(rig)


main()
