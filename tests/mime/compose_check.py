#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Python's email reads from our mail what we meant, and finds no defect."""
import email
import email.policy
import subprocess
import sys

raw = subprocess.run([sys.argv[1]], stdout=subprocess.PIPE, check=True).stdout
mail = email.message_from_bytes(raw, policy=email.policy.default)
NAMES = [("Jürgen Groß, \"Chef\"", "j.gross@example.org"), ("Doe, \"Jane\" \\ (x)", "jane@example.com"),
         ("Plain Name", "p@example.com"), ("", "\"a b\"@example.com")]
checks = {
    "subject": (mail["Subject"], "Grüße – eine vertrauliche Nachricht für Sie, 日本語, =?utf-8?Q?no?= 🔒  Bcc: x@y"),
    "to": ([(a.display_name, a.addr_spec) for a in mail["To"].addresses], NAMES),
    "from": ([(a.display_name, a.addr_spec) for a in mail["From"].addresses], NAMES[:1]),
    "long": (mail["X-Long"], "many ascii words in one header that have to be folded since they are longer than one line"),
    "text": (mail.get_body(("plain",)).get_content().replace("\r\n", "\n"), "Hallo Jürgen,\n.\nFrom here =\ntrailing \n"),
    "html": (mail.get_body(("html",)).get_content().replace("\r\n", "\n"), "<p>ä</p>\n"),
    "bcc": (mail["Bcc"], None),
    "defects": ([d for part in mail.walk() for d in part.defects], []),
    "header defects": ([d for v in mail.values() for d in v.defects], []),
    "line length": (max(map(len, raw.split(b"\r\n"))) <= 76, True),
    "bare line ends": (raw.replace(b"\r\n", b"").translate(None, b"\r\n") == raw.replace(b"\r\n", b""), True),
}
bad = [(name, got, want) for name, (got, want) in checks.items() if got != want]
for name, got, want in bad:
    print(f"FAIL {name}: {got!r}, wanted {want!r}")
print(f"{len(checks) - len(bad)} of {len(checks)} agree")
sys.exit(bool(bad))
