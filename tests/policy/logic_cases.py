# SPDX-License-Identifier: Apache-2.0
"""Random policies, messages and envelopes, and how they are written down.

Words, people and limits come from small stocks, so that conditions hold about
as often as not; what a policy asks for is often taken from the messages that
are then judged by it.
"""
import base64
import csv
import datetime
import email.header
import io
import json

import logic_ladder
import logic_model

GROUPS = ["Sales", "All Staff", "Research", "Board", "Gäste"]
DEPARTMENTS = ["Sales North", "Research", "Board", "", "Legal & Tax"]
CITIES = ["Bonn", "Köln", "KÖLN", "Bad Köln", ""]
STAFF = ["ann@own.example", "bob@own.example", "eva@own.example", "joe@own.example", "lab@sub.own.example"]
SENDERS = STAFF + ["ANN@own.example", "Bob@OWN.example", "new@own.example", "x@deep.lab.example", "p@partner.example",
                   "q@sub.partner.example", "r@rival.example", "s@eu.rival.example", "guest@rival.example", ""]
RECIPIENTS = [a for a in SENDERS if a] + ["out@else.example", "a@notown.example"]
DOMAINS = [[".own.example", "lab.example"], ["own.example", ".lab.example"], ["own.example", "sub.own.example"]]
PARTNERS = [["partner.example"], [".partner.example"], [".partner.example", "sub.own.example"], []]
ASKED_DOMAINS = ["own.example", "sub.own.example", "lab.example", "partner.example", "rival.example", "example", "OWN.example"]
CLIENTS = ["192.0.2.17", "192.0.2.200", "198.51.100.7", "2001:db8::1", "2001:db8:ffff::1", ""]
NETWORKS = ["192.0.2.0/24", "192.0.2.0/25", "198.51.100.7", "198.51.100.7/32", "2001:db8::/48", "2001:db8::/32", "0.0.0.0/0", "::/0"]
SUBJECTS = ["Secret offer", "our SECRET  Offer", "secretary", "Re: [secure] plan", "x[secure]y", "Straße nach Köln", "strasse",
            "se\u00adcret off\u200ber", "ｓｅｃｒｅｔ", "社外秘文書", "", "a b", "offer secret", "K\u0308oln", "Ko\u0308ln"]
