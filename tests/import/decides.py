#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules of Exchange and Purview decide the same after they were imported: each
is brought over, checked, and asked about mails of which the documentation says
what Exchange does with them."""
import json
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
program = root / "build" / "src" / "letterlock"
CARD = "Credit card number 4111 1111 1111 1111, expires 12/27"
SSN = "social security number 123-45-6789"
SEVEN = {  # one mail for each type of the default rule
    "ABA Routing Number": "ABA routing number 021000021",
    "Credit Card Number": CARD,
    "Drug Enforcement Agency (DEA) Number": "DEA number AB1234563",
    "U.S. / U.K. Passport Number": "passport number 123456789",
    "U.S. Bank Account Number": "checking account number 12345678",
    "U.S. Individual Taxpayer Identification Number (ITIN)": "taxpayer itin 912-70-1234",
    "U.S. Social Security Number (SSN)": SSN,
}
ANN, OUT, IN = "ann@own.example", "zoe@law.example", "bob@own.example"
HEAD = len("Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain\n\n\n".replace("\n", "\r\n"))
PORTAL, CLEAR, REJECT = "portal", "clear", "reject"
# What others decide about is not asked for here: how mail looks and who is told.
OTHER_ACTIONS = ("brand:", "notify_sender:", "incident_report:", "notify_recipients:", "moderate_by:", "redirect_to:", "label:",
                 "spam_level:", "require_tls:")
failed = 0


def rule_collection(*commands):
    rules = "".join(f'<rule name="R" id="i" format="cmdlet"><version requiredMinVersion="15.0.3.0"><commandBlock><![CDATA['
                    f"{command}]]></commandBlock></version></rule>" for command in commands)
    return ('<?xml version="1.0" encoding="utf-16" standalone="yes"?><rules name="TransportVersioned">' + rules + "</rules>").encode("utf-16")


def advanced(condition, **more):
    return json.dumps([{"Name": "R", "Mode": "Enforce", "EncryptRMSTemplate": "Encrypt", "AdvancedRule": json.dumps(
        {"Version": "1.0", "Condition": condition}), **more}]).encode()


def types(*groups, between="And"):
    return {"ConditionName": "ContentContainsSensitiveInformation", "Value": [{"operator": between, "groups": [
        {"Operator": "Or", "name": "G", "sensitivetypes": [{"name": n, "confidencelevel": "Low"} for n in names]} for names in groups]}]}


def check(name, is_right, shown=""):
    global failed
    print(("ok " if is_right else "not ok ") + name + ("" if is_right else f"\n{shown}"))
    failed += not is_right


def run(*words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def usable(folder, text):
    """With the packages and people it needs, and without what this build does
    not do yet; a key that is none of those is a mistake of the importer."""
    packs = ", ".join(str(p) for p in sorted((root / "policy" / "sit").glob("*.xml")))
    (folder / "people.csv").write_text("address,groups,department,manager,City\nann@own.example,Sales,Sales,bob@own.example,Bonn\n"
                                       "bob@own.example,Janes team,Board,,Berlin\n")
    text = text.replace("\ndefault:", f"\npeople: people.csv\nrule_packs: [{packs}]\ndefault:")
    path = folder / "policy.yaml"
    for skipped in (None, *OTHER_ACTIONS):
        if skipped is not None:
            text = "".join(line for line in text.splitlines(True) if not line.strip().startswith(skipped))
        path.write_text(text)
        code, out, err = run("policy", "check", path)
        if code == 0 or not any(f"unknown key '{a[:-1]}'" in err for a in OTHER_ACTIONS):
            break
    return path, code, err


def decided(path, folder, mail):
    sender, to, subject, body, *fields = mail
    head = "".join(f"{f}\r\n" for f in fields if ":" in f)
    (folder / "mail.eml").write_bytes(f"{head}Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{body}\r\n".encode())
    code, out, err = run("policy", "explain", folder / "mail.eml", "--from", sender, "--to", to, "--policy", path, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    return (lines[-1]["action"], lines[-1]["template"]) if code == 0 and lines else (err, "")


def scene(name, kind, export, *mails):
    """mails: (expected, sender, recipient, subject, body, header fields …)"""
    with tempfile.TemporaryDirectory(prefix="letterlock-import-") as folder:
        folder = pathlib.Path(folder)
        (folder / "export").write_bytes(export)
        code, text, notes = run("import", kind, folder / "export", "--whole", "--domain", "own.example", "--default", "clear", "--strict")
        check(f"{name}: nothing is lost", code == 0 and "enabled: false" not in text, text + notes)
        path, code, err = usable(folder, text)
        check(f"{name}: the policy is right", code == 0, text + err)
        for expected, *mail in mails if code == 0 else ():
            found = decided(path, folder, mail)
            check(f"{name}: {mail[0] or '<>'} to {mail[1]}, '{mail[2]}', {mail[3][:60]!r}", found[0] == expected, f"{found} of\n{text}")


if not program.exists():
    print("skipped import decides: no build")
    sys.exit(77)

scene("all outgoing mail", "exchange-rules", rule_collection(
    "New-TransportRule -Name 'All outgoing mail' -FromScope InOrganization -ApplyRightsProtectionTemplate 'Encrypt' "
    "-ApplyRightsProtectionCustomizationTemplate 'OME Configuration'"),
    (PORTAL, ANN, OUT, "x", "y"), (CLEAR, OUT, ANN, "x", "y"), (PORTAL, ANN, IN, "x", "y"), (CLEAR, "", OUT, "x", "y"))

DEFAULT_RULE = ("New-TransportRule -Name 'Encrypt outbound sensitive emails (out of box rule)' -SentToScope NotInOrganization "
                "-ApplyRightsProtectionTemplate 'Encrypt' -MessageContainsDataClassifications @("
                + ",".join('@{Name="%s"; minCount="1"}' % n for n in SEVEN) + ") -SenderNotificationType 'NotifyOnly'")
scene("the default rule of seven types", "exchange-rules", rule_collection(DEFAULT_RULE),
      *((PORTAL, ANN, OUT, "x", text) for text in SEVEN.values()), *((CLEAR, ANN, IN, "x", text) for text in SEVEN.values()),
      (CLEAR, ANN, OUT, "x", "Nothing of that kind 4111 1111 1111 1112, 123-00-6789"))

scene("a disclaimer decides nothing", "exchange-rules", rule_collection(
    "New-TransportRule -Name 'Append company disclaimer' -Mode Enforce -FromScope InOrganization -ApplyHtmlDisclaimerLocation Append "
    "-ApplyHtmlDisclaimerFallbackAction Wrap -ApplyHtmlDisclaimerText '<p>**** Disclaimer text</p>'"), (CLEAR, ANN, OUT, "x", "y"))

scene("order, exceptions and stopping", "exchange-rules", rule_collection(
    "New-TransportRule -Name 'First' -Priority 0 -SubjectContainsWords 'public' -SetAuditSeverity Low -StopRuleProcessing $true",
    "New-TransportRule -Name 'Second' -Priority 1 -RecipientDomainIs 'law.example' -ExceptIfSubjectContainsWords 'newsletter' "
    "-ExceptIfHeaderMatchesMessageHeader 'X-Kind' -ExceptIfHeaderMatchesPatterns '^bulk$' -ApplyRightsProtectionTemplate 'Do Not Forward'",
    "New-TransportRule -Name 'Third' -Priority 2 -SubjectMatchesPatterns 'PRJ-\\d{4}' -RejectMessageReasonText 'No'"),
    (PORTAL, ANN, OUT, "x", "y"), (PORTAL, ANN, "zoe@sub.law.example", "x", "y"), (CLEAR, ANN, OUT, "the newsletter", "y"),
    (CLEAR, ANN, OUT, "x", "y", "X-Kind: bulk"), (PORTAL, ANN, OUT, "x", "y", "X-Kind: bulky"), (REJECT, ANN, OUT, "prj-4711", "y"),
    (CLEAR, ANN, OUT, "public PRJ-4711", "y"), (PORTAL, ANN, OUT, "PRJ-471", "y"))

scene("the sender stands in the header", "exchange-rules", rule_collection(
    "New-TransportRule -Name 'Header' -From 'ann@own.example' -ApplyRightsProtectionTemplate 'Encrypt'",
    "New-TransportRule -Name 'Envelope' -FromAddressContainsWords 'robot' -SenderAddressLocation Envelope -RejectMessageReasonText 'No'",
    "New-TransportRule -Name 'Either' -SenderDomainIs 'lab.example' -SenderAddressLocation HeaderOrEnvelope "
    "-ApplyRightsProtectionTemplate 'Encrypt'"),
    (CLEAR, ANN, OUT, "x", "y", "From: Bob <bob@own.example>"), (PORTAL, IN, OUT, "x", "y", "From: Ann <ann@own.example>"),
    (PORTAL, IN, OUT, "x", "y", "Sender: ann@own.example"), (REJECT, "robot@own.example", OUT, "x", "y", "From: bob@own.example"),
    (CLEAR, IN, OUT, "x", "y", "From: robot@own.example"), (PORTAL, "x@lab.example", OUT, "x", "y", "From: bob@own.example"),
    (PORTAL, IN, OUT, "x", "y", "From: x@lab.example"))

scene("over is at least", "exchange-rules", rule_collection(
    "New-TransportRule -Name 'Spam' -SCLOver 5 -RejectMessageReasonText 'No'",
    "New-TransportRule -Name 'Large' -MessageSizeOver 1KB -ApplyRightsProtectionTemplate 'Encrypt'"),
    (REJECT, OUT, ANN, "x", "y", "X-MS-Exchange-Organization-SCL: 5"), (CLEAR, OUT, ANN, "x", "y", "X-MS-Exchange-Organization-SCL: 4"),
    (PORTAL, ANN, OUT, "x", "y" * (1024 - HEAD)), (CLEAR, ANN, OUT, "x", "y" * (1023 - HEAD)))

scene("character sets, overrides, people", "exchange-rules", rule_collection(
    "New-TransportRule -Name 'Charset' -ContentCharacterSetContainsWords 'koi8-r' -RejectMessageReasonText 'No'",
    "New-TransportRule -Name 'Card' -MessageContainsDataClassifications @{Name='Credit Card Number'; minCount='1'} "
    "-ExceptIfHasSenderOverride $true -ApplyRightsProtectionTemplate 'Encrypt'",
    "New-TransportRule -Name 'City' -SenderADAttributeMatchesPatterns 'City:^B.nn$' -SubjectContainsWords 'city' "
    "-ApplyRightsProtectionTemplate 'Encrypt'",
    "New-TransportRule -Name 'Manager' -ManagerAddresses 'bob@own.example' -ManagerForEvaluatedUser Sender -SubjectContainsWords 'raise' "
    "-ApplyRightsProtectionTemplate 'Encrypt'",
    "New-TransportRule -Name 'Relation' -SenderManagementRelationship DirectReport -SubjectContainsWords 'boss' "
    "-ApplyRightsProtectionTemplate 'Encrypt'"),
    (REJECT, ANN, OUT, "x", "y", "Content-Type: text/plain; charset=koi8-r"), (CLEAR, ANN, OUT, "x", "y"), (PORTAL, ANN, OUT, "x", CARD),
    (CLEAR, ANN, OUT, "x", CARD, "X-Ms-Exchange-Organization-Dlp-SenderOverrideJustification: the customer asked"),
    (PORTAL, OUT, IN, "x", CARD, "X-Ms-Exchange-Organization-Dlp-SenderOverrideJustification: I say so"),
    (PORTAL, ANN, OUT, "the city", "y"), (CLEAR, IN, OUT, "the city", "y"), (PORTAL, ANN, OUT, "a raise", "y"), (CLEAR, IN, OUT, "a raise", "y"),
    (PORTAL, ANN, IN, "boss", "y"), (CLEAR, IN, ANN, "boss", "y"))

scene("groups of types, and not", "dlp-rules", advanced({"Operator": "And", "SubConditions": [
    types(["Credit Card Number", "ABA Routing Number"], ["U.S. Social Security Number (SSN)"]),
    {"Operator": "Not", "SubConditions": [{"Operator": "OR", "SubConditions": [
        {"ConditionName": "FromMemberOf", "Value": ["Janes team"]}, {"ConditionName": "SentTo", "Value": ["adele@law.example"]}]}]}]}),
    (PORTAL, ANN, OUT, "x", CARD + "\r\n\r\n" + SSN, "From: ann@own.example"), (CLEAR, ANN, OUT, "x", CARD, "From: ann@own.example"),
    (CLEAR, ANN, OUT, "x", SSN, "From: ann@own.example"), (CLEAR, ANN, "adele@law.example", "x", CARD + "\r\n\r\n" + SSN),
    (CLEAR, ANN, OUT, "x", CARD + "\r\n\r\n" + SSN, "From: bob@own.example"))

scene("one group or the other", "dlp-rules", advanced(types(["Credit Card Number"], ["U.S. Social Security Number (SSN)"], between="Or")),
      (PORTAL, ANN, OUT, "x", CARD), (PORTAL, ANN, OUT, "x", SSN), (CLEAR, ANN, OUT, "x", "y"))
sys.exit(failed > 0)
