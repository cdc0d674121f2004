#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""S/MIME with keys in a token that comes and goes; what partners' programs read,
each opened by `openssl cms`; signatures over all mail, by a person's or a
domain's certificate; who signed in as whom; a server that proves nothing; three generations of keys."""
import base64
import ctypes
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys

from smime import ANNA, BERT, SECRET, X, Gate, around, entity, mail, n_recipients, run, verdict
from wire import Client, Refused, report
from house import until

PASSWORD = b"open sesame"
MODULE, PIN = "/usr/lib/softhsm/libsofthsm2.so", "2580"
CARL, DORA = "carl@dom.example", "dora@own.example"
CLEAR = "p@clear.example"
WAYS = ("pss", "oaep", "gcm", "thrice", "all", "climb")
POLICY = """version: 1
domains: [own.example, dom.example]
default: clear
partners:
  - {domains: [climb.example], tls: {verify: names, names: [mx.climb.example]}}
smime:
  sign: always
  form: opaque
  trust: {anchors: partners.pem, revocation: off}
  profiles:
    - {domains: [pss.example], signature: pss}
    - {domains: [oaep.example], key_transport: oaep}
    - {domains: [gcm.example], encryption: aes256-gcm}
    - {domains: [thrice.example], triple_wrap: true}
    - {domains: [all.example], signature: pss, key_transport: oaep, encryption: aes256-gcm, triple_wrap: true}
  inbound: {decrypt: true, signatures: strip, banner: true}
rules:
  - name: Way
    when: {recipient_domain_is: climb.example, sender_scope: inside}
    then: {demand: {assurance: transit, prefer: [tls, smime]}}
  - name: Signed
    when: {subject_contains_words: contract, sender_scope: inside}
    then: {sign: true}
  - name: End to end
    when: {subject_contains_words: secret, sender_scope: inside}
    then: {demand: {assurance: end_to_end}}
"""


class Token:
    """A token of SoftHSM: a folder that is there or not."""

    def __init__(self, house):
        self.house, self.folder = house, house.folder / "softhsm"
        (self.folder / "tokens").mkdir(parents=True)
        conf, pin = self.folder / "softhsm.conf", self.folder / "pin"
        conf.write_text(f"directories.tokendir = {self.folder}/tokens\n")
        pin.write_text(PIN + "\n")
        pin.chmod(0o600)
        os.environ["SOFTHSM2_CONF"] = str(conf)
        run("softhsm2-util", "--init-token", "--free", "--label", "letterlock", "--so-pin", "1234", "--pin", PIN)
        keeper = int(re.search(r"(?m)^ +keeper: (\d+)$", house.conf.read_text()).group(1))
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, keeper, keeper)
        for key, value in (("module", MODULE), ("token", "letterlock"), ("pin_file", pin), ("dir", self.folder)):
            house.set(f"# pkcs11_{key}: .*", f"pkcs11_{key}: {value}")

    def move(self, one, other):
        (self.house.folder / "away").mkdir(exist_ok=True)
        for path in one.iterdir():
            path.rename(other / path.name)

    def pull(self):
        self.move(self.folder / "tokens", self.house.folder / "away")

    def put_back(self):
        self.move(self.house.folder / "away", self.folder / "tokens")

    def keys(self):
        shown = run("pkcs11-tool", "--module", MODULE, "--token-label", "letterlock", "--login", "--pin", PIN, "--list-objects", "--type", "privkey")
        return shown.count(b"Private Key Object")


def hashed():
    """As argon2(1) writes it with -e."""
    out, size, salt = ctypes.create_string_buffer(128), ctypes.c_size_t, b"saltsaltsalt"
    rc = ctypes.CDLL("libargon2.so.1").argon2id_hash_encoded(1, 8, 1, PASSWORD, size(len(PASSWORD)), salt, size(len(salt)), size(32), out,
                                                             size(len(out)))
    assert rc == 0, rc
    return out.value.decode()


class SignedIn(Client):
    """Who gives a name and the password, under TLS."""

    def __init__(self, port, user):
        super().__init__(port)
        self.command("STARTTLS", 220)
        self.file.close()
        self.sock = ssl._create_unverified_context().wrap_socket(self.sock)
        self.file = self.sock.makefile("rb")
        self.command("EHLO client.example")
        self.command("AUTH PLAIN " + base64.b64encode(b"\0%s\0%s" % (user.encode(), PASSWORD)).decode(), 235)


