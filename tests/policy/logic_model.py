# SPDX-License-Identifier: Apache-2.0
"""What letterlock-policy(5) says a verdict is, evaluated slowly and plainly.

Written from the manual page alone; shares no code and no idea with the engine.
A policy, a message and an envelope are plain dictionaries as logic_cases.py
makes them; of a message only what it was made from is looked at, never its
bytes, apart from their number.
"""
import datetime
import ipaddress
import re
import unicodedata

import logic_ladder

SEVERITIES = ["none", "low", "medium", "high"]
# RFC 5322 3.6: fields of which a message has at most one.
SENDER_FIELDS = ["From", "Sender", "Reply-To"]
OVERRIDE = "X-MS-Exchange-Organization-Dlp-SenderOverrideJustification"
SINGLE = {"from", "sender", "reply-to", "to", "cc", "bcc", "date", "message-id", "in-reply-to", "references", "subject"}


# ---- people and addresses ---------------------------------------------------

def fold(text):
    """Case, compatibility forms, invisible characters, number of blanks."""
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(text.split())


def same_address(a, b):
    return a.lower() == b.lower() and a != ""


def domain(address):
    return address.rpartition("@")[2].lower()


def at_or_below(name, parent):
    parent = parent.lower()
    return name == parent or name.endswith("." + parent)


def belongs(name, listed):
    """`domains` and `partners`: below the domain only with a dot in front."""
    return any(at_or_below(name, d[1:]) if d[0] == "." else name == d for d in listed)


def scopes(policy, address):
    name = domain(address)
    if address != "" and belongs(name, policy["domains"]):
        return {"inside"}
    if address != "" and belongs(name, policy["partners"]):
        return {"outside", "partner"}
    return {"outside", "non_partner"}


def person(policy, address):
    for p in policy["people"]:
        if same_address(p["address"], address):
            return p
    return None


def member(policy, address, group):
    p = person(policy, address)
    return p is not None and fold(group) in {fold(g) for g in p["groups"]}


def attribute(policy, address, name):
    p = person(policy, address)
    return p[name.lower()] if p is not None else ""


def managed_by(policy, address, manager):
    return same_address(attribute(policy, address, "manager"), manager)


# ---- words ------------------------------------------------------------------

def is_word_character(c):
    """Scripts written without blanks have no word edges."""
    return unicodedata.category(c)[0] in "LNM" and not "\u3040" <= c <= "\u9fff"


def has_words(text, phrase):
    text, phrase = fold(text), fold(phrase)
    at = text.find(phrase)
    while at != -1:
        end = at + len(phrase)
        left = at > 0 and is_word_character(text[at - 1]) and is_word_character(phrase[0])
        right = end < len(text) and is_word_character(text[end]) and is_word_character(phrase[-1])
        if not left and not right:
            return True
        at = text.find(phrase, at + 1)
    return False


def any_pattern(texts, patterns):
    """Expressions of which each edge is one of the text; any case."""
    return any(re.search(p, " ".join(t.split()), re.IGNORECASE) for t in texts for p in patterns)


def any_words(texts, phrases):
    return any(has_words(t, p) for t in texts for p in phrases)


def any_equal(texts, values):
    return any(fold(t) == fold(v) for t in texts for v in values)


def fields(message, name):
    return [value for n, value in message["fields"] if n.lower() == name.lower()]


# ---- conditions -------------------------------------------------------------

def listed(message, *names):
    """The addresses in all header fields of these names."""
    return [a for n in names for one in message[n] for a in one]


def is_any(addresses, values):
    return any(same_address(a, v) for a in addresses for v in values)


def senders(q, message):
    """Whom conditions about the sender are about."""
    header = [a for name, one in message["senders"] for a in one]
    return {"envelope": [q["sender"]], "header": header, "header_or_envelope": [q["sender"], *header]}[q.get("location", "envelope")]


def header_matches(message, value):
    found = fields(message, value["name"])
    return any_pattern(found, values(value["patterns"])) if "patterns" in value else any_equal(found, values(value["values"]))


def has_override(policy, q, message):
    return "inside" in scopes(policy, q["sender"]) and any(text.strip() for text in fields(message, OVERRIDE))


def in_any_group(policy, addresses, groups):
    return any(member(policy, a, g) for a in addresses for g in groups)


def ip_in(client, networks):
    return client != "" and any(ipaddress.ip_address(client) in ipaddress.ip_network(n) for n in networks)


