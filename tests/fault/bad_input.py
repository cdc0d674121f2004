#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever is put in front of Letterlock, it says what is wrong, loses nothing.

Every case stands in a house with one message that was accepted while the next
server was busy. The bad thing happens; the words the user sees are looked at;
when it is put right again, that message must be delivered, once.
"""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from house import Client, House, Refused, Sink, letter, program, report, until

FULL = ("the disk is full", "No space left on device")
HELD = ("held@own.example", "held@out.example")
sink = template = None


@contextlib.contextmanager
def house_with_mail(**limits):
    """Not running; two recipients wait in its queue."""
    house = template.copy()
    for key, value in limits.items():
        house.set(rf"# {key}: .*", f"{key}: {value}")
    mark = f"{house.smtp}-"
    house.held = [mark + r for r in HELD]
    try:
        sink.is_busy = True
        assert house.start(), house.said()
        with Client(house.smtp) as c:
            c.send("anna@own.example", house.held, letter("held"))
        house.stop()
        sink.is_busy = False
        house.since = house.log.stat().st_size
        yield house
    finally:
        sink.is_busy = False
        house.clear_away()


def case(name, ok, house, said=""):
    """Put right again: it runs and what it held arrives."""
    alive = house.server is not None and house.server.poll() is None
    if not alive and not house.start():
        report(False, name, "does not start again: " + house.said()[-400:])
        return
    arrived = until(lambda: all(sink.count(r) == 1 for r in house.held))
    drained = house.drained()
    report(ok and arrived and drained, name,
           f"{said[-500:]} {'' if arrived else 'accepted mail is missing or repeated'}")


def refuses_to_start(name, house, *words, undo=lambda: None):
    started = house.start()
    said = house.said(house.since)
    code = None
    if not started:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = house.server.wait(5)
    undo()
    if started:
        house.kill()
    case(name, not started and code not in (None, 0) and all(w in said for w in words), house, f"exit {code}: {said}")


# ---- at the start ---------------------------------------------------------


def read_only():
    with house_with_mail() as house:
        house.database.chmod(0o440)
        house.state.chmod(0o550)

        def undo():
            house.state.chmod(0o2770)
            house.database.chmod(0o660)
        refuses_to_start("a read-only state directory", house, "read-only", "letterlock.db", undo=undo)


def newer_schema():
    with house_with_mail() as house:
        version = house.query("PRAGMA user_version")[0][0]
        house.query("PRAGMA user_version=99")
        refuses_to_start("a store of a newer schema", house, "of version 99, newer than this program's",
                         undo=lambda: house.query(f"PRAGMA user_version={version}"))


def root_key():
    with house_with_mail() as house:
        key = house.conf.parent / "keys" / "root.key"
        aside = key.with_name("aside")
        key.rename(aside)
        refuses_to_start("a missing root key", house, "the root key", "root.key is missing",
                         undo=lambda: aside.rename(key))
    with house_with_mail() as house:
        key = house.conf.parent / "keys" / "root.key"
        right = key.read_bytes()
        other = House(house.binary, 1).ready_made()
        key.write_bytes((other.conf.parent / "keys" / "root.key").read_bytes())
        other.clear_away()
        refuses_to_start("a wrong root key", house, "root.key is not the root key that made workspace-",
                         undo=lambda: key.write_bytes(right))


def port_in_use():
    with house_with_mail() as house, socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", house.smtp))
        s.listen()
        refuses_to_start("a port in use", house, f"cannot listen on 127.0.0.1:{house.smtp}", "another program",
                         undo=s.close)


def unknown_key():
    for file, right, wrong, words in (
            ("policy.yaml", "\ndomains:", "\ndomain:", "policy.yaml:7:1: unknown key 'domain'; did you mean 'domains'?"),
            ("letterlock.conf", "\n  next_hop:", "\n  nexthop:", ": unknown key 'nexthop'; did you mean 'next_hop'?")):
        with house_with_mail() as house:
            path = house.conf.parent / file
            text = path.read_text()
            path.write_text(text.replace(right, wrong))
            checked = house.run("config", "check")
            report(checked.returncode == 78 and words in checked.stderr, f"config check: an unknown key in {file}",
                   checked.stderr)
            refuses_to_start(f"an unknown key in {file}", house, file, words, undo=lambda: path.write_text(text))


# ---- while it runs --------------------------------------------------------


def refusal(house, body, to=("x@own.example",)):
    """The words of the refusal, and whether the same connection goes on."""
    with Client(house.smtp, 60) as c:
        try:
            return "accepted: " + c.send("anna@own.example", to, body)
        except Refused as no:
            said = str(no)
        c.command("RSET")
        return said


def nested(depth):
    head = letter("nested").split(b"Content-Type:")[0].decode()
    return (head + 'Content-Type: multipart/mixed; boundary="b0"\r\n\r\n' + "".join(
        f'--b{i}\r\nContent-Type: multipart/mixed; boundary="b{i + 1}"\r\n\r\n' for i in range(depth))).encode()


def messages():
    with house_with_mail(max_message_bytes="8 MiB") as house:
        assert house.start(), house.said()
        with Client(house.smtp) as c:
            try:
                c.command(f"MAIL FROM:<anna@own.example> SIZE={9 << 20}")
                said = "accepted"
            except Refused as no:
                said = str(no)
        case("a message announced over the limit", said.startswith("552 5.3.4 The message is larger"), house, said)
        for name, body, words in (
                ("a message over the limit", letter("big", ("x" * 70 + "\r\n") * 150000),
                 "552 5.3.4 The message is larger than this server takes"),
                ("a million headers", letter("headers", "x", "X-A: b\r\n" * 1000000),
                 "552 5.3.4 a header block has more than"),
                ("nesting of 1 000 parts", nested(1000), "552 5.3.4 parts are nested deeper than"),
                ("a NUL in a header", letter("nul", "x", "X-B: a\0b\r\n"), "550 5.6.0 The message has a NUL byte")):
            said = refusal(house, body)
            case(name, said.startswith(words), house, said)


def recipients():
    """Over the limit each is told; at the limit all arrive."""
    for limit, n in ((1000, 10000), (10000, 10000)):
        with house_with_mail(max_recipients=limit) as house:
            assert house.start(), house.said()
            names = [f"r{i}-{house.smtp}@own.example" for i in range(n)]
            with Client(house.smtp, 120) as c:
                c.command("MAIL FROM:<anna@own.example>")
                answers = []
                for i in range(0, n, 500):
                    c.sock.sendall("".join(f"RCPT TO:<{r}>\r\n" for r in names[i:i + 500]).encode())
                    answers += [c.reply() for _ in names[i:i + 500]]
                c.command("DATA", 354)
                c.sock.sendall(letter("many") + b"\r\n.\r\n")
                c.expect(250)
            taken = [r for r, (code, _) in zip(names, answers) if code == 250]
            told = all(code == 250 or (code, words[:35]) == (452, "4.5.3 Too many recipients in one me")
                       for code, words in answers)
            all_there = until(lambda: all(sink.count(r) == 1 for r in taken), 100, 0.2)
            none_else = not any(sink.count(r) for r in names[limit:])
            case(f"ten thousand recipients, {limit} allowed", told and len(taken) == limit and all_there and none_else,
                 house, f"{len(taken)} taken, {sum(sink.count(r) for r in taken)} delivered, {answers[-1]}")


def slow_peers():
    with house_with_mail(idle_timeout="2 s", session_timeout="5 s") as house:
        assert house.start(), house.said()
        for name, line in (("in a command", b""), ("in the message", b"MAIL FROM:<anna@own.example>\r\n"
                           b"RCPT TO:<slow@own.example>\r\nDATA\r\n")):
            began, last = time.monotonic(), b""
            with Client(house.smtp) as c:
                c.sock.sendall(line)
                c.sock.settimeout(1)
                while time.monotonic() - began < 12:
                    try:
                        c.sock.sendall(b"N")
                        got = c.sock.recv(4096)
                        if not got:
                            break
                        last = got
                    except TimeoutError:
                        continue
                    except OSError:
                        break
            took = time.monotonic() - began
            with Client(house.smtp) as c:
                other = c.send("anna@own.example", ["z@own.example"], letter("meanwhile"))
            case(f"a peer that sends one byte per second {name}",
                 4 < took < 9 and last.startswith(b"421 4.4.2") and other.startswith("2.0.0") and
                 sink.count("slow@own.example") == 0, house, f"{took:.1f} s, {last!r}")


# ---- disk -----------------------------------------------------------------


def full_disk():
    with house_with_mail() as house:
        aside = house.folder / "aside"
        subprocess.run(["cp", "-a", str(house.state), str(aside)], check=True)
        st = house.state.stat()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=4m,mode=2770,uid={st.st_uid},gid={st.st_gid}",
                                  "letterlock-test", str(house.state)], capture_output=True, text=True)
        if mounted.returncode != 0:
            print("skipped a full disk: cannot mount a small one here")
            return
        try:
            subprocess.run(f"cp -a '{aside}'/. '{house.state}'", shell=True, check=True)
            fill_disk(house)
        finally:
            house.kill()
            subprocess.run(["umount", str(house.state)], check=True)


def fill_disk(house):
    assert house.start(), house.said()
    taken, said = [], ""
    for n in range(100):
        to = f"full{n}-{house.smtp}@out.example"
        try:
            with Client(house.smtp) as c:
                c.send("anna@own.example", [to], letter(f"full{n}", ("x" * 70 + "\r\n") * 4000))
            taken.append(to)
        except Refused as no:
            said = str(no)
            break
    small = refusal(house, letter("more", ("x" * 70 + "\r\n") * 4000))
    doctor = house.run("doctor")
    subprocess.run(["mount", "-o", "remount,size=64m", str(house.state)], check=True)
    after = f"after-{house.smtp}@out.example"
    with Client(house.smtp) as c:
        c.send("anna@own.example", [after], letter("after"))
    there = until(lambda: all(sink.count(r) == 1 for r in [*taken, after]))
    case("a full disk", taken and said.startswith("45") and any(w in said for w in FULL) and there, house,
         f"{len(taken)} taken; {said}; {small}; {there}")
    report(small.startswith("45") and any(w in small for w in FULL), "a full disk: the next message is told too", small)
    print(f"    doctor on the full disk: exit {doctor.returncode}")


# ---- signals --------------------------------------------------------------


def knock(house, stop, refused):
    """Connect again and again, as other mail servers would meanwhile."""
    n = 0
    while not stop.is_set():
        try:
            with Client(house.smtp, 20) as c:
                c.send("anna@own.example", [f"knock{n}-{house.smtp}@own.example"], letter(f"knock{n}"))
        except (OSError, Refused) as e:
            refused.append(f"{type(e).__name__} {e}")
        n += 1


def hang_up(house, words):
    """SIGHUP; what was said once the words are there."""
    since = house.log.stat().st_size
    os.kill(house.server.pid, signal.SIGHUP)
    until(lambda: words in house.said(since))
    return house.said(since)


def reload():
    with house_with_mail() as house:
        assert house.start(), house.said()
        policy = house.conf.parent / "policy.yaml"
        good = policy.read_text()
        policy.write_text(good.replace("\ndomains:", "\ndomain:"))
        said = hang_up(house, "result=refused")
        with Client(house.smtp) as c:
            c.send("anna@own.example", [f"old-{house.smtp}@out.example"], letter("old"))
        rule = template_of(house, "old")
        case("SIGHUP with a bad file: the old one stays",
             "result=refused" in said and "policy.yaml:7:1: unknown key 'domain'" in said and rule == "Encrypt-Only",
             house, said + rule)
        stop, refused = threading.Event(), []
        knockers = [threading.Thread(target=knock, args=(house, stop, refused)) for _ in range(2)]
        for t in knockers:
            t.start()
        policy.write_text(good.replace("default: Encrypt-Only", "default: Do Not Forward"))
        said = hang_up(house, "result=done")
        time.sleep(1)
        stop.set()
        for t in knockers:
            t.join()
        with Client(house.smtp) as c:
            c.send("anna@own.example", [f"new-{house.smtp}@out.example"], letter("new"))
        rule = template_of(house, "new")
        case("SIGHUP with a good file: the new template is in force", "result=done" in said and
             rule == "Do Not Forward", house, said + rule)
        report(not refused, "SIGHUP: no connection is refused meanwhile", str(refused[:3]))


def template_of(house, subject):
    found = house.query("SELECT r.template FROM recipient r JOIN message m ON m.id = r.message"
                        " WHERE m.message_id LIKE ?", f"%{subject}@own.example%")
    return found[0][0] if found else ""


def terminate():
    with house_with_mail() as house:
        assert house.start(), house.said()
        pid = house.server.pid
        to = f"drain-{house.smtp}@own.example"
        with Client(house.smtp) as c:
            c.command("MAIL FROM:<anna@own.example>")
            c.command(f"RCPT TO:<{to}>")
            c.command("DATA", 354)
            c.sock.sendall(letter("drain"))
            os.kill(pid, signal.SIGTERM)
            until(lambda: "stopping" in house.said(house.since))
            time.sleep(0.3)
            c.sock.sendall(b"\r\n.\r\n")
            said = c.expect(250)
        code = house.server.wait(40)
        house.server = None
        ended = house.said(house.since)
        case("SIGTERM: the message in work is finished, then it ends", said.startswith("2.0.0") and code == 0 and
             all(f"ended role={r}" in ended for r in ("gateway", "portal", "keeper")) and
             until(lambda: sink.count(to) == 1), house, f"exit {code}: {said}")


def main():
    global sink, template
    sink = Sink()
    template = House(program("LETTERLOCK"), sink.port).ready_made()
    for cases in (read_only, newer_schema, root_key, port_in_use, unknown_key, messages, recipients, slow_peers,
                  full_disk, reload, terminate):
        try:
            cases()
        except Exception as e:
            report(False, cases.__name__, f"{type(e).__name__}: {e}")
    template.clear_away()
    sink.close()


if __name__ == "__main__":
    main()
