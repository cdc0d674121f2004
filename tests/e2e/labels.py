#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sensitivity labels on real mail: read from header, documents and content,
said again on the wire, kept in the record."""
import email.message
import email.policy
import io
import json
import os
import pathlib
import re
import smtplib
import zipfile

from rig import Rig, body_text, limit, report, until

SENDER, EVA, ANNA, BERT = "i.wald@tannwald.example", "eva@tannwald.example", "anna@world.example", "bert@world.example"
SITE, OTHER = "cb46c030-1825-4e81-a295-151c039dbf02", "3dd8961f-e488-4e60-8e11-a82d994e183d"
PUBLIC, INTERNAL, CONFIDENTIAL, SECRET = (f"{n}{n}{n}{n}{n}{n}{n}{n}-2222-4333-8444-555555555555" for n in "1256")
FOREIGN = "44444444-2222-4333-8444-555555555555"
DATA = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", pathlib.Path(__file__).resolve().parents[3] / "shared" / "data"))
LABELS = f"""
people: people.csv
labels:
  tenant: {SITE}
  list:
    - {{name: Public, id: {PUBLIC}, priority: 10, template: clear, required_for: [Sales]}}
    - {{name: Internal, id: {INTERNAL}, priority: 20, colour: "#0050a0", header: "Internal: not for the press", footer: "Tannwald, for internal use", required_for: [Sales]}}
    - {{name: Confidential, id: {CONFIDENTIAL}, priority: 25, parent: Internal, template: Do Not Forward}}
    - {{name: Secret, id: {SECRET}, priority: 30, template: Do Not Forward}}
  auto:
    - {{label: Secret, when: {{body_contains_words: project falcon}}}}
    - {{label: Internal, mode: recommend, when: {{body_contains_words: price list}}}}
    - {{label: Confidential, mode: recommend, when: {{body_contains_words: takeover, recipient_domain_is: world.example}}}}
"""
RULES = """
  - name: Bert reads in clear
    when: {recipient_is: bert@world.example}
    except: {label_is: Secret}
    then: clear
  - name: Marked by rule
    when: {subject_contains_words: by rule}
    then: {label: Internal}
  - name: Unlabelled papers
    when: {attachment_has_label: false}
    then: {severity: high}
"""
PAIR = re.compile(r"MSIP_Label_([0-9a-f-]{36})_(\w+)=([^;]*)")


def pairs(guid, site, name="x"):
    return f"MSIP_Label_{guid}_Enabled=true; MSIP_Label_{guid}_SiteId={site}; MSIP_Label_{guid}_Name={name}"


def message(subject="x", body="hello\n", html=None, **fields):
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m["From"], m["To"], m["Subject"] = SENDER, f"{ANNA}, {BERT}", subject
    for name, value in fields.items():
        m[name.replace("_", "-") if name.startswith(("X", "Message", "Auto")) else name] = value
    m.set_content(body)
    if html:
        m.add_alternative(html, subtype="html")
    return m


def document(custom="", info=""):
    """A Word file, with properties or label information."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-'
                   'types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                   'wordprocessingml.document.main+xml"/></Types>')
        z.writestr("word/document.xml", '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/'
                   '2006/main"><w:body><w:p><w:r><w:t>text</w:t></w:r></w:p></w:body></w:document>')
        if custom:
            properties = "".join(f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{i + 2}" name="{name}"><vt:lpwstr>'
                                 f"{value}</vt:lpwstr></property>" for i, (name, value) in enumerate(custom))
            z.writestr("docProps/custom.xml", '<?xml version="1.0"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/'
                       '2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
                       f"{properties}</Properties>")
        if info:
            z.writestr("docMetadata/LabelInfo.xml", f'<?xml version="1.0"?><clbl:labelList xmlns:clbl="http://schemas.microsoft.com/'
                       f'office/2020/mipLabelMetadata"><clbl:label id="{{{info}}}" enabled="1" method="Privileged" siteId="{{{SITE}}}" '
                       'contentBits="0" removed="0"/></clbl:labelList>')
    return out.getvalue()


