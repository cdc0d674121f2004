#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A policy is tried on mail before it is applied: on a folder, on an mbox of
many messages in bounded memory, and on what a running gateway remembers of
mail it has seen. LETTERLOCK_SIMULATE_COUNT=100000 for the long run."""
import base64
import io
import json
import os
import pathlib
import resource
import signal
import smtplib
import subprocess
import time
import zipfile

from rig import Rig, limit, program, report, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("LETTERLOCK_SIMULATE_COUNT", "5000"))
PEAK_MIB = 160    # measured 41 with the finance package; it must not depend on COUNT
SENDER, ANNA, BERT = "i.wald@tannwald.example", "anna@world.example", "bert@partner.example"
# Words of messages that must not be in the store, and one that a rule looks for.
CANARIES = ("wplkrzqtvbnm", "hgfdsxcvbnqw", "tzrewqmnbvcx", "kjhgpoiuztrw")
PEOPLE = "address,department,groups\ni.wald@tannwald.example,Sales,staff\nl.berg@tannwald.example,Legal,staff\n"
# Every kind of condition whose answer is in a record, one way or another.
RULES = """
  - {name: Marked, when: {subject_contains_words: geheim}, then: Do Not Forward}
  - {name: Cards, when: {sensitive_information: {type: Credit Card Number, confidence: high}}, then: Encrypt-Only}
  - {name: Falcon, when: {body_contains_words: [falcon, hgfdsxcvbnqw]}, then: {template: Do Not Forward}}
  - {name: Locked, when: {attachment_is_executable: true}, then: reject}
  - {name: Plainly, when: {recipient_is: anna@world.example}, then: clear}
"""
# The same questions, other limits, other ends; Legal is asked of the envelope.
OTHER = """
  - {name: Marked, when: {subject_contains_words: geheim}, then: reject}
  - {name: Cards, when: {sensitive_information: {type: Credit Card Number, min_count: 2, confidence: low}}, then: Do Not Forward}
  - {name: Falcon, when: {body_contains_words: [hgfdsxcvbnqw, falcon]}, then: {quarantine: true}}
  - {name: Large, when: {message_size_over: 4 KiB}, then: Encrypt-Only}
  - {name: Urgent, when: {importance_is: high}, then: Encrypt-Only}
  - {name: Text files, when: {attachment_extension_is: txt}, then: Do Not Forward}
  - {name: Programs, when: {attachment_type_is: sh}, except: {recipient_domain_is: partner.example}, then: reject}
  - {name: Sales, when: {sender_member_of: staff, recipient_domain_is: partner.example}, then: Encrypt-Only}
