#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other people's programs read the S/MIME that we write, and we read theirs: a table, rows algorithms, columns programs.

    tests/smime/interop.py SMIME_WRITE [SMIME_PROBE] [--only openssl,gpgsm,...]

Programs: openssl cms, gpgsm, Bouncy Castle (Judge.java), mutt, Thunderbird (thunderbird.py). Keys and certificates are made here.
A cell is `ok`, `FAULT` (listed below the table; the test fails), `no` (the program does not have it: see CANNOT, which says why
and is itself checked), or `.` (not tried: mutt's cryptography is openssl's, and Thunderbird takes two seconds a message).
Behind a slash: what the program writes with these algorithms, read by us; nothing stands there where it makes none.
"""
import argparse
import base64
import email
import email.utils
import os
import pathlib
import pty
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
ROOT = pathlib.Path(__file__).resolve().parents[2]
JARS = [f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil")]
# Thunderbird compares the date with that of the signature.
HEAD = f"""From: Alice <alice@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: Plans\r\nDate: {email.utils.formatdate()}\r
Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n""".encode()
CONTENT = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nMeet me at noon, " + b"and bring the documents. " * 40 + b"\r\n.\r\n"
LARGE = 150 << 20

SIGNING = [  # label, key, padding, digest
    ("RSA PKCS#1 1.5, SHA-256", "rsa", "v15", "-"), ("RSA PKCS#1 1.5, SHA-384", "rsa", "v15", "sha384"),
    ("RSA PKCS#1 1.5, SHA-512", "rsa", "v15", "sha512"), ("RSA-PSS, SHA-256", "rsa", "pss", "-"),
    ("RSA-PSS, SHA-512", "rsa", "pss", "sha512"), ("ECDSA P-256, SHA-256", "p256", "v15", "-"),
    ("ECDSA P-384, SHA-384", "p384", "v15", "-"), ("Ed25519", "ed25519", "v15", "-")]
CIPHERS = ["AES-256-CBC", "AES-128-CBC", "AES-256-GCM", "AES-128-GCM"]
TRANSPORT = [("RSA PKCS#1 1.5", "rsa", "v15"), ("RSA-OAEP SHA-256", "rsa", "oaep"), ("ECDH P-256", "p256", "v15"),
             ("ECDH P-384", "p384", "v15")]


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, **more)


class Keys:
    """An authority, and for each kind of key alice's to sign with and bob's to be encrypted to."""

    def __init__(self, folder):
        self.folder = folder
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650",
                     "-subj", "/O=Interop/CN=Interop CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        for kind, how in (("rsa", ["rsa:2048"]), ("p256", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
                          ("p384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]), ("ed25519", ["ed25519"])):
            for who in ("alice", "bob"):
                if (who, kind) != ("bob", "ed25519"):
                    self.issue(f"{who}-{kind}", who, how)

    def openssl(self, *words):
        done = run("openssl", *words, cwd=self.folder)
        assert done.returncode == 0, done.stderr.decode()

    def issue(self, name, who, how):
        usage = "digitalSignature" if "ed25519" in name else \
            "digitalSignature,keyEncipherment" if "rsa" in name else "digitalSignature,keyAgreement"
        (self.folder / "ext").write_text(
            f"basicConstraints=CA:FALSE\nsubjectAltName=email:{who}@example.org\nextendedKeyUsage=emailProtection\n"
            f"keyUsage=critical,{usage}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        self.openssl("req", "-new", "-nodes", "-newkey", *how, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj",
                     f"/O=Interop/CN={name}/emailAddress={who}@example.org")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "800", "-extfile", "ext",
                     "-out", f"{name}.pem")
        # As old as it gets: every program imports it.
        self.openssl("pkcs12", "-export", "-inkey", f"{name}.key", "-in", f"{name}.pem", "-certfile", "ca.pem", "-name", name,
                     "-passout", "pass:test", "-legacy", "-out", f"{name}.p12")


class Row:
    def __init__(self, label, steps, kind=None, signer=None, keys=()):
        self.label, self.steps, self.kind, self.signer, self.keys = label, steps, kind, signer, keys
        self.path = None


def rows():
    made = []
    for label, key, padding, md in SIGNING:
        for form in ("clear", "opaque"):
            made.append(Row(f"{label}, {form}", [f"sign,{form},{padding},{md},alice-{key}.key,alice-{key}.pem,ca.pem"], form, key))
    for label, key, transport in TRANSPORT:
        for cipher in CIPHERS:
            made.append(Row(f"{cipher}, {label}", [f"seal,{cipher},{transport},bob-{key}.pem"], "sealed", keys=[key]))
    three = "bob-rsa.pem,bob-p256.pem,bob-p384.pem"
    made.append(Row("three recipients, AES-256-CBC", [f"seal,AES-256-CBC,v15,{three}"], "sealed", keys=["rsa", "p256", "p384"]))
    made.append(Row("three recipients, AES-256-GCM", [f"seal,AES-256-GCM,v15,{three}"], "sealed", keys=["rsa", "p256", "p384"]))
    sign, seal = "sign,{},v15,-,alice-rsa.key,alice-rsa.pem,ca.pem", "seal,AES-256-CBC,v15,bob-rsa.pem"
    made.append(Row("signed, encrypted", [sign.format("clear"), seal], "nested", keys=["rsa"]))
    made.append(Row("signed opaque, encrypted", [sign.format("opaque"), seal], "nested", keys=["rsa"]))
    made.append(Row("signed, encrypted, signed (triple wrap)", [sign.format("clear"), seal, sign.format("clear")], "nested",
                    keys=["rsa"]))
    return made


def body_of(raw):
    """The CMS of a message, DER, and what it signs from outside."""
    message = email.message_from_bytes(raw)
    if message.get_content_type() != "multipart/signed":
        return message.get_payload(decode=True), None
    boundary = message.get_boundary().encode()
    signed = raw.split(b"--" + boundary + b"\r\n")[1][:-2]
    return message.get_payload()[1].get_payload(decode=True), signed


class Program:
    name = ""
    rows = ""       # those that are tried

    def __init__(self, keys, folder):
        self.keys, self.folder = keys, folder

    @classmethod
    def is_here(cls):
        return shutil.which(cls.name) is not None

    def close(self):
        pass

    def verify(self, der, signed, row):
        """None, or what is wrong."""

    def decrypt(self, der, key, row):
        """The content, or what is wrong (str)."""

    def nested(self, raw, row):
        """None, or what is wrong with one of several layers; "." where that is not tried."""
        return "."

    def write(self, row, content):
        """A message of its own making with the row's algorithms; None: it does not make such; or what is wrong (str)."""

    def out(self, *names):
        return [self.keys.folder / name for name in names]


