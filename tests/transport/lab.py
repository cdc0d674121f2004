# SPDX-License-Identifier: Apache-2.0
"""A small internet in a network namespace of its own: addresses, authorities
and certificates, a signed tree of DNS zones with a validating resolver.

	enter() ──► own network, mounts and processes ──► Authority, Zones, Resolver
	servers.py: who listens there                      cases.py: what is shown

Inside, every address of 93.184.216.0/24 is this machine, and one of IPv6, so
that mail servers stand at port 25 and web servers at 443 as everywhere. All
that was started ends with the program, whatever happens: it is the first
process of its process namespace.
"""
import base64
import hashlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from rig import House, Postfix, body_text, limit, program, report, until  # noqa: E402

__all__ = ["Authority", "House", "Postfix", "Resolver", "Zones", "body_text", "enter", "limit", "program", "report", "sh", "until"]

INSIDE = "LETTERLOCK_LAB_INSIDE"
# Of the internet, for those who go by such addresses only; nothing leaves this machine.
NET4, IPV6_AT = "93.184.216", "2001:db8::25"
NAMES_AT, RESOLVER_AT = f"{NET4}.1", f"{NET4}.2"
TOOLS = ("unshare", "ip", "mount", "openssl", "postfix", "posttls-finger", "delv", "dig", "knotd", "unbound", "ldns-signzone", "ldns-keygen")
DAY = 86400
KNOT_CONF = """
server:
    listen: {at}@53
    rundir: {folder}/run
database:
    storage: {folder}/db
log:
  - target: {folder}/log
    any: info
template:
  - id: default
    storage: {folder}
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
"""
UNBOUND_CONF = """
server:
 interface: {at}
 access-control: 0.0.0.0/0 allow
 username: ""
 chroot: ""
 pidfile: ""
 directory: "{folder}"
 use-syslog: no
 logfile: "{folder}/log"
 trust-anchor-file: "{anchor}"
 do-not-query-localhost: no
 do-ip6: no
 num-threads: 1
remote-control:
 control-enable: no
stub-zone:
 name: "."
 stub-addr: {names}
"""


def sh(*words, **options):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}"
    return done.stdout


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def enter():
    """Come back in a network of our own, or end: skipped."""
    if os.environ.get(INSIDE) is None:
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        missing = [tool for tool in TOOLS if shutil.which(tool) is None]
        if missing:
            skip("the lab needs " + ", ".join(missing))
        if os.geteuid() != 0:
            skip("Postfix and network namespaces are for root only")
        words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        tried = subprocess.run([*words, "true"], capture_output=True, text=True)
        if tried.returncode != 0:
            skip("no network namespace of our own here: " + tried.stderr.strip())
        os.environ[INSIDE] = "1"
        os.execvp(words[0], [*words, sys.executable, *sys.argv])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "route", "add", "local", f"{NET4}.0/24", "dev", "lo")
    if has_ipv6():
        sh("ip", "-6", "addr", "add", IPV6_AT + "/128", "dev", "lo", "nodad")


def has_ipv6():
    return os.path.exists("/proc/net/if_inet6")


def use_resolver(folder):
    """What asks the system's resolver asks ours; it believes it, as one on the same machine."""
    path = pathlib.Path(folder) / "resolv.conf"
    path.write_text(f"nameserver {RESOLVER_AT}\noptions edns0 trust-ad attempts:1 timeout:5\n")
    sh("mount", "--bind", path, os.path.realpath("/etc/resolv.conf"))


class Certificate:
    """PEM files: key, certificate and the chain as a server sends it."""

    def __init__(self, folder, name):
        self.key, self.cert, self.chain = (folder / f"{name}.{part}" for part in ("key", "crt", "pem"))

    def der(self):
        return base64.b64decode(re.search(r"-+BEGIN CERTIFICATE-+(.*?)-+END", self.cert.read_text(), re.S).group(1))

    def public_key(self):
        pem = sh("openssl", "x509", "-in", self.cert, "-noout", "-pubkey")
        return base64.b64decode("".join(pem.splitlines()[1:-1]))

    def tlsa(self, usage, selector, matching):
        """The data of a TLSA record for this certificate."""
        data = self.public_key() if selector else self.der()
        digest = {0: lambda d: d, 1: lambda d: hashlib.sha256(d).digest(), 2: lambda d: hashlib.sha512(d).digest()}[matching](data)
        return f"{usage} {selector} {matching} {digest.hex()}"


