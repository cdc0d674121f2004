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
