#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""After revoking or expiring, nobody can open it: not the portal, not we.

The attacker of this test has the link, the keeper (it speaks to it as the
portal does, and the keeper opens whatever is still there to be opened) and
every byte of the state directory. Before revoking, that is enough to make the
content key, and the test sees that it is; afterwards it must not be.
"""
import os
import pickle
import smtplib
import socket
import time

import sealed
from portal import Problem, Reader
from rig import LINK, Rig, crockford, limit, link_of, report, until

SENDER, ANNA, BERT, CARL = "i.wald@tannwald.example", "anna@world.example", "bert@world.example", "carl@world.example"
EXPIRES_S, ERASED_S = 6, 75
POLICY = (("templates:\n", f"  Very short:\n    rights: [view]\n    expires: {EXPIRES_S} s\n"),
          ("rules:\n", "  - name: Short\n    priority: 1\n    when:\n      subject_contains_words: [\"[short]\"]\n"
           "      sent_to_scope: outside\n    then: Very short\n"))
# doc/formats/keeper.md
HELLO, UNWRAP, PORTAL, BLOB_START, BLOB_BYTES = 1, 4, 2, b"\1\0\0\0", 64
PACKET_MAX = 16384


def as_user(uid, gid, work):
    """What work() returns, done by another user in a process of its own."""
    into, out = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            with os.fdopen(out, "wb") as f:
                pickle.dump(work(), f)
        finally:
            os._exit(0)
    os.close(out)
    with os.fdopen(into, "rb") as f:
        answer = pickle.load(f)
    os.waitpid(child, 0)
    return answer


class Thief:
    """Holds the disk, the keeper and one link."""

    def __init__(self, rig, link):
        self.rig, self.house = rig, rig.house
        self.grant, self.key = (crockford(word) for word in LINK.search(link).groups())
        row = self.house.query("SELECT wrapped, wck, parcel, workspace FROM grants WHERE id = ?", self.grant)[0]
        self.wrapped, self.wck, self.parcel, self.workspace = row
        chunks = self.house.query("SELECT data FROM part WHERE parcel = ?", self.parcel)
        self.ciphertext = [data[:96] for data, in chunks]

    def disk(self):
        """Every byte of the state directory."""
        return b"".join(p.read_bytes() for p in sorted(self.house.state.rglob("*")) if p.is_file())

    def ask_keeper(self, blobs):
        """The first secret the keeper makes of one of these blobs for this grant."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(str(self.house.folder / "house/socket/keeper"))
            s.send(bytes((HELLO, PORTAL, 0, 1)))
            if s.recv(PACKET_MAX)[1] != 0:
                raise PermissionError("the keeper does not take us for the portal")
            for blob in blobs:
                s.send(bytes((UNWRAP, 0, 0, 0)) + self.workspace + self.grant + blob)
                answer = s.recv(PACKET_MAX)
                if answer[1] == 0:
                    return answer[4:]
        return None

    def find_secret(self):
        """Try all that looks like a wrapped secret, wherever it lies."""
        disk, blobs, at = self.disk(), set(), -1
        while (at := disk.find(BLOB_START, at + 1)) >= 0:
            blobs.add(disk[at:at + BLOB_BYTES])
        blobs = [b for b in blobs if len(b) == BLOB_BYTES]
        owner = (self.house.folder / "house/letterlock.conf").read_text()
        uid, gid = (int(owner.split(f"{name}: ", 1)[1].split()[0]) for name in ("\n  portal", "\n  group"))
        return as_user(uid, gid, lambda: self.ask_keeper(blobs)), len(blobs)

    def content_key(self):
        """CK, or nothing; and how many blobs were tried."""
        secret, tried = self.find_secret()
        wck = self.wck if self.wck in self.disk() else None
        if secret is None or wck is None:
            return None, tried
        return sealed.content_key(self.key, secret, self.grant, self.parcel, wck), tried

    def leftovers(self):
        """What is still on the disk of what must not be."""
        disk = self.disk()
        found = [name for name, what in (("wrapped S", self.wrapped), ("wrapped content key", self.wck)) if what in disk]
        # Not only whole: no piece long enough to be of use.
        found += [f"{name}, half" for name, what in (("wrapped S", self.wrapped), ("wrapped content key", self.wck))
                  if what[-32:] in disk or what[4:36] in disk]
        return found

    def ciphertext_left(self):
        disk = self.disk()
        return sum(c in disk for c in self.ciphertext)


