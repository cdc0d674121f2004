# SPDX-License-Identifier: Apache-2.0
"""The cases of verified transport: what a domain publishes and does, and what
must become of mail to it.

free     what becomes of mail that nothing is demanded for
transit  and of mail for which transit is demanded, by whatever way

dane, sts, webpki, partner: delivered to a server that has proven itself so;
opportunistic: encrypted, to whoever answers; clear; waits: tried again, as
the domain says itself that it must not be delivered so; portal: sealed, or
held where the policy allows no portal; bounced.
"""
from dataclasses import dataclass, replace

from lab import IPV6_AT, has_ipv6
from servers import BAD_TLSA, STS_AT, Policy


@dataclass
class Host:
    kind: str               # of servers.py, or dead
    tlsa: tuple = ()        # "3 1 1", "wrong", ...
    zone: str = ""          # other than the case's
    name: str = ""          # other than mx.CASE, for mx.CASE being an alias of it
    tlsa_alias: bool = False    # the TLSA records stand elsewhere, a CNAME leads there
    only_ipv6: bool = False

    def has_dane(self):
        """A record that can be gone by; a wrong one can."""
        return any(what == "wrong" or what not in BAD_TLSA and what[0] in "23" for what in self.tlsa)


@dataclass
class Case:
    name: str
    hosts: list
    free: str
    transit: str
    zone: str = "signed"
    sts: Policy = None
    broken: tuple = ()      # kinds of record whose signature is broken
    mx: str = ""            # secure, insecure, bogus, none-secure ...: what delv says; by zone if empty
    why: str = ""           # a word of the reason, where transit is not proven
    no_mx: bool = False     # the domain is its own host
    null_mx: bool = False
    absent: bool = False    # there is no such domain
    sts_records: tuple = ("v=STSv1; id=1;",)
    sts_at: str = "own"     # which policy host, of servers.py
    finger: str = ""        # what posttls-finger sees, where it is not as strict
    written: str = ""       # the domain, as those write it who write to it
    alias_of: str = ""      # the domain is an alias of this one
    partner: dict = None    # what was agreed; "own" is the first host's name, keys are kinds of server

    @property
    def domain(self):
        return f"{self.name}.{self.zone}.example"

    def address(self, who):
        return f"{who}@{self.written or self.domain}"

    def host_name(self, i):
        host = self.hosts[i]
        if self.no_mx:
            return self.domain
        return f"mx{i + 1}-{self.name}.{host.zone or self.zone}.example"

    def base_name(self, i):
        """Where the address is, at the end of the alias."""
        return f"{self.hosts[i].name}-{self.name}.{self.hosts[i].zone or self.zone}.example" if self.hosts[i].name else self.host_name(i)


def one(kind, *tlsa, **more):
    return [Host(kind, tlsa, **more)]


def enforce(*mx, mode="enforce", **more):
    return Policy(mode, list(mx), **more)


OWN_HOST = "mx1-*"      # becomes the name of the case's first host

