#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An installation issues certificates: judged by `openssl verify`, which fetches the lists itself, and by `openssl ocsp` and curl; the
portal behind a web server that speaks http, as many programs want it; the root offline, and fetched from its safe."""
import base64
import http.client
import http.server
import json
import pathlib
import shutil
import ssl
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from house import House, Sink, program, report, until  # noqa: E402

ADDRESS = "anna@own.example"
failed = 0


def check(ok, name, why=""):
    global failed
    failed += not ok
    report(ok, name, str(why))


class Front:
    """The web server in front: http here, https there, the portal's own name in Host."""

    def __init__(self, portal, authority):
        self.portal, self.paths = portal, []
        context = ssl.create_default_context(cafile=str(authority))
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.forward(None)

            def do_POST(self):
                self.forward(self.rfile.read(int(self.headers["Content-Length"])))

            def forward(self, body):
                front.paths.append((self.command, self.path))
                client = http.client.HTTPSConnection("localhost", portal, context=context, timeout=10)
                client.request(self.command, self.path, body=body, headers={
                    k: v for k, v in (("Content-Type", self.headers["Content-Type"]),) if v})
                answer = client.getresponse()
                data = answer.read()
                self.send_response(answer.status)
                for name in ("Content-Type", "Cache-Control"):
                    if answer.getheader(name):
                        self.send_header(name, answer.getheader(name))
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


class Desk:
    def __init__(self, house):
        self.house, self.folder = house, house.folder
        self.tls = house.conf.parent / "tls" / "cert.pem"

    def run(self, *words):
        return self.house.run(*words)

    def shown(self):
        return json.loads(self.run("ca", "show", "--json").stdout or "{}")

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def fetch_all(self, address=ADDRESS):
        for which in ("root", "issuer", "chain"):
            self.write(f"{which}.pem", self.run("ca", "show", "--pem", which).stdout)
        rows = self.house.query("SELECT der, state FROM cert WHERE address = ? AND role = 0 ORDER BY from_ms DESC, seen_ms DESC",
                                address)
        der = [der for der, state in rows if state != 2][0]
        self.write("user.pem", ssl.DER_cert_to_PEM_cert(der))

    def openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def verify(self):
        """The user's certificate by the issuer's list, then the issuer's by the root's; each is fetched from where it says."""
        code, said = self.openssl("verify", "-x509_strict", "-purpose", "smimesign", "-crl_check", "-crl_download", "-CAfile", "root.pem",
                                  "-untrusted", "issuer.pem", "user.pem")
        return (code, said) if code != 0 else self.openssl("verify", "-x509_strict", "-crl_check", "-crl_download", "-CAfile",
                                                           "root.pem", "issuer.pem")

    def ocsp(self, url, *words):
        return self.openssl("ocsp", "-issuer", "issuer.pem", *words, "-cert", "user.pem", "-CAfile", "root.pem", "-verify_other", "issuer.pem",
                            "-url", url)

    def curl(self, path, *words):
        """Status, type, cache, bytes."""
        done = subprocess.run(["curl", "-sS", "--cacert", str(self.tls), "-o", str(self.folder / "got"), "-w",
                               "%{http_code}|%{content_type}|%header{cache-control}", *words,
                               f"https://localhost:{self.house.portal}{path}"], capture_output=True, text=True)
        code, kind, cache = (done.stdout or "0||").split("|")
        return int(code), kind, cache, (self.folder / "got").read_bytes() if (self.folder / "got").exists() else b""


def made(d, front):
    done = d.run("ca", "show")
    check(done.returncode == 78 and "ca init" in done.stderr, "without an authority one is told what to do", done.stderr)
    safe = d.folder / "safe.pem"
    d.write("passphrase", "correct horse battery\n")
    done = d.run("ca", "init", "Own Ltd", "--url", front.url, "--domain", "own.example", "--kind", "p256", "--user-kind", "p256",
                 "--offline-root", str(safe), "--passphrase-file", str(d.folder / "passphrase"))
    check(done.returncode == 0 and "offline" in done.stdout, "ca init", done.stderr)
    check(safe.stat().st_mode & 0o777 == 0o600 and b"ENCRYPTED" in safe.read_bytes(), "the root's key is in its file, encrypted")
    keys = d.house.query("SELECT count(*) FROM mail_key")[0][0]
    check(keys == 2, "and nowhere else: the keeper made the other two", keys)
    done = d.run("ca", "init", "Other Ltd")
    check(done.returncode == 78 and "already" in done.stderr, "there is only one", done.stderr)
    facts = d.shown()
    check(facts["offline_root"] and facts["crl_url"].startswith(front.url) and "warning" not in facts, "ca show", facts)


