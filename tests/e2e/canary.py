#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Canaries: words that must never be found again.

Messages with a word of their own in each place (subject, names, body, file
name, attachment) go in, are delivered, and one is read. Then every file of the
installation, the log, /tmp and the writable memory of gateway, portal and
keeper are searched for the words, plain and in every encoding they travel in.
That the search finds what is there is tried first, on a process and a folder
made for it.
"""
import base64
import email.message
import email.policy
import os
import pathlib
import random
import smtplib
import subprocess
import sys
import time

from portal import Reader
from rig import Rig, limit, link_of, report, until

SENDER, OUTSIDE, INSIDE, LATER = "eva@tannwald.example", "otto@world.example", "ines@tannwald.example", "later@late.example"
# Not the sender's name: it is in the notice and on the page before sign-in.
PLACES = ("subject", "plain body", "html body", "file name", "attachment", "text attachment", "inline image")
BIG_BYTES = 3 << 20
MEMORY_MAX = 512 << 20
PIECE = 1 << 20
TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")
STARTED = time.time()
# Everything is looked at, by every kind of matcher; nothing is found.
RULES = """
  - {name: Types, mode: audit, when: {sensitive_information: Credit Card Number}, then: reject}
  - {name: Words, mode: audit, when: {subject_or_body_contains_words: [nobody says this]}, then: reject}
  - {name: Patterns, mode: audit, when: {body_matches: 'zzz[0-9]{9}'}, then: reject}
  - {name: Files, mode: audit, when: {attachment_matches: '(?:q7|w8)+zzz[0-9]'}, then: reject}
