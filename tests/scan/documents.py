#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The scanner against documents others made, and bombs made here.

Starts an installation, has every file read through the scanner's socket, and
prints what came out. Fails when the scanner dies, when an outcome has neither
text nor a fact that says why, or when a bomb does more than it may.
"""
import gzip
import io
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tarfile
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
import house

DATA = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", "../shared/data")) / "documents"
DUMP = pathlib.Path(os.environ.get("LETTERLOCK_BUILD", "build")) / "tests" / "scan" / "scan_dump"
SECONDS = 30    # more than one attachment may take, and its second try


def zipped(files, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as z:
        for name, data in files:
            z.writestr(name, data)
    return out.getvalue()


def nested(depth):
    inner = b"bottom"
    for i in range(depth):
        inner = zipped([("a.zip" if i else "a.txt", inner)])
    return inner


def tar_of(n):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for i in range(n):
            info = tarfile.TarInfo(f"{i}.txt")
            info.size = 1
            t.addfile(info, io.BytesIO(b"x"))
    return out.getvalue()


def laughs():
    entities = "".join(f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>" for i in range(1, 10))
    xml = f"<!DOCTYPE x [<!ENTITY l0 'lol'>{entities}]><w:document xmlns:w='w'><w:t>&l9;</w:t></w:document>"
    types = "<Types><Override ContentType='x.wordprocessingml.document.main+xml'/></Types>"
    return zipped([("[Content_Types].xml", types), ("word/document.xml", xml)])


def overlapping():
    """Many directory entries for one and the same compressed megabyte."""
    one = zipped([("a", b"\0" * (1 << 20))])
    end = one.rindex(b"PK\5\6")
    at = struct.unpack("<I", one[end + 16:end + 20])[0]
    entry = one[at:end]
    many = entry * 5000
    return (one[:at] + many + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 5000, 5000, len(many), at, 0))


BOMBS = {
    "zip-bomb.zip": (lambda: zipped([("a", b"\0" * (200 << 20))]), "too large"),
    "nested-20.zip": (lambda: nested(20), "too deep"),
    "laughs.docx": (laughs, "corrupt"),
    "entries-10000.zip": (lambda: zipped([(f"{i}.txt", b"x") for i in range(10000)]), "too large"),
    "members-10000.tar": (lambda: tar_of(10000), "too large"),
    "bomb.gz": (lambda: gzip.compress(b"\0" * (200 << 20)), "too large"),
    "overlapping.zip": (overlapping, "too large"),
    "deep.xml": (lambda: b"<a>" * 100000, ""),
    "deep.html": (lambda: b"<html>" + b"<div>" * 500000, ""),
    "groups.rtf": (lambda: b"{\\rtf1" + b"{" * 1000000, ""),
}


def read(sock, paths):
    done = subprocess.run([str(DUMP), "--socket", str(sock), *map(str, paths)], capture_output=True, timeout=SECONDS * 8)
    if done.returncode != 0:
        print(done.stderr.decode(errors="replace"))
        return []
    return [json.loads(line) for line in done.stdout.splitlines()]


def facts_of(one):
    return sorted({f for i in one["items"] for f in i["facts"].split(", ") if f})


def is_named(one):
    """Text somewhere, or a fact, or nothing in the file to read."""
    return bool(facts_of(one)) or any(i["text"].strip() for i in one["items"]) or \
        all(i["size"] == 0 or i["type"] for i in one["items"])


def documents(sock):
    if not DATA.is_dir():
        print("skipped the documents: no data")
        return True
    ok = True
    for one in read(sock, sorted(DATA.iterdir())):
        name = pathlib.Path(one["path"]).name
        types = "/".join(dict.fromkeys(i["type"] or "?" for i in one["items"]))
        print(f"table {name:44.44} {types:24.24} {', '.join(facts_of(one)):32.32} "
              f"{sum(len(i['text']) for i in one['items']):8} characters {one['ms']:5} ms")
        if not is_named(one) or "unreadable" in facts_of(one):
            ok = house.report(False, f"document {name}", "no outcome")
    return ok


def bombs(sock, folder):
    ok = True
    for name, (make, fact) in BOMBS.items():
        path = folder / name
        path.write_bytes(make())
        since = time.monotonic()
        one = read(sock, [path])
        took = time.monotonic() - since
        facts = facts_of(one[0]) if one else ["no answer"]
        good = bool(one) and took < SECONDS and "unreadable" not in facts and "no answer" not in facts and \
            (fact in facts or not fact)
        ok = house.report(good, f"bomb {name} ({', '.join(facts)}, {took:.1f} s)", "not what it is") and ok
    return ok


def scanner_children(pid):
    found = []
    for child in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = pathlib.Path("/proc", child, "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(stat[1]) == pid and stat[0] != "Z":
            found.append(int(child))
    return found


def killed_workers(h, sock, folder):
    """Every process below the scanner dies; the next attachment is read all the same."""
    path = folder / "plain.txt"
    path.write_text("hello")
    workers = sorted(scanner_children(h.role("scanner")))[1:]
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    one = read(sock, [path])
    return house.report(bool(workers) and bool(one) and one[0]["items"][0]["text"] == "hello", "killed workers are replaced")


def unreadable(h, sock, folder):
    """Whoever works on it dies, each time: one retry, then a fact; the next one is read."""
    path = folder / "zip-bomb.zip"	# takes long enough to be caught at it
    client = subprocess.Popen([str(DUMP), "--socket", str(sock), str(path)], stdout=subprocess.PIPE)
    end = time.monotonic() + SECONDS
    while client.poll() is None and time.monotonic() < end:
        for pid in sorted(scanner_children(h.role("scanner")))[1:]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.002)
    client.kill()
    said = client.stdout.read()
    client.wait()
    facts = facts_of(json.loads(said)) if said else []
    ok = house.report(facts == ["unreadable"] and "unreadable tries=2" in h.said(), "crashes cost one retry", str(facts))
    house.until(lambda: len(scanner_children(h.role("scanner"))) >= 3)
    return killed_workers(h, sock, folder) and ok


def speed(sock, folder):
    """Small files, a hundred of each over one connection."""
    text = folder / "speed.txt"
    text.write_text("Card 4111 1111 1111 1111\n" * 40)
    types = "<Types><Override ContentType='x.wordprocessingml.document.main+xml'/></Types>"
    body = "<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>" + \
        "<w:p><w:r><w:t>Some words of a letter.</w:t></w:r></w:p>" * 200 + "</w:document>"
    docx = folder / "speed.docx"
    docx.write_bytes(zipped([("[Content_Types].xml", types), ("word/document.xml", body)]))
    for path in (text, docx):
        since = time.monotonic()
        got = read(sock, [path] * 100)
        each = (time.monotonic() - since) * 10
        print(f"table {path.name}: {each:.2f} ms each")
        if not house.report(len(got) == 100, f"speed {path.name}"):
            return False
    return True


def main():
    h = house.House(house.program("LETTERLOCK"), 9)
    try:
        h.ready_made()
        if not h.start():
            print(h.said())
            return 1
        sock = h.conf.parent / "socket" / "scanner"
        before = h.role("scanner")
        ok = documents(sock)
        ok = bombs(sock, h.folder) and ok
        ok = killed_workers(h, sock, h.folder) and ok
        ok = unreadable(h, sock, h.folder) and ok
        ok = speed(sock, h.folder) and ok
        alive = os.path.exists(f"/proc/{before}") and "died role=scanner" not in h.said()
        ok = house.report(alive, "the scanner lives") and ok
        ok = house.report(h.stop() == 0, "it stops when told") and ok
        return 0 if ok else 1
    finally:
        h.clear_away()


sys.exit(main())
