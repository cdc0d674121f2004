#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An installation that serves the MTA-STS policy of its own domain, and sees it as others do; the same in the gateway's sandbox."""
import http.client
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys

sys.dont_write_bytecode = True
here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent / "fault")]
from house import House, program, report  # noqa: E402
from world import RESOLVER, Host, World, own_network  # noqa: E402

PORTAL = "127.0.0.2"
NAME = "mta-sts.own.example"
WELL_KNOWN = "/.well-known/mta-sts.txt"
failed = 0


def check(ok, name, why=""):
    global failed
    failed += not ok
    report(ok, name, str(why))


def settle(house, world):
    """Its own names, certificate and policy."""
    folder = house.conf.parent
    certificate = world.authority.issue("portal", ["localhost", "mail.own.example", NAME])
    for name in ("cert.pem", "key.pem"):
        (folder / "tls" / name).write_text(certificate.read_text())     # its owner and mode stay
    house.set(rf"listen: \[127.0.0.1:{house.portal}\]", f"listen: ['{PORTAL}:443']")
    house.set(r"url: .*", "url: https://mail.own.example")
    house.set(r"# resolver: .*", f"resolver: {RESOLVER}")
    house.set(r"# tls_ca: .*", f"tls_ca: {world.authority.file}")
    house.set(r"# private_networks: .*", "private_networks: allow")
    house.set(r"# domains: .*", "domains: [own.example]")
    house.set(r"# mode: testing", "mode: enforce")
    house.set(r"# mx: .*", "mx: [mx1.own.example, '*.in.own.example']")
    house.set(r"# max_age: .*", "max_age: 7 d")


def records(house):
    done = house.run("tls", "records", "--json")
    check(done.returncode == 0, "tls records", done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def found(house, domain, *words):
    done = house.run("tls", "sts", domain, "--json", *words)
    check(done.returncode == 0, f"tls sts {domain}", done.stderr)
    return json.loads(done.stdout or "{}")


def ask(world, method, host, path, body=None):
    context = ssl.create_default_context(cafile=str(world.authority.file))
    client = http.client.HTTPSConnection("mail.own.example", 443, context=context, timeout=10)
    client._create_connection = lambda _, *rest: socket.create_connection((PORTAL, 443), 10)
    client.request(method, path, body=body, headers={"Host": host})
    answer = client.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read().decode()


def served(house, world):
    status, kind, text = ask(world, "GET", NAME, WELL_KNOWN)
    check((status, kind) == (200, "text/plain"), "the policy is served as text/plain", (status, kind))
    check(text == "version: STSv1\r\nmode: enforce\r\nmx: mx1.own.example\r\nmx: *.in.own.example\r\nmax_age: 604800\r\n", "as it is set", text)
    for name, want, words in (
            ("HEAD has no body", (200, ""), ("HEAD", NAME, WELL_KNOWN)),
            ("the port may be named", (200, text), ("GET", NAME + ":443", WELL_KNOWN)),
            ("nothing else is there", (404, None), ("GET", NAME, "/about")),
            ("nor a page of the portal", (404, None), ("GET", NAME, "/")),
            ("nor its programs", (404, None), ("GET", NAME, "/api/v1/grants/x")),
            ("nothing is taken", (405, None), ("POST", NAME, WELL_KNOWN, "x")),
            ("the portal's own name has none", (404, None), ("GET", "mail.own.example", WELL_KNOWN)),
            ("the portal is still there", (200, None), ("GET", "mail.own.example", "/healthz")),
            ("another domain is not ours", (421, None), ("GET", "mta-sts.other.example", WELL_KNOWN)),
            ("nor the domain itself", (421, None), ("GET", "own.example", WELL_KNOWN)),
            ("nor an absolute address of it", (421, None), ("GET", NAME, f"https://{NAME}{WELL_KNOWN}"))):
        status, _, body = ask(world, *words)
        check(status == want[0] and want[1] in (None, body), name, (status, body))


def seen(house, world):
    mine = records(house)
    check([(r["name"], r["type"]) for r in mine] == [(f"{NAME}.", "CNAME"), ("_mta-sts.own.example.", "TXT")] and
          mine[0]["value"] == "mail.own.example.", "two records are to be published", mine)
    world.records[NAME] = [f"CNAME {mine[0]['value']}"]
    world.records["mail.own.example"] = [f"A {PORTAL}"]
    world.records["_mta-sts.own.example"] = [f"TXT {mine[1]['value']}"]
    world.publish()
    got = found(house, "own.example")
    check(got.get("policy") is True and got["mode"] == "enforce" and got["mx"] == ["mx1.own.example", "*.in.own.example"] and
          got["max_age"] == 604800 and not got["cached"] and got["failure"] is None and f'id={got["id"]};' in mine[1]["value"],
          "others see it", got)
    check(found(house, "own.example")["cached"], "and keep it")
    check(not found(house, "own.example", "--refresh")["cached"], "unless told not to")
    bad = found(house, "strange.example")
    check(bad["policy"] is False and bad["failure"] == "sts-webpki-invalid", "a certificate of a stranger is none", bad)
    words = house.run("tls", "sts", "own.example").stdout
    check("enforce" in words and "mx1.own.example" in words and "known before" in words, "people can read it", words)
    words = house.run("tls", "sts", "strange.example").stdout
    check("sts-webpki-invalid" in words and "certificate" in words, "and what is wrong", words)
    house.set(r"mx: \[.*", "mx: [mx2.own.example]")
    check(records(house)[1]["value"] != mine[1]["value"], "another policy has another id")


def confined(world):
    probe = pathlib.Path(os.environ.get("LETTERLOCK_BUILD", "/nowhere")) / "tests/sts/sts_probe"
    if not probe.exists():
        print("skipped the sandbox: no build")
        return
    folder = world.folder / "confined"
    folder.mkdir()
    done = subprocess.run([probe, folder / "s.db", RESOLVER, world.authority.file, "allow", "5000", "confined"],
                          input="find strange.example\nfind own.example\n", capture_output=True, text=True, timeout=60)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    check(done.returncode == 0 and done.stderr.startswith("confined") and len(lines) == 2 and lines[1]["policy"],
          "policies are fetched in the sandbox", done.stderr + done.stdout)
    check(len(lines) == 2 and lines[0]["failure"] == "sts-webpki-invalid", "and certificates checked", lines)


def main():
    own_network()
    world, house = World(), House(program("LETTERLOCK"), 9).ready_made()
    try:
        settle(house, world)
        world.domain("strange.example", Host(certificate=world.stranger.issue("strange", ["mta-sts.strange.example"])))
        world.publish()
        check(house.start(), "it starts", house.said())
        served(house, world)
        seen(house, world)
        confined(world)
        check(house.stop() == 0, "it ends")
    finally:
        house.clear_away()
        world.close()
    sys.exit(failed != 0)


main()
