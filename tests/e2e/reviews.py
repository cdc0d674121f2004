#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Somebody decides before mail goes out: moderators, reviewers, the sender; by
the links of real mails, in Chromium (review.mjs). LETTERLOCK_SHOTS=DIR keeps
pictures of every state."""
import email
import email.policy
import http.client
import json
import os
import pathlib
import re
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time

from rig import Rig, body_text, limit, report, until

HERE = pathlib.Path(__file__).resolve().parent
SENDER, BOSS, LEGAL, DATA, LONER = (f"{who}@tannwald.example" for who in ("i.wald", "boss", "legal", "data", "loner"))
ANNA, BERT, CARL = "anna@world.example", "bert@world.example", "carl@world.example"
PEOPLE = f"address,name,manager\n{SENDER},Ida Wald,{BOSS}\n{LONER},Lone,\n"
LINK = re.compile(r"https://[^\s/]+/r/([0-9a-z]{26})#([A-Za-z0-9_-]{43})")
CARD = "Credit card number 4111 1111 1111 1111, expires 12/27"
EXPIRES_S = 70
RULES = f"""
  - name: Offers are read by the boss
    when: {{subject_contains_words: offer, sent_to_scope: outside, recipient_is: [{ANNA}, {BERT}]}}
    then: {{moderate_by: manager, severity: high}}
  - name: Contracts go past legal
    when: {{subject_contains_words: contract, sent_to_scope: outside}}
    then: {{moderate_by: [{LEGAL}, {DATA}]}}
  - name: Cards are looked at
    when: {{sensitive_information: {{type: Credit Card Number, confidence: high}}}}
    then: {{quarantine: {{reviewers: {DATA}}}, severity: medium}}
  - name: Say why
    when: {{subject_contains_words: why}}
    then: {{notify_sender: reject_unless_explicit_override}}
  - name: Just say so
    when: {{subject_contains_words: really}}
    then: {{notify_sender: reject_unless_silent_override}}
  - name: Perhaps wrong
    when: {{subject_contains_words: maybe}}
    then: {{notify_sender: reject_unless_false_positive}}
  - name: Plainly
    when: {{recipient_is: {BERT}}}
    then: clear
"""


class Browser:
    """review.mjs, one thing to do at a time."""

    def __init__(self):
        self.process = subprocess.Popen(["node", str(HERE / "review.mjs")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def do(self, name, **job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        result = json.loads(self.process.stdout.readline())
        if "skipped" in result:
            print(f"skipped: {result['skipped']}")
            sys.exit(77)
        troubles = result["problems"] + result["complaints"]
        report(not troubles, f"reviews: {name}", " | ".join(troubles))
        return result

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)


def send(rig, subject, to, body="x", sender=SENDER):
    mail = (f"From: Ida Wald <{sender}>\r\nTo: {to[0]}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject.replace(' ', '.')}@tannwald.example>\r\n\r\n{body}\r\n")
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as smtp:
        smtp.sendmail(sender, to, mail)


def rows(rig, *words):
    return [json.loads(line) for line in rig.house.run("review", *words, "--json").stdout.splitlines() if line.startswith("{")]


def newest(rig, to, count):
    """The link of the count-th mail for somebody."""
    mail = rig.arrived(to, count)[count - 1]
    return LINK.search(body_text(mail)).group(0), mail


def ask(rig, path, body=None, method=None, **headers):
    """(status, JSON or None) of the portal."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("localhost", rig.house.portal, context=context, timeout=20)
    data = None if body is None else json.dumps(body)
    send_headers = {} if body is None else {"Content-Type": "application/json", "X-Letterlock": "1"}
    connection.request(method or ("GET" if body is None else "POST"), path, data, {**send_headers, **headers})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text and "json" in answer.getheader("Content-Type", "") else None


def parts_of(link):
    return LINK.search(link).groups()


def item_states(rig, subject):
    """{recipient: state} of the message's items, mails of ours not among them."""
    return dict(rig.house.query(
        "SELECT i.recipient, i.state FROM message m JOIN recipient r ON r.message = m.id JOIN item i ON i.id = r.item "
        f"WHERE m.message_id = '<{subject.replace(' ', '.')}@tannwald.example>'"))


def nothing_came(rig, address, count, why):
    time.sleep(1.5)
    report(len(rig.sink.files(address)) == count, f"reviews: {why}", str(len(rig.sink.files(address))))


HELD, DELIVERED, CANCELLED = 1, 2, 4


