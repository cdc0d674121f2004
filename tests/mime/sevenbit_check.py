#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Python's email reads the same from a message in 7 bits as from the one it was made of.

The messages are those of the test data and, so that there are 8-bit bodies of every kind, the same ones with each encoded
part that can stand as 8bit or binary written so.
"""
import email
import email.policy
import os
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
READ = email.policy.compat32
LABELS = {"content-transfer-encoding", "mime-version"}


def crlf(raw):
    return re.sub(rb"\r\n|\r|\n", b"\r\n", raw.replace(b"\0", b""))


def in_8bit(raw):
    """The message with its base64 and quoted-printable leaves decoded, or None; signed parts stay."""
    mail = email.message_from_bytes(raw, policy=READ)
    changed = False

    def walk(part):
        nonlocal changed
        if part.get_content_type() == "multipart/signed":
            return
        if part.is_multipart():
            for child in part.get_payload():
                walk(child)
            return
        encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
        if encoding not in ("base64", "quoted-printable") or part.get_content_maintype() in ("message", "multipart"):
            return
        body = part.get_payload(decode=True)
        if not body or b"\0" in body or re.search(rb"\r(?!\n)|(?<!\r)\n|(^|\n)--|\nFrom ", body):
            return
        del part["Content-Transfer-Encoding"]
        part["Content-Transfer-Encoding"] = "binary"
        part.set_payload(body.decode("ascii", "surrogateescape"))
        changed = True
    walk(mail)
    try:
        return crlf(mail.as_bytes(policy=READ.clone(max_line_length=0, mangle_from_=False))) if changed else None
    except Exception:       # what Python cannot write is no case
        return None


def readings(raw):
    """What every part is to a reader: its header, without the labels, and its decoded body."""
    for part in email.message_from_bytes(raw, policy=READ).walk():
        fields = [(k.lower(), str(v)) for k, v in part.items() if k.lower() not in LABELS]
        body = None if part.is_multipart() else part.get_payload(decode=True)
        yield fields, part.get_content_type(), None if body is None else body.replace(b"\r\n", b"\n").rstrip(b"\n")


def same(before, after):
    a, b = list(readings(before)), list(readings(after))
    if len(a) != len(b):
        return f"{len(a)} parts became {len(b)}"
    for (fields, kind, body), (fields2, kind2, body2) in zip(a, b):
        added = [f for f in fields2 if f not in fields]
        if [f for f in fields if f not in fields2] or any(name != "content-type" for name, _ in added):
            return f"header {fields} became {fields2}"
        if kind != kind2 and not kind2.startswith("message/global") or body != body2:
            return f"{kind} part reads differently: {body!r:.200} {body2!r:.200}"
    return None


def main():
    data = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", root / "../shared/data")) / "mime"
    cases = []
    for path in sorted(data.glob("*.eml")):
        raw = crlf(path.read_bytes())
        cases += [(path.name, raw), (path.name + " in 8 bits", in_8bit(raw))]
    cases = [(name, raw) for name, raw in cases if raw is not None and any(b > 127 for b in raw)]
    if not cases:
        print("skipped: no messages in", data)
        return 77
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, (_, raw) in enumerate(cases):
            paths.append(os.path.join(folder, str(i)))
            pathlib.Path(paths[-1]).write_bytes(raw)
        out = subprocess.run([sys.argv[1], *paths], stdout=subprocess.PIPE, check=True).stdout
    bad, why = 0, {}
    for name, raw in cases:
        head, _, out = out.partition(b"\n")
        if head.startswith(b"- "):
            why.setdefault(head[2:].decode(), []).append(name)
            continue
        result, out = out[:int(head)], out[int(head):]
        wrong = "it has 8 bits" if any(b > 127 for b in result) else same(raw, result)
        if wrong:
            bad += 1
            print(f"not ok {name}: {wrong}")
    refused = sum(map(len, why.values()))
    for words, names in sorted(why.items()):
        print(f"refused {len(names):4}: {words}", *(names if "-v" in sys.argv else []))
    print(f"{len(cases)} messages, {len(cases) - refused - bad} read the same, {bad} differ, {refused} cannot be converted")
    return 1 if bad or refused > len(cases) / 2 else 0


sys.exit(main())
