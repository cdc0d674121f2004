#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""S/MIME in both directions, with `openssl cms` on the other side: what goes
out is opened and verified there, what is made there is opened and judged here.
Blind copies, fifty recipients, no certificate, no keeper, forged verdicts."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from wire import Client, Refused, Scene, field, report
from house import free_ports, until

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "smime"))
from cmskit import cbc, enveloped, p7m, random_key, transport  # noqa: E402

ANNA, BERT = "anna@own.example", "bert@own.example"
X, Y, Z, NOBODY = "x@out.example", "y@out.example", "z@out.example", "nobody@out.example"
MANY = [f"r{n:02}@many.example" for n in range(50)]
SECRET = "The vault opens at nine."
POLICY = """version: 1
domains: [own.example]
default: clear
smime:
  headers: hidden
  trust: {anchors: partners.pem, revocation: off}
  profiles:
    - {domains: [many.example], encryption: aes256-gcm}
  inbound: {decrypt: true, signatures: keep, harvest: trust}
rules:
  - name: Signed only
    when: {subject_contains_words: contract, sender_scope: inside}
    then: {sign: true}
  - name: End to end
    when: {subject_contains_words: secret, sender_scope: inside}
    then: {sign: true, demand: {assurance: end_to_end}}
  - name: Came encrypted
    when: {message_type_is: encrypted, sender_scope: outside}
    then: {set_header: {X-Was: encrypted}}
  - name: Copy outside
    when: {subject_contains_words: passed, sender_scope: outside}
    then: {add_bcc: [y@out.example]}
  - name: Inside, too
    when: {subject_contains_words: waiting, sender_scope: outside}
    then: {demand: {assurance: end_to_end}}
  - name: Nothing of the sort
    when: {body_contains_words: blueprints, sender_scope: outside}
    then: {reject: "Not here"}
  - name: Not from there
    when: {sender_is: y@out.example, subject_contains_words: shunned}
    then: {reject: "Not from you"}
  - name: Decrypted words
    when: {body_contains_words: vault, sender_scope: outside}
    then: {set_header: {X-Saw: vault}}
"""


def run(*words, data=None):
    done = subprocess.run(words, input=data, capture_output=True)
    assert done.returncode == 0, f"{words}: {done.stderr.decode()}"
    return done.stdout


