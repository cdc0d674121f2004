#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A brand that a rule chooses: the notice as it leaves, and what the page is told."""
import base64
import email
import email.policy
import http.client
import json
import random
import ssl
import struct
import zlib

from wire import Scene, report

X, Y = "x@out.example", "y@out.example"
TEXT = "Ask +49 40 1234 <before> you reply & wonder."
POLICY = """version: 1
domains: [own.example]
default: Encrypt-Only
brands:
  Harbour:
    background_colour: "#7a1f3d"
    introduction: has written to you from Harbour House.
    button: Open it safely
    below_button: Ask +49 40 1234 <before> you reply & wonder.
    disclaimer: Harbour House, Hamburg, HRB 4711
    portal_title: "Harbour House: letters"
    privacy_url: https://harbour.example/privacy
    expires: 30 d
    passcode: true
    logo: logo.png
  Plain:
    background_colour: "#ffe08a"
  Large:
    logo: large.png
rules:
  - name: Large
    when: {subject_contains_words: large}
    then: {brand: Large}
  - name: Harbour's letters
    when: {subject_contains_words: harbour, recipient_is: x@out.example}
    then: {brand: Harbour}
  - name: Others
    when: {subject_contains_words: [harbour, sun]}
    then: {brand: Plain}
  - name: Not to him
    when: {recipient_is: y@out.example, subject_contains_words: harbour}
    then: {brand: Harbour, template: clear}
"""


def png(width, height, pixel):
    """A picture whose pixels are what pixel(x, y) says."""
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def wave(x, y):
    """White on nothing: three waves and a sun."""
    if (x - 36) ** 2 + (y - 26) ** 2 < 260:
        return 255, 214, 120, 255
    return (255, 255, 255, 255) if x > 66 and y % 18 < 8 and x < 250 - y else (0, 0, 0, 0)


LOGO = png(256, 64, wave)
NOISE = random.Random(1)
LARGE = png(124, 124, lambda x, y: NOISE.randbytes(4))


def facts(s, notice):
    link = notice.get_body(("plain",)).get_content().split("/m/")[1]
    tls = ssl._create_unverified_context()
    wire = http.client.HTTPSConnection("localhost", s.house.portal, context=tls, timeout=30)
    wire.request("GET", "/api/v1/grants/" + link[:26])
    return json.loads(wire.getresponse().read())


def parsed(data):
    return email.message_from_string(data, policy=email.policy.default)


def notices(s):
    got = s.send("harbour", [X])
    raw = got[X][1]
    m = parsed(raw)
    report(max(map(len, raw.split("\r\n"))) <= 78, "brands: no line of the notice is too long")
    text, html = (m.get_body((kind,)).get_content() for kind in ("plain", "html"))
    report(m.get_content_type() == "multipart/related" and not m.defects and "has written to you from Harbour House." in text and
           TEXT in text and "Harbour House, Hamburg, HRB 4711" in text and "https://harbour.example/privacy" in text,
           "brands: the notice has its sentences", text)
    report(all(word in html for word in ("has written to you from Harbour House.</h1>", ">Open it safely</a>", "HRB 4711</p>",
                                         "Ask +49 40 1234 &lt;before&gt; you reply &amp; wonder.",
                                         'href="https://harbour.example/privacy"', "background:#7a1f3d", "color:#ffffff")),
           "brands: and so has its page, in its colour", html)
    logo = [p for p in m.walk() if p.get_content_type() == "image/png"]
    cid = logo[0]["Content-ID"].strip("<>") if logo else "?"
    report(len(logo) == 1 and logo[0].get_content() == LOGO and f'src="cid:{cid}"' in html, "brands: the logo travels with it", str(logo))
    report("http" not in html.replace(f"https://localhost:{s.house.portal}", "").replace("https://harbour.example/privacy", ""),
           "brands: nothing else is fetched from anywhere", html)
    days = s.house.query("SELECT (g.expires_ms - m.received_ms) / 86400000 FROM grants g JOIN message m ON m.id = g.message")
    report(days == [(30,)], "brands: it can be read as long as the brand says", str(days))
    return m


def plain_ones(s):
    m = parsed(s.send("sun", [X])[X][1])
    html = m.get_body(("html",)).get_content()
    report(m.get_content_type() == "multipart/alternative" and "background:#ffe08a" in html and "color:#000000" in html and
           "border:1px solid #1d2530" in html and "<img" not in html and "has sent you a protected message.</h1>" in html and
           "Privacy" not in html and "cid:" not in html, "brands: a light one has black letters and an edge around the button, and our sentences", html)
    m = parsed(s.send("nothing", [X])[X][1])
    html = m.get_body(("html",)).get_content()
    report("#ffe08a" not in html and "#7a1f3d" not in html and "brand" not in facts(s, m), "brands: without one it is ours", html)
    got = s.send("harbour", [X, Y])
    brands = s.house.query("SELECT hex(brand) FROM grants WHERE message = (SELECT max(id) FROM message)")
    report(len(got) == 2 and len(brands) == 1 and "\r\n\r\nHello" in got[Y][1], "brands: what goes in clear has none", str(brands))


def limits(s):
    m = parsed(s.send("large", [X])[X][1])
    shown = facts(s, m)["brand"]["logo"]
    report(len(LARGE) > 60000 and base64.b64decode(shown.split(",")[1]) == LARGE and
           [p.get_content() for p in m.walk() if p.get_content_type() == "image/png"] == [LARGE],
           "brands: a logo near the limit is sent and shown", str(len(shown)))
    for name, data, why in (("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "'logo' needs a PNG or JPEG file"),
                            ("b.png", LARGE + bytes(65536), "larger than")):
        (s.folder / name).write_bytes(data)
        path = s.folder / "other.yaml"
        path.write_text(POLICY.replace("large.png", name))
        done = s.house.run("policy", "check", str(path))
        report(done.returncode != 0 and why in done.stderr and "other.yaml:19:11" in done.stderr, f"brands: {name} is refused", str(done))


def page(s, notice):
    wanted = {"background": "#7a1f3d", "ink": "#ffffff", "button": True, "title": "Harbour House: letters",
              "disclaimer": "Harbour House, Hamburg, HRB 4711", "privacy_url": "https://harbour.example/privacy",
              "logo": "data:image/png;base64," + base64.b64encode(LOGO).decode()}
    report(facts(s, notice)["brand"] == wanted, "brands: the page is told how to look", str(facts(s, notice))[:2000])
    path = s.folder / "policy.yaml"
    path.write_text(path.read_text().replace("#7a1f3d", "#00ff00"))
    s.house.stop()
    assert s.house.start(), s.house.said()
    report(facts(s, notice)["brand"] == wanted, "brands: a message keeps the brand it was sent with")
    kept = s.house.query("SELECT count(*) FROM brand")
    report(kept == [(3,)], "brands: each is kept once", str(kept))


def main():
    with Scene(POLICY, {"logo.png": LOGO, "large.png": LARGE}, {}) as s:
        notice = notices(s)
        plain_ones(s)
        limits(s)
        page(s, notice)


main()