class Authority:
    """Who signs certificates: itself (root) or signed by another."""

    def __init__(self, folder, name, parent=None):
        self.folder, self.parent = pathlib.Path(folder), parent
        self.folder.mkdir(exist_ok=True)
        self.own = Certificate(self.folder, name)
        if parent is None:
            self.make(self.own, name, None, "CA:TRUE", 30, self.own)
            self.above = b""
        else:
            parent.make(self.own, name, None, "CA:TRUE", 30, parent.own)
            self.above = self.own.cert.read_bytes() + parent.above

    def make(self, out, subject, names, basic, days, signer):
        """A certificate of days from now on, or that ended so long ago."""
        extensions = f"basicConstraints=critical,{basic}\nsubjectKeyIdentifier=hash\n"
        if names:
            extensions += "subjectAltName=" + ",".join("DNS:" + n for n in names) + "\n"
        config = out.key.with_suffix(".conf")
        config.write_text(f"[req]\ndistinguished_name=dn\n[dn]\n[x]\n{extensions}"
                          f"[ca]\ndefault_ca=d\n[d]\ndatabase={config}.db\nrand_serial=yes\nnew_certs_dir={self.folder}\n"
                          "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
        pathlib.Path(f"{config}.db").touch()
        sh("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", out.key)
        request = out.key.with_suffix(".csr")
        sh("openssl", "req", "-new", "-config", config, "-key", out.key, "-subj", f"/CN={subject}", "-out", request)
        start, end = (0, days) if days > 0 else (days - 10, days)
        when = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + d * DAY - 3600)) for d in (start, end)]
        words = ["-selfsign", "-keyfile", out.key] if signer is out else ["-cert", signer.cert, "-keyfile", signer.key]
        sh("openssl", "ca", "-batch", "-notext", "-config", config, "-extensions", "x", *words, "-startdate", when[0], "-enddate", when[1],
           "-in", request, "-out", out.cert)

    def issue(self, name, names, days=30):
        out = Certificate(self.folder, name)
        self.make(out, name, names, "CA:FALSE", days, self.own)
        # The root goes along: TLSA 2 x x may name it (RFC 7672 3.1.2).
        root = self.own if self.parent is None else self.parent.own
        out.chain.write_bytes(out.key.read_bytes() + out.cert.read_bytes() + self.above + root.cert.read_bytes())
        return out

    def self_signed(self, name, names):
        out = Certificate(self.folder, name)
        self.make(out, name, names, "CA:FALSE", 30, out)
        out.chain.write_bytes(out.key.read_bytes() + out.cert.read_bytes())
        return out