def issued(d, front):
    done = d.run("cert", "enrol", ADDRESS, "--name", "Anna Muster")
    check(done.returncode == 0 and "issued" in done.stdout, "a certificate is issued", done.stderr)
    done = d.run("cert", "enrol", "anna@else.example")
    check(done.returncode != 0 and "else.example" in done.stderr, "not for a domain that is not ours", done.stderr)
    d.fetch_all()
    code, said = d.verify()
    check(code == 0 and ": OK" in said, "openssl verify fetches both lists and agrees", said)
    check(sum(p.endswith(".crl") for _, p in front.paths) == 2, "over http", front.paths)
    code, said = d.ocsp(front.url + "/ocsp")
    check(code == 0 and "user.pem: good" in said and "Response verify OK" in said, "openssl ocsp by http", said)
    code, said = d.ocsp(f"https://localhost:{d.house.portal}/ocsp", "-no_nonce", "-sha256", "-header",
                        f"Host=localhost:{d.house.portal}")    # it leaves the port out
    check(code == 0 and "user.pem: good" in said and "Response verify OK" in said, "openssl ocsp by https, asking with SHA-256", said)
    code, said = d.ocsp(front.url + "/ocsp", "-serial", "0x1234")
    check("unauthorized" in said or "Responder Error" in said, "a number that was never issued: unauthorized", said)


def by_hand(d):
    """The same by GET, and what else curl sees."""
    facts = d.shown()
    d.openssl("ocsp", "-issuer", "issuer.pem", "-cert", "user.pem", "-no_nonce", "-reqout", "request")
    text = base64.b64encode((d.folder / "request").read_bytes()).decode()
    for name, path in (("encoded", text.replace("/", "%2F").replace("+", "%2B").replace("=", "%3D")), ("as it is", text)):
        code, kind, cache, got = d.curl("/ocsp/" + path)
        (d.folder / "answer").write_bytes(got)
        _, said = d.openssl("ocsp", "-respin", "answer", "-issuer", "issuer.pem", "-cert", "user.pem", "-CAfile", "root.pem",
                            "-verify_other", "issuer.pem")
        check(code == 200 and kind == "application/ocsp-response" and "max-age=" in cache and "user.pem: good" in said,
              f"OCSP by GET, {name}", (code, kind, cache, said))
    for key, kind in (("issuer_url", "application/pkix-cert"), ("root_url", "application/pkix-cert"),
                      ("crl_url", "application/pkix-crl"), ("root_crl_url", "application/pkix-crl")):
        path = facts[key][facts[key].index("/pki/"):]
        code, got_kind, cache, got = d.curl(path)
        (d.folder / "der").write_bytes(got)
        parsed, said = d.openssl("crl" if key.endswith("crl_url") else "x509", "-inform", "DER", "-in", "der", "-noout")
        check((code, got_kind, parsed) == (200, kind, 0) and "max-age=" in cache, f"{key} by https", (code, got_kind, cache, said))
    for path, want in (("/pki/none.crl", 404), ("/pki/..%2fx.crl", 400), ("/pki/cert/x.crt", 404), ("/ocsp/%00", 400)):
        code, *_ = d.curl(path, "--path-as-is")
        check(code == want, f"{path}: {want}", code)
    code, *_ = d.curl("/ocsp", "-H", "Content-Type: application/ocsp-request", "--data-binary", "x" * 17000)
    check(code == 413, "a request that is too large is not read", code)


def revoked(d, front):
    now = int(time.time() * 1000)
    number = d.shown()["crl_number"]
    done = d.run("cert", "enrol", ADDRESS)
    check(done.returncode == 0, "a second certificate", done.stderr)
    d.fetch_all()
    check(d.verify()[0] == 0, "is good")
    # Another process marks it, as the handling of leavers does.
    db = d.house.query
    rows = db("SELECT hex(sha256) FROM cert WHERE address = ? AND role = 0 AND state = 0", ADDRESS)
    check(len(rows) == 1, "the first one was replaced", rows)
    import sqlite3
    with sqlite3.connect(d.house.database, timeout=20) as store:
        store.execute("UPDATE cert SET state = 3, revoked_ms = ?, reason = 1 WHERE hex(sha256) = ?", (now, rows[0][0]))
    done = d.run("ca", "crl")
    check(done.returncode == 0 and d.shown()["crl_number"] == number + 1, "ca crl", done.stderr)
    code, said = d.verify()
    check(code != 0 and "certificate revoked" in said, "openssl verify sees it in the list", said)
    code, said = d.ocsp(front.url + "/ocsp")
    check("user.pem: revoked" in said and "keyCompromise" in said, "openssl ocsp hears of it", said)
    done = d.run("cert", "enrol", ADDRESS)
    d.fetch_all()
    check(d.verify()[0] == 0 and "good" in d.ocsp(front.url + "/ocsp")[1], "the next one is good", done.stderr)


