# SPDX-License-Identifier: Apache-2.0
"""Who listens in the lab: one real Postfix with a listener for each kind of
server, mail servers of our own for what Postfix never does, and web servers
with MTA-STS policies."""
import email
import email.policy
import http.server
import re
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass, field

from lab import IPV6_AT, NET4, Authority, Postfix, has_ipv6, listens, until

DEAD_AT = f"{NET4}.5"
# Web servers: one with its own certificate, one with another's, and one that is not of the internet.
STS_AT = {"own": f"{NET4}.3", "stranger": f"{NET4}.4", "private": "127.0.0.9"}
FIRST = 10
READY, NOT_READY = b"220 2.0.0 go on\r\n", b"454 4.7.0 TLS not now\r\n"

# Kinds of server: what they have and do. The names in a certificate are those of all hosts of this kind.
POSTFIX = {
    "good": "",
    "selfsigned": "",
    "expired": "",
    "othername": "",
    "otherca": "",
    "bare": "",             # without its authority's
    "chained": "",          # from an authority below the root
    "tls12": "-o smtpd_tls_protocols=TLSv1.2",
    "tls10": "-o smtpd_tls_protocols=TLSv1 -o tls_medium_cipherlist=ALL:@SECLEVEL=0",
    "clear": "-o smtpd_tls_security_level=none",
}
HAS_IPV6 = "selfsigned"
OWN = ("fails", "injects", "refuses", "requiretls", "by_sni", "breaks")

MASTER_LINE = ("{at}:25 inet n - n - - smtpd -o syslog_name=postfix/{kind} -o myhostname={kind}.servers.example"
               " -o smtpd_tls_security_level=may -o smtpd_tls_chain_files={chain} {more}\n")
MAIN_MORE = """
smtpd_tls_security_level = none
notify_classes =
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
tls_ssl_options = NO_TICKET
default_process_limit = 200
smtpd_client_recipient_rate_limit = 0
"""


# TLSA records that are not as they have to be: a digest too short, and one of no known kind.
BAD_TLSA = {"short": "3 1 1 abcdef", "unknown": "3 1 9 " + "ab" * 32}


@dataclass
class Arrival:
    """A mail as a server got it."""
    recipient: str
    server: str
    tls: str                # "TLSv1.3", or "" in clear
    raw: bytes
    sni: str = ""
    parameters: str = ""    # of MAIL
    was_broken: bool = False    # the server had another's certificate

    def mail(self):
        return email.message_from_bytes(self.raw, policy=email.policy.default)


class Peer:
    """A mail server of our own: it speaks SMTP and misbehaves as its kind says."""

    def __init__(self, kind, at, chain, other_chain):
        self.kind, self.chain, self.other_chain = kind, chain, other_chain
        self.lock, self.arrived = threading.Lock(), []
        self.good_context = self.context(chain)
        self.breaks_after = None        # so many mails; then its certificate is another's
        self.server = socketserver.ThreadingTCPServer((at, 25), self.handler(), bind_and_activate=False)
        self.server.allow_reuse_address = self.server.daemon_threads = True
        self.server.request_queue_size = 128
        self.server.handle_error = lambda *_: None
        self.server.server_bind()
        self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def context(self, chain):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def handler(self):
        peer = self

        class Session(socketserver.BaseRequestHandler):
            def handle(self):
                talk = Talk(peer, self.request)
                try:
                    talk.run()
                except (OSError, EOFError):
                    pass
                talk.close()
        return Session

    def is_broken(self):
        return self.breaks_after is not None and len(self.arrived) >= self.breaks_after


