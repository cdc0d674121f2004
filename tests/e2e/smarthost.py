#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real Postfix as smart host that wants a password: it gets it under TLS
only, from the address we say, and a wrong one is told clearly. Postfix asks a
server of Dovecot's authentication protocol, which is the one below."""
import base64
import os
import smtplib
import socket
import subprocess
import threading

from rig import MASTER_CF, Rig, limit, report, until

NAME, USER, PASSWORD = "mx.world.example", "gate@world.example", "corr ect-horse%staple"
ANNA, SENDER = "anna@world.example", "i.wald@tannwald.example"
SASL_CF = """
mynetworks = 127.0.0.200/32
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {socket}
smtpd_sasl_security_options = noanonymous
smtpd_tls_security_level = {level}
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {home}/cert
smtpd_tls_key_file = {home}/key
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
"""


class Auth:
    """Dovecot's authentication protocol 1.1, as far as Postfix speaks it."""

    def __init__(self, path, mechanisms=("PLAIN", "LOGIN")):
        self.mechanisms, self.asked = mechanisms, []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        os.chmod(path, 0o777)
        self.socket.listen(50)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        f = peer.makefile("rw", newline="\n")
        mechs = "".join(f"MECH\t{m}\tplaintext\n" for m in self.mechanisms)
        f.write(f"VERSION\t1\t1\n{mechs}SPID\t1\nCUID\t1\nCOOKIE\t{'0' * 32}\nDONE\n")
        f.flush()
        login = {}
        for line in f:
            verb, *words = line.rstrip("\n").split("\t")
            if verb == "AUTH" and words[1] == "PLAIN":
                given = next(w[5:] for w in words if w.startswith("resp="))
                _, user, password = base64.b64decode(given).decode().split("\0")
                f.write(self.judge(words[0], user, password))
            elif verb == "AUTH":
                login[words[0]] = []
                f.write(f"CONT\t{words[0]}\t{base64.b64encode(b'Username:').decode()}\n")
            elif verb == "CONT":
                told = login[words[0]]
                told.append(base64.b64decode(words[1]).decode())
                f.write(self.judge(words[0], *told) if len(told) == 2 else f"CONT\t{words[0]}\t{base64.b64encode(b'Password:').decode()}\n")
            f.flush()

    def judge(self, number, user, password):
        self.asked.append((user, password))
        return f"OK\t{number}\tuser={user}\n" if (user, password) == (USER, PASSWORD) else f"FAIL\t{number}\tuser={user}\n"


class SmartHostRig(Rig):
    """The world's Postfix takes mail only from those who sign in."""

    def start(self):
        self.wants_sender = False
        super().start()

    def init(self):
        home = self.sink.home
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-days", "2", "-keyout", home / "key", "-out",
                        home / "cert"], check=True, stderr=subprocess.DEVNULL)
        self.auth = Auth(self.folder / "auth")
        self.configure("may")
        super().init()
        self.password = self.house.folder / "house" / "smart-password"
        self.write_password(PASSWORD)
        hop = f"127.0.0.1:{self.house.sink_port}"
        self.house.set("# hops: .*", f'hops: {{"{hop}": {{user: {USER}, password_file: smart-password, tls_name: {NAME}}}}}')
        self.house.set("# source: .*", "source: 127.0.0.7")
        self.house.set("# tls_ca: .*", f"tls_ca: {home}/cert")

    def configure(self, level):
        conf = self.sink.home / "conf/main.cf"
        text = conf.read_text().split("\nmynetworks = 127.0.0.200")[0]
        conf.write_text(text + SASL_CF.format(home=self.sink.home, socket=self.folder / "auth", level=level))
        assert "smtpd" in MASTER_CF and self.sink.control("reload").returncode == 0

    def write_password(self, text):
        self.password.write_text(text + "\n")
        self.password.chmod(0o644)


def send(rig, subject, to=ANNA, options=()):
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as c:
        if options:
            c.starttls()
        c.sendmail(SENDER, to, f"From: {SENDER}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nx\r\n", options)


def replies(rig):
    """What was last said about each item, newest first."""
    return [row[0] for row in rig.house.query("SELECT last_reply FROM item ORDER BY created_ms DESC")]


def waits(rig, words):
    """Until an item waits with these words."""
    return until(lambda: any(words in r for r in replies(rig)), 20)


def main():
    limit()
    ok = True
    policy = [("rules:\n", "  - name: Plainly\n    when: {recipient_is: anna@world.example}\n    then: clear\n")]
    with SmartHostRig([ANNA], policy=policy) as rig:
        send(rig, "one")
        rig.arrived(ANNA)
        log = rig.sink.log()
        ok &= report(rig.auth.asked == [(USER, PASSWORD)] and f"sasl_method=PLAIN, sasl_username={USER}" in log, "signs in with PLAIN", log[-600:])
        ok &= report("client=unknown[127.0.0.7]" in log, "comes from the source address", log[-600:])

        rig.write_password("wrong")
        stop_idle(rig)
        send(rig, "two")
        ok &= report(waits(rig, "refuses our user name and password"), "a wrong password is told clearly", str(replies(rig)))
        rig.write_password(PASSWORD)
        ok &= report(len(rig.arrived(ANNA, 2)) == 2, "and the mail waits until it is right")

        rig.configure("none")
        stop_idle(rig)
        before = len(rig.auth.asked)
        send(rig, "three")
        ok &= report(waits(rig, "does not offer TLS") and len(rig.auth.asked) == before, "no password without TLS", str(replies(rig)))
        rig.configure("may")
        ok &= report(len(rig.arrived(ANNA, 3)) == 3, "and the mail waits for it")

        # Postfix 3.7 does not know REQUIRETLS.
        send(rig, "four", options=["REQUIRETLS"])
        ok &= report(waits(rig, "5.7.30"), "REQUIRETLS is not given to a server without it", str(replies(rig)))
        failed = rig.house.query("SELECT recipient FROM item WHERE kind = 'mail' AND state = 3")
        ok &= report(failed == [(ANNA,)], "and the message fails at once", str(failed))

        shown = rig.house.run("config", "show").stdout
        said = rig.house.said() + shown + "".join(replies(rig))
        secrets = [PASSWORD, base64.b64encode(PASSWORD.encode()).decode(), base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()]
        ok &= report("smart-password" in shown and not any(s in said for s in secrets), "the password is nowhere to be read")
    return 0 if ok else 1


def stop_idle(rig):
    """Kept connections are signed in already."""
    code = rig.house.stop()
    assert code == 0 and rig.house.start(), rig.house.said()


if __name__ == "__main__":
    raise SystemExit(main())
