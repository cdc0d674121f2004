# SPDX-License-Identifier: Apache-2.0
"""What attackers have: CMS built byte by byte, certificates of any kind, MIME around it.

Certificates, signatures and raw encryption are made by the openssl command; the structures around them are written here, because
no honest program writes most of what is wanted.
"""
import base64
import hashlib
import os
import pathlib
import subprocess

OID = {
    "data": "1.2.840.113549.1.7.1", "signed": "1.2.840.113549.1.7.2", "enveloped": "1.2.840.113549.1.7.3",
    "compressed": "1.2.840.113549.1.9.16.1.9", "auth": "1.2.840.113549.1.9.16.1.23", "zlib": "1.2.840.113549.1.9.16.3.8",
    "content-type": "1.2.840.113549.1.9.3", "digest": "1.2.840.113549.1.9.4", "time": "1.2.840.113549.1.9.5",
    "rsa": "1.2.840.113549.1.1.1", "sha256": "2.16.840.1.101.3.4.2.1", "sha512": "2.16.840.1.101.3.4.2.3", "sha1": "1.3.14.3.2.26",
    "ecdsa-sha256": "1.2.840.10045.4.3.2", "ecdsa-sha1": "1.2.840.10045.4.1", "ed25519": "1.3.101.112",
    "aes256-cbc": "2.16.840.1.101.3.4.1.42", "aes256-gcm": "2.16.840.1.101.3.4.1.46",
}