def importance(message):
    """[MS-OXCMAIL] 2.2.3.2.5: Importance is preferred to its older kin."""
    own = {v.lower() for v in fields(message, "Importance")} & {"low", "normal", "high"}
    if not own:
        own = {{"5": "low", "4": "low", "3": "normal", "2": "high", "1": "high"}[v[0]]
               for v in fields(message, "X-Priority")}
        own |= {{"non-urgent": "low", "normal": "normal", "urgent": "high"}[v.lower()]
                for v in fields(message, "Priority")}
        own |= {v.lower() for v in fields(message, "X-MSMail-Priority")}
    return "high" if "high" in own else "low" if own == {"low"} else "normal"


def spam_level(message):
    found = fields(message, "X-MS-Exchange-Organization-SCL")
    return int(found[0]) if found else -1


def is_ambiguous(message):
    names = [n.lower() for n, _ in message["fields"]] + ["to"] * len(message["to"]) + ["cc"] * len(message["cc"])
    names += ["subject"] * len(message["subjects"]) + [name.lower() for name, _ in message["senders"]]
    return message["two_types"] or any(names.count(n) > 1 for n in SINGLE)


def file_name_ends(name, extension):
    return name.rstrip(". ").lower().endswith("." + extension.lstrip(".").lower())


def named(policy, text):
    """The label of the policy with that name or GUID."""
    return next((one for one in policy["labels"]["list"] if fold(text) in (fold(one["name"]), one["id"].lower())), None)


def priority(label):
    return -1 if label is None else label["priority"]


def highest(labels):
    """Of equals the first."""
    return max(labels, key=priority, default=None)


def base_label(policy, q, message):
    """The label before any rule gives one."""
    if "inside" not in scopes(policy, q["sender"]):
        return None
    q = {**q, "location": "envelope"}
    scheme = policy["labels"]
    in_header = highest([named(policy, one["guid"]) for field in message["labels"] for one in field
                         if one["on"] and one["site"] == scheme["tenant"]])
    chosen = named(policy, message["chosen"]) or in_header
    content = [named(policy, one["label"]) for one in scheme["auto"] if one.get("mode", "apply") == "apply" and
               all(CONDITIONS[key](policy, q, message, values(value)) for key, value in one["when"].items())]
    other = highest([in_header, *content])
    if chosen is None or priority(other) > priority(chosen) and scheme.get("justify_downgrade", True) and not (message["why"] or has_override(policy, q, message)):
        return other
    return chosen


def has_label(policy, q, message, wanted):
    """wanted: names or GUIDs, or None for any."""
    if policy.get("labels"):
        label = base_label(policy, q, message)
        return label is not None and (wanted is None or any(named(policy, v) == label for v in wanted))
    return "inside" in scopes(policy, q["sender"]) and any(
        one["on"] and (wanted is None or any_equal([one["guid"], one["name"]], wanted)) for field in message["labels"] for one in field)


def must_choose(policy, q):
    return any(in_any_group(policy, [q["sender"]], one.get("required_for", [])) for one in policy["labels"]["list"])


def compare(policy, q, value):
    """Nobody is the same as somebody of whom nothing is known."""
    mine = fold(attribute(policy, q["sender"], value["attribute"]))
    other = fold(attribute(policy, q["recipient"], value["attribute"]))
    return (mine == other != "") == (value.get("operator", "equal") == "equal")


def between(policy, q, groups):
    a, b = groups
    return any(member(policy, q["sender"], x) and member(policy, q["recipient"], y) for x, y in ((a, b), (b, a)))


def has_attribute(policy, address, value):
    return any(any_words([attribute(policy, address, name)], values(words)) for name, words in value.items())


def attribute_matches(policy, address, value):
    found = {name: attribute(policy, address, name) for name in value}
    return any(found[name] != "" and any_pattern([found[name]], values(patterns)) for name, patterns in value.items())


def manager_is(policy, q, value):
    return any(managed_by(policy, q[value["of"]], a) for a in values(value["addresses"]))


def relation(policy, q, wanted):
    return ("manager" in wanted and managed_by(policy, q["recipient"], q["sender"]) or
            "direct_report" in wanted and managed_by(policy, q["sender"], q["recipient"]))


def values(value):
    return value if isinstance(value, list) else [value]


def size(value):
    number, _, unit = str(value).partition(" ")
    return int(number) * {"": 1, "KiB": 1024, "MiB": 1 << 20}[unit]


