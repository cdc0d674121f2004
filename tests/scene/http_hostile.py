#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile HTTP requests against the running server, over TLS.

	http_hostile.py WEB_SERVER

Each case is refused with the status it names, or by closing, without reaching
the handler; and the next good request on a new connection is served.
"""
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HOST = "mail.example"
GOOD = b"GET / HTTP/1.1\r\nHost: mail.example\r\nConnection: close\r\n\r\n"
failures = 0


def get(*fields, line=b"GET / HTTP/1.1", host=b"Host: mail.example", tail=b""):
    head = [line] + ([host] if host else []) + list(fields)
    return b"\r\n".join(head) + b"\r\n\r\n" + tail


def post(*fields, line=b"POST /echo HTTP/1.1", body=b"", **kw):
    return get(*fields, line=line, tail=body, **kw)


HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: mail.example\r\n\r\n"
TE = b"Transfer-Encoding: "
# name: (bytes, statuses that refuse it)
CASES = {
    # which body belongs to which request (request smuggling)
    "length_and_chunked": (post(b"Content-Length: 5", TE + b"chunked", body=b"0\r\n\r\n" + HIDDEN), {400}),
    "chunked_and_length": (post(TE + b"chunked", b"Content-Length: 5", body=b"0\r\n\r\n" + HIDDEN), {400}),
    "two_lengths_differ": (post(b"Content-Length: 0", b"Content-Length: 46", body=HIDDEN), {400}),
    "two_lengths_equal": (post(b"Content-Length: 2", b"Content-Length: 2", body=b"{}"), {400}),
    "length_list": (post(b"Content-Length: 2, 2", body=b"{}"), {400}),
    "length_plus": (post(b"Content-Length: +2", body=b"{}"), {400}),
    "length_minus": (post(b"Content-Length: -2", body=b"{}"), {400}),
    "length_hex": (post(b"Content-Length: 0x2", body=b"{}"), {400}),
    "length_inner_space": (post(b"Content-Length: 1 2", body=b"{}"), {400}),
    "length_empty": (post(b"Content-Length: ", body=b"{}"), {400}),
    "length_fraction": (post(b"Content-Length: 2.0", body=b"{}"), {400}),
    "length_19_digits": (post(b"Content-Length: 0000000000000000002", body=b"{}"), {400}),
    "length_overflow": (post(b"Content-Length: 18446744073709551618", body=b"{}"), {400}),
    "length_too_large": (post(b"Content-Length: 16385"), {413}),
    "length_missing": (post(), {411}),
    "chunked_request": (post(TE + b"chunked", body=b"2\r\n{}\r\n0\r\n\r\n"), {411}),
    "chunked_twice": (post(TE + b"chunked, chunked", body=b"0\r\n\r\n"), {501}),
    "chunked_two_fields": (post(TE + b"chunked", TE + b"identity", body=b"0\r\n\r\n"), {400}),
    "chunked_obfuscated": (post(TE + b"xchunked", body=b"0\r\n\r\n"), {501}),
    "chunked_vertical_tab": (post(TE + b"\x0bchunked", body=b"0\r\n\r\n"), {400}),
    "chunked_quoted": (post(TE + b'"chunked"', body=b"0\r\n\r\n"), {501}),
    "gzip_chunked": (post(TE + b"gzip, chunked", body=b"0\r\n\r\n"), {501}),
    "identity": (post(TE + b"identity", b"Content-Length: 2", body=b"{}"), {400}),
    "chunked_in_http_1_0": (post(TE + b"chunked", line=b"POST /echo HTTP/1.0", body=b"0\r\n\r\n"), {400}),
    "chunked_get": (get(TE + b"chunked", tail=b"0\r\n\r\n" + HIDDEN), {411}),
    "get_with_body": (get(b"Content-Length: 46", tail=HIDDEN), {400}),
    "content_encoding": (post(b"Content-Encoding: gzip", b"Content-Length: 2", body=b"{}"), {415}),
    # field syntax
    "space_before_colon": (post(b"Content-Length : 2", body=b"{}"), {400}),
    "tab_before_colon": (post(b"Content-Length\t: 2", body=b"{}"), {400}),
    "folded_field": (get(b"X-A: 1\r\n\tTransfer-Encoding: chunked"), {400}),
    "folded_first_field": (get(b"X-A: 1", host=b" Host: mail.example"), {400}),
    "field_without_colon": (get(b"X-A"), {400}),
    "field_empty_name": (get(b": x"), {400}),
    "field_name_not_token": (get(b"X(A): 1"), {400}),
    "field_name_8bit": (get(b"X-\xc3\xa4: 1"), {400}),
    "field_value_nul": (get(b"X-A: a\x00b"), {400}),
    "field_value_escape": (get(b"X-A: a\x1bb"), {400}),
    "field_value_del": (get(b"X-A: a\x7fb"), {400}),
    "bare_lf_between_fields": (b"GET / HTTP/1.1\nHost: mail.example\n\n", {400}),
    "bare_lf_in_value": (get(b"X-A: 1\nTransfer-Encoding: chunked"), {400}),
    "bare_cr_in_value": (get(b"X-A: 1\rTransfer-Encoding: chunked"), {400}),
    "too_many_fields": (get(*[b"X-%d: 1" % i for i in range(70)]), {431}),
    "head_too_large": (get(b"X-A: " + b"a" * 20000), {431}),
    "million_fields": (b"GET / HTTP/1.1\r\nHost: mail.example\r\n" + b"a:b\r\n" * 1_000_000, {431}),
    "two_content_types": (post(b"Content-Type: text/plain", b"Content-Type: application/json",
                               b"Content-Length: 2", body=b"{}"), {400}),
    "two_cookies": (get(b"Cookie: a=1", b"Cookie: a=2"), {400}),
    "expectation": (post(b"Expect: 200-ok", b"Content-Length: 2", body=b"{}"), {417}),
    # whose request is it
    "no_host": (get(host=None), {400}),
    "two_hosts": (get(b"Host: mail.example"), {400}),
    "other_host": (get(host=b"Host: evil.example"), {421}),
    "host_with_user": (get(host=b"Host: mail.example@evil.example"), {421}),
    "host_with_path": (get(host=b"Host: mail.example/x"), {421}),
    "host_other_port": (get(host=b"Host: mail.example:8080"), {421}),
    "host_empty": (get(host=b"Host: "), {421}),
    "host_with_dot": (get(host=b"Host: mail.example."), {421}),
    "absolute_other_host": (get(line=b"GET https://evil.example/ HTTP/1.1"), {421}),
    "absolute_http": (get(line=b"GET http://mail.example/ HTTP/1.1"), {400}),
    "no_host_http_1_0": (b"GET / HTTP/1.0\r\n\r\n", {400}),
    # the request line
    "http_0_9": (b"GET /\r\n\r\n", {400}),
    "http_2_preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505}),
    "http_1_2": (get(line=b"GET / HTTP/1.2"), {505}),
    "http_lower_case": (get(line=b"GET / http/1.1"), {400}),
    "http_version_long": (get(line=b"GET / HTTP/1.10"), {400}),
    "version_missing": (get(line=b"GET / "), {400}),
    "two_spaces": (get(line=b"GET  / HTTP/1.1"), {400}),
    "tab_in_request_line": (get(line=b"GET\t/\tHTTP/1.1"), {400}),
    "space_in_target": (get(line=b"GET / x HTTP/1.1"), {400}),
    "space_after_version": (get(line=b"GET / HTTP/1.1 "), {400}),
    "empty_line_first": (b"\r\n" + GOOD, {400}),
    "method_put": (get(line=b"PUT / HTTP/1.1"), {405}),
    "method_trace": (get(line=b"TRACE / HTTP/1.1"), {405}),
    "method_connect": (get(line=b"CONNECT mail.example:443 HTTP/1.1"), {405}),
    "method_options": (get(line=b"OPTIONS * HTTP/1.1"), {405}),
    "method_unknown": (get(line=b"BREW / HTTP/1.1"), {501}),
    "method_lower_case": (get(line=b"get / HTTP/1.1"), {501}),
    "method_not_token": (get(line=b"G(T / HTTP/1.1"), {400}),
    "method_missing": (get(line=b" / HTTP/1.1"), {400}),
    "tls_in_tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, {400}),
    # the target
    "target_too_long": (get(line=b"GET /" + b"a" * 2048 + b" HTTP/1.1"), {414}),
    "target_nul": (get(line=b"GET /%00 HTTP/1.1"), {400}),
    "target_encoded_slash": (get(line=b"GET /m%2Fx HTTP/1.1"), {400}),
    "target_encoded_backslash": (get(line=b"GET /m%5cx HTTP/1.1"), {400}),
    "target_encoded_crlf": (get(line=b"GET /%0d%0aX-A:%201 HTTP/1.1"), {400}),
    "target_double_encoding": (get(line=b"GET /%252e%252e/x HTTP/1.1"), {400}),
    "target_dot_segments": (get(line=b"GET /../etc/passwd HTTP/1.1"), {400}),
    "target_encoded_dots": (get(line=b"GET /assets/%2e%2e/x HTTP/1.1"), {400}),
    "target_dot_at_end": (get(line=b"GET /assets/.. HTTP/1.1"), {400}),
    "target_double_slash": (get(line=b"GET //evil.example/ HTTP/1.1"), {400}),
    "target_bad_escape": (get(line=b"GET /%zz HTTP/1.1"), {400}),
    "target_cut_escape": (get(line=b"GET /%4 HTTP/1.1"), {400}),
    "target_8bit": (get(line=b"GET /\xc3\xa4 HTTP/1.1"), {400}),
    "target_overlong_utf8": (get(line=b"GET /%c0%af HTTP/1.1"), {400}),
    "target_fragment": (get(line=b"GET /#x HTTP/1.1"), {400}),
    "target_backslash": (get(line=b"GET \\\\evil HTTP/1.1"), {400}),
    "target_relative": (get(line=b"GET about HTTP/1.1"), {400}),
    "target_asterisk": (get(line=b"GET * HTTP/1.1"), {400}),
}


def say(name, why=None):
    global failures
    print(f"ok {name}" if why is None else f"not ok {name} {why}", flush=True)
    failures += why is not None


class Server:
    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory()
        cert, key = self.folder.name + "/c.pem", self.folder.name + "/k.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", cert, "-days", "2", "-subj", f"/CN={HOST}"],
                       check=True, capture_output=True)
        self.process = subprocess.Popen([program, cert, key, HOST], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        # Its log says which requests reached the handler.
        self.log = []
        self.reader = threading.Thread(target=self.follow, daemon=True)
        self.reader.start()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE

    def follow(self):
        for line in self.process.stderr:
            self.log.append(line)

    def served(self):
        """How many requests the handler has answered before this one."""
        return int(self.exchange(GOOD)[1].split()[-1])

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.tls.wrap_socket(raw, server_hostname=HOST)

    def exchange(self, request):
        """(status or 0 when it just closed, everything received)"""
        with self.connect() as s:
            try:
                s.sendall(request)
            except OSError:
                pass
            return read_all(s)

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(20)
        self.reader.join(5)
        return code


def read_all(s):
    got = b""
    try:
        while chunk := s.recv(65536):
            got += chunk
    except OSError:
        pass
    m = re.match(rb"HTTP/1\.1 (\d{3}) ", got)
    return int(m[1]) if m else 0, got


def hostile(server, name, request, statuses):
    before = server.served()
    status, answer = server.exchange(request)
    after = server.served()
    if status not in statuses | {0}:
        return f"answered {status}, not {sorted(statuses)}: {answer[:80]!r}"
    if len(re.findall(rb"HTTP/1\.1 ", answer)) > 1:
        return "answered more than once"
    if after != before + 1:
        return f"reached the handler {after - before - 1} times"
    return None


def drip(server, request, pause):
    """Send one byte at a time; how long until the server ends it."""
    started = time.monotonic()
    with server.connect() as s:
        s.settimeout(10)
        try:
            for i in range(len(request)):
                s.send(request[i:i + 1])
                time.sleep(pause)
                if time.monotonic() - started > 8:
                    return None
        except OSError:
            pass
        status, _ = read_all(s)
    return status, time.monotonic() - started


def tls_hello(server, raw):
    """The first bytes of a handshake."""
    sent = ssl.MemoryBIO()
    try:
        server.tls.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=HOST).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return sent.read()


def tls_record(server, raw):
    """Shake hands on raw, then the record of a long request."""
    got, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = server.tls.wrap_bio(got, sent, server_hostname=HOST)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            raw.sendall(sent.read())
            got.write(raw.recv(65536))
    raw.sendall(sent.read())
    tls.write(get(b"X-A: " + b"a" * 8000))
    return sent.read()


def drip_raw(server, prepare):
    """Send what prepare made one byte at a time; the seconds until the server ends it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        data = prepare(server, raw)
        started = time.monotonic()
        raw.settimeout(0.1)
        for i in range(len(data)):
            try:
                raw.send(data[i:i + 1])
                if not raw.recv(4096):
                    break
            except TimeoutError:
                pass
            except OSError:
                break
            if time.monotonic() - started > 16:
                break
        return time.monotonic() - started


