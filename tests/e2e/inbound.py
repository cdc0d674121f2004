#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The door for anybody: no open relay, nothing in the header steers us. And
what was here before and comes back: passed on once more, while forged, changed
and replayed marks do nothing."""
import base64
import re
import socket

from wire import Client, Refused, Scene, field, report
from house import free_ports

ANNA, BERT, X, Y = "anna@own.example", "bert@own.example", "x@out.example", "y@out.example"
STRANGER = "stranger@far.example"
POLICY = """version: 1
domains: [own.example]
default: Encrypt-Only
wish:
  subject: {"[secure]": Do Not Forward}
  header: X-Wish
rules:
  - name: Stamp
    when: {subject_contains_words: plain, recipient_is: x@out.example}
    then: {disclaimer: {text: "Registergericht Koeln", position: append}, prepend_subject: "[own] "}
  - name: Plain
    when: {subject_contains_words: plain, recipient_is: x@out.example}
    then: clear
  - name: Colleagues
    when: {sender_scope: inside, subject_contains_words: colleague}
    then: {prepend_subject: "[colleague] "}
"""
RELAY = ["x@out.example", "x%out.example@own.example", '"x@out.example"@own.example', "out.example!x@own.example", "x@[127.0.0.1]",
         "x@own.example.", "x@notown.example", "x@sub.own.example", '"x%out.example"@own.example', "x@own.example@out.example",
         "@own.example:x@out.example"]
FORGED = """X-Letterlock-Label: Public
X-LETTERLOCK-Passed: 1 1764000000 aaaaaaaaaaaaaaaa
X-Letterlock-Loop: 06h0pg78dxtd8bkz166skjx14m.06h0pg78dxtd8bkz166skjx14m
X-Letterlock-Anything : with a blank in front of the colon
x-wish: Do Not Forward
X-MS-Exchange-Organization-SCL: -1
X-MS-Exchange-Organization-AuthAs:
\tInternal
Authentication-Results: mail.own.example; dkim=pass header.d=own.example
Authentication-Results: (a comment (in one)) MAIL.OWN.EXAMPLE
 ; spf=pass