def opaque(der, kind):
    """A message around somebody's CMS."""
    return HEAD + (f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"\r\n'
                   "Content-Transfer-Encoding: base64\r\n\r\n").encode() + base64.encodebytes(der).replace(b"\n", b"\r\n")


def clear(content, der, micalg):
    return HEAD + (f'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg={micalg}; boundary="b-b"\r\n\r\n'
                   "--b-b\r\n").encode() + content + b"\r\n--b-b\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n" \
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(der).replace(b"\n", b"\r\n") + b"--b-b--\r\n"


class OpenSSL(Program):
    name = "openssl"

    def verify(self, der, signed, row):
        cms, content, out = (self.folder / n for n in ("o.p7", "o.txt", "o.out"))
        cms.write_bytes(der)
        detached = []
        if signed is not None:
            content.write_bytes(signed)
            detached = ["-content", content]
        done = run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", cms, *detached, "-CAfile",
                   self.keys.folder / "ca.pem", "-out", out)
        if done.returncode != 0:
            return done.stderr.decode()
        shown = run("openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", cms)
        parsed = run("openssl", "asn1parse", "-inform", "DER", "-in", cms)
        if shown.returncode or parsed.returncode or b"<ABSENT>" not in shown.stdout and b"messageDigest" not in shown.stdout:
            return "it cannot be printed: " + (shown.stderr + parsed.stderr).decode()
        return None if out.read_bytes() == CONTENT else "other content"

    def decrypt(self, der, key, row):
        cms, out = self.folder / "o.p7", self.folder / "o.out"
        cms.write_bytes(der)
        done = run("openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", cms, "-recip",
                   self.keys.folder / f"bob-{key}.pem", "-inkey", self.keys.folder / f"bob-{key}.key", "-out", out)
        return out.read_bytes() if done.returncode == 0 else done.stderr.decode()


    def nested(self, raw, row):
        for _ in row.steps:
            der, signed = body_of(raw)
            if b"enveloped-data" in raw.split(b"\r\n\r\n")[0]:
                raw = self.decrypt(der, "rsa", row)
                if isinstance(raw, str):
                    return raw
            else:
                wrong = self.verify(der, signed, row)
                if wrong not in (None, "other content"):
                    return wrong
                raw = (self.folder / "o.out").read_bytes()
        return None if raw == CONTENT else "other content"

    def write(self, row, content):
        verb, how, padding, *rest = row.steps[0].split(",")
        if len(row.steps) > 1:
            return None
        out = self.folder / "o.der"
        if verb == "sign":
            md, key, cert = rest[0].replace("-", "sha384" if "384" in rest[1] else "sha256"), rest[1], rest[2]
            words = ["-sign", "-md", md, "-signer", cert, "-inkey", key, *(["-nodetach"] if how == "opaque" else []),
                     *(["-keyopt", "rsa_padding_mode:pss"] if padding == "pss" else [])]
        else:
            words = ["-encrypt", f"-{how.lower()}"]
            for cert in rest:
                words += ["-recip", cert, *(["-keyopt", "ecdh_kdf_md:sha256"] if "rsa" not in cert else
                                            ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"]
                                            if padding == "oaep" else [])]
        done = run("openssl", "cms", *words, "-binary", "-in", content, "-outform", "DER", "-out", out, cwd=self.keys.folder)
        if done.returncode != 0:
            return None
        if verb == "sign" and how == "clear":
            return clear(CONTENT, out.read_bytes(), md.replace("sha", "sha-"))
        return opaque(out.read_bytes(), "signed-data" if verb == "sign" else "authEnveloped-data" if "GCM" in how else "enveloped-data")


