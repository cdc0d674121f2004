#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An installation gets a certificate by ACME e-mail (RFC 8823): the challenge comes in by SMTP, signed by the server's domain; the
gateway answers it by itself, signed by ours. Forged ones are mail like any other. Keys come from a real name server (nsd)."""
import email
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent / "fault")]
from acme_mail_server import Acme  # noqa: E402
from house import Client, House, Sink, free_ports, program, report, until  # noqa: E402

ADDRESS = "anna@own.example"
failed = 0


def check(ok, name, why=""):
    global failed
    failed += not ok
    report(ok, name, str(why))


def zone(folder, port, records):
    lines = ["$TTL 60", "@ IN SOA ns.example. x.example. 1 60 60 60 60", "@ IN NS ns", "ns IN A 127.0.0.1", "acme IN A 127.0.0.1"]
    lines += [f"{r['name']}. IN TXT " + " ".join(f'"{s}"' for s in r["strings"]) for r in records]
    (folder / "zone").write_text("\n".join(lines) + "\n")
    (folder / "nsd.conf").write_text(f"""server:
 ip-address: 127.0.0.1@{port}
 zonesdir: "{folder}"
 database: ""
 pidfile: ""
 username: ""
 xfrdfile: "{folder}/xfrd"
 zonelistfile: "{folder}/list"
 server-count: 1
remote-control:
 control-enable: no
zone:
 name: example
 zonefile: zone
""")
    return subprocess.Popen(["/usr/sbin/nsd", "-d", "-c", str(folder / "nsd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificate(folder):
    """Of the ACME server; it is its own authority."""
    folder.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-subj", "/CN=acme.example", "-days", "9",
                    "-addext", "subjectAltName=DNS:acme.example"], check=True, capture_output=True)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)


class Desk:
    def __init__(self, house, sink, outside):
        self.house, self.sink, self.outside = house, sink, outside

    def send(self, port, sender, to, raw):
        with Client(port) as c:
            return c.send(sender, [to], raw[:-2])

    def got(self, recipient):
        """The newest mail for somebody, once it is there."""
        n = len(self.sink.mails.get(recipient, []))
        return until(lambda: (self.sink.mails.get(recipient, [])[n - 1:] or [None])[-1] if self.sink.mails.get(recipient) else None)

    def signed(self, raw):
        """As ca.example's own server would send it: our installation has its keys, too."""
        self.sink.mails.pop("x@out.example", None)
        self.send(self.house.smtp, "anna@own.example", "x@out.example", raw)
        mail = until(lambda: self.sink.mails.get("x@out.example"))[0]
        return re.sub(rb"(?ims)^(Received|X-Letterlock-[^:]*):.*?\r\n(?![ \t])", b"", mail)

    def orders(self):
        done = self.house.run("cert", "enrol", "--json")
        return [json.loads(line) for line in done.stdout.splitlines() if line]


def ordered(d, acme):
    done = d.house.run("cert", "enrol", ADDRESS, "--name", "Anna Muster")
    check(done.returncode == 0 and "ordered" in done.stdout, "a certificate is ordered", done.stderr)
    d.house.run("cert", "enrol", "--pending")
    until(lambda: acme.mails, 70)
    check(len(acme.mails) == 1 and d.orders()[0]["state"] == "waiting", "the server sends its mail", d.orders())
    return acme.mails[0][1]