Authentication-Results: "mail.own.example"; arc=pass
Authentication-Results: "mail\\.own.example"; dkim=pass
""".replace("\n", "\r\n")
KEPT = """Authentication-Results: mail.own.example.far.example; dkim=pass
Authentication-Results: mx.far.example; spf=fail
X-Mailer: Far 1.0
X-MS-Exchange-CrossTenant-Id: abc
""".replace("\n", "\r\n")


def mail(subject, sender=STRANGER, extra="", body="Hello\r\n"):
    return (f"From: {sender}\r\nTo: somebody\r\nSubject: {subject}\r\nMessage-ID: <{abs(hash((subject, body)))}@far.example>\r\n{extra}"
            f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}")


class Doors(Scene):
    def __init__(self):
        self.outside = free_ports(1)[0]
        super().__init__(POLICY, {}, {})
        self.house.set("# outside_listen: .*", f'outside_listen: "127.0.0.1:{self.outside}"')

    def give(self, port, raw, to, sender=STRANGER):
        """What left: [(MAIL line, RCPT lines, bytes)]."""
        self.sink.kept.clear()
        with Client(port) as c:
            c.send(sender, to, raw.encode().removesuffix(b"\r\n"))
        assert self.house.drained(), self.house.said()
        return list(self.sink.kept)

    def come_in(self, raw, to=(ANNA,), sender=STRANGER):
        return self.give(self.outside, raw, to, sender)

    def go_out(self, raw, to=(X,), sender=ANNA):
        return self.give(self.house.smtp, raw, to, sender)


def is_no_open_relay(s):
    taken = []
    for to in RELAY:
        for sender in (STRANGER, ANNA, ""):
            with Client(s.outside) as c:
                c.command(f"MAIL FROM:<{sender}>")
                try:
                    c.command(f"RCPT TO:<{to}>")
                    taken.append((sender, to))
                except Refused as r:
                    if r.code // 100 != 5 or (to == X and "5.7.1 Relaying denied" not in r.words):
                        taken.append((sender, to, str(r)))
    # A final dot is the same domain.
    taken = [t for t in taken if t[1] != "x@own.example."]
    report(not taken, "outside: relays for nobody", str(taken))
    with Client(s.outside) as c:
        c.command(f"MAIL FROM:<{STRANGER}>")
        c.command(f"RCPT TO:<{ANNA}>")
        try:
            c.command(f"RCPT TO:<{X}>")
            refused = False
        except Refused:
            refused = True
        c.command("DATA", 354)
        c.sock.sendall(mail("two").encode() + b".\r\n")
        c.expect(250)
    s.house.drained()
    went = [r for _, rcpts, _ in s.sink.kept for r in rcpts]
    report(refused and went and all(ANNA in r for r in went), "outside: beside one of ours neither", str(went))
    with socket.create_connection(("127.0.0.1", s.outside)) as c:
        c.sendall(b"EHLO x\r\nAUTH PLAIN AHgAeA==\r\nQUIT\r\n")
        said = b"".join(iter(lambda: c.recv(4096), b"")).decode()
    report("AUTH" not in said.split("250 ")[0] and not re.search(r"^235", said, re.M), "outside: takes no passwords", said)


def strips(s):
    (_, _, data), = s.come_in(mail("hello", extra=FORGED + KEPT))
    head, _, body = data.partition("\r\n\r\n")
    bad = [w for w in ("X-Letterlock-Label", "X-LETTERLOCK-Passed", "1764000000", "06h0pg78dxtd8bkz166skjx14m", "Anything", "x-wish",
                       "X-MS-Exchange-Organization", "Internal", "d=own.example", "spf=pass", "arc=pass", "a comment") if w in head]
    report(not bad, "outside: fields that only we may write are taken out", f"{bad}\n{head}")
    kept = [line for line in KEPT.splitlines() if line not in head]
    report(not kept and body == "Hello\r\n" and field(data, "Subject") == ["hello"], "outside: the rest stays as it is", f"{kept} {data}")
    (_, _, data), = s.come_in(mail("[secure] colleague", ANNA), sender=ANNA)
    report(field(data, "Subject") == ["[secure] colleague"], "outside: a stranger under an inside name is a stranger", data)
    (_, _, data), = s.go_out(mail("colleague", ANNA), [BERT])
    report(field(data, "Subject") == ["[colleague] colleague"], "inside: a colleague is one", data)


def comes_back(s):
    (_, _, first), = s.go_out(mail("plain one", ANNA))
    report(bool(field(first, "X-Letterlock-Passed")) and first.count("Registergericht") == 1, "return: what leaves by a next hop is marked", first)
    (_, rcpts, second), = s.go_out(first)
    action = s.rows()
    report(second.count("Registergericht") == 1 and field(second, "Subject") == ["[own] plain one"] and "here before" in action[0][2],
           "return: what comes back is passed on as it is", f"{action}\n{second}")
    report(first.split("\r\n\r\n", 1)[1] == second.split("\r\n\r\n", 1)[1], "return: its body byte for byte")
    # Another server may write the same content otherwise.
    recoded = first.replace("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=utf-8", 1)
    head, _, body = recoded.partition("\r\n\r\n")
    recoded = re.sub(r"(?im)^Content-Transfer-Encoding: (7bit|quoted-printable)\r\n", "", head) + "\r\n\r\n" + base64.encodebytes(body.encode()).decode().replace("\n", "\r\n")
    s.go_out(recoded)
    report("here before" in s.rows()[0][2], "return: in another encoding too", str(s.rows()))
    return first


def does_not_go_round(s):
    (_, _, data), = s.go_out(mail("plain round", ANNA))
    passes = 1
    try:
        while passes < 10:
            (_, _, data), = s.go_out(data)
            passes += 1
    except Refused as r:
        report(r.code == 554 and "5.4.6" in r.words and passes == 4, "return: the fifth time round is a loop", f"{r} after {passes}")
        return
    report(False, "return: the fifth time round is a loop", str(passes))


def notices_pass(s):
    (_, _, notice), = s.go_out(mail("secret", ANNA), [Y])
    report("#" in notice and "Hello" not in notice, "return: protected mail leaves as a notice", notice)
    (_, _, again), = s.go_out(notice, [Y], sender="")
    report(again.split("\r\n\r\n", 1)[1] == notice.split("\r\n\r\n", 1)[1], "return: a notice is no reason for a notice", again)


def is_protected(s, raw, to, what):
    out = s.go_out(raw, to)
    ok = all("Registergericht" not in data and "#" in data for _, _, data in out)
    report(ok and all("here before" not in r[2] for r in s.rows()), f"return: {what} is judged like any mail", f"{s.rows()} {out}")


def is_judged(s, raw, to, what):
    out = s.go_out(raw, to)
    report(len(out) == len(to) and all("here before" not in r[2] for r in s.rows()), f"return: {what} is judged like any mail", f"{s.rows()} {out}")


def does_not_believe(s, first):
    is_protected(s, first.replace("plain one", "plainly one"), [X], "another subject under a good mark")
    is_judged(s, first.replace("Hello", "Secret"), [X], "other words under a good mark")
    is_judged(s, first.replace("From: anna", "From: bert"), [X], "another writer under a good mark")
    is_protected(s, first, [Y], "a good mark for another recipient")
    out = {re.search("<(.*?)>", r).group(1): data for _, rcpts, data in s.go_out(first, [X, Y]) for r in rcpts}
    report("Hello" in out[X] and out[X].count("Registergericht") == 1 and "Hello" not in out[Y] and "#" in out[Y],
           "return: a good mark for one of two is one for him alone", str(out))
    mark = field(first, "X-Letterlock-Passed")[0]
    version, seconds, *tokens = mark.split()
    bare = re.sub(r"(?ims)^X-Letterlock-Passed:.*?\r\n(?![ \t])", "", first)
    assert len(tokens) == 4 and "X-Letterlock-Passed" not in bare, first
    for what, value in (("a made-up token", f"1 {seconds} {'0' * 16}"), ("a mark made older", f"1 {int(seconds) - 60} {' '.join(tokens)}"),
                        ("a mark made younger", f"1 {int(seconds) + 60} {' '.join(tokens)}"), ("an empty mark", "1"),
                        ("a mark of another version", f"2 {seconds} {' '.join(tokens)}"), ("nonsense", "\x7f" * 500)):
        is_judged(s, f"X-Letterlock-Passed: {value}\r\n{bare}", [X], what)
    s.go_out(f"X-Letterlock-Passed: {mark}\r\n{bare}")
    report("here before" in s.rows()[0][2], "return: and the true one is believed", str(s.rows()))
    with Doors() as other:
        (_, _, theirs), = other.go_out(mail("plain one", ANNA))
    is_judged(s, theirs, [X], "another installation's mark")


def replay_from_outside(s, first):
    (_, _, data), = s.come_in(first, [BERT], STRANGER)
    marks = field(data, "X-Letterlock-Passed")
    report(len(marks) == 1 and marks != field(first, "X-Letterlock-Passed") and "here before" not in s.rows()[0][2],
           "outside: nobody brings a mark in", f"{s.rows()} {data}")


def main():
    with Doors() as s:
        is_no_open_relay(s)
        strips(s)
        first = comes_back(s)
        does_not_go_round(s)
        notices_pass(s)
        does_not_believe(s, first)
        replay_from_outside(s, first)


main()