# p: the policy, q: the question, m: the message, v: the values as a list.
CONDITIONS = {
    "sender_is": lambda p, q, m, v: is_any(senders(q, m), v),
    "recipient_is": lambda p, q, m, v: is_any([q["recipient"]], v),
    "sender_domain_is": lambda p, q, m, v: any(at_or_below(domain(a), d) for a in senders(q, m) for d in v),
    "recipient_domain_is": lambda p, q, m, v: any(at_or_below(domain(q["recipient"]), d) for d in v),
    "sender_scope": lambda p, q, m, v: bool(scopes(p, q["sender"]) & set(v)),
    "sent_to_scope": lambda p, q, m, v: bool(scopes(p, q["recipient"]) & set(v)),
    "sender_ip_in": lambda p, q, m, v: ip_in(q["client"], v),
    "any_recipient_is": lambda p, q, m, v: is_any(q["recipients"], v),
    "to_header_is": lambda p, q, m, v: is_any(listed(m, "to"), v),
    "cc_header_is": lambda p, q, m, v: is_any(listed(m, "cc"), v),
    "to_or_cc_header_is": lambda p, q, m, v: is_any(listed(m, "to", "cc"), v),
    "sender_member_of": lambda p, q, m, v: in_any_group(p, senders(q, m), v),
    "recipient_member_of": lambda p, q, m, v: in_any_group(p, [q["recipient"]], v),
    "any_recipient_member_of": lambda p, q, m, v: in_any_group(p, q["recipients"], v),
    "to_header_member_of": lambda p, q, m, v: in_any_group(p, listed(m, "to"), v),
    "cc_header_member_of": lambda p, q, m, v: in_any_group(p, listed(m, "cc"), v),
    "to_or_cc_header_member_of": lambda p, q, m, v: in_any_group(p, listed(m, "to", "cc"), v),
    "between_member_of": lambda p, q, m, v: between(p, q, v),
    "sender_attribute_contains": lambda p, q, m, v: has_attribute(p, q["sender"], v[0]),
    "recipient_attribute_contains": lambda p, q, m, v: has_attribute(p, q["recipient"], v[0]),
    "attribute_comparison": lambda p, q, m, v: compare(p, q, v[0]),
    "sender_attribute_matches": lambda p, q, m, v: attribute_matches(p, q["sender"], v[0]),
    "recipient_attribute_matches": lambda p, q, m, v: attribute_matches(p, q["recipient"], v[0]),
    "manager_is": lambda p, q, m, v: manager_is(p, q, v[0]),
    "sender_is_manager_of_recipient": lambda p, q, m, v: relation(p, q, v),
    "message_type_is": lambda p, q, m, v: bool({m["body_kind"], *(kind for kind, _ in m["typed"])} & set(v)),
    "message_size_over": lambda p, q, m, v: m["size"] > size(v[0]),
    "importance_is": lambda p, q, m, v: importance(m) in v,
    "spam_level_over": lambda p, q, m, v: spam_level(m) > v[0],
    "mime_is_ambiguous": lambda p, q, m, v: is_ambiguous(m) == v[0],
    "attachment_count_over": lambda p, q, m, v: len(m["attachments"]) > v[0],
    "attachment_size_over": lambda p, q, m, v: any(a["size"] > size(v[0]) for a in m["attachments"]),
    "attachment_extension_is":
        lambda p, q, m, v: any(file_name_ends(a["name"], e) for a in m["attachments"] for e in v),
    "subject_contains_words": lambda p, q, m, v: any_words(m["subjects"], v),
    "header_contains": lambda p, q, m, v: any_words(fields(m, v[0]["name"]), values(v[0]["words"])),
    "header_exists": lambda p, q, m, v: bool(fields(m, v[0])),
    "header_matches": lambda p, q, m, v: header_matches(m, v[0]),
    "charset_contains_words": lambda p, q, m, v: any_words([m["charset"]], v),
    "has_sender_override": lambda p, q, m, v: has_override(p, q, m) == v[0],
    "has_label": lambda p, q, m, v: has_label(p, q, m, None) == v[0],
    "label_is": lambda p, q, m, v: has_label(p, q, m, v),
    "sensitivity_is": lambda p, q, m, v: any_equal(fields(m, "Sensitivity"), v),
}


# ---- rules ------------------------------------------------------------------

def day(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).date().isoformat()


def holds(policy, q, message, key, value, seen):
    answer = bool(CONDITIONS[key](policy, q, message, values(value)))
    seen[key, answer] += 1
    return answer


