#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules that change who gets a message, looked at on the wire: the envelopes
that leave the gateway, and the header of each copy."""
import json
import re

from wire import Client, Refused, Scene, field, letter, report

SENDER, X, Y = "anna@own.example", "x@out.example", "y@out.example"
BOSS, LAW, ARCHIVE, JOERG = "boss@own.example", "law@firm.example", "archive@own.example", "jörg@own.example"
PEOPLE = "address,manager\nanna@own.example,Eva@own.example\nbert@own.example,\n"
POLICY = """version: 1
domains: [own.example]
people: people.csv
default: clear
rules:
  - name: Copies
    when: {subject_contains_words: copies}
    then: {add_to: boss@own.example, add_cc: [law@firm.example], add_bcc: archive@own.example}
  - name: Elsewhere
    when: {subject_contains_words: elsewhere, recipient_is: y@out.example}
    then: {redirect_to: boss@own.example, prepend_subject: "[checked] "}
  - name: Round
    when: {subject_contains_words: round, recipient_is: x@out.example}
    then: {redirect_to: y@out.example}
  - name: And round
    when: {subject_contains_words: round, recipient_is: y@out.example}
    then: {redirect_to: x@out.example}
  - name: The boss reads along
    when: {subject_contains_words: boss}
    then: {add_manager_as: cc}
  - name: The boss instead
    when: {subject_contains_words: instead}
    then: {add_manager_as: redirect}
  - name: Twice
    when: {subject_contains_words: twice}
    then: {add_cc: [X@OUT.example, y@out.example], add_to: Y@out.example}
  - name: To a rival
    when: {subject_contains_words: rivals}
    then: {add_cc: [rival@out.example, gone@out.example, law@firm.example]}
  - name: Nothing to rivals
    when: {recipient_is: rival@out.example}
    then: {reject: Not to them}
  - name: Nothing to the gone
    when: {recipient_is: gone@out.example}
    then: {delete: true}
  - name: Lawyers only protected
    when: {recipient_is: law@firm.example}
    then: Encrypt-Only
  - name: Many
    when: {subject_contains_words: many}
    then: {add_bcc: [a1@own.example, a2@own.example, a3@own.example, a4@own.example]}
  - name: Other letters
    when: {subject_contains_words: letters}
    then: {add_cc: jörg@own.example}
  - name: Surely junk
    when: {subject_contains_words: junk}
    then: {spam_level: 6, set_header: {X-Junk: "yes"}}
