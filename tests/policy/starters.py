#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The starter policies: each is right, and does what its law is about.

For each of policy/starter/*.yaml `letterlock policy check`, then a mail that
must be protected and one that must not; and the same when the file was copied
away from the packs it names.
"""
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "policy" / "starter"
PROGRAM = os.environ.get("LETTERLOCK", "")
NS = "{http://schemas.microsoft.com/office/2011/mce}"
CONFIDENCE = {"low": 65, "medium": 75, "high": 85}

# Policy: text that must be protected (or refused), what is done, by which rule; text that must not.
SCENES = {
    "hipaa": [
        ("The patient's Medicare number MBI is 1EG4-TE5-MK73.", "portal", "Numbers of patients and health plans"),
        ("Her social security number is 801-43-5661.", "portal", "Social security numbers of patients"),
        ("The conference on diabetes is on the 3rd, room 12, order 4711.", "clear", ""),
    ],
    "gdpr": [
        ("Die Steuer-Identifikationsnummer von Frau Weber ist 86095742719.", "portal", "National identification numbers"),
        ("card number 4111 1111 1111 1111", "portal", "Accounts and cards of persons"),
        ("Bitte auf IBAN DE89 3704 0044 0532 0130 00 zahlen, Rechnung 2026-118.", "clear", ""),
    ],
    "pci-dss": [
        ("Take it from my Visa card number 4111 1111 1111 1111.", "portal", "Card numbers"),
        ("4111111111111111\n5555555555554444\n378282246310005\n6011111111111117\n3530111333300000\n", "portal",
         "Many numbers that may be cards"),
        ("%B4111111111111111^DOE/JOHN^30011010000000000000?", "reject", "Track data of a magnetic stripe"),
        ("Your order 4111 1111 1111 1112 has left our warehouse.", "clear", ""),
    ],
    "sox": [
        ("This is material nonpublic information, do not trade.", "portal", "Marked as material and not public"),
        ("Wire it to bank account number 00123456789, checking account, aba routing number 021000021.", "portal",
         "Accounts of the company"),
        ("The annual report is on our site now.", "clear", ""),
    ],
    "glba": [
        ("The customer's social security number is 001-23-4567.", "portal", "Who the customer is"),
        ("\n".join(f"SSN 211-{i:02}-4567" for i in range(10, 22)), "portal", "Lists of customers"),
        ("Our branch on Main Street opens at nine.", "clear", ""),
    ],
}


def report(good, name, why=""):
    print(f"{'ok' if good else 'not ok'} {name}{'' if good else ': ' + why}")
    return good


def letterlock(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)


@functools.lru_cache
def surest():
    """Of each type the highest confidence there is."""
    out = {}
    for pack in (ROOT / "policy" / "sit").glob("*.xml"):
        rules = ET.parse(pack).getroot().find(NS + "Rules")
        names = {r.get("idRef"): r.findtext(NS + "Name") for r in rules.iter(NS + "Resource")}
        for entity in rules.iter(NS + "Entity"):
            out[names[entity.get("id")]] = int(entity.find(NS + "Pattern").get("confidenceLevel"))
    return out


def judge(policy, mail, text):
    """What is done to the mail, and the rule that said it."""
    mail.write_bytes(b"From: anna@own.example\r\nTo: zoe@outside.example\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
                     b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.replace("\n", "\r\n").encode() + b"\r\n")
    done = letterlock("policy", "explain", mail, "--from", "anna@own.example", "--to", "zoe@outside.example", "--policy",
                      policy, "--json")
    if done.returncode:
        return done.stderr, ""
    verdict = json.loads(done.stdout.splitlines()[-1])
    return verdict["action"], verdict["reason"].split('"')[1] if '"' in verdict["reason"] else ""


def check(policy, mail):
    ok = True
    done = letterlock("policy", "check", policy)
    ok = report(done.returncode == 0, f"{policy.name} is right", done.stderr)
    asked = re.findall(r"\{type: (.*?),(?: min_count: \d+,)? confidence: (\w+)\}", policy.read_text())
    dead = [kind for kind, level in asked if surest().get(kind, 0) < CONFIDENCE[level]]
    ok = report(bool(asked) and not dead, f"{policy.name} asks for what the packs can give", str(dead)) and ok
    for text, action, rule in SCENES[policy.stem]:
        got = judge(policy, mail, text)
        ok = report(got == (action, rule), f"{policy.stem}: {action} {rule or text[:30]}", str(got)) and ok
    return ok


def main():
    if not os.access(PROGRAM, os.X_OK):
        print("skipped: LETTERLOCK names no program")
        return 77
    names = sorted(p.stem for p in FOLDER.glob("*.yaml"))
    ok = report(names == sorted(SCENES), "every starter has its scenes", str(names))
    with tempfile.TemporaryDirectory() as folder:
        mail = pathlib.Path(folder) / "mail.eml"
        for name in names:
            ok = check(FOLDER / f"{name}.yaml", mail) and ok
        away = pathlib.Path(folder) / "policy.yaml"
        shutil.copy(FOLDER / "pci-dss.yaml", away)
        done = letterlock("policy", "check", away)
        ok = report(done.returncode == 0, "a copy elsewhere finds the packs", done.stderr) and ok
    return 0 if ok else 1


sys.exit(main())
