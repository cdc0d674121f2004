#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Certificates from other authorities: ACME against pebble and against a server that asks by e-mail, CMP against `openssl cmp -port`,
EST, and a program; through the code of the product, with ordinary keys."""
import base64
import email
import http.server
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent / "fault")]
from house import free_ports, report, until  # noqa: E402

failed = 0


def check(ok, name, why=""):
    global failed
    failed += not ok
    report(ok, name, str(why))


def openssl(*words, **more):
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, **more)


class Desk:
    """enrol_probe, line by line."""

    def __init__(self, program, folder, way, url="-", ca="-", trust="-", user="-", password="-", command="-"):
        self.p = subprocess.Popen([program, folder, way, *map(str, (url, ca, trust, user, password, command))], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, *words):
        self.p.stdin.write(" ".join(map(str, words)) + "\n")
        self.p.stdin.flush()
        return self.p.stdout.readline().strip()

    def close(self):
        self.p.stdin.close()
        return self.p.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        check(self.close() == 0, "the probe ends well")


class Lab:
    def __init__(self, program):
        self.program = program
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="letterlock-enrol-", dir="/tmp"))
        os.chdir(self.folder)
        # One authority for the servers' TLS, and for what CMP and EST issue.
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                "-subj", "/CN=Their CA", "-days", 30, "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tls.key", "-out", "tls.csr",
                "-subj", "/CN=localhost")
        (self.folder / "tls.ext").write_text("subjectAltName=DNS:localhost\n")
        openssl("x509", "-req", "-in", "tls.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "tls.pem", "-days", 30,
                "-extfile", "tls.ext")
        (self.folder / "mail.ext").write_text("subjectAltName=email:anna@own.example\nextendedKeyUsage=emailProtection\n"
                                              "keyUsage=critical,digitalSignature,keyAgreement\nbasicConstraints=CA:FALSE\n")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "any.key", "-out",
                "stranger.pem", "-subj", "/CN=Nobody", "-days", 30)
        (self.folder / "secret").write_text("hush\nnot this\n")

    def desk(self, way, **more):
        return Desk(self.program, self.folder, way, **more)

    def certify(self, spki_hex, out, *words):
        """What their authority makes of a public key."""
        (self.folder / "key.der").write_bytes(bytes.fromhex(spki_hex))
        openssl("pkey", "-pubin", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
        openssl("req", "-new", "-key", "tls.key", "-subj", "/CN=anna", "-out", "any.csr")
        openssl("x509", "-req", "-in", "any.csr", "-force_pubkey", "key.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", out,
                "-days", 30, "-extfile", "mail.ext", *words)


# ---- ACME ------------------------------------------------------------------

def pebble(lab):
    if shutil.which("pebble") is None:
        print("skipped pebble: it is not installed")
        return
    port, admin = free_ports(2)
    (lab.folder / "pebble.json").write_text(
        '{"pebble": {"listenAddress": "127.0.0.1:%d", "managementListenAddress": "127.0.0.1:%d", "certificate": "tls.pem", '
        '"privateKey": "tls.key", "httpPort": 5002, "tlsPort": 5001, "ocspResponderURL": "", "externalAccountBindingRequired": false}}'
        % (port, admin))
    server = subprocess.Popen(["pebble", "-config", "pebble.json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, "PEBBLE_VA_ALWAYS_VALID": "1", "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "30"})
    try:
        url = f"https://localhost:{port}/dir"
        with lab.desk("acme", url=url, ca="ca.pem") as d:
            said = until(lambda: (s := d.say("acme", "dns", "mail.own.example", "http-01")) and "Failed to connect" not in s and s, 5, 0.2)
            check(re.fullmatch(r"chain of [2-9]", said or ""), "pebble: account, order, challenge, certificate, with nonces refused", said)
            said = d.say("acme", "dns", "mail.own.example", "email-reply-00")
            check(said.startswith("permanent") and "no challenge" in said, "pebble: a challenge it does not have", said)
            said = d.say("acme", "email", "anna@own.example", "email-reply-00")
            check(said.startswith("permanent") and "400" in said, "pebble: an identifier it does not know is its own sentence", said)
        with lab.desk("acme", url=url, ca="stranger.pem") as d:
            check("ACME server" in d.say("acme", "dns", "x.example", "http-01"), "pebble: not without its authority")
    finally:
        server.kill()
        server.wait()


def answer_of(lab, reply):
    mail = email.message_from_bytes(reply)
    body = mail.get_payload().replace("\r\n", "\n")
    found = re.fullmatch(r"-----BEGIN ACME RESPONSE-----\n([\w-]+)\n-----END ACME RESPONSE-----\n", body)
    return mail, found and found.group(1)


def by_mail(lab):
    from acme_mail_server import Acme
    acme = Acme("tls.key", "tls.pem")
    with lab.desk("acme", url=acme.base + "/directory", ca="ca.pem") as d:
        now = int(time.time() * 1000)
        check(d.say("begin", "anna@own.example", "Anna Muster") == "ok", "an order is placed")
        mail = lab.folder / "challenge"
        mail.write_bytes(b"From: acme-challenge@ca.example\r\nTo: anna@own.example\r\nSubject: ACME: early\r\nMessage-ID: <1@x>\r\n"
                         b"Auto-Submitted: auto-generated; type=acme\r\n\r\n")
        check(d.say("challenge", mail).startswith("temporary"), "a mail before the order is known is to come again")
        check(d.say("tend") == "1" and len(acme.mails) == 1, "the server sends its mail", d.say("orders", "anna@own.example"))
        d.say("begin", "anna@own.example")
        check("|" not in d.say("orders", "anna@own.example"), "a second order for an address is the first one")
        true = acme.mails[0][1]
        for name, other in (("another sender", true.replace(b"acme-challenge@", b"evil@")),
                            ("another recipient", true.replace(b"anna@", b"bob@")),
                            ("not marked", true.replace(b"; type=acme", b"")),
                            ("two subjects", b"Subject: ACME: x\r\n" + true),
                            ("no token", re.sub(rb"ACME: \S+", b"ACME: ", true))):
            mail.write_bytes(other)
            check(d.say("challenge", mail) == "not ours", f"a challenge of {name} is not answered")
        mail.write_bytes(true)
        check(d.say("challenge", mail) == "anna@own.example answers+1@ca.example", "the true one is")
        reply, digest = answer_of(lab, pathlib.Path(f"{mail}.reply").read_bytes())
        asked = email.message_from_bytes(true)
        check(reply["In-Reply-To"] == asked["Message-ID"] and reply["Subject"] == "Re: " + asked["Subject"] and
              reply["From"] == "anna@own.example" and reply["To"] == "answers+1@ca.example" and digest, "by a mail as RFC 8823 wants it",
              reply.as_string())
        check(d.say("tend") == "0", "nothing is due at once")
        acme.answers["anna@own.example"] = digest
        for i in range(1, 6):
            d.say("clock", now + i * 60000)
            d.say("tend")
        said = d.say("orders", "anna@own.example")
        check(said.startswith("done"), "the order is done", said)
        said = d.say("certs", "anna@own.example")
        check(said.startswith("1 0 ") and "from CN=Mail CA" in said, "the certificate is kept", said)
        # Another one: the answer is wrong, or never comes.
        d.say("begin", "bob@own.example")
        d.say("tend")
        mail.write_bytes(acme.mails[-1][1])
        d.say("challenge", mail)
        acme.answers["bob@own.example"] = "wrong"
        for i in range(6, 12):
            d.say("clock", now + i * 60000)
            d.say("tend")
        said = d.say("orders", "bob@own.example")
        check(said.startswith("failed") and "no right answer" in said, "a refusal ends an order with the server's reason", said)
        d.say("begin", "carl@own.example")
        acme.server.shutdown()
        acme.server.server_close()
        d.say("tend")
        said = d.say("orders", "carl@own.example")
        check(said.startswith("waiting") and "ACME server" in said, "a server that is away is asked again later", said)
    bound = Acme("tls.key", "tls.pem")
    bound.secret = b"0123456789abcdef"
    (lab.folder / "eab").write_text(base64.urlsafe_b64encode(bound.secret).decode() + "\n")
    for password, want in (("eab", "waiting"), ("secret", "failed")):
        with lab.desk("acme", url=bound.base + "/directory", ca="ca.pem", user="kid-1", password=password) as d:
            d.say("begin", "anna@own.example")
            d.say("tend")
            said = d.say("orders", "anna@own.example")
            check(said.startswith(want), f"an account elsewhere, with the secret of {password}", said)
    bound.server.shutdown()


# ---- CMP -------------------------------------------------------------------

def cmp_server(lab, port, certificate, secret="hush"):
    server = subprocess.Popen(["openssl", "cmp", "-port", str(port), "-srv_ref", "letterlock", "-srv_secret", f"pass:{secret}",
                               "-srv_cert", "ca.pem", "-srv_key", "ca.key", "-srv_trusted", "ca.pem",
                               "-rsp_cert", certificate, "-rsp_extracerts", "ca.pem"],
                              stdout=open("cmp.log", "ab"), stderr=subprocess.STDOUT)
    time.sleep(0.5)
    return server


def over_cmp(lab):
    port, = free_ports(1)
    more = {"url": f"http://localhost:{port}/pkix/", "trust": "ca.pem", "user": "letterlock", "password": "secret"}
    with lab.desk("cmp", **more) as d:
        now = int(time.time() * 1000)
        d.say("begin", "anna@own.example", "Anna")
        d.say("tend")
        said = d.say("orders", "anna@own.example")
        check(said.startswith("waiting"), "CMP: a server that is not there is asked again", said)
        lab.certify(d.say("key", "anna@own.example"), "anna.pem")
        lab.certify(openssl("pkey", "-in", "tls.key", "-pubout", "-outform", "DER").stdout.hex(), "other.pem")
        for name, certificate, secret, want in (("a certificate of another key", "other.pem", "hush", "failed"),
                                                ("a first certificate", "anna.pem", "hush", "done")):
            server = cmp_server(lab, port, certificate, secret)
            if want == "failed":
                d.say("begin", "bob@own.example")
                d.say("clock", now + 1000)
                d.say("tend")
                said = d.say("orders", "bob@own.example")
            else:
                d.say("clock", now + 3600000)
                d.say("tend")
                said = d.say("orders", "anna@own.example")
            server.kill()
            server.wait()
            check(said.startswith(want), f"CMP: {name}: {want}", (said, pathlib.Path("cmp.log").read_text()[-600:]))
        said = d.say("certs", "anna@own.example")
        check("CN=Their CA" in said, "CMP: it is kept", said)
        # The next one is signed with the one before (kur).
        d.say("begin", "anna@own.example", "Anna")
        # This server wants what it gives to have the number of what is renewed.
        number = openssl("x509", "-in", "anna.pem", "-noout", "-serial").stdout.decode().strip().split("=")[1]
        lab.certify(d.say("key", "anna@own.example"), "anna2.pem", "-set_serial", f"0x{number}")
        server = cmp_server(lab, port, "anna2.pem", "another")
        d.say("clock", now + 3700000)
        d.say("tend")
        server.kill()
        server.wait()
        said = d.say("orders", "anna@own.example")
        check(said.startswith("done"), "CMP: a renewal is signed with the certificate before", said)
        said = d.say("certs", "anna@own.example")
        check(said.count("|") == 1 and "1 2 " in said, "CMP: and takes its place", said)
    with lab.desk("cmp", **{**more, "password": "tls.pem"}) as d:
        d.say("begin", "anna@own.example", "Anna")
        lab.certify(d.say("key", "anna@own.example"), "anna3.pem")
        server = cmp_server(lab, port, "anna3.pem")
        d.say("tend")
        server.kill()
        server.wait()
        said = d.say("orders", "anna@own.example")
        check(not said.startswith("done"), "CMP: not with another secret", said)


# ---- EST and a program -----------------------------------------------------

def over_est(lab):
    seen = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.update(path=self.path, type=self.headers["Content-Type"], authorization=self.headers["Authorization"])
            if seen.get("later") or self.path.rsplit("/", 1)[1] in seen.get("without", ()):
                self.send_response(202 if seen["later"] else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            request = openssl("req", "-inform", "DER", "-noout", "-pubkey", input=base64.b64decode(body)).stdout
            seen["text"] = openssl("req", "-inform", "DER", "-noout", "-subject", "-text", input=base64.b64decode(body)).stdout.decode()
            seen["key"] = request
            der = openssl("pkey", "-pubin", "-outform", "DER", input=request).stdout
            lab.certify(der.hex(), "est.pem")
            p7 = openssl("crl2pkcs7", "-nocrl", "-certfile", "ca.pem", "-certfile", "est.pem", "-outform", "DER").stdout
            data = base64.encodebytes(p7)
            self.send_response(200)
            self.send_header("Content-Type", "application/pkcs7-mime; smime-type=certs-only")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("tls.pem", "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    url = f"https://localhost:{server.server_address[1]}/.well-known/est"
    with lab.desk("est", url=url, ca="ca.pem", user="letterlock", password="secret") as d:
        seen["later"] = True
        d.say("begin", "anna@own.example")
        d.say("tend")
        said = d.say("orders", "anna@own.example")
        check(said.startswith("waiting") and "not decided" in said, "EST: somebody has to agree first", said)
        seen["later"] = False
        d.say("clock", int(time.time() * 1000) + 3600000)
        d.say("tend")
        said = d.say("orders", "anna@own.example")
        check(said.startswith("done") and "CN=Their CA" in d.say("certs", "anna@own.example"), "EST: a certificate", said)
        check(seen["path"] == "/.well-known/est/simpleenroll" and seen["type"] == "application/pkcs10" and
              base64.b64decode(seen["authorization"][6:]) == b"letterlock:hush", "EST: asked as RFC 7030 says", seen)
        first, hour = seen["key"], 2
        for without, path in (((), "simplereenroll"), (("simplereenroll",), "simpleenroll")):
            seen["without"] = without
            d.say("begin", "anna@own.example", "Another Name")
            d.say("clock", int(time.time() * 1000) + hour * 3600000)
            d.say("tend")
            said, hour = d.say("orders", "anna@own.example"), hour + 1
            # The authority made it of CN=anna, whatever was asked for.
            same = "subject=CN = anna\n" in seen["text"] and "email:anna@own.example" in seen["text"]
            check(said.startswith("done") and seen["path"].endswith("/" + path) and same == (path == "simplereenroll") and
                  seen["key"] != first, f"EST: renewed by {path}, with a new key", f"{said} {seen}")
        active = [c for c in d.say("certs", "anna@own.example").split(" | ") if c.split()[1] == "0"]
        check(len(active) == 1, "EST: the new one takes the old one's place", active)
        d.say("begin", "bob@own.example")
        d.say("tend")
        said = d.say("orders", "bob@own.example")
        check(seen["path"].endswith("/simpleenroll") and said.startswith("failed") and "another address" in said, "EST: a certificate of somebody else is not taken", said)
    server.shutdown()


def by_program(lab):
    def script(name, text):
        path = lab.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path
    good = script("good", "env >env.txt; echo \"$@\" >args.txt; cat >request.pem; exec 2>/dev/null\n"
                  "openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -days 9 -extfile mail.ext\ncat ca.pem")
    for name, command, want in (("one that works", good, "done"),
                                ("one that says later", script("later", "cat >/dev/null; exit 75"), "waiting"),
                                ("one that says no", script("no", "exit 3"), "failed ended with 3"),
                                ("one that says nonsense", script("odd", "cat"), "failed"),
                                ("none", "/nonexistent", "failed cannot be started")):
        os.environ["SECRET_OF_OURS"] = "x"
        with lab.desk("command", command=command) as d:
            d.say("begin", "anna@own.example", "Anna")
            d.say("tend")
            said = d.say("orders", "anna@own.example")
            state, _, words = want.partition(" ")
            check(said.startswith(state) and words in said, f"a program: {name}: {state}", said)
    env = (lab.folder / "env.txt").read_text()
    check("SECRET_OF_OURS" not in env and (lab.folder / "args.txt").read_text() == "anna@own.example\n", "it gets two words and no more", env)
    text = openssl("req", "-in", "request.pem", "-noout", "-text", "-verify").stdout.decode()
    check("email:anna@own.example" in text and "E-mail Protection" in text and "CN = Anna" in text, "and a request that says all", text)


def main():
    lab = Lab(os.path.abspath(sys.argv[1]))
    try:
        pebble(lab)
        by_mail(lab)
        over_cmp(lab)
        over_est(lab)
        by_program(lab)
    finally:
        shutil.rmtree(lab.folder, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