def slow(server):
    for name, request in {
            "slow_head": b"GET / HTTP/1.1\r\nHost: mail.example\r\nX-A: " + b"a" * 400,
            "slow_body": post(b"Content-Length: 400", body=b"a" * 300)}.items():
        before = server.served()
        end = drip(server, request, 0.05)
        after = server.served()
        if end is None or end[1] > 6:
            say(name, "was still waited for after the deadline")
        elif end[0] not in (0, 408) or after != before + 1:
            say(name, f"answered {end[0]}")
        else:
            say(name)
    # TLS itself reads a record until it is whole: the deadline holds inside it too.
    for name, prepare in {"slow_tls_record": tls_record, "slow_tls_handshake": tls_hello}.items():
        took = drip_raw(server, prepare)
        say(name, None if took < 14 else f"was still waited for after {took:.0f} s")
    with server.connect() as s:
        started = time.monotonic()
        read_all(s)
        idle = time.monotonic() - started
    say("idle_connection", None if idle < 6 else f"kept for {idle:.0f} s")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as s:
        s.sendall(b"GET / HTTP/1.1\r\n\r\n")
        try:
            plain = s.recv(100)
        except OSError:
            plain = b""
    say("clear_text", None if not plain.startswith(b"HTTP/") else "served without TLS")