class Gpgsm(Program):
    name = "gpgsm"

    def __init__(self, keys, folder):
        super().__init__(keys, folder)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="gpg"))
        self.home.chmod(0o700)
        pem = run("openssl", "x509", "-in", keys.folder / "ca.pem", "-noout", "-fingerprint", "-sha1").stdout.decode()
        (self.home / "trustlist.txt").write_text(pem.split("=")[1].strip() + " S relax\n")
        self.gpgsm("--import", keys.folder / "ca.pem")
        for p12 in sorted(keys.folder.glob("*.p12")):
            self.gpgsm("--import", p12.with_suffix(".pem"))
            if "rsa" in p12.stem:
                self.gpgsm("--pinentry-mode", "loopback", "--passphrase-fd", "0", "--import", p12, input=b"test\n")
            elif p12.stem.startswith("bob-"):
                self.put_key(p12.stem)

    def put_key(self, name):
        """gpgsm 2.2 imports no EC key from PKCS#12; its agent has it all the same."""
        listed = self.gpgsm("--with-colons", "--with-keygrip", "--list-keys", name).stdout.decode()
        grip = re.search(r"grp:+([0-9A-F]{40}):", listed).group(1)
        text = run("openssl", "pkey", "-in", self.keys.folder / f"{name}.key", "-noout", "-text").stdout.decode()
        d, q = (bytes.fromhex(re.sub(r"[\s:]", "", re.search(rf"{word}:\n((?:    .*\n)+)", text).group(1))) for word in ("priv", "pub"))

        def sexp(item):
            return b"(" + b"".join(map(sexp, item)) + b")" if isinstance(item, list) else b"%d:%s" % (len(item), item)

        curve = b"NIST P-256" if "256" in name else b"NIST P-384"
        (self.home / "private-keys-v1.d").mkdir(exist_ok=True, mode=0o700)
        (self.home / f"private-keys-v1.d/{grip}.key").write_bytes(
            sexp([b"private-key", [b"ecc", [b"curve", curve], [b"q", q], [b"d", d]]]))

    def gpgsm(self, *words, **more):
        return run("gpgsm", "--homedir", self.home, "--batch", "--yes", "--disable-crl-checks", "--status-fd", "1", *words, **more)

    def verify(self, der, signed, row):
        cms, content, out = (self.folder / n for n in ("g.p7", "g.txt", "g.out"))
        cms.write_bytes(der)
        if signed is not None:
            content.write_bytes(signed)
            done = self.gpgsm("--verify", cms, content)
        else:
            done = self.gpgsm("--output", out, "--verify", cms)
        if b"[GNUPG:] GOODSIG" not in done.stdout or b"TRUST_FULLY" not in done.stdout or done.returncode:
            return (done.stderr + done.stdout).decode()
        return None if signed is not None or out.read_bytes() == CONTENT else "other content"

    def decrypt(self, der, key, row):
        cms, out = self.folder / "g.p7", self.folder / "g.out"
        cms.write_bytes(der)
        out.unlink(missing_ok=True)
        done = self.gpgsm("--pinentry-mode", "loopback", "--passphrase-fd", "0", "--output", out, "--decrypt", cms, input=b"test\n")
        good = b"DECRYPTION_OKAY" in done.stdout and done.returncode == 0
        return out.read_bytes() if good else (done.stderr + done.stdout).decode()

    def write(self, row, content):
        verb, how, padding, *rest = row.steps[0].split(",")
        out = self.folder / "g.der"
        if len(row.steps) > 1 or padding != "v15" or "rsa" not in rest[-1 if verb == "seal" else 1] or "GCM" in how:
            return None
        md = rest[0].replace("-", "sha256")
        words = ["--local-user", "alice-rsa", "--digest-algo", md, "--detach-sign" if how == "clear" else "--sign"] \
            if verb == "sign" else ["--cipher-algo", how.replace("-CBC", "").replace("-", ""), "--recipient", "bob-rsa", "--encrypt"]
        done = self.gpgsm("--pinentry-mode", "loopback", "--passphrase-fd", "0", "--output", out, *words, content, input=b"test\n")
        if done.returncode != 0:
            return done.stderr.decode()
        if how == "clear":
            return clear(CONTENT, out.read_bytes(), md.replace("sha", "sha-"))
        return opaque(out.read_bytes(), "signed-data" if verb == "sign" else "enveloped-data")

    def close(self):
        run("gpgconf", "--homedir", self.home, "--kill", "all")
        shutil.rmtree(self.home, ignore_errors=True)


