#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mail from outside is judged when it comes in: forged results go, ours are put on top, and what is passed on has our link of the
ARC chain. Keys come from a real name server (nsd)."""
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from house import Client, House, Sink, free_ports, program, report, until  # noqa: E402

MAIL = (b"From: Zoe <zoe@out.example>\r\nTo: anna@own.example\r\nSubject: from afar\r\n"
        b"Date: Tue, 24 Nov 2026 01:02:03 +0000\r\nMessage-ID: <1@out.example>\r\n\r\nHello Anna\r\n")
FORGED = b"Authentication-Results: (x) mail.own.example; dkim=pass header.d=bank.example\r\n"


class Wire(Sink):
    kept = []

    def talk(self, rfile, wfile):
        def say(line):
            wfile.write(line + b"\r\n")
            wfile.flush()
        say(b"220 sink.example ESMTP")
        while line := rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                say(b"354 go on")
                data = b""
                while (line := rfile.readline()) != b".\r\n":
                    if not line:
                        return
                    data += line[1:] if line.startswith(b".") else line
                self.kept.append(data)
            if verb == b"QUIT":
                return
            say(b"250 ok")


def zone(folder, port, records):
    lines = ["$TTL 60", "@ IN SOA ns.example. x.example. 1 60 60 60 60", "@ IN NS ns", "ns IN A 127.0.0.1"]
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


def send(house, wire, port, sender, to, raw):
    wire.kept.clear()
    with Client(port) as c:
        c.send(sender, [to], raw[:-2])
    got = until(lambda: wire.kept and house.drained() and list(wire.kept))
    return got[0] if got else b""


def results(raw):
    return re.findall(rb"(?ims)^Authentication-Results:(.*?)\r\n(?![ \t])", raw)


def chain(raw, records):
    """dkimpy's word on the chain, or None where it is not installed."""
    keys = {r["name"]: "".join(r["strings"]) for r in records}
    code = ("import dkim, json, sys\nkeys = json.loads(sys.argv[1])\n"
            "get = lambda name, timeout=5: keys[name.decode().rstrip('.')].encode()\n"
            "print(dkim.arc_verify(sys.stdin.buffer.read(), dnsfunc=get)[0].decode())")
    done = subprocess.run(["/usr/bin/python3", "-c", code, json.dumps(keys)], input=raw, capture_output=True)
    return None if b"No module named" in done.stderr else done.stdout.decode().strip() or done.stderr.decode()[-300:]


def check(house, wire, outside, records):
    signed = send(house, wire, house.smtp, "anna@own.example", "x@out.example", MAIL)
    # As another server would hand it in: without the traces of our own.
    signed = re.sub(rb"(?ims)^(Received|X-Letterlock-[^:]*):.*?\r\n(?![ \t])", b"", signed)
    good = report(signed.count(b"d=out.example") == 2, "a message is signed by out.example", signed.decode()[:300])
    got = send(house, wire, outside, "zoe@out.example", "anna@own.example", FORGED + signed)
    found = results(got)
    good &= report(b"bank.example" not in got, "forged results are gone")
    good &= report(len(found) == 1 and found[0].count(b"dkim=pass") == 2 and b"arc=none" in found[0],
                   "what was found is on top", str(found))
    good &= report(got.count(b"ARC-Seal: i=1;") == 1 and b"d=own.example" in got.split(b"\r\nARC-Message")[0] and
                   chain(got, records) in (None, "pass"), "and sealed by us", str(chain(got, records)) + got.decode()[:900])
    good &= report(len(re.findall(rb"(?m)^DKIM-Signature:", got)) == 2, "but not signed: it is not ours")
    got = send(house, wire, outside, "zoe@out.example", "anna@own.example", signed.replace(b"Hello", b"Hallo"))
    found = results(got)
    good &= report(len(found) == 1 and found[0].count(b"dkim=fail") == 2 and b"dkim=pass" not in found[0], "a changed one fails", str(found))
    got = send(house, wire, outside, "zoe@out.example", "anna@own.example", MAIL)
    return report(b"dkim=none" in b"".join(results(got)), "an unsigned one has none", str(results(got))) and good


def main():
    if not shutil.which("nsd", path="/usr/sbin:/usr/bin"):
        print("skipped: nsd is not installed")
        return True
    wire = Wire()
    port, outside = free_ports(2)
    house = House(program("LETTERLOCK"), wire.port).ready_made()
    house.set("# outside_listen: .*", f"outside_listen: ['127.0.0.1:{outside}']")
    house.set("# resolver: .*", f"resolver: 127.0.0.1:{port}")
    (house.conf.parent / "policy.yaml").write_text("version: 1\ndomains: [own.example]\ndefault: clear\n")
    server = None
    try:
        assert house.start(), house.said()
        for domain in ("own.example", "out.example"):
            assert house.run("dkim", "create", domain, "--after", "0").returncode == 0
        records = [json.loads(line) for domain in ("own.example", "out.example")
                   for line in house.run("dkim", "dns", domain, "--json").stdout.splitlines()]
        server = zone(house.folder, port, records)
        good = until(lambda: house.run("dkim", "dns", "out.example", "--check").returncode == 0)
        good = report(good, "dns --check finds the records") and check(house, wire, outside, records)
    finally:
        if server is not None:
            server.terminate()
            server.wait()
        house.clear_away()
        wire.close()
    return good


sys.exit(0 if main() else 1)