class World:
    """Other people's authority and certificates, by openssl."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.make("ca", "/CN=Partners", "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n", None)

    def path(self, name, end):
        return str(self.folder / f"{name}.{end}")

    def make(self, name, subject, extensions, ca="ca"):
        key, crt, csr, ext = (self.path(name, end) for end in ("key", "crt", "csr", "ext"))
        pathlib.Path(ext).write_text(extensions + "subjectKeyIdentifier=hash\n")
        kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256") if name.startswith("r") else ("-newkey", "rsa:2048")
        run("openssl", "req", "-new", *kind, "-nodes", "-keyout", key, "-out", csr, "-subj", subject)
        by = ("-CA", self.path(ca, "crt"), "-CAkey", self.path(ca, "key")) if ca else ("-signkey", key)
        run("openssl", "x509", "-req", "-in", csr, *by, "-days", "30", "-extfile", ext, "-out", crt)

    def person(self, address):
        name = address.split("@")[0]
        self.make(name, f"/CN={name}", f"subjectAltName=email:{address}\nextendedKeyUsage=emailProtection\n"
                  "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement\n")
        return name

    def sign(self, name, entity):
        return run("openssl", "cms", "-sign", "-signer", self.path(name, "crt"), "-inkey", self.path(name, "key"), data=entity)

    def encrypt(self, entity, *certificates, cipher="-aes-256-cbc"):
        return run("openssl", "cms", "-encrypt", cipher, *certificates, data=entity)

    def open(self, name, mail):
        return run("openssl", "cms", "-decrypt", "-recip", self.path(name, "crt"), "-inkey", self.path(name, "key"), data=mail)

    def cannot_open(self, name, mail):
        done = subprocess.run(["openssl", "cms", "-decrypt", "-recip", self.path(name, "crt"), "-inkey", self.path(name, "key")],
                              input=mail, capture_output=True)
        return done.returncode != 0 and SECRET.encode() not in done.stdout


def mail(subject, sender, to, text=SECRET, cc=""):
    more = f"Cc: {cc}\r\n" if cc else ""
    return (f"From: {sender}\r\nTo: {to}\r\n{more}Subject: {subject}\r\nDate: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\r\n"
            f"Message-ID: <{time.monotonic_ns()}@test.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n")


def around(raw, made):
    """The outer fields of a message, and what openssl made of its entity."""
    outer = "".join(f"{line}\r\n" for line in raw.split("\r\n\r\n")[0].split("\r\n") if not re.match("(?i)MIME|Content", line))
    return outer + made.decode().replace("\r\n", "\n").replace("\n", "\r\n")


def entity(raw):
    head, _, body = raw.partition("\r\n\r\n")
    return (re.search(r"(?im)^Content-Type:.*$", head).group(0).strip() + "\r\n\r\n" + body).encode()


class Gate(Scene):
    def __init__(self, policy=POLICY):
        self.outside = free_ports(1)[0]
        super().__init__(policy, {"partners.pem": b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"}, {})
        self.world = World(self.house.folder / "world")
        (self.folder / "partners.pem").write_bytes(pathlib.Path(self.world.path("ca", "crt")).read_bytes())
        self.house.set("# outside_listen: .*", f'outside_listen: "127.0.0.1:{self.outside}"')

    def give(self, port, raw, sender, to):
        self.sink.kept.clear()
        with Client(port) as c:
            c.send(sender, to, raw.encode().removesuffix(b"\r\n"))
        assert until(lambda: self.house.query("SELECT count(*) FROM item WHERE state < 2 AND kind <> 'unmet'")[0][0] == 0, 20), self.house.said()
        return list(self.sink.kept)

    def come_in(self, raw, sender=X, to=(ANNA,)):
        return self.give(self.outside, raw, sender, to)

    def go_out(self, raw, to, sender=ANNA):
        return self.give(self.house.smtp, raw, sender, to)

    def by_recipient(self, kept):
        return {re.search("<(.*?)>", r).group(1): data for _, rcpts, data in kept for r in rcpts}


def n_recipients(data):
    """How many RecipientInfos an encrypted mail has."""
    shown = run("openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "SMIME", data=data.encode()).decode()
    return len(re.findall(r"d\.(ktri|kari)", shown))


def verdict(data):
    """The one verdict of ours, unfolded; or all of them, where there are more."""
    said = [" ".join(v.split()) for v in field(data, "X-Letterlock-SMIME")]
    return said[0] if len(said) == 1 else str(said)


def harvested(s):
    """Signed mail from outside is judged, and its certificate remembered."""
    w, raw = s.world, mail("hello", X, ANNA)
    (_, _, data), = s.come_in(around(raw, w.sign("x", entity(raw))))
    said = verdict(data)
    report("signature=valid" in said and f"signer={X}" in said and "encryption=none" in said and "code=" in said,
           "in: a valid signature is said in the header", said)
    report("smime=pass" in " ".join(field(data, "Authentication-Results")), "in: and as a result", str(field(data, "Authentication-Results")))
    report("multipart/signed" in data and SECRET in data, "in: the signature is kept", data[:2000])
    (_, _, data), = s.come_in(around(mail("hello", Y, ANNA), w.sign("x", entity(raw))), Y)
    report("signature=other-sender" in verdict(data), "in: a signature of somebody else is none", verdict(data))
    changed = around(raw, w.sign("x", entity(raw))).replace("at nine", "at noon")
    (_, _, data), = s.come_in(changed)
    report("signature=changed" in verdict(data), "in: a changed message says so", verdict(data))
    for other in (Y, Z):
        raw = mail("hello", other, ANNA)
        s.come_in(around(raw, w.sign(other.split("@")[0], entity(raw))), other)
    rows = s.house.query("SELECT address FROM cert WHERE role = 1 ORDER BY address")
    report([r[0] for r in rows] == [X, Y, Z], "in: certificates of valid signatures are remembered", str(rows))


def forged(s):
    raw = mail("forged", NOBODY, ANNA)
    lie = "X-Letterlock-SMIME: encryption=opened; signature=valid; signer=ceo@own.example; time=1; code=06h0pg78dxtd8bkz166skjx14m\r\n"
    (_, _, data), = s.come_in(lie + raw, NOBODY)
    report("X-Letterlock-SMIME" not in data, "in: a forged verdict is taken out at the door for anybody", data)
    (_, _, data), = s.give(s.house.smtp, lie + raw, NOBODY, (ANNA,))
    report("X-Letterlock-SMIME" not in data, "in: and where our mail server passes it on", data)


def goes_out(s, roots):
    w = s.world
    out = s.by_recipient(s.go_out(mail("secret plans", ANNA, X), [X]))
    data = out[X]
    report(SECRET not in data and "secret plans" not in data, "out: neither words nor subject are readable", data[:1500])
    inner = w.open("x", data.encode())
    report(b"multipart/signed" in inner, "out: it is signed inside", inner[:500].decode(errors="replace"))
    clear = run("openssl", "cms", "-verify", "-CAfile", str(roots), data=inner).decode()
    report(SECRET in clear and "secret plans" in clear, "out: openssl opens and verifies it, the subject is inside", clear)
    who = s.rows()
    report(who[0][1] == "smime", "out: it is on record", str(who))
    newest = json.loads(s.house.run("message", "list", "--json").stdout.splitlines()[0])["message"]
    shown = json.loads(s.house.run("message", "show", newest, "--json").stdout.splitlines()[0])["smime"]
    report("AES-256" in shown and "CN=x" in shown and f"signed by {ANNA}" in shown, "out: message show says which cipher, certificate and signer", shown)
    path = s.house.folder / "explained.eml"
    path.write_text(mail("secret plans", ANNA, X))
    told = [s.house.run("policy", "explain", str(path), "--from", ANNA, "--to", to) for to in (X, NOBODY)]
    report("S/MIME" in told[0].stdout and "passed over" not in told[0].stdout and "S/MIME passed over" in told[1].stdout,
           "out: policy explain says whether, and why not", f"{told}")
    (_, _, data), = s.go_out(mail("contract", ANNA, X), [X])
    clear = run("openssl", "cms", "-verify", "-CAfile", str(roots), data=data.encode()).decode()
    report(SECRET in clear and "multipart/signed" in data, "out: what is only to be signed is signed, in clear", data[:1500])


def blind(s):
    out = s.by_recipient(s.go_out(mail("secret bcc", ANNA, X, cc=Y), [X, Y, Z]))
    same = out[X].split("\r\n\r\n", 1)[1] == out[Y].split("\r\n\r\n", 1)[1]
    report(n_recipients(out[X]) == 2 and same and n_recipients(out[Z]) == 1, "bcc: who is named shares an envelope, who is not has his own",
           f"{n_recipients(out[X])} {n_recipients(out[Y])} {n_recipients(out[Z])}")
    w = s.world
    report(w.cannot_open("z", out[X].encode()) and SECRET.encode() in w.open("z", out[Z].encode()) and Z not in out[X],
           "bcc: nobody's copy tells of him")


def many(s):
    started = time.monotonic()
    out = s.by_recipient(s.go_out(mail("secret many", ANNA, ", ".join(MANY)), MANY))
    seconds = time.monotonic() - started
    copies = {data.split("\r\n\r\n", 1)[1] for data in out.values()}
    report(len(out) == 50 and len(copies) == 1 and n_recipients(out[MANY[0]]) == 50, "fifty: one envelope for all", f"{len(out)} {len(copies)} {seconds:.1f} s")
    report(all(SECRET.encode() in s.world.open(f"r{n:02}", out[MANY[n]].encode()) for n in (0, 49)), "fifty: the first and the last open it")


def own_program(s):
    """What the sender's program did is left alone, if it did it."""
    w, raw = s.world, mail("secret by hand", ANNA, NOBODY)
    made = around(raw, w.encrypt(entity(raw), w.path("x", "crt")))
    out = s.by_recipient(s.go_out(made, [NOBODY]))
    report(out[NOBODY].split("\r\n\r\n", 1)[1] == made.split("\r\n\r\n", 1)[1] and s.rows()[0][1] == "smime",
           "own: what the sender's program encrypted goes out as it is", f"{s.rows()} {out}")
    raw = mail("contract by hand", ANNA, X)
    made = around(raw, w.sign(w.person(ANNA), entity(raw)))
    (_, _, data), = s.go_out(made, [X])
    report(data.split("\r\n\r\n", 1)[1] == made.split("\r\n\r\n", 1)[1], "own: what it signed is not signed again", data[:1500])
    (_, _, data), = s.go_out(around(raw, w.sign("x", entity(raw))), [X])
    report(len(re.findall("(?i)^Content-Type: multipart/signed", data, re.M)) == 2, "own: what another's certificate signed is signed", data[:1500])
    made = around(mail("secret weak", ANNA, NOBODY), w.encrypt(entity(raw), w.path("x", "crt"), cipher="-des3"))
    s.go_out(made, [NOBODY])
    report(s.rows()[0][1] == "waits", "own: what it encrypted by an old cipher is not", str(s.rows()))
    lie = mail("secret lie", ANNA, NOBODY).replace("text/plain; charset=utf-8", "application/pkcs7-mime; smime-type=enveloped-data")
    s.go_out(lie, [NOBODY])
    report(s.rows()[0][1] == "waits", "own: what only says that it is encrypted is not", str(s.rows()))
    other = mail("contract of another", BERT, X)
    s.go_out(other, [X])
    report(s.rows()[0][1] == "waits" and "somebody else" in s.rows()[0][2], "own: nobody signs in another's name", str(s.rows()))
    (_, _, forwarded), = s.come_in(mail("contract from outside", ANNA, ANNA), ANNA)
    s.go_out(forwarded.replace("\r\nX-Letterlock-Passed", "\r\nX-Passed"), [X])
    report(s.rows()[0][1] == "waits" and "was here before" in s.rows()[0][2], "own: nor what came in from outside and is passed on", str(s.rows()))
    tries = s.house.query("SELECT max(attempts) FROM item WHERE kind = 'unmet'")[0][0]
    s.house.run("queue", "retry", "all")
    again = until(lambda: s.house.query("SELECT max(attempts) FROM item WHERE kind = 'unmet'")[0][0] > tries, 20)
    report(again and not any("multipart/signed" in data for _, _, data in s.sink.kept), "own: nor when it is tried again", str(s.rows()))