class BouncyCastle(Program):
    name = "bouncycastle"

    @classmethod
    def is_here(cls):
        return shutil.which("javac") is not None and all(map(os.path.exists, JARS))

    def __init__(self, keys, folder):
        super().__init__(keys, folder)
        self.java = subprocess.Popen(["java", "-cp", ":".join(JARS), str(ROOT / "tests/smime/Judge.java")], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)

    def ask(self, *fields):
        print(*fields, sep="\t", file=self.java.stdin, flush=True)
        return self.java.stdout.readline().strip()

    def verify(self, der, signed, row):
        cms, content, out = (self.folder / n for n in ("b.p7", "b.txt", "b.out"))
        cms.write_bytes(der)
        if signed is not None:
            content.write_bytes(signed)
        said = self.ask("verify", cms, content if signed is not None else "-", out)
        return said if said != "ok" else None if out.read_bytes() == CONTENT else "other content"

    def decrypt(self, der, key, row):
        cms, out = self.folder / "b.p7", self.folder / "b.out"
        cms.write_bytes(der)
        bob = self.keys.folder / f"bob-{key}"
        said = self.ask("open", cms, f"{bob}.key", f"{bob}.pem", out)
        return out.read_bytes() if said == "ok" else said

    def write(self, row, content):
        verb, how, padding, *rest = row.steps[0].split(",")
        out = self.folder / "b.der"
        if how == "clear" or len(row.keys) > 1 or len(row.steps) > 1:
            return None
        if verb == "sign":
            md = "SHA" + rest[0].replace("-", "384" if "384" in rest[1] else "256").replace("sha", "")
            said = self.ask("sign", out, content, "Ed25519" if "ed25519" in rest[1] else f"{md}withECDSA" if "rsa" not in rest[1]
                            else f"{md}withRSAandMGF1" if padding == "pss" else f"{md}withRSA", *self.out(rest[1], rest[2]))
            return opaque(out.read_bytes(), "signed-data") if said == "ok" else said
        said = self.ask("seal", out, content, how, padding if "rsa" in rest[0] else "ecdh", *self.out(rest[0]))
        return opaque(out.read_bytes(), "authEnveloped-data" if "GCM" in how else "enveloped-data") if said == "ok" else None

    def close(self):
        self.java.stdin.close()
        self.java.wait()