def pdf(info=(), xmp="", compress=False):
    """One empty page, with document information and metadata."""
    import zlib
    objects = ["<< /Type /Catalog /Pages 2 0 R%s >>" % (" /Metadata 4 0 R" if xmp else ""), "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>"]
    if xmp:
        packet = ('<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/'
                  f'1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:pdfx="http://ns.adobe.com/pdfx/1.3/">{xmp}'
                  '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>').encode()
        data = zlib.compress(packet) if compress else packet
        objects.append(f"<< /Type /Metadata /Subtype /XML{' /Filter /FlateDecode' if compress else ''} /Length {len(data)} >>\nstream\n"
                       + data.decode("latin-1") + "\nendstream")
    objects.append("<< " + " ".join(f"/{name} ({value})" for name, value in info) + " >>")
    out, at = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        at.append(len(out))
        out += f"{number} 0 obj\n".encode() + text.encode("latin-1") + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(at) + 1}\n0000000000 65535 f \n".encode() + b"".join(b"%010d 00000 n \n" % offset for offset in at)
    return out + f"trailer << /Size {len(at) + 1} /Root 1 0 R /Info {len(at)} 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()


def send(rig, m, sender=SENDER, to=(BERT,)):
    with smtplib.SMTP("127.0.0.1", rig.house.smtp) as smtp:
        try:
            smtp.send_message(m, sender, list(to))
            return 250, ""
        except smtplib.SMTPDataError as refused:
            return refused.smtp_code, refused.smtp_error.decode()


def event(rig):
    return json.loads(rig.house.query("SELECT detail FROM audit WHERE event = 'message.accepted' ORDER BY seq DESC LIMIT 1")[0][0])


def label(rig, m, sender=SENDER, to=(BERT,)):
    """(label, by) of the record, after sending."""
    code, text = send(rig, m, sender, to)
    if code != 250:
        return code, text
    one = event(rig)["decided"][0]
    return one.get("label"), one.get("label_by")


def labels_of(raw):
    """{guid: {property: value}} of the only msip_labels field on the wire."""
    found = [value for name, value in email.message_from_bytes(raw, policy=email.policy.default).items() if name.lower() == "msip_labels"]
    out = {}
    for guid, key, value in PAIR.findall(found[0] if len(found) == 1 else ""):
        out.setdefault(guid, {})[key] = value
    return out


class Box:
    """What arrives for one address, one after the other."""

    def __init__(self, rig, address):
        self.rig, self.address, self.n = rig, address, len(rig.sink.mails(address))

    def next(self):
        self.n += 1
        return self.rig.arrived(self.address, self.n)[self.n - 1]


