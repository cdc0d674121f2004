#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Postfix to browser: the whole way of one message, with real parts only.

A message with umlauts in every header, an image in its HTML and 20 MB attached
goes through the organisation's Postfix and Letterlock to the world's Postfix.
The recipient outside opens the link of the notice in Chromium (browser.mjs);
the one inside has the original. LETTERLOCK_SHOTS=DIR keeps pictures of every
state.
"""
import email
import email.message
import email.policy
import hashlib
import json
import os
import pathlib
import re
import smtplib
import struct
import subprocess
import time
import zlib

from rig import Rig, body_text, limit, link_of, passcode_of, report

HERE = pathlib.Path(__file__).resolve().parent
SENDER, OUTSIDE, INSIDE = "juergen.gross@tannwald.example", "kaethe@world.example", "ines@tannwald.example"
SUBJECT = "Größe und Preis der Möbel für Käthe – Übersicht"
LINES = ["Liebe Frau Käufer,", "die Maße stehen im Anhang: 2,40 m × 1,10 m für 1.299 €."]
TEXT = "\n".join([LINES[0], "", LINES[1], "", "Schöne Grüße", "Jürgen Groß"]) + "\n"
FILE, FILE_BYTES = "Größenübersicht Möbel & Preise.bin", 20 << 20
IMAGE_WIDTH = 48
COLOUR = "rgb(29, 107, 79)"
EXPIRES_S = 2
POLICY = ((("templates:\n"), f"  Very short:\n    rights: [view]\n    expires: {EXPIRES_S} s\n"),
          ("rules:\n", "  - name: Short\n    priority: 1\n    when:\n      subject_contains_words: [\"[short]\"]\n"
           "      sent_to_scope: outside\n    then: Very short\n"))


def png(side):
    """A picture, made here: three stripes of fir green."""
    rows = b"".join(b"\0" + bytes((20 + y, 90, 60)) * side for y in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def compose(content, image):
    m = email.message.EmailMessage()
    m["From"] = f"Jürgen Groß <{SENDER}>"
    m["To"] = f"Käthe Käufer <{OUTSIDE}>"
    m["Cc"] = f"Inés Ölmühle <{INSIDE}>"
    m["Reply-To"] = f"Verkauf Möbel <{SENDER}>"
    m["Subject"] = SUBJECT
    m["Organization"] = "Tannwald Möbel"
    m["Comments"] = "Bitte prüfen – höflich"
    m["Message-ID"] = "<uebersicht.1@tannwald.example>"
    m["Date"] = "Tue, 24 Nov 2026 09:00:00 +0100"
    m.set_content(TEXT)
    m.add_alternative(f"<html><body style='font-family:sans-serif'><p style='color:{COLOUR}'>{LINES[0]}</p><p>{LINES[1]}</p>"
                      "<p><img src='cid:brett@tannwald.example' alt='Das Brett'></p>"
                      "<p>Schöne Grüße<br>Jürgen Groß</p></body></html>", subtype="html")
    m.get_payload()[1].add_related(image, "image", "png", cid="<brett@tannwald.example>", disposition="inline",
                                    filename="Brett für Käthe.png")
    m.add_attachment(content, "application", "octet-stream", filename=FILE)
    return m.as_bytes(policy=email.policy.SMTP)


def short_letter():
    return (f"From: {SENDER}\r\nTo: {OUTSIDE}\r\nSubject: [short] note\r\nMessage-ID: <short@tannwald.example>\r\n\r\n"
            "Only for a moment.\r\n").encode()


def submit(rig, to, mail):
    with smtplib.SMTP("127.0.0.1", rig.sender.port, timeout=60) as s:
        s.sendmail(SENDER, to, mail)


def leaves(raw):
    """Every part that is not a container: kind, name, decoded bytes."""
    walked = email.message_from_bytes(raw, policy=email.policy.default).walk()
    return [(p.get_content_type(), p.get_filename(), p.get_payload(decode=True).replace(b"\r\n", b"\n"))
            for p in walked if not p.is_multipart()]


def check_inside(mail, original):
    """The recipient inside has the message as it was sent."""
    body = original.split(b"\r\n\r\n", 1)[1].replace(b"\r\n", b"\n")
    report(mail.split(b"\n\n", 1)[1].rstrip(b"\n") == body.rstrip(b"\n"), "inside: the body is the original's, byte by byte")
    report(leaves(mail) == leaves(original), "inside: the parts are the original's")
    got, sent = (email.message_from_bytes(raw, policy=email.policy.default) for raw in (mail, original))
    names = ("From", "To", "Cc", "Reply-To", "Subject", "Organization", "Comments", "Message-ID", "Date")
    odd = [n for n in names if str(got[n]) != str(sent[n])]
    report(not odd, "inside: the headers are the original's", " ".join(odd))


def check_notice(mail, link):
    m = email.message_from_bytes(mail, policy=email.policy.default)
    html = body_text(mail, "html")
    report(m["From"].addresses[0].addr_spec == SENDER, "notice: it comes from the sender's own address", str(m["From"]))
    report("Jürgen Groß" in str(m["From"]), "notice: with the sender's name", str(m["From"]))
    report(html.count(f'href="{link}"') == 2, "notice: one button and one bare link, both the same")
    remote = re.findall(r"(?:src|background)\s*=|url\(", html)
    report(not remote, "notice: nothing is loaded from anywhere", str(remote))
    whole = mail.decode(errors="replace") + body_text(mail) + html
    leaked = [w for w in ("Größe und Preis", "Liebe Frau", "299", FILE, "Brett") if w in whole]
    report(not leaked, "notice: nothing of the message is in it", " ".join(leaked))


def answer(rig, wanted):
    """What the browser cannot do itself."""
    if wanted.startswith("passcode "):
        # The newest mail with the reference the page shows.
        for raw in reversed(rig.arrived(OUTSIDE, 3)):
            text = body_text(raw)
            if wanted.split()[1] in text:
                return passcode_of(raw)[0]
        return "none"
    if wanted == "revoke":
        done = rig.house.run("message", "revoke", "<uebersicht.1@tannwald.example>")
        return f"{done.returncode}"
    time.sleep(EXPIRES_S + 0.2)
    return "expired"


def browse(rig, job):
    """Drive browser.mjs; its lines are ours."""
    process = subprocess.Popen(["node", str(HERE / "browser.mjs"), json.dumps(job)], stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for line in process.stdout:
            if line.startswith('{"want"'):
                process.stdin.write(answer(rig, json.loads(line)["want"]) + "\n")
                process.stdin.flush()
            else:
                print(line, end="", flush=True)
        report(process.wait(30) == 0, "the browser's part ended well", str(process.returncode))
    finally:
        process.kill()


def main():
    limit()
    content = os.urandom(FILE_BYTES)
    original = compose(content, png(IMAGE_WIDTH))
    with Rig([OUTSIDE, INSIDE, SENDER], policy=POLICY) as rig:
        started = time.monotonic()
        submit(rig, [OUTSIDE, INSIDE], original)
        notice = rig.arrived(OUTSIDE)[0]
        link = link_of(notice)
        inside = rig.arrived(INSIDE)[0]
        print(f"{len(original) / 1e6:.1f} MB from Postfix to Postfix in {time.monotonic() - started:.1f} s")
        check_notice(notice, link)
        check_inside(inside, original)
        submit(rig, [OUTSIDE], short_letter())
        expiring = link_of(rig.arrived(OUTSIDE, 2)[1])
        browse(rig, {
            "link": link, "expiring_link": expiring, "sender_name": "Jürgen Groß",
            "organisation": "Tannwald Möbel", "subject": SUBJECT, "lines": LINES, "text_line": LINES[1],
            "image_width": IMAGE_WIDTH, "colour": COLOUR, "people": ["Jürgen Groß", "Käthe Käufer", "Inés Ölmühle", FILE],
            "opening_key": link.split("#")[1].upper(),
            "file": {"name": FILE, "sha256": hashlib.sha256(content).hexdigest()}})
        report(not rig.sink.files(SENDER), "no report went back to the sender")
        report(" died role=" not in rig.house.said(), "no role died")


main()
