#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports about TLS (RFC 8460), ours and others'.

Counts of yesterday are in the store and two reports are due. The gateway is
killed while it keeps the first (the fault build), then the whole by kill -9
when they have arrived: each domain that asks gets one mail per address, the
other none. The mail is checked by Python's own parsers against the schema of
RFC 8460 4.4, and its counts are those that were put in. Then reports of others
come in, as files and by SMTP.
"""
import datetime
import email
import email.policy
import gzip
import json
import pathlib
import re
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from house import Client, House, Sink, letter, limit, program, report, until  # noqa: E402

ASKS, SILENT = "partner.example", "silent.example"
FIRST, SECOND = "rua@partner.example", "tls@reports.example"
RECORD = f"v=TLSRPTv1; rua=mailto:{FIRST},mailto:{SECOND}"
STS = "version: STSv1\nmode: enforce\nmx: *.partner.example\nmax_age: 86400"
# Of yesterday: domain, policy, result, mx, how many.
COUNTS = [(ASKS, "sts", "", "mx1.partner.example", 117), (ASKS, "sts", "certificate-expired", "mx1.partner.example", 3),
          (ASKS, "no-policy-found", "starttls-not-supported", "mx2.partner.example", 2), (SILENT, "no-policy-found", "", "mx.silent.example", 5)]
TODAY = int(time.time() // 86400)


class Names:
    """A DNS server that knows one TXT record and nothing else."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
                at += 1 + query[at]
            name, kind = ".".join(labels), struct.unpack("!H", query[at + 1:at + 3])[0]
            self.asked.append((name, kind))
            question = query[12:at + 5]
            head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, int(found := name == f"_smtp._tls.{ASKS}" and kind == 16), 0, 0)
            text = bytes([len(RECORD)]) + RECORD.encode()
            answer = b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, len(text)) + text if found else b""
            self.socket.sendto(head + question + answer, client)


# ---- RFC 8460 4.4, as a table: a name, what its value must be, and whether it must be there.
def is_text(v):
    return isinstance(v, str) and v != ""


def is_count(v):
    return isinstance(v, int) and not isinstance(v, bool) and v >= 0


def is_texts(v):
    return isinstance(v, list) and v and all(is_text(x) for x in v)


def is_time(v):
    return is_text(v) and datetime.datetime.strptime(v, "%Y-%m-%dT%H:%M:%SZ") is not None


def is_address(v):
    return is_text(v) and re.fullmatch(r"[^@\s]+@[a-z0-9.-]+", v) is not None


def one_of(*words):
    return lambda v: v in words


RESULTS = ("starttls-not-supported", "certificate-host-mismatch", "certificate-expired", "certificate-not-trusted",
           "validation-failure", "tlsa-invalid", "dnssec-invalid", "dane-required", "sts-policy-fetch-error",
           "sts-policy-invalid", "sts-webpki-invalid")
DETAIL = {"result-type": (one_of(*RESULTS), True), "sending-mta-ip": (is_text, False), "receiving-mx-hostname": (is_text, False),
          "receiving-mx-helo": (is_text, False), "receiving-ip": (is_text, False), "failed-session-count": (is_count, True),
          "additional-information": (is_text, False), "failure-reason-code": (is_text, False)}
POLICY = {"policy-type": (one_of("tlsa", "sts", "no-policy-found"), True), "policy-string": (is_texts, False),
          "policy-domain": (is_text, True), "mx-host": (is_texts, False)}
SUMMARY = {"total-successful-session-count": (is_count, True), "total-failure-session-count": (is_count, True)}


def fits(value, schema):
    if callable(schema):
        return bool(schema(value))
    if isinstance(schema, list):
        return isinstance(value, list) and all(fits(v, schema[0]) for v in value)
    return (isinstance(value, dict) and all(k in schema for k in value) and
            all(fits(value[k], s) if k in value else not must for k, (s, must) in schema.items()))


SCHEMA = {"organization-name": (is_text, True), "contact-info": (is_address, True), "report-id": (is_text, True),
          "date-range": ({"start-datetime": (is_time, True), "end-datetime": (is_time, True)}, True),
          "policies": ([{"policy": (POLICY, True), "summary": (SUMMARY, True), "failure-details": ([DETAIL], False)}], True)}


def totals(policies):
    found = []
    for p in policies:
        kind, details = p["policy"]["policy-type"], p.get("failure-details", [])
        if good := p["summary"]["total-successful-session-count"]:
            found.append((kind, "", good))
        found += [(kind, d["result-type"], d["failed-session-count"]) for d in details]
        assert sum(d["failed-session-count"] for d in details) == p["summary"]["total-failure-session-count"]
    return sorted(found)