def renewed(d):
    safe = d.folder / "safe.pem"
    done = d.run("ca", "renew")
    check(done.returncode != 0 and "offline" in done.stderr, "without the root's key it is not renewed", done.stderr)
    d.write("wrong", "wrong horse battery\n")
    done = d.run("ca", "renew", "--root-key", str(safe), "--passphrase-file", str(d.folder / "wrong"))
    check(done.returncode != 0 and "passphrase" in done.stderr, "nor with another passphrase", done.stderr)
    before = d.shown()
    done = d.run("ca", "renew", "--root-key", str(safe), "--passphrase-file", str(d.folder / "passphrase"), "--json")
    after = json.loads(done.stdout or "{}")
    check(done.returncode == 0 and after["issuer"]["sha256"] != before["issuer"]["sha256"] and
          after["issuer_url"] == before["issuer_url"], "with it the issuer's key has a new certificate", done.stderr)
    d.fetch_all()
    code, said = d.verify()
    check(code == 0, "what was issued before goes on", said)
    check(d.house.kill() is None and d.house.start() and d.run("cert", "enrol", "bob@own.example").returncode == 0,
          "after a restart certificates are issued as before")


def requested(d):
    """Somebody's own key, by his request: certified, and neither used, renewed nor replaced here."""
    carl = "carl@own.example"
    keys = d.house.query("SELECT count(*) FROM mail_key")[0][0]
    d.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "carl.key", "-out", "carl.csr",
              "-subj", "/CN=The Chairman", "-addext", f"subjectAltName=email:{carl}")
    d.openssl("req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "weak.key", "-out", "weak.csr", "-subj", "/CN=x")
    for file, address, want in (("carl.csr", ADDRESS, carl), ("weak.csr", carl, "short"), ("carl.key", carl, "request"),
                                ("carl.csr", "carl@else.example", "carl")):
        done = d.run("cert", "issue", address, "--csr", str(d.folder / file))
        check(done.returncode != 0 and want in done.stderr and "BEGIN" not in done.stdout, f"no certificate for {address} by {file}", done.stderr)
    assert d.run("cert", "issue", carl).returncode == 0
    done = d.run("cert", "issue", carl, "--csr", str(d.folder / "carl.csr"), "--name", "Carl")
    d.write("user.pem", done.stdout)
    code, said = d.verify()
    check(code == 0 and ": OK" in said and done.stdout.count("BEGIN CERT") == 2, "a request is certified", f"{said}{done.stderr}")
    _, said = d.openssl("x509", "-in", "user.pem", "-noout", "-subject", "-pubkey", "-ext", "subjectAltName")
    _, key = d.openssl("pkey", "-in", "carl.key", "-pubout")
    check("Chairman" not in said and "CN = Carl" in said and f"email:{carl}" in said and key in said, "its key, and our names", said)
    rows = d.house.query("SELECT state, key IS NULL OR key = zeroblob(16), hex(sha256) FROM cert WHERE address = ? ORDER BY seen_ms", carl)
    check([r[:2] for r in rows] == [(0, 0), (0, 1)], "it stands beside the one that we use", rows)
    check(d.house.query("SELECT count(*) FROM mail_key")[0][0] == keys + 1, "no key was made for it")
    done = d.run("cert", "renew", rows[1][2])
    check(done.returncode != 0 and "its owner" in done.stderr, "it is not renewed here", done.stderr)
    done = d.run("cert", "test", carl)
    check(done.returncode == 0 and "does not work" not in done.stdout, "signing and opening go on with the other", done.stdout)
    done = d.run("cert", "renew", rows[0][2])
    states = [r[0] for r in d.house.query("SELECT state FROM cert WHERE address = ? ORDER BY seen_ms", carl)]
    check(done.returncode == 0 and states == [2, 0, 0], "whose renewal leaves it alone", f"{states} {done.stderr}")


def main():
    binary = program("LETTERLOCK")
    sink = Sink()
    house = House(binary, sink.port).ready_made()
    try:
        if not house.start():
            check(False, "the installation starts", house.said())
            return 1
        d = Desk(house)
        front = Front(house.portal, d.tls)
        made(d, front)
        issued(d, front)
        by_hand(d)
        revoked(d, front)
        renewed(d)
        requested(d)
    finally:
        house.kill()
        sink.close()
        shutil.rmtree(house.folder, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
