#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Certificates of a running installation: made, tried in every way, renewed three times while mail of every generation is still
read, carried out and in, published, revoked, destroyed; reminders go out once; who left is revoked, but not everybody at once."""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from house import House, Sink, free_ports, program, report, until  # noqa: E402

failed = []
SECRET = "a good passphrase"


def check(ok, name, why=""):
    if not report(bool(ok), name, why):
        failed.append(name)


def rows(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def openssl(*words):
    return subprocess.run(["openssl", *words], capture_output=True, text=True)


def self_signed(folder, address):
    """A certificate from elsewhere that has 20 of its 80 days left, and the same with its key."""
    key, pem, p12 = (str(folder / f"{address}.{e}") for e in ("key", "pem", "p12"))
    subprocess.run(["faketime", "60 days ago", "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", pem,
                    "-subj", "/CN=Elsewhere", "-days", "80", "-addext", f"subjectAltName=email:{address}", "-addext",
                    "extendedKeyUsage=emailProtection", "-addext", "keyUsage=digitalSignature,keyEncipherment"],
                   capture_output=True, check=True)
    openssl("pkcs12", "-export", "-inkey", key, "-in", pem, "-passout", "pass:" + SECRET, "-out", p12)
    return pem, p12


def generations(house):
    check(house.run("cert", "issue", "anna@own.example").returncode == 69, "without an authority nothing is issued")
    house.run("ca", "init", "Own", "--kind", "p256", "--user-kind", "p256")
    made = rows(house.run("cert", "issue", "anna@own.example", "bert@own.example", "--json"))
    check([m["result"] for m in made] == ["issued"] * 2, "certificates are issued", made)
    again = rows(house.run("cert", "issue", "anna@own.example", "--json"))
    check("has one" in again[0]["result"], "who has one gets no second")
    for _ in range(3):
        house.run("cert", "renew", "anna@own.example")
    done = house.run("cert", "test", "anna@own.example", "--json")
    tried = rows(done)
    check(done.returncode == 0 and len(tried) == 19 and all(t["result"] == "works" for t in tried),
          "every way there and back, through the keeper", done.stdout + done.stderr)
    check(sum("read by the key" in t["way"] for t in tried) == 4, "four generations are read", tried)
    old = rows(house.run("cert", "list", "anna@own.example", "--all", "--json"))
    check(sorted(o["state"] for o in old) == ["in use", "replaced", "replaced", "replaced"], "one is in use", old)
    return [o["sha256"] for o in old if o["state"] == "replaced"][0]


def destroyed(house, sha256):
    check(house.run("cert", "destroy", sha256).returncode != 0, "nothing is destroyed by a slip")
    done = house.run("cert", "destroy", sha256, "--yes-destroy", sha256[:16])
    check(done.returncode == 0, "a key is destroyed on purpose", done.stderr)
    done = house.run("cert", "test", "anna@own.example", "--json")
    wrong = [t["way"] for t in rows(done) if t["result"] != "works"]
    check(done.returncode == 65 and len(wrong) == 1 and sha256[:16] in wrong[0], "and only what was its is lost", wrong)


def carried(house):
    secret = house.folder / "secret"
    secret.write_text(SECRET + "\n")
    out = house.folder / "anna.p12"
    done = house.run("cert", "export", "anna@own.example", "--pkcs12", "--passphrase-file", str(secret), "-o", str(out))
    check(done.returncode == 0 and out.stat().st_mode & 0o777 == 0o600, "a key is handed out, for its maker only", done.stderr)
    check("CN = anna@own.example" in openssl("pkcs12", "-in", str(out), "-passin", "pass:" + SECRET, "-nokeys").stdout,
          "openssl reads it")
    pem, _ = self_signed(house.folder, "zoe@law.example")
    check(rows(house.run("cert", "import", pem, "--json"))[0]["role"] == "partner", "a partner's is taken in")
    check("is not" in house.run("cert", "import", pem, "--address", "bert@own.example").stderr, "but not as somebody else's")
    _, p12 = self_signed(house.folder, "carl@own.example")
    done = house.run("cert", "import", p12, "--passphrase-file", str(secret), "--json")
    check(done.returncode == 0 and rows(done)[0]["role"] == "own", "one of ours comes with its key", done.stderr)
    done = house.run("cert", "test", "carl@own.example", "--json")
    check(done.returncode == 0 and len(rows(done)) == 29, "and that key works", done.stdout + done.stderr)
    check(house.run("cert", "lint", pem).returncode in (0, 65), "it is looked at")


def published(house):
    zone = house.run("cert", "publish", "--smimea").stdout
    check(zone.count("SMIMEA 3 0 0") == 3 and "._smimecert.own.example." in zone, "records for the DNS", zone[:300])
    sst = house.folder / "own.sst"
    done = house.run("cert", "publish", "--exchange", str(sst))
    check(sst.read_bytes()[4:8] == b"CERT" and "Set-SmimeConfig" in (house.folder / "own.ps1").read_text(),
          "authorities for Exchange Online, and the script", done.stderr)


SLAPD = "/usr/sbin/slapd"
SLAPD_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {0}/ldap.pem
TLSCertificateKeyFile {0}/ldap.key
database mdb
maxsize 10485760
suffix dc=own,dc=example
rootdn cn=admin,dc=own,dc=example
rootpw right
directory {0}/db
access to * by * read
"""
DIRECTORIES = """
directories:
  - name: own
    domains: [own.example]
    url: ldaps://127.0.0.1:{0}
    base: dc=own,dc=example
    filter: (mail={{address}})
    bind_dn: cn=admin,dc=own,dc=example
    password_file: ldap-password
    ca_file: {1}
    publish: {{certificates: userCertificate;binary, bundle: userSMIMECertificate}}
"""


