#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Python's email finds in message files, one JSON line for each."""
import email
import email.header
import email.policy
import hashlib
import json
import os
import sys
import warnings

warnings.simplefilter("ignore")


def leaves(part, inner, out):
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for child in part.get_payload():
            leaves(child, inner, out)
        return
    kind = part.get_content_type()
    leaf = {"type": kind, "filename": part.get_filename() or "", "inner": inner}
    out.append(leaf)
    if part.is_multipart():
        # Delivery reports are lists of header blocks here, not of parts.
        leaf["sha256"] = "-"
        if kind in ("message/rfc822", "message/global"):
            for child in part.get_payload():
                leaves(child, True, out)
        return
    data = part.get_payload(decode=True) or b""
    if kind.startswith("text/"):
        data = data.replace(b"\r\n", b"\n")
    leaf["sha256"] = hashlib.sha256(data).hexdigest()


def dump(path):
    with open(path, "rb") as f:
        raw = f.read()
    found = {"id": os.path.basename(path), "leaves": []}
    message = email.message_from_bytes(raw, policy=email.policy.default)
    try:
        leaves(message, False, found["leaves"])
    except Exception as e:
        found["leaves"] = None
        found["error"] = type(e).__name__
    try:
        found["subject"] = str(message["Subject"] or "")
        who = message["From"]
        if who is not None and who.addresses:
            found["from"] = who.addresses[0].addr_spec
            found["from_name"] = who.addresses[0].display_name
    except Exception as e:
        found["header_error"] = type(e).__name__
    print(json.dumps(found))


for path in sys.argv[1:]:
    dump(path)
