#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our rule packs: well-formed, complete, and what Microsoft's upload takes.

	packs_check.py validators_dump folder

A pack that refers to nothing, or has an expression that a strict validator
refuses, would be a type that silently never matches.
"""
import collections
import pathlib
import re
import subprocess
import sys
import uuid
import xml.etree.ElementTree as ET

NS = "{http://schemas.microsoft.com/office/2011/mce}"
MAX_REGEX, MAX_REGEXES, MAX_TERM, MAX_TERMS, MIN_ENTITIES = 1024, 20, 50, 2048, 120
FIXED = {"a44669fe-0d48-453d-a9b1-2cc83f2cba77": "U.S. Social Security Number (SSN)",
         "50842eb7-edc8-4019-85dd-5a5c1f2bb085": "Credit Card Number"}
expressions = []
functions = set(subprocess.run([sys.argv[1], "--names"], stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n"))
faults = []


def groups(pattern):
    """(text inside, what follows) of each group of an expression."""
    stack, out, at, in_class = [], [], 0, False
    while at < len(pattern):
        c = pattern[at]
        if c == "\\":
            at += 1
        elif in_class:
            in_class = c != "]"
        elif c == "[":
            in_class = True
        elif c == "(":
            stack.append(at)
        elif c == ")":
            out.append((pattern[stack.pop() + 1:at], pattern[at + 1:]))
        at += 1
    if stack or in_class:
        raise ValueError("unbalanced")
    return out


def check_regex(pattern):
    """What the upload refuses, as text; empty: nothing."""
    if len(pattern) > MAX_REGEX:
        return "too long"
    if pattern.startswith("|") or pattern.endswith("|") and not pattern.endswith("\\|"):
        return "begins or ends with |"
    if re.match(r"\.\{0,|\.\*|\.\+", pattern) or re.search(r"(?<!\\)\.(\{0,\d*\}|\*|\+)$", pattern):
        return "begins or ends with anything"
    if re.search(r"\(\?<?[=!]|\(\?>|\\[1-9]|\(\?P", pattern):
        return "looks around or back"
    re.compile(pattern)
    for inside, after in groups(pattern):
        bare = re.sub(r"\\.|\[[^\]]*\]", "x", inside)
        if re.search(r"\.\*|\.\+|\{0,", bare):
            return "a group with .*, .+ or {0,m} in it"
        if re.match(r"[*+]|\{\d+,\}", after):
            return "a group repeated without end"
    return ""


def check_pack(path, seen):
    tree = ET.parse(path)
    pack = tree.getroot()
    name = path.name

    def fault(text):
        faults.append(f"{name}: {text}")

    if pack.tag != NS + "RulePackage" or path.read_bytes()[:38] != b'<?xml version="1.0" encoding="UTF-8"?>':
        fault("not a UTF-8 rule package")
    if pack.find(f"{NS}RulePack/{NS}Version").attrib.keys() != {"major", "minor", "build", "revision"}:
        fault("no version")
    defined, used, strings = collections.Counter(), set(), {}
    rules = pack.find(NS + "Rules")
    for element in rules:
        kind = element.tag[len(NS):]
        if kind in ("Entity", "Regex", "Keyword"):
            defined[element.get("id")] += 1
        if kind == "Regex":
            expressions.append(element.text)
            refused = check_regex(element.text)
            if refused:
                fault(f"{element.get('id')}: {refused}")
        if kind == "Keyword":
            terms = [t.text for t in element.iter(NS + "Term")]
            if not terms or len(terms) > MAX_TERMS or {g.get("matchStyle") for g in element} - {"word", "string"}:
                fault(f"{element.get('id')}: wrong number of terms, or a style")
            for term in terms:
                if not term or len(term) > MAX_TERM or term != term.strip():
                    fault(f"{element.get('id')}: term {term!r}")
        if kind == "LocalizedStrings":
            strings = {r.get("idRef"): r.findtext(NS + "Name") for r in element}
    entities = rules.findall(NS + "Entity")
    for e in entities:
        label = f"{e.get('id')} ({strings.get(e.get('id'))})"
        if str(uuid.UUID(e.get("id"))) != e.get("id") or e.get("id") in seen or strings.get(e.get("id")) in seen:
            fault(f"{label}: not a GUID, or there twice")
        seen.update((e.get("id"), strings.get(e.get("id"))))
        if e.get("patternsProximity") not in ("300", "unlimited") or e.get("recommendedConfidence") not in ("65", "75", "85"):
            fault(f"{label}: proximity or confidence")
        levels = [int(p.get("confidenceLevel")) for p in e.findall(NS + "Pattern")]
        if not levels or levels != sorted(levels, reverse=True) or set(levels) - {55, 65, 75, 85} \
                or int(e.get("recommendedConfidence")) not in levels:
            fault(f"{label}: patterns {levels}")
        regexes = set()
        for p in e.findall(NS + "Pattern"):
            if len(p.findall(NS + "IdMatch")) != 1 or p[0].tag != NS + "IdMatch":
                fault(f"{label}: a pattern needs one IdMatch, first")
            for m in p.iter():
                if m.get("idRef"):
                    used.add(m.get("idRef"))
                    regexes.update({m.get("idRef")} if m.get("idRef").startswith("Regex_") else ())
        if len(regexes) > MAX_REGEXES:
            fault(f"{label}: more than {MAX_REGEXES} expressions")
        if not strings.get(e.get("id")):
            fault(f"{label}: no name")
        if e.get("id") in FIXED and strings[e.get("id")] != FIXED[e.get("id")]:
            fault(f"{label}: Microsoft's identifier with another name")
    for key, n in defined.items():
        if n > 1:
            fault(f"{key} is there {n} times")
    for key in used:
        if key.startswith("Func_"):
            if key not in functions:
                fault(f"function {key} is not built in")
        elif key not in defined:
            fault(f"{key} is not there")
    for key in set(defined) - used - {e.get("id") for e in entities}:
        fault(f"{key} is not used")
    print(f"{'ok' if not any(f.startswith(name + ':') for f in faults) else 'not ok'} {name} ({len(entities)} types)")
    return len(entities)


# The check itself must refuse what it is there for.
for bad in ("|a", "a|", ".{0,5}a", "a.*", "(a.*b)c", "(a{0,3})b", "(ab)+", "(?=a)b", "(ab){2,}"):
    if not check_regex(bad):
        faults.append(f"{bad} would be taken")
seen = set()
total = sum(check_pack(p, seen) for p in sorted(pathlib.Path(sys.argv[2]).glob("*.xml")))
compiled = subprocess.run([sys.argv[1], "--expressions"], input="".join(e + "\n" for e in expressions),
                          stdout=subprocess.PIPE, text=True)
if compiled.returncode:
    faults += [line[7:] for line in compiled.stdout.split("\n") if line.startswith("not ok")]
if total < MIN_ENTITIES:
    faults.append(f"only {total} types")
if not set(FIXED) <= seen:
    faults.append("the social security number or the credit card is missing")
for f in faults:
    print("not ok", f)
print(f"{total} types")
sys.exit(bool(faults))
