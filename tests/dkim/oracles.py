#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Other people's verifiers accept what we sign, and refuse it when it was changed.

dkimpy checks both algorithms and the ARC chain, opendkim-testmsg (RSA only) asks a real name server (nsd) for the key, in a
network namespace of its own, and mailauth checks all three where web/node_modules has it. The messages are those of the test
data, and a few of our own that are all about blanks and line ends.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
FEW = 8     # of so many one is also looked at changed
OURS = [
    b"From: a@sign.example\r\n\r\n",
    b"From: a@sign.example\r\n\r\nno line end",
    b"From: a@sign.example\r\nSubject:\r\n\r\n\r\n\r\n",
    b"FROM:\ta@sign.example\r\nsubject: a  b\r\n\t c \r\n\r\n \r\n\t\r\nx  \t y \r\n\r\n\r\n",
    b"From: a@sign.example\r\nTo: b@c.example\r\nTo: d@e.example\r\nReceived: x\r\nReceived: y\r\n\r\n.\r\n..\r\n",
    "From: a@sign.example\r\nSubject: Grüße\r\n\r\nschöne Grüße\r\n".encode(),
    b"From: a@sign.example\r\n" + b"X-Long: " + b"x" * 900 + b"\r\n\r\n" + b"y" * 5000 + b"\r\n",
]
# A name server for one zone, and the verifier, which asks where resolv.conf says.
INSIDE = """
set -e
ip link set lo up
echo nameserver 127.0.0.1 >"$1/resolv.conf"
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount -t tmpfs none /run
nsd -d -c "$1/nsd.conf" >"$1/nsd.log" 2>&1 &
server=$!
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	ss -Hlnu 'sport = 53' | grep -q . && break
	sleep 0.1
done
while read -r mail; do
	if opendkim-testmsg -t "$1" <"$mail" >"$1/said" 2>&1 && [ ! -s "$1/said" ]; then echo "pass $mail"
	else echo "fail $mail $(head -c 200 "$1/said" | tr '\\n' ' ')"; fi
done <"$1/mails"
kill $server
"""


def crlf(raw):
    raw = re.sub(rb"\r\n|\r|\n", b"\r\n", raw.replace(b"\0", b""))
    return raw.split(b"\r\n", 1)[1] if raw.startswith(b"From ") else raw


def dated(raw):
    """opendkim wants what RFC 5322 3.6 wants: a Date in every message."""
    return raw if re.search(rb"(?im)^date:", raw.split(b"\r\n\r\n")[0]) else b"Date: Wed, 25 Nov 2026 10:00:00 +0000\r\n" + raw


def faults(raw):
    """What keeps others from reading the header as it is: "line", what is no field; "field", one too many or without an address;
    "space", a byte that JavaScript takes for a blank."""
    names, found, header = [], set(), raw.split(b"\r\n\r\n")[0]
    for line in header.split(b"\r\n"):
        if re.match(rb"[!-9;-~]+:", line):
            names.append(line.split(b":")[0].lower())
        elif line[:1] not in (b" ", b"\t"):
            found.add("line")
    if any(names.count(n) > 1 for n in (b"from", b"date", b"sender", b"reply-to", b"to", b"cc", b"subject", b"message-id")):
        found.add("field")
    if not re.search(rb"(?im)^from:[^\n]*(\n[ \t][^\n]*)*@", header):
        found.add("field")
    return found | ({"space"} if re.search(rb"[\xa0\x0b\x0c]", header) else set())


def corpus():
    data = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", root / "../shared/data")) / "mime"
    found = [(f.name, crlf(f.read_bytes())) for f in sorted(data.rglob("*")) if f.is_file()]
    if not found:
        print("skipped test data: it is not here")
    return [(name, dated(raw)) for name, raw in found + [(f"own-{i}", raw) for i, raw in enumerate(OURS)]]


def report(ok, name, why=""):
    print(("ok " if ok else "not ok ") + name + (f": {why}" if why else ""), flush=True)
    return ok


def judge(what, names, good, verdicts):
    """verdicts: {name: (passed, why)}; all must be as `good` says."""
    wrong = [f"{n} {verdicts[n][1]}" for n in names if verdicts[n][0] != good]
    return report(not wrong and bool(names), f"{what}: {len(names)} messages", "; ".join(wrong[:5]) + f" ({len(wrong)})" if wrong else "")