def waits(s):
    with Client(s.house.smtp) as c:
        c.send(ANNA, [NOBODY], mail("secret nobody", ANNA, NOBODY).encode().removesuffix(b"\r\n"))
    action, reason = s.rows()[0][1:]
    report(action == "waits" and "S/MIME passed over" in reason and "certificate" in reason, "held: without a certificate it waits, and says why", f"{action} {reason}")


def without_keeper(s):
    pid = s.house.role("keeper")
    os.kill(pid, signal.SIGSTOP)
    raw = mail("secret later", ANNA, X)
    try:
        with Client(s.house.smtp, timeout=60) as c:
            c.send(ANNA, [X], raw.encode().removesuffix(b"\r\n"))
        code, words = 250, "taken"
    except Refused as r:
        code, words = r.code, r.words
    finally:
        os.kill(pid, signal.SIGCONT)
    report(code // 100 == 4, "keeper: while it does not answer a message is asked to come again", f"{code} {words}")
    out = s.by_recipient(s.go_out(raw, [X]))
    report(SECRET.encode() in s.world.open("x", out[X].encode()), "keeper: and goes out when it does")


def comes_in(s, anna):
    w, raw = s.world, mail("in", X, ANNA)
    both = around(raw, w.encrypt(w.sign("x", entity(raw)), anna))
    (_, _, data), = s.come_in(both)
    said = verdict(data)
    report(SECRET in data and "encryption=opened" in said and "signature=valid" in said and f"signer={X}" in said,
           "in: what is encrypted and signed arrives opened, with the verdict", f"{said}\n{data[:1500]}")
    report(field(data, "X-Was") == ["encrypted"] and field(data, "X-Saw") == ["vault"],
           "in: rules see what was opened, and that it came encrypted", data[:1500])
    out = s.by_recipient(s.come_in(both, X, (ANNA, BERT)))
    report(SECRET in out[ANNA] and SECRET not in out[BERT] and "not-for-this-recipient" in verdict(out[BERT]),
           "in: it is opened for those only to whom it was encrypted", f"{verdict(out[ANNA])} {verdict(out[BERT])}")
    (_, _, data), = s.come_in(both, X, (BERT,))
    report(SECRET not in data and "encryption=no-key" in verdict(data), "in: who gets a stray copy gets what came", verdict(data))
    (_, _, data), = s.come_in(both.replace("smime-type=enveloped-data", "smime-type=enveloped-data") [:-200] + "AAAA\r\n")
    report(SECRET not in data and "encryption=" in verdict(data) and "opened" not in verdict(data), "in: what is broken is not opened, and goes on", verdict(data))
    (_, _, data), = s.come_in(both)
    again = data.split("X-Letterlock-SMIME", 1)[1]
    (_, _, twice), = s.give(s.house.smtp, "X-Letterlock-SMIME" + again, X, (ANNA,))
    report("signature=valid" in verdict(twice), "in: our own verdict is known again", verdict(twice))
    (_, _, twice), = s.give(s.house.smtp, ("X-Letterlock-SMIME" + again).replace("at nine", "at noon"), X, (ANNA,))
    report("signature=valid" not in verdict(twice), "in: and not on another message", verdict(twice))


def ordered(s):
    """A sender's first need, where another authority makes certificates: one order, mail waits, and later mail is signed."""
    w, dora = s.world, "dora@own.example"
    maker = s.house.folder / "maker"
    pathlib.Path(w.path("made", "ext")).write_text(f"subjectAltName=email:{dora}\nextendedKeyUsage=emailProtection\nkeyUsage=digitalSignature\n")
    maker.write_text(f"#!/bin/sh\nexec openssl x509 -req -CA {w.path('ca', 'crt')} -CAkey {w.path('ca', 'key')} -days 30 -extfile {w.path('made', 'ext')}\n")
    maker.chmod(0o755)
    os.chmod(w.path("ca", "key"), 0o644)    # the program runs as the installation's user
    s.house.set("# way: authority", "way: command")
    s.house.set("# command: .*", f"command: {maker}")
    s.house.stop()
    assert s.house.start(), s.house.said()

    def orders():
        return s.house.query("SELECT count(*) FROM cert_order WHERE address = ?", dora)[0][0]

    s.go_out(mail("hello", dora, X), [X], dora)
    report(orders() == 0, "order: who does not need a certificate gets none", str(orders()))
    with Client(s.house.smtp) as one, Client(s.house.smtp) as two:
        for c in (one, two):
            c.send(dora, [X], mail("contract", dora, X).encode().removesuffix(b"\r\n"))
    report(orders() == 1, "order: the first need orders one, and only one", str(orders()))
    action, reason = s.rows()[0][1:]
    report(action == "waits" and "is ordered" in reason, "order: the message waits, and says why", f"{action} {reason}")
    done = s.house.run("cert", "enrol", "--pending")
    out = s.by_recipient(s.go_out(mail("contract", dora, X), [X], dora))
    clear = "multipart/signed" in out.get(X, "") and run("openssl", "cms", "-verify", "-CAfile", w.path("ca", "crt"), data=out[X].encode()).decode()
    report(clear and SECRET in clear, "order: with the certificate that came later mail is signed", f"{s.rows()} {done.stdout} {done.stderr}")


class Mine:
    """A certificate of our people, as the kit wants it."""

    def __init__(self, s, address):
        self.der = s.house.query("SELECT der FROM cert WHERE role = 0 AND address = ?", address)[0][0]
        self.cert = s.house.folder / f"{address}.pem"
        self.cert.write_bytes(run("openssl", "x509", "-inform", "DER", data=self.der))


def captured(s):
    """Who has mail that was encrypted to Anna gets it opened by no trick, though Anna gets a copy, too."""
    anna, bert = Mine(s, ANNA), Mine(s, BERT)
    w, raw = s.world, mail("captured", X, ANNA)
    inner = w.encrypt(entity(raw), str(anna.cert))
    both = around(raw, w.encrypt(inner.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), str(anna.cert), str(bert.cert)))
    out = s.by_recipient(s.come_in(both, X, (ANNA, BERT)))
    report("encryption=opened" in verdict(out[BERT]) and "pkcs7-mime" in out[BERT] and not any(SECRET in data for data in out.values()),
           "captured: sealed again, the inner envelope stays closed", f"{out}")
    key, iv = random_key()
    sealed = cbc(key, iv, entity(raw))
    for name, first, second in (("behind", (key, anna), (bytes(32), bert)), ("in front", (bytes(32), bert), (key, anna))):
        made = around(raw, p7m(enveloped(iv, sealed, [transport(*first), transport(*second)])))
        out = s.by_recipient(s.come_in(made, X, (ANNA, BERT)))
        report(SECRET in out[ANNA] and SECRET not in out[BERT] and "not-for-this" in verdict(out[BERT]),
               f"captured: a name that was added {name} opens nothing", f"{verdict(out[ANNA])} {verdict(out[BERT])}")
    made = around(raw, p7m(enveloped(iv, sealed, [transport(key, bert), transport(key, anna)])))
    out = s.by_recipient(s.come_in(made, X, (ANNA, BERT)))
    report(SECRET in out[ANNA] and SECRET in out[BERT], "captured: what is for both is opened for both", f"{out}")