def submit(rig, to, subject, number):
    mail = (f"From: {SENDER}\r\nTo: {', '.join(to)}\r\nSubject: {subject}\r\nMessage-ID: <{number}@tannwald.example>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + "Only for you.\r\n" * 40)
    with smtplib.SMTP("127.0.0.1", rig.house.smtp, timeout=30) as s:
        s.sendmail(SENDER, to, mail.encode())


def refused(reader, link, method, path, body=None):
    """Status and code of what must be refused."""
    try:
        reader.grant(link, method, path, body)
    except Problem as p:
        return p.status, p.code
    return 200, ""


def check_closed(name, code, reader, link, thief):
    asked = {path: refused(reader, link, method, path) for method, path in
             (("POST", "/open"), ("GET", "/parts/0"), ("POST", "/passcode"))}
    report(all(a == (410, code) for a in asked.values()), f"{name}: open, parts and passcode answer 410 {code}", str(asked))
    facts = reader.grant(link, "GET")
    report(facts["state"] == code and "received" not in facts, f"{name}: the facts say it and nothing more", str(facts))
    left = thief.leftovers()
    report(not left, f"{name}: neither key is in any byte of the store", ", ".join(left))
    ck, tried = thief.content_key()
    report(ck is None, f"{name}: link, keeper and disk together make no content key ({tried} blobs tried)")


def opens(reader, link):
    letter, ck, _ = reader.open(link)
    return "Only for you." in letter.text(), ck


def check_revoke(rig):
    submit(rig, [ANNA, BERT], "Keep this safe", 1)
    link, other_link = (link_of(rig.arrived(who)[0]) for who in (ANNA, BERT))
    anna, bert = Reader(rig, ANNA), Reader(rig, BERT)
    anna.sign_in(link)
    bert.sign_in(other_link)
    thief, other = Thief(rig, link), Thief(rig, other_link)
    good, ck = opens(anna, link)
    report(good, "before: the reader opens it")
    report(thief.content_key()[0] == ck, "before: link, keeper and disk make the content key, so the try is a real one")
    report(thief.ciphertext_left() == len(thief.ciphertext) > 0, "before: the ciphertext is found on the disk")

    done = rig.house.run("message", "revoke", "<1@tannwald.example>", "--to", ANNA)
    report(done.returncode == 0, "revoke for one recipient", done.stderr)
    check_closed("revoked for one", "revoked", anna, link, thief)
    report(opens(bert, other_link)[0], "revoked for one: the other still reads it")

    done = rig.house.run("message", "revoke", "<1@tannwald.example>")
    report(done.returncode == 0, "revoke for all", done.stderr)
    check_closed("revoked for all", "revoked", bert, other_link, other)
    report(thief.ciphertext_left() == 0, "revoked for all: no ciphertext is left on the disk", str(thief.ciphertext_left()))


def check_expiry(rig):
    submit(rig, [CARL], "[short] Look quickly", 2)
    sent = time.monotonic()
    link = link_of(rig.arrived(CARL)[0])
    carl = Reader(rig, CARL)
    carl.sign_in(link)
    thief = Thief(rig, link)
    good, ck = opens(carl, link)
    report(good and thief.content_key()[0] == ck, "before it expires: it opens")
    time.sleep(max(0, sent + EXPIRES_S + 0.5 - time.monotonic()))
    report(refused(carl, link, "POST", "/open") == (410, "expired"), "expired: refused at once")
    until(lambda: not thief.leftovers(), ERASED_S, 0.5)
    check_closed("expired", "expired", carl, link, thief)
    report(thief.ciphertext_left() == 0, "expired: no ciphertext is left on the disk")


def main():
    limit()
    with Rig([ANNA, BERT, CARL, SENDER], policy=POLICY, sender=False) as rig:
        check_revoke(rig)
        check_expiry(rig)
        done = rig.house.run("message", "show", "<1@tannwald.example>", "--history")
        report("revoke" in done.stdout, "the history of the message tells of it", done.stdout[-400:] + done.stderr)


main()