"""
LETTERS = "bcdfghjklmnpqrstvwxz"


def canary():
    """A word nobody else says."""
    return "".join(random.SystemRandom().choices(LETTERS, k=14))


def forms(word):
    """The word as it may lie about: (form, bytes)."""
    raw = word.encode()
    found = [("plain", raw), ("utf-16", word.encode("utf-16-le")), ("utf-16be", word.encode("utf-16-be")),
             ("hex", raw.hex().encode()), ("quoted-printable", "".join(f"={c:02X}" for c in raw).encode()),
             ("percent", "".join(f"%{c:02X}" for c in raw).encode())]
    for shift in range(3):
        # Cut off what the neighbours share.
        text = base64.b64encode(bytes(shift) + raw)
        found.append((f"base64+{shift}", text[(0, 2, 3)[shift]:len(text) - (4 if (shift + len(raw)) % 3 else 0)]))
    return found


class Search:
    """All words in all forms."""

    def __init__(self, words):
        self.names = {what: (place, form) for place, word in words.items() for form, what in forms(word)}
        self.keep = max(map(len, self.names)) - 1

    def bytes(self, data, where):
        hits = []
        for what, name in self.names.items():
            at = -1
            while (at := data.find(what, at + 1)) >= 0:
                hits.append((where, at, *name))
        return hits

    def file(self, path):
        hits, rest = [], b""
        try:
            with open(path, "rb") as f:
                while piece := f.read(PIECE):
                    hits += self.bytes(rest + piece, str(path))
                    rest = (rest + piece)[-self.keep:]
        except OSError:
            pass
        return hits

    def tree(self, folder, since=0.0, skip=None):
        """Contents and names of all files that changed since then."""
        hits = []
        device = os.stat(folder).st_dev
        for where, folders, names in os.walk(folder):
            # Not into what is mounted there, a /proc for example.
            folders[:] = [one for one in folders if os.lstat(os.path.join(where, one)).st_dev == device]
            if skip and pathlib.Path(where).is_relative_to(skip):
                continue
            for path in (pathlib.Path(where, n) for n in names):
                try:
                    fresh = path.is_file() and not path.is_symlink() and path.stat().st_mtime >= since
                except OSError:
                    continue
                if fresh:
                    hits += self.bytes(os.fsencode(path), f"name {path}") + self.file(path)
        return hits

    def memory(self, pid):
        """All writable maps of a process: (hits, bytes read)."""
        hits, total = [], 0
        maps = pathlib.Path("/proc", str(pid), "maps").read_text().splitlines()
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
            for line in maps:
                words = line.split()
                low, high = (int(x, 16) for x in words[0].split("-"))
                if "w" not in words[1] or high - low > MEMORY_MAX:
                    continue
                name = words[5] if len(words) > 5 else "anonymous"
                try:
                    mem.seek(low)
                    data = mem.read(high - low)
                except OSError:
                    continue
                total += len(data)
                hits += self.bytes(data, f"memory {name} {words[0]}")
        return hits, total


def compose(words, encoding, size):
    m = email.message.EmailMessage()
    m["From"] = f"Eva Grün <{SENDER}>"
    m["To"] = f"{OUTSIDE}, {INSIDE}"
    m["Subject"] = f"Über {words['subject']}"
    m["Message-ID"] = f"<{encoding}.{size}@tannwald.example>"
    m.set_content(f"Guten Tag,\n\n{words['plain body']} ist grün.\n" * 4, cte=encoding)
    m.add_alternative(f"<p>Grüße: <b>{words['html body']}</b> <img src='cid:a@b'></p>\n" * 4, subtype="html", cte=encoding)
    m.get_payload()[1].add_related(f"{words['inline image']} ".encode() * 30, "image", "png", cid="<a@b>", disposition="inline")
    filler = os.urandom(size)
    m.add_attachment(filler + words["attachment"].encode() + filler[:1000], "application", "octet-stream",
                     filename=f"{words['file name']}.bin")
    m.add_attachment(f"Zeile äöü {words['text attachment']}\n" * 50, subtype="csv", cte=encoding, filename="t.csv")
    return m.as_bytes(policy=email.policy.SMTP)


def submit(rig, to, mail):
    with smtplib.SMTP("127.0.0.1", rig.house.smtp, timeout=60) as s:
        s.sendmail(SENDER, to, mail)


def show(hits):
    counted = {}
    for where, at, place, form in hits:
        counted.setdefault((where, place, form), []).append(hex(at))
    return "; ".join(f"{where}: {place} ({form}) at {', '.join(at[:3])} x{len(at)}" for (where, place, form), at in list(counted.items())[:8])


def check_search(words, search, folder):
    """It finds what is there."""
    missing = [(place, form) for place, word in words.items() for form, what in forms(word)
               if not any(h[2:] == (place, form) for h in search.bytes(b"...." + what + b"....", ""))]
    report(not missing, "the search knows every form of every word", str(missing[:4]))
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + words["attachment"].encode() + b"y" * 9)
        report(bool(search.bytes(text, "")), f"the search finds base64, {shift} bytes in")
    path = folder / "control"
    path.write_bytes(b"." * (PIECE - 5) + words["subject"].encode())
    report(len(search.tree(folder)) > 0, "the search finds a word in a file")
    path.unlink()
    holder = subprocess.Popen([sys.executable, "-c", "import sys; w = sys.stdin.read() + '!'; print(1, flush=True); input and __import__('time').sleep(60)"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        holder.stdin.write(words["subject"])
        holder.stdin.close()
        holder.stdout.readline()
        report(len(search.memory(holder.pid)[0]) > 0, "the search finds a word in the memory of a process")
    finally:
        holder.kill()
        holder.wait()


def check_files(rig, search, when):
    hits = search.tree(rig.house.folder)
    report(not hits, f"{when}: no word in any file of the installation, nor in the log", show(hits))
    hits = [hit for folder in TEMPORARY for hit in search.tree(folder, STARTED, rig.folder)]
    report(not hits, f"{when}: no word in {', '.join(TEMPORARY)}", show(hits))


def check_memory(rig, search, when):
    for role in ("gateway", "portal", "keeper"):
        hits, total = search.memory(rig.house.role(role))
        report(total > 1 << 16, f"{when}: the memory of {role} was read", f"{total} bytes")
        # Tell where it is, for whoever has to find out why.
        report(not hits, f"{when}: no word in the memory of {role} ({total >> 10} KiB)", show(hits))


def read_one(rig, words):
    reader = Reader(rig, OUTSIDE)
    link = link_of(rig.arrived(OUTSIDE)[0])
    reader.sign_in(link)
    letter, _, _ = reader.open(link)
    return words["plain body"] in letter.text() and words["subject"] in letter.manifest["subject"]


def main():
    limit()
    words = {place: canary() for place in PLACES}
    search = Search(words)
    # Nothing listens behind this route, so mail to it waits in the queue; it is a domain of our own, so it is not sealed.
    route = ((r"# routes: .*", "routes: {late.example: 127.0.0.1:9}"), (r"# level: info", "level: debug"))
    with Rig([OUTSIDE, INSIDE, SENDER], settings=route, sender=False,
             policy=(("domains:\n", "  - late.example\n"), ("rules:\n", RULES))) as rig:
        check_search(words, search, rig.house.folder)
        count = 0
        for encoding, size in (("8bit", 100), ("quoted-printable", 70_000), ("base64", BIG_BYTES)):
            submit(rig, [OUTSIDE, INSIDE], compose(words, encoding, size))
            count += 1
        rig.arrived(OUTSIDE, count)
        inside = rig.arrived(INSIDE, count)
        report(all(search.bytes(mail, "") for mail in inside), "the words did go through")
        report(read_one(rig, words), "and are read in the portal")
        report(rig.house.drained(), "the queue is empty")
        time.sleep(0.5)
        check_files(rig, search, "delivered")
        check_memory(rig, search, "delivered")
        submit(rig, [OUTSIDE, LATER], compose(words, "8bit", 50_000))
        refused = compose(words, "base64", 1000).replace(b"\r\n", b"\n")
        try:
            submit_raw(rig, refused)
        except smtplib.SMTPResponseException as no:
            report(no.smtp_code >= 500, "a message with bare LF is refused")
        cut_off(rig, compose(words, "8bit", 200_000), search)
        rig.arrived(OUTSIDE, count + 1)
        tried = until(lambda: rig.house.query("SELECT kind FROM item WHERE state = 0 AND attempts > 0"), 20)
        report(tried == [("mail",)], "a message in clear waits in the queue", str(tried))
        time.sleep(0.5)
        check_files(rig, search, "waiting, refused and cut off")
        check_memory(rig, search, "waiting, refused and cut off")


def submit_raw(rig, data):
    """As it is, line ends and all."""
    with smtplib.SMTP("127.0.0.1", rig.house.smtp, timeout=30) as s:
        s.ehlo()
        s.mail(SENDER)
        s.rcpt(OUTSIDE)
        s.docmd("DATA")
        s.send(data + b"\r\n.\r\n")
        code, words = s.getreply()
        if code != 250:
            raise smtplib.SMTPDataError(code, words)


def cut_off(rig, data, search):
    """The client dies in the middle of DATA."""
    s = smtplib.SMTP("127.0.0.1", rig.house.smtp, timeout=30)
    s.ehlo()
    s.mail(SENDER)
    s.rcpt(OUTSIDE)
    s.docmd("DATA")
    s.send(data[:len(data) // 2])
    seen = until(lambda: search.memory(rig.house.role("gateway"))[0], 10, 0.2)
    report(bool(seen), "a message just being received is seen in the memory of gateway, so the search is a real one")
    s.close()


main()
