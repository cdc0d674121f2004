#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""letterlock import on the command line: where things go, and exit codes."""
import json
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
here = root / "tests" / "import"
program = root / "build" / "src" / "letterlock"
failed = 0


def run(*words, stdin=None):
    done = subprocess.run([program, "import", *map(str, words)], input=stdin, capture_output=True)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def check(name, is_right):
    global failed
    print(("ok " if is_right else "not ok ") + name)
    failed += not is_right


if not program.exists():
    print("skipped import cli: no build")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    out, report = pathlib.Path(folder) / "p.yaml", pathlib.Path(folder) / "r.txt"
    code, text, notes = run("exchange-rules", here / "canonical.xml")
    check("rules on stdout, report on stderr", code == 0 and "\nrules:\n" in text and ": mapped: template\n" in notes)
    code, text, notes = run("exchange-rules", here / "wild.xml", "-o", out, "--report", report, "--json")
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    check("files named with -o and --report", code == 0 and text == "" and "\nrules:\n" in out.read_text()
          and {line["outcome"] for line in lines} == {"mapped", "approximated", "ignored", "disabled"})
    code, text, notes = run("exchange-rules", "-", stdin=(here / "transport.csv").read_bytes())
    check("- is stdin", code == 0 and "name: Tagged" in text)
    code, text, notes = run("dlp-rules", here / "dlp.json", "--whole", "--domain", "own.example", "--default", "clear")
    check("a whole policy", code == 0 and "\nversion: 1\n" in text and "\ndefault: clear\n" in text)
    check("--whole needs --domain", run("dlp-rules", here / "dlp.json", "--whole")[0] == 64)
    check("--strict", run("dlp-rules", here / "dlp.json", "--strict")[0] == 65
          and run("dlp-rules", here / "advanced.json", "--strict")[0] == 0)
    check("a file that is not there", run("exchange-rules", "no-such-file")[0] == 69)
    check("a file that is something else", run("exchange-rules", here / "cli.py")[0] == 78)
    code, text, notes = run("sit", here / "sit.xml")
    check("a type that would not load", code == 65 and "rule_packs: [" in text)
    code, text, notes = run("ome-config", here / "ome.json", "-o", out)
    logo = pathlib.Path(folder) / "ome-configuration.png"
    check("a logo beside the output", code == 0 and logo.read_bytes()[:4] == b"\x89PNG")
    code, text, notes = run("parameters", "--json")
    rows = [json.loads(line) for line in text.splitlines()]
    check("the table of parameters", code == 0 and any(r["parameter"] == "FromScope" for r in rows))
sys.exit(failed > 0)
