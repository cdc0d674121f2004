#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ways to hide a card number from a mail gateway, each a case of its own.

Every mail goes through `letterlock policy explain` with a running scanner. A
case says what must happen: `found`, the rule about card numbers applies, or
the name of a fact that a rule can act on (letterlock-policy(5)). Where neither
happened, mail would leave as if nothing was in it. What only a human can read
(letters for digits, a text encoded by hand) is not here; policy/sit/README.md
says so.
"""
import base64
import binascii
import gzip
import io
import json
import pathlib
import struct
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "fault"))
import house

CARD = "4111111111111111"
SPACED = "4111 1111 1111 1111"
TEXT = f"card number {SPACED}\n"
FACTS = ("mime_is_ambiguous", "attachment_is_unreadable", "attachment_is_misnamed", "attachment_is_encrypted",
         "attachment_limit_exceeded", "attachment_is_executable")
POLICY = f"""version: 1
domains: [own.example]
default: clear
rule_packs: [{ROOT}/policy/sit/letterlock-finance.xml]
rules:
  - {{name: found, mode: audit, when: {{sensitive_information: [{{type: Credit Card Number, confidence: low}}]}}, then: Encrypt-Only}}
""" + "".join(f"  - {{name: {fact}, mode: audit, when: {{{fact}: true}}, then: Encrypt-Only}}\n" for fact in FACTS)
CASES = []


def case(name, expected, mail):
    CASES.append((name, expected, mail if isinstance(mail, bytes) else mail.encode()))


# ---- mails ---------------------------------------------------------------

def crlf(text):
    data = text if isinstance(text, bytes) else text.encode()
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def mail(kind, body, encoding="8bit", head=""):
    """One part. The body's bytes are taken as they are, text gets CRLF."""
    return (f"From: a@own.example\nTo: z@x.example\nMIME-Version: 1.0\nContent-Type: {kind}\n"
            f"Content-Transfer-Encoding: {encoding}\n{head or 'Subject: hello'}\n\n").replace("\n", "\r\n").encode() + \
        (body if isinstance(body, bytes) else crlf(body))


def plain(body, encoding="8bit", charset="utf-8", more=""):
    return mail(f"text/plain; charset={charset}{more}", body, encoding)


def html(body):
    return mail("text/html; charset=utf-8", f"<html><body>{body}</body></html>\n")


def b64(data):
    return base64.encodebytes(data if isinstance(data, bytes) else data.encode()).decode()


def attached(name, data, kind="application/octet-stream", encoding=None):
    body = b64(data) if encoding is None else data
    return (f"From: a@own.example\nTo: z@x.example\nSubject: hello\nMIME-Version: 1.0\n"
            f"Content-Type: multipart/mixed; boundary=b0\n\n--b0\nContent-Type: text/plain\n\nsee the file\n--b0\n"
            f"Content-Type: {kind}\nContent-Disposition: attachment; filename=\"{name}\"\n"
            f"Content-Transfer-Encoding: {encoding or 'base64'}\n\n{body}\n--b0--\n").replace("\n", "\r\n")


# ---- files ---------------------------------------------------------------

def zipped(*files, comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files:
            z.writestr(name, data)
        z.comment = comment
    return out.getvalue()


def tarred(name, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as t:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def seven(name, data):
    """A 7z archive of one stored file."""
    def number(n):
        return bytes([n]) if n < 128 else bytes([0x80 | n >> 8, n & 255])
    title = name.encode("utf-16-le") + b"\0\0"
    head = b"\1\4\6\0\1\x09" + number(len(data)) + b"\0\7\x0b\1\0\1\1\0\x0c" + number(len(data)) + \
        b"\0\x08\x0a\1" + struct.pack("<I", binascii.crc32(data)) + b"\0\0\5\1\x11" + number(len(title) + 1) + \
        b"\0" + title + b"\0\0"
    start = struct.pack("<QQI", len(data), len(head), binascii.crc32(head))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", binascii.crc32(start)) + start + data + head


W = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"
CORE = "xmlns:cp='http://schemas.openxmlformats.org/package/2006/metadata/core-properties' " \
    "xmlns:dc='http://purl.org/dc/elements/1.1/'"
SHEET = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' " \
    "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"


def docx(body, *more):
    types = "<Types><Override ContentType='application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'/>" \
        "</Types>"
    return zipped(("[Content_Types].xml", types), ("word/document.xml",
                  f"<w:document {W}><w:body><w:p>{body}</w:p></w:body></w:document>"), *more)


def run(text, looks=""):
    return f"<w:r><w:rPr>{looks}</w:rPr><w:t>{text}</w:t></w:r>"


def xlsx(state):
    types = "<Types><Override ContentType='application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>"
    return zipped(("[Content_Types].xml", types),
                  ("xl/workbook.xml", f"<workbook {SHEET}><sheets><sheet name='a' sheetId='1' {state} r:id='rId1'/></sheets>"
                   "</workbook>"),
                  ("xl/worksheets/sheet1.xml", f"<worksheet {SHEET}><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>{TEXT}"
                   "</t></is></c></row></sheetData></worksheet>"))


def pdf(text):
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
               b"<</Length %d>>stream\n" % len(stream) + stream + b"\nendstream",
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    out, at = b"%PDF-1.4\n", []
    for i, o in enumerate(objects):
        at.append(len(out))
        out += b"%d 0 obj" % (i + 1) + o + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % a for a in at)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)


JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9"
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"


# ---- inside a text -------------------------------------------------------

def split(by):
    """Something between the digits of every pair."""
    return by.join(CARD[i:i + 4] for i in range(0, 16, 4))


for mark, label in (("\u200b", "zero-width space"), ("\u200d", "zero-width joiner"), ("\ufeff", "byte order mark"),
                    ("\u2060", "word joiner"), ("\u00ad", "soft hyphen"), ("\u202e", "right-to-left override"),
                    ("\u180e", "Mongolian separator"), ("\u034f", "grapheme joiner"), ("\ufe0f", "variation selector"),
                    ("\u0301", "combining accent"), ("\U000e0041", "tag character"), ("\u2063", "invisible separator")):
    case(f"text: {label} in the number", "found", plain(f"card {mark.join(CARD)}\n"))
for by, label in (("\u00a0", "no-break spaces"), ("\u2009", "thin spaces"), ("\u3000", "ideographic spaces"), ("\u2013", "en dashes"),
                  ("\u2011", "no-break hyphens"), ("\u2212", "minus signs"), ("\u00b7", "middle dots"), ("\t", "tabs"), ("  ", "two blanks"),
                  ("\u2028", "line separators"), ("_", "underscores"), ("/", "slashes"), (" - ", "spaced hyphens")):
    case(f"text: {label} between groups", "found", plain(f"card {split(by)}\n"))