class Mutt(Program):
    """Opens the message in a terminal of its own; what it would show, or send, goes into a file. Its cryptography is `openssl cms`;
    what is tried is how it takes the message apart, and puts one together."""
    name = "mutt"
    RC = """set crypt_use_gpgme=no crypt_verify_sig=yes wait_key=no pager="/bin/sh {home}/keep" prompt_after=no mbox_type=mbox move=no smime_timeout=300
set smime_ca_location="{ca}" smime_certificates="{home}" smime_keys="{home}" smime_default_key="bob-{key}"
set smime_decrypt_use_default_key=yes folder="{home}" record="" postponed="{home}/p"
set smime_verify_command="openssl cms -verify -inform DER -in %s -content %f %C -out /dev/null"
set smime_verify_opaque_command="openssl cms -verify -inform DER -in %s %C"
set smime_decrypt_command="openssl cms -decrypt -passin stdin -inform DER -in %f -inkey %k -recip %c"
"""

    rows = r"SHA-256, (clear|opaque)$|AES-256-...(, RSA PKCS|, ECDH P-256|$)|^signed, encrypted$"

    # Sends what -i names: the editor changes nothing, and "y" is pressed in the menu that comes then.
    SEND = """set crypt_use_gpgme=no smime_is_default=yes crypt_autosmime=yes crypt_autopgp=no smime_self_encrypt=no smime_timeout=300
set from="Alice <alice@example.org>" use_from=yes hostname=example.org sendmail="/bin/sh {home}/send" copy=no record="" wait_key=no
set editor=true autoedit=yes edit_headers=yes abort_unmodified=no fcc_clear=no postponed="{home}/p" folder="{home}" signature=""
set smime_certificates="{home}" smime_keys="{home}" smime_default_key="{key}" smime_sign_as="{key}"
set crypt_autosign={signs} crypt_autoencrypt={seals} smime_encrypt_with="{cipher}" smime_sign_digest_alg="{md}"
set smime_sign_command="openssl cms -sign -md %d -signer %c -inkey %k {pss} -passin stdin -in %f -outform DER"
set smime_encrypt_command="openssl cms -encrypt -%a -outform DER -in %f %c"
"""

    def home(self, *names):
        """Keys and certificates are files of the same name; openssl takes its own out of one that has both."""
        home = self.folder / "mutt"
        home.mkdir(exist_ok=True)
        for name in names:
            (home / name).write_bytes(b"".join((self.keys.folder / f"{name}.{part}").read_bytes() for part in ("key", "pem")))
        return home

    def drive(self, home, made, *words):
        """Runs it in a terminal of its own until a file is there; what is in that, or what the terminal showed (str)."""
        made.unlink(missing_ok=True)
        command = ["mutt", "-n", "-F", str(home / "rc"), *map(str, words)]
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm", HOME=str(home))
            os.execvp(command[0], command)
        end, said, shown = time.monotonic() + 20, b"", b""
        while time.monotonic() < end and not (made.exists() and made.read_bytes()):
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    read = os.read(terminal, 65536)
                except OSError:
                    break
                said, shown = said + read, shown + read
            for asked, keys in ((b"passphrase:", b"x\n"), (b"y:Send", b"y")):
                if asked in said:
                    os.write(terminal, keys)
                    said = b""
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        os.waitpid(pid, 0)
        os.close(terminal)
        return made.read_bytes() if made.exists() else shown.decode(errors="replace")

    def show(self, row, key):
        home, shown = self.home(f"bob-{key}"), self.folder / "mutt.out"
        (home / "keep").write_text(f"cp $1 {shown}\n")
        (home / "rc").write_text(self.RC.format(ca=self.keys.folder / "ca.pem", home=home, key=key))
        (home / "mbox").write_bytes(b"From alice@example.org Wed Nov 25 10:00:00 2026\n" + row.path.read_bytes().replace(b"\r\n", b"\n")
                                    + b"\n")
        said = self.drive(home, shown, "-R", "-f", home / "mbox", "-e", 'push "<display-message>"')
        return said if isinstance(said, str) else said.decode(errors="replace")

    def write(self, row, content):
        sign, seal = (next((step.split(",") for step in row.steps if step.startswith(verb)), None) for verb in ("sign", "seal"))
        if len(row.keys) > 1 or len(row.steps) > 2 or sign and sign[1] != "clear" or seal and "CBC" not in seal[1]:
            return None
        signer, reader = sign[4].removesuffix(".key") if sign else "alice-rsa", seal[3].removesuffix(".pem") if seal else "bob-rsa"
        home, sent = self.home(signer, reader), self.folder / "mutt.sent"
        (home / "send").write_text(f"cat >{sent}.part && mv {sent}.part {sent}\n")
        (home / ".index").write_text(f"bob@example.org {reader} reader ? t\nalice@example.org {signer} writer ? t\n")
        md = "sha256" if not sign else sign[3] if sign[3] != "-" else "sha384" if "384" in signer else "sha256"
        (home / "rc").write_text(self.SEND.format(
            home=home, key=signer, signs="yes" if sign else "no", seals="yes" if seal else "no", md=md,
            cipher=seal[1].replace("-CBC", "").replace("-", "").lower() if seal else "aes256",
            pss="-keyopt rsa_padding_mode:pss" if sign and sign[2] == "pss" else ""))
        (self.folder / "body").write_bytes(CONTENT.split(b"\r\n\r\n", 1)[1].replace(b"\r\n", b"\n"))
        made = self.drive(home, sent, "-s", "Plans", "-i", self.folder / "body", "--", "bob@example.org")
        return made if isinstance(made, str) else made.replace(b"\n", b"\r\n")

    def verify(self, der, signed, row):
        shown = self.show(row, "rsa")
        return None if "erification successful" in shown and "Meet me at noon" in shown else shown

    def decrypt(self, der, key, row):
        shown = self.show(row, key)
        return CONTENT if "Meet me at noon" in shown and "bring the documents" in shown else shown


