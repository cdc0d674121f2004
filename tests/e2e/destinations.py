#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many destinations, some of them sick: the others do not wait.

Fifty domains answer at once, five take a second for every reply, five do not answer at all: what is sent to them is lost, because
nobody takes the connections from a full line, so that each attempt hangs for half a minute. One more refuses connections. There are
sixteen workers, fewer than the mail to the sick ones could hold.
"""
import json
import re
import socket
import socketserver
import sys
import threading
import time

import rig
from rig import House, free_ports, program, report, until

sys.path.insert(0, str(rig.pathlib.Path(__file__).resolve().parents[1] / "fault"))
from house import Client, letter  # noqa: E402

HEALTHY, SICK, WORKERS, EACH = 50, 5, 16, 3
SLOW_S, SOON_S = 1, 10


class World:
    """Mail servers at 127.0.1.1, .2 and so on (well) and 127.0.2.1 (slow), at one port."""

    def __init__(self, port):
        world = self
        self.arrived, self.lock = {}, threading.Lock()

        class Session(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    world.talk(self.rfile, self.wfile, SLOW_S if self.request.getsockname()[0].startswith("127.0.2.") else 0)
                except (OSError, EOFError, AttributeError):
                    pass

        self.server = socketserver.ThreadingTCPServer(("0.0.0.0", port), Session, bind_and_activate=False)
        self.server.daemon_threads = self.server.allow_reuse_address = True
        self.server.request_queue_size = 512
        self.server.server_bind()
        self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def talk(self, rfile, wfile, delay):
        def say(line):
            time.sleep(delay)
            wfile.write(line + b"\r\n")
        rcpts = []
        say(b"220 world.example")
        while line := rfile.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                rcpts.append(re.search(rb"<([^>]*)>", line).group(1).decode())
                say(b"250 ok")
            elif verb == b"DATA":
                say(b"354 go on")
                while (line := rfile.readline()) != b".\r\n":
                    if not line:
                        raise EOFError
                with self.lock:
                    for one in rcpts:
                        self.arrived[one] = self.arrived.get(one, 0) + 1
                rcpts = []
                say(b"250 kept")
            elif verb == b"QUIT":
                return
            else:
                say(b"250 world.example")

    def count(self, domain):
        with self.lock:
            return sum(n for address, n in self.arrived.items() if address.endswith("@" + domain))


def hang(address, port):
    """A listener whose line is full: further connections get no answer."""
    listener = socket.socket()
    listener.bind((address, port))
    listener.listen(0)
    held = [listener]
    for _ in range(2):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex((address, port))
        held.append(one)
    return held


def domains(kind, n):
    return [f"{kind}{i}.example" for i in range(1, n + 1)]


def send(house, names, each, tag):
    with Client(house.smtp) as client:
        for i in range(each):
            for name in names:
                client.send("anna@own.example", [f"{tag}{i}@{name}"], letter(f"{tag}{i}-{name}"))


def destinations(house, *words):
    done = house.run("queue", "destinations", "--json", *words)
    return {one["destination"]: one for one in map(json.loads, done.stdout.splitlines())}


def check(house, world, ports):
    well, slow, dead = domains("well", HEALTHY), domains("slow", SICK), domains("dead", SICK)
    send(house, well, 1, "first")
    ok = report(until(lambda: all(world.count(name) == 1 for name in well), SOON_S), "those that are well get their mail")
    send(house, ["shut1.example"], 4, "shut")
    send(house, dead + slow, 4, "stuck")
    time.sleep(1)
    began = time.monotonic()
    send(house, well, EACH, "next")
    ok &= report(until(lambda: all(world.count(name) == 1 + EACH for name in well), SOON_S),
                 "those that are well do not wait for the sick", f"{sum(map(world.count, well))} of {HEALTHY * (1 + EACH)}")
    print(f"table {time.monotonic() - began:.1f} s for {HEALTHY * EACH} messages beside {2 * SICK} sick destinations")
    ok &= report(not any(world.count(name) for name in dead), "the dead are dead")
    got = destinations(house)
    ok &= report(all(got.get(f"127.0.3.{i}:{ports[1]}", {}).get("waiting") == 4 for i in range(1, SICK + 1)),
                 "queue destinations counts what waits", str(got))
    return ok & check_queue(house, ports)


def check_queue(house, ports):
    shut = f"127.0.4.1:{ports[2]}"
    got = destinations(house, "--troubled").get(shut, {})
    ok = report(got.get("state") == "backing off" and "refused" in got.get("reply", ""), "one that refuses is left alone", str(got))
    words = house.run("queue", "destinations", "--troubled").stdout
    ok &= report(bool(re.search(rf"{re.escape(shut)} +backing off +4 +0 .* in \d+ (s|min) .*refused", words)), "and that is told in words", words)
    # Accepted meanwhile: not tried at all.
    send(house, ["shut1.example"], 1, "later")
    items = [json.loads(line) for line in house.run("queue", "list", "--json", "--to", "shut1.example").stdout.splitlines()]
    ok &= report(len(items) == 5 and sum(one["attempts"] for one in items) == 1 and all("refused" in one["reply"] for one in items),
                 "one attempt tells for all that wait", str(items))
    # Its server is there now, and a person wants it tried.
    world = World(ports[2])
    one = next(one["item"] for one in items if one["attempts"] == 0)
    ok &= report(bool(re.search(r"next try +in \d+", house.run("queue", "show", one).stdout)), "queue show tells the next try in words")
    house.run("queue", "retry", one)
    ok &= report(until(lambda: world.count("shut1.example") == 1, 5), "queue retry does not wait for the pause")
    ok &= report(until(lambda: shut not in destinations(house, "--troubled"), 5), "one that answers again is well")
    world.server.shutdown()
    return ok


def main():
    ports = free_ports(3)
    world = World(ports[0])
    held = [hang(f"127.0.3.{i}", ports[1]) for i in range(1, SICK + 1)]
    routes = {name: f"127.0.1.{i}:{ports[0]}" for i, name in enumerate(domains("well", HEALTHY), 1)}
    routes |= {name: f"127.0.2.{i}:{ports[0]}" for i, name in enumerate(domains("slow", SICK), 1)}
    routes |= {name: f"127.0.3.{i}:{ports[1]}" for i, name in enumerate(domains("dead", SICK), 1)}
    routes |= {"shut1.example": f"127.0.4.1:{ports[2]}"}
    house = House(program("LETTERLOCK"), ports[0]).ready_made()
    try:
        house.set(r"retry_first: 50 ms", "retry_first: 5 min")
        house.set(r"retry_max: 500 ms", "retry_max: 4 h")
        house.set(r"# routes: .*", "routes:\n" + "\n".join(f"    {name}: {hop}" for name, hop in routes.items()))
        house.set(r"# threads: .*", f"threads: {WORKERS}")
        policy = house.conf.parent / "policy.yaml"
        policy.write_text("version: 1\ndomains: [own.example]\ndefault: clear\n")
        if not house.start():
            print(house.said()[-3000:])
            return 1
        return 0 if check(house, world, ports) else 1
    finally:
        house.clear_away()
        del held


if __name__ == "__main__":
    sys.exit(main())