class Talk:
    """One session of a Peer."""

    def __init__(self, peer, sock):
        self.peer, self.sock, self.tls, self.sni = peer, sock, "", ""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(60)
        self.file = sock.makefile("rb")
        self.broken = peer.is_broken()

    def say(self, line):
        self.sock.sendall(line + b"\r\n")

    def greet(self):
        words = [b"peer.example", b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"ENHANCEDSTATUSCODES", b"SIZE 0"]
        if not self.tls:
            words.append(b"STARTTLS")
        elif self.peer.kind == "requiretls":
            words.append(b"REQUIRETLS")
        for i, word in enumerate(words):
            self.say((b"250 " if i == len(words) - 1 else b"250-") + word)

    def start_tls(self):
        kind = self.peer.kind
        if kind == "refuses":
            self.sock.sendall(NOT_READY)
            return
        if kind == "fails":
            self.sock.sendall(READY + b"\x15\x03\x03\x00\x02\x02\x28")   # alert: handshake failure
            raise EOFError
        # What stands behind the 220 in clear is not what the server says inside TLS (CVE-2021-33515 and others).
        self.sock.sendall(READY + (b"250-peer.example\r\n250 AUTH PLAIN\r\n250 2.1.0 ok\r\n" if kind == "injects" else b""))
        # One of its own, for its callback.
        context = self.peer.context(self.peer.other_chain if self.broken or kind == "by_sni" else self.peer.chain)

        def named(connection, name, _):
            self.sni = name or ""
            if kind == "by_sni" and name:
                connection.context = self.peer.good_context
        context.sni_callback = named
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.tls = self.sock.version()
        self.file = self.sock.makefile("rb")

    def run(self):
        peer, rcpts, mail = self.peer, [], b""
        self.say(b"220 peer.example ESMTP")
        while line := self.file.readline():
            verb = line[:4].upper()
            if self.peer.is_broken() and not self.broken and verb == b"MAIL":
                self.say(b"421 4.3.2 come again")
                return
            if verb == b"EHLO":
                self.greet()
            elif verb == b"STAR":
                self.start_tls()
            elif verb == b"MAIL":
                mail, rcpts = line.strip(), []
                self.say(b"250 2.1.0 ok")
            elif verb == b"RCPT":
                rcpts.append(re.search(rb"<([^>]*)>", line).group(1).decode())
                self.say(b"250 2.1.5 ok")
            elif verb == b"DATA":
                self.say(b"354 go on")
                raw = self.data()
                with peer.lock:
                    parameters = mail.split(b">", 1)[1].decode().strip()
                    peer.arrived += [Arrival(r, peer.kind, self.tls, raw, self.sni, parameters, self.broken) for r in rcpts]
                self.say(b"250 2.0.0 kept")
            elif verb == b"QUIT":
                self.say(b"221 2.0.0 bye")
                return
            else:
                self.say(b"250 2.0.0 ok")

    def close(self):
        """At once: what TLS wraps is not the server's any more."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.file.close()
        self.sock.close()

    def data(self):
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise EOFError
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


class Servers:
    """All of them, started at once."""

    def __init__(self, folder, root, names):
        """names: kind of server → the names its certificate has."""
        self.folder = folder
        kinds = [*POSTFIX, *OWN]
        self.at = {kind: f"{NET4}.{FIRST + i}" for i, kind in enumerate(kinds)} | {"dead": DEAD_AT}
        self.certificates = self.certify(folder / "certificates", root, names)
        self.peers = {kind: Peer(kind, self.at[kind], self.certificates[kind].chain, self.certificates["othername"].chain) for kind in OWN}
        self.postfix = self.new_postfix()

    def certify(self, folder, root, names):
        between, stranger = Authority(folder, "between", root), Authority(folder, "stranger")
        self.root, self.between, self.stranger = root, between, stranger
        issuers = {"chained": between, "otherca": stranger}
        made = {}
        for kind in (*POSTFIX, *OWN):
            its = names.get(kind) or [f"{kind}.servers.example"]
            if kind == "selfsigned":
                made[kind] = root.self_signed(kind, its)
            elif kind == "othername":
                made[kind] = root.issue(kind, ["somebody-else.example"])
            else:
                made[kind] = issuers.get(kind, root).issue(kind, its, -3 if kind == "expired" else 30)
        made["bare"].chain.write_bytes(made["bare"].key.read_bytes() + made["bare"].cert.read_bytes())
        return made

    def new_postfix(self):
        postfix = Postfix(self.folder / "postfix", "servers.example", 25)
        with (postfix.home / "conf/master.cf").open("a") as master:
            for kind, more in POSTFIX.items():
                ats = [self.at[kind]] + ([f"[{IPV6_AT}]"] if kind == HAS_IPV6 and has_ipv6() else [])
                for at in ats:
                    master.write(MASTER_LINE.format(at=at, kind=kind, chain=self.certificates[kind].chain, more=more))
        main = postfix.home / "conf/main.cf"
        main.write_text(main.read_text().replace("inet_protocols = ipv4", "inet_protocols = all") + MAIN_MORE)
        return postfix.start()

    def tlsa(self, kind, what):
        """Data of a TLSA record for this kind of server; "2 …" names its authority."""
        if what in BAD_TLSA:
            return BAD_TLSA[what]
        if what == "wrong":
            return self.certificates["otherca"].tlsa(3, 1, 1)
        usage, selector, matching = map(int, what.split())
        of = self.certificates[kind]
        if usage in (0, 2):
            of = self.between.own if kind == "chained" else self.root.own
        return of.tlsa(usage, selector, matching)

    def key(self, kind):
        """The SHA-256 of a server's public key."""
        return self.tlsa(kind, "3 1 1").split()[3]

    def arrivals(self):
        """All that came, wherever."""
        found = [a for peer in self.peers.values() for a in list(peer.arrived)]
        for path in sorted((self.postfix.home / "mail/everybody-else/new").glob("*")):
            found.append(kept(path.read_bytes()))
        return found


def kept(raw):
    """What Postfix wrote above a mail it delivered."""
    top = raw[:4096].decode(errors="replace")
    recipient = re.search(r"^X-Original-To: (\S+)", top, re.M).group(1)
    server = re.search(r"\n\tby (?:(\S+)\.)?servers\.example", top).group(1) or ""
    tls = re.search(r"\n\t\(using (\S+) with", top.split("\n\tby ")[0])
    return Arrival(recipient, server, tls.group(1) if tls else "", raw)


@dataclass
class Policy:
    """What a policy host answers."""
    mode: str
    mx: list
    status: int = 200
    location: str = ""
    body: str = ""
    kind: str = "text/plain"
    fetched: int = field(default=0)

    def text(self):
        if self.body:
            return self.body
        return "".join(f"{line}\r\n" for line in ("version: STSv1", f"mode: {self.mode}", *(f"mx: {mx}" for mx in self.mx), "max_age: 86400"))


class PolicyHost:
    """https://mta-sts.DOMAIN/.well-known/mta-sts.txt of many domains."""

    def __init__(self, at, chain):
        self.policies = {}
        host = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host.answer(self)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer((at, 443), Answer)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        # The handshake belongs to the thread of the connection, not to the one that accepts.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, request):
        policy = self.policies.get(request.headers.get("Host", "").split(":")[0])
        if policy is None or request.path != "/.well-known/mta-sts.txt":
            request.send_error(404)
            return
        policy.fetched += 1
        body = policy.text().encode()
        request.send_response(policy.status)
        if policy.location:
            request.send_header("Location", policy.location)
        request.send_header("Content-Type", policy.kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def all_listen(servers):
    """Is everybody there?"""
    return until(lambda: all(listens(at, 25) for kind, at in servers.at.items() if kind != "dead"))