"""
UNASKED = OTHER + "  - {name: Otter, when: {body_contains_words: otter, recipient_is: bert@partner.example}, then: reject}\n"


def policy(rules, folder, name, default="Encrypt-Only"):
    (folder / "people.csv").write_text(PEOPLE)
    path = folder / name
    path.write_text(f"version: 1\ndomains: [tannwald.example]\ndefault: {default}\npeople: {folder}/people.csv\n"
                    f"rule_packs: [{ROOT}/policy/sit/letterlock-finance.xml]\nrules:{rules}")
    return str(path)


def mail(subject, body="x", head="", to=ANNA):
    return f"From: {SENDER}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{abs(hash((subject, body, to)))}@tannwald.example>\r\n{head}\r\n{body}\r\n"


def attached(subject, name, text, to=ANNA):
    return mail(subject, f"--b\r\n\r\nsee {CANARIES[2]}\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; "
                f"filename={name}\r\n\r\n{text}\r\n--b--", 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n', to)


CARD = "Credit card number: 4111 1111 1111 1111, expires 12/27"
MAILS = [(mail(f"{word} {CANARIES[0]} {n}", body, head, to), to) for n, (word, body, head, to) in enumerate((
    ("hello", CANARIES[1], "", BERT), ("geheim", "x", "", ANNA), ("hello", CARD, "", BERT), ("hello", f"{CARD} and 5500 0055 5555 5559", "", BERT),
    ("hello", "the falcon", "", ANNA), ("hello", "long " * 2000, "", ANNA), ("hello", "x", "Importance: high\r\n", ANNA),
    ("plain", "nothing", "", ANNA), ("plain", "nothing", "", BERT)))]
MAILS += [(attached("a file", f"{CANARIES[3]}.txt", "words", BERT), BERT), (attached("a program", "run.sh", "#!/bin/sh\r\nrm x", ANNA), ANNA),
          (attached("a program", "run.sh", "#!/bin/sh\r\nrm x", BERT), BERT)]


class Trial:
    def __init__(self, rig):
        self.rig, self.house = rig, rig.house

    def run(self, *words):
        return self.house.run("policy", "simulate", *words)

    def json(self, *words):
        done = self.run(*words, "--json")
        assert done.returncode == 0, done
        return json.loads(done.stdout)


def alone(binary, *words, **more):
    """Without an installation."""
    return subprocess.run([binary, "policy", "simulate", *words], capture_output=True, text=True, **more)


def comparable(found):
    """What has to be the same however the messages were read."""
    return {key: found[key] for key in ("messages", "changed_messages", "untold_messages", "recipients", "rules", "departments", "domains")} | {
        "samples": sorted((s["sender"], s["recipient"], s["old"], s["new"], s["reason"]) for s in found["samples"])}


def folder_of_mails(folder):
    where = folder / "mails"
    (where / "more").mkdir(parents=True)
    for n, (text, _) in enumerate(MAILS):
        (where / ("more" if n % 2 else ".") / f"{n:02}.eml").write_bytes(f"Return-Path: <{SENDER}>\r\n{text}".encode())
    (where / ".hidden").write_text(mail("not this", "x"))
    return where


def folders(trial, folder, old, new):
    where = folder_of_mails(folder)
    found = trial.json("--policy", new, "--messages", str(where))
    report(found["messages"] == len(MAILS) and found["unreadable"] == 0 and not found["partial"], "simulate: a folder is read, with the folders in it",
           str(found["messages"]))
    rules = {r["rule"]: r for r in found["rules"]}
    report((rules["Marked"]["old_hits"], rules["Marked"]["new_hits"], rules["Cards"]["old_hits"], rules["Cards"]["new_hits"]) == (1, 1, 2, 1) and
           rules["Locked"]["in_new"] is False and rules["Locked"]["old_hits"] == 2, "simulate: hits by rule, now and then", str(rules))
    report(found["recipients"]["newly_refused"] == 1 and found["recipients"]["newly_held"] == 2 and found["recipients"]["no_longer_refused"] == 1,
           "simulate: refused, held, let through", str(found["recipients"]))
    report([d["name"] for d in found["departments"]] == ["Sales"] and {d["name"] for d in found["domains"]} == {"world.example", "partner.example"},
           "simulate: departments and domains", str(found["departments"]))
    text = json.dumps(found) + trial.run("--policy", new, "--messages", str(where)).stdout
    report(not [word for word in CANARIES if word in text], "simulate: nothing of what messages say is printed")
    same = trial.json("--policy", old, "--messages", str(where))
    report(same["changed_messages"] == 0 and same["samples"] == [], "simulate: the same policy changes nothing", str(same["recipients"]))
    return found


def write_mbox(path, ends="\n"):
    text = ""
    for body, _ in MAILS:
        lines = body.replace("\r\n", "\n").replace("\nFrom ", "\n>From ")
        text += f"From {SENDER} Mon Nov 23 22:22:00 2026\n{lines}\n"
    path.write_bytes(text.replace("\n", ends).encode())


def boxes(trial, folder, new, found):
    for name, ends in (("lf.mbox", "\n"), ("crlf.mbox", "\r\n")):
        write_mbox(folder / name, ends)
        box = trial.json("--policy", new, "--messages", str(folder / name))
        report(comparable(box) | {"samples": 0} == comparable(found) | {"samples": 0}, f"simulate: the same mail in {name}", json.dumps(box))
    quoted = folder / "quoted.mbox"
    quoted.write_text(f"From {SENDER} Mon Nov 23\nTo: {ANNA}\nSubject: x\n\nOn it said\nFrom here\n>From falcon\n>>From x\n\nFrom x@tannwald.example Mon\n"
                      f"Subject: y\nTo: {BERT}\n\nthe falcon\n\nFrom MAILER-DAEMON Mon\nSubject: nobody\n\nx\n")
    box = trial.json("--policy", new, "--messages", str(quoted))
    report((box["messages"], box["unreadable"]) == (2, 1) and {r["rule"]: r["new_hits"] for r in box["rules"]}["Falcon"] == 2,
           "simulate: From lines are quoted and counted", json.dumps(box))
    given = trial.json("--policy", new, "--messages", str(quoted), "--to", BERT)
    report((given["messages"], given["unreadable"]) == (3, 0) and given["domains"][0]["name"] == "partner.example" and
           given["recipients"]["total"] == 3, "simulate: --to counts where a message does not say", json.dumps(given["domains"]))


def send(rig, text, to):
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as smtp:
        try:
            smtp.sendmail(SENDER, [to], text)
            return 250
        except smtplib.SMTPDataError as refused:
            return refused.smtp_code


def replayed(trial, folder, new):
    """What the gateway remembers says the same as the messages themselves."""
    codes = [send(trial.rig, text, to) for text, to in MAILS]
    report(sorted(set(codes)) == [250, 550], "simulate: a gateway has accepted and refused", str(codes))
    kept = trial.house.query("SELECT refused, record FROM feature ORDER BY message")
    report(len(kept) == len(MAILS) and sum(row[0] for row in kept) == codes.count(550), "simulate: each is remembered, the refused ones too",
           str(len(kept)))
    direct = trial.json("--policy", new, "--messages", str(folder / "mails"))
    again = trial.json("--policy", new, "--replay", "30d")
    report(direct["untold_messages"] == 0 and comparable(again) == comparable(direct),
           "simulate: replay and the messages themselves give the same", f"\n{json.dumps(comparable(direct))}\n{json.dumps(comparable(again))}")


def untold(trial, folder):
    found = trial.json("--policy", policy(UNASKED, folder, "unasked.yaml"), "--replay", "30d")
    rules = {r["rule"]: r for r in found["rules"]}
    to_bert = sum(to == BERT for _, to in MAILS)
    report(rules["Otter"]["cannot_be_told"] == to_bert and rules["Otter"]["new_hits"] == 0 and found["untold_messages"] == to_bert and
           all(r["cannot_be_told"] == 0 for name, r in rules.items() if name != "Otter"),
           "simulate: what was not asked cannot be told, and only where it counts", json.dumps(found["rules"]))
    told = trial.run("--policy", str(folder / "unasked.yaml"), "--replay", "30d").stdout
    report(f"cannot be told for {to_bert} of {len(MAILS)} messages" in told, "simulate: and is said so by rule", told)
    changed = folder / "changed.yaml"
    changed.write_text((folder / "new.yaml").read_text().replace("letterlock-finance.xml", "letterlock-finance-2.xml").replace(str(ROOT / "policy/sit"), str(folder)))
    (folder / "letterlock-finance-2.xml").write_bytes((ROOT / "policy/sit/letterlock-finance.xml").read_bytes() + b"\n<!-- other -->\n")
    rules = {r["rule"]: r for r in trial.json("--policy", str(changed), "--replay", "30d")["rules"]}
    report(rules["Cards"]["cannot_be_told"] > 0 and rules["Marked"]["cannot_be_told"] == 0, "simulate: a type that is defined otherwise is another question",
           json.dumps(rules))


def nothing_said(trial):
    """No word of a message is in the store: not in the file, not in its log."""
    trial.house.query("SELECT 1")
    bytes_of = b"".join(path.read_bytes() for path in trial.house.state.glob("letterlock.db*"))
    report(b"anna@world.example" in bytes_of and not [word for word in CANARIES if word.encode() in bytes_of],
           "simulate: no word of a message is in the store", str([word for word in CANARIES if word.encode() in bytes_of]))
    records = b"".join(row[0] for row in trial.house.query("SELECT record FROM feature"))
    report(b"geheim" not in records and b"falcon" not in records and b"run" not in records and b"4111" not in records,
           "simulate: nor what rules look for, nor a file's name")


def turned_off(trial):
    trial.house.stop()
    trial.house.set("# features_days: .*", "features_days: 0")
    assert trial.house.start(), trial.house.said()
    gone = until(lambda: trial.house.query("SELECT count(*) FROM feature")[0][0] == 0, 20)
    send(trial.rig, MAILS[-5][0], MAILS[-5][1])
    report(gone and trial.house.query("SELECT count(*) FROM feature")[0][0] == 0, "simulate: features_days 0 forgets and keeps nothing")


def many(binary, folder, old, new):
    """COUNT messages in one mbox, built while it is written; the memory of the program stays."""
    box = folder / "many.mbox"
    with box.open("w") as out:
        for n in range(COUNT):
            extra = "the falcon\n" if n % 5 == 0 else CARD + "\n" if n % 7 == 0 else ""
            out.write(f"From u{n % 97}@tannwald.example Mon Nov 23 22:22:00 2026\nFrom: u{n % 97}@tannwald.example\nTo: p{n}@d{n}.example\n"
                      f"Message-ID: <{n}@tannwald.example>\nSubject: note {n}\n\n{'some words in a line of text' * 8}\n{extra}\n")
    began = time.monotonic()
    with subprocess.Popen([binary, "policy", "simulate", "--policy", new, "--against", old, "--messages", str(box), "--json"],
                          stdout=subprocess.PIPE, text=True) as p:
        found = json.loads(p.stdout.read())
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = status
    peak, took = usage.ru_maxrss / 1024, time.monotonic() - began
    falcon = {r["rule"]: r for r in found["rules"]}["Falcon"]
    report(status == 0 and found["messages"] == COUNT and falcon["new_hits"] == (COUNT + 4) // 5 and falcon["old_hits"] == falcon["new_hits"],
           f"simulate: {COUNT} messages in one mbox, {took:.1f} s", json.dumps(falcon))
    report(peak < PEAK_MIB and found["domains"][-1]["name"] == "the rest" and sum(d["total"] for d in found["domains"]) == COUNT,
           f"simulate: peak memory {peak:.0f} MiB of {PEAK_MIB}", str(found["domains"][-1]))


def stopped(binary, folder, old, new):
    """Many hard links to one large box, and a quick hand."""
    box = folder / "many.mbox"
    big = folder / "big"
    big.mkdir()
    for n in range(200):
        os.link(box, big / f"{n}.mbox")
    p = subprocess.Popen([binary, "policy", "simulate", "--policy", new, "--against", old, "--messages", str(big)], stdout=subprocess.PIPE, text=True)
    time.sleep(1.5)
    p.send_signal(signal.SIGINT)
    out, _ = p.communicate(timeout=60)
    report(p.returncode == 130 and "PARTIAL" in out and "Falcon" in out, "simulate: Ctrl-C prints what was done so far", f"{p.returncode} {out[:300]}")


def explained(trial, folder):
    """What explain found and where: in a file in a file, masked."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("cards.csv", f"a,b\n{CARD},{CANARIES[0]}\nCredit card: 5500 0055 5555 5559 12/27\n")
    data = base64.encodebytes(out.getvalue()).decode().replace("\n", "\r\n")
    path = folder / "explain.eml"
    path.write_text(mail("geheim", f"--b\r\n\r\nthe falcon {CANARIES[1]}\r\n--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n"
                         f"Content-Disposition: attachment; filename=all.zip\r\n\r\n{data}\r\n--b--", "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
                         "boundary=b\r\n", BERT), newline="")
    said = trial.house.run("policy", "explain", str(path), "--from", SENDER, "--to", BERT)
    report("Credit Card Number ×2 (high) in all.zip > cards.csv: •••• •••• •••• 1111" in said.stdout and "a listed word in subject: ••••••" not in said.stdout and
           "a listed word in subject: •••••m" in said.stdout, "explain: what was found and where, masked", said.stdout)
    rows = [json.loads(line) for line in trial.house.run("policy", "explain", str(path), "--from", SENDER, "--to", BERT, "--json").stdout.splitlines()]
    found = [{key: row[key] for key in ("rule", "what", "where", "count", "masked")} for row in rows if row.get("what") == "Credit Card Number"]
    report(found == [{"rule": "Cards", "what": "Credit Card Number", "where": "all.zip > cards.csv", "count": 2, "masked": "•••• •••• •••• 1111"}],
           "explain: and for programs", str(rows))
    text = said.stdout + json.dumps(rows)
    report("4111" not in text and not [word for word in CANARIES if word in text], "explain: never what the message says")