class Thunderbird(Program):
    """What its window says of the message in a folder of its own: valid signature, encrypted; and what it makes to be sent."""
    name = "thunderbird"
    rows = "clear|opaque|CBC|AES-256-GCM, RSA PKCS|^signed"

    def __init__(self, keys, folder):
        super().__init__(keys, folder)
        import thunderbird
        self.window = thunderbird.Thunderbird(folder)
        ca = "".join(line for line in (keys.folder / "ca.pem").read_text().splitlines() if "---" not in line)
        self.window.trust(ca, sorted(keys.folder.glob("*.p12")))
        self.close = self.window.close

    def said(self, row, status):
        answer = self.window.show(row.path, row.kind)
        good = answer.get(status) == 0 and "Meet me at noon, and bring the documents." in answer.get("text", "")
        return None if good else str(answer)[:300]

    def nested(self, raw, row):
        return self.said(row, "signature") or self.said(row, "encryption")

    def verify(self, der, signed, row):
        return self.said(row, "signature")

    def decrypt(self, der, key, row):
        return self.said(row, "encryption") or CONTENT

    def write(self, row, content):
        """It chooses the algorithms; the row that it chose is the one that counts."""
        sign, seal = (next((step.split(",") for step in row.steps if step.startswith(verb)), None) for verb in ("sign", "seal"))
        if len(row.keys) > 1 or len(row.steps) > 2 or sign and (sign[1:4] != ["clear", "v15", "-"] or "ed25519" in sign[4]) or \
                seal:
            return None
        out = self.folder / "t.sent"
        said = self.window.write(out, CONTENT.split(b"\r\n\r\n", 1)[1].decode(), sign and sign[4].removesuffix(".key"),
                                 seal and seal[3].removesuffix(".pem"))
        if said != "":
            return said
        raw = out.read_bytes()
        return None if sign and f"SHA-{re.search(b'micalg=.?sha-([0-9]+)', raw).group(1).decode()}" not in row.label else raw