def good(server):
    status, answer = server.exchange(GOOD)
    for field in (b"Strict-Transport-Security", b"Content-Security-Policy", b"X-Content-Type-Options: nosniff",
                  b"Referrer-Policy: no-referrer", b"Cross-Origin-Resource-Policy", b"Cross-Origin-Opener-Policy",
                  b"Permissions-Policy", b"Cache-Control: no-store"):
        say("answer_has_" + field.decode().split(":")[0].lower(), None if field in answer else "missing")
    with server.connect() as s:
        s.sendall(get() + get() + GOOD)
        answers = read_all(s)[1]
    say("pipelined_requests_all_served", None if answers.count(b"\nserved ") == 3 else repr(answers))
    status, answer = server.exchange(post(b"Content-Length: 4", b"Connection: close", body=b"body"))
    say("body_arrives", None if answer.endswith(b"\r\n\r\nbody") else repr(answer))
    status, answer = server.exchange(get(b"Connection: close", line=b"HEAD /large HTTP/1.1"))
    say("head_has_length_only", None if b"Content-Length: 8388608\r\n" in answer and
        answer.endswith(b"\r\n\r\n") else "wrong")
    status, answer = server.exchange(get(b"Connection: close", line=b"GET /large HTTP/1.1"))
    body = answer.split(b"\r\n\r\n", 1)[1]
    want = (bytes(range(251)) * (8388608 // 251 + 1))[:8388608]
    say("stream_arrives_whole", None if body == want else f"{len(body)} bytes")
    with server.connect() as s:
        s.sendall(post(b"Content-Length: 2", b"Expect: 100-continue", b"Connection: close"))
        first = s.recv(100)
        s.sendall(b"{}")
        answer = read_all(s)[1]
    say("continue_then_body", None if first.startswith(b"HTTP/1.1 100 ") and answer.endswith(b"{}") else repr(first))
    status, _ = server.exchange(get(b"Connection: close", line=b"GET https://mail.example/ HTTP/1.1"))
    say("absolute_form_of_ours", None if status == 200 else str(status))


def main():
    server = Server(sys.argv[1])
    for name, (request, statuses) in CASES.items():
        say("http_" + name, hostile(server, name, request, statuses))
    slow(server)
    good(server)
    code = server.stop()
    say("server_ends_cleanly", None if code == 0 else f"status {code}: {''.join(server.log[-20:])}")
    return 1 if failures else 0


sys.exit(main())