class Zones:
    """A tree of zones, served by Knot DNS:

	.			signed; its key is the trust anchor
	  signed.example.	signed
	  plain.example.	not
	  bogus.example.	signed, by a key that the root does not name
	"""
    ROOT = ""
    SIGNED = ("signed.example", "bogus.example")
    ALL = ("signed.example", "plain.example", "bogus.example")

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "run").mkdir(parents=True)
        self.records = {zone: {} for zone in (*self.ALL, self.ROOT)}
        self.broken = set()
        self.serial = 1
        self.keys = {zone: self.new_key(zone) for zone in (self.ROOT, *self.SIGNED)}
        self.anchor = self.folder / "anchor"
        self.anchor.write_text(self.ds(self.keys[self.ROOT]))
        self.bind_anchor = self.folder / "anchor.bind"
        key = (self.folder / (self.keys[self.ROOT] + ".key")).read_text().split("DNSKEY")[1].split(";")[0].split()
        self.bind_anchor.write_text(f'trust-anchors {{ . static-key {" ".join(key[:3])} "{"".join(key[3:])}"; }};\n')
        self.server = None

    def new_key(self, zone):
        return sh("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone + ".", cwd=self.folder).strip()

    def ds(self, key):
        return (self.folder / (key + ".ds")).read_text()

    def zone_of(self, name):
        return max((z for z in self.records if ("." + name).endswith("." + z) or z == self.ROOT), key=len)

    def add(self, name, kind, data, ttl=300):
        self.records[self.zone_of(name)].setdefault((name, kind), []).append(f"{name}. {ttl} IN {kind} {data}")

    def replace(self, name, kind, *data, ttl=300):
        self.records[self.zone_of(name)].pop((name, kind), None)
        for d in data:
            self.add(name, kind, d, ttl)

    def text(self, zone):
        lines = [f"{zone}. 300 IN SOA ns.example. admin.example. {self.serial} 3600 600 86400 1", f"{zone}. 300 IN NS ns.example."]
        if zone == self.ROOT:
            lines.append(f"ns.example. 300 IN A {NAMES_AT}")
            lines += [f"{child}. 300 IN NS ns.example." for child in self.ALL]
            lines += [self.ds(self.keys["signed.example"]), self.ds(self.new_key("bogus.example"))]
        return "\n".join(lines + [line for rrset in self.records[zone].values() for line in rrset]) + "\n"

    def break_signature(self, match):
        """Another first letter: it is a signature still, of something else."""
        other = "B" if match.group(3)[0] == "A" else "A"
        return match.group(1) + match.group(2) + other + match.group(3)[1:]

    def write(self, zone):
        path = self.folder / (zone + ".zone")
        path.write_text(self.text(zone))
        out = self.folder / (zone + ".served")
        if zone not in self.keys:
            os.replace(path, out)
            return
        sh("ldns-signzone", "-n", "-f", f"{out}.new", path, self.folder / self.keys[zone])
        text = pathlib.Path(f"{out}.new").read_text()
        for name, kind in self.broken:
            text = re.sub(rf"^({re.escape(name)}\.\s+\d+\s+IN\s+RRSIG\s+{kind} )((?:\S+\s+){{7}})(\S+)", self.break_signature, text, flags=re.M)
        pathlib.Path(f"{out}.new").write_text(text)
        os.replace(f"{out}.new", out)

    def serve(self):
        for zone in self.records:
            self.write(zone)
        conf = self.folder / "knot.conf"
        conf.write_text(KNOT_CONF.format(at=NAMES_AT, folder=self.folder) +
                        "".join(f"  - domain: {zone}.\n    file: {zone}.served\n" for zone in self.records))
        self.server = subprocess.Popen(["knotd", "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert until(lambda: listens(NAMES_AT, 53)), (self.folder / "log").read_text()

    def update(self, *names):
        """Have what was replaced served."""
        self.serial += 1
        for zone in {self.zone_of(name) for name in names}:
            self.write(zone)
        self.server.send_signal(signal.SIGHUP)

    def delv(self, name, kind):
        """secure, insecure or bogus, and none- before it where there is nothing."""
        done = subprocess.run(["delv", "-a", str(self.bind_anchor), f"@{NAMES_AT}", name, kind], capture_output=True, text=True)
        out = done.stdout + done.stderr
        if re.search(r"resolution failed: (?!ncache)", out):
            return "bogus"
        nothing = "none-" if "negative response" in out or "ncache" in out else ""
        return nothing + ("secure" if "fully validated" in out else "insecure")


class Resolver:
    """unbound, validating from our anchor."""

    def __init__(self, folder, zones):
        folder = pathlib.Path(folder)
        folder.mkdir()
        self.log = folder / "log"
        self.conf = folder / "unbound.conf"
        self.conf.write_text(UNBOUND_CONF.format(at=RESOLVER_AT, folder=folder, anchor=zones.anchor, names=NAMES_AT))
        self.start()

    def start(self):
        self.server = subprocess.Popen(["unbound", "-d", "-c", str(self.conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert until(lambda: listens(RESOLVER_AT, 53)), self.log.read_text()

    def stop(self):
        self.server.kill()
        self.server.wait()

    def validated(self, names, kind):
        """What it says of all of them: secure, insecure or bogus, and none- before it where there is nothing."""
        words = [word for name in names for word in (name, kind)]
        out = sh("dig", f"@{RESOLVER_AT}", "+noall", "+comments", "+question", *words)
        found = []
        for answer in out.split("->>HEADER<<-")[1:]:
            nothing = "none-" if "ANSWER: 0" in answer else ""
            is_secure = re.search(r"flags: [a-z ]*\bad\b", answer)
            found.append("bogus" if "SERVFAIL" in answer else nothing + ("secure" if is_secure else "insecure"))
        return dict(zip(names, found, strict=True))


def end_all():
    """Everything that runs in this process namespace was started here."""
    assert os.getpid() == 1
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if pid != "1":
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass


def listens(address, port):
    try:
        socket.create_connection((address, port), 1).close()
        return True
    except OSError:
        return False