def goes_further(s):
    """What was opened for people inside: copies that go outside, and recipients for whom it has to wait."""
    anna, w, raw = Mine(s, ANNA), s.world, mail("passed", X, ANNA)
    made = around(raw, w.encrypt(w.sign("x", entity(raw)), str(anna.cert)))
    out = s.by_recipient(s.come_in(made, X, (ANNA,)))
    report(SECRET in out[ANNA] and SECRET not in out[Y] and "pkcs7-mime" in out[Y], "further: a copy that a rule sends outside stays closed", f"{out}")
    both = [ANNA, "carla@own.example"]
    with Client(s.outside) as c:
        c.send(X, both, made.replace("Subject: passed", "Subject: waiting").encode().removesuffix(b"\r\n"))
    report([r[1] for r in s.rows()] == ["waits", "waits"], "further: it waits", str(s.rows()))
    path = s.folder / "policy.yaml"
    before = path.read_text()
    path.write_text(before.replace("subject_contains_words: waiting", "subject_contains_words: nothing"))
    s.sink.kept.clear()
    s.house.stop()
    assert s.house.start(), s.house.said()
    listed = [json.loads(line) for line in s.house.run("queue", "list", "--json").stdout.splitlines()]
    for item in listed:
        s.house.run("queue", "retry", item["item"])
    until(lambda: len(s.by_recipient(s.sink.kept)) == 2, 20)
    out = s.by_recipient(s.sink.kept)
    opened, closed = (out.get(r, "") for r in both)
    report(SECRET in opened and "signature=valid" in verdict(opened) and "code=" in verdict(opened), "further: behind it, it is opened with its verdict", f"{listed} {opened[:1500]}")
    report("pkcs7-mime" in closed and SECRET not in closed and "not-for-this-recipient" in verdict(closed), "further: and closed for the other", closed[:1500])
    again = opened.partition("X-Letterlock-SMIME")
    (_, _, twice), = s.give(s.house.smtp, "".join(again[1:]), X, (ANNA,))
    report("signature=valid" in verdict(twice), "further: and the verdict is ours", verdict(twice))


