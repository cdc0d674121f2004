#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other people's programs read the S/MIME that we write, and we read theirs: a table, rows algorithms, columns programs.

    tests/smime/interop.py SMIME_WRITE [SMIME_PROBE] [--only openssl,gpgsm,...]

Programs: openssl cms, gpgsm, Bouncy Castle (Judge.java), mutt, Thunderbird (thunderbird.py). Keys and certificates are made here.
A cell is `ok`, `FAULT` (listed below the table; the test fails), `no` (the program does not have it: see CANNOT, which says why
and is itself checked), or `-` (the program is not here). Where a program writes, what we read of it stands behind a slash.
"""
import argparse
import email
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
ROOT = pathlib.Path(__file__).resolve().parents[2]
JARS = [f"/usr/share/java/{name}.jar" for name in ("bcprov", "bcpkix", "bcutil")]
HEAD = b"""From: Alice <alice@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: Plans\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r
Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n"""
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
    name, writes = "", False

    def __init__(self, keys, folder):
        self.keys, self.folder = keys, folder

    def verify(self, der, signed, row):
        """None, or what is wrong."""

    def decrypt(self, der, key, row):
        """The content, or what is wrong (str)."""


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


class Gpgsm(Program):
    name = "gpgsm"

    def __init__(self, keys, folder):
        super().__init__(keys, folder)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="gpg"))
        self.home.chmod(0o700)
        pem = run("openssl", "x509", "-in", keys.folder / "ca.pem", "-noout", "-fingerprint", "-sha1").stdout.decode()
        (self.home / "trustlist.txt").write_text(pem.split("=")[1].strip() + " S relax\n")
        self.gpgsm("--import", keys.folder / "ca.pem")
        self.said = {}
        for p12 in sorted(keys.folder.glob("*.p12")):
            self.said[p12.stem] = self.gpgsm("--pinentry-mode", "loopback", "--passphrase-fd", "0", "--import", p12, input=b"test\n")

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

    def close(self):
        run("gpgconf", "--homedir", self.home, "--kill", "all")
        shutil.rmtree(self.home, ignore_errors=True)


class BouncyCastle(Program):
    name = "bouncycastle"

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

    def close(self):
        self.java.stdin.close()
        self.java.wait()


class Mutt(Program):
    """Opens the message in a terminal of its own and writes what it shows into a file. Its cryptography is `openssl cms`."""
    name = "mutt"