DANE = [
    Case("ee-key", one("selfsigned", "3 1 1"), "dane", "dane"),
    Case("ee-certificate", one("selfsigned", "3 0 1"), "dane", "dane"),
    Case("ee-sha512", one("selfsigned", "3 1 2"), "dane", "dane"),
    Case("ee-full", one("selfsigned", "3 1 0"), "dane", "dane"),
    Case("ee-expired", one("expired", "3 1 1"), "dane", "dane"),       # RFC 7672 3.1.1
    Case("ee-othername", one("othername", "3 1 1"), "dane", "dane"),
    Case("ee-tls12", one("tls12", "3 1 1"), "dane", "dane"),
    Case("ta-key", one("good", "2 1 1"), "dane", "dane"),
    Case("ta-certificate", one("good", "2 0 1"), "dane", "dane"),
    Case("ta-between", one("chained", "2 1 1"), "dane", "dane"),
    Case("ta-not-sent", one("bare", "2 0 0"), "dane", "dane"),         # the record itself has the authority's certificate
    Case("ta-unknown", one("bare", "2 1 1"), "waits", "portal"),
    Case("ta-othername", one("othername", "2 1 1"), "waits", "portal", why="name"),
    Case("ta-expired", one("expired", "2 1 1"), "waits", "portal", why="expired"),
    Case("ta-otherca", one("otherca", "2 1 1"), "waits", "portal"),
    Case("wrong", one("good", "wrong"), "waits", "portal", why="TLSA"),
    Case("rollover", one("selfsigned", "wrong", "3 1 1"), "dane", "dane"),
    Case("unusable", one("good", "1 1 1", "0 1 1"), "opportunistic", "portal"),    # encrypted all the same, RFC 7672 2.2
    Case("unusable-short", one("good", "short"), "opportunistic", "portal"),
    Case("unusable-kind", one("good", "unknown"), "opportunistic", "portal"),
    Case("unusable-clear", one("clear", "1 1 1"), "waits", "portal"),
    Case("unusable-one", one("selfsigned", "1 1 1", "3 1 1"), "dane", "dane"),
    Case("no-tlsa", one("good"), "opportunistic", "portal"),
    Case("no-tlsa-clear", one("clear"), "clear", "portal"),
    Case("stripped", one("clear", "3 1 1"), "waits", "portal", why="does not offer TLS"),
    Case("refuses", one("refuses", "3 1 1"), "waits", "portal"),
    Case("fails", one("fails", "3 1 1"), "waits", "portal"),
    Case("injects", one("injects", "3 1 1"), "waits", "portal", finger="dane"),
    Case("tls10", one("tls10", "3 1 1"), "waits", "portal"),
    Case("by-sni", one("by_sni", "2 1 1"), "dane", "dane"),
    Case("requiretls", one("requiretls", "3 1 1"), "dane", "dane"),
    Case("bogus-tlsa", one("selfsigned", "3 1 1"), "waits", "portal", broken=("TLSA",)),
    Case("bogus-address", one("selfsigned", "3 1 1"), "waits", "portal", broken=("A",)),
    Case("bogus-mx", one("selfsigned", "3 1 1"), "waits", "portal", broken=("MX",), mx="bogus"),
    Case("bogus-zone", one("selfsigned", "3 1 1"), "waits", "portal", zone="bogus"),
    Case("second-proves", [Host("good", ("wrong",)), Host("selfsigned", ("3 1 1",))], "dane", "dane"),
    Case("first-is-dead", [Host("dead", ("wrong",)), Host("selfsigned", ("3 1 1",))], "dane", "dane"),
    Case("second-is-weak", [Host("dead", ("wrong",)), Host("good")], "opportunistic", "portal"),
    Case("tlsa-alias", one("selfsigned", "3 1 1", tlsa_alias=True), "dane", "dane"),
    Case("host-alias", one("selfsigned", "3 1 1", name="real"), "dane", "dane"),       # RFC 7672 2.2.2
    Case("capitals", one("selfsigned", "3 1 1"), "dane", "dane", written="CapiTals.SIGNED.Example"),
    Case("domain-alias", [], "dane", "dane", alias_of="ee-key.signed.example"),
    Case("plain-alias", [], "opportunistic", "portal", zone="plain", alias_of="ee-key.signed.example"),
    Case("plain-host", one("selfsigned", "3 1 1", zone="plain"), "opportunistic", "portal"),
    Case("plain-mx", one("selfsigned", "3 1 1", zone="signed"), "opportunistic", "portal", zone="plain"),
    Case("no-mx", one("selfsigned", "3 1 1"), "dane", "dane", no_mx=True, mx="none-secure"),
    Case("null-mx", [], "bounced", "bounced", null_mx=True),
    Case("absent", [], "bounced", "bounced", absent=True, mx="none-secure"),
]
if has_ipv6():
    DANE.append(Case("ipv6", one("selfsigned", "3 1 1", only_ipv6=True), "dane", "dane"))