def wrong(binary, folder, old, new):
    codes = [alone(binary, *words).returncode for words in (
        ["--policy", new], ["--messages", "x"], ["--policy", new, "--replay", "soon"], ["--policy", new, "--against", old, "--messages", "/nonexistent"],
        ["--policy", "/nonexistent", "--against", old, "--messages", str(folder)])]
    report(codes == [64, 64, 64, 78, 69], "simulate: wrong words have the usual codes", str(codes))
    page = folder / "report.html"
    done = alone(binary, "--policy", new, "--against", old, "--messages", str(folder / "mails"), "--html", str(page))
    text = page.read_text()
    report(done.returncode == 0 and "<script" not in text and "http" not in text.replace("http-equiv", "") and "Falcon" in text and
           not [w for w in CANARIES if w in text], "simulate: the page has no script and no address to fetch", done.stderr)
    evil = folder / "evil.mbox"
    evil.write_text("From x Mon\nFrom: \"<script>\"@tannwald.example\nTo: <\"<img src=x>\"@world.example>\nMessage-ID: <script>alert(1)</script>\n\nthe falcon\n")
    alone(binary, "--policy", new, "--against", old, "--messages", str(evil), "--html", str(page))
    report("<script" not in page.read_text() and "<img" not in page.read_text(), "simulate: the page escapes what mail says of itself")


def main():
    limit()
    binary = program("LETTERLOCK")
    with Rig([ANNA], sender=False) as rig:
        trial = Trial(rig)
        where = rig.folder / "trial"
        where.mkdir()
        old = policy(RULES, where, "old.yaml")
        new = policy(OTHER, where, "new.yaml")
        (rig.house.conf.parent / "policy.yaml").write_text(pathlib.Path(old).read_text())
        done = rig.house.run("config", "check")
        assert done.returncode == 0, done
        rig.house.stop()
        assert rig.house.start(), rig.house.said()
        found = folders(trial, where, old, new)
        boxes(trial, where, new, found)
        explained(trial, where)
        replayed(trial, where, new)
        untold(trial, where)
        nothing_said(trial)
        many(binary, where, old, new)
        stopped(binary, where, old, new)
        wrong(binary, where, old, new)
        turned_off(trial)


main()