# What a program does not have, by (program, words of the row): why. A cell that works all the same is a fault of this table.
CANNOT = {
    ("openssl", "Ed25519"): "OpenSSL 3.0's CMS has no Ed25519",
    ("gpgsm", "Ed25519"): "gpgsm 2.2 does not verify EdDSA",
    ("gpgsm", "GCM"): "gpgsm 2.2 has no AuthEnvelopedData",
    ("gpgsm", "^AES.*CBC, ECDH"): "gpgsm 2.2 has no ECDH: it reads what OpenSSL encrypts to the same key neither",
    ("thunderbird", "Ed25519"): "Thunderbird 153 calls a certificate with such a key untrusted",
    ("thunderbird", "GCM"): "Thunderbird 153 has no AuthEnvelopedData",
    ("mutt", "GCM"): "mutt 2.2 does not know smime-type=authEnveloped-data (its openssl would)",
    ("mutt", "Ed25519"): "OpenSSL 3.0's CMS has no Ed25519",
    ("gpgsm", "OAEP"): "gpgsm 2.2 has no RSA-OAEP",
    ("bouncycastle", "GCM, ECDH|three recipients.*GCM"): "Bouncy Castle 1.72 has no key agreement for AuthEnvelopedData",
}


def cannot(reader, row):
    for (name, words), why in CANNOT.items():
        if name == reader and re.search(words, row.label):
            return why
    return None


def read_one(program, row):
    raw = row.path.read_bytes()
    if row.kind == "nested":
        return program.nested(raw, row)
    der, signed = body_of(raw)
    if row.kind != "sealed":
        return program.verify(der, signed, row)
    for key in row.keys:
        content = program.decrypt(der, key, row)
        if content != CONTENT:
            return f"{key}: {content[-400:] if isinstance(content, str) else 'other content'}"
    return None


def read_ours(probe, keys, program, row, content):
    """What we read of a message of theirs: None for well, "" where they make none, or what is wrong."""
    raw = program.write(row, content)
    if raw is None:
        return ""
    if isinstance(raw, str):
        return f"it was not made: {raw[-300:]}"
    own = []
    for key in row.keys:
        both = keys.folder / f"bob-{key}.both"
        both.write_bytes((keys.folder / f"bob-{key}.key").read_bytes() + (keys.folder / f"bob-{key}.pem").read_bytes())
        own += ["-k", both]
    done = run(probe, "-a", keys.folder / "ca.pem", *own, input=raw)
    said, _, mail = done.stdout.partition(b"\n\n")
    good = (row.kind == "sealed" or b"signature valid" in said) and (row.kind not in ("sealed", "nested") or b"seal opened" in said)
    good = good and b"Meet me at noon, and bring" in (mail if row.keys else CONTENT)
    return None if good else said.decode().replace("\n", "; ") + done.stderr.decode()