def header(rig, box):
    m = message(msip_labels=f"{pairs(FOREIGN, OTHER, 'Theirs')}; MSIP_Label_{FOREIGN}_Extended_MSFT_Method=Manual; {pairs(INTERNAL, SITE)}; "
                f"MSIP_Label_{INTERNAL}_SetDate=2020-01-01T00:00:00Z; MSIP_Label_{INTERNAL}_Method=Privileged", X_Letterlock_Label="Internal")
    found = label(rig, m)
    raw = box.next()
    ours, theirs = labels_of(raw).get(INTERNAL, {}), labels_of(raw).get(FOREIGN, {})
    report(found == ("Internal", "sender") and ours.get("Name") == "Internal" and ours.get("SiteId") == SITE and ours["Enabled"] == "true" and
           ours["SetDate"] == "2020-01-01T00:00:00Z" and ours["Method"] == "Privileged" and ours["ContentBits"] == "3" and
           re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", ours["ActionId"]) is not None,
           "labels: the sender's is said again in the documented form", f"{found} {raw.decode()}")
    report(theirs == {"Enabled": "true", "SiteId": OTHER, "Name": "Theirs", "Extended_MSFT_Method": "Manual"} and b"X-Letterlock-Label" not in raw,
           "labels: another tenant's pairs are kept, our own field leaves nobody", raw.decode())
    old = f"msip_label_{INTERNAL}_"
    m = message(**{old + "enabled": "true", old + "siteid": SITE, f"msip_label_{FOREIGN}_enabled": "true"})
    found = label(rig, m)
    raw = box.next()
    names = [name.lower() for name, _ in email.message_from_bytes(raw).items()]
    report(found == ("Internal", "sender") and labels_of(raw)[INTERNAL]["SiteId"] == SITE and not any(n.startswith(old) for n in names) and
           f"msip_label_{FOREIGN}_enabled" in names, "labels: one field for each pair becomes one field, others' stay", str(names))
    found = label(rig, message(msip_labels=pairs(PUBLIC, SITE)), sender="x@else.example")
    raw = box.next()
    report(found == (None, None) and event(rig)["labels"]["ignored"] == [{"tenant": SITE, "id": PUBLIC}],
           "labels: a sender outside has none, and what he claims is on record", f"{found} {event(rig)}")


def marks(rig, box):
    label(rig, message("by rule", "Dear Bert,\n\nhello\n", "<html><body><p>hello</p></body></html>"))
    raw = box.next()
    m = email.message_from_bytes(raw, policy=email.policy.default)
    text, page = (m.get_body((kind,)).get_content() for kind in ("plain", "html"))
    report(text.startswith("Internal: not for the press\n") and text.rstrip().endswith("Tannwald, for internal use") and
           page.count('<p style="color:#0050a0">') == 2 and m["Subject"] == "by rule" and labels_of(raw)[INTERNAL]["Method"] == "Standard" and
           event(rig)["decided"][0]["label_by"] == "rule Marked by rule", "labels: header and footer stand in both bodies", f"{text}\n{page}")
    quoted = "".join(f"> {line}\n" for line in text.splitlines())
    label(rig, message("by rule", "Thanks.\n\n" + quoted, "<p>Thanks.</p><blockquote>" + page + "</blockquote>"))
    again = email.message_from_bytes(box.next(), policy=email.policy.default)
    text, page = (again.get_body((kind,)).get_content() for kind in ("plain", "html"))
    report(text.count("Internal: not for the press") == text.count("for internal use") == 1 and page.count("for internal use") == 1,
           "labels: once in a thread", f"{text}\n{page}")
    label(rig, message("by rule", "This is about Tannwald, for internal use and more.\n"))
    text = email.message_from_bytes(box.next(), policy=email.policy.default).get_content()
    report(text.count("for internal use") == 2, "labels: words in a sentence are no mark", text)
    m = message("by rule")
    m.set_content("signed\n")
    m.make_mixed()
    m.set_type("multipart/signed")
    m.set_param("protocol", "application/pkcs7-signature")
    label(rig, m)
    raw = box.next()
    report(b"not for the press" not in raw and INTERNAL in labels_of(raw), "labels: what is signed keeps its body", raw.decode())


