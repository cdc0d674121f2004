#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare our reading of real messages with GMime, Python email, postal-mime.

Each reader runs once over all messages. Every difference must be named in
expectations.txt with its reason, and every difference named there must still
exist. --learn prints the lines that are missing there.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
root = here.parents[1]
FIELDS = ("leaves", "subject", "from", "from_name", "text")
SKIPPED = 77


def run(command, paths):
    out = subprocess.run(command + paths, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                         env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0")).stdout
    found = (json.loads(line) for line in out.splitlines())
    return {r["id"]: r for r in found}


def squeeze(text):
    return re.sub(r"\s+", "", (text or "").replace("\ufffd", "").replace("\ufeff", "").replace("\0", ""))


def leaf_list(leaves):
    """Messages in messages have no bytes of their own in other readers."""
    return sorted((l["type"], squeeze(l["filename"]), "-" if l["type"].startswith("message/") else l["sha256"]) for l in leaves)


def loose_list(leaves):
    """postal-mime converts text to UTF-8, so only its name can be compared."""
    return collections.Counter((l["type"], squeeze(l["filename"]), "-" if l["type"].split("/")[0] in ("message", "text") else l["loose"])
                               for l in leaves)


def postal_leaves(ours, theirs):
    """postal-mime lists attachments only and joins texts: each must be ours,
    and what is ours alone must be text."""
    mine = loose_list(l for l in ours["leaves"] if not l["inner"])
    other = loose_list(theirs["leaves"])
    return not other - mine and all(t.startswith("text/") for t, _, _ in mine - other)


def same(field, ours, theirs, reader):
    if theirs.get("error") or theirs.get("header_error"):
        return None
    if field == "leaves":
        if theirs.get("leaves") is None:
            return None
        if reader == "postal-mime":
            return postal_leaves(ours, theirs)
        return leaf_list(ours["leaves"]) == leaf_list(theirs["leaves"])
    if field == "text":
        if reader != "postal-mime" or not ours.get("text") or not theirs.get("text"):
            return None
        return squeeze(ours["text"]) in squeeze(theirs["text"])
    if field not in theirs:
        return None
    a, b = squeeze(ours[field]), squeeze(theirs[field])
    return a.lower() == b.lower() if field == "from" else a == b


def postal_base():
    for base in (os.environ.get("LETTERLOCK_NODE_BASE"), root / "web"):
        if base and (pathlib.Path(base) / "node_modules/postal-mime").is_dir():
            return str(base)
    return None


def read_expectations():
    """MESSAGE FIELD READERS # why; a reader with a question mark differs in some versions only (node 20 reads windows-1252 as
    ISO-8859-1, node 18 does not)"""
    expected, maybe = {}, set()
    path = here / "expectations.txt"
    for line in path.read_text().splitlines() if path.exists() else []:
        line, _, why = line.partition("#")
        if line.split():
            message, field, readers = line.split()
            for reader in readers.split(","):
                key = message, field, reader.rstrip("?")
                expected[key] = why.strip()
                if reader.endswith("?"):
                    maybe.add(key)
    return expected, maybe


def compare(readers, ours):
    different, table = set(), collections.Counter()
    for message, mine in ours.items():
        for field in FIELDS:
            votes = {}
            for name, results in readers.items():
                votes[name] = same(field, mine, results.get(message, {"error": "crashed"}), name) if "refused" not in mine else None
                table[name, field, votes[name]] += 1
                if votes[name] is False:
                    different.add((message, field, name))
            asked = [v for v in votes.values() if v is not None]
            if asked:
                table["at least one", field, any(asked)] += 1
    return different, table


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--ours", required=True)
    p.add_argument("--gmime")
    p.add_argument("--learn", action="store_true")
    p.add_argument("--show", help="print all readings of this message")
    args = p.parse_args()
    data = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", root / "../shared/data")) / "mime"
    paths = sorted(str(x) for x in data.glob("*.eml"))
    if args.show:
        paths = [x for x in paths if args.show in x]
    if not paths:
        print("skipped: no messages in", data)
        sys.exit(SKIPPED)
    ours = run([args.ours], paths)
    readers = {"python": run([sys.executable, str(here / "python_dump.py")], paths)}
    if args.gmime:
        readers["gmime"] = run([args.gmime], paths)
    if postal_base():
        readers["postal-mime"] = run(["node", str(here / "postal_dump.mjs"), postal_base()], paths)
    if args.show:
        print(json.dumps({"ours": ours, **readers}, indent=1, ensure_ascii=False))
        return
    different, table = compare(readers, ours)
    expected, maybe = read_expectations()
    expected = {k: v for k, v in expected.items() if k[2] in readers}
    print(f"{len(paths)} messages, {sum('refused' in r for r in ours.values())} refused, {len(readers)} other readers")
    print(f"{'':14}" + "".join(f"{f:>16}" for f in FIELDS) + "    (same / compared)")
    for name in list(readers) + ["at least one"]:
        cells = ((table[name, f, True], table[name, f, True] + table[name, f, False]) for f in FIELDS)
        print(f"{name:14}" + "".join(f"{f'{a} / {b}':>16}" for a, b in cells))
    news, gone = sorted(different - set(expected)), sorted(set(expected) - maybe - different)
    print(f"{len(different)} differences, {len(expected)} expected")
    for message, field, reader in news:
        print(f"{message} {field} {reader}" if args.learn else f"unexpected difference: {message} {field} {reader}")
    for message, field, reader in gone:
        print(f"expected difference is gone: {message} {field} {reader}")
    groups = collections.defaultdict(list)
    for message in ours:
        groups[re.sub(r"-+[0-9a-f]{6,8}(-\d+)?\.eml$", "", message)].append(message)
    wrong = {message for message, _, _ in news + gone}
    for group, messages in sorted(groups.items()):
        bad = sorted(wrong & set(messages))
        print(f"not ok {group}: {', '.join(bad)}" if bad else f"ok {group} ({len(messages)} messages)")
    sys.exit(bool(news or gone) and not args.learn)


main()