def large(write, keys, folder):
    """150 MB signed and encrypted: memory for the message and the result, and little else."""
    mail = folder / "large.eml"
    with open(mail, "wb") as f:
        f.write(HEAD + b"\r\n")
        for _ in range(LARGE // 4096):
            f.write((b"x" * 62 + b"\r\n") * 64)
    out = folder / "large.out"
    with open(out, "wb") as f:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        done = subprocess.run([write, mail, "none", "sign,clear,v15,-,alice-p256.key,alice-p256.pem",
                               "seal,AES-256-GCM,v15,bob-rsa.pem"], cwd=keys.folder, stdout=f)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    allowed = mail.stat().st_size + out.stat().st_size + (48 << 20)
    back = run("openssl", "cms", "-decrypt", "-in", out, "-recip", keys.folder / "bob-rsa.pem", "-inkey",
               keys.folder / "bob-rsa.key", "-out", folder / "large.dec")
    good = done.returncode == 0 and back.returncode == 0 and (folder / "large.dec").stat().st_size > LARGE
    print(f"150 MB: {used >> 20} MB used of {allowed >> 20} allowed (the message {mail.stat().st_size >> 20}, the result "
          f"{out.stat().st_size >> 20}); openssl {'reads it' if good else 'does not read it'}; others before took {before >> 10} MB")
    for p in (mail, out, folder / "large.dec"):
        p.unlink()
    return good and used <= allowed


def main():
    words = argparse.ArgumentParser()
    words.add_argument("write")
    words.add_argument("probe", nargs="?")
    words.add_argument("--only", default="openssl,gpgsm,bouncycastle,mutt,thunderbird")
    words.add_argument("--rows", default="")
    words = words.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="smime"))
    (folder / "keys").mkdir()
    keys = Keys(folder / "keys")
    (folder / "mail").write_bytes(HEAD + CONTENT)
    (folder / "content").write_bytes(CONTENT)
    table, faults = [row for row in rows() if re.search(words.rows, row.label)], []
    write = str(pathlib.Path(words.write).resolve())
    large_good = large(write, keys, folder) if not words.rows else True
    for n, row in enumerate(table):
        row.path = folder / f"{n}.eml"
        made = run(write, folder / "mail", "none", *row.steps, cwd=keys.folder)
        assert made.returncode == 0, made.stderr.decode()
        row.path.write_bytes(made.stdout)
    here = [kind for kind in (OpenSSL, Gpgsm, BouncyCastle, Mutt, Thunderbird) if kind.name in words.only and kind.is_here()]
    programs = [kind(keys, folder) for kind in here]
    print(f"{'':40}" + "".join(f"{p.name:>14}" for p in programs))
    for row in table:
        cells = []
        for program in programs:
            if not re.search(program.rows, row.label):
                cells.append(".")
                continue
            why, wrong = cannot(program.name, row), read_one(program, row)
            cells.append("ok" if wrong is None and why is None else "no" if wrong is not None and why is not None else "FAULT")
            theirs = read_ours(words.probe, keys, program, row, folder / "content") if words.probe else ""
            if wrong == ".":
                cells[-1] = "."
            why = cannot(f"{program.name} to us", row)
            if theirs is None and why is None:
                cells[-1] += "/ok"
            elif theirs is not None and why is not None:
                cells[-1] += "/no"
            elif theirs != "":
                cells[-1] += "/FAULT"
                faults.append(f"of {program.name}, {row.label}: {theirs}")
            if cells[-1].startswith("FAULT"):
                faults.append(f"{program.name}, {row.label}: {wrong or 'it can, and CANNOT says it cannot'}")
        print(f"{row.label:40}" + "".join(f"{cell:>14}" for cell in cells), flush=True)
    for program in programs:
        program.close()
    print(*faults, sep="\n")
    shutil.rmtree(folder)
    sys.exit(bool(faults) or not large_good)


if __name__ == "__main__":
    main()
