# SPDX-License-Identifier: Apache-2.0
"""An ACME server that asks by e-mail (RFC 8823) and nothing else: it checks every signature and nonce, writes the challenge mail to
a list, and issues when the right answer was given to it. Nonces go bad now and then, on purpose."""
import base64
import datetime
import hashlib
import http.server
import json
import secrets
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Problem(Exception):
    def __init__(self, status, kind, detail):
        super().__init__(detail)
        self.status, self.kind = status, kind


class Acme:
    """State and rules; `mails` are challenges that were sent."""

    def __init__(self, key, certificate, sender="acme-challenge@ca.example", host="localhost"):
        self.sender, self.mails = sender, []
        self.nonces, self.accounts, self.orders = set(), {}, {}
        self.answers, self.secret = {}, None
        self.n = 0
        self.authority = ec.generate_private_key(ec.SECP256R1())
        self.root = self.certify(self.authority.public_key(), "Mail CA", None, self.authority, ca=True)
        self.lock = threading.Lock()
        acme = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                acme.serve(self, None)

            def do_POST(self):
                acme.serve(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.base = f"https://{host}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def certify(self, public, name, address, by, ca=False):
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (x509.CertificateBuilder().subject_name(subject).public_key(public).serial_number(x509.random_serial_number())
                   .issuer_name(subject if ca else self.root.subject)
                   .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=90))
                   .add_extension(x509.BasicConstraints(ca, None), True))
        if address:
            builder = (builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), False)
                       .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")]), False))
        return builder.sign(by, hashes.SHA256())

    # ---- requests

    def serve(self, handler, body):
        with self.lock:
            location = None
            try:
                answer = self.directory() if handler.path == "/directory" else \
                    {} if handler.path == "/nonce" else self.signed(handler.path, body)
                status, kind = 200, "application/json"
                if isinstance(answer, tuple):
                    status, location, answer = answer
                if isinstance(answer, str):
                    kind, data = "application/pem-certificate-chain", answer.encode()
                else:
                    data = json.dumps(answer).encode()
            except Problem as p:
                status, kind = p.status, "application/problem+json"
                data = json.dumps({"type": f"urn:ietf:params:acme:error:{p.kind}", "detail": str(p)}).encode()
            nonce = secrets.token_urlsafe(16)
            self.nonces.add(nonce)
        handler.send_response(status)
        handler.send_header("Replay-Nonce", nonce)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        if location:
            handler.send_header("Location", self.base + location)
        handler.end_headers()
        handler.wfile.write(data)

    def directory(self):
        return {"newNonce": self.base + "/nonce", "newAccount": self.base + "/account", "newOrder": self.base + "/order"}

    def verify(self, jwk, message):
        numbers = ec.EllipticCurvePublicNumbers(*(int.from_bytes(unb64(jwk[c]), "big") for c in "xy"), ec.SECP256R1())
        raw = unb64(message["signature"])
        signature = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        numbers.public_key().verify(signature, (message["protected"] + "." + message["payload"]).encode(), ec.ECDSA(hashes.SHA256()))

    def signed(self, path, body):
        message = json.loads(body)
        head = json.loads(unb64(message["protected"]))
        self.n += 1
        if head["nonce"] not in self.nonces or self.n % 5 == 0:
            raise Problem(400, "badNonce", "another nonce, please")
        self.nonces.remove(head["nonce"])
        if head["url"] != self.base + path or head["alg"] != "ES256":
            raise Problem(401, "unauthorized", "another URL or algorithm")
        if path == "/account":
            self.verify(head["jwk"], message)
            return self.account(head["jwk"], json.loads(unb64(message["payload"])))
        jwk = self.accounts[head["kid"]]
        self.verify(jwk, message)
        payload = unb64(message["payload"])
        return self.route(path, jwk, json.loads(payload) if payload else None)

    def account(self, jwk, payload):
        if self.secret:
            bound = payload.get("externalAccountBinding")
            if not bound:
                raise Problem(403, "externalAccountRequired", "who are you?")
            import hmac
            mac = hmac.new(self.secret, (bound["protected"] + "." + bound["payload"]).encode(), "sha256").digest()
            if mac != unb64(bound["signature"]) or json.loads(unb64(bound["payload"])) != jwk:
                raise Problem(403, "unauthorized", "not bound")
        kid = f"/account/{self.thumbprint(jwk)}"
        self.accounts[self.base + kid] = jwk
        return 200, kid, {"status": "valid"}

    @staticmethod
    def thumbprint(jwk):
        text = json.dumps({k: jwk[k] for k in ("crv", "kty", "x", "y")}, sort_keys=True, separators=(",", ":"))
        return b64(hashlib.sha256(text.encode()).digest())

    def route(self, path, jwk, payload):
        if path == "/order":
            return self.order(jwk, payload["identifiers"][0])
        _, what, number, *_ = path.split("/")
        order = self.orders[number]
        if what == "authorization":
            return {"status": order["authorized"], "challenges": [
                {"type": "email-reply-00", "url": f"{self.base}/challenge/{number}", "token": order["token2"],
                 "from": self.sender, "status": "pending"}]}
        if what == "challenge":
            self.judge(order)
            return {"status": "processing"}
        if what == "finalize":
            return self.finalize(number, order, payload)
        if what == "certificate":
            return order["pem"] + self.root.public_bytes(serialization.Encoding.PEM).decode()
        return self.shown(number)

    def order(self, jwk, identifier):
        if identifier["type"] != "email":
            raise Problem(400, "unsupportedIdentifier", "mail only")
        number = str(len(self.orders) + 1)
        self.orders[number] = {"address": identifier["value"], "jwk": jwk, "status": "pending", "authorized": "pending",
                               "token1": secrets.token_urlsafe(16), "token2": secrets.token_urlsafe(16)}
        self.write(self.orders[number])
        return 201, f"/orders/{number}", self.shown(number)

    def shown(self, number):
        order = self.orders[number]
        out = {"status": order["status"], "identifiers": [{"type": "email", "value": order["address"]}],
               "authorizations": [f"{self.base}/authorization/{number}"], "finalize": f"{self.base}/finalize/{number}"}
        if order["status"] == "valid":
            out["certificate"] = f"{self.base}/certificate/{number}"
        if order["status"] == "invalid":
            out["error"] = {"detail": "no right answer came"}
        return out

    def write(self, order):
        self.mails.append((order["address"], (
            f"From: ACME <{self.sender}>\r\nTo: {order['address']}\r\nReply-To: answers+1@ca.example\r\n"
            f"Subject: ACME: {order['token1']}\r\nAuto-Submitted: auto-generated; type=acme\r\n"
            f"Message-ID: <{secrets.token_hex(8)}@ca.example>\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nA machine answers this.\r\n").encode()))

    def judge(self, order):
        want = b64(hashlib.sha256(f"{order['token1']}{order['token2']}.{self.thumbprint(order['jwk'])}".encode()).digest())
        if self.answers.get(order["address"]) == want:
            order["authorized"], order["status"] = "valid", "ready"
        else:
            order["authorized"], order["status"] = "invalid", "invalid"

    def finalize(self, number, order, payload):
        request = x509.load_der_x509_csr(unb64(payload["csr"]))
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if not request.is_signature_valid or names.get_values_for_type(x509.RFC822Name) != [order["address"]]:
            raise Problem(400, "badCSR", "another name")
        if order["status"] != "ready":
            raise Problem(403, "orderNotReady", "not yet")
        leaf = self.certify(request.public_key(), order["address"], order["address"], self.authority)
        order["pem"], order["status"] = leaf.public_bytes(serialization.Encoding.PEM).decode(), "valid"
        return self.shown(number)