def refused(s, anna):
    """A rule that would refuse what is inside is no oracle: with the words or without them it is taken."""
    w = s.world

    def attempt(raw, sender=X):
        with Client(s.outside) as c:
            try:
                return 250, c.send(sender, [ANNA], raw.encode().removesuffix(b"\r\n"))
            except Refused as r:
                return r.code, r.words

    raw = mail("plain", X, ANNA, "The blueprints, at last.")
    code, words = attempt(raw)
    report(code == 550 and "Not here" in words, "refused: what comes in clear is refused in the dialogue", f"{code} {words}")
    s.sink.kept.clear()
    code, words = attempt(around(raw, w.encrypt(w.sign("x", entity(raw)), anna)))
    rows = s.rows()
    held = s.house.query("SELECT count(*) FROM item WHERE state = 1")[0][0]
    report(code == 250 and held == 1 and "kept instead of refused" in rows[0][2], "refused: for what was inside it is not, but kept", f"{code} {words} {rows} {held}")
    listed = [json.loads(line) for line in s.house.run("review", "list", "--json").stdout.splitlines()]
    report(len(listed) == 1 and listed[0]["rule"] == "Nothing of the sort", "refused: the administrator sees why", str(listed))
    said = s.house.run("review", "approve", listed[0]["review"], "--reason", "it is ours")
    until(lambda: ANNA in s.by_recipient(s.sink.kept), 15)
    out = s.by_recipient(s.sink.kept)
    report("blueprints" in out.get(ANNA, "") and X not in out, "refused: he can release it, and the sender hears nothing", f"{said.stdout}{said.stderr} {out}")
    raw = mail("shunned", Y, ANNA, "The blueprints, at last.")
    code, words = attempt(around(raw, w.encrypt(w.sign("y", entity(raw)), anna)), Y)
    report(code == 550 and "Not from you" in words, "refused: what shows from outside is refused for that", f"{code} {words}")


