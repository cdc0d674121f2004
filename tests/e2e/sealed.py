# SPDX-License-Identifier: Apache-2.0
"""Opening parcels in Python, by doc/formats/parcel.md and nothing else.

A third reader beside the C code and the browser's. AES-GCM is taken from the
system's libcrypto, so that no package has to be installed.
"""
import ctypes
import ctypes.util
import hashlib
import hmac
import json
import struct

TAG, RECORD = 16, 65536
GCM_SET_TAG = 0x11
crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm"):
    getattr(crypto, name).restype = ctypes.c_void_p


class Unopened(Exception):
    """It does not open: wrong key, or changed."""


def gcm_open(key, nonce, aad, sealed):
    """AES-256-GCM decryption; ciphertext with the tag behind it."""
    text, tag = sealed[:-TAG], sealed[-TAG:]
    out = ctypes.create_string_buffer(len(text) + 1)
    n = ctypes.c_int(0)
    ctx = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    try:
        good = (crypto.EVP_DecryptInit_ex(ctx, ctypes.c_void_p(crypto.EVP_aes_256_gcm()), None, key, nonce) == 1
                and crypto.EVP_DecryptUpdate(ctx, None, ctypes.byref(n), aad, len(aad)) == 1
                and crypto.EVP_DecryptUpdate(ctx, out, ctypes.byref(n), text, len(text)) == 1
                and crypto.EVP_CIPHER_CTX_ctrl(ctx, GCM_SET_TAG, TAG, tag) == 1
                and crypto.EVP_DecryptFinal_ex(ctx, ctypes.create_string_buffer(TAG), ctypes.byref(n)) == 1)
    finally:
        crypto.EVP_CIPHER_CTX_free(ctx)
    if not good:
        raise Unopened("a tag is wrong")
    return out.raw[:len(text)]


def hkdf(secret, salt, info):
    """HKDF-SHA256 (RFC 5869), 32 bytes."""
    prk = hmac.digest(salt or bytes(32), secret, hashlib.sha256)
    return hmac.digest(prk, info + b"\1", hashlib.sha256)


def content_key(link_key, secret, grant, parcel, wck):
    """CK from L, S and the wrapped content key."""
    kek = hkdf(link_key + secret, grant, b"letterlock grant v1")
    return gcm_open(kek, bytes(12), parcel + grant, wck)


def open_part(ck, parcel, number, sealed):
    key = hkdf(ck, parcel, b"letterlock part v1" + struct.pack(">I", number))
    if sealed[:32] != hkdf(key, b"", b"letterlock commit v1"):
        raise Unopened("the commitment is wrong")
    aad, at, out = parcel + struct.pack(">I", number), 32, []
    while True:
        record = sealed[at:at + RECORD + TAG]
        at += len(record)
        last = at == len(sealed)
        nonce = bytes(7) + struct.pack(">IB", len(out), last)
        out.append(gcm_open(key, nonce, aad, record))
        if last:
            return b"".join(out)


class Letter:
    """Part 0, read: the manifest and what lies behind it."""

    def __init__(self, plain):
        n = struct.unpack(">I", plain[:4])[0]
        self.manifest = json.loads(plain[4:4 + n])
        self.blobs = plain[4 + n:]

    def cut(self, span):
        return self.blobs[span["at"]:span["at"] + span["len"]]

    def text(self, kind="text"):
        span = self.manifest[kind]
        return None if span is None else self.cut(span).decode()

    def inline(self):
        return [(one, self.cut(one)) for one in self.manifest["inline"]]