def documents(rig):
    key = f"MSIP_Label_{SECRET}_"
    custom = [(key + "Enabled", "true"), (key + "SiteId", SITE), (key + "Name", "Secret")]
    xmp = "".join(f"<pdfx:{name}>{value}</pdfx:{name}>" for name, value in custom)
    files = {"custom.docx": document(custom), "info.docx": document(info=SECRET), "info.pdf": pdf(custom), "xmp.pdf": pdf(xmp=xmp),
             "packed.pdf": pdf(xmp=xmp, compress=True), "other.docx": document([(n, OTHER if v == SITE else v) for n, v in custom]),
             "off.docx": document([(n, "false" if v == "true" else v) for n, v in custom]), "none.docx": document()}
    inner = message(msip_labels=pairs(SECRET, SITE))
    found, severity = {}, {}
    for name, data in files.items():
        m = message()
        m.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        found[name] = label(rig, m, to=[ANNA])[0]
        severity[name] = event(rig)["decided"][0].get("severity")
    m = message()
    m.add_attachment(inner)
    found["forwarded"] = label(rig, m, to=[ANNA])[0]
    wanted = {**dict.fromkeys(files, "Secret"), "forwarded": "Secret", "other.docx": None, "off.docx": None, "none.docx": None}
    report(found == wanted, "labels: of Word files, PDF and forwarded mail count, of another tenant not", str(found))
    report(severity == {name: None if wanted[name] else "high" for name in files}, "labels: a rule finds documents without one", str(severity))
    path = DATA / "documents" / "testWORD_docSecurity.docx"
    if not path.exists():
        print("skipped labels: a document that somebody else has labelled")
        return
    m = message()
    m.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename="a.docx")
    found, ignored = label(rig, m, to=[ANNA])[0], event(rig)["labels"]["ignored"]
    report(found is None and len(ignored) == 1 and len(ignored[0]["tenant"]) == 36, "labels: a document that somebody else has labelled",
           f"{found} {ignored}")


def decided(rig, box):
    found = label(rig, message(body="about project\nfalcon\n"), to=[ANNA])
    template = rig.house.query("SELECT template, rule FROM recipient WHERE message = (SELECT max(id) FROM message)")
    report(found == ("Secret", "content") and template == [("Do Not Forward", "label")], "labels: assigned from content, and it protects",
           f"{found} {template}")
    m = {"body": "project falcon\n", "msip_labels": pairs(PUBLIC, SITE)}
    first = label(rig, message(**m), to=[ANNA])
    second = label(rig, message(**m, msip_justification="the board agreed"), to=[ANNA])
    seen = event(rig)["labels"]
    report(first == ("Secret", "content") and second == ("Public", "sender") and seen["lowered"] is True and
           seen["justification"] == "the board agreed" and seen["content"] == "Secret", "labels: lowering one needs a reason, which is recorded",
           f"{first} {second} {seen}")
    found = label(rig, message(body="the price list\n"), to=[ANNA])
    report(found == (None, None) and event(rig)["decided"][0]["recommended_label"] == "Internal", "labels: what is only recommended is not set", str(found))
    code, text = send(rig, message(), sender=EVA)
    again = send(rig, message(msip_labels=pairs(PUBLIC, SITE)), sender=EVA)
    inside = send(rig, message(), sender=EVA, to=[SENDER])
    report(code == 550 and "choose one" in text and text.endswith("Public, Internal") and again[0] == 250 and inside[0] == 250,
           "labels: who must choose one is told which, inside nobody must", f"{text} {again} {inside}")
    box.next()


def idle(rig):
    until(lambda: "queued" not in rig.house.run("queue", "list", "--json").stdout, 30)


