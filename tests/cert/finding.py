#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""finding.py FIND_PROBE: certificates of recipients in a real directory (slapd) and in a signed zone (Knot DNS, signed by ldns)."""
import atexit
import base64
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "sts"), str(here.parent / "fault")]
from house import report  # noqa: E402
from world import KNOT, RESOLVER, Authority, own_network  # noqa: E402

SLAPD = "/usr/sbin/slapd"
HOST = "ldap.partner.example"
PORT = 636
CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {0}/ldap.pem
TLSCertificateKeyFile {0}/ldap.key
database mdb
maxsize 10485760
suffix dc=partner,dc=example
rootdn cn=admin,dc=partner,dc=example
rootpw right
directory {0}/ldap
access to * by dn.exact=cn=admin,dc=partner,dc=example read by anonymous auth
"""
DIRECTORIES = """
directories:
  - name: partner
    domains: [partner.example]
    url: ldaps://ldap.partner.example
    base: dc=partner,dc=example
    filter: (mail={address})
    bind_dn: cn=admin,dc=partner,dc=example
    password_file: password
    ca_file: web.pem
"""
failed = 0


def check(ok, name, why=""):
    global failed
    failed += not ok
    report(ok, name, str(why))


class People:
    """An authority for mail, and certificates of it in DER."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.file, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        self.request(name, self.file, self.key, ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"], 3000)

    @staticmethod
    def request(name, out, key, extensions, days, *more):
        words = [w for e in extensions for w in ("-addext", e)]
        past = [] if days > 0 else ["faketime", f"{days - 10} days"]
        days = days if days > 0 else 5
        subprocess.run([str(w) for w in (*past, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                          "-keyout", key, "-out", out, "-days", days, "-config", "/dev/null", *words, *more)], check=True, capture_output=True)

    def issue(self, address, label, days=300, own=False):
        out, key = self.folder / f"{label}.pem", self.folder / f"{label}.key"
        self.request(label, out, key, [f"subjectAltName=email:{address}", "keyUsage=critical,digitalSignature,keyAgreement",
                                       "extendedKeyUsage=emailProtection", "basicConstraints=critical,CA:FALSE"], days,
                     *([] if own else ["-CA", self.file, "-CAkey", self.key]))
        der = out.with_suffix(".der")
        Authority.openssl("x509", "-in", out, "-outform", "DER", "-out", der)
        return der.read_bytes()

    def bundle(self, *labels):
        out = self.folder / "bundle.p7"
        words = [w for x in (*labels, self.name) for w in ("-certfile", self.folder / f"{x}.pem")]
        Authority.openssl("crl2pkcs7", "-nocrl", *words, "-outform", "DER", "-out", out)
        return out.read_bytes()