class Ways(Gate):
    def __init__(self):
        super().__init__(POLICY)
        self.token = Token(self.house)
        users = self.house.folder / "users"
        users.write_text("".join(f"{user}:{hashed()}\n" for user in (ANNA, "mailer")))
        users.chmod(0o644)
        self.house.set("# users_file: .*", f"users_file: {users}")

    def done(self, *words):
        done = self.house.run(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}{self.house.said()[-2000:]}"
        return done.stdout

    def attempt(self, raw, sender, to, port=None):
        """(code, words) of what a client is told."""
        try:
            with Client(port or self.house.smtp, timeout=60) as c:
                return 250, c.send(sender, [to], raw.encode().removesuffix(b"\r\n"))
        except Refused as r:
            return r.code, r.words

    def check(self, mail_bytes):
        """Verified by openssl: (what was signed, the signer's certificate)."""
        out = self.house.folder / "signer.pem"
        clear = run("openssl", "cms", "-verify", "-CAfile", str(self.roots), "-signer", str(out), data=mail_bytes)
        return clear.decode(), run("openssl", "x509", "-in", str(out), "-noout", "-subject", "-ext", "subjectAltName").decode()

    def shape(self, mail_bytes):
        return run("openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "SMIME", data=mail_bytes).decode()


def settle(s):
    """Our authority with users' keys in the token, and what partners sent us."""
    w, house = s.world, s.house
    s.done("ca", "init", "Own Ltd", "--user-token", "--user-kind", "rsa-2048", "--kind", "p256")
    s.roots = house.folder / "own.pem"
    s.roots.write_text(s.done("ca", "show", "--pem", "root"))
    w.person(X)
    for way in WAYS:
        w.person(f"{way}@{way}.example")
        s.done("cert", "import", w.path(way, "crt"))
    w.make("domain", "/CN=Dom Ltd", "subjectAltName=email:office@dom.example\nextendedKeyUsage=emailProtection\n"
           "keyUsage=critical,digitalSignature,keyEncipherment\n")
    secret = house.folder / "secret"
    secret.write_text("a good passphrase\n")
    p12 = str(house.folder / "domain.p12")
    run("openssl", "pkcs12", "-export", "-inkey", w.path("domain", "key"), "-in", w.path("domain", "crt"), "-passout", "pass:a good passphrase", "-out", p12)
    s.done("cert", "import", p12, "--passphrase-file", str(secret), "--address", "@dom.example")
    with s.roots.open("ab") as f:
        f.write(pathlib.Path(w.path("ca", "crt")).read_bytes())


def signed_always(s):
    (_, _, data), = s.go_out(mail("hello", ANNA, CLEAR), [CLEAR])
    clear, who = s.check(data.encode())
    report("smime-type=signed-data" in data and SECRET in clear and ANNA in who and s.rows()[0][1] == "clear",
           "always: mail to the outside is signed, opaquely", f"{who}\n{data[:1500]}")
    report(s.token.keys() == 1, "token: the key that signed is in it", str(s.token.keys()))
    (_, _, data), = s.go_out(mail("hello", ANNA, BERT), [BERT])
    report(SECRET in data, "always: mail to our own people is not", data[:1500])
    (_, _, data), = s.go_out(mail("hello", CARL, CLEAR), [CLEAR], CARL)
    clear, who = s.check(data.encode())
    report(SECRET in clear and "Dom Ltd" in who, "domain: its certificate signs for its people", who)


def signed_in(s):
    """A person signs as that person; a mail server's user speaks for all."""
    def send(user, sender):
        s.sink.kept.clear()
        with SignedIn(s.house.smtp, user) as c:
            c.send(sender, [CLEAR], mail("contract", sender, CLEAR).encode().removesuffix(b"\r\n"))
        until(lambda: s.house.query("SELECT count(*) FROM item WHERE state < 2 AND kind <> 'unmet'")[0][0] == 0, 20)
        # A note to the sender is not what went out.
        return s.rows()[0], [data for _, rcpts, data in s.sink.kept if CLEAR in " ".join(rcpts)]

    row, kept = send(ANNA, ANNA)
    report(len(kept) == 1 and ANNA in s.check(kept[0].encode())[1], "signed in: a person signs as himself", f"{row} {kept}")
    row, kept = send(ANNA, BERT)
    report(row[1] == "waits" and "somebody else than the sender signed in" in row[2] and not kept,
           "signed in: and as nobody else: it waits, and says why", f"{row} {kept}")
    report(s.house.query("SELECT count(*) FROM cert WHERE role = 0 AND address = ?", BERT)[0][0] == 0, "signed in: nobody gets a certificate by it")
    s.done("queue", "cancel", "all")
    row, kept = send("mailer", BERT)
    report(len(kept) == 1 and BERT in s.check(kept[0].encode())[1], "signed in: a mail server speaks for all", f"{row} {kept}")


def profiles(s):
    got = {}
    for way in WAYS[:-1]:
        to = f"{way}@{way}.example"
        (_, _, data), = s.go_out(mail("secret", ANNA, to), [to])
        assert SECRET not in data, data
        outer = s.check(data.encode())[0] if way in ("thrice", "all") else data
        inner = s.world.open(way, outer.encode())
        clear, who = s.check(inner)
        ok = SECRET in clear and ANNA in who and n_recipients(outer) == 1
        got[way] = (ok, s.shape(outer.encode()), s.shape(inner), data)
    for way, what, sealed, within in (
            ("pss", "RSASSA-PSS", "aes-256-cbc", "rsassaPss"), ("oaep", "RSA-OAEP", "rsaesOaep", "rsaEncryption"),
            ("gcm", "AES-256-GCM", "aes-256-gcm", "rsaEncryption"), ("thrice", "triple wrap", "aes-256-cbc", "rsaEncryption"),
            ("all", "all of it", "aes-256-gcm", "rsassaPss")):
        ok, outer, inner, data = got[way]
        report(ok and sealed in outer and within in inner, f"profile: {what} is opened by openssl", f"{outer[:1500]}\n{inner[:3000]}")
    report("smime-type=signed-data" in got["thrice"][3].split("\r\n\r\n")[0] and "rsaesOaep" in got["all"][1] and
           "rsassaPss" in s.shape(got["all"][3].encode()), "profile: what is wrapped three times is signed outside, too", got["all"][3][:1500])


def pulled(s):
    """Known signers and new ones: asked to come again, and nothing is kept."""
    before = s.house.query("SELECT count(*) FROM message")[0][0]
    since = s.house.log.stat().st_size
    s.token.pull()
    s.sink.kept.clear()
    told = [s.attempt(mail("while away", sender, CLEAR), sender, CLEAR) for sender in (ANNA, DORA)]
    told.append(s.attempt(mail("secret away", ANNA, "gcm@gcm.example"), ANNA, "gcm@gcm.example"))
    raw = mail("in while away", X, ANNA)
    sealed = around(raw, s.world.encrypt(entity(raw), str(s.house.folder / "anna0.pem")))
    code, words = s.attempt(sealed, X, ANNA, s.outside)
    report(code // 100 == 4, "pulled: what is to be opened is asked to come again, too", f"{code} {words} {s.sink.kept}")
    said = s.house.said(since)
    report(all(code // 100 == 4 for code, _ in told), "pulled: what has to be signed is asked to come again", str(told))
    report("the PKCS#11 token letterlock" in said, "pulled: the log says that it is the token", said)
    after = s.house.query("SELECT count(*) FROM message")[0][0]
    report(before == after and not s.sink.kept, "pulled: nothing is kept, nothing leaves", f"{before} {after} {s.sink.kept}")
    code, words = s.attempt(mail("from the domain", CARL, CLEAR), CARL, CLEAR)
    report(code == 250, "pulled: whose key is elsewhere still signs", words)
    s.token.put_back()
    again = [until(lambda sender=sender: s.attempt(mail("when back", sender, CLEAR), sender, CLEAR)[0] == 250, 15, 0.5) for sender in (ANNA, DORA)]
    s.house.drained()
    came = [data for _, _, data in s.sink.kept]
    whose = [s.check(data.encode())[1] for data in came]
    report(all(again) and len(came) == 3 and all(any(a in who for who in whose) for a in (ANNA, DORA)),
           "pulled: when it is back, what comes again is signed and goes out", f"{again} {whose}")
    (_, _, data), = s.come_in(sealed)
    report(SECRET in data, "pulled: or opened", verdict(data))


def climbs(s):
    to = "climb@climb.example"
    (_, _, data), = s.go_out(mail("the way", ANNA, to), [to])
    inner = s.world.open("climb", data.encode())
    row = s.rows()[0]
    report(SECRET not in data and SECRET in s.check(inner)[0], "climb: a server that proves nothing gets it encrypted to its reader", data[:1500])
    report(row[1] == "smime" and "verified TLS failed" in row[2] and "S/MIME instead" in row[2], "climb: and it is on record", str(row))
    report(s.house.query("SELECT count(*) FROM item WHERE state < 2")[0][0] == 0, "climb: nothing is left waiting")


def climbs_without_token(s):
    """What was accepted already, and has to be signed on its way, waits."""
    path, to = s.folder / "new.yaml", "climb@climb.example"
    path.write_text(POLICY.replace("sign: always", "sign: when_encrypting"))
    s.done("policy", "apply", str(path), "--comment", "a test")
    s.token.pull()
    s.sink.kept.clear()
    code, words = s.attempt(mail("the way, away", ANNA, to), ANNA, to)
    item = until(lambda: s.house.query("SELECT last_reply FROM item WHERE state < 2 AND attempts > 1"), 10)
    report(code == 250 and item and "the PKCS#11 token letterlock" in item[0][0] and not s.sink.kept,
           "climb: what cannot be signed now waits in the queue, and says why", f"{words} {item} {s.sink.kept}")
    s.token.put_back()
    s.house.drained()
    inner = [s.world.open("climb", data.encode()) for _, _, data in s.sink.kept]
    report(len(inner) == 1 and SECRET in s.check(inner[0])[0], "climb: and goes out, once, when the token is back", str(inner)[:1500])


def simulated(s):
    """What another policy would do, with the certificates that there are."""
    path, folder = s.folder / "stricter.yaml", s.house.folder / "mails"
    path.write_text(POLICY.replace("subject_contains_words: secret", "recipient_domain_is: [gcm.example, clear.example, climb.example]")
                    .replace("then: {demand: {assurance: end_to_end}}", "then: {sign: true, demand: {assurance: end_to_end}}"))
    folder.mkdir()
    for sender, to in ((ANNA, "gcm@gcm.example"), (ANNA, CLEAR), (X, "gcm@gcm.example")):
        (folder / f"{sender}-{to}").write_text(mail("hello", sender, to))
    held = (CLEAR, "clear", "waits: nothing meets the demand")
    for words, wanted in ((("--messages", str(folder)), {held, ("gcm@gcm.example", "clear", "S/MIME")}),
                          (("--replay", "1d"), {held, ("pss@pss.example", "S/MIME", "clear"), ("climb@climb.example", "verified TLS", "S/MIME")})):
        found = json.loads(s.done("policy", "simulate", "--policy", str(path), *words, "--json"))
        said = {(sample["recipient"], sample["old"], sample["new"]) for sample in found["samples"]}
        report(wanted <= said and found["untold_messages"] == 0, f"simulate {words[0]}: knows who has a certificate and who can sign", str(found))


def generations(s):
    w = s.world
    for _ in range(3):
        s.done("cert", "renew", ANNA)
    ders = [row[0] for row in s.house.query("SELECT der FROM cert WHERE role = 0 AND address = ? ORDER BY from_ms", ANNA)]
    opened = []
    for n, der in enumerate(ders):
        pem = s.house.folder / f"anna{n}.pem"
        pem.write_bytes(run("openssl", "x509", "-inform", "DER", data=der))
        raw = mail(f"generation {n}", X, ANNA)
        (_, _, data), = s.come_in(around(raw, w.encrypt(w.sign("x", entity(raw)), str(pem))))
        opened.append((SECRET in data, verdict(data)))
    report(len(ders) == 4 and all(ok and "encryption=opened" in said for ok, said in opened),
           "generations: mail to each of four certificates is opened", str(opened))
    report(s.token.keys() == 4, "generations: their keys are all in the token", str(s.token.keys()))
    report("application/pkcs7" not in data and "multipart/signed" not in data and "signature=valid" in verdict(data),
           "in: valid signatures are taken off, and the header keeps what they said", data[:2500])
    body = data.split("\r\n\r\n", 1)[1]
    report(body.startswith("[S/MIME: ") and f"signed by {X}" in body.split("\r\n")[0], "in: the result stands at the top of the body", body)
    raw = mail("to the domain", X, CARL)
    (_, _, data), = s.come_in(around(raw, w.encrypt(entity(raw), w.path("domain", "crt"))), X, (CARL,))
    report(SECRET in data and "encryption=opened" in verdict(data), "domain: what is encrypted to it is opened for its people", verdict(data))
    raw = mail("a liar", "y@out.example", ANNA)
    (_, _, data), = s.come_in(around(raw, w.sign("x", entity(raw))), "y@out.example")
    report("multipart/signed" in data and "[S/MIME" not in data and "other-sender" in verdict(data), "in: what is no valid signature stays", data[:2000])


def main():
    if not os.path.exists(MODULE) or not shutil.which("softhsm2-util") or not shutil.which("pkcs11-tool"):
        print("skipped: no SoftHSM, or no pkcs11-tool")
        sys.exit(77)
    with Ways() as s:
        settle(s)
        signed_always(s)
        profiles(s)
        climbs(s)
        simulated(s)
        generations(s)
        pulled(s)
        signed_in(s)
        climbs_without_token(s)


if __name__ == "__main__":
    main()
