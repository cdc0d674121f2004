#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""revocation.py PROBE: real responders and lists: `openssl ocsp -port`, revocation lists of `openssl ca` and authorities over
HTTP, on localhost, and what pki/path makes of them when they are there, gone, slow, endless, or lead elsewhere."""
import contextlib
import http.server
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from house import free_ports  # noqa: E402

WAIT_MS = 1500
CONFIG = """
[ca]
default_ca = it
[it]
database = {folder}/index.txt
crlnumber = {folder}/number
default_md = sha256
default_crl_days = 7
crl_extensions = list
[list]
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[issuer]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[responder]
extendedKeyUsage = critical, OCSPSigning
authorityKeyIdentifier = keyid
[user]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyAgreement
extendedKeyUsage = emailProtection
authorityKeyIdentifier = keyid
subjectAltName = email:bob@example.com
authorityInfoAccess = OCSP;URI:http://localhost:{ocsp}/, caIssuers;URI:http://localhost:{web}/issuer.der
crlDistributionPoints = URI:http://localhost:{web}/list.crl
"""
failed = 0


def report(ok, name, why=""):
    global failed
    failed += not ok
    print(("ok " if ok else "not ok ") + name + (f": {why}" if not ok else ""), flush=True)


class Web(http.server.BaseHTTPRequestHandler):
    """Files of the folder `web`; or something worse."""
    folder, mode, asked = None, "files", []

    def do_GET(self):
        Web.asked.append(self.path)
        if Web.mode == "slow":
            time.sleep(WAIT_MS / 1000 + 1.5)
            return
        if Web.mode == "elsewhere":
            self.send_response(302)
            self.send_header("Location", f"/real{self.path}")
            self.end_headers()
            return
        file = Web.folder / self.path.rsplit("/", 1)[-1]
        body = file.read_bytes() if file.is_file() else b""
        self.send_response(200 if body else 404)
        if Web.mode == "endless":
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(40):
                    self.wfile.write(bytes(1 << 20))
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class World:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.web = self.folder / "web"
        self.web.mkdir()
        self.ocsp, port = free_ports(2)
        Web.folder = self.web
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Web)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        (self.folder / "conf").write_text(CONFIG.format(folder=self.folder, ocsp=self.ocsp, web=port))
        (self.folder / "number").write_text("01\n")
        self.make("root", "root", None, 1)
        self.make("issuer", "issuer", "root", 2)
        self.make("responder", "responder", "issuer", 3)
        self.make("user", "user", "issuer", 4096)
        self.say("")

    def run(self, *words):
        done = subprocess.run(["openssl", *map(str, words)], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make(self, name, section, issuer, serial):
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key")
        if issuer is None:
            self.run("req", "-x509", *key, "-subj", f"/CN={name}", "-days", 400, "-config", "conf", "-extensions", section, "-out", f"{name}.pem")
            return
        self.run("req", *key, "-subj", f"/CN={name}", "-out", f"{name}.csr")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-set_serial", serial, "-days", 300,
                 "-extfile", "conf", "-extensions", section, "-out", f"{name}.pem")

    def say(self, revoked):
        """The authority's book: user is good, revoked ("keyCompromise"), or not in it (None)."""
        state = f"R\t301231000000Z\t250101000000Z,{revoked}" if revoked else "V\t301231000000Z\t"
        (self.folder / "index.txt").write_text("" if revoked is None else f"{state}\t1000\tunknown\t/CN=user\n")

    def publish(self):
        self.run("ca", "-gencrl", "-config", "conf", "-keyfile", "issuer.key", "-cert", "issuer.pem", "-out", "list.pem")
        self.run("crl", "-in", "list.pem", "-outform", "DER", "-out", "web/list.crl")

    @contextlib.contextmanager
    def responder(self, signer="responder"):
        """Reads the book when it starts."""
        one = subprocess.Popen(["openssl", "ocsp", "-port", str(self.ocsp), "-index", "index.txt", "-CA", "issuer.pem", "-rsigner",
                                f"{signer}.pem", "-rkey", f"{signer}.key", "-nmin", "60"], cwd=self.folder,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            for line in one.stdout:
                if "waiting" in line.lower():
                    break
            yield
        finally:
            one.kill()
            one.wait()
            one.stdout.close()


def judge(world, how, links="issuer.pem", private="allow", at_ms=None):
    line = ["judge", world.folder / "root.pem", world.folder / "user.pem", world.folder / links if links != "-" else "-",
            "bob@example.com", "sign", at_ms or int(time.time() * 1000), how]
    began = time.monotonic()
    done = subprocess.run([sys.argv[1], private, str(WAIT_MS)], input=" ".join(map(str, line)) + "\n", capture_output=True, text=True)
    took = time.monotonic() - began
    if took > 6 * WAIT_MS / 1000:
        report(False, "an answer comes in time", f"{took:.1f} s")
    return done.stdout.strip() or done.stderr


def expect(name, said, *words):
    report(all(w in said for w in words), name, said)


def main(world):
    Web.asked.clear()
    expect("nobody is there: soft", judge(world, "soft"), "usable:")
    expect("nobody is there: hard", judge(world, "hard"), "unknown:", "whether it was revoked could not be found out", "localhost")
    with world.responder():
        Web.asked.clear()
        said = judge(world, "hard")
        expect("the user is good, but nobody speaks for the issuer", said, "unknown:", "authority issuer", "does not say where")
        report(Web.asked == [], "the list is not asked where the responder knows", Web.asked)
        said = judge(world, "soft")
        expect("the responder says good", said, "usable:", "root vouches")
        expect("no addresses of our own networks", judge(world, "hard", private="refuse"), "unknown:", "private network")
    with world.responder("user"):
        expect("a responder nobody named", judge(world, "hard"), "unknown:")
    with world.responder("issuer"):
        expect("the authority answers itself", judge(world, "soft"), "usable:")
    world.say("keyCompromise")
    with world.responder():
        expect("the responder says revoked", judge(world, "soft"), "revoked: it was revoked on 1 January 2025")
    # Lists, with no responder.
    world.publish()
    expect("the list says revoked", judge(world, "soft"), "revoked: it was revoked on 1 January 2025")
    expect("a list of the past is not believed", judge(world, "soft", at_ms=int((time.time() + 10 * 86400) * 1000)), "usable:")
    world.say("")
    world.publish()
    expect("the list says good", judge(world, "soft"), "usable:")
    world.say(None)
    with world.responder():
        Web.asked.clear()
        expect("the responder does not know, the list does", judge(world, "soft"), "usable:")
        report(Web.asked == ["/list.crl"], "the list is asked where the responder does not know", Web.asked)
    world.say("superseded")
    world.publish()
    list_file = world.web / "list.crl"
    broken = bytearray(list_file.read_bytes())
    good = bytes(broken)
    broken[-1] ^= 1
    list_file.write_bytes(bytes(broken))
    expect("a forged list is not believed", judge(world, "hard"), "unknown:", "signature on the revocation list is wrong")
    list_file.write_bytes(good)
    for mode, words in (("slow", "in time"), ("endless", "too large"), ("elsewhere", "status 302")):
        Web.mode = mode
        expect(f"a server that is {mode}", judge(world, "hard"), "unknown:", words)
    report("/real/list.crl" not in Web.asked, "nobody is followed elsewhere", Web.asked)
    Web.mode = "files"
    list_file.unlink()
    # The link is missing.
    expect("the issuer is nowhere", judge(world, "off", links="-"), "untrusted: no authority we trust")
    world.run("x509", "-in", "issuer.pem", "-outform", "DER", "-out", "web/issuer.der")
    expect("the issuer is fetched", judge(world, "off", links="-"), "usable:", "root vouches")
    expect("but not from our own networks", judge(world, "off", links="-", private="refuse"), "untrusted:")
    shutil.copy(world.folder / "user.pem", world.web / "issuer.der")
    expect("something else in its place", judge(world, "off", links="-"), "untrusted:")


with tempfile.TemporaryDirectory() as name:
    main(World(name))
sys.exit(failed > 0)
