#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the policy engine against a slow evaluator of its own.

	logic_check.py POLICY_DUMP [--seed N] [--policies N]

Random policies, messages and envelopes (logic_cases.py) are judged by the
engine and by logic_model.py, which is written from letterlock-policy(5). The
first disagreement is made as small as it goes and printed. Every condition of
the manual page has to be known here, and has to hold and not hold often.
"""
import argparse
import collections
import copy
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import logic_cases
import logic_model

root = pathlib.Path(__file__).resolve().parents[2]
MESSAGES_PER_POLICY = 5
OFTEN = 100		# each condition must hold and not hold so often


# ---- the engine -------------------------------------------------------------

class Engine:
    def __init__(self, program):
        self.run = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, policy_text, q, raw):
        """A verdict as logic_model.judge gives it, for each recipient; and what
        logic_model.audience gives."""
        texts = [policy_text, "1" if q["wants_trials"] else "", str(q["now"]), q.get("means", ""), q["client"], q["sender"], raw, *q["recipients"], "."]
        for text in texts:
            data = text if isinstance(text, bytes) else text.encode()
            self.run.stdin.write(b"%d\n%s" % (len(data), data))
        self.run.stdin.flush()
        found, added = [], []
        while (line := self.run.stdout.readline().decode().rstrip("\n")) != "done":
            kind, *rest = line.split("\t")
            if kind not in ("verdict", "added"):
                raise ValueError(line or "the engine has ended")
            action, template, rule, is_held, held_rule, severity, label, hits, brand, way, additions = rest[-11:]
            if bool(is_held) != bool(held_rule):
                raise ValueError(f"held, but by nobody, or the other way: {line}")
            hits = [tuple(hit.rsplit("=", 1)) for hit in hits.split(";") if hit]
            additions = [tuple(a.split("=", 1)) for a in additions.split(";") if a]
            verdict = action, template, rule, held_rule, severity, label, hits, additions, brand, way
            if kind == "verdict":
                found.append(verdict)
            else:
                added.append((rest[0], rest[1], int(rest[2]), rest[3] == "gets it", verdict))
        return found, added

    def end(self):
        self.run.stdin.close()
        return self.run.wait()


def learn_shares(engine, r, path):
    """For each sender the smallest percent of a ring that has it. Checks that
    a larger ring has all of a smaller one, 0 nobody and 100 everybody."""
    percents = list(range(101))
    r.shuffle(percents)
    rules = [{"name": f"{p}", "ring": {"percent": p}, "then": {"severity": "low"}} for p in percents]
    policy = {"domains": ["own.example"], "partners": [], "people_path": str(path), "default": "clear", "blocks": False,
              "rules": rules}
    q = {"recipients": ["a@x.example"], "client": "", "now": logic_cases.NOW, "wants_trials": False}
    share, faults = {}, []
    for sender in logic_cases.SENDERS:
        hits = engine.ask(logic_cases.policy_text(policy), {**q, "sender": sender}, b"\r\n")[0][0][6]
        enforced = sorted(int(name) for name, mode in hits if mode == "enforce")
        if enforced != list(range(enforced[0] if enforced else 101, 101)) or not 1 <= 101 - len(enforced) <= 100:
            faults.append(f"ring: '{sender}' is in at {enforced}")
        if share.setdefault(sender.lower(), 101 - len(enforced)) != 101 - len(enforced):
            faults.append(f"ring: the case of the letters of '{sender}' matters")
    return share, faults


# ---- a disagreement ---------------------------------------------------------

def judge_all(case, share, seen):
    """What Engine.ask gives, by the evaluator."""
    policy, m, q = case
    verdicts = [logic_model.judge(policy, {**q, "recipient": a}, m, share, seen) for a in q["recipients"]]
    return verdicts, logic_model.audience(policy, q, m, verdicts, share, seen)


def differs(engine, case, share):
    """(recipient, the engine's, ours), or None."""
    policy, m, q = case
    raw = logic_cases.message_bytes(m)
    m["size"] = len(raw)
    found, added = engine.ask(logic_cases.policy_text(policy), q, raw)
    verdicts, members = judge_all(case, share, collections.Counter())
    for recipient, theirs, ours in zip(q["recipients"], found, verdicts, strict=True):
        if theirs != ours:
            return recipient, theirs, ours
    return None if added == members else ("those who are added", (added,), (members,))


def removable(case):
    """Where something can be left out: the container and the key."""
    policy, m, q = case
    for i in reversed(range(len(policy["rules"]))):
        yield policy["rules"], i
    for rule in policy["rules"]:
        yield from ((rule, key) for key in list(rule) if key not in ("name", "then"))
        for side in ("when", "except"):
            conditions = rule.get(side, {})
            yield from ((conditions, key) for key in list(conditions))
            for key, value in conditions.items():
                if isinstance(value, list) and len(value) > 1 and key != "between_member_of":
                    yield from ((value, i) for i in reversed(range(len(value))))
        if isinstance(rule["then"], dict) and len(rule["then"]) > 1:
            yield from ((rule["then"], key) for key in list(rule["then"]))
    if isinstance(policy["default"], list):
        yield from ((policy["default"], i) for i in reversed(range(len(policy["default"]) - 1)))
    yield from ((policy["wish"], key) for key in list(policy.get("wish", {})))
    for name in ("fields", "typed", "senders", "subjects", "to", "cc", "labels", "attachments"):
        yield from ((m[name], i) for i in reversed(range(len(m[name]))))
    if len(q["recipients"]) > 1:
        yield from ((q["recipients"], i) for i in reversed(range(len(q["recipients"]))))


def smaller(case):
    """Copies with one thing left out."""
    n = sum(1 for _ in removable(case))
    for i in range(n):
        one = copy.deepcopy(case)
        container, key = next(pair for at, pair in enumerate(removable(one)) if at == i)
        del container[key]
        yield one
    for change in ({"body_type": "", "body_kind": ""}, {"two_types": False}, {"padding": 0}):
        if any(case[1][key] != value for key, value in change.items()):
            yield case[0], {**copy.deepcopy(case[1]), **change}, case[2]


def minimise(engine, case, share):
    case = copy.deepcopy(case)
    while (next_case := next((c for c in smaller(case) if differs(engine, c, share)), None)) is not None:
        case = next_case
    return case


def report(engine, case, share):
    case = minimise(engine, case, share)
    recipient, theirs, ours = differs(engine, case, share)
    policy, m, q = case
    print("---- the policy", logic_cases.policy_text(policy), "---- the people", logic_cases.people_csv(policy["people"]),
          "---- the message", logic_cases.message_bytes(m).decode("utf-8", "replace").replace("\r", ""),
          "---- the envelope", *(f"{key}: {value}" for key, value in q.items()), sep="\n")
    names = (("action", "template", "rule", "held by", "severity", "label", "hits", "adds", "brand", "way") if len(ours) > 1 else
             ("added",))
    print(f"---- the verdict for {recipient}")
    for name, a, b in zip(names, theirs, ours):
        print(f"{name + ':':10} engine {a!r}, here {b!r}{'' if a == b else '     <--'}")


# ---- what is known ----------------------------------------------------------

def check_actions(page):
    section = page.split(".It Cm then : Ar action")[1].split("Only one of")[0]
    on_page = {name for item in re.findall(r"^\.It Cm (.+?) : ", section, re.M) for name in item.replace(",", " ").split()}
    tables = {name for path in (root / "src" / "policy").glob("*.c")
              for table in re.findall(r"^const struct action_kind .*?^\};", path.read_text(), re.M | re.S)
              for name in re.findall(r'^\t\{ "(\w+)", ', table, re.M)}
    return [f"the action {key} is only {where}" for where, keys in (("on the manual page", on_page - tables),
                                                                   ("in the engine's tables", tables - on_page)) for key in sorted(keys)]


def check_names():
    """The manual page, the tables of the engine, the generator and the
    evaluator know the same conditions, actions and message types."""
    page = (root / "man" / "letterlock-policy.5").read_text()
    section = page.split(".Ss Conditions")[1].split(".Sh ")[0]
    on_page, types = set(), set()
    for item in re.findall(r"^\.It Cm (.+)$", section, re.M):
        names, _, rest = item.partition(" : ")
        on_page |= set(names.replace(",", " ").split())
        if names == "message_type_is":
            types = set(re.findall(r"\w+", rest)) - {"Cm"}
    tables, content = set(), set()
    for path in (root / "src" / "policy").glob("match_*.c"):
        found = set(re.findall(r'^\t\{ "(\w+)", (?:true|false),', path.read_text(), re.M))
        tables |= found
        if path.name in ("match_content.c", "match_sensitive.c"):
            content |= found
        if path.name == "match_labels.c":
            content |= {name for name in found if name.startswith("attachment_")}
    tested = {name for path in (root / "tests" / "unit" / "policy").glob("*.c")
              for name in re.findall(r'^\t\{ (?:WHEN\()?"(\w+): ', path.read_text(), re.M)} & tables
    faults = []
    # What texts say is tried by tests of its own; here it would only slow down.
    for name, known in (("the engine's tables", tables), ("the generator", set(logic_cases.GENERATORS) | content),
                        ("the evaluator", set(logic_model.CONDITIONS) | content), ("the tests of contents", tested | (tables - content))):
        faults += [f"{key} is on the manual page, but not in {name}" for key in sorted(on_page - known)]
        faults += [f"{key} is in {name}, but not on the manual page" for key in sorted(known - on_page)]
    faults += check_actions(page)
    if types != set(logic_cases.MESSAGE_TYPES):
        faults.append(f"message types that only the manual page or only the generator knows: "
                      f"{sorted(types ^ set(logic_cases.MESSAGE_TYPES))}")
    return faults


def check_reach(seen, verdicts):
    """A generator that makes only one kind of case would find nothing."""
    faults = [f"{key} is {answer} only {seen[key, answer]} times" for key in logic_model.CONDITIONS for answer in (True, False)
              if seen[key, answer] < OFTEN]
    wanted = ["deliver", "protect", "reject", "discard", "redirect", "to", "cc", "bcc", "instead", "held", "branded", "default",
              "enforce", "audit", "audit_and_notify", "a label", "by label", "by labels", "by wish", "hold", "nothing", "clear", "verified TLS", "portal", "S/MIME", *logic_model.SEVERITIES]
    return faults + [f"only {verdicts[word]} verdicts with {word}" for word in wanted if verdicts[word] < OFTEN]


# ---- all of it --------------------------------------------------------------

def random_cases(r, path):
    """Five cases of one random policy and one random table of people."""
    # What of S/MIME, reports and calendars is attached is no matter of rules.
    has_special_bodies = r.random() < 0.5
    keys = [key for key in logic_cases.GENERATORS if not (has_special_bodies and key.startswith("attachment_"))]
    messages = [logic_cases.message(r, has_special_bodies) for _ in range(MESSAGES_PER_POLICY)]
    for m in messages:
        m["size"] = len(logic_cases.message_bytes(m))
    table = logic_cases.people(r)
    path.write_text(logic_cases.people_csv(table))
    policy = logic_cases.policy(r, table, str(path), keys, messages, not has_special_bodies)
    return [(policy, m, logic_cases.envelope(r)) for m in messages]


def count(verdict, verdicts):
    action, _, rule, held, severity, label, hits, _, brand, way = verdict
    verdicts.update([action, severity, *(["a label"] if label else []), *([f"by {rule}"] if rule in ("label", "labels", "wish") else []),
                     *(["held"] if held else []), *(["default"] if rule == "default" else []), *(["branded"] if brand else []),
                     way, *(mode for _, mode in hits)])


def compare(engine, r, n_policies, path, share):
    """(cases, what conditions said, what verdicts said, disagreed)."""
    seen, verdicts, n = collections.Counter(), collections.Counter(), 0
    for _ in range(n_policies):
        text = None
        for case in random_cases(r, path):
            policy, m, q = case
            found = engine.ask(logic_cases.policy_text(policy) if text is None else "", q, logic_cases.message_bytes(m))
            text, n = "", n + 1
            ours = judge_all(case, share, seen)
            for verdict in ours[0]:
                count(verdict, verdicts)
            verdicts.update("instead" if way == "redirect" else way for way, *_ in ours[1])
            if found != ours:
                report(engine, case, share)
                return n, seen, verdicts, True
    return n, seen, verdicts, False


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("engine")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--policies", type=int, default=1200)
    args = args.parse_args()
    r, started = random.Random(args.seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="letterlock-logic-") as folder:
        path = pathlib.Path(folder) / "people.csv"
        path.write_text(logic_cases.people_csv(logic_cases.people(r)))
        engine = Engine(args.engine)
        share, ring_faults = learn_shares(engine, r, path)
        n, seen, verdicts, disagreed = compare(engine, r, args.policies, path, share)
        ended = engine.end()
    results = {"every condition of the manual page is tried": check_names(), "rings": ring_faults,
               f"{n} cases, {sum(verdicts[a] for a in ('deliver', 'protect', 'hold', 'reject', 'discard'))} verdicts, as the manual page says, "
               f"seed {args.seed}": ["see above"] if disagreed else [],
               **({} if disagreed else {"cases of all kinds": check_reach(seen, verdicts)}),
               "the engine ends well": [f"status {ended}"] if ended else []}
    for name, faults in results.items():
        print(*faults, sep="\n", end="\n" if faults else "")
        print(f"{'not ok' if faults else 'ok'} {name}")
    print(f"{time.monotonic() - started:.1f} s")
    return 1 if any(results.values()) else 0


sys.exit(main())