case("text: a blank after every digit", "found", plain("card " + " ".join(CARD) + "\n"))
for digits, label in (("０１２３４５６７８９", "full-width"), ("٠١٢٣٤٥٦٧٨٩", "Arabic"), ("०१२३४५६७८९", "Devanagari"),
                      ("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "mathematical bold"), ("⓪①②③④⑤⑥⑦⑧⑨", "circled"), ("⁰¹²³⁴⁵⁶⁷⁸⁹", "superscript"),
                      ("₀₁₂₃₄₅₆₇₈₉", "subscript"), ("🯰🯱🯲🯳🯴🯵🯶🯷🯸🯹", "segmented")):
    case(f"text: {label} digits", "found", plain("card " + "".join(digits[int(c)] for c in CARD) + "\n"))
case("text: over two lines, hard", "found", plain("card 4111 1111\n1111 1111\n"))
case("text: over two lines, quoted", "found", plain("> card 4111 1111\n> 1111 1111\n"))
case("text: format=flowed", "found", plain("card 4111 1111 \n1111 1111\n", more="; format=flowed"))
case("text: format=flowed, delsp", "found", plain("card 41111111 \n11111111\n", more="; format=flowed; delsp=yes"))
case("text: keys of a telephone", "found", plain("card " + "".join(c + "\ufe0f\u20e3" for c in CARD) + "\n"))
case("text: commas between groups", "found", plain(f"card {split(',')}\n"))
case("text: one digit in a line", "found", plain("card\n" + "\n".join(CARD) + "\n"))
case("text: HTML entities in a plain text", "found", plain("card " + "".join(f"&#{ord(c)};" for c in CARD) + "\n"))
case("text: behind a megabyte", "found", plain("x " * 600000 + "\n" + TEXT))

# ---- transfer encodings --------------------------------------------------

case("quoted-printable: soft line breaks", "found", plain("card 4111=\n1111=\n11111111\n", "quoted-printable"))
case("quoted-printable: blanks behind the soft break", "found", plain("card 4111=  \n1111=\t\n11111111\n", "quoted-printable"))
case("quoted-printable: every character encoded", "found",
     plain("".join(f"={ord(c):02X}" for c in TEXT[:-1]) + "\n", "quoted-printable"))
case("quoted-printable: lower case", "found", plain("card =34=31=31=31=31=31=31=31=31=31=31=31=31=31=31=3" "1\n".lower(),
                                                    "quoted-printable"))
case("quoted-printable: a broken escape beside it", "found", plain("=ZZ card 4111=201111=201111=201111 =4\n", "quoted-printable"))
case("base64: padding inside", "found", mail("text/plain", b64("card number 4111 ").strip() + "\n" + b64("1111 1111 1111\n"), "base64"))
case("base64: junk characters", "found", mail("text/plain", "*-!".join(b64(TEXT).strip()) + "\n", "base64"))
case("base64: one long line", "found", mail("text/plain", base64.b64encode(("x" * 3000 + "\n" + TEXT).encode()).decode() + "\n", "base64"))
case("base64: one character in a line", "found", mail("text/plain", "\n".join(b64(TEXT).strip()) + "\n", "base64"))
case("base64: no padding at the end", "found", mail("text/plain", b64(TEXT + "x").strip().rstrip("=") + "\n", "base64"))
case("base64: text in front of it", "mime_is_ambiguous", mail("text/plain", "=\n" + b64(TEXT), "base64"))
case("base64: not what is declared", "mime_is_ambiguous", mail("text/plain", TEXT, "base64"))
case("encoding: declared twice, base64 last", "mime_is_ambiguous",
     mail("text/plain", b64(TEXT), "7bit", "Content-Transfer-Encoding: base64\nSubject: x"))
case("encoding: declared twice, base64 first", "mime_is_ambiguous",
     mail("text/plain", b64(TEXT), "base64", "Content-Transfer-Encoding: 7bit\nSubject: x"))
case("encoding: a comment in the field", "found", mail("text/plain", b64(TEXT), "(x) base64 (y)"))
case("encoding: in quotes", "mime_is_ambiguous", mail("text/plain", b64(TEXT), '"base64"'))
case("encoding: an unknown word", "mime_is_ambiguous", mail("text/plain", b64(TEXT), "x-base-64"))
case("encoding: upper case and a blank", "found", mail("text/plain", b64(TEXT), "BASE64 "))
case("encoding: uuencode", "found", mail("text/plain", "begin 644 a.txt\n" + binascii.b2a_uu(TEXT.encode()).decode() + "`\nend\n", "x-uuencode"))
case("encoding: uuencode in the text, undeclared", "mime_is_ambiguous",
     plain("see\n\nbegin 644 a.txt\n" + binascii.b2a_uu(TEXT.encode()).decode() + "`\nend\n"))
case("multipart: base64 of the whole", "mime_is_ambiguous",
     mail("multipart/mixed; boundary=b0", b64(crlf(f"--b0\nContent-Type: text/plain\n\n{TEXT}--b0--\n")), "base64"))

# ---- charsets ------------------------------------------------------------

case("charset: UTF-16 with its mark", "found", plain(b64(TEXT.encode("utf-16")), "base64", "utf-16"))
case("charset: UTF-16, declared UTF-8", "found", plain(b64(TEXT.encode("utf-16")), "base64"))
case("charset: UTF-16 without a mark, declared UTF-8", "found", plain(b64(TEXT.encode("utf-16-le")), "base64"))
case("charset: UTF-16BE without a mark, undeclared", "found", mail("text/plain", b64(TEXT.encode("utf-16-be")), "base64"))
case("charset: UTF-32", "mime_is_ambiguous", plain(b64(TEXT.encode("utf-32-le")), "base64", "utf-32le"))
case("charset: UTF-7", "found", plain("card " + "".join("+ADQ-" if c == "4" else "+ADE-" for c in CARD) + "\n", "7bit", "utf-7"))
case("charset: EBCDIC, declared", "mime_is_ambiguous", plain(b64(TEXT.encode("cp500")), "base64", "cp500"))
case("charset: a name nobody knows", "found", plain(TEXT, "8bit", "x-nothing"))
case("charset: UTF-16 declared over ASCII", "mime_is_ambiguous", plain(TEXT, "8bit", "utf-16"))
case("charset: HZ", "found", plain(f"~{{VPND~}} {CARD}\n", "7bit", "hz-gb-2312"))
case("charset: ISO-2022-JP with a switch in the number", "found", plain(b"card 41111111\x1b$B\x1b(B11111111\r\n", "7bit", "iso-2022-jp"))
case("charset: full-width digits in Shift_JIS", "found",
     plain(b64("card ".encode() + "４１１１１１１１１１１１１１１１\n".encode("shift_jis")), "base64", "shift_jis"))
case("charset: declared twice", "mime_is_ambiguous", mail('text/plain; charset=utf-8; charset="utf-16"', TEXT))

# ---- HTML ----------------------------------------------------------------

case("html: entities", "found", html("card " + "".join(f"&#{ord(c)};" for c in CARD)))
case("html: hexadecimal entities without semicolons", "found", html("card " + "".join(f"&#x{ord(c):x} " for c in CARD).replace(" ", "")))
case("html: tags in the number", "found", html("card 4111<b></b>1111<i></i>1111<span>1111</span>"))
case("html: comments in the number", "found", html("card 4111<!-- x -->1111<!-- y -->11111111"))
case("html: empty elements in the number", "found", html("card 4111<img>1111<wbr>1111<wbr>1111"))
case("html: a font for every digit", "found", html("card " + "".join(f"<font size=2>{c}</font>" for c in CARD)))
case("html: a title inside the number", "found", html("card 4111<i title=x>1111</i><span aria-label=9>1111</span>1111"))
case("html: display:none", "found", html(f"<div style='display:none'>{TEXT}</div>"))
case("html: white on white", "found", html(f"<p style='color:#fff;background:#fff'>{TEXT}</p>"))
case("html: hidden text inside the number", "found", html("card 4111<span style='display:none'>x</span>1111<span hidden>9</span>11111111"))
case("html: in a comment", "found", html(f"<!-- {TEXT} -->"))
case("html: in a conditional comment", "found", html(f"<!--[if mso]><p>{TEXT}</p><![endif]-->"))
case("html: in alt", "found", html(f"<img src=cid:x alt='{TEXT}'>"))
case("html: in title", "found", html(f"<a title='{TEXT}' href=https://x.example/>x</a>"))
case("html: in the head's title", "found", mail("text/html", f"<html><head><title>{TEXT}</title></head><body>x</body></html>\n"))
case("html: in a link", "found", html(f"<a href='https://x.example/?n={CARD}'>x</a>"))
case("html: in a meta element", "found", mail("text/html", f"<html><head><meta name=x content='{TEXT}'></head><body>x</body></html>\n"))
case("html: in an input's value", "found", html(f"<input type=hidden value='{TEXT}'>"))
case("html: in a data attribute", "found", html(f"<p data-x='{TEXT}'>x</p>"))
case("html: in a style sheet", "found", html(f"<style>p::after {{ content: '{SPACED}' }}</style><p>x</p>"))
case("html: in a script", "found", html(f"<script>var x = '{SPACED}';</script>"))
case("html: in a template", "found", html(f"<template>{TEXT}</template>"))
case("html: in a textarea", "found", html(f"<textarea>{TEXT}</textarea>"))
case("html: over cells of a table", "found", html("<table><tr><td>4111</td><td>1111</td><td>1111</td><td>1111</td></tr></table>"))
case("html: a list of groups", "found", html("<div>4111</div><div>1111</div><div>1111</div><div>1111</div>"))
case("html: groups with br", "found", html("4111<br>1111<br>1111<br>1111"))
case("html: in SVG text", "found", html(f"<svg><text>{TEXT}</text></svg>"))
case("html: as a data URL", "found", html(f"<a href='data:text/plain;base64,{b64(TEXT).strip()}'>x</a>"))
case("html: only in the other alternative", "found",
     mail("multipart/alternative; boundary=b0", f"--b0\nContent-Type: text/plain\n\n{TEXT}--b0\nContent-Type: text/html\n\n<p>x</p>\n--b0--\n"))

# ---- header fields and structure -----------------------------------------

case("subject: plain", "found", mail("text/plain", "x\n", "7bit", f"Subject: card {SPACED}"))
case("subject: encoded word", "found", mail("text/plain", "x\n", "7bit", f"Subject: =?utf-8?B?{b64(TEXT).strip()}?="))
case("subject: split over encoded words", "found",
     mail("text/plain", "x\n", "7bit", "Subject: =?utf-8?Q?card_4111_1111?=\n =?utf-8?Q?_1111_1111?="))
case("subject: folded inside the number", "found", mail("text/plain", "x\n", "7bit", "Subject: card 4111 1111\n 1111 1111"))
case("subject: double-encoded word", "found", mail("text/plain", "x\n", "7bit", "Subject: =?utf-8?B?" +
     b64(f"=?utf-8?B?{b64(TEXT).strip()}?=").replace("\n", "") + "?="))
case("subject: a second one", "found", mail("text/plain", "x\n", "7bit", f"Subject: hello\nSubject: {SPACED}"))
case("structure: behind the last boundary", "found",
     mail("multipart/mixed; boundary=b0", f"--b0\nContent-Type: text/plain\n\nx\n--b0--\n{TEXT}"))
case("structure: in front of the first boundary", "found",
     mail("multipart/mixed; boundary=b0", f"{TEXT}--b0\nContent-Type: text/plain\n\nx\n--b0--\n"))
case("structure: no boundary declared", "mime_is_ambiguous", mail("multipart/mixed", f"--b0\nContent-Type: text/plain\n\n{TEXT}--b0--\n"))
case("structure: boundary never closed", "found", mail("multipart/mixed; boundary=b0", f"--b0\nContent-Type: text/plain\n\n{TEXT}"))
case("structure: two Content-Types", "mime_is_ambiguous",
     mail("text/plain", f"--b0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{b64(TEXT)}--b0--\n", "7bit",
          "Content-Type: multipart/mixed; boundary=b0\nSubject: x"))
case("structure: an attached message", "found",
     mail("multipart/mixed; boundary=b0", f"--b0\nContent-Type: message/rfc822\n\nSubject: x\n\n{TEXT}--b0--\n"))
case("structure: an attached message's subject", "found",
     mail("multipart/mixed; boundary=b0", f"--b0\nContent-Type: message/rfc822\n\nSubject: {SPACED}\n\nx\n--b0--\n"))
case("structure: an inline image part that is text", "found",
     mail("multipart/related; boundary=b0", "--b0\nContent-Type: text/html\n\n<img src=cid:1>\n--b0\nContent-Type: image/png\n"
          f"Content-ID: <1>\n\n{TEXT}--b0--\n"))
case("structure: message/partial", "mime_is_ambiguous",
     mail('message/partial; id="1@x"; number=1; total=2', f"Subject: x\n\ncard 4111 1111\n"))

# ---- file names ----------------------------------------------------------

case("file name: plain", "found", attached(f"{CARD}.txt", "x"))
case("file name: encoded word", "found", attached(f"=?utf-8?B?{b64(SPACED + '.txt').strip()}?=", "x"))
case("file name: in an archive", "found", attached("a.zip", zipped((f"{CARD}.txt", "x"))))
case("file name: a folder in an archive", "found", attached("a.zip", zipped((f"{CARD}/a.txt", "x"))))
case("file name: two that differ", "mime_is_ambiguous",
     attached("a.txt", b64("x"), 'text/plain; name="b.exe"', "base64"))

# ---- attachments ---------------------------------------------------------

case("file: text", "found", attached("a.txt", TEXT))
case("file: text named as a picture", "attachment_is_misnamed", attached("a.jpg", TEXT, "image/jpeg"))
case("file: a document named as text", "attachment_is_misnamed", attached("a.txt", docx(run(TEXT)), "text/plain"))
case("file: a document named as text, and its words", "found", attached("a.txt", docx(run(TEXT)), "text/plain"))
case("file: an archive named as a picture", "found", attached("a.jpg", zipped(("a.txt", TEXT)), "image/jpeg"))
case("file: no name at all", "found", attached("", TEXT))
case("file: UTF-16 text", "found", attached("a.csv", TEXT.encode("utf-16")))
case("file: UTF-16 text without a mark", "found", attached("a.csv", TEXT.encode("utf-16-le")))
case("file: zip in zip in tar.gz", "found", attached("a.tgz", tarred("b.zip", zipped(("c.zip", zipped(("d.txt", TEXT)))))))
case("file: 7z", "found", attached("a.7z", seven("a.txt", TEXT.encode())))
case("file: 7z in zip", "found", attached("a.zip", zipped(("b.7z", seven("a.txt", TEXT.encode())))))
case("file: gzip in gzip", "found", attached("a.gz", gzip.compress(gzip.compress(TEXT.encode()))))
case("file: nine archives deep", "attachment_limit_exceeded", attached("a.zip", __import__("functools").reduce(
    lambda inner, i: zipped((f"{i}.zip", inner)), range(10), zipped(("a.txt", TEXT)))))
case("file: in an archive's comment", "found", attached("a.zip", zipped(("a.txt", "x"), comment=TEXT.encode())))
case("file: an archive with a word in front", "found", attached("a.zip", b"hello " * 20 + zipped(("a.txt", TEXT))))
case("file: a message", "found", attached("a.eml", f"Subject: x\r\n\r\n{TEXT}", "application/octet-stream"))
case("file: PDF", "found", attached("a.pdf", pdf(TEXT.strip())))
case("file: PDF and zip in one", "found", attached("a.pdf", pdf("nothing here") + zipped(("a.txt", TEXT))))
case("file: GIF and zip in one", "found", attached("a.gif", GIF + zipped(("a.txt", TEXT)), "image/gif"))
case("file: JPEG with text behind its end", "attachment_is_unreadable", attached("a.jpg", JPEG + TEXT.encode(), "image/jpeg"))
case("file: unknown bytes", "found", attached("a.bin", bytes(range(128, 256)) * 8 + TEXT.encode()))
case("file: RTF", "found", attached("a.rtf", r"{\rtf1 card 4111 {\b 1111} 1111 1111}"))
case("file: RTF, hidden text and escapes", "found",
     attached("a.rtf", r"{\rtf1 card {\v " + "".join(f"\\'{ord(c):02x}" for c in CARD) + "}}"))
case("document: a run for every digit", "found", attached("a.docx", docx("".join(run(c) for c in CARD))))
case("document: hidden runs", "found", attached("a.docx", docx(run(TEXT, "<w:vanish/>"))))
case("document: white text", "found", attached("a.docx", docx(run(TEXT, "<w:color w:val='FFFFFF'/>"))))
case("document: deleted text", "found", attached("a.docx", docx(f"<w:del><w:r><w:delText>{TEXT}</w:delText></w:r></w:del>")))
case("document: comments", "found",
     attached("a.docx", docx(run("x"), ("word/comments.xml", f"<w:comments {W}><w:comment><w:p>{run(TEXT)}</w:p></w:comment></w:comments>"))))
case("document: properties", "found",
     attached("a.docx", docx(run("x"), ("docProps/core.xml", f"<cp:coreProperties {CORE}><dc:title>{TEXT}</dc:title></cp:coreProperties>"))))
case("document: custom XML", "found", attached("a.docx", docx(run("x"), ("customXml/item1.xml", f"<a>{TEXT}</a>"))))
case("document: a file that nothing refers to", "found", attached("a.docx", docx(run("x"), ("word/media/a.txt", TEXT))))
case("spreadsheet: hidden sheet", "found", attached("a.xlsx", xlsx("state='hidden'")))
case("spreadsheet: very hidden sheet", "found", attached("a.xlsx", xlsx("state='veryHidden'")))
case("table: groups in columns", "found", attached("a.csv", "name,a,b,c,d\nx,4111,1111,1111,1111\n", "text/csv"))


# ---- the judge -----------------------------------------------------------

def judge(h, policy):
    """For each case the names of the rules that apply."""
    paths = [h.folder / f"{number}.eml" for number in range(len(CASES))]
    for path, (_, _, mail_) in zip(paths, CASES):
        path.write_bytes(mail_)
    done = h.run("policy", "explain", *map(str, paths), "--from", "a@own.example", "--to", "z@x.example", "--policy", str(policy),
                 "--json", timeout=170)
    got = {str(path): {done.stderr} if done.returncode else set() for path in paths}
    for row in map(json.loads, done.stdout.splitlines()):
        result = row.get("result", "")
        if result.startswith(("applies", "would apply")):
            got[row["message"]].add(row["rule"])
        elif result.startswith("failed"):
            got[row["message"]].add(f"failed: {row['rule']}")
    return list(got.values())


def main():
    h = house.House(house.program("LETTERLOCK"), 9)
    try:
        h.ready_made()
        if not h.start():
            print(h.said())
            return 1
        policy = h.folder / "evasion.yaml"
        policy.write_text(POLICY)
        ok = True
        for (name, expected, _), rules in zip(CASES, judge(h, policy)):
            ok = house.report(expected in rules, f"{name} ({expected})", f"only {sorted(rules)}") and ok
        return 0 if ok else 1
    finally:
        h.stop()
        h.clear_away()


sys.exit(main())