def dkimpy(folder, names):
    try:
        import dkim
    except ImportError:
        print("skipped dkimpy: python3-dkim is not installed")
        return True
    keys = dict(line.split(" ", 1) for line in (folder / "keys").read_text().splitlines())

    def txt(name, timeout=5):
        return keys.get(name.decode().rstrip(".")).encode()

    def verdict(kind, name, index):
        raw = (folder / f"{name}.{kind}").read_bytes()
        try:
            return bool(dkim.DKIM(raw).verify(idx=index, dnsfunc=txt)), ""
        except Exception as e:      # it raises what it means by no
            return False, repr(e)

    def chain(name):
        raw = (folder / f"{name}.arc").read_bytes()
        try:
            cv, _, reason = dkim.arc_verify(raw, dnsfunc=txt)
            return cv == b"pass", f"{cv} {reason}"
        except Exception as e:
            return False, repr(e)
    ok = True
    for kind, good in (("dkim", True), ("bad", False)):
        for index, algorithm in enumerate(("RSA", "Ed25519")):
            some = names if good else names[::FEW]
            ok &= judge(f"dkimpy {algorithm} {'signed' if good else 'changed'}", some, good,
                        {n: verdict(kind, n, index) for n in some})
    sealed = [n for n in names if (folder / f"{n}.arc").exists()]
    return judge("dkimpy ARC", sealed, True, {n: chain(n) for n in sealed}) and ok


def zone(folder):
    lines = ["$TTL 60", "@ IN SOA ns.sign.example. x.sign.example. 1 60 60 60 60", "@ IN NS ns", "ns IN A 127.0.0.1"]
    for line in (folder / "keys").read_text().splitlines():
        name, text = line.split(" ", 1)
        lines.append(f"{name}. IN TXT " + " ".join(f'"{text[i:i + 255]}"' for i in range(0, len(text), 255)))
    (folder / "zone").write_text("\n".join(lines) + "\n")
    (folder / "nsd.conf").write_text(f"""server:
 ip-address: 127.0.0.1
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
 name: sign.example
 zonefile: zone
""")


def opendkim(folder, names):
    have = subprocess.run("command -v opendkim-testmsg && command -v nsd && unshare -rnm true", shell=True,
                          capture_output=True, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
    if have.returncode != 0:
        print("skipped opendkim: opendkim-testmsg, nsd or a namespace is missing")
        return True
    zone(folder)
    wanted = [f"{n}.dkim" for n in names] + [f"{n}.bad" for n in names[::FEW]]
    (folder / "mails").write_text("".join(f"{folder}/{name}\n" for name in wanted))
    done = subprocess.run(["unshare", "-rnm", "sh", "-c", INSIDE, "sh", str(folder)], capture_output=True, text=True,
                          errors="replace", env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
    said = {}
    for line in done.stdout.splitlines():
        word, path, *why = line.split(" ", 2)
        said[pathlib.Path(path).name] = (word == "pass", " ".join(why))
    if len(said) < len(wanted):
        return report(False, "opendkim", done.stderr[-500:])
    ok = judge("opendkim RSA signed", names, True, {n: said[f"{n}.dkim"] for n in names})
    return judge("opendkim RSA changed", names[::FEW], False, {n: said[f"{n}.bad"] for n in names[::FEW]}) and ok


def mailauth(folder, names):
    if not (root / "web/node_modules/mailauth").exists():
        print("skipped mailauth: web/node_modules does not have it")
        return True
    done = subprocess.run(["node", str(root / "tests/dkim/mailauth.mjs"), str(folder)], capture_output=True, text=True)
    said = {}
    for line in done.stdout.splitlines():
        name, results, arc = line.split(" ", 2)
        said[name] = (results, arc)
    if len(said) < 3 * len(names) - len([n for n in names if not (folder / f"{n}.arc").exists()]):
        return report(False, "mailauth", done.stderr[-500:])
    ok = judge("mailauth signed", names, True, {n: (said[f"{n}.dkim"][0] == "pass,pass", str(said[f"{n}.dkim"])) for n in names})
    ok &= judge("mailauth changed", names, False, {n: ("pass" in said[f"{n}.bad"][0], str(said[f"{n}.bad"])) for n in names})
    sealed = [n for n in names if f"{n}.arc" in said]
    return judge("mailauth ARC", sealed, True, {n: (said[f"{n}.arc"][1] == "pass", str(said[f"{n}.arc"])) for n in sealed}) and ok


def main():
    with tempfile.TemporaryDirectory(prefix="letterlock-dkim-") as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        mails = corpus()
        for i, (_, raw) in enumerate(mails):
            (folder / f"{i}.eml").write_bytes(raw)
        done = subprocess.run([sys.argv[1], str(folder)] + [str(folder / f"{i}.eml") for i in range(len(mails))],
                              capture_output=True, text=True)
        if done.returncode != 0:
            return report(False, "signing", done.stderr[-500:])
        unsigned = dict(line.split(" ", 1) for line in done.stdout.splitlines())
        ok = report(all("From" in why for why in unsigned.values()), f"all but {len(unsigned)} of {len(mails)} can be signed",
                    str(sorted(set(unsigned.values()))))
        names = {str(i): faults(raw) for i, (_, raw) in enumerate(mails) if str(i) not in unsigned}
        # The rest is malformed in a way that makes them refuse the whole message.
        ok = dkimpy(folder, [n for n, f in names.items() if "line" not in f]) and ok
        ok = opendkim(folder, [n for n, f in names.items() if not f - {"space"}]) and ok
        return mailauth(folder, [n for n, f in names.items() if not f & {"line", "space"}]) and ok


sys.exit(0 if main() else 1)