def challenged(d, acme, true):
    # Not signed; signed by somebody else; changed on the way: delivered like all mail, and not answered.
    for name, raw in (("unsigned", true),
                      ("of another sender", d.signed(true.replace(b"acme-challenge@ca.example", b"acme-challenge@evil.example"))),
                      ("changed on the way", d.signed(true).replace(b"answers+1@", b"answers+9@"))):
        d.sink.mails.pop(ADDRESS, None)
        d.send(d.outside, "acme-challenge@ca.example", ADDRESS, raw)
        check(until(lambda: d.sink.mails.get(ADDRESS)), f"a challenge that is {name} is delivered like all mail")
    check("answers+1@ca.example" not in d.sink.mails and "answers+9@ca.example" not in d.sink.mails, "and not answered")
    d.sink.mails.pop(ADDRESS, None)
    words = d.send(d.outside, "bounces@ca.example", ADDRESS, d.signed(true))
    check("answer" in words, "the true one is answered", words)
    reply = until(lambda: d.sink.mails.get("answers+1@ca.example"))
    check(reply and ADDRESS not in d.sink.mails, "at once, and nobody sees it")
    mail = email.message_from_bytes(reply[0])
    check(b"d=own.example" in reply[0] and mail["From"] == ADDRESS and mail["Auto-Submitted"] == "auto-replied",
          "by a mail from the address, signed by its domain", reply[0].decode())
    return re.search(r"RESPONSE-----\s+([\w-]+)\s+-----END", mail.get_payload()).group(1)


def finished(d, acme, digest):
    acme.answers[ADDRESS] = digest
    state = None
    for _ in range(10):
        time.sleep(3.2)
        d.house.run("cert", "enrol", "--pending")
        state = d.orders()[0]
        if state["state"] != "waiting":
            break
    check(state["state"] == "done", "the certificate comes", state)
    rows = d.house.query("SELECT subject, issuer, state FROM cert WHERE address = ? AND role = 0", ADDRESS)
    check(len(rows) == 1 and rows[0] == (f"CN={ADDRESS}", "CN=Mail CA", 0), "and is kept", rows)


def nameless(d, acme):
    """Whoever could send the challenge then: the order is given up."""
    acme.sender = ""
    d.house.run("cert", "enrol", "bert@own.example")
    d.house.run("cert", "enrol", "--pending")
    rows = until(lambda: d.house.query("SELECT state, reason FROM cert_order WHERE address = 'bert@own.example' AND state > 0"), 30)
    check(rows and rows[0][0] == 2 and "from whom" in rows[0][1], "a server that does not say who writes gets no answer", rows)


def main():
    if not shutil.which("nsd", path="/usr/sbin:/usr/bin"):
        print("skipped: nsd is not installed")
        return 0
    sink = Sink()
    sink.keeps = True
    port, outside = free_ports(2)
    house = House(program("LETTERLOCK"), sink.port).ready_made()
    tls = house.folder / "acme"
    certificate(tls)
    acme = Acme(str(tls / "key.pem"), str(tls / "cert.pem"), host="acme.example")
    house.set("# outside_listen: .*", f"outside_listen: ['127.0.0.1:{outside}']")
    house.set("# resolver: .*", f"resolver: 127.0.0.1:{port}")
    house.set("# private_networks: .*", "private_networks: allow")
    house.set("# way: authority", "way: acme")
    house.set("# url: https://acme.example/directory", f"url: {acme.base}/directory")
    house.set("# ca: tls/enrol-ca.pem", f"ca: {tls / 'cert.pem'}")
    (house.conf.parent / "policy.yaml").write_text("version: 1\ndomains: [own.example]\ndefault: clear\n")
    server = None
    try:
        assert house.start(), house.said()
        domains = ("own.example", "ca.example", "evil.example")
        for domain in domains:
            assert house.run("dkim", "create", domain, "--after", "0").returncode == 0
        records = [json.loads(line) for domain in domains for line in house.run("dkim", "dns", domain, "--json").stdout.splitlines()]
        server = zone(house.folder, port, records)
        until(lambda: house.run("dkim", "dns", "ca.example", "--check").returncode == 0)
        time.sleep(6)       # until the relay knows the new keys
        d = Desk(house, sink, outside)
        true = ordered(d, acme)
        finished(d, acme, challenged(d, acme, true))
        nameless(d, acme)
    finally:
        if server is not None:
            server.terminate()
            server.wait()
        if failed:
            print(house.said()[-3000:])
        house.kill()
        sink.close()
        shutil.rmtree(house.folder, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
