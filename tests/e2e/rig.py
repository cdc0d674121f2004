# SPDX-License-Identifier: Apache-2.0
"""Real mail servers around a real installation, and a mailbox for everybody.

	client ──► Postfix (the organisation's) ──► Letterlock ──► Postfix (the world's) ──► a Maildir per address

Used by the programs beside it. The installation itself is the one of
tests/fault/house.py. Everything lives in one folder under /tmp and is gone
afterwards. Postfix wants to be started by root; without it tests are skipped.
"""
import base64
import email
import email.policy
import os
import pathlib
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from house import House, free_ports, limit, program, report, until  # noqa: E402

__all__ = ["House", "Postfix", "Rig", "base64url", "body_text", "crockford", "free_ports", "link_of", "limit", "passcode_of", "program", "report", "until"]

NOBODY = 65534
LINK = re.compile(r"https://[^\s/]+/m/([0-9a-z]{26})#([0-9a-z]{26})")
CODE = re.compile(r"^(\d{4} \d{4})\s*$", re.M)
REFERENCE = re.compile(r"reference:\s+(\S+)")

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {name}
mydestination =
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
disable_dns_lookups = yes
message_size_limit = 104857600
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_timeout = 30s
maillog_file = {home}/log
maillog_file_prefixes = /
alias_maps =
alias_database =
local_recipient_maps =
"""
MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""
SINK_CF = """
virtual_mailbox_domains = static:all
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = regexp:{home}/conf/boxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
"""
SENDER_CF = """
relayhost = [127.0.0.1]:{next_hop}
relay_domains =
smtp_tls_security_level = may
smtputf8_enable = yes
"""


class Postfix:
    """One Postfix of its own: a folder, a port. With next_hop it sends all
    there; without, it keeps all: each of boxes has a Maildir."""

    def __init__(self, folder, name, port, next_hop=None, boxes=()):
        self.home, self.port = pathlib.Path(folder), port
        for part in ("queue", "data", "conf", "mail"):
            (self.home / part).mkdir(parents=True)
        self.home.chmod(0o755)
        shutil.chown(self.home / "data", "postfix")
        os.chown(self.home / "mail", NOBODY, NOBODY)
        extra = SENDER_CF if next_hop else SINK_CF
        (self.home / "conf/main.cf").write_text((MAIN_CF + extra).format(home=self.home, name=name, next_hop=next_hop))
        (self.home / "conf/master.cf").write_text(MASTER_CF.format(port=port))
        lines = [f"/^{re.escape(box)}$/ {box}/" for box in boxes]
        (self.home / "conf/boxes").write_text("\n".join([*lines, "/./ everybody-else/"]) + "\n")

    def control(self, word):
        return subprocess.run(["postfix", "-c", str(self.home / "conf"), word], capture_output=True, text=True)

    def start(self):
        done = self.control("start")
        assert done.returncode == 0 and until(self.answers), done.stderr + self.log()
        return self

    def answers(self):
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=5):
                return True
        except OSError:
            return False

    def log(self):
        path = self.home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self):
        pid = self.home / "queue/pid/master.pid"
        number = int(pid.read_text()) if pid.exists() else 0
        self.control("abort")
        # It may return before the last process is gone.
        if number and not until(lambda: not pathlib.Path("/proc", str(number)).exists(), 5):
            os.killpg(number, signal.SIGKILL)

    def files(self, address):
        return sorted((self.home / "mail" / address.lower() / "new").glob("*"), key=lambda p: (p.stat().st_mtime_ns, p.name))

    def mails(self, address):
        """What came for this address, oldest first, as bytes."""
        return [path.read_bytes() for path in self.files(address)]


class Rig:
    """The whole: start with `with`, everything is stopped and gone behind it."""

    def __init__(self, boxes, settings=(), policy=(), sender=True, keep=False):
        if os.geteuid() != 0 or shutil.which("postfix") is None:
            print("skipped: Postfix is started by root only" if shutil.which("postfix") else "skipped: no Postfix")
            sys.exit(77)
        self.binary = program("LETTERLOCK")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="letterlock-e2e-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.boxes, self.settings, self.policy, self.wants_sender, self.keep = boxes, settings, policy, sender, keep
        self.house = self.sink = self.sender = None

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        into, out = free_ports(2)
        self.sink = Postfix(self.folder / "sink", "mx.world.example", out, boxes=self.boxes).start()
        home = self.folder / "home"
        home.mkdir()
        self.house = House(self.binary, out, home)
        self.init()
        assert self.house.start(), self.house.said()
        if self.wants_sender:
            self.sender = Postfix(self.folder / "sender", "mail.tannwald.example", into, self.house.smtp).start()

    def init(self):
        h = self.house
        done = subprocess.run(
            [self.binary, "init", str(h.folder / "house"), "--hostname", "gate.tannwald.example", "--domain", "tannwald.example",
             "--organisation", "Tannwald Möbel", "--next-hop", f"127.0.0.1:{h.sink_port}", "--smtp", f"127.0.0.1:{h.smtp}",
             "--portal", f"127.0.0.1:{h.portal}", "--url", f"https://localhost:{h.portal}"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        for pattern, line in (("# retry_first: .*", "retry_first: 100 ms"), ("# retry_max: .*", "retry_max: 1 s"), *self.settings):
            h.set(pattern, line)
        path = h.folder / "house" / "policy.yaml"
        for after, lines in self.policy:
            text = path.read_text()
            assert after in text, after
            path.write_text(text.replace(after, after + lines, 1))

    def __exit__(self, *_):
        signal.alarm(0)
        if self.sender:
            self.sender.stop()
        if self.house:
            self.house.clear_away()
        if self.sink:
            self.sink.stop()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def arrived(self, address, count=1, seconds=60):
        """The mails for this address once there are so many; else what did."""
        until(lambda: len(self.sink.files(address)) >= count, seconds)
        found = self.sink.mails(address)
        assert len(found) >= count, f"{len(found)} of {count} mails for {address}\n{self.house.said()[-4000:]}\n{self.sink.log()[-2000:]}"
        return found

    def where(self):
        return f"https://localhost:{self.house.portal}"


def body_text(raw, kind="plain"):
    """The text of a mail as its reader sees it."""
    part = email.message_from_bytes(raw, policy=email.policy.default).get_body((kind,))
    return part.get_content()


def link_of(raw):
    """The link in a notice, from its plain text."""
    return LINK.search(body_text(raw)).group(0)


def passcode_of(raw):
    """(code, reference) of a passcode mail, as they stand there."""
    text = body_text(raw)
    return CODE.search(text).group(1), REFERENCE.search(text).group(1)


def crockford(text):
    """The 16 bytes of an id or a key in 26 letters (doc/formats/parcel.md)."""
    number = 0
    for letter in text.lower().replace("o", "0").replace("i", "1").replace("l", "1"):
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    return (number >> (5 * len(text) - 128)).to_bytes(16, "big")


def base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