def recommended(rig):
    idle(rig)
    inbox = Box(rig, SENDER)
    subject = "Our new prices"
    m = message(subject, body="the price list, and a takeover\n", Message_ID="<advice@tannwald.example>")
    found = label(rig, m, to=[ANNA, BERT, SENDER])
    notes = [one for one in event(rig).get("notes", [])]
    mails = [inbox.next(), inbox.next()]
    raw, = (one for one in mails if b"auto-generated" in one)
    note = email.message_from_bytes(raw, policy=email.policy.default)
    text, page = (" ".join(body_text(raw, kind).split()) for kind in ("plain", "html"))
    wanted = ('We recommend the label "Confidential" for a message of yours.', "neither changed nor stopped", "Internal > Confidential",
              "Its label now: none", "body contains words, recipient domain", "a listed word: in the text of the message", subject,
              f"{BERT}: sent as it is", f"{ANNA}: sent protected", 'in Outlook with the button "Sensitivity", there "Internal > Confidential"',
              "write [confidential] in the subject", "X-Protect: Do Not Forward", "X-Letterlock-Label: Confidential", "you decide")
    missing = [one for one in wanted if one not in text]
    report(found == (None, None) and notes == [{"kind": "recommended", "rule": "", "to": SENDER}] and not missing and "takeover" not in text + page and
           SENDER not in text.split("What happened")[1].split("Reference")[0] and note["Subject"] == f'A label is recommended for your message "{subject}"',
           "labels: the sender is told once which one is recommended, why, and how to set it", f"{found} {notes} {missing} {text}")
    again = []
    for m, to in ((message(body="takeover\n", Auto_Submitted="auto-generated"), [BERT]), (message(body="takeover\n", msip_labels=pairs(SECRET, SITE)), [BERT]),
                  (message(body="takeover\n"), [SENDER])):
        label(rig, m, to=to)
        again += event(rig).get("notes", [])
    label(rig, message(body="takeover\n"), sender="x@else.example")
    idle(rig)
    came = len(rig.sink.mails(SENDER)) - inbox.n
    report(again == event(rig).get("notes", []) == [] and came == 1, "labels: nobody is told who did not write it, or chose a higher one", f"{again} {came}")


def shown(rig):
    label(rig, message(msip_labels=pairs(SECRET, SITE)), to=[ANNA, BERT])
    listed = [json.loads(line) for line in rig.house.run("message", "list", "--json").stdout.splitlines()]
    rows = [json.loads(line) for line in rig.house.run("message", "show", listed[0]["message"], "--json").stdout.splitlines()]
    report([row.get("label") for row in rows] == ["Secret", "Secret"], "labels: message show has them", str(rows))
    path = rig.folder / "mail.eml"
    path.write_bytes(message(body="price list", msip_labels=pairs(PUBLIC, SITE)).as_bytes())
    words = ("policy", "explain", str(path), "--from", SENDER, "--to", BERT)
    verdict = [json.loads(line) for line in rig.house.run(*words, "--json").stdout.splitlines()][-1]
    plain = rig.house.run(*words).stdout
    report((verdict["label"], verdict["label_by"], verdict["recommended"]) == ("Public", "sender", "Internal") and "LABEL BY" in plain,
           "labels: policy explain has them", f"{verdict} {plain}")
    policy = rig.house.folder / "house" / "policy.yaml"
    broken = rig.folder / "broken.yaml"
    (rig.folder / "people.csv").write_text((policy.parent / "people.csv").read_text())
    said = {}
    for old, new in (("priority: 20", "priority: high"), ("label: Secret, when", "label: Sekret, when"), (f"id: {SECRET}", "id: 1234"),
                     ("body_contains_words: price list", "label_is: Public"), ("[Sales]", "[Sails]"), ("then: {label: Internal}", "then: {label: Inner}")):
        broken.write_text(policy.read_text().replace(old, new, 1))
        said[new] = rig.house.run("policy", "check", str(broken)).stderr
    report("'priority' needs a number" in said["priority: high"] and "did you mean 'Secret'" in said["label: Sekret, when"] and
           "needs a GUID" in said["id: 1234"] and "because of a label" in said["label_is: Public"] and "'Sails'" in said["[Sails]"] and
           "unknown label 'Inner'" in said["then: {label: Inner}"], "labels: policy check names what is wrong with them", str(said))


def people(rig):
    (rig.house.folder / "house" / "people.csv").write_text(f"address,groups\n{EVA},Sales\n")


class LabelRig(Rig):
    def init(self):
        super().init()
        people(self)


def main():
    limit()
    with LabelRig([ANNA, BERT, SENDER], policy=(("version: 1\n", LABELS), ("wish:\n", "  header: X-Protect\n"), ("rules:\n", RULES)), sender=False) as rig:
        box = Box(rig, BERT)
        header(rig, box)
        marks(rig, box)
        documents(rig)
        decided(rig, box)
        recommended(rig)
        shown(rig)


main()