PLAIN = [replace(case, zone="plain") for case in (
    Case("trusted", one("good"), "opportunistic", "portal"),
    Case("untrusted", one("selfsigned"), "opportunistic", "portal"),
    Case("expired", one("expired"), "opportunistic", "portal"),
    Case("in-clear", one("clear"), "clear", "portal"),
    Case("no-handshake", one("fails"), "clear", "portal"),
    Case("no-starttls", one("refuses"), "clear", "portal"),
    Case("old-tls", one("tls10"), "clear", "portal"),
    Case("requiretls-plain", one("requiretls"), "opportunistic", "portal"),
)]

STS = [replace(case, zone=case.zone if case.name.startswith("sts-signed") or case.name.startswith("sts-dane") else "plain") for case in (
    Case("sts", one("good"), "sts", "sts", sts=enforce(OWN_HOST)),
    Case("sts-wildcard", one("good"), "sts", "sts", sts=enforce("*.plain.example")),
    Case("sts-chained", one("chained"), "sts", "sts", sts=enforce(OWN_HOST)),
    Case("sts-by-sni", one("by_sni"), "sts", "sts", sts=enforce(OWN_HOST)),
    Case("sts-signed", one("good"), "sts", "sts", sts=enforce(OWN_HOST)),
    Case("sts-othername", one("othername"), "waits", "portal", sts=enforce(OWN_HOST), why="name"),
    Case("sts-expired", one("expired"), "waits", "portal", sts=enforce(OWN_HOST), why="expired"),
    Case("sts-selfsigned", one("selfsigned"), "waits", "portal", sts=enforce(OWN_HOST)),
    Case("sts-otherca", one("otherca"), "waits", "portal", sts=enforce(OWN_HOST)),
    Case("sts-clear", one("clear"), "waits", "portal", sts=enforce(OWN_HOST), why="does not offer TLS"),
    Case("sts-tls10", one("tls10"), "waits", "portal", sts=enforce(OWN_HOST)),
    Case("sts-fails", one("fails"), "waits", "portal", sts=enforce(OWN_HOST)),
    Case("sts-injects", one("injects"), "waits", "portal", sts=enforce(OWN_HOST), finger="sts"),
    Case("sts-mismatch", one("good"), "waits", "portal", sts=enforce("mx.elsewhere.example"), why="not proven"),
    Case("sts-wild-deep", one("good"), "waits", "portal", sts=enforce("*.example"), why="not proven"),     # one label only
    Case("sts-second", [Host("good"), Host("good", zone="signed")], "sts", "sts", sts=enforce("*.signed.example")),
    Case("sts-testing", one("good"), "opportunistic", "portal", sts=enforce(OWN_HOST, mode="testing")),
    Case("sts-testing-bad", one("selfsigned"), "opportunistic", "portal", sts=enforce("mx.elsewhere.example", mode="testing")),
    Case("sts-none", one("good"), "opportunistic", "portal", sts=enforce(mode="none")),
    Case("sts-gone", one("good"), "opportunistic", "portal", sts=enforce(OWN_HOST, status=404)),
    Case("sts-moved", one("good"), "opportunistic", "portal",
         sts=enforce(OWN_HOST, status=301, location="https://mta-sts.sts.plain.example/.well-known/mta-sts.txt")),
    Case("sts-stranger", one("good"), "opportunistic", "portal", sts=enforce(OWN_HOST), sts_at="stranger"),
    Case("sts-private", one("good"), "opportunistic", "portal", sts=enforce(OWN_HOST), sts_at="private", finger="sts"),
    Case("sts-torn", one("good"), "opportunistic", "portal", sts=enforce(body="version: STSv1\r\nmode: enf")),
    Case("sts-two-records", one("good"), "opportunistic", "portal", sts=enforce(OWN_HOST), sts_records=("v=STSv1; id=1;", "v=STSv1; id=2;")),
    Case("sts-no-record", one("good"), "opportunistic", "portal", sts=enforce(OWN_HOST), sts_records=()),
    Case("sts-dane-unusable", one("good", "1 1 1"), "sts", "sts", sts=enforce(OWN_HOST)),
    Case("sts-capitals", one("good"), "sts", "sts", sts=enforce(OWN_HOST), written="Sts-Capitals.plain.EXAMPLE"),
    Case("sts-dane", one("selfsigned", "3 1 1"), "dane", "dane", sts=enforce(OWN_HOST)),
    Case("sts-dane-wrong", one("good", "wrong"), "waits", "portal", sts=enforce(OWN_HOST), why="TLSA"),     # DANE comes first, RFC 8461 2
)]

