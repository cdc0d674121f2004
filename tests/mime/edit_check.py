#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changed copies of real messages, read by Python's email and by our parser.

Every part that is not a body decodes to equal bytes, the disclaimer is in
every body shown exactly once, header fields read as they were set, people who
are added to the To field stand behind those it had, and an edit that changes
nothing gives the same bytes.
"""
import email
import email.header
import email.policy
import email.utils
import html
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")
root = pathlib.Path(__file__).resolve().parents[2]
MARK = "disclaimer-7261"
TEXT = "Hinweis \u2013 vertraulich: " + MARK
SKIPPED = 77
# Damaged headers, which Python reads otherwise than we before the edit.
EXPECTED = {
    "mail-c37f7151.eml": "a line that is no field goes with the removed field behind it; Python ends the header there",
    "mail-ca49a328.eml": "Python takes 'Subject     :' for no field",
}
bad = []


def fault(kind, name, what):
    if kind in ("header", "people") and name in EXPECTED:
        return
    bad.append(name)
    print(f"FAIL {kind} {name}: {what}")


def run(kind, paths, folder):
    out = subprocess.run([sys.argv[1], folder, kind] + paths, stdout=subprocess.PIPE, check=True).stdout
    return [r for r in map(json.loads, out.splitlines()) if "refused" not in r]


def leaves(part):
    """(type, decoded bytes or None where Python fails) of each leaf."""
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        return [x for child in part.get_payload() for x in leaves(child)]
    if part.is_multipart():
        return [(part.get_content_type(), b"".join(x.as_bytes(policy=email.policy.compat32.clone(linesep="\n")) for x in part.get_payload()))]
    return [(part.get_content_type(), part.get_payload(decode=True))]


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)


def safe_leaves(message):
    try:
        return leaves(message)
    except Exception:
        return None         # Python fails on the received message itself


def plain(part):
    """A text as a reader shows it, blanks apart."""
    kind, data = part
    text = (data or b"").decode("latin-1")
    return html.unescape(text) if kind == "text/html" else text


def check_bodies(kind, result, source, copy):
    name = result["id"]
    want = {n for n in (result["text"], result["html"]) if n >= 0}
    old, new = safe_leaves(read(source)), safe_leaves(read(copy))
    if copy.read_bytes() == source.read_bytes():
        if kind == "wrap":
            fault(kind, name, "unchanged")
        return "ignored"
    if want != {1}:
        fault(kind, name, f"disclaimer shown {sorted(want)} times")
    if old is None:
        return "unread"
    raw = copy.read_bytes()
    if b"boundary=\"=_07" in raw:
        inner = source.read_bytes()
        if inner not in raw:
            fault(kind, name, "the wrapped original is not as it was")
        return "wrapped"
    if new is None or len(old) != len(new):
        # Python sees no structure where a damaged line ends its header.
        fault(kind, name, f"{len(old)} leaves became {None if new is None else len(new)}")
        return "changed"
    different = [i for i, (a, b) in enumerate(zip(old, new)) if a != b]
    shown = (result["text"] >= 0) + (result["html"] >= 0)
    if len(different) != shown:
        fault(kind, name, f"{len(different)} leaves differ, {shown} are bodies")
    for i in different:
        if not new[i][0].startswith("text/") or plain(new[i]).count(MARK) != plain(old[i]).count(MARK) + 1:
            fault(kind, name, f"leaf {i} {new[i][0]} has not the disclaimer once")
    return "changed"


def check_headers(result, source, copy):
    name = result["id"]
    old, new = read(source), read(copy)
    if safe_leaves(old) != safe_leaves(new):
        fault("header", name, "a body changed")
    decode = lambda v: str(email.header.make_header(email.header.decode_header(v))) if v is not None else None
    if [decode(v) for v in new.get_all("X-Letterlock-Test", [])] != ["Gr\u00fc\u00dfe 1"] or new.get_all("X-Mailer") != ["none"]:
        fault("header", name, "not set")
    gone = ("received", "user-agent", "subject", "x-mailer", "x-letterlock-test")
    if new["Received"] is not None or new["User-Agent"] is not None:
        fault("header", name, "not removed")
    keep = lambda m: [(k, str(v)) for k, v in m.items() if k.lower() not in gone]
    if keep(old) != keep(new):
        fault("header", name, "another field changed")
    for subject in new.get_all("Subject", []):
        try:
            subject = decode(subject)
        except Exception:
            continue
        if "[\u00c4u\u00dfer]" not in subject:
            fault("header", name, f"subject {subject!r}")
        if "the" in subject.lower().split():
            fault("header", name, f"a word is left in {subject!r}")
    if not result["subject"].startswith("[\u00c4u\u00dfer]"):
        fault("header", name, f"our subject {result['subject']!r}")


def check_people(name, source, copy):
    old, new = read(source), read(copy)
    if safe_leaves(old) != safe_leaves(new):
        fault("people", name, "a body changed")
    before, after = ([[a for _, a in email.utils.getaddresses([str(v)]) if a] for v in m.get_all("To", [])] for m in (old, new))
    added = ["new.one@a.example", "new.two@a.example"]
    wanted = [before[0] + added] + before[1:] if before else [added]
    if after != wanted:
        fault("people", name, f"To reads {after}, not {wanted}")
    keep = lambda m: [(k, str(v)) for k, v in m.items() if k.lower() != "to"]
    if keep(old) != keep(new):
        fault("people", name, "another field changed")


def main():
    data = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", root / "../shared/data")) / "mime"
    paths = {p.name: p for p in sorted(data.glob("*.eml"))}
    if not paths:
        print("skipped: no messages in", data)
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("none", "header", "people", "append", "prepend", "wrap"):
            tally = {}
            for result in run(kind, [str(p) for p in paths.values()], folder):
                source, copy = paths[result["id"]], pathlib.Path(folder) / result["id"]
                how = "checked"
                if kind == "none" and source.read_bytes() != copy.read_bytes():
                    fault(kind, result["id"], "bytes differ")
                elif kind == "header":
                    check_headers(result, source, copy)
                elif kind == "people":
                    check_people(result["id"], source, copy)
                elif kind != "none":
                    how = check_bodies(kind, result, source, copy)
                tally[how] = tally.get(how, 0) + 1
            print(kind, *(f"{n} {how}" for how, n in sorted(tally.items())))
    print(f"{len(bad)} faults")
    return bool(bad)


sys.exit(main())