def openssl(*args, data=None, env=None, at=None):
    command = (["faketime", "-f", at] if at else []) + ["openssl", *map(str, args)]
    done = subprocess.run(command, input=data, capture_output=True, env=env)
    if done.returncode != 0:
        raise RuntimeError(" ".join(command) + ": " + done.stderr.decode(errors="replace"))
    return done.stdout


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else (lambda b: bytes([0x80 | len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + length + body


def seq(*parts):
    return tlv(0x30, *parts)


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def octets(b):
    return tlv(4, b)


def oid(name):
    numbers = [int(n) for n in OID[name].split(".")]
    out = bytes([numbers[0] * 40 + numbers[1]])
    for n in numbers[2:]:
        piece = bytes([n & 127])
        while n > 127:
            n >>= 7
            piece = bytes([n & 127 | 128]) + piece
        out += piece
    return tlv(6, out)


def read(der):
    """(tag, body, whole, rest) of the first element."""
    n, at = der[1], 2
    if n == 0x80:
        raise ValueError("indefinite")
    if n > 127:
        n, at = int.from_bytes(der[2:2 + n - 128], "big"), n - 126
    return der[0], der[at:at + n], der[:at + n], der[at + n:]


def children(der):
    out = []
    while der:
        tag, body, whole, der = read(der)
        out.append((tag, body, whole))
    return out


def identity(cert):
    """issuerAndSerialNumber of a certificate in DER."""
    tbs = children(read(children(read(cert)[1])[0][2])[1])
    if tbs[0][0] == 0xa0:
        tbs = tbs[1:]
    return seq(tbs[2][2], tbs[0][2])


def content_info(name, body):
    return seq(oid(name), tlv(0xa0, body))


class Party:
    def __init__(self, key, cert):
        self.key, self.cert = key, cert
        self.der = openssl("x509", "-in", cert, "-outform", "DER")


class World:
    """An authority, and whom it knows."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.n = 0

    def path(self, name):
        return self.folder / name

    def authority(self, name, above=None, extra=""):
        return self.party(name, above, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n" + extra,
                          subject=f"/CN={name}", selfsigned=above is None)

    def party(self, name, above, extensions, subject=None, kind="EC", days=3650, selfsigned=False, at=None):
        key, cert, ext = self.path(name + ".key"), self.path(name + ".crt"), self.path(name + ".ext")
        algorithm = {"EC": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "RSA": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                     "ED25519": ["ED25519"]}[kind]
        openssl("genpkey", "-algorithm", *algorithm, "-out", key)
        request = openssl("req", "-new", "-key", key, "-subj", subject or f"/CN={name}", "-utf8")
        ext.write_text("subjectKeyIdentifier=hash\n" + extensions)
        self.n += 1
        sign = ["-signkey", key] if selfsigned else ["-CA", above.cert, "-CAkey", above.key]
        openssl("x509", "-req", *sign, "-set_serial", str(1000 + self.n), "-days", days, "-extfile", ext, "-out", cert,
                data=request, at=at)
        return Party(key, cert)

    def person(self, name, above, address, extra="", **kw):
        san = f"subjectAltName=email:{address}\n" if address else ""
        return self.party(name, above, "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement\n"
                          "extendedKeyUsage=emailProtection\n" + san + extra, **kw)

    def crl(self, above, revoked):
        index, conf, out = self.path("index"), self.path("ca.cnf"), self.path("crl.pem")
        index.write_text("")
        self.path("number").write_text("01\n")
        conf.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={index}\ncrlnumber={self.path('number')}\ndefault_md=sha256\n"
                        "default_crl_days=3000\n")
        for p in revoked:
            openssl("ca", "-config", conf, "-cert", above.cert, "-keyfile", above.key, "-revoke", p.cert)
        openssl("ca", "-config", conf, "-cert", above.cert, "-keyfile", above.key, "-gencrl", "-out", out)
        der = self.path("crl.der")
        openssl("crl", "-in", out, "-outform", "DER", "-out", der)
        return der


def cbc(key, iv, text):
    return openssl("enc", "-aes-256-cbc", "-K", key.hex(), "-iv", iv.hex(), data=text)


def transport(cek, to):
    wrapped = openssl("pkeyutl", "-encrypt", "-certin", "-inkey", to.cert, data=cek)
    return seq(integer(0), identity(to.der), seq(oid("rsa"), tlv(5)), octets(wrapped))


def enveloped(iv, sealed, recipients, cipher="aes256-cbc", params=None):
    return content_info("enveloped", seq(
        integer(0), tlv(0x31, *recipients),
        seq(oid("data"), seq(oid(cipher), params or octets(iv)), tlv(0x80, sealed))))


def attributes(content, digest="sha256", content_type="data"):
    return [seq(oid("content-type"), tlv(0x31, oid(content_type))),
            seq(oid("digest"), tlv(0x31, octets(hashlib.new(digest, content).digest())))]


def signer_info(who, content, digest="sha256", algorithm="ecdsa-sha256", attrs=True, signature=None, content_type="data"):
    mine = b"".join(sorted(attributes(content, digest, content_type))) if attrs else b""
    text = tlv(0x31, mine) if attrs else content
    if signature is None and algorithm == "ed25519":
        path = pathlib.Path(str(who.key) + ".text")
        path.write_bytes(text)
        signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", who.key, "-in", path)
    elif signature is None:
        signature = openssl("dgst", "-" + digest, "-sign", who.key, data=text)
    return seq(integer(1), identity(who.der), seq(oid(digest)), *([tlv(0xa0, mine)] if attrs else []), seq(oid(algorithm)),
               octets(signature))


def signed(content, infos, certs, digests=("sha256",), content_type="data"):
    return content_info("signed", seq(
        integer(1), tlv(0x31, *(seq(oid(d)) for d in digests)),
        seq(oid(content_type), *([tlv(0xa0, octets(content))] if content is not None else [])),
        tlv(0xa0, *(p.der for p in certs)), tlv(0x31, *infos)))


def lines(der):
    return base64.encodebytes(der).replace(b"\n", b"\r\n")


def p7m(der, smime_type="enveloped-data"):
    return (f"Content-Type: application/pkcs7-mime; smime-type={smime_type}; name=smime.p7m\r\n"
            "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7m\r\n\r\n").encode() + lines(der)


def clear(part, der, boundary=b"=_signed", preamble=b"", after=b"", second=b"application/pkcs7-signature"):
    return (b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256;\r\n boundary=\"" + boundary +
            b"\"\r\n\r\n" + preamble + b"--" + boundary + b"\r\n" + part + b"\r\n--" + boundary + b"\r\nContent-Type: " + second +
            b"; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines(der) + b"\r\n--" + boundary + b"--\r\n" + after)


def text(body, kind="text/plain", extra=""):
    return (f"Content-Type: {kind}; charset=utf-8{extra}\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{body}\r\n").encode()


def mixed(*parts, kind="mixed", boundary=b"=_mixed"):
    return (f"Content-Type: multipart/{kind}; boundary=\"".encode() + boundary + b"\"\r\n\r\n" +
            b"".join(b"--" + boundary + b"\r\n" + p + b"\r\n" for p in parts) + b"--" + boundary + b"--\r\n")


def mail(entity, sender="alice@example.com", subject="hello", extra=""):
    who = f"From: {sender}\r\n" if sender is not None else ""
    return (f"{who}To: bob@example.com\r\nSubject: {subject}\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\n{extra}"
            "MIME-Version: 1.0\r\n").encode() + entity


class Probe:
    """What smime_probe says of a message."""

    def __init__(self, program, message, *args):
        done = subprocess.run([program, *map(str, args)], input=message, capture_output=True, timeout=60)
        self.failed = done.returncode == 1
        if done.returncode not in (0, 1):
            raise RuntimeError(f"smime_probe ended {done.returncode}: {done.stderr.decode(errors='replace')}")
        head, _, self.mail = done.stdout.partition(b"\n\n")
        self.said = dict(line.partition(" ")[::2] for line in head.decode(errors="replace").split("\n"))

    def __getattr__(self, name):
        return self.said.get(name, "")


def random_key():
    return os.urandom(32), os.urandom(16)
