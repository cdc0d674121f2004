#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each role under load: 2 000 messages over 8 connections.

A client that gets no 250 sends again, as RFC 5321 4.5.4 wants it. At four
points of the load gateway, portal, keeper and supervisor are killed in turn;
the supervisor brings the first three back, the service manager (this program)
the last. Nothing that got 250 may be lost, and the store must be whole.
"""
import os
import queue
import signal
import threading
import time

from house import Client, House, Refused, Sink, letter, program, report, until

MESSAGES = 2000
CONNECTIONS = 8
VICTIMS = ("gateway", "portal", "keeper", "supervisor")


def with_attachment(n):
    head, _, text = letter(f"load{n}", "x" * 70 + "\r\n" * (n % 50)).partition(b"Content-Type:")
    return head + (b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type:' + text +
                   b"\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment;"
                   b' filename="a.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgc=\r\n--b--\r\n')


class Load:
    """Eight clients that do not give up."""

    def __init__(self, house):
        self.house = house
        self.todo = queue.Queue()
        self.lock = threading.Lock()
        self.promised, self.retries = {}, 0
        for n in range(MESSAGES):
            self.todo.put((n, (f"p{n}@out.example",) if n % 2 else (f"q{n}@own.example", f"p{n}@out.example")))
        self.threads = [threading.Thread(target=self.client, daemon=True) for _ in range(CONNECTIONS)]

    def client(self):
        connection = None
        while True:
            try:
                n, to = self.todo.get_nowait()
            except queue.Empty:
                return
            try:
                connection = connection or Client(self.house.smtp, 20)
                connection.send("anna@own.example", to, with_attachment(n))
                with self.lock:
                    self.promised[n] = to
                continue
            except (Refused, OSError):
                pass
            with self.lock:
                self.retries += 1
            self.todo.put((n, to))
            if connection:
                connection.close()
                connection = None
            time.sleep(0.02)

    def start(self):
        for t in self.threads:
            t.start()

    def wait_for(self, n):
        return until(lambda: len(self.promised) >= n, 60, 0.005)


def strike(house, victim):
    """Kill it, and see it back. Returns why not."""
    if victim == "supervisor":
        os.kill(house.server.pid, signal.SIGKILL)
        house.server.wait()
        for _ in range(40):
            if house.start():
                return ""
            time.sleep(0.25)
        return house.said()[-300:]
    old = house.role(victim)
    os.kill(old, signal.SIGKILL)
    return "" if until(lambda: house.role(victim) != old) else house.said()[-300:]


def grants_are_whole(house):
    """How many protected recipients lack a grant, or its parcel one of its
    two parts: the text and the attachment."""
    return house.query(
        "SELECT count(*) FROM recipient r LEFT JOIN grants g ON g.id = r.grant_id AND g.state = 0"
        " AND length(g.wrapped) = 64 AND length(g.wck) = 48 WHERE r.address LIKE 'p%' AND"
        " (g.id IS NULL OR (SELECT count(DISTINCT part) FROM part WHERE parcel = g.parcel) <> 2)")[0][0]


def judge(house, sink, load):
    everyone = [r for to in load.promised.values() for r in to]
    lost = [r for r in everyone if sink.count(r) == 0]
    extra = sum(sink.count(r) - 1 for r in everyone if sink.count(r) > 1)
    protected = house.query("SELECT count(*) FROM recipient WHERE address LIKE 'p%'")[0][0]
    bad = grants_are_whole(house)
    print(f"table {len(load.promised)} messages got 250, {load.retries} tries again, {len(everyone)} recipients, "
          f"{len(lost)} lost, {extra} copies more than one, {protected} grants, {bad} of them not whole")
    report(len(load.promised) == MESSAGES, "kill: every message got 250 in the end", str(len(load.promised)))
    report(not lost, "kill: nothing with 250 is lost", str(lost[:5]))
    report(protected >= MESSAGES and not bad, "kill: every protected message has its grant and parts", str(bad))
    doctor = house.run("doctor")
    report(doctor.returncode == 0 and "audit record is whole     ok" in doctor.stdout,
           "kill: doctor finds nothing, the audit chain verifies", doctor.stdout)
    report(house.query("PRAGMA integrity_check") == [("ok",)], "kill: integrity_check")


def main():
    sink = Sink()
    house = House(program("LETTERLOCK"), sink.port).ready_made()
    try:
        assert house.start(), house.said()
        load = Load(house)
        load.start()
        for i, victim in enumerate(VICTIMS):
            load.wait_for((i + 1) * MESSAGES // 6)
            why = strike(house, victim)
            report(not why, f"kill -9 {victim}: it comes back", why)
        load.wait_for(MESSAGES)
        report(house.drained(60), "kill: the queue drains", f"{house.waiting()} wait")
        judge(house, sink, load)
    finally:
        house.clear_away()
        sink.close()


if __name__ == "__main__":
    main()