STRANGER = "stranger.pem"
PARTNERS = [
    Case("agreed-names", one("good"), "opportunistic", "partner", zone="plain", partner={"verify": "names", "names": ["own"]}),
    Case("agreed-pattern", one("good"), "opportunistic", "partner", zone="plain", partner={"verify": "names", "names": [".plain.example"]}),
    Case("agreed-other-names", one("good"), "opportunistic", "portal", zone="plain", partner={"verify": "names", "names": ["mx.elsewhere.example"]}, why="name"),
    Case("agreed-names-expired", one("expired"), "opportunistic", "portal", zone="plain", partner={"verify": "names", "names": ["own"]}, why="expired"),
    Case("agreed-authority", one("otherca"), "opportunistic", "partner", zone="plain",
         partner={"verify": "authority", "names": ["own"], "authority": STRANGER}),
    Case("agreed-only-authority", one("good"), "opportunistic", "portal", zone="plain",
         partner={"verify": "authority", "names": ["own"], "authority": STRANGER}),
    Case("agreed-key", one("selfsigned"), "opportunistic", "partner", zone="plain", partner={"verify": "keys", "keys": ["selfsigned"]}),
    Case("agreed-keys", one("otherca"), "opportunistic", "partner", zone="plain", partner={"verify": "keys", "keys": ["good", "otherca"]}),
    Case("agreed-other-key", one("selfsigned"), "opportunistic", "portal", zone="plain", partner={"verify": "keys", "keys": ["good"]}, why="key"),
    Case("agreed-capitals", one("selfsigned"), "opportunistic", "portal", zone="plain", partner={"verify": "keys", "keys": ["good"]},
         written="AGREED-CAPITALS.Plain.Example"),
    Case("agreed-clear", one("clear"), "clear", "portal", zone="plain", partner={"verify": "keys", "keys": ["good"]}, why="does not offer TLS"),
    Case("agreed-not-dane", one("good", "wrong"), "waits", "partner", partner={"verify": "keys", "keys": ["good"]}),
    Case("agreed-stronger", one("selfsigned", "3 1 1"), "dane", "portal", partner={"verify": "keys", "keys": ["good"]}),
    Case("agreed-version", one("good"), "opportunistic", "partner", zone="plain", partner={"verify": "names", "names": ["own"], "version": "1.3"}),
    Case("agreed-old", one("tls12"), "opportunistic", "portal", zone="plain", partner={"verify": "names", "names": ["own"], "version": "1.3"}),
    Case("agreed-for-all", one("good"), "partner", "partner", zone="plain", partner={"verify": "names", "names": ["own"], "required": True}),
    Case("agreed-for-all-wrong", one("selfsigned"), "waits", "portal", zone="plain",
         partner={"verify": "keys", "keys": ["good"], "required": True}, why="key"),
    Case("agreed-for-all-clear", one("clear"), "waits", "portal", zone="plain",
         partner={"verify": "keys", "keys": ["good"], "required": True}, why="does not offer TLS"),
    Case("agreed-required", one("good"), "waits", "portal", zone="plain", partner={"verify": "usual", "required": True}),
    Case("agreed-usual", one("selfsigned", "3 1 1"), "dane", "dane", partner={"verify": "usual", "required": True}),
    Case("agreed-past", one("good"), "opportunistic", "portal", zone="plain",
         partner={"verify": "names", "names": ["own"], "valid_until": "2020-01-31"}),
    Case("agreed-ahead", one("good"), "opportunistic", "portal", zone="plain",
         partner={"verify": "names", "names": ["own"], "valid_from": "2090-01-31"}),
]

