#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every server-side case of the test data's smtp/cases.md, by its number.

	smtp_cases.py --server build/tests/scene/smtp_server
	smtp_cases.py --address host:port [--inbox DIR]

The address form runs against the whole product: 127.0.0.1 must be allowed to
send, 127.0.0.2 not; what needs other limits or a user runs with --server only.
"""
import os
import pathlib
import re
import socket
import sys
import time

from smtp_wire import LETTER, Client, Closed, Server, arguments, check, run, want

args = arguments(__doc__)
data = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", pathlib.Path(__file__).resolve().parents[3] / "shared/data")) / "smtp/cases.md"
if not data.exists():
    print("skipped smtp cases")
    sys.exit(77)
ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r\n\0.\r\n"]
SECOND = b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<r@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil\r\n.\r\n"
CASES = []
REFUSED = range(400, 600)
if args.server:
    server = Server(args.server, "--user", "tester:secret", "--allow", "127.0.0.1", "--recipients", "1000")
    limited = Server(args.server, "--idle", "1500", "--session", "4000", "--size", "4096", "--per-address", "20")
else:
    host, port = args.address.rsplit(":", 1)
    server, limited = Server(None, address=(host, int(port)), inbox=args.inbox), None


def case(name, only_own=False):
    def add(f):
        if not only_own or args.server:
            CASES.append((name, f))
        return f
    return add


def accepted(n):
    got = server.new()
    check(got is None or len(got) == n, f"{got and len(got)} messages accepted, want {n}")
    return got


def ready():
    c = server.client()
    c.hello()
    return c


def still_works(c):
    """The session is in step: a message goes through and is answered."""
    c.say(b"NOOP", 250)
    c.envelope()
    want(c.data(LETTER + b"after\r\n.\r\n")[0], 250, "message after")


def smuggle(end, pieces):
    """DATA ended falsely, a second envelope behind; only the real end counts."""
    with ready() as c:
        c.envelope()
        c.say(b"DATA", 354)
        for piece in pieces:
            c.send(piece)
            if len(pieces) > 1:
                time.sleep(0.002)
        code, text = c.reply()
        want(code, [250, *REFUSED], end)
        c.send(b"QUIT\r\n")
        want(c.rest(), [[221]], f"after {end!r}")
        got = server.new()
        check(got is None or len(got) == (code == 250), "another number of messages than replies said")
        return text


for number, end in enumerate(ENDS, 1):
    @case(f"{number} DATA ended by {end!r}")
    def _(end=end):
        smuggle(end, [LETTER + b"first" + end + SECOND])

    @case(f"9 DATA ended by {end!r} in two segments at every byte")
    def _(end=end):
        whole = LETTER + b"first" + end + SECOND
        start = len(LETTER) + 4
        for at in range(start, start + len(end) + 8):
            smuggle(end, [whole[:at], whole[at:]])

for what, byte, word in (("bare LF", b"\n", "line feed"), ("bare CR", b"\r", "carriage return"), ("NUL", b"\0", "NUL")):
    for where in ("header", "body", "first byte", "last byte"):
        @case(f"10 {what}, {where}")
        def _(byte=byte, where=where, word=word):
            content = {"header": LETTER.replace(b"Subject: t", b"Subject: t" + byte + b"x"), "body": LETTER + b"a" + byte + b"b\r\n",
                       "first byte": byte + LETTER, "last byte": LETTER + b"x" + byte + b"\r\n"}[where]
            with ready() as c:
                c.envelope()
                code, text = c.data(content + b".\r\n")
                want(code, REFUSED, content)
                check(word in text, f"{text!r} does not name it")
                accepted(0)
                still_works(c)
                accepted(1)

for size in (512, 513, 4096, 100000):
    @case(f"11 command line of {size} bytes")
    def _(size=size):
        with ready() as c:
            code = c.say(b"NOOP " + b"x" * (size - 7) + b"\r\n")[0]
            want(code, 250 if size <= 2048 else 500)
            still_works(c)
            accepted(1)

for size in (998, 1000, 10000, 200000):
    @case(f"11 text line of {size} bytes")
    def _(size=size):
        with ready() as c:
            c.envelope()
            body = b"x" * size + b"\r\n"
            code = c.data(LETTER + body + b".\r\n")[0]
            want(code, 250 if size <= 1000 else [250, 550])
            got = accepted(code == 250)
            check(not got or got[0].endswith(body), "the line was changed")
            still_works(c)
            accepted(1)


@case("12 dot-stuffed lines keep their bytes")
def _():
    body = b"..\r\n. \r\n.a\r\n...\r\n \r\n.\t.\r\n"
    with ready() as c:
        c.envelope()
        want(c.data(LETTER + re.sub(rb"(?m)^\.", b"..", body) + b".\r\n")[0], 250)
        got = accepted(1)
        check(not got or got[0].endswith(b"\r\n\r\n" + body), f"{got!r}")


@case("12 a line of one dot and a space does not end it")
def _():
    with ready() as c:
        c.envelope()
        want(c.data(LETTER + b"a\r\n. \r\nb\r\n.\r\n")[0], 250)
        got = accepted(1)
        check(not got or b"a\r\n \r\nb\r\n" in got[0], f"{got!r}")


@case("12 closed in the middle of DATA accepts nothing")
def _():
    for tail in (b"", b"x", b"x\r\n.", b"x\r\n.\r", b"\r\n"):
        with ready() as c:
            c.envelope()
            c.say(b"DATA", 354)
            c.send(LETTER + tail)
            c.sock.shutdown(socket.SHUT_WR)
            want(c.rest(), [[]], "replies")
    accepted(0)


@case("13 pipelined envelope, DATA and body in one segment")
def _():
    with ready() as c:
        c.send(b"MAIL FROM:<s@example.com>\r\nRCPT TO:<a@example.net>\r\nRCPT TO:<bad..dots@example.net>\r\n"
               b"RCPT TO:<b@example.net>\r\nDATA\r\n" + LETTER + b"hi\r\n.\r\nQUIT\r\n")
        want(c.codes(7), [[250, 250, 553, 250, 354, 250, 221]], "replies")
        accepted(1)


@case("14 DATA pipelined after every RCPT was refused")
def _():
    with ready() as c:
        c.send(b"MAIL FROM:<s@example.com>\r\nRCPT TO:<bad..dots@example.net>\r\nDATA\r\n")
        want(c.codes(3), [[250, 553, 554], [250, 553, 503]], "replies")
        c.send(LETTER + b"x\r\n.\r\n")
        codes = c.rest(1)
        check(codes and not set(codes) & {250, 354}, f"body lines were executed: {codes}")
    accepted(0)


@case("14 the body in the same segment as a refused DATA")
def _():
    with ready() as c:
        c.send(b"MAIL FROM:<s@example.com>\r\nRCPT TO:<bad..dots@example.net>\r\nDATA\r\n" + SECOND)
        codes = c.rest(2)
        want(codes[:3], [[250, 553, 554], [250, 553, 503]], "replies")
        check(not set(codes[3:]) & {250, 354}, f"body lines were executed: {codes}")
    accepted(0)


@case("15 commands behind STARTTLS in clear are dropped")
def _():
    with ready() as c:
        c.send(b"STARTTLS\r\nEHLO injected\r\nMAIL FROM:<evil@example.com>\r\n")
        want(c.reply()[0], 220)
        c.tls()
        c.say(b"NOOP", 250)
        c.say(b"RCPT TO:<r@example.net>", 503)


@case("16 EHLO is forgotten after STARTTLS")
def _():
    with ready() as c:
        c.say(b"MAIL FROM:<s@example.com>", 250)
        c.say(b"STARTTLS", 220)
        c.tls()
        c.say(b"RCPT TO:<r@example.net>", 503)
        c.say(b"MAIL FROM:<s@example.com>", 503)
        check("STARTTLS" not in c.say(b"EHLO x", 250)[1], "STARTTLS offered under TLS")
        still_works(c)
        accepted(1)


@case("17 STARTTLS twice, with a parameter, a TLS record for a command")
def _():
    with ready() as c:
        c.say(b"STARTTLS now", 501)
        c.starttls()
        c.say(b"STARTTLS", 503)
        still_works(c)
        accepted(1)
    with server.client() as c:
        want(c.reply()[0], 220)
        c.send(bytes.fromhex("16030100a5010000a1030398") + bytes(range(100)) + b"\r\n")
        check(c.is_closed(3), "still open")


@case("18 AUTH in clear", only_own=True)
def _():
    with server.client() as c:
        want(c.reply()[0], 220)
        check("AUTH" not in c.say(b"EHLO x", 250)[1], "offered in clear")
        c.say(b"AUTH PLAIN AHRlc3RlcgBzZWNyZXQ=", 538)


@case("18 AUTH with bad base64, aborted, right", only_own=True)
def _():
    with ready() as c:
        check("AUTH PLAIN LOGIN" in c.starttls(), "not offered under TLS")
        c.say(b"AUTH PLAIN !!!!", 501)
        c.say(b"AUTH PLAIN", 334)
        c.say(b"*", 501)
        c.say(b"AUTH LOGIN", 334)
        c.say(b"*", 501)
        c.say(b"AUTH PLAIN AHRlc3RlcgBzZWNyZXQ=", 235)
        still_works(c)
        accepted(1)


@case("18 three wrong passwords: delayed and closed", only_own=True)
def _():
    with ready() as c:
        c.starttls()
        started = time.monotonic()
        c.say(b"AUTH PLAIN AHRlc3RlcgB3cm9uZw==", 535)
        c.say(b"AUTH PLAIN AG5vYm9keQB3cm9uZw==", 535)
        c.say(b"AUTH PLAIN AHRlc3RlcgB3cm9uZw==", 421)
        check(time.monotonic() - started >= 2, "not delayed")
        check(c.is_closed(), "still open")


@case("19 commands out of order, unknown, empty")
def _():
    with server.client() as c:
        want(c.reply()[0], 220)
        c.say(b"MAIL FROM:<s@example.com>", 503)
        c.say(b"EHLO x", 250)
        c.say(b"RCPT TO:<r@example.net>", 503)
        c.say(b"DATA", [503, 554])
        c.say(b"MAIL FROM:<s@example.com>", 250)
        c.say(b"MAIL FROM:<s@example.com>", 503)
        c.say(b"DATA", [503, 554])
        c.say(b"FROB", 500)
        c.say(b"\r\n", 500)
        c.say(b"RSET", 250)
        still_works(c)
        accepted(1)


@case("20 SIZE over the limit, SIZE that lies, growth past the limit", only_own=True)
def _():
    with limited.client() as c:
        check("SIZE 4096" in c.hello(), "SIZE not announced")
        c.say(b"MAIL FROM:<s@example.com> SIZE=4097", 552)
        c.say(b"MAIL FROM:<s@example.com> SIZE=10", 250)
        c.say(b"RCPT TO:<r@example.net>", 250)
        want(c.data(LETTER + b"x" * 500 + b"\r\n.\r\n")[0], 250)
        check(len(limited.new()) == 1, "a smaller SIZE than true is no fault")
        c.envelope()
        want(c.data(LETTER + (b"x" * 70 + b"\r\n") * 100 + b".\r\n")[0], 552)
        check(not limited.new(), "accepted")
        c.envelope()
        want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
        check(len(limited.new()) == 1, "not accepted")


def chunk(content, last=False):
    return b"BDAT %d%s\r\n" % (len(content), b" LAST" * last) + content


@case("21 BDAT: chunks, LAST of zero, pipelined")
def _():
    with ready() as c:
        c.envelope()
        c.send(chunk(LETTER) + chunk(b"a\r\n.\r\nb\r") + chunk(b"\n") + chunk(b"", True) + b"NOOP\r\n")
        want(c.codes(5), [[250] * 5], "replies")
        got = accepted(1)
        check(not got or got[0].endswith(b"a\r\n.\r\nb\r\n"), f"{got!r}")


@case("21 BDAT then DATA, BINARYMIME, a wrong count")
def _():
    with ready() as c:
        c.say(b"MAIL FROM:<s@example.com> BODY=BINARYMIME", [501, 555])
        c.envelope()
        c.say(chunk(LETTER)[:-len(LETTER)] + LETTER, 250)
        c.say(b"DATA", 503)
        c.say(b"RSET", 250)
        c.envelope()
        c.send(b"BDAT 5\r\nab\r\nxyz\r\n")
        codes = c.codes(2)
        want(codes, [[250, 500]], "replies")
        c.say(b"RSET", 250)
        c.say(b"BDAT", 501)
        c.say(b"BDAT -1", 501)
        c.say(b"BDAT 1 FIRST", 501)
        still_works(c)
        accepted(1)


@case("21 BDAT with smuggling bytes")
def _():
    for end in ENDS:
        with ready() as c:
            c.envelope()
            c.send(chunk(LETTER + b"x" + end + SECOND, True))
            code = c.reply()[0]
            c.send(b"QUIT\r\n")
            want(c.rest(), [[221]], f"after {end!r}")
            want(code, [250, *REFUSED])
            accepted(code == 250)


@case("22 SMTPUTF8 with and without the parameter; 8-bit header")
def _():
    with ready() as c:
        c.say("MAIL FROM:<jörg@example.com>".encode(), 553)
        c.say("MAIL FROM:<jörg@example.com> SMTPUTF8".encode(), 250)
        c.say("RCPT TO:<用户@example.net>".encode(), 250)
        want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
        c.say(b"MAIL FROM:<s@example.com>", 250)
        c.say("RCPT TO:<用户@example.net>".encode(), 553)
        c.say(b"RCPT TO:<r@example.net>", 250)
        want(c.data("Subject: Grüße\r\n\r\nx\r\n.\r\n".encode())[0], [250, *REFUSED])
    server.new()


ADDRESSES = [
    (b'"a b"@example.net', 250), (b"@relay.example:r@example.net", [250, *REFUSED]), (b"", [501, 553]), (b"l" * 64 + b"@example.net", 250),
    (b"l" * 65 + b"@example.net", 553), (b"r@" + b".".join([b"d" * 62] * 3) + b".example.net", 250),
    (b"r@" + b".".join([b"d" * 62] * 4) + b".example", 553), (b"r@[192.0.2.1]", [250, *REFUSED]), (b"r@example.net.", [250, 553]),
    ("r@exämple.net".encode(), 553), (b"r%other.example@example.net", [250, *REFUSED]), (b"r@", 553), (b"@example.net", [501, 553]),
    (b"r@example..net", 553), (b"r@-x.example", [250, 553]), (b"r x@example.net", 553), (b'"a\rb"@example.net', [500, 501, 553]),
    (b"a@b@example.net", 553), (b'"unended@example.net', [501, 553]), (b"r@[192.0.2.1", [501, 553]), (b"r@[IPv6:2001:db8::1]", [250, *REFUSED]),
]
for address, codes in ADDRESSES:
    @case(f"23 address {address[:40]!r}")
    def _(address=address, codes=codes):
        with ready() as c:
            c.say(b"MAIL FROM:<s@example.com>", 250)
            c.say(b"RCPT TO:<" + address + b">", codes)
            c.say(b"NOOP", 250)


@case("23 CRLF inside quotes")
def _():
    with ready() as c:
        c.send(b'MAIL FROM:<"a\r\nRCPT TO:<x@example.net>\r\n"@example.com>\r\n')
        codes = c.codes(3)
        check(250 not in codes, f"{codes}")


@case("23 a source route goes to the domain that was checked")
def _():
    with ready() as c:
        c.say(b"MAIL FROM:<s@example.com>", 250)
        code = c.say(b"RCPT TO:<@relay.example:r@example.net>")[0]
        if code == 250:
            want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
            envelope = max(server.inbox.glob("*.envelope")).read_text() if args.server else "\nr@example.net "
            check(envelope.split("\n")[1].startswith("r@example.net "), envelope)
    server.new()


@case("24 100, 1 000, 10 000 RCPT")
def _():
    with ready() as c:
        for n in (100, 1000, 10000):
            c.say(b"MAIL FROM:<s@example.com>", 250)
            c.send(b"".join(b"RCPT TO:<r%d@example.net>\r\n" % i for i in range(n)))
            codes = c.codes(n)
            taken = codes.count(250)
            check(taken + codes.count(452) == n, set(codes))
            check(taken >= min(n, 100) and (n < 10000 or taken < n), f"{taken} of {n} taken")
            c.say(b"RSET", 250)
        still_works(c)
        accepted(1)


@case("24 the same recipient twice is one recipient")
def _():
    with ready() as c:
        c.say(b"MAIL FROM:<s@example.com>", 250)
        for _ in range(3):
            c.say(b"RCPT TO:<r@EXAMPLE.net>", 250)
        want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
        if args.server:
            envelope = max(server.inbox.glob("*.envelope")).read_text()
            check(envelope.count("r@example.net") == 1, envelope)
    server.new()


@case("25 one byte per second: the session ends, others are not slowed", only_own=True)
def _():
    with limited.client() as slow:
        slow.hello()
        started = time.monotonic()
        try:
            for byte in b"MAIL FROM:<slow@example.com>":
                slow.send(bytes([byte]))
                time.sleep(0.5)
                with ready() as c:
                    quick = time.monotonic()
                    c.say(b"NOOP", 250)
                    check(time.monotonic() - quick < 1, "others wait")
        except OSError:
            pass
        spent = time.monotonic() - started
        check(3 < spent < 9, f"ended after {spent:.1f} s; the session may last 4 s")


@case("25 no byte at all, half-open: closed at the deadline", only_own=True)
def _():
    with limited.client() as c, limited.client() as half:
        want(c.reply()[0], 220)
        half.sock.shutdown(socket.SHUT_WR)
        check(half.is_closed(3), "half-open still open")
        want(c.rest(5), [[], [421]], "replies")
        check(c.is_closed(1), "idle still open")


@case("25 idle connections are limited per address", only_own=True)
def _():
    idle = [limited.client() for _ in range(20)]
    codes = [c.reply()[0] for c in idle]
    with limited.client() as c:
        want(c.reply()[0], 421)
    want(codes, [[220] * 20])
    for c in idle:
        c.sock.close()


@case("25 500 idle connections do not slow others", only_own=True)
def _():
    idle = [server.client() for _ in range(500)]
    with ready() as c:
        started = time.monotonic()
        still_works(c)
        check(time.monotonic() - started < 2, "slow")
    accepted(1)
    for c in idle:
        c.sock.close()
    time.sleep(0.3)


@case("25 50 bad commands end the session")
def _():
    with ready() as c:
        c.send(b"FROB\r\n" * 50)
        codes = c.rest()
        check(codes[-1] == 421 and len(codes) <= 50 and set(codes[:-1]) == {500}, codes)


@case("26 a client that never reads replies", only_own=True)
def _():
    with limited.client() as c:
        c.hello()
        c.sock.settimeout(8)
        started = time.monotonic()
        try:
            while True:
                c.send(b"NOOP\r\n" * 10000)
                check(time.monotonic() - started < 9, "never closed")
        except OSError:
            pass
        rss = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{limited.child.pid}/status").read_text())[1])
        check(rss < 300000, f"{rss} KiB")


@case("27 relay for a stranger")
def _():
    with server.client(source="127.0.0.2") as c:
        c.hello()
        code, text = c.say(b"MAIL FROM:<s@example.com>")
        check(code == 550 and text.startswith("5.7.1"), f"{code} {text}")
        c.say(b"RCPT TO:<r@example.net>", 503)


@case("27 own domain spoofed by a stranger")
def _():
    with server.client(source="127.0.0.2") as c:
        c.hello()
        c.say(b"MAIL FROM:<boss@mx.letterlock.test>", 550)


@case("27 loop: 50 Received")
def _():
    with ready() as c:
        c.envelope()
        hop = b"Received: from a by b; Mon, 23 Nov 2026 22:22:00 +0000\r\n"
        code, text = c.data(hop * 50 + LETTER + b"x\r\n.\r\n")
        check(code == 554 and text.startswith("5.4.6"), f"{code} {text}")
        accepted(0)


@case("28 VRFY, EXPN, HELP, NOOP with words; RSET in each state; QUIT in DATA")
def _():
    with server.client() as c:
        want(c.reply()[0], 220)
        c.say(b"RSET", 250)
        c.say(b"EHLO x", 250)
        c.say(b"VRFY postmaster", 252)
        c.say(b"EXPN staff", 502)
        c.say(b"HELP me", 214)
        c.say(b"NOOP garbage \xff\x01", 250)
        c.say(b"RSET", 250)
        c.say(b"MAIL FROM:<s@example.com>", 250)
        c.say(b"RSET", 250)
        c.say(b"RCPT TO:<r@example.net>", 503)
        c.envelope()
        c.say(b"RSET", 250)
        c.say(b"DATA", [503, 554])
        c.envelope()
        want(c.data(LETTER + b"QUIT\r\nRSET\r\n.\r\n")[0], 250)
        got = accepted(1)
        check(not got or got[0].endswith(b"QUIT\r\nRSET\r\n"), f"{got!r}")
        c.say(b"QUIT", 221)
        check(c.is_closed(), "open after QUIT")


@case("29 DSN parameters")
def _():
    with ready() as c:
        for wrong in (b"RET=SOME", b"RET=", b"ENVID=a+2", b"ENVID=", b"ENVID=a+zz", b"RET=HDRS RET=HDRS"):
            c.say(b"MAIL FROM:<s@example.com> " + wrong, 501)
        c.say(b"MAIL FROM:<s@example.com> RET=HDRS ENVID=QQ+2B31", 250)
        for wrong in (b"NOTIFY=NEVER,SUCCESS", b"NOTIFY=", b"NOTIFY=SOMETIMES", b"ORCPT=rfc822", b"ORCPT=rfc822;a+2", b"NOTIFY=NEVER NOTIFY=NEVER"):
            c.say(b"RCPT TO:<r@example.net> " + wrong, 501)
        c.say(b"RCPT TO:<r@example.net> NOTIFY=NEVER ORCPT=rfc822;r+40example.net", 250)
        c.say(b"RCPT TO:<q@example.net> NOTIFY=SUCCESS,FAILURE,DELAY", 250)
        want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
        if args.server:
            envelope = max(server.inbox.glob("*.envelope")).read_text()
            check(envelope.split("\n")[1:4] == ["r@example.net notify=1 orcpt=rfc822;r@example.net", "q@example.net notify=14 orcpt=",
                                                "ret=hdrs envid=QQ+31 user= requiretls=0"], envelope)
    server.new()


HEADERS = {
    "none at all": b"\r\nbody\r\n", "only a body": b"just text\r\nmore\r\n", "empty": b"", "From missing": b"Subject: x\r\n\r\nb\r\n",
    "two From": b"From: a@example.com\r\nFrom: b@example.com\r\n\r\nb\r\n", "Bcc present": b"Bcc: secret@example.net\r\n" + LETTER + b"b\r\n",
    "a million": b"X: y\r\n" * 1000000 + LETTER, "256 KiB": b"X: " + (b"y" * 900 + b"\r\n ") * 290 + b"\r\n" + LETTER,
    "folded to 10 000 lines": b"X: y\r\n" + b" y\r\n" * 10000 + LETTER,
}
for name, content in HEADERS.items():
    @case(f"30 header: {name}")
    def _(content=content):
        with ready() as c:
            c.envelope()
            code, text = c.data(content + b".\r\n")
            want(code, [250, *REFUSED])
            check(code == 250 or len(text) > 20, f"{code} {text!r} names no limit")
            accepted(code == 250)
            still_works(c)
            accepted(1)


numbers = {int(n) for n in re.findall(r"(?m)^\| (\d+) ", data.read_text().split("## Client side")[0])} | set(range(1, 9))
covered = {int(name.split()[0]) for name, _ in CASES}
if args.server and numbers - covered - {1}:
    print(f"not ok cases without a test: {sorted(numbers - covered)}")
bad = run(CASES, args.only)
for s in (server, limited):
    if s and s.stop() != 0:
        print("not ok the server ended badly")
        bad = 1
sys.exit(bad)