PHRASES = ["secret", "Secret Offer", "[secure]", "STRASSE", "köln", "社外秘", "plan", "b", "re:", "koln"]
HEADERS = {"X-Mark": ["internal", "Internal only", "strictly internal", "INTERNAL"], "Comments": ["internal", "none", "köln"]}
SENSITIVITIES = ["personal", "private", "company-confidential"]
CHARSETS = ["utf-8", "ISO-8859-1", "windows-1252", ""]
CHARSET_WORDS = ["iso-8859", "8859-1", "UTF-8", "windows", "iso-88", "utf"]
OVERRIDES = ["the customer asked", " ", "ok"]
LABELS = [("11111111-2222-3333-4444-555555555555", "Confidential"), ("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "Geheim ö"),
          ("AAAAAAAA-0000-0000-0000-000000000000", "Public")]
SITE, OTHER_SITE = "cb46c030-1825-4e81-a295-151c039dbf02", "3dd8961f-e488-4e60-8e11-a82d994e183d"
UNKNOWN_LABEL = ("bbbbbbbb-0000-0000-0000-000000000000", "Unknown")
FILES = ["a.exe", "B.EXE", "c.exe. .", "d.pdf", "e.tar.gz", "f.pdf.exe", "exe", ".exe", "g", "h.docx", "Köln.PDF"]
EXTENSIONS = ["exe", ".exe", "pdf", "PDF", "tar.gz", "gz", "docx", "xe", "zip"]
TEMPLATES = ["Encrypt-Only", "Do Not Forward", "Thirty days", "Read", "No files"]
NOTIFY_SENDER = ["notify_only", "notify_only", "notify_only", "reject", "reject_unless_false_positive", "reject_unless_silent_override",
                 "reject_unless_explicit_override"]
HOLDING = [{"quarantine": True}, {"quarantine": {"reviewers": "r@own.example"}}, {"moderate_by": ["m@own.example", "n@own.example"]}]
DAY_MS = 86400000
NOW = 1795608000000 // DAY_MS * DAY_MS
TYPE_FIELDS = {
    "automatic_reply": [("Auto-Submitted", "auto-replied"), ("X-Autoreply", "yes"), ("Auto-Submitted", "Auto-Replied (vacation)")],
    "auto_forward": [("X-MS-Exchange-Organization-AutoForwarded", "true"), ("X-MS-Exchange-Inbox-Rules-Loop", "ann@own.example")],
    "rights_protected": [("Content-Class", "rpmsg.message")],
    "voicemail": [("Content-Class", "Voice-CA"), ("Content-Class", "urn:content-class:voice")],
    "approval_request": [("Content-Class", "IPM.Note.Microsoft.Approval.Request")],
}
PLAIN_FIELDS = [("Auto-Submitted", "no"), ("Auto-Submitted", "auto-generated"), ("Content-Class", "urn:content-classes:message"),
                ("X-MS-Exchange-Organization-AutoForwarded", "false")]
TYPE_BODIES = {
    "encrypted": ["application/pkcs7-mime; smime-type=enveloped-data", "application/x-pkcs7-mime; name=smime.p7m",
                  "multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b"],
    "signed": ["application/pkcs7-mime; smime-type=signed-data", "multipart/signed; protocol=\"a/b\"; boundary=b"],
    "read_receipt": ["multipart/report; report-type=disposition-notification; boundary=b"],
    "": ["multipart/report; report-type=delivery-status; boundary=b", "text/html"],
    "calendar": ["text/calendar; method=REQUEST"],
}
MESSAGE_TYPES = sorted(set(TYPE_FIELDS) | set(TYPE_BODIES) - {""})


def chance(r, percent):
    return r.randrange(100) < percent


def some(r, stock, most):
    """One alone, or a list of one to most."""
    if chance(r, 40):
        return r.choice(stock)
    return r.sample(stock, r.randint(1, min(most, len(stock))))


# ---- people -----------------------------------------------------------------

def people(r):
    table = []
    for address in r.sample(STAFF, r.randint(3, len(STAFF))) + ["guest@rival.example"]:
        table.append({"address": address, "groups": r.sample(GROUPS, r.randint(0, 3)), "department": r.choice(DEPARTMENTS),
                      "city": r.choice(CITIES), "manager": r.choice(STAFF + [""])})
    # A rule may name only groups that somebody belongs to.
    table[0]["groups"] = list(GROUPS)
    return table


def people_csv(table):
    out = io.StringIO()
    w = csv.writer(out)
    w.writerow(["address", "groups", "department", "City", "manager"])
    for p in table:
        w.writerow([p["address"], "; ".join(p["groups"]), p["department"], p["city"], p["manager"]])
    return out.getvalue()


# ---- messages ---------------------------------------------------------------

def message(r, has_special_bodies):
    m = {"fields": [], "typed": [], "body_kind": "", "attachments": [], "labels": [], "two_types": False, "body_type": "", "padding": 0,
         "subjects": [r.choice(SUBJECTS) for _ in range(r.choice([0, 1, 1, 1, 1, 1, 2]))]}
    for name in ("to", "cc"):
        m[name] = [r.sample(RECIPIENTS, r.randint(1, 3)) for _ in range(r.choice([0, 1, 1, 1, 1, 2]))]
    m["senders"] = [(name, r.sample(SENDERS[:-1], r.randint(1, 2))) for name in logic_model.SENDER_FIELDS for _ in
                    range(r.choice([0, 1, 1] if name == "From" else [0, 0, 0, 1]))]
    for kind, ways in TYPE_FIELDS.items():
        field = r.choice(ways)
        if chance(r, 12) and field[0] not in [name for _, (name, _) in m["typed"]]:
            m["typed"].append((kind, field))
    if not m["typed"] and chance(r, 30):
        m["fields"].append(r.choice(PLAIN_FIELDS))
    for name, stock in (("Importance", ["High", "low", "Normal", "bulk"]), ("X-Priority", ["1 (Highest)", "2", "3", "4", "5"]),
                        ("Priority", ["urgent", "Normal", "non-urgent"]), ("X-MSMail-Priority", ["High", "Normal", "Low"]),
                        ("X-MS-Exchange-Organization-SCL", ["-1", "0", "4", "5", "6", "9"]), ("Sensitivity", SENSITIVITIES +
                        ["Company-Confidential", "normal"]), ("X-Protect", [*TEMPLATES, "do not forward", "something"]), *HEADERS.items()):
        for _ in range(r.choice([0, 0, 1])):
            m["fields"].append((name, r.choice(stock)))
    if chance(r, 15):
        m["fields"].append(("x-mark", r.choice(HEADERS["X-Mark"])))
    for _ in range(r.choice([0, 0, 1])):
        m["labels"].append([{"guid": g, "name": n, "on": chance(r, 70), "site": SITE if chance(r, 75) else OTHER_SITE}
                            for g, n in r.sample(LABELS + [UNKNOWN_LABEL], r.randint(1, 2))])
    m["chosen"] = r.choice(r.choice(LABELS)).upper() if chance(r, 20) else "nothing" if chance(r, 5) else ""
    m["why"] = r.choice(["", "", "the board agreed"])
    if chance(r, 50):
        m["fields"].append((logic_model.OVERRIDE, r.choice(OVERRIDES)))
    m["padding"] = r.choice([0, 0, 300, 1500])
    if has_special_bodies and chance(r, 60):
        m["body_kind"] = r.choice(list(TYPE_BODIES))
        m["body_type"] = r.choice(TYPE_BODIES[m["body_kind"]])
    elif chance(r, 60):
        m["attachments"] = [{"name": r.choice(FILES), "size": r.choice([0, 9, 10, 100, 1000]), "encoding": r.choice(["7bit", "base64",
                             "quoted-printable"])} for _ in range(r.randint(0, 3))]
    if not m["body_type"]:
        m["two_types"] = chance(r, 10)
    m["charset"] = r.choice(CHARSETS) if not m["body_type"] else ""
    r.shuffle(m["fields"])
    return m


def encoded(text):
    """As an encoded word where it is not ASCII, on one line."""
    return text if text.isascii() else email.header.Header(text, "utf-8", maxlinelen=10000).encode()


def label_field(labels):
    return "; ".join(f"MSIP_Label_{l['guid']}_Enabled={'true' if l['on'] else 'false'}; "
                     f"MSIP_Label_{l['guid']}_SiteId={l['site']}; MSIP_Label_{l['guid']}_Name={l['name']}" for l in labels)


def attachment(a):
    data = b"\xe9" * a["size"] if a["encoding"] != "7bit" else b"a" * a["size"]
    if a["encoding"] == "base64":
        data = base64.encodebytes(data).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    elif a["encoding"] == "quoted-printable":
        data = b"=\r\n".join(b"=E9" * min(20, a["size"] - at) for at in range(0, a["size"], 20))
    name = a["name"] if a["name"].isascii() else encoded(a["name"])
    return (f"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n"
            f"Content-Transfer-Encoding: {a['encoding']}\r\n\r\n").encode() + data


def charset(m):
    return f"; charset=\"{m['charset']}\"" if m["charset"] else ""


def body(m):
    """(header fields, the rest) of a message."""
    text = b"text\r\n" + b"x" * m["padding"]
    if "boundary=b" in m["body_type"]:
        return f"Content-Type: {m['body_type']}\r\n", b"--b\r\n\r\n" + text + b"\r\n--b\r\n\r\ny\r\n--b--\r\n"
    if m["body_type"]:
        return f"Content-Type: {m['body_type']}\r\n", text
    if m["attachments"]:
        parts = [f"Content-Type: text/plain{charset(m)}\r\n\r\n".encode() + text] + [attachment(a) for a in m["attachments"]]
        fields, rest = "Content-Type: multipart/mixed; boundary=b\r\n", \
            b"".join(b"--b\r\n" + p + b"\r\n" for p in parts) + b"--b--\r\n"
    else:
        fields, rest = f"Content-Type: text/plain{charset(m)}\r\n", text
    if m["two_types"]:
        fields += "Content-Type: text/html\r\n"
    return fields, rest


def message_bytes(m):
    content, rest = body(m)
    head = "MIME-Version: 1.0\r\n" + content
    head += "".join(f"Subject: {encoded(s)}\r\n" for s in m["subjects"])
    for name in ("to", "cc"):
        for one in m[name]:
            head += f"{name.title()}: " + ",\r\n ".join(f"Some One <{a}>" if i % 2 else a for i, a in enumerate(one)) + "\r\n"
    head += "".join(f"{n}: {', '.join(one)}\r\n" for n, one in m["senders"])
    head += "".join(f"{n}: {encoded(v)}\r\n" for n, v in m["fields"] + [field for _, field in m["typed"]])
    head += "".join(f"msip_labels: {encoded(label_field(one))}\r\n" for one in m["labels"])
    head += "".join(f"{n}: {encoded(v)}\r\n" for n, v in (("X-Letterlock-Label", m["chosen"]), ("msip_justification", m["why"])) if v)
    return (head + "\r\n").encode() + rest


def envelope(r):
    return {"sender": r.choice(SENDERS), "recipients": r.sample(RECIPIENTS, r.randint(1, 4)), "client": r.choice(CLIENTS),
            "now": NOW + r.randint(-4, 4) * DAY_MS + r.choice([0, 1, DAY_MS // 2, DAY_MS - 1]), "wants_trials": chance(r, 30),
            "means": "".join(letter for letter in "ctps" if chance(r, 65))}


# ---- conditions -------------------------------------------------------------

def near(r, numbers):
    """A limit at which one of these is just over or just not."""
    return max(0, r.choice(sorted(numbers) or [0]) - r.choice([0, 0, 1, 1, 50]))


def attributes(r):
    one = {name: some(r, words, 3) for name, words in (("department", ["North", "sales north", "tax", "Board", "sale"]),
                                                      ("city", ["köln", "BONN", "bad"]))}
    return one if chance(r, 30) else dict([r.choice(sorted(one.items()))])


def header(r, key, stock):
    name = r.choice(sorted(HEADERS))
    return {"name": r.choice([name, name.lower()]), key: some(r, stock[name], 3)}


PATTERNS_IN_HEADERS = {"X-Mark": ["^internal$", "intern(al)? only", "str.ctly", "^.{8}$"], "Comments": ["^k.ln$", "n.ne", "al$"]}


def header_value(r):
    if chance(r, 50):
        return header(r, "values", HEADERS)
    return header(r, "patterns", PATTERNS_IN_HEADERS)


def attribute_patterns(r):
    one = {name: some(r, words, 3) for name, words in (("department", ["^sales", "n.rth$", "a(x|rd)$", "^.{8}$"]),
                                                      ("city", ["^k.ln$", "B.NN", "^bad "]))}
    return one if chance(r, 30) else dict([r.choice(sorted(one.items()))])


def comparison(r):
    return {"attribute": r.choice(["department", "City"]), **r.choice([{}, {"operator": "equal"}, {"operator": "not_equal"}])}


def size_text(r, numbers):
    n = near(r, numbers)
    return r.choice([n, n, "1 KiB", "2 KiB", "1 MiB"])


WORDS_IN_HEADERS = {"X-Mark": ["internal", "only", "tern"], "Comments": ["internal", "Köln", "non"]}

# r: the randomness, t: the messages.
GENERATORS = {
    "sender_is": lambda r, t: some(r, RECIPIENTS, 5),
    "recipient_is": lambda r, t: some(r, RECIPIENTS, 5),
    "sender_domain_is": lambda r, t: some(r, ASKED_DOMAINS, 3),
    "recipient_domain_is": lambda r, t: some(r, ASKED_DOMAINS, 3),
    "sender_scope": lambda r, t: some(r, ["inside", "outside"], 2),
    "sent_to_scope": lambda r, t: some(r, ["inside", "outside", "partner", "non_partner"], 3),
    "sender_ip_in": lambda r, t: some(r, NETWORKS, 3),
    "any_recipient_is": lambda r, t: some(r, RECIPIENTS, 4),
    "to_header_is": lambda r, t: some(r, RECIPIENTS, 5),
    "cc_header_is": lambda r, t: some(r, RECIPIENTS, 5),
    "to_or_cc_header_is": lambda r, t: some(r, RECIPIENTS, 4),
    "sender_member_of": lambda r, t: some(r, GROUPS, 3),
    "recipient_member_of": lambda r, t: some(r, GROUPS, 3),
    "any_recipient_member_of": lambda r, t: some(r, GROUPS, 2),
    "to_header_member_of": lambda r, t: some(r, [g.upper() for g in GROUPS], 3),
    "cc_header_member_of": lambda r, t: some(r, GROUPS, 3),
    "to_or_cc_header_member_of": lambda r, t: some(r, GROUPS, 3),
    "between_member_of": lambda r, t: [r.choice(GROUPS), r.choice(GROUPS)],
    "sender_attribute_contains": lambda r, t: attributes(r),
    "recipient_attribute_contains": lambda r, t: attributes(r),
    "attribute_comparison": lambda r, t: comparison(r),
    "sender_attribute_matches": lambda r, t: attribute_patterns(r),
    "recipient_attribute_matches": lambda r, t: attribute_patterns(r),
    "manager_is": lambda r, t: {"of": r.choice(["sender", "recipient"]), "addresses": some(r, STAFF + [a.upper() for a in STAFF], 4)},
    "sender_is_manager_of_recipient": lambda r, t: some(r, ["manager", "direct_report"], 2),
    "message_type_is": lambda r, t: some(r, MESSAGE_TYPES, 4),
    "message_size_over": lambda r, t: size_text(r, [m["size"] for m in t]),
    "importance_is": lambda r, t: some(r, ["low", "normal", "high"], 2),
    "spam_level_over": lambda r, t: r.choice([-1, 0, 3, 4, 5, 6, 8]),
    "mime_is_ambiguous": lambda r, t: chance(r, 50),
    "attachment_count_over": lambda r, t: r.randint(0, 2),
    "attachment_size_over": lambda r, t: size_text(r, [a["size"] for m in t for a in m["attachments"]]),
    "attachment_extension_is": lambda r, t: some(r, EXTENSIONS, 3),
    "subject_contains_words": lambda r, t: some(r, PHRASES, 4),
    "header_contains": lambda r, t: header(r, "words", WORDS_IN_HEADERS),
    "header_exists": lambda r, t: r.choice(["X-Mark", "x-mark", "Comments", "X-None"]),
    "header_matches": lambda r, t: header_value(r),
    "charset_contains_words": lambda r, t: some(r, CHARSET_WORDS, 3),
    "has_sender_override": lambda r, t: chance(r, 50),
    "has_label": lambda r, t: chance(r, 50),
    "label_is": lambda r, t: some(r, [l.upper() for one in LABELS for l in one], 3),
    "sensitivity_is": lambda r, t: some(r, SENSITIVITIES, 2),
}


# ---- policies ---------------------------------------------------------------

def conditions(r, keys, most, t):
    return {key: GENERATORS[key](r, t) for key in r.sample(keys, r.randint(0, most))}


def label_scheme(r, keys, t):
    listed = []
    for (guid, name), priority in zip(LABELS, r.choice([(10, 20, 30), (30, 20, 10), (20, 30, 20)])):
        one = {"name": name, "id": guid, "priority": priority}
        if chance(r, 40):
            one["template"] = r.choice(["clear"] + TEMPLATES)
        if chance(r, 20):
            one["required_for"] = r.sample(GROUPS, 2)
        listed.append(one)
    scheme = {"tenant": SITE, "list": listed}
    if chance(r, 40):
        scheme["justify_downgrade"] = chance(r, 50)
    keys = [key for key in keys if "label" not in key]
    autos = [{"label": r.choice(r.choice(LABELS)), **r.choice([{}, {"mode": "apply"}, {"mode": "recommend"}]),
              "when": conditions(r, keys, 2, t)} for _ in range(r.choice([0, 1, 3]))]
    scheme["auto"] = [one for one in autos if one["when"]]
    return scheme


def people_actions(r):
    out = {key: some(r, RECIPIENTS, 3) for key in r.sample(["redirect_to", "add_to", "add_cc", "add_bcc"], r.randint(0, 2))}
    if chance(r, 40) or not out:
        out["add_manager_as"] = r.choice(["to", "cc", "bcc", "redirect"])
    return out


def then(r, has_labels):
    short = r.choice(["clear", "reject"] + TEMPLATES)
    if chance(r, 25):
        return short
    one = r.choice([{}, {"template": r.choice(["clear"] + TEMPLATES)}, {"template": r.choice(TEMPLATES)},
                    {"reject": r.choice(["No", {"code": "5.7.900", "text": "No"}])}, {"delete": True}])
    out = {**one, **(r.choice(HOLDING) if chance(r, 25) else {}), **(people_actions(r) if chance(r, 30) else {}),
           **({"brand": r.choice(["Red", "Blue"])} if chance(r, 15) else {})}
    if chance(r, 30):
        out.update(demands(r))
    if has_labels and chance(r, 20):
        out["label"] = r.choice(r.choice(LABELS))
    if chance(r, 12):
        out["notify_sender"] = r.choice(NOTIFY_SENDER)
    if chance(r, 40) or not out:
        out["severity"] = r.choice(logic_model.SEVERITIES)
    return out


def demand(r):
    """One that some way can meet."""
    out = {"assurance": r.choice(logic_ladder.ASSURANCES[1:])}
    able = logic_ladder.WAYS[logic_ladder.ASSURANCES.index(out["assurance"]) - 1:]
    if "portal" in able and chance(r, 25):
        out["second_factor"], able = "passphrase", ["portal"]
    if chance(r, 40):
        out["prefer"] = r.sample(logic_ladder.WAYS, r.randint(1, 3))
        if not set(out["prefer"]) & set(able):
            out["prefer"].insert(r.randint(0, len(out["prefer"])), r.choice(able))
    return out


def demands(r):
    return r.choice([{"demand": demand(r)}, {"demand": demand(r)}, {"require_tls": True}, {"require_tls": chance(r, 80)}, {"sign": chance(r, 80)},
                     {"demand": demand(r), "sign": True}, {"require_tls": True, "demand": demand(r)}])


def default(r, keys, t):
    if chance(r, 50):
        return r.choice(["clear"] * 4 + TEMPLATES)
    choices = []
    for _ in range(r.randint(1, 3)):
        then = r.choice(["clear", *TEMPLATES, demands(r), {"template": r.choice(["clear"] + TEMPLATES), **demands(r)}])
        one = {"then": then}
        for side, share in (("when", 80), ("except", 30)):
            found = conditions(r, keys, 2, t) if chance(r, share) else {}
            if found:
                one[side] = found
        choices.append(one)
    return [*choices[:-1], {"then": choices[-1]["then"]}]


def wish(r):
    out = {}
    if chance(r, 70):
        out["subject"] = {phrase: r.choice(TEMPLATES) for phrase in r.sample(PHRASES, r.randint(1, 2))}
    if chance(r, 50):
        out["header"] = r.choice(["X-Protect", "x-protect"])
    if chance(r, 50):
        out["sensitivity"] = {word: r.choice(TEMPLATES) for word in r.sample(SENSITIVITIES, r.randint(1, 3))}
    return out


def rule(r, number, keys, t, has_labels):
    out = {"name": f"R{number}"}
    if chance(r, 50):
        out["priority"] = r.choice([0, 1, 50, 99, 100, 101, 10000])
    if chance(r, 20):
        out["enabled"] = chance(r, 50)
    if chance(r, 25):
        out["mode"] = r.choice(["enforce", "audit", "audit_and_notify"])
    if chance(r, 20):
        out["ring"] = r.choice([{"groups": r.sample(GROUPS, 2)}, {"percent": r.choice([0, 1, 20, 50, 70, 99, 100])},
                                {"groups": r.sample(GROUPS, 1), "percent": r.randint(0, 100)}])
    for key in ("valid_from", "valid_until"):
        if chance(r, 12):
            at = datetime.datetime.fromtimestamp(NOW / 1000, datetime.timezone.utc) + datetime.timedelta(days=r.randint(-3, 3))
            out[key] = at.date().isoformat()
    if out.get("valid_from", "") > out.get("valid_until", "9"):
        del out["valid_from"]
    if chance(r, 20):
        out["stop"] = chance(r, 70)
    if chance(r, 30):
        out["sender_address_location"] = r.choice(["envelope", "header", "header_or_envelope"])
    if chance(r, 10):
        out["on_error"] = r.choice(["defer", "ignore"])
    if chance(r, 5):
        out.update({"owner": "Ann", "comment": "why", "review_by": "2027-01-31", "clause": "1 (2)"})
    when, exceptions = conditions(r, keys, 3, t), conditions(r, keys, 2, t) if chance(r, 50) else {}
    if when:
        out["when"] = when
    if exceptions:
        out["except"] = exceptions
    out["then"] = then(r, has_labels)
    return out


def policy(r, table, path, keys, t, blocks):
    n = r.choice([0, 1, 2, 3, 5, 8, 12, 20, 30])
    labels = label_scheme(r, keys, t) if chance(r, 60) else None
    return {"labels": labels, "domains": r.choice(DOMAINS), "partners": r.choice(PARTNERS), "people": table, "people_path": path, "blocks": blocks,
            "default": default(r, keys, t),
            **({"wish": wish(r)} if chance(r, 75) else {}), "rules": [rule(r, i, keys, t, labels is not None) for i in range(n)]}


def yaml(value):
    """JSON is YAML; strings, numbers and truth are written as the page has them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{yaml(k)}: {yaml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(yaml(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def policy_text(p):
    top = {"domains": p["domains"], "partners": p["partners"], "people": p["people_path"], "default": p["default"],
           "templates": {"Thirty days": {"rights": ["view", "reply"], "expires": "30 d"}, "Read": {"rights": ["view"]},
                         "No files": {"rights": ["view", "print"], "attachments": "block" if p["blocks"] else "allow"}},
           "brands": {"Red": {"background_colour": "#f00000"}, "Blue": {"button": "Read", "expires": "1 d"}}}
    if not p["partners"]:
        del top["partners"]
    if p.get("wish"):
        top["wish"] = p["wish"]
    if p.get("labels"):
        top["labels"] = p["labels"]
    lines = ["version: 1"] + [f"{k}: {yaml(v)}" for k, v in top.items()]
    return "\n".join(lines + ["rules:" if p["rules"] else ""] + ["- " + yaml(r) for r in p["rules"]]) + "\n"