def applies(policy, rule, q, message, seen):
    q = {**q, "location": rule.get("sender_address_location", "envelope")}
    today = day(q["now"])
    return (rule.get("enabled", True) and
            rule.get("valid_from", today) <= today <= rule.get("valid_until", today) and
            all([holds(policy, q, message, k, v, seen) for k, v in rule.get("when", {}).items()]) and
            not any([holds(policy, q, message, k, v, seen) for k, v in rule.get("except", {}).items()]))


def mode_for(policy, rule, q, share):
    """A rule in roll-out is only audited outside its ring. share: the smallest
    percent that takes this sender in."""
    mode, ring = rule.get("mode", "enforce"), rule.get("ring")
    if mode != "enforce" or ring is None or in_any_group(policy, [q["sender"]], ring.get("groups", [])) or \
            "percent" in ring and ring["percent"] >= share[q["sender"].lower()]:
        return mode
    return "audit"


def actions_of(rule):
    then = rule["then"]
    if then == "reject":
        return {"reject": True}
    return {"template": then} if isinstance(then, str) else then


def may_override(rule):
    """Its sender decides: the message is held, not refused."""
    return actions_of(rule).get("notify_sender", "").startswith("reject_unless_")


def refuses(rule):
    """By itself, or by what it says to the sender."""
    then = actions_of(rule)
    return not may_override(rule) and (bool(then.get("reject")) or then.get("notify_sender") == "reject")


def label_of(policy, acting, q, message):
    """Rules only raise it."""
    if not policy.get("labels"):
        return None
    given = [named(policy, actions_of(rule)["label"]) for rule in acting if "label" in actions_of(rule)]
    return highest([base_label(policy, q, message), *given])


def default_for(policy, q, message, seen):
    """The first choice that fits."""
    if isinstance(policy["default"], str):
        return {"template": policy["default"]}
    return next(actions_of(one) for one in policy["default"] if applies(policy, one, q, message, seen))


def protection(policy, acting, q, message, label, seen):
    """(template, rule, demands): by the rules, else the label, else the default."""
    demands, demanding = [], None
    for rule in acting:
        own = logic_ladder.demands_of(actions_of(rule))
        demands += own
        if demanding is None and logic_ladder.assurance(own) != "none":
            demanding = rule["name"]
    for rule in acting:
        then = actions_of(rule)
        if "template" in then:
            return then["template"], rule["name"], demands + logic_ladder.of_template(then)
    is_inside = "inside" in scopes(policy, q["recipient"])
    if not is_inside and label is not None and "template" in label and (demanding is None or label["template"] != "clear"):
        return label["template"], "label", demands + logic_ladder.of_template({"template": label["template"]})
    if demanding is not None or is_inside:
        return "clear", demanding or "default", demands
    then = default_for(policy, q, message, seen)
    return then.get("template", "clear"), "default", demands + logic_ladder.demands_of(then) + logic_ladder.of_template(then)


def wish(policy, q, message):
    """The template the sender asks for, or "": by words, by a field, by
    Outlook's Sensitivity."""
    asked = policy.get("wish", {})
    if "inside" not in scopes(policy, q["sender"]):
        return ""
    signs = [t for phrase, t in asked.get("subject", {}).items() if any_words(message["subjects"], [phrase])]
    if "header" in asked:
        found = fields(message, asked["header"])
        signs += [t for t in logic_ladder.TEMPLATES if any_equal(found, [t])]
        signs += ["Encrypt-Only"] if found else []
    signs += [t for word, t in asked.get("sensitivity", {}).items() if any_equal(fields(message, "Sensitivity"), [word])]
    return logic_ladder.wished(policy, signs)


def grant_wish(policy, q, message, template, rule, demands):
    """The same three, with what the sender asked for where it is more."""
    asked = wish(policy, q, message)
    if asked == "" or "inside" in scopes(policy, q["recipient"]) or \
            template != "clear" and not logic_ladder.is_as_strict(policy, asked, template):
        return template, rule, demands
    if template == "clear" and logic_ladder.assurance(demands) in ("none", "transit"):
        rule = "wish"
    return asked, rule, demands + [{"assurance": "portal"}]


# ---- who gets it ------------------------------------------------------------

def canonical(address):
    local, _, name = address.rpartition("@")
    return f"{local}@{name.lower()}"


WAYS = {"redirect_to": "redirect", "add_to": "to", "add_cc": "cc", "add_bcc": "bcc"}


