#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What rules do to real mail: hold it until somebody releases it, drop it,
refuse it, only record it."""
import email.message
import email.policy
import io
import json
import smtplib
import zipfile

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
  - name: Cards
    when: {sensitive_information: {type: Credit Card Number, confidence: high}}
    then: {reject: {code: 5.7.8, text: Card numbers do not leave this organisation}}
  - name: Locked files
    when: {attachment_is_encrypted: true}
    then: {reject: {code: 5.7.7, text: Files with a password cannot be checked}}
  - name: Marked for the world
    when: {recipient_is: bert@world.example, subject_contains_words: offer}
    then:
      prepend_subject: "[Tannwald] "
      set_header: {X-Class: "für Kunden"}
      remove_header: X-Internal
      disclaimer: {text: "Registergericht Köln", position: append}
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


def document(text):
    """A Word file with one paragraph, as far as a reader of text needs it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-'
                   'types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                   'wordprocessingml.document.main+xml"/></Types>')
        z.writestr("word/document.xml", '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/'
                   f'2006/main"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>')
    return out.getvalue()


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(name, data)
    return out.getvalue()


def attach(rig, name, data):
    m = email.message.EmailMessage()
    m["From"], m["To"], m["Subject"] = SENDER, ANNA, "files"
    m.set_content("see there")
    m.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as smtp:
        try:
            smtp.send_message(m, SENDER, [ANNA])
            return 250, ""
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


def changed(rig):
    m = email.message.EmailMessage()
    m["From"], m["To"], m["Subject"], m["X-Internal"] = SENDER, f"{ANNA}, {BERT}", "Our offer", "4711"
    m.set_content("Dear Bert,\n\nplease see below.\n")
    came = len(rig.sink.mails(BERT))
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as smtp:
        smtp.send_message(m, SENDER, [ANNA, BERT])
    got = email.message_from_bytes(rig.arrived(BERT, came + 1)[-1], policy=email.policy.default)
    text = got.get_content()
    report(got["Subject"] == "[Tannwald] Our offer" and got["X-Class"] == "für Kunden" and got["X-Internal"] is None and
           text.startswith("Dear Bert,") and text.count("Registergericht Köln") == 1,
           "rules: subject, header and disclaimer are changed for whom the rule is", f"{got.items()} {text}")
    parts = rig.house.query("SELECT count(DISTINCT parcel) FROM grants WHERE message = (SELECT max(id) FROM message)")
    report(parts == [(1,)], "rules: the other recipient got the message as it was, protected", str(parts))


def looked_into(rig):
    card = "Credit card number 4111 1111 1111 1111, expires 12/27"
    answers = {"body": send(rig, "card", [ANNA], card), "docx": attach(rig, "a.docx", document(card)),
               "docx in a zip": attach(rig, "a.zip", zipped("inner.docx", document(card))),
               "csv": attach(rig, "a.csv", card.encode("utf-16"))}
    report(all(code == 550 and "5.7.8" in text for code, text in answers.values()),
           "rules: a card number is found in body, Word file, archive and table", str(answers))
    answers = {"docx": attach(rig, "a.docx", document("nothing")), "zip": attach(rig, "a.zip", zipped("a.txt", "nothing"))}
    report(all(code == 250 for code, _ in answers.values()), "rules: files without one pass", str(answers))
    locked = bytearray(zipped("a.txt", "secret"))
    locked[6] |= 1
    locked[locked.find(b"PK\1\2") + 8] |= 1
    code, text = attach(rig, "a.zip", bytes(locked))
    report(code == 550 and "5.7.7" in text, "rules: a file with a password is known as one", f"{code} {text}")


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
    limit()
    with Rig([ANNA, BERT], policy=(("rules:\n", RULES),), sender=False) as rig:
        held(rig)
        others(rig)
        changed(rig)
        looked_into(rig)
        explained(rig)


main()