def moderated(rig, browser):
    """The manager agrees: it goes. Others of the same message never waited."""
    send(rig, "first offer", [ANNA, BERT, CARL])
    link, mail = newest(rig, BOSS, 1)
    rig.arrived(CARL, 1)
    nothing_came(rig, ANNA, 0, "a recipient the rule is not about gets the message at once, the others nothing")
    whole = mail.decode() + body_text(mail) + body_text(mail, "html")
    report("first offer" not in whole and "Offers are read by the boss" in body_text(mail) and
           email.message_from_bytes(mail)["Auto-Submitted"] == "auto-generated", "reviews: the moderator's mail has the rule, not the subject")
    scan_links(rig, link)
    shown = browser.do("the link shows what waits", do="open", link=link, title="May this message be sent?", look="moderation")
    report(all(word in shown["text"] for word in ("Ida Wald", ANNA, BERT, "Offers are read by the boss", "high", "Tannwald") if word !=
               "Tannwald") and CARL not in shown["text"], "reviews: who, to whom, which rule, and nobody it is not about", shown["text"])
    report(all(parts_of(link)[1] not in one["url"].split("#")[0] for one in shown["asked"]) and
           [one["method"] for one in shown["asked"] if "/api/" in one["url"]] == ["POST"], "reviews: the token is in no address",
           str(shown["asked"]))
    browser.do("the keyboard alone decides", do="keys", button="Send it", title="The message is sent", look="moderation-sent")
    report(len(rig.arrived(ANNA, 1)) == 1 and b"first offer" in rig.arrived(BERT, 1)[0], "reviews: approved, it arrives")
    shown = browser.do("the link shows it decided", do="open", link=link, title="The message is sent")
    report("Decided by you" in shown["text"], "reviews: who decided is said", shown["text"])
    review, token = parts_of(link)
    status, facts = ask(rig, f"/api/v1/reviews/{review}/decision", {"token": token, "decision": "refuse"})
    report(status == 200 and facts["state"] == "approved", "reviews: a second decision changes nothing", str(facts))
    nothing_came(rig, ANNA, 1, "it went once")


def scan_links(rig, link):
    """What link scanners do: GET and HEAD, with and without the token."""
    review, token = parts_of(link)
    before = rig.house.query("SELECT count(*) FROM audit")
    answers = [ask(rig, path, method=method)[0] for method in ("GET", "HEAD") for path in
               (f"/r/{review}", f"/r/{review}?token={token}", f"/api/v1/reviews/{review}", f"/api/v1/reviews/{review}/decision")]
    forged, _ = ask(rig, f"/api/v1/reviews/{review}/decision", {"token": token, "decision": "send"}, Origin="https://elsewhere.example")
    plain, _ = ask(rig, f"/api/v1/reviews/{review}", {"token": token}, **{"X-Letterlock": "0"})
    report(answers[0] == answers[4] == 200 and set(answers[2:4] + answers[6:]) == {405} and forged == plain == 403 and
           rows(rig, "show", review)[0]["state"] == "open" and rig.house.query("SELECT count(*) FROM audit") == before,
           "reviews: scanners and other sites' forms burn nothing", f"{answers} {forged} {plain}")


def wrong_tokens(rig, browser):
    send(rig, "second offer", [ANNA])
    link, _ = newest(rig, BOSS, 2)
    review, token = parts_of(link)
    other = review[:-1] + ("0" if review[-1] != "0" else "1")
    flipped = ("A" if token[0] != "A" else "B") + token[1:]
    late = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    answers = [ask(rig, f"/api/v1/reviews/{path}", {"token": word}) for path, word in
               ((review, flipped), (review, late), (other, token), (review, ""), (review, token[:-1]), ("x", token), (other, flipped))]
    report(all(one == answers[0] and one[0] == 404 for one in answers), "reviews: a wrong token is answered as an unknown review",
           str(answers))
    bad = [ask(rig, f"/api/v1/reviews/{review}/decision", body)[0] for body in
           ({"token": token}, {"token": token, "decision": "perhaps"}, {"token": token, "decision": "send", "more": "x"},
            {"token": token, "decision": "send", "reason": ["x"]}, [])]
    report(bad == [400] * 5, "reviews: what is no decision is none", str(bad))
    browser.do("a wrong link says so", do="open", link=link.replace(token, flipped), title="This link does not work", look="wrong-link")
    browser.do("a cut link too", do="open", link=link.split("#")[0], title="This link does not work")
    return link


def refused(rig, browser, link):
    """The manager refuses: the sender reads why, nobody gets anything."""
    came = len(rig.sink.files(ANNA))
    browser.do("a refusal with words", do="open", link=link, title="May this message be sent?")
    browser.do("it is refused", do="press", button="Do not send it", reason="Bitte erst [Preise] {prüfen} – danke",
               title="The message is not sent", look="refused")
    told = rig.arrived(SENDER, 1)[0]
    text = body_text(told)
    report("Bitte erst [Preise] {prüfen} – danke" in text and BOSS in text and ANNA in text and
           email.message_from_bytes(told)["In-Reply-To"] == "<second.offer@tannwald.example>",
           "reviews: the sender is told, in the moderator's words", text)
    nothing_came(rig, ANNA, came, "refused, nothing arrives")
    grants = rig.house.query("SELECT g.state, hex(g.wck) FROM grants g JOIN message m ON m.id = g.message "
                             "WHERE m.message_id = '<second.offer@tannwald.example>'")
    report(item_states(rig, "second offer") == {ANNA: CANCELLED} and [state for state, _ in grants] == [1] and
           set(grants[0][1]) == {"0"}, "reviews: what was refused is erased", str(grants))