"""


def copies(s):
    got = s.send("copies", [X])
    report(set(got) == {X, BOSS, LAW, ARCHIVE}, "recipients: a rule adds people to the envelope", str(got.keys()))
    seen = {a: (field(got[a][1], "To"), field(got[a][1], "Cc")) for a in (X, BOSS, ARCHIVE)}
    wanted = ([f"{X},\r\n {BOSS}"], [LAW])
    report(set(map(str, seen.values())) == {str(wanted)}, "recipients: To and Cc of all copies name them", str(seen))
    report(not any(ARCHIVE in data for _, data, _ in got.values()), "recipients: who is copied blindly is named nowhere")
    notify = {a: re.findall(r"NOTIFY=(\S+)", line) for a, (line, _, _) in got.items()}
    report(notify == {X: [], BOSS: ["NEVER"], LAW: ["NEVER"], ARCHIVE: ["NEVER"]},
           "recipients: the sender hears nothing about people he did not write to", str(notify))
    rows = s.rows()
    report([(a, action) for a, action, _ in rows] == [(X, "clear"), (BOSS, "clear"), (LAW, "portal"), (ARCHIVE, "clear")] and
           rows[3][2].startswith('added as a blind copy by rule "Copies" (line 6): ') and
           rows[2][2].startswith('added as a copy by rule "Copies"') and 'rule "Lawyers only protected"' in rows[2][2] and
           "added" not in rows[0][2], "recipients: the record says who added whom, and how each was judged", str(rows))
    show = s.house.run("message", "show", json.loads(s.house.run("message", "list", "--json").stdout.splitlines()[0])["message"])
    report('added as a blind copy by rule "Copies"' in show.stdout, "recipients: message show says it", show.stdout + show.stderr)


def redirected(s):
    got = s.send("elsewhere", [X, Y])
    report(set(got) == {X, BOSS} and f"To: {X}\r\n" in got[BOSS][1] and BOSS not in got[X][1],
           "recipients: redirected from one, the others get it as it was", str(got))
    report("ORCPT=rfc822;y@out.example" in got[BOSS][0] and "NEVER" not in got[BOSS][0],
           "recipients: what is redirected is not lost unnoticed", got[BOSS][0])
    rows = s.rows()
    report(rows[1][1] == "redirected" and rows[1][2].startswith(f'redirected to {BOSS} by rule "Elsewhere" (line 9): ') and
           rows[2][:2] == (BOSS, "clear") and rows[2][2].startswith(f'redirected from {Y} by rule "Elsewhere"'),
           "recipients: the record has both ends of a redirection", str(rows))
    got = s.send("round", [X, Y])
    report(set(got) == {X, Y}, "recipients: a circle of redirections ends, and loses nobody", f"{got.keys()} {s.rows()}")
    got = s.send("round", [X])
    report(set(got) == {Y}, "recipients: who is added is not redirected again", str(s.rows()))


def managers(s):
    got = s.send("boss", [X])
    report(set(got) == {X, "Eva@own.example"} and field(got[X][1], "Cc") == ["Eva@own.example"], "recipients: the manager is copied", str(got))
    got = s.send("boss", [X], "bert@own.example")
    report(set(got) == {X} and not field(got[X][1], "Cc") and "rule \"The boss reads along\" adds nobody: the sender's manager is not known"
           in s.rows()[0][2], "recipients: a manager nobody knows is on record", str(s.rows()))
    report(set(s.send("instead", [X])) == {"Eva@own.example"}, "recipients: redirected to the manager", str(s.rows()))
    report(set(s.send("instead", [X], "bert@own.example")) == {X}, "recipients: without one it is not redirected", str(s.rows()))


def merged(s):
    got = s.send("twice", [X])
    report(set(got) == {X, Y} and field(got[X][1], "Cc") == [Y] and field(got[X][1], "To") == [X],
           "recipients: nobody is added twice, whatever the case of letters", str(got))
    got = s.send("copies", [X, BOSS], extra=f"Cc: Boss <{BOSS}>\r\n")
    report(set(got) == {X, BOSS, LAW, ARCHIVE} and field(got[X][1], "Cc") == [f"Boss <{BOSS}>,\r\n {LAW}"] and field(got[X][1], "To") == [X] and
           "NEVER" not in got[BOSS][0], "recipients: who was there already stays as he was", str(got))


def left_out(s):
    got = s.send("rivals", [X])
    report(set(got) == {X, LAW} and field(got[X][1], "Cc") == [LAW], "recipients: who may not get it is left out and not named", str(got))
    rows = {a: (action, reason) for a, action, reason in s.rows()}
    report(rows["rival@out.example"][0] == "left out" and 'left out: rule "Nothing to rivals"' in rows["rival@out.example"][1] and
           rows["gone@out.example"][0] == "deleted" and rows[X][0] == "clear", "recipients: and that is on record", str(rows))


def bounded(s):
    report(len(s.send("many", [X])) == 5, "recipients: as many as the limit", str(s.rows()))
    try:
        s.send("many", [X, Y])
        code, words = 250, ""
    except Refused as refused:
        code, words = refused.code, refused.words
    report(code == 552 and "more than 5 recipients" in words and not s.sink.kept, "recipients: more than the limit is refused whole",
           f"{code} {words}")


def other_letters(s):
    got = s.send("letters", [X])
    report(set(got) == {X, JOERG} and "SMTPUTF8" in got[JOERG][2] and "SMTPUTF8" not in got[X][2],
           "recipients: an international address is sent to as such, and asks nothing of the others", str(got))
    cc = field(got[X][1], "Cc")
    report(cc == ["=?utf-8?B?asO2cmdAb3duLmV4YW1wbGU=?= :;"], "recipients: in a plain header it is only shown", str(cc))
    s.sink.kept.clear()
    with Client(s.house.smtp) as c:
        c.command(f"MAIL FROM:<{SENDER}> BODY=8BITMIME SMTPUTF8")
        c.command(f"RCPT TO:<{X}>")
        c.command("DATA", 354)
        c.sock.sendall(letter("letters") + b"\r\n.\r\n")
        c.expect(250)
    s.house.drained()
    cc = [field(data, "Cc") for _, rcpts, data in s.sink.kept for _ in rcpts]
    report(cc == [[JOERG]] * 2, "recipients: in an international one it is written", str(cc))


def junk(s):
    got = s.send("junk", [X], extra="X-MS-Exchange-Organization-SCL: 1\r\n")
    report(field(got[X][1], "X-MS-Exchange-Organization-SCL") == ["6"] and field(got[X][1], "X-Junk") == ["yes"],
           "recipients: the spam level is set", got[X][1])


def explained(s):
    path = s.house.folder / "mail.eml"
    words = ["policy", "explain", str(path), "--from", SENDER, "--to", f"{X},{Y}"]
    path.write_bytes(letter("copies, elsewhere"))
    done = s.house.run(*words, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    verdicts = {line["to"]: (line["action"], line["added"]) for line in lines if "action" in line}
    report(done.returncode == 0 and verdicts == {X: ("clear", ""), Y: ("redirect", ""), BOSS: ("clear", "to"), LAW: ("portal", "cc"),
                                                 ARCHIVE: ("clear", "bcc")},
           "recipients: policy explain judges those who are added", f"{done.stderr} {verdicts}")
    text = s.house.run(*words).stdout
    report(f'redirected to {BOSS} by rule "Elsewhere"' in text and 'added as a copy by rule "Copies"' in text,
           "recipients: and says it in words", text)


def main():
    with Scene(POLICY, {"people.csv": PEOPLE.encode()}, {"max_recipients": 5}) as s:
        for scene in (copies, redirected, managers, merged, left_out, bounded, other_letters, junk, explained):
            scene(s)


main()