def people_of(policy, rule, q):
    """(way, address) of those a rule adds; a manager nobody knows is nobody."""
    found = []
    for key, value in actions_of(rule).items():
        if key == "add_manager_as" and attribute(policy, q["sender"], "manager"):
            found.append((value, canonical(attribute(policy, q["sender"], "manager"))))
        elif key in WAYS:
            found += [(WAYS[key], canonical(a)) for a in values(value)]
    return found


def additions(policy, acting, q):
    """Whom the rules add, and by which rule the recipient is redirected."""
    if q.get("added"):
        return [], None
    found, redirecting = [], None
    for rule in acting:
        people = people_of(policy, rule, q)
        if redirecting is not None:
            people = [p for p in people if p[0] != "redirect"]
        elif any(way == "redirect" for way, _ in people):
            redirecting = rule["name"]
        found += people
    if is_any([a for way, a in found if way == "redirect"], [q["recipient"]]):
        redirecting = None
    return found, redirecting


def audience(policy, q, message, verdicts, share, seen):
    """[(way, address, number of the recipient, gets it, verdict)] of those who are added."""
    if any(v[0] == "reject" for v in verdicts):
        return []
    there = [a for a, v in zip(q["recipients"], verdicts) if v[0] != "redirect"]
    found = []
    for i, verdict in enumerate(verdicts):
        for way, address in verdict[7]:
            if not is_any([address], there):
                there.append(address)
                own = {**q, "recipient": address, "recipients": q["recipients"] + [address], "added": True}
                own_verdict = judge(policy, own, message, share, seen)
                found.append((way, address, i, own_verdict[0] not in ("reject", "discard"), own_verdict))
    return found


def has_blocked_attachments(policy, template, message):
    return logic_ladder.blocks(policy, template) and message["attachments"] != []


WAY_NAMES = {"": "nothing", "clear": "clear", "tls": "verified TLS", "portal": "portal", "smime": "S/MIME"}


def climb(policy, q, message, template, demands):
    """(action, template, way)."""
    way = logic_ladder.way(demands, template, q.get("means", ""))
    if way == "clear":
        return "deliver", "", way
    template = "" if template == "clear" else template
    if way == "portal" and not template:
        template = "Encrypt-Only"
    if has_blocked_attachments(policy, template, message):
        return "reject", "", ""
    return "protect" if way else "hold", template, way


def judge(policy, q, message, share, seen):
    """(action, template, rule, held rule, severity, label, [(rule, mode)], [(way, address)], brand, way)."""
    hits, acting = [], []
    for rule in sorted(policy["rules"], key=lambda r: r.get("priority", 100)):
        if not applies(policy, rule, q, message, seen):
            continue
        mode = mode_for(policy, rule, q, share)
        hits.append((rule["name"], mode))
        if mode == "enforce":
            acting.append(rule)
            if rule.get("stop", False):
                break
    refusing = [r["name"] for r in acting if refuses(r)]
    deleting = [r["name"] for r in acting if actions_of(r).get("delete")]
    holding = [r["name"] for r in acting if may_override(r) or {"quarantine", "moderate_by"} & set(actions_of(r))]
    severity = max((SEVERITIES.index(actions_of(r).get("severity", "none")) for r in acting), default=0)
    label = label_of(policy, acting, q, message)
    template, rule, demands = protection(policy, acting, q, message, label, seen)
    added, redirecting = additions(policy, acting, q)
    way = ""
    if wish(policy, q, message):
        hits.append(("wish", "enforce"))
    if refusing:
        action, template, rule = "reject", "", refusing[0]
    elif deleting:
        action, template, rule = "discard", "", deleting[0]
    elif policy.get("labels") and label is None and "inside" not in scopes(policy, q["recipient"]) and must_choose(policy, q):
        action, template, rule = "reject", "", "labels"
    elif redirecting:
        action, template, rule = "redirect", "", redirecting
    else:
        template, rule, demands = grant_wish(policy, q, message, template, rule, demands)
        action, template, way = climb(policy, q, message, template, demands)
    # Nothing is left to hold where the message is refused or deleted.
    held = holding[0] if holding and action in ("deliver", "protect", "hold") else ""
    added = added if action in ("deliver", "protect", "hold", "redirect") else []
    brands = [actions_of(r)["brand"] for r in acting if "brand" in actions_of(r)] if action == "protect" else []
    return action, template, rule, held, SEVERITIES[severity], label["name"] if label else "", hits, added, (brands + [""])[0], \
        WAY_NAMES[way] if action in ("deliver", "protect", "hold") else ""