class Names:
    """The root zone, signed, and one below it that is not."""

    def __init__(self, folder):
        self.folder, self.records, self.plain = folder, [f"{HOST}. 60 IN A 127.0.0.2"], []
        self.key = self.run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", ".").strip()
        self.anchor = folder / "anchor"
        shutil.copy(folder / f"{self.key}.ds", self.anchor)

    def run(self, *words):
        return subprocess.run(words, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    @staticmethod
    def at(address):
        local, domain = address.rsplit("@", 1)
        return f"{hashlib.sha256(local.encode()).hexdigest()[:56]}._smimecert.{domain}."

    def add(self, address, usage, selector, matching, data, signed=True):
        (self.records if signed else self.plain).append(f"{self.at(address)} 60 IN SMIMEA {usage} {selector} {matching} {data.hex()}")

    def serve(self):
        soa = "{0} 60 IN SOA ns.example. hm.example. 1 60 60 600 0\n{0} 60 IN NS ns.example.\n"
        (self.folder / "zone.in").write_text(soa.format(".") + "ns.example. 60 IN A 127.0.0.1\nplain.example. 60 IN NS ns.example.\n" +
                                             "\n".join(self.records) + "\n")
        (self.folder / "plain").write_text(soa.format("plain.example.") + "\n".join(self.plain) + "\n")
        self.run("ldns-signzone", "-n", "-f", "zone", "zone.in", self.key)
        (self.folder / "run").mkdir()
        (self.folder / "knot.conf").write_text(KNOT.format(self.folder) + "  - domain: plain.example.\n    storage: {0}\n    file: plain\n"
                                               .format(self.folder))
        self.server = subprocess.Popen(["knotd", "-c", str(self.folder / "knot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(self.server.kill)
        wait(lambda: subprocess.run(["knotc", "-c", str(self.folder / "knot.conf"), "zone-status", "."], capture_output=True).returncode == 0)


class Directory:
    def __init__(self, folder, people):
        self.folder = folder
        (folder / "ldap").mkdir()
        (folder / "slapd.conf").write_text(CONF.format(folder))
        lines = ["dn: dc=partner,dc=example", "objectClass: dcObject", "objectClass: organization", "o: partner", ""]
        for address, values in people.items():
            name = address.split("@")[0]
            lines += [f"dn: cn={name},dc=partner,dc=example", "objectClass: inetOrgPerson", f"cn: {name}", f"sn: {name}", f"mail: {address}"]
            lines += [f"{attribute}:: {base64.b64encode(v).decode()}" for attribute, v in values] + [""]
        (folder / "people.ldif").write_text("\n".join(lines) + "\n")
        subprocess.run(["/usr/sbin/slapadd", "-f", folder / "slapd.conf", "-l", folder / "people.ldif"], check=True, capture_output=True)
        self.log = open(folder / "slapd.log", "wb")
        self.server = subprocess.Popen([SLAPD, "-f", str(folder / "slapd.conf"), "-h", f"ldaps://127.0.0.2:{PORT}", "-d", "256"],
                                       stdout=self.log, stderr=self.log)
        atexit.register(self.server.kill)
        wait(lambda: b"slapd starting" in (folder / "slapd.log").read_bytes())

    def asked(self, address):
        return (self.folder / "slapd.log").read_text().count(f'filter="(mail={address})"')

    def stop(self):
        self.server.terminate()
        self.server.wait()


class Probe:
    def __init__(self, program, folder, names, authorities):
        self.process = subprocess.Popen([program, folder / "store.db", folder / "directories.yaml", RESOLVER, names.anchor, authorities],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def look(self, *addresses):
        self.process.stdin.write(" ".join(addresses) + "\n")
        self.process.stdin.flush()
        return [self.process.stdout.readline().rstrip("\n").split("\t") for _ in addresses]

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def wait(is_so):
    end = time.monotonic() + 15
    while not is_so():
        if time.monotonic() > end:
            raise RuntimeError("a server did not start")
        time.sleep(0.05)


def found(probe, address, place, der, name, words=""):
    got = probe.look(address)[0]
    want = [place, hashlib.sha256(der).hexdigest() if der else "-"]
    check(got[:2] == want and words in got[2], name, got)


def in_the_directory(probe, directory, made):
    lists = probe.look(*["anna@partner.example"] * 8, *["nobody@partner.example"] * 8)
    check(all(x[0] == "ldap" for x in lists[:8]) and all(x[0] == "-" for x in lists[8:]), "sixteen ask at once", lists)
    for who in ("anna", "nobody"):
        n = directory.asked(f"{who}@partner.example")
        check(n == 1, f"the directory is asked about {who} once", n)
    found(probe, "anna@partner.example", "ldap", made["newer"], "the newest of two is taken", "in the directory partner")
    found(probe, "dora@partner.example", "ldap", made["dora"], "out of PKCS#7 with its authority")
    found(probe, "emil@partner.example", "-", None, "an expired one is not used", "expired")
    found(probe, "fritz@partner.example", "-", None, "nor somebody else's", "cannot be used")
    found(probe, "gerda@partner.example", "-", None, "nor a stranger's", "cannot be used")
    found(probe, "hans@partner.example", "-", None, "what is no certificate is nothing", "no certificate")
    found(probe, "*@partner.example", "-", None, "a pattern finds nobody", "no certificate")


def in_dns(probe, made):
    found(probe, "ida@signed.example", "smimea", made["ida"], "SMIMEA 3 0 0 of a signed zone is trusted by itself", "in DNS")
    found(probe, "jan@signed.example", "smimea", made["jan"], "SMIMEA 1 0 0 where an authority vouches, too")
    found(probe, "karl@signed.example", "-", None, "but not where none does", "cannot be used")
    found(probe, "lena@signed.example", "-", None, "a hash is no certificate", "no certificate")
    found(probe, "mona@plain.example", "-", None, "what is not signed does not count", "no certificate")
    found(probe, "nora@signed.example", "-", None, "nor somebody else's", "cannot be used")
    found(probe, "Ida@signed.example", "-", None, "only their domain knows which names are the same", "no certificate")


def when_it_is_away(probe, directory, made):
    directory.stop()
    found(probe, "anna@partner.example", "ldap", made["newer"], "what it said is remembered")
    found(probe, "otto@partner.example", "smimea", made["otto"], "away, the next place is asked")
    start = time.monotonic()
    found(probe, "paul@partner.example", "-", None, "that it is away is said", "the directory ldaps://ldap.partner.example")
    check(time.monotonic() - start < 2, "and it is left alone for a while")


def make_world(folder):
    mail, stranger = People(folder, "mail"), People(folder, "stranger")
    web = Authority(folder, "web")
    web.issue("ldap", [HOST])
    made = {"newer": None}
    older = mail.issue("anna@partner.example", "older")
    time.sleep(1.1)     # their times are to the second
    made["newer"] = mail.issue("anna@partner.example", "newer")
    for who, where in (("dora", "partner"), ("jan", "signed"), ("otto", "partner")):
        made[who] = mail.issue(f"{who}@{where}.example", who)
    made["ida"] = mail.issue("ida@signed.example", "ida", own=True)
    names = Names(folder)
    names.add("ida@signed.example", 3, 0, 0, made["ida"])
    names.add("jan@signed.example", 1, 0, 0, made["jan"])
    names.add("karl@signed.example", 1, 0, 0, stranger.issue("karl@signed.example", "karl"))
    names.add("lena@signed.example", 3, 1, 1, bytes(32))
    names.add("mona@plain.example", 3, 0, 0, mail.issue("mona@plain.example", "mona"), signed=False)
    names.add("nora@signed.example", 3, 0, 0, made["ida"])
    names.add("otto@partner.example", 3, 0, 0, made["otto"])
    names.serve()
    plain = "userCertificate;binary"
    directory = Directory(folder, {
        "anna@partner.example": [(plain, older), (plain, made["newer"])],
        "dora@partner.example": [("userSMIMECertificate", mail.bundle("dora"))],
        "emil@partner.example": [(plain, mail.issue("emil@partner.example", "emil", days=-1))],
        "fritz@partner.example": [(plain, made["dora"])],
        "gerda@partner.example": [(plain, stranger.issue("gerda@partner.example", "gerda"))],
        "hans@partner.example": [("userSMIMECertificate", b"what is that")],
    })
    (folder / "password").write_text("right\n")
    (folder / "directories.yaml").write_text(DIRECTORIES)
    return names, directory, mail, made


def run(folder):
    names, directory, mail, made = make_world(folder)
    try:
        probe = Probe(sys.argv[1], folder, names, mail.file)
        in_the_directory(probe, directory, made)
        in_dns(probe, made)
        check(probe.close() == 0, "it ends well")
        probe = Probe(sys.argv[1], folder, names, mail.file)    # another process remembers, too
        probe.look("anna@partner.example", "nobody@partner.example")
        n = directory.asked("anna@partner.example") + directory.asked("nobody@partner.example")
        check(n == 2, "another process knows the answers", n)
        when_it_is_away(probe, directory, made)
        probe.close()
    finally:
        names.server.terminate()
        names.server.wait()
        if directory.server.poll() is None:
            directory.stop()


def main():
    if not os.access(SLAPD, os.X_OK) or not shutil.which("ldns-signzone") or not shutil.which("faketime"):
        print("skipped: needs slapd, ldns and faketime")
        sys.exit(77)
    own_network()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="letterlock-finding-", dir="/tmp"))
    try:
        run(folder)
    finally:
        shutil.rmtree(folder)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
