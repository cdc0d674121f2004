#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""limbo.py PROBE: the path cases of C2SP/x509-limbo against pki/path.

They are about web servers. What is looked at is the path: the leaf is taken as if it were for mail, and names of servers are
not compared, since ours never are. Where our verdict differs from theirs, limbo_expectations.txt says so, one by one, with
the reason; a line there that is no longer true fails, too.
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent
data = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", here.parents[1] / ".." / "shared" / "data"))
cases_file = data / "x509" / "limbo.json"
if not cases_file.is_file():
    print("skipped: no", cases_file)
    sys.exit(77)


def expectations():
    """id: what we say of it."""
    found = {}
    for line in (here / "limbo_expectations.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, ours, reason = line.split(None, 2)
            assert reason and name not in found, line
            found[name] = ours
    return found


def ask(probe, folder, case):
    def put(name, texts):
        if not texts:
            return "-"
        (folder / name).write_text("".join(t if t.endswith("\n") else t + "\n" for t in texts))
        return str(folder / name)

    at = time.time()
    if case["validation_time"]:
        at = datetime.datetime.fromisoformat(case["validation_time"]).timestamp()
    names = case["expected_peer_names"] or []
    address = next((n["value"] for n in names if n["kind"] == "RFC822"), "-")
    line = ["shape", put("anchors", case["trusted_certs"]), put("leaf", [case["peer_certificate"]]),
            put("links", case["untrusted_intermediates"]), address, str(int(at * 1000)), put("lists", case.get("crls"))]
    probe.stdin.write(" ".join(line) + "\n")
    probe.stdin.flush()
    return probe.stdout.readline().strip()


cases = json.loads(cases_file.read_text())["testcases"]
expected = expectations()
bad = agree = 0
with tempfile.TemporaryDirectory() as name, \
        subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as probe:
    for case in cases:
        began = time.monotonic()
        said = ask(probe, pathlib.Path(name), case)
        kind = said.split(":")[0]
        same = (kind == "usable") == (case["expected_result"] == "SUCCESS")
        want = expected.pop(case["id"], None)
        agree += same
        if same != (want is None) or (want is not None and want != kind) or not said:
            print(f"not ok {case['id']}: {case['expected_result']}, we say {said!r}" + (f", listed is {want}" if want else ""))
            bad += 1
        if time.monotonic() - began > 2:
            print(f"not ok {case['id']}: takes {time.monotonic() - began:.1f} s")
            bad += 1
    probe.stdin.close()
    bad += probe.wait(10) != 0
for left in expected:
    print(f"not ok {left}: listed, but there is no such case")
    bad += 1
print(f"{'not ok' if bad else 'ok'} {len(cases)} path cases: {agree} as expected, {len(cases) - agree} differ with a reason")
sys.exit(bool(bad))
