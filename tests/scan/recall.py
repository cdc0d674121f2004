#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How well the rule packs find what others planted, as tables.

Mails go through `letterlock policy explain` with the packs as shipped;
sentences and single numbers through types_dump, the same scanner without a
policy. See HEADING for what counts as what. It fails below RECALL or
PRECISION; a type without a check digit is held to the level that its own
words give it.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", ROOT.parent / "shared" / "data")) / "dlp"
DUMP = pathlib.Path(os.environ.get("LETTERLOCK_BUILD", ROOT / "build")) / "tests" / "scan" / "types_dump"
PROGRAM = os.environ.get("LETTERLOCK", "")
PACKS = [ROOT / "policy" / "sit" / f"letterlock-{name}.xml"
         for name in ("finance", "identity-us", "identity-europe", "identity-world")]
NS = "{http://schemas.microsoft.com/office/2011/mce}"
RECALL, PRECISION = 0.95, 0.98
LEVELS = ("high", "medium", "low")
CONFIDENCE = {"high": 85, "medium": 75, "low": 65}
HEADING = """table What a rule finds that asks for the type at high confidence (85), and at medium (75) as information.
table In Microsoft's scheme high means the number and words for it within 300 characters. So the documents that count
table are those with a number and its words (kind positive). A right number without words (nokeyword) is no miss at
table high and no false alarm; how many of them were found stands apart. Every other document, wrong check digits and
table look-alikes included, is a false alarm where the type is found. all: documents in which every planted number
table was found (BICs are planted several times and counted once)."""

# The data's name: type, what it is held to, and the names of its single numbers.
TYPES = {
    "credit-card": ("Credit Card Number", "high", "credit-card"),
    "iban": ("International Banking Account Number (IBAN)", "high", "iban iban-code"),
    "uk-nhs": ("U.K. National Health Service Number", "high", "uk-nhs"),
    "nl-bsn": ("Netherlands Citizen's Service (BSN) Number", "high", "tax-id-nl-NL"),
    "br-cpf": ("Brazil CPF Number", "high", ""),
    "pl-pesel": ("Poland National ID (PESEL)", "high", "pl-pesel"),
    "es-nif": ("Spain DNI", "high", "es-nif"),
    "ca-sin": ("Canada Social Insurance Number", "high", "ca-sin"),
    "de-idnr": ("Germany Tax Identification Number", "high", "tax-id-de-DE"),
    "se-personnummer": ("Sweden National ID", "high", ""),
    "fr-nir": ("France Social Security Number (INSEE)", "high", ""),
    "au-tfn": ("Australia Tax File Number", "high", "au-tfn"),
    "ch-ahv": ("Swiss Social Security Number AHV", "high", ""),
    "it-cf": ("Italy Fiscal Code", "high", "it-fiscal-code"),
    # No check digit; Microsoft gives the numbers of today's SSNs 65.
    "us-ssn": ("U.S. Social Security Number (SSN)", "low", ""),
    "swift-bic": ("SWIFT Code", "medium", ""),
}
SPANS = {"CREDIT_CARD": "credit-card", "IBAN_CODE": "iban", "US_SSN": "us-ssn"}
# Not valid, or not a number of that type at all, whatever the data calls it.
ODD = {
    "FR7630006000011234567890189😅": "a right IBAN with a picture behind it",
    "1111111G": "seven digits; a DNI is written with eight",
    "659/299/7048/9": "grouped as nobody groups it",
}


def report(good, name, why=""):
    print(f"{'ok' if good else 'not ok'} {name}{'' if good else ': ' + why}")
    return good


# ---- mails ---------------------------------------------------------------

def write_policy(path, counts):
    rules = [f'  - {{name: "{key} {level} 1", when: {{sensitive_information: [{{type: "{kind}", confidence: {level}}}]}}, '
             "then: Encrypt-Only}" for key, (kind, _, _) in TYPES.items() for level in LEVELS]
    rules += [f'  - {{name: "{key} {held} {n}", when: {{sensitive_information: [{{type: "{kind}", confidence: {held}, '
              f"min_count: {n}}}]}}, then: Encrypt-Only}}" for key, (kind, held, _) in TYPES.items() for n in counts if n > 1]
    path.write_text("version: 1\ndomains: [inside.example]\ndefault: clear\nrule_packs:\n" +
                    "".join(f"  - {p}\n" for p in PACKS) + "rules:\n" + "\n".join(rules) + "\n")