class Ldap:
    """A directory that knows dora."""

    def __init__(self, house):
        self.folder = house.folder / "ldap"
        (self.folder / "db").mkdir(parents=True)
        self.tls, self.clear = free_ports(2)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(self.folder / "ldap.key"),
                "-out", str(self.folder / "ldap.pem"), "-subj", "/CN=ldap", "-days", "5", "-addext", "subjectAltName=IP:127.0.0.1")
        (self.folder / "slapd.conf").write_text(SLAPD_CONF.format(self.folder))
        (self.folder / "people.ldif").write_text("dn: dc=own,dc=example\nobjectClass: dcObject\nobjectClass: organization\no: own\n\n"
                                                 "dn: cn=dora,dc=own,dc=example\nobjectClass: inetOrgPerson\ncn: dora\nsn: dora\n"
                                                 "mail: dora@own.example\n")
        subprocess.run(["/usr/sbin/slapadd", "-f", self.folder / "slapd.conf", "-l", self.folder / "people.ldif"], check=True,
                       capture_output=True)
        self.server = subprocess.Popen([SLAPD, "-f", str(self.folder / "slapd.conf"), "-d", "0", "-h",
                                        f"ldaps://127.0.0.1:{self.tls} ldap://127.0.0.1:{self.clear}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not until(lambda: self.values() is not None, 15):
            raise RuntimeError("slapd did not start")

    def values(self):
        """What dora has there: (certificates, bundles), or None."""
        done = subprocess.run(["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", f"ldap://127.0.0.1:{self.clear}", "-b",
                               "dc=own,dc=example", "(cn=dora)", "userCertificate;binary", "userSMIMECertificate"], capture_output=True, text=True)
        return None if done.returncode else tuple([base64.b64decode(v) for v in re.findall(rf"(?m)^{name}:: (.*)$", done.stdout)]
                                                  for name in ("userCertificate;binary", "userSMIMECertificate"))

    def empty(self):
        subprocess.run(["ldapmodify", "-x", "-D", "cn=admin,dc=own,dc=example", "-w", "right", "-H", f"ldap://127.0.0.1:{self.clear}"],
                       input="dn: cn=dora,dc=own,dc=example\nchangetype: modify\ndelete: userCertificate;binary\n", text=True,
                       check=True, capture_output=True)


def in_directory(house):
    if not os.access(SLAPD, os.X_OK) or not shutil.which("ldapsearch"):
        print("skipped directory: needs slapd and ldap-utils")
        return
    ldap, folder = Ldap(house), house.conf.parent
    before = (folder / "policy.yaml").read_bytes()
    try:
        (folder / "ldap-password").write_text("right\n")
        (folder / "ldap-password").chmod(0o644)
        (folder / "directories.yaml").write_text(DIRECTORIES.format(ldap.tls, ldap.folder / "ldap.pem"))
        (folder / "policy.yaml").write_text("version: 1\ndomains: [own.example]\ndefault: clear\nsmime: {directories: directories.yaml}\n")
        made = rows(house.run("cert", "issue", "dora@own.example", "--json"))
        restart(house)

        def der():
            return house.query("SELECT der FROM cert WHERE address = 'dora@own.example' AND state = 0")[0][0]

        def where(address):
            return [r["published"] for r in rows(house.run("cert", "list", address, "--json"))]
        check(until(lambda: ldap.values()[0] == [der()], 20), "a directory is given certificates", f"{made} {house.said()[-500:]}")
        bundle = house.folder / "bundle"
        bundle.write_bytes(b"".join(ldap.values()[1]))
        check("CN = dora@own.example" in openssl("pkcs7", "-inform", "DER", "-in", str(bundle), "-print_certs", "-noout").stdout.replace("CN=", "CN = "),
              "and them all in one", str(ldap.values()[1]))
        check(until(lambda: where("dora@own.example") == ["directory"], 10) and where("anna@own.example") == [""],
              "it says who is in it, and who is not", str((where("dora@own.example"), where("anna@own.example"))))
        ldap.empty()
        done = house.run("cert", "publish", "--ldap")
        check(done.returncode == 0 and ldap.values()[0] == [der()], "what somebody took away is put there again", done.stderr)
        house.run("cert", "revoke", "dora@own.example", "--reason", "superseded")
        done = house.run("cert", "publish", "--ldap")
        check(ldap.values() == ([], []), "a revoked one is taken away", f"{ldap.values()} {done.stderr}")
        ldap.server.kill()
        ldap.server.wait()
        done = house.run("cert", "publish", "--ldap")
        check(done.returncode == 75 and "own: the directory" in done.stderr, "a directory that is away is said", done.stderr)
    finally:
        (folder / "policy.yaml").write_bytes(before)
        ldap.server.kill()
        ldap.server.wait()


def restart(house):
    house.stop()
    assert house.start(), house.said()


def reminded(house, sink):
    """Both are due; a gateway that starts looks at once."""
    restart(house)
    check(until(lambda: sink.count("carl@own.example") == 1, 30), "its owner hears that it ends", house.said()[-500:])
    check(until(lambda: sink.count("postmaster@mail.own.example") == 1, 30), "and the administrator, of both")
    restart(house)
    until(lambda: False, 4)
    check(sink.count("carl@own.example") == 1 and sink.count("postmaster@mail.own.example") == 1, "once")


def people(house, sink):
    table = house.conf.parent / "people.csv"
    crowd = [f"p{i}@own.example,e{i}" for i in range(60)]
    policy = house.conf.parent / "policy.yaml"
    policy.write_text("version: 1\ndomains: [own.example]\ndefault: clear\npeople: people.csv\n")
    house.set(r"# leavers: .*", "leavers: apply")
    house.set(r"# leaver_days: .*", "leaver_days: 0")

    def now(*lines):
        table.write_text("address,employee\n" + "\n".join([*lines, *crowd]) + "\n")
        restart(house)

    def state(address):
        found = rows(house.run("cert", "list", address, "--all", "--json"))
        return sorted({f["state"] for f in found if f["address"] == address})
    now("anna@own.example,1", "bert@own.example,2")
    check(until(lambda: house.query("SELECT count(*) FROM person")[0][0] == 62, 20), "the table of people is known")
    now("anna.berg@own.example,1", "bert@own.example,2")
    check(until(lambda: state("anna.berg@own.example") == ["in use"], 20), "who moves gets a new one", house.said()[-500:])
    check(state("anna@own.example") == ["replaced"], "the old one only decrypts")
    now("anna.berg@own.example,1")
    check(until(lambda: state("bert@own.example") == ["revoked"], 20), "who leaves is revoked", house.said()[-500:])
    house.set(r"leavers: apply", "leavers: plan")
    told = sink.count("postmaster@mail.own.example")
    now()
    check(until(lambda: sink.count("postmaster@mail.own.example") == told + 1, 20), "what is only planned the administrator hears of")
    check(state("anna.berg@own.example") == ["in use"], "and nothing is done")
    restart(house)
    until(lambda: False, 4)
    check(sink.count("postmaster@mail.own.example") == told + 1, "he hears of it once")
    table.write_text("address,employee\n")
    restart(house)
    check(until(lambda: "leavers_refused" in house.said(), 20), "an empty table takes nobody's away")
    check(state("anna.berg@own.example") == ["in use"], "he keeps his")
    done = house.run("cert", "leavers", "--apply", "--many")
    check(done.returncode != 0 and "empty" in done.stderr, "whoever says so", done.stderr)


def main():
    sink = Sink()
    house = House(program("LETTERLOCK"), sink.port).ready_made()
    try:
        if not house.start():
            check(False, "the installation starts", house.said())
            return 1
        sha256 = generations(house)
        destroyed(house, sha256)
        carried(house)
        published(house)
        in_directory(house)
        reminded(house, sink)
        people(house, sink)
        check(not re.search(r"certificates_failed", house.said()), "nothing failed beside", house.said()[-800:])
    finally:
        house.kill()
        sink.close()
        shutil.rmtree(house.folder, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
