#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Messages that other programs wrote (Thunderbird's test data, RFC 4134) are judged as they say: read_cases.py SMIME_PROBE.

Each must be what cases.json expects: "valid:ADDRESS", "notvalid:ADDRESS", "decrypt:" (the text comes out), "nocrash" (any verdict).
What OpenSSL itself decides otherwise stands in EXPECTED with its reason, and so does what "nocrash" came to, so that it stays.
"""
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cmskit  # noqa: E402

EXPECTED = pathlib.Path(__file__).with_name("expected.json")
root = pathlib.Path(__file__).resolve().parents[2]
data = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", root / "../shared/data")) / "smime"


def crlf(raw):
    return re.sub(rb"\r\n|\r|\n", b"\r\n", raw)


def judge(case, got):
    kind, _, address = case["expect"].partition(":")
    if kind == "valid":
        return got.signature == "valid" and got.signer.lower() == address
    if kind == "notvalid":
        return got.signature not in ("valid", "unsigned") and got.mail == b""
    if kind == "decrypt":
        return got.seal == "opened" and b"message from Alice to Bob" in re.sub(rb"\s+|&nbsp;", b" ", re.sub(rb"<[^>]*>", b"", got.mail))
    return kind == "nocrash"


def main():
    program = sys.argv[1]
    if not data.is_dir():
        print("skipped: no", data)
        return 77
    expected = json.loads(EXPECTED.read_text())
    faults = 0
    for case in json.loads((data / "cases.json").read_text()):
        args = []
        if case["ca"]:
            args += ["-a", data / "ca" / case["ca"]]
        if case["key"]:
            args += ["-k", data / "key" / case["key"]]
        args += ["-t", case["at"] or 1780000000]
        message = crlf((data / case["file"]).read_bytes())
        got = cmskit.Probe(program, message, *args, "-s")
        verdict = [got.seal, got.signature]
        listed = expected["ours"].get(case["file"])
        fits = judge(case, got) or case["file"] in expected["otherwise"]
        if not fits or verdict != listed:
            faults += 1
            print(f"not ok {case['file']}: {' '.join(verdict)} instead of {listed} ({case['expect']}): {got.sentence}")
            sys.stdout.flush()
            continue
        print(f"ok {case['file']}: {got.sentence}")
    return 1 if faults else 0


sys.exit(main())
