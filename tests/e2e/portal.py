# SPDX-License-Identifier: Apache-2.0
"""A reader without a browser: doc/formats/portal-api.md, over TLS.

The certificate is the one of `letterlock init`; it is pinned from its file.
"""
import http.client
import json
import re
import ssl

import sealed
from rig import LINK, base64url, crockford, passcode_of


class Problem(Exception):
    """The portal said no: status and code (RFC 9457)."""

    def __init__(self, status, body):
        self.status, self.body = status, json.loads(body) if body[:1] == b"{" else {}
        self.code = self.body.get("code", "")
        super().__init__(f"{status} {self.code} {self.body.get('detail', body[:200])}")


class Reader:
    """One recipient with one browser."""

    def __init__(self, rig, address):
        self.rig, self.address, self.cookies = rig, address, {}
        tls = ssl.create_default_context(cafile=rig.house.folder / "house/tls/cert.pem")
        # The certificate names the host of `init`, not localhost.
        tls.check_hostname = False
        self.wire = http.client.HTTPSConnection("localhost", rig.house.portal, context=tls, timeout=60)

    def ask(self, method, path, body=None):
        head = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}
        if method == "POST":
            head |= {"X-Letterlock": "1", "Content-Type": "application/json"}
            body = json.dumps(body or {})
        try:
            self.wire.request(method, path, body, head)
            answer = self.wire.getresponse()
        except (http.client.RemoteDisconnected, OSError):
            # It was idle for too long.
            self.wire.close()
            self.wire.request(method, path, body, head)
            answer = self.wire.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, value = re.match(r"([^=]+)=([^;]*)", line).groups()
            self.cookies[name] = value
        if answer.status != 200:
            raise Problem(answer.status, content)
        return content if "octet-stream" in answer.headers["Content-Type"] else json.loads(content)

    def grant(self, link, method, path="", body=None):
        return self.ask(method, f"/api/v1/grants/{LINK.search(link).group(1)}{path}", body)

    def sign_in(self, link):
        before = len(self.rig.sink.files(self.address))
        sent = self.grant(link, "POST", "/passcode")
        code, reference = passcode_of(self.rig.arrived(self.address, before + 1)[-1])
        assert reference == sent["reference"], (reference, sent)
        return self.grant(link, "POST", "/session", {"code": code.replace(" ", ""), "stay": True})

    def open(self, link):
        """(letter, content key, what the portal said); part 0 only."""
        opened = self.grant(link, "POST", "/open")
        grant, key = (crockford(word) for word in LINK.search(link).groups())
        parcel = crockford(opened["parcel"])
        ck = sealed.content_key(key, base64url(opened["s"]), grant, parcel, base64url(opened["wck"]))
        return sealed.Letter(self.part(link, ck, parcel, 0)), ck, opened

    def part(self, link, ck, parcel, number):
        return sealed.open_part(ck, parcel, number, self.grant(link, "GET", f"/parts/{number}"))