def two_people(rig, browser):
    """Of two who are asked the first decides; each has a link of their own."""
    send(rig, "a contract", [ANNA])
    came = len(rig.sink.files(ANNA))
    one, two = newest(rig, LEGAL, 1)[0], newest(rig, DATA, 1)[0]
    report(parts_of(one)[0] == parts_of(two)[0] and parts_of(one)[1] != parts_of(two)[1], "reviews: one review, a link for each")
    browser.do("the first opens it", do="open", link=one, title="May this message be sent?")
    review, token = parts_of(two)
    status, facts = ask(rig, f"/api/v1/reviews/{review}/decision", {"token": token, "decision": "send"})
    report(status == 200 and facts["state"] == "approved" and facts["decided_by"] == DATA, "reviews: the second decides first", str(facts))
    shown = browser.do("the first comes too late and is told", do="press", button="Do not send it", title="The message is sent")
    report(f"Decided by {DATA}" in shown["text"], "reviews: by whom it was decided", shown["text"])
    rig.arrived(ANNA, came + 1)


def two_rules(rig, browser):
    """Two rules want a decision: both must agree."""
    send(rig, "contract with card", [ANNA], CARD)
    came = len(rig.sink.files(ANNA))
    contract, cards = newest(rig, LEGAL, 2)[0], None
    mails = [body_text(raw) for raw in rig.arrived(DATA, 3)[1:3]]
    cards = next(LINK.search(text).group(0) for text in mails if "Cards are looked at" in text)
    shown = browser.do("a quarantine shows what was found, masked", do="open", link=cards, title="A message is held back", look="quarantine")
    report("Credit Card Number" in shown["text"] and "1111" in shown["text"] and "4111 1111" not in shown["text"],
           "reviews: what was found is masked", shown["text"])
    browser.do("one agrees, another has to", do="press", button="Send it", title="Approved, but not sent yet")
    nothing_came(rig, ANNA, came, "one of two is not enough")
    browser.do("the other agrees", do="open", link=contract, title="May this message be sent?")
    browser.do("then it goes", do="press", button="Send it", title="The message is sent")
    rig.arrived(ANNA, came + 1)
    leaked = [path for path in (rig.house.folder / "house" / "state").rglob("*") if path.is_file() and
              b"4111 1111 1111" in path.read_bytes()]
    report(not leaked, "reviews: nothing of the card number is on the disk", str(leaked))


def overrides(rig, browser):
    told = len(rig.sink.files(SENDER))
    send(rig, "tell me why", [ANNA])
    came = len(rig.sink.files(ANNA))
    link, mail = newest(rig, SENDER, told + 1)
    report("tell me why" in body_text(mail), "reviews: the sender's own mail names his message")
    browser.do("the sender is asked for a reason", do="open", link=link, title="Your message has not been sent yet")
    browser.do("without one it stays", do="press", button="Send it all the same", reason="too short",
               title="Your message has not been sent yet", text="Please say why, in at least 10 characters.", look="override-no-reason")
    review, token = parts_of(link)
    answers = [ask(rig, f"/api/v1/reviews/{review}/decision", {"token": token, "decision": "send", "reason": reason})[0]
               for reason in ("", " " * 30, "x" * 1001)]
    report(answers == [400] * 3 and item_states(rig, "tell me why") == {ANNA: HELD}, "reviews: nor by another way", str(answers))
    browser.do("with one it goes", do="press", button="Send it all the same", reason="The customer asked for it in writing",
               title="The message is sent")
    rig.arrived(ANNA, came + 1)
    details = [json.loads(detail) for detail, in rig.house.query("SELECT detail FROM audit WHERE event = 'review.approved'")]
    mine = next(one for one in details if one["review"] == review)
    report(mine["justification"] == "The customer asked for it in writing" and mine["by"] == SENDER and mine["rule"] == "Say why" and
           mine["kind"] == "explicit_override", "reviews: the record has who, which rule and why", str(mine))
    for subject, title, button, kind in (("not really", "Your message has not been sent yet", "Send it all the same", "silent_override"),
                                         ("or maybe", "Your message has not been sent yet", "The rule is wrong: send it", "false_positive")):
        told, came = len(rig.sink.files(SENDER)), len(rig.sink.files(ANNA))
        send(rig, subject, [ANNA])
        link, _ = newest(rig, SENDER, told + 1)
        browser.do(f"{kind} is asked for", do="open", link=link, title=title)
        browser.do(f"{kind} takes a click", do="press", button=button, title="The message is sent")
        rig.arrived(ANNA, came + 1)
        report(rows(rig, "show", parts_of(link)[0])[0]["kind"] == kind, f"reviews: it is on record as {kind}")
    send(rig, "really from outside", [BOSS], sender=BERT)
    open_ones = until(lambda: [one for one in rows(rig, "list") if one["sender"] == BERT])
    report(open_ones and open_ones[0]["who"] == "the administrator", "reviews: no stranger overrides a rule", str(open_ones))


