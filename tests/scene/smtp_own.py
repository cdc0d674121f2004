#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our own raw-byte cases of the SMTP server, beside those of smtp_cases.py.

	smtp_own.py --server build/tests/scene/smtp_server
"""
import base64
import itertools
import pathlib
import sys
import time

from smtp_wire import LETTER, Closed, Server, arguments, check, run, want

args = arguments(__doc__)
CASES = []
server = Server(args.server, "--user", "tester:secret", "--recipients", "1000", "--bad", "5")
small = Server(args.server, "--size", "65536", "--line", "998", "--idle", "1500", "--session", "3000", "--messages", "3", "--recipients", "2")


def case(name):
    def add(f):
        CASES.append((name, f))
        return f
    return add


def ready(of=None):
    c = (of or server).client()
    c.hello()
    return c


def accepted(n, of=None):
    got = (of or server).new()
    check(len(got) == n, f"{len(got)} messages accepted, want {n}")
    return got


def chunk(content, last=False):
    return b"BDAT %d%s\r\n" % (len(content), b" LAST" * last) + content


def b64(text):
    return base64.b64encode(text)


# Every way to write "end of line, dot, end of line" but the right one.
EOLS = [b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\0\r\n", b"\r\0\n", b"\x0b", b"\x0c", b"\xc2\x85", b"\xe2\x80\xa8"]
SECOND = b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<r@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil\r\n.\r\n"
for before, after in itertools.product(EOLS, EOLS):
    # CR LF in front and a lone CR in it before LF are the right end.
    if (b"x" + before).endswith(b"\r\n") and after.startswith(b"\r\n"):
        continue

    @case(f"smuggling {before + b'.' + after!r}")
    def _(end=before + b"." + after):
        for opening in (LETTER + b"a", LETTER[:-4] + b"a"):
            with ready() as c:
                c.envelope()
                c.say(b"DATA", 354)
                c.send(opening + end + SECOND + b"QUIT\r\n")
                codes = c.rest()
                check(len(codes) == 2 and codes[1] == 221 and codes[0] in (250, 550), f"{codes}")
                got = server.new()
                check(len(got) == (codes[0] == 250), f"{len(got)} accepted")
                check(not got or b"MAIL FROM:<evil" in got[0], "cut short")


@case("STARTTLS injection: plaintext behind it is dropped and noted")
def _():
    with ready() as c:
        c.send(b"STARTTLS\r\n" + b"RSET\r\nMAIL FROM:<evil@example.com>\r\n" * 20)
        want(c.reply()[0], 220)
        c.tls()
        c.say(b"EHLO x", 250)
        c.say(b"RCPT TO:<r@example.net>", 503)
    check("starttls_injection" in (server.dir / "log").read_text(), "not noted")


@case("REQUIRETLS: announced and taken under TLS only, without a value, once")
def _():
    with ready() as c:
        check("REQUIRETLS" not in c.say(b"EHLO x", 250)[1], "announced in clear")
        c.say(b"MAIL FROM:<s@example.com> REQUIRETLS", 555)
        check("REQUIRETLS" in c.starttls().split("\n"), "not announced")
        c.say(b"MAIL FROM:<s@example.com> REQUIRETLS=1", 501)
        c.say(b"MAIL FROM:<s@example.com> REQUIRETLS REQUIRETLS", 501)
        c.say(b"MAIL FROM:<s@example.com> requiretls", 250)
        c.say(b"RCPT TO:<r@example.net>", 250)
        want(c.data(LETTER + b"a\r\n.\r\n")[0], 250)
        c.envelope()
        want(c.data(LETTER + b"a\r\n.\r\n")[0], 250)
    accepted(2)
    said = sorted(line for e in server.inbox.glob("*.envelope") for line in e.read_text().splitlines() if line.startswith("ret="))
    check(sum("requiretls=1" in line for line in said) == 1, f"{said}")


@case("REQUIRETLS after HELO: not an extension")
def _():
    with ready() as c:
        c.starttls()
        c.say(b"HELO x", 250)
        c.say(b"MAIL FROM:<s@example.com> REQUIRETLS", 555)


@case("STARTTLS in the middle of an envelope forgets it")
def _():
    with ready() as c:
        c.envelope()
        c.starttls()
        c.say(b"DATA", 503)


@case("BDAT 0 LAST alone is an empty message")
def _():
    with ready() as c:
        c.envelope()
        want(c.say(b"BDAT 0 LAST")[0], [250, 550, 554])
    server.new()


@case("BDAT chunk with a bare LF, bare CR, NUL: refused by name at LAST")
def _():
    for byte, word in ((b"\n", "line feed"), (b"\r", "carriage return"), (b"\0", "NUL")):
        with ready() as c:
            c.envelope()
            c.send(chunk(LETTER + b"a" + byte + b"b\r\n", True))
            code, text = c.reply()
            want(code, 550)
            check(word in text, text)
            c.envelope()
            c.send(chunk(LETTER, True))
            want(c.reply()[0], 250)
    accepted(3)


@case("BDAT CR and LF in two chunks are one line end")
def _():
    with ready() as c:
        c.envelope()
        c.send(chunk(LETTER + b"a\r") + chunk(b"\nb\r\n", True))
        want(c.codes(2), [[250, 250]])
        check(accepted(1)[0].endswith(b"a\r\nb\r\n"), "bytes")


@case("BDAT too large: 552, its bytes not executed, session usable")
def _():
    with ready(small) as c:
        c.envelope()
        c.send(chunk(SECOND * 1000) + chunk(LETTER, True) + b"RSET\r\n")
        codes = c.codes(3)
        check(codes[0] == 552 and codes[1] in (503, 552) and codes[2] == 250, f"{codes}")
        c.envelope()
        c.send(chunk(LETTER, True))
        want(c.reply()[0], 250)
    accepted(1, small)


@case("BDAT grows over the limit in small chunks: 552, the rest of the chunks refused")
def _():
    with ready(small) as c:
        c.envelope()
        c.send(chunk(b"x" * 30 + b"\r\n") * 3000 + chunk(b"", True))
        codes = c.codes(3001)
        check(250 in codes and 552 in codes and codes[-1] in (503, 552), set(codes))
    accepted(0, small)


@case("BDAT sizes that are no size, or never come: 501, or the end at the deadline")
def _():
    for size in (b"999999999999999999", b"99999999999999999999", b"0x10", b"1e3", b"+5", b" 5", b"5 last more"):
        with ready(small) as c:
            c.envelope()
            c.send(b"BDAT " + size + b"\r\n")
            codes = c.rest(3)
            check(codes[:1] in ([501], [552], [421], []), f"{size!r} {codes}")


@case("BDAT after DATA was refused, DATA after BDAT, RCPT after BDAT")
def _():
    with ready() as c:
        c.envelope()
        c.say(b"DATA now", 501)
        c.send(chunk(LETTER))
        want(c.reply()[0], 250)
        c.say(b"DATA", 503)
        c.say(b"RCPT TO:<q@example.net>", 503)
        c.say(b"MAIL FROM:<q@example.net>", 503)
        c.send(chunk(b"x\r\n", True))
        want(c.reply()[0], 250)
    accepted(1)


@case("BDAT without MAIL or RCPT: 503, the bytes are read")
def _():
    with ready() as c:
        c.send(chunk(SECOND, True) + b"NOOP\r\n")
        want(c.codes(2), [[503, 250]])
        c.say(b"MAIL FROM:<s@example.com>", 250)
        c.send(chunk(SECOND) + b"NOOP\r\n")
        want(c.codes(2), [[503, 250], [554, 250]])
    accepted(0)


@case("BDAT ended by the connection accepts nothing")
def _():
    with ready() as c:
        c.envelope()
        c.send(b"BDAT 1000 LAST\r\n" + LETTER)
    time.sleep(0.2)
    accepted(0)


@case("1000 messages pipelined by BDAT in one session")
def _():
    with ready() as c:
        one = b"MAIL FROM:<s@example.com>\r\nRCPT TO:<r@example.net>\r\n" + chunk(LETTER + b"hi\r\n", True)
        for _ in range(10):
            c.send(one * 100)
            codes = c.codes(300)
            check(set(codes) == {250}, set(codes))
    accepted(1000)


@case("messages per connection are limited")
def _():
    with ready(small) as c:
        for _ in range(3):
            c.envelope()
            want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
        c.say(b"MAIL FROM:<s@example.com>", 421)
        check(c.is_closed(), "still open")
    accepted(3, small)


@case("AUTH PLAIN and LOGIN, each way, under TLS")
def _():
    good = b64(b"\0tester\0secret")
    for lines in ([b"AUTH PLAIN " + good], [b"AUTH PLAIN", good], [b"auth plain " + b64(b"tester\0tester\0secret")],
                  [b"AUTH LOGIN", b64(b"tester"), b64(b"secret")], [b"AUTH LOGIN " + b64(b"tester"), b64(b"secret")]):
        with ready() as c:
            c.starttls()
            for line in lines[:-1]:
                c.say(line, 334)
            c.say(lines[-1], 235)
            c.say(b"AUTH PLAIN " + good, 503)


@case("AUTH malformed: each named, none ends the session")
def _():
    for lines, code in (([b"AUTH"], 504), ([b"AUTH CRAM-MD5"], 504), ([b"AUTH PLAIN ="], 501), ([b"AUTH PLAIN AAAA BBBB"], 501),
                        ([b"AUTH PLAIN", b"*"], 501), ([b"AUTH LOGIN", b64(b"tester"), b"*"], 501), ([b"AUTH LOGIN", b"?"], 501),
                        ([b"AUTH PLAIN " + b64(b"tester")], 501), ([b"AUTH PLAIN " + b64(b"a\0tester\0secret")], 501),
                        ([b"AUTH PLAIN " + b64(b"\0tester\0sec\0ret")], 501), ([b"AUTH PLAIN", b"x" * 20000], 501),
                        ([b"AUTH PLAIN", b64(b"\0tester\0" + b"s" * 8000)], [501, 535])):
        with ready() as c:
            c.starttls()
            for line in lines[:-1]:
                c.say(line, 334)
            c.say(lines[-1], code)
            c.say(b"AUTH PLAIN " + b64(b"\0tester\0secret"), 235)


@case("AUTH in clear is refused even with right credentials, and within a message")
def _():
    with ready() as c:
        c.say(b"AUTH PLAIN " + b64(b"\0tester\0secret"), 538)
        c.starttls()
        c.say(b"MAIL FROM:<s@example.com>", 250)
        c.say(b"AUTH PLAIN", 503)


@case("parameters of MAIL and RCPT: unknown, twice, malformed")
def _():
    with ready() as c:
        for tail, code in ((b"FROB=1", 555), (b"SIZE=x", 501), (b"SIZE=", 501), (b"SIZE=-1", 501), (b"SIZE=1 SIZE=1", 501), (b"=x", 501),
                           (b"BODY=9BIT", 501), (b"SMTPUTF8=1", 501), (b"SIZE=99999999999999999999", [501, 552]), (b"AUTH=a=b", 501)):
            c.say(b"MAIL FROM:<s@example.com> " + tail, code)
        c.say(b"MAIL FROM:<s@example.com>  SIZE=5   BODY=8BITMIME AUTH=<> ", 250)
        for tail, code in ((b"FROB", 555), (b"SIZE=1", 555), (b"NOTIFY=FAILURE,", 501), (b"ORCPT=a b", [501, 555])):
            c.say(b"RCPT TO:<r@example.net> " + tail, code)
        for line in (b"RCPT TO:<>", b"RCPT TO: ", b"RCPT r@example.net", b"RCPT TO:r@example.net", b"RCPT TO:<r@example.net>x"):
            c.say(line, [501, 553])


@case("10 000 recipients: 452 beyond the limit, the rest is delivered")
def _():
    with ready() as c:
        c.say(b"MAIL FROM:<s@example.com>", 250)
        c.send(b"".join(b"RCPT TO:<r%d@example.net>\r\n" % i for i in range(10000)))
        codes = c.codes(10000)
        want(codes.count(250), 1000)
        want(codes.count(452), 9000)
        want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
    accepted(1)


@case("text line of the limit, one over, and one over the buffer")
def _():
    for n, code in ((998, 250), (999, 550), (60000, 550)):
        with ready(small) as c:
            c.envelope()
            want(c.data(LETTER + b"x" * n + b"\r\n.\r\n")[0], code, n)
            accepted(code == 250, small)
    for cut in (131070, 131071, 131072, 131073, 262144):
        with ready() as c:
            c.envelope()
            want(c.data(b"x" * cut + b"\r\n.\r\n")[0], 550, cut)
            want(c.say(b"NOOP")[0], 250)
    with ready() as c:
        c.envelope()
        want(c.data(b"x" * 131071 + b"\n.\r\nNOOP\r\n.\r\n")[0], 550)
        want(c.say(b"NOOP")[0], 250)


@case("message over the limit by bytes: 552, nothing kept, session usable")
def _():
    with ready(small) as c:
        c.say(b"MAIL FROM:<s@example.com> SIZE=65537", 552)
        for size, code in ((65536, 250), (65537, 552), (3000000, 552)):
            line = b"x" * 62 + b"\r\n"
            body = LETTER + line * ((size - len(LETTER)) // 64)
            body += b"y" * (size - len(body) - 2) + b"\r\n" if size - len(body) >= 2 else b""
            c.envelope()
            code = code if len(body) == size or code == 552 else 250
            want(c.data(body + b".\r\n")[0], code, size)
            accepted(code == 250, small)


@case("one byte per second: the session's own time ends it")
def _():
    with ready(small) as c:
        c.envelope()
        c.say(b"DATA", 354)
        started = time.monotonic()
        try:
            while time.monotonic() - started < 10:
                c.send(b"x")
                time.sleep(0.3)
                if c.sock.recv(1, 0x40) == b"":  # MSG_DONTWAIT
                    break
        except BlockingIOError:
            pass
        except OSError:
            pass
        check(c.is_closed(6) and time.monotonic() - started < 6, "still open")
    accepted(0, small)


@case("bad commands: the fifth is the last")
def _():
    with ready() as c:
        c.send(b"A\r\nB\r\n" + b"C" * 5000 + b"\r\nD\n\0E\r\nF\r\n")
        want(c.rest(), [[500, 500, 500, 500, 421]])


@case("RSET keeps EHLO and user, forgets the rest")
def _():
    with ready() as c:
        c.starttls()
        c.say(b"AUTH PLAIN " + b64(b"\0tester\0secret"), 235)
        c.say(b"MAIL FROM:<a@example.com> RET=HDRS ENVID=old", 250)
        c.say(b"RCPT TO:<old@example.net>", 250)
        c.say(b"RSET", 250)
        c.envelope()
        want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
        envelope = max(server.inbox.glob("*.envelope")).read_text()
        check("old" not in envelope and "ret=full" in envelope and "user=tester" in envelope, envelope)
    accepted(1)


@case("EHLO twice drops the transaction; HELO; bad names")
def _():
    with ready() as c:
        c.envelope()
        c.say(b"EHLO again", 250)
        c.say(b"DATA", 503)
        c.say(b"EHLO", 501)
        c.say(b"EHLO a b", 501)
        c.say(b"EHLO " + b"x" * 300, 501)
        c.say(b"HELO [192.0.2.1]", 250)
        c.envelope()
        want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
    accepted(1)


def rss(of):
    status = pathlib.Path(f"/proc/{of.child.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


@case("a flood of long commands does not grow the server")
def _():
    for opening, flood in ((b"RSET", b"NOOP " + b"x" * 2000), (b"RSET", b"MAIL FROM:<s@example.com> ENVID=" + b"x" * 99 + b" FROB"),
                           (b"MAIL FROM:<s@example.com>", b"NOOP " + b"x" * 2000)):
        with ready() as c:
            c.say(opening, 250)
            before = rss(server)
            for _ in range(100):
                c.send((flood + b"\r\n") * 200)
                c.codes(200)
            check(rss(server) - before < 10000, f"{rss(server) - before} KiB more after {flood[:20]!r}")


@case("a flood of refused recipients ends")
def _():
    with ready() as c:
        c.say(b"MAIL FROM:<s@example.com>", 250)
        before = rss(server)
        try:
            for _ in range(1000):
                c.send((b"RCPT TO:<nobody@example.net> ORCPT=rfc822;" + b"x" * 480 + b"\r\n") * 100)
                check(set(c.codes(100)) <= {550, 421}, "taken")
        except (Closed, OSError):
            pass
        check(rss(server) - before < 20000, f"{rss(server) - before} KiB more")
        check(c.is_closed(), "still open")


@case("null sender is taken")
def _():
    with ready() as c:
        c.say(b"MAIL FROM:<>", 250)
        c.say(b"RCPT TO:<r@example.net>", 250)
        want(c.data(LETTER + b"x\r\n.\r\n")[0], 250)
        check(max(server.inbox.glob("*.envelope")).read_text().startswith("\n"), "sender is not empty")
    accepted(1)


@case("SMTPUTF8: a non-ASCII address, local part or domain, needs the parameter")
def _():
    with ready() as c:
        for address in ("ü@example.com", "u@exämple.com", "u@xn--exmple-cua.com"):
            c.say(f"MAIL FROM:<{address}>".encode(), 250 if address.isascii() else 553)
            c.say(b"RSET", 250)
            c.say(f"MAIL FROM:<{address}> SMTPUTF8".encode(), 250)
            c.say(f"RCPT TO:<{address}>".encode(), 250)
            c.say(b"RSET", 250)
        c.say(b"MAIL FROM:<\xff@example.com> SMTPUTF8", 553)


@case("a million headers and a long header are refused by a named limit")
def _():
    for content in (b"A: b\r\n" * 100000, b"X: " + b"y\r\n " * 80000 + b"\r\n"):
        with ready() as c:
            c.envelope()
            code, text = c.data(content + LETTER + b"x\r\n.\r\n")
            check(code == 552 and len(text) > 20, f"{code} {text}")
    accepted(0)


def nested(depth):
    out = b"From: s@example.com\r\nMIME-Version: 1.0\r\n"
    for i in range(depth):
        out += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
    return out + b"\r\nx\r\n" + b"".join(b"--b%d--\r\n" % i for i in reversed(range(depth)))


@case("nesting of 60 is taken, of 1 000 refused by a named limit")
def _():
    with ready() as c:
        c.envelope()
        want(c.data(nested(60) + b".\r\n")[0], 250)
        c.envelope()
        code, text = c.data(nested(1000) + b".\r\n")
        check(code == 552 and "nest" in text.lower() or code == 552 and "deep" in text.lower() or "64" in text, f"{code} {text}")
    accepted(1)


bad = run(CASES, args.only)
for s in (server, small):
    if s.stop() != 0:
        print("not ok the server ended badly")
        bad = 1
sys.exit(bad)