ALL = DANE + PLAIN + STS + PARTNERS

# Domains with which more happens, told in stories.py.
BREAKS = Case("breaks", one("breaks"), "opportunistic", "partner", zone="plain", partner={"verify": "keys", "keys": ["breaks"]})
LOST = Case("sts-lost", one("good"), "sts", "sts", zone="plain", sts=enforce(OWN_HOST))
ROLLED = Case("sts-rolled", [Host("good"), Host("good", zone="signed")], "sts", "sts", zone="plain", sts=enforce(OWN_HOST))
WITHDRAWN = Case("sts-withdrawn", one("good"), "sts", "sts", zone="plain", sts=enforce(OWN_HOST))
STORIES = [BREAKS, LOST, ROLLED, WITHDRAWN]


def certificate_names():
    """Kind of server → the names its certificate needs."""
    names = {}
    for case in ALL + STORIES:
        for i, host in enumerate(case.hosts):
            names.setdefault(host.kind, []).extend(dict.fromkeys([case.host_name(i), case.base_name(i)]))
    return names


def policy_hosts():
    return [f"mta-sts.{case.domain}" for case in ALL + STORIES if case.sts and case.sts_at != "stranger"]


def settle():
    """Policies name hosts, which have names only now."""
    for case in ALL + STORIES:
        if case.sts:
            case.sts.mx = [case.host_name(0) if mx == OWN_HOST else mx for mx in case.sts.mx]


def publish_host(case, i, zones, servers):
    host, name, base = case.hosts[i], case.host_name(i), case.base_name(i)
    if not case.no_mx:
        zones.add(case.domain, "MX", f"{10 * (i + 1)} {name}.")
    if base != name:
        zones.add(name, "CNAME", base + ".")
    if host.only_ipv6:
        zones.add(base, "AAAA", IPV6_AT)
    else:
        zones.add(base, "A", servers.at[host.kind])
    at = "_25._tcp." + base
    if host.tlsa_alias:
        zones.add(at, "CNAME", f"_tlsa.{base}.")
        at = "_tlsa." + base
    for what in host.tlsa:
        zones.add(at, "TLSA", servers.tlsa(host.kind if host.kind != "dead" else "good", what))
    for kind, owner in (("A", base), ("TLSA", at), ("MX", case.domain)):
        if kind in case.broken:
            zones.broken.add((owner, kind))


def agreements(servers):
    """`partners:` of the policy, in YAML, which JSON is."""
    found = []
    for case in ALL + STORIES:
        if case.partner:
            tls = dict(case.partner)
            if "names" in tls:
                tls["names"] = [case.host_name(0) if name == "own" else name for name in tls["names"]]
            if "keys" in tls:
                tls["keys"] = [servers.key(kind) for kind in tls["keys"]]
            found.append({"domains": [case.domain], "tls": tls})
    return found


def publish(zones, servers):
    """All of it in the zones."""
    for case in ALL + STORIES:
        for i in range(len(case.hosts)):
            publish_host(case, i, zones, servers)
        if case.alias_of:
            zones.add(case.domain, "CNAME", case.alias_of + ".")
        if case.null_mx:
            zones.add(case.domain, "MX", "0 .")
        if case.sts:
            zones.add("mta-sts." + case.domain, "A", STS_AT[case.sts_at])
            for record in case.sts_records:
                zones.add("_mta-sts." + case.domain, "TXT", f'"{record}"', ttl=1)