def judge(policy, mails):
    """For each mail {(type, level, count)} of the rules that apply."""
    done = subprocess.run([PROGRAM, "policy", "explain", *map(str, mails), "--from", "anna@inside.example", "--to",
                           "bert@external.example", "--policy", str(policy), "--json"], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    found = {str(mail): set() for mail in mails}
    for row in map(json.loads, done.stdout.splitlines()):
        if row.get("result") == "applies":
            key, level, count = row["rule"].split()
            found[row["message"]].add((key, level, int(count)))
    return list(found.values())


def rates(key, level, labels, found):
    """Documents that count, found, false alarms."""
    hit = [(d, (key, level, 1) in f) for d, f in zip(labels, found)]
    wanted = [h for d, h in hit if key in d["sits"] and d["kind"] == "positive"]
    return len(wanted), sum(wanted), sum(h for d, h in hit if key not in d["sits"])


def share(part, whole):
    return part / whole if whole else 1.0


def documents():
    labels = [json.loads(line) for line in (DATA / "labels.jsonl").read_text().splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        policy = pathlib.Path(folder) / "policy.yaml"
        write_policy(policy, sorted({n for d in labels for n in d["sits"].values()}))
        found = judge(policy, [DATA / "documents" / d["file"] for d in labels])
    print(HEADING)
    print(f"table {len(labels)} documents    {'with it':>7} {'found':>5} {'missed':>6} {'false':>5} {'recall':>6} {'prec.':>6} "
          f"{'all':>4}   without words   medium: recall, precision   held to")
    ok = True
    for key, (kind, held, _) in TYPES.items():
        n, hits, false = rates(key, "high", labels, found)
        bare = [(key, "high", 1) in f for d, f in zip(labels, found) if key in d["sits"] and d["kind"] == "nokeyword"]
        whole = sum((key, held, d["sits"][key]) in f for d, f in zip(labels, found)
                    if key in d["sits"] and d["kind"] == "positive")
        medium = rates(key, "medium", labels, found)
        print(f"table {key:18} {n:7} {hits:5} {n - hits:6} {false:5} {share(hits, n):6.3f} {share(hits, hits + false):6.3f} "
              f"{whole:4}   {sum(bare):6} of {len(bare):2}   {share(medium[1], medium[0]):14.3f} "
              f"{share(medium[1], medium[1] + medium[2]):11.3f}   {held}")
        n, hits, false = rates(key, held, labels, found)
        ok = report(n > 0 and share(hits, n) >= RECALL and share(hits, hits + false) >= PRECISION,
                    f"documents {key} ({held})", f"{hits} of {n} found, {false} false alarms") and ok
    return ok


# ---- texts ---------------------------------------------------------------

def scan(texts):
    """For each text {type: best confidence}."""
    done = subprocess.run([DUMP, *PACKS], input="\0".join(texts) + "\0", stdout=subprocess.PIPE, check=True, text=True)
    return [{name: max(level for level, _ in tallies) for name, tallies in json.loads(line)}
            for line in done.stdout.splitlines()[:len(texts)]]


def sentences():
    lines = [json.loads(line) for line in (DATA / "sentences.jsonl").read_text().splitlines()]
    found = scan([line["text"] for line in lines])
    print(f"table {len(lines)} sentences others made; few have words near the number, some cards are of no brand's range")
    print(f"table {'':18} {'with it':>7}   found high, medium, low   false alarms high, medium, low")
    ok = True
    for span, key in SPANS.items():
        kind = TYPES[key][0]
        has = [any(s["type"] == span for s in line["spans"]) for line in lines]
        hits, false = ([sum(f.get(kind, 0) >= CONFIDENCE[level] and h == want for f, h in zip(found, has))
                        for level in LEVELS] for want in (True, False))
        print(f"table {key:18} {sum(has):7}   {hits[0]:10} {hits[1]:7} {hits[2]:4}   {false[0]:17} {false[1]:7} {false[2]:4}")
        ok = report(sum(hits) > 0 and share(hits[2], hits[2] + false[2]) >= PRECISION, f"sentences {key}",
                    f"{false} false alarms") and ok
    return ok


def first_words():
    """Of each type the first word that its surest pattern takes."""
    out = {}
    for pack in PACKS:
        rules = ET.parse(pack).getroot().find(NS + "Rules")
        words = {k.get("id"): next(k.iter(NS + "Term")).text for k in rules.iter(NS + "Keyword")}
        names = {r.get("idRef"): r.findtext(NS + "Name") for r in rules.iter(NS + "Resource")}
        for entity in rules.iter(NS + "Entity"):
            used = [m.get("idRef") for m in entity.find(NS + "Pattern").iter(NS + "Match")]
            out[names[entity.get("id")]] = next((words[u] for u in used if u in words), "")
    return out


def identifiers():
    """Single numbers, each behind the first of its type's words."""
    words = first_words()
    key_of = {name: key for key, (_, _, names) in TYPES.items() for name in names.split()}
    rows = [(key_of[d["sit"]], d["text"], d["label"] == "valid")
            for d in map(json.loads, (DATA / "identifiers.jsonl").read_text().splitlines())
            if d["sit"] in key_of and d["text"] not in ODD]
    found = scan([f"{words[TYPES[key][0]]}: {text}" for key, text, _ in rows])
    count = collections.defaultdict(collections.Counter)
    wrong = collections.defaultdict(list)
    for (key, text, valid), f in zip(rows, found):
        hit = f.get(TYPES[key][0], 0) >= CONFIDENCE[TYPES[key][1]]
        count[key][valid, hit] += 1
        if valid != hit:
            wrong[key].append(text)
    print(f"table {len(rows)} single numbers others test with (validators_check.py has them all)")
    print(f"table {'':18} {'valid':>7} {'found':>5} {'invalid':>7} {'found':>5}")
    ok = True
    for key, c in count.items():
        print(f"table {key:18} {c[True, True] + c[True, False]:7} {c[True, True]:5} "
              f"{c[False, True] + c[False, False]:7} {c[False, True]:5}")
        ok = report(not wrong[key], f"single numbers {key}", str(wrong[key][:5])) and ok
    return ok


def main():
    if not DATA.is_dir():
        print("skipped: no test data")
        return 77
    if not os.access(PROGRAM, os.X_OK) or not DUMP.exists():
        print("skipped: LETTERLOCK and LETTERLOCK_BUILD name no programs")
        return 77
    return 0 if all([documents(), sentences(), identifiers()]) else 1


sys.exit(main())
