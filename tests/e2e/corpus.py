#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real mail that others collected, through SMTP and out of the portal again.

Every message of LETTERLOCK_TEST_DATA/mime is sent to a recipient outside. It
is refused with a named reason, or what the portal hands out equals the
original's decoded body and attachments. What that is, tests/mime has agreed
on with three other readers of mail; here their digests are looked up.
"""
import collections
import hashlib
import json
import os
import pathlib
import re
import smtplib
import subprocess
import sys

from portal import Reader, crockford
from rig import LINK, Rig, limit, link_of, report

SENDER, OUTSIDE = "anna@tannwald.example", "karl@world.example"
DATA = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", "../shared/data")) / "mime"
DUMP = pathlib.Path(os.environ.get("LETTERLOCK_BUILD", "build")) / "tests/mime/mime_dump"


def wire(raw):
    """With CRLF where there was LF; everything else as it is."""
    raw = re.sub(rb"\r?\n", b"\r\n", raw)
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def send(smtp, raw):
    """Code and words of the answer to the data, or to what came before."""
    for code, words in (smtp.mail(SENDER), smtp.rcpt(OUTSIDE)):
        if code != 250:
            return code, words.decode()
    smtp.docmd("DATA")
    smtp.send(re.sub(rb"(?m)^\.", b"..", raw) + b".\r\n")
    code, words = smtp.getreply()
    return code, words.decode()


def expected(paths):
    """What our parser finds in each message as it goes over the wire."""
    lines = subprocess.run([str(DUMP), *map(str, paths)], capture_output=True, check=True,
                           env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0")).stdout.splitlines()
    return {one["id"]: one for one in map(json.loads, lines)}


def compare(reader, link, raw, want):
    """None, or what differs."""
    letter, ck, opened = reader.open(link)
    digests = {leaf["sha256"] for leaf in want["leaves"]}
    if letter.manifest["subject"] != want["subject"]:
        return f"subject {letter.manifest['subject']!r}, not {want['subject']!r}"
    if letter.manifest["text"] is not None and letter.text() != want["text"]:
        return "the text differs"
    for one in letter.manifest["attachments"]:
        data = reader.part(link, ck, crockford(opened["parcel"]), one["part"])
        digest = hashlib.sha256(data).hexdigest()
        if digest != one["sha256"] or len(data) != one["size"]:
            return f"part {one['part']} is not what the manifest says"
        # The dump compares text with LF line ends.
        plain = hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
        if not {digest, plain} & digests and data not in raw:
            return f"attachment {one['name']!r} is not in the original"
    for one in letter.manifest["inline"]:
        if hashlib.sha256(letter.cut(one)).hexdigest() not in digests:
            return f"picture {one['name']!r} is not in the original"
    shown = len(letter.manifest["attachments"]) + len(letter.manifest["inline"])
    if shown != want["n_attachments"] + want["n_inlines"]:
        return f"{shown} attachments and pictures, not {want['n_attachments'] + want['n_inlines']}"
    return None


def main():
    files = sorted(DATA.glob("*.eml"))
    if not files or not DUMP.exists():
        print("skipped corpus: no test data" if not files else "skipped corpus: mime_dump is not built")
        sys.exit(77)
    limit()
    outcomes, wrong, sent = collections.Counter(), [], {}
    with Rig([OUTSIDE, SENDER], sender=False) as rig:
        sealed_dir = rig.folder / "wire"
        sealed_dir.mkdir()
        smtp = smtplib.SMTP("127.0.0.1", rig.house.smtp, timeout=60)
        smtp.ehlo()
        for path in files:
            raw = wire(path.read_bytes())
            code, words = send(smtp, raw)
            if code == 250:
                sent[re.search(r"accepted as (\w{26})", words).group(1)] = (path.name, raw)
                (sealed_dir / path.name).write_bytes(raw)
            else:
                outcomes[f"refused: {code} {words}"] += 1
                smtp.rset()
        smtp.quit()
        want = expected(sorted(sealed_dir.iterdir()))
        links = {LINK.search(link_of(mail)).group(1): link_of(mail) for mail in rig.arrived(OUTSIDE, len(sent), 120)}
        reader = Reader(rig, OUTSIDE)
        reader.sign_in(next(iter(links.values())))
        grants = dict(rig.house.query("SELECT message, grant_id FROM recipient"))
        by_message = {crockford_text(m): crockford_text(g) for m, g in grants.items()}
        for message, (name, raw) in sent.items():
            why = compare(reader, links[by_message[message]], raw, want[name])
            outcomes["read in the portal, equal" if why is None else "different"] += 1
            if why is not None:
                wrong.append(f"{name}: {why}")
    print(f"table of outcomes, {len(files)} messages")
    for what, n in outcomes.most_common():
        print(f"table {n:6} {what}")
    for line in wrong:
        report(False, f"corpus {line}")
    report(not wrong and sum(outcomes.values()) == len(files), f"corpus: {len(sent)} of {len(files)} messages read, the rest refused by name")


def crockford_text(data):
    """16 bytes as 26 letters (base/id.h)."""
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    bits = int.from_bytes(data, "big") << 2
    return "".join(letters[bits >> shift & 31] for shift in range(125, -1, -5))


main()
