#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""REQUIRETLS and "TLS-Required: No" between two gateways: the demand travels
to a server that has proven its name and takes it over, and to nobody else."""
import smtplib
import ssl

from wire import Scene, report
from house import until

ANNA, X = "anna@own.example", "x@out.example"
POLICY = "version: 1\ndomains: [own.example]\ndefault: clear\n"
REQUIRETLS, OPTIONAL = 16, 32
FAILED = 3


def send(scene, subject, options=(), extra=""):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", scene.house.smtp) as c:
        c.starttls(context=context)
        c.sendmail(ANNA, X, f"From: {ANNA}\r\nTo: {X}\r\nSubject: {subject}\r\n{extra}\r\nHello\r\n", options)


def items(scene, kind="mail"):
    return scene.house.query("SELECT state, flags & 48, last_reply FROM item WHERE kind = ? ORDER BY created_ms, id", kind)


def last(scene, n, done=True):
    """The n-th mail of a gateway, when it has come to an end."""
    until(lambda: len(items(scene)) >= n and (not done or items(scene)[n - 1][0] >= 2))
    return items(scene)[n - 1] if len(items(scene)) >= n else None


class Next(Scene):
    """Behind another one, whose certificate it checks, or not."""

    def __init__(self, behind, tls_name):
        super().__init__(POLICY, {}, {})
        self.sink.close()
        hop = f"127.0.0.1:{behind.house.smtp}"
        self.house.set("next_hop: .*", f"next_hop: {hop}")
        self.house.set("# tls_ca: .*", f"tls_ca: {behind.folder}/tls/cert.pem")
        if tls_name:
            self.house.set("# hops: .*", f'hops: {{"{hop}": {{tls_name: {tls_name}}}}}')

    def __exit__(self, *_):
        self.house.clear_away()


def demanded(a, b):
    send(a, "plain")
    last(b, 1)
    report(last(a, 1)[:2] == (2, 0) and last(b, 1)[:2] == (2, 0), "requiretls: without it nothing is demanded", f"{items(a)} {items(b)}")
    send(a, "demanding", ["REQUIRETLS"])
    here, there = last(a, 2), last(b, 2)
    report(here[:2] == (2, REQUIRETLS) and there and there[1] == REQUIRETLS, "requiretls: a proven server gets it with the demand",
           f"{here} {there} {a.house.said()[-2000:]}")
    report(there[0] == FAILED and "5.7.30" in there[2] and not any("demanding" in data for _, _, data in b.sink.kept),
           "requiretls: it ends where the next one does not promise it", f"{there}")
    until(lambda: items(b, "report") and items(b, "report")[0][0] >= 2)
    told = items(b, "report")
    report(len(told) == 1 and told[0][1] == REQUIRETLS, "requiretls: and so does the report", str(told))


def optional(a):
    send(a, "lax", extra="TLS-Required: no\r\n")
    send(a, "both", ["REQUIRETLS"], extra="TLS-Required: No\r\n")
    send(a, "else", extra="TLS-Required: Yes\r\n")
    flags = sorted(row[1] for row in (last(a, 3), last(a, 4), last(a, 5)))
    report(flags == [0, REQUIRETLS, OPTIONAL], "requiretls: TLS-Required: No is kept, and never with REQUIRETLS", str(flags))


def main():
    with Scene(POLICY, {}, {}) as b:
        with Next(b, "mail.own.example") as a:
            demanded(a, b)
            optional(a)
        for name, what in ((None, "about which nothing is known"), ("other.example", "of another name")):
            with Next(b, name) as a:
                before = len(items(b))
                send(a, "unproven", ["REQUIRETLS"])
                row = last(a, 1)
                report(row[0] == FAILED and "5.7.30" in row[2] and len(items(b)) == before, f"requiretls: not to a server {what}", str(row))


main()
