# SPDX-License-Identifier: Apache-2.0
"""A small internet with MTA-STS: a name server (Knot DNS), an authority, and an HTTPS server that is every policy host.

Used by the programs beside it. It lives in a network namespace of its own, so that ports 53 and 443 are free; where that, or Knot, is not
to be had, tests are skipped.
"""
import datetime
import fcntl
import http.server
import os
import pathlib
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

INSIDE = "LETTERLOCK_TEST_NETNS"
RESOLVER = "127.0.0.1:53"
GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mx.{0}\r\nmax_age: 86400\r\n"
NOTHING_LISTENS = "127.0.0.9"

KNOT = """
server:
    listen: 127.0.0.1@53
    rundir: {0}/run
log:
  - target: {0}/knot.log
    any: warning
database:
    storage: {0}/db
zone:
  - domain: .
    storage: {0}
    file: zone
    zonefile-load: whole
    journal-content: none
"""


def own_network():
    """Run this program again in a network namespace with nothing but loopback."""
    if INSIDE not in os.environ:
        words = ["unshare", "-n" if os.geteuid() == 0 else "-rn", "--"]
        if not shutil.which("knotd") or not shutil.which("unshare") or subprocess.run([*words, "true"], capture_output=True).returncode:
            print("skipped: needs Knot DNS and a network namespace")
            sys.exit(77)
        os.execvpe(words[0], [*words, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = bytearray(struct.pack("16sH14x", b"lo", 0x1 | 0x40))  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(s, 0x8914, request)                                 # SIOCSIFFLAGS


class Authority:
    """A CA and the certificates it makes; others distrust it where they are not given its file."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.file = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.file)
        self.file.chmod(0o644)

    @staticmethod
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    def issue(self, label, names, expired=False):
        """A certificate and key in one file; no names: only a common name."""
        request, out = self.folder / f"{label}.csr", self.folder / f"{label}.pem"
        extensions = self.folder / f"{label}.ext"
        extensions.write_text(f"subjectAltName={','.join('DNS:' + n for n in names)}\n" if names else "basicConstraints=CA:FALSE\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={label}",
                     "-keyout", self.folder / f"{label}.key", "-out", request)
        if expired:
            index = self.folder / "index.txt"
            index.write_text("")
            config = self.folder / "ca.cnf"
            config.write_text(f"[ca]\ndefault_ca=c\n[c]\ndatabase={index}\nnew_certs_dir={self.folder}\nrand_serial=yes\n"
                              "policy=p\ndefault_md=sha256\n[p]\ncommonName=supplied\n")
            ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
            self.openssl("ca", "-batch", "-config", config, "-cert", self.file, "-keyfile", self.key, "-in", request, "-out", out,
                         "-startdate", (ago - datetime.timedelta(days=30)).strftime("%Y%m%d%H%M%SZ"),
                         "-enddate", ago.strftime("%Y%m%d%H%M%SZ"), "-extfile", extensions, "-notext")
        else:
            self.openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days", "20",
                         "-extfile", extensions, "-out", out)
        out.write_text(out.read_text() + (self.folder / f"{label}.key").read_text())
        return out


class Host:
    """What one policy host answers."""

    def __init__(self, body=None, status=200, kind="text/plain", headers=(), delay=0.0, certificate=None):
        self.body, self.status, self.kind, self.headers, self.delay = body, status, kind, headers, delay
        self.certificate = certificate
        self.asked = 0
        self.paths = []


class World:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="letterlock-sts-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.records = {}       # name: ["A 127.0.0.1", …]
        self.hosts = {}         # "mta-sts.a.example": Host
        self.serial = 1
        self.authority = Authority(self.folder, "authority")
        self.stranger = Authority(self.folder, "stranger")
        self.knot = None
        self.web = None

    # ---- names ----

    def write_zone(self):
        lines = ["$TTL 0", f". SOA ns.example. hm.example. {self.serial} 60 60 60 0", ". NS ns.example.", "ns.example. A 127.0.0.1"]
        for name, records in self.records.items():
            lines += [f"{name}. {r}" for r in records]
        (self.folder / "zone").write_text("\n".join(lines) + "\n")
        self.serial += 1

    def start_names(self):
        self.write_zone()
        (self.folder / "run").mkdir(exist_ok=True)
        (self.folder / "knot.conf").write_text(KNOT.format(self.folder))
        self.knot = subprocess.Popen(["knotd", "-c", str(self.folder / "knot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if subprocess.run(["knotc", "-c", str(self.folder / "knot.conf"), "zone-status", "."], capture_output=True).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("Knot DNS did not start")

    def publish(self):
        """What is in records, from now on. The first time makes a certificate for all hosts there are."""
        if self.web is None:
            self.start_web()
        if self.knot is None:
            self.start_names()
            return
        self.write_zone()
        subprocess.run(["knotc", "-c", str(self.folder / "knot.conf"), "-b", "zone-reload", "."], check=True, capture_output=True)

    def stop_names(self):
        self.knot.terminate()
        self.knot.wait()
        self.knot = None

    def domain(self, name, host=None, texts=("v=STSv1; id=1;",), address="127.0.0.1"):
        """A domain with these records, and what its policy host answers."""
        self.records[f"_mta-sts.{name}"] = [f'TXT "{t}"' for t in texts]
        self.records[f"mta-sts.{name}"] = [f"A {address}"]
        host = host or Host()
        if host.body is None:
            host.body = GOOD.format(name)
        self.hosts[f"mta-sts.{name}"] = host
        return host

    # ---- policies ----

    def start_web(self):
        world = self

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                host = world.hosts.get(self.headers["Host"], Host("", 404))
                host.asked += 1
                host.paths.append(self.path)
                time.sleep(host.delay)
                body = host.body.encode()
                self.send_response(host.status)
                if host.kind:
                    self.send_header("Content-Type", host.kind)
                for key, value in host.headers:
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

            def finish_request(self, request, address):
                request.settimeout(20)
                try:
                    with self.context.wrap_socket(request, server_side=True) as tls:
                        Answer(tls, address, self)
                except (OSError, ssl.SSLError):
                    pass

            def handle_error(self, *_):
                pass

        def choose(sock, name, _):
            host = self.hosts.get(name)
            if host is not None and host.certificate is not None:
                sock.context = self.context_of(host.certificate)

        self.web = Server(("127.0.0.1", 443), None)
        self.web.context = self.context_of(self.authority.issue("good", list(self.hosts)))
        self.web.context.sni_callback = choose
        threading.Thread(target=self.web.serve_forever, args=(0.05,), daemon=True).start()

    @staticmethod
    def context_of(file):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def close(self):
        if self.web is not None:
            self.web.shutdown()
            self.web.server_close()
        if self.knot is not None:
            self.stop_names()
        shutil.rmtree(self.folder, ignore_errors=True)