def unpack(mail):
    """(message, the attachment's name, the report)."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    part = next(p for p in message.walk() if p.get_content_type() == "application/tlsrpt+gzip")
    return message, part.get_filename(), json.loads(gzip.decompress(part.get_content()))


def check_mail(mail):
    message, name, got = unpack(mail)
    begin, end = (TODAY - 1) * 86400, TODAY * 86400 - 1
    subject = fr"Report Domain: {ASKS} Submitter: mail.own.example Report-ID: <[^<>@\s]+@mail.own.example>"
    report(message.get_content_type() == "multipart/report" and message["Content-Type"].params["report-type"] == "tlsrpt",
           "the mail is a multipart/report of type tlsrpt")
    report(re.fullmatch(subject, message["Subject"]) and message["TLS-Report-Domain"] == ASKS and
           message["TLS-Report-Submitter"] == "mail.own.example" and message["TLS-Required"] == "No",
           "its header fields are those of RFC 8460 5.3", str(message["Subject"]))
    report(name == f"mail.own.example!{ASKS}!{begin}!{end}.json.gz", "its file has the name of RFC 8460 5.1", name)
    report(fits(got, SCHEMA), "the report fits the schema", json.dumps(got)[:600])
    wrong = json.loads(json.dumps(got))
    wrong["policies"][0]["summary"]["total-failure-session-count"] = "3"
    report(not fits(wrong, SCHEMA), "the schema finds what is wrong")
    want = sorted((kind, result, n) for domain, kind, result, _, n in COUNTS if domain == ASKS)
    report(totals(got["policies"]) == want, "its counts are those that were counted", str(totals(got["policies"])))
    report([p["policy"].get("policy-string") for p in got["policies"] if p["policy"]["policy-type"] == "sts"] == [STS.split("\n")],
           "the policy is in it line by line")


# ---- the store, as the relay leaves it
def put_counts(house):
    import sqlite3
    db = sqlite3.connect(house.database)
    for domain, kind, result, mx, n in COUNTS:
        text, pattern = (STS, "*.partner.example") if kind == "sts" else ("", "")
        db.execute("INSERT OR IGNORE INTO tls_policy(type, domain, text, mx) VALUES(?, ?, ?, ?)", (kind, domain, text, pattern))
        (policy,), = db.execute("SELECT id FROM tls_policy WHERE type = ? AND domain = ?", (kind, domain)).fetchall()
        db.execute("INSERT INTO tls_count VALUES(?, ?, ?, ?, ?, '', '', '', ?)", (TODAY - 1, domain, policy, result, mx, n))
    # Planned, and due: nobody waits four hours here.
    db.executemany("INSERT INTO tls_report VALUES(?, ?, 0, 1)", [(TODAY - 1, ASKS), (TODAY - 1, SILENT)])
    db.commit()
    db.close()


def settled(house):
    return not house.query("SELECT 1 FROM tls_report WHERE state = 0")


def sending(house, sink):
    fault = House(program("LETTERLOCK_FAULT_BUILD"), sink.port, house.folder)
    fault.smtp, fault.portal = house.smtp, house.portal
    fault.start({"LETTERLOCK_FAULT": "store.tls_settle:1:exit"})
    died = until(lambda: re.search(r"role=gateway.*(99|died|ended)", fault.said()) or fault.said().count("started role=gateway") > 1)
    fault.kill()
    report(bool(died) and house.query("SELECT count(*) FROM item")[0][0] == 0 and not settled(house),
           "a gateway that dies while it keeps a report has kept nothing of it", fault.said()[-500:])
    assert house.start(), house.said()
    # When the outcomes are kept too: a crash before that may deliver twice (RFC 1047).
    arrived = until(lambda: sink.count(FIRST) and sink.count(SECOND) and settled(house)) and house.drained()
    house.kill()
    assert house.start(), house.said()
    until(lambda: False, 1.5)
    report(bool(arrived) and sink.count(FIRST) == 1 and sink.count(SECOND) == 1 and house.drained(),
           "each address gets the report once, over kill -9", f"{sink.arrived} {house.said()[-500:]}")
    report(not any(r.endswith(SILENT) for r in sink.arrived) and len(sink.arrived) == 2, "who does not ask gets none", str(sink.arrived))


def made(report_id, domain="own.example"):
    """What another sender would report about us."""
    day = datetime.date.fromtimestamp((TODAY - 1) * 86400).isoformat()
    return json.dumps({
        "organization-name": "Google Inc.", "contact-info": "smtp-tls-reporting@google.example", "report-id": report_id,
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "policies": [{"policy": {"policy-type": "sts", "policy-string": ["version: STSv1"], "policy-domain": domain, "mx-host": ["mx1.own.example"]},
                      "summary": {"total-successful-session-count": 117, "total-failure-session-count": 3},
                      "failure-details": [{"result-type": "certificate-expired", "receiving-mx-hostname": "mx1.own.example", "failed-session-count": 3}]}]}).encode()


def as_mail(report_id):
    import base64
    return (b"From: a@google.example\r\nTo: tls-reports@own.example\r\nSubject: Report\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/report; report-type=tlsrpt; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n"
            b"Content-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
            base64.encodebytes(gzip.compress(made(report_id))).replace(b"\n", b"\r\n") + b"--b--\r\n")


def receiving(house, sink):
    files = {"r.eml": as_mail("1"), "r.json": made("2"), "r.json.gz": gzip.compress(made("3")), "again.json": made("1")}
    for name, data in files.items():
        (house.folder / name).write_bytes(data)
    done = house.run("tls", "import-report", *(str(house.folder / name) for name in files))
    report(done.stdout == "3 read; 1 were there already.\n", "a mail, JSON and gzip are read, a known one is not counted again", done.stdout + done.stderr)
    (house.folder / "bad.json").write_bytes(b'{"report-id": "1", "report-id": "2"}')
    done = house.run("tls", "import-report", str(house.folder / "bad.json"))
    report(done.returncode != 0 and "bad.json" in done.stderr, "what is no report is refused with its name", done.stderr)
    with Client(house.smtp) as client:
        words = client.send("a@google.example", ["tls-reports@own.example"], as_mail("4")[:-2])
        report("report was read" in words, "a report that comes as mail is read", words)
        client.send("anna@own.example", ["tls-reports@own.example"], letter("hello"))
    report(house.drained() and sink.count("tls-reports@own.example") == 1, "and other mail for that address goes on", str(sink.arrived))


def reading(house):
    rows = [json.loads(line) for line in house.run("tls", "reports", "--json").stdout.splitlines()]
    ours = sorted((r["to"], r["policy"], "" if r["result"] == "success" else r["result"], r["count"]) for r in rows if r["from"] == "us")
    report(ours == sorted((d, k, r, n) for d, k, r, _, n in COUNTS), "the command shows what was counted", str(ours))
    theirs = [r["count"] for r in rows if r["from"] == "Google Inc." and r["to"] == "own.example"]
    report(sorted(theirs) == [3] * 4 + [117] * 4, "and what others report", str(theirs))
    shown = house.run("tls", "reports", "--domain", ASKS).stdout
    line = next((x for x in shown.splitlines() if "MTA-STS" in x), "")
    report(re.search(r"us +partner\.example +MTA-STS +120 +3 +sent +3: the certificate has expired, at mx1\.partner\.example", line) is not None,
           "in words a person understands", shown)
    other = house.run("tls", "reports", "--domain", SILENT).stdout
    report("not asked for" in other and ASKS not in other, "of one domain only", other)
    print(shown)


def worse(house, sink):
    """A partner proved itself for days, and did not yesterday."""
    import sqlite3
    house.kill()
    db = sqlite3.connect(house.database)
    (policy,), = db.execute("SELECT id FROM tls_policy WHERE type = 'sts' LIMIT 1").fetchall()
    for ago, result in ((1, "certificate-expired"), (2, ""), (3, ""), (4, ""), (5, "")):
        db.execute("INSERT INTO tls_count VALUES(?, 'worse.example', ?, ?, 'mx.worse.example', '', '', '', 9)", (TODAY - ago, policy, result))
    db.commit()
    db.close()
    before = set(sink.arrived)
    for _ in range(2):
        assert house.start(), house.said()
        until(lambda: set(sink.arrived) - before, 8)
        until(lambda: False, 2)
        house.kill()
    new = [r for r in sink.arrived if r not in before]
    mail = sink.mails[new[0]][0] if new else b""
    subject = str(email.message_from_bytes(mail, policy=email.policy.default)["Subject"]) if mail else ""
    report(subject == "The mail servers of worse.example no longer prove whose they are", "the administrator hears of a partner that got worse",
           f"{new} {subject} {house.said()[-500:]}")
    report(len(new) == 1, "once, over a restart", str(new))


def main():
    limit()
    sink, names = Sink(), Names()
    sink.keeps = True
    house = House(program("LETTERLOCK"), sink.port).ready_made()
    house.set(r"# resolver: .*", f"resolver: 127.0.0.1:{names.port}")
    house.set(r"# tls_reports: tls-reports@mail\.example", "tls_reports: tls-reports@mail.own.example")
    house.set(r"# tls_reports: tls-reports@example\.org", "tls_reports: tls-reports@own.example")
    try:
        put_counts(house)
        sending(house, sink)
        check_mail(sink.mails[FIRST][0])
        receiving(house, sink)
        reading(house)
        worse(house, sink)
    finally:
        house.clear_away()
        sink.close()


main()