def by_hand(rig):
    """The administrator, on the command line."""
    send(rig, "lonely offer", [ANNA], sender=LONER)
    mine = until(lambda: [one for one in rows(rig, "list") if one["sender"] == LONER])
    report(mine[0]["who"] == "the administrator", "reviews: without a manager it is for the administrator", str(mine))
    came, told = len(rig.sink.files(ANNA)), len(rig.sink.files(LONER))
    run = rig.house.run
    item = next(one for one in (json.loads(line) for line in run("queue", "list", "--json").stdout.splitlines() if line.startswith("{"))
                if one["sender"] == LONER and one["state"] == "held")
    everything = run("queue", "release", "all")
    report("wait for somebody's decision" in everything.stdout and item_states(rig, "lonely offer") == {ANNA: HELD},
           "reviews: releasing all leaves what waits for a decision", everything.stdout)
    run("queue", "release", item["item"])
    rig.arrived(ANNA, came + 1)
    decided = rows(rig, "show", mine[0]["review"])[0]
    report(decided["state"] == "approved" and decided["decided_by"].startswith("administrator ("),
           "reviews: releasing it by name is a decision", str(decided))
    send(rig, "other offer", [ANNA], sender=LONER)
    mine = until(lambda: [one for one in rows(rig, "list") if one["sender"] == LONER])
    wrong = run("review", "refuse", mine[0]["review"], "--as", "nobody@tannwald.example")
    refused_ = run("review", "refuse", mine[0]["review"], "--reason", "Not like this")
    again = run("review", "approve", mine[0]["review"])
    report(wrong.returncode != 0 and refused_.returncode == 0 and again.returncode != 0 and "refused already" in again.stderr,
           "reviews: the command line decides once", f"{wrong.stderr} {refused_.stderr} {again.stderr}")
    report("Not like this" in body_text(rig.arrived(LONER, told + 1)[-1]), "reviews: and the sender is told")
    shown = run("review", "list", "--all").stdout
    report("explicit_override" in shown and "moderation" in shown, "reviews: all of them are listed", shown)


def expired(rig, browser, link, started):
    time.sleep(max(0, EXPIRES_S + 1 - (time.monotonic() - started)))
    told = until(lambda: [raw for raw in rig.sink.mails(SENDER) if "nobody decided in time" in " ".join(body_text(raw).split())], 20)
    report(bool(told), "reviews: nobody decides, and the sender is told")
    report(item_states(rig, "slow offer") == {BERT: CANCELLED}, "reviews: and it is not sent", str(item_states(rig, "slow offer")))
    browser.do("a late click is too late", do="open", link=link, title="It is too late to decide", look="expired")
    review, token = parts_of(link)
    status, facts = ask(rig, f"/api/v1/reviews/{review}/decision", {"token": token, "decision": "send"})
    report(status == 200 and facts["state"] == "expired" and item_states(rig, "slow offer") == {BERT: CANCELLED},
           "reviews: and stays so", str(facts))
    report(rig.house.query("SELECT count(*) FROM audit WHERE event = 'review.expired'")[0][0] >= 1, "reviews: that is on record")


def main():
    limit()
    people = tempfile.NamedTemporaryFile("w", suffix=".csv")
    people.write(PEOPLE)
    people.flush()
    os.chmod(people.name, 0o644)
    browser = Browser()
    try:
        with Rig([ANNA, BERT, CARL, SENDER, BOSS, LEGAL, DATA, LONER], sender=False,
                 settings=((r"# expires: .*", f"expires: {EXPIRES_S} s"),),
                 policy=(("version: 1\n", f"people: {people.name}\n"), ("rules:\n", RULES))) as rig:
            moderated(rig, browser)
            refused(rig, browser, wrong_tokens(rig, browser))
            started = time.monotonic()
            send(rig, "slow offer", [BERT])
            slow, _ = newest(rig, BOSS, 3)
            two_people(rig, browser)
            two_rules(rig, browser)
            overrides(rig, browser)
            by_hand(rig)
            expired(rig, browser, slow, started)
            report(rig.house.run("doctor").returncode in (0, 1) and " died role=" not in rig.house.said(), "reviews: no role died")
    finally:
        browser.close()


main()