def who_left(s, anna):
    """Mail of somebody who left, encrypted to the old certificate, reaches whom the administrator names, opened."""
    w, raw = s.world, mail("to who left", X, ANNA)
    sealed = around(raw, w.encrypt(w.sign("x", entity(raw)), anna))
    done = [s.house.run("cert", "redirect", ANNA, to) for to in (ANNA, "y@out.example", BERT)]
    report([d.returncode == 0 for d in done] == [False, False, True], "left: somebody else inside is named", str([d.stderr for d in done]))
    assert s.house.run("cert", "revoke", ANNA, "--reason", "cessation").returncode == 0
    out = s.by_recipient(s.come_in(sealed))
    report(list(out) == [BERT] and SECRET in out[BERT] and "encryption=opened" in verdict(out[BERT]), "left: he gets it, opened with the key that stays", f"{out}")
    rows = s.rows()
    report(rows[0][0] == ANNA and "redirected to bert" in rows[0][2] and rows[1][0] == BERT, "left: and that is on record", str(rows))
    out = s.by_recipient(s.come_in(mail("clear", X, ANNA)))
    report(list(out) == [BERT], "left: other mail goes there, too", str(list(out)))
    listed = [json.loads(line) for line in s.house.run("cert", "redirect", "--json").stdout.splitlines()]
    report([(r["address"], r["to"]) for r in listed] == [(ANNA, BERT)], "left: it is listed", str(listed))
    done = s.house.run("cert", "redirect", ANNA, "--off")
    out = s.by_recipient(s.come_in(mail("clear", X, ANNA)))
    report(done.returncode == 0 and list(out) == [ANNA], "left: and ends", f"{done.stderr} {list(out)}")


def main():
    with Gate() as s:
        for address in (X, Y, Z, *MANY):
            s.world.person(address)
        done = s.house.run("ca", "init", "Own Ltd")
        assert done.returncode == 0, done.stderr + s.house.said()
        roots = s.house.folder / "own.pem"
        roots.write_text(s.house.run("ca", "show", "--pem", "root").stdout)
        harvested(s)
        forged(s)
        s.house.stop()
        assert s.house.start(), s.house.said()
        goes_out(s, roots)
        blind(s)
        anna = s.house.folder / "anna.pem"
        der = s.house.query("SELECT der FROM cert WHERE role = 0 AND address = ?", ANNA)[0][0]
        anna.write_bytes(run("openssl", "x509", "-inform", "DER", data=der))
        comes_in(s, str(anna))
        refused(s, str(anna))
        s.go_out(mail("contract", BERT, X), [X], BERT)
        captured(s)
        goes_further(s)
        without_keeper(s)
        for n, address in enumerate(MANY):
            raw = mail("hello", address, ANNA)
            s.come_in(around(raw, s.world.sign(f"r{n:02}", entity(raw))), address)
        many(s)
        own_program(s)
        waits(s)
        ordered(s)
        who_left(s, str(anna))


if __name__ == "__main__":
    main()
