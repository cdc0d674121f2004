#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Put the built front end into the program.

    embed.py OUTDIR out.S out.c

Reads OUTDIR/assets.list (written by web/build.mjs) and writes an assembler
file that takes the files in as they are, and the table of portal/assets.h.
The pages of every grant and review, /m/* and /r/* in the list, are /m and /r in
the table.
"""
import pathlib
import sys

COLUMNS = ("path", "type", "file", "kind", "csp")


def c_string(text):
    """A C string literal; the list holds printable ASCII only."""
    if not text.isascii() or not text.isprintable():
        raise SystemExit(f"embed.py: not printable ASCII: {text!r}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_list(directory):
    for number, line in enumerate((directory / "assets.list").read_text(encoding="ascii").splitlines(), 1):
        words = line.split("\t")
        if len(words) != len(COLUMNS) or words[3] not in ("immutable", "page"):
            raise SystemExit(f"{directory}/assets.list:{number}: not path, type, file, immutable|page, csp")
        asset = dict(zip(COLUMNS, words))
        asset["whole"] = (directory / asset["file"]).resolve()
        asset["path"] = asset["path"].removesuffix("/*")
        yield asset


def assembler(assets):
    yield "/* Written by src/portal/embed.py. */\n\t.section .rodata\n"
    for i, asset in enumerate(assets):
        yield f"\t.balign 16\n\t.globl portal_file_{i}\n\t.hidden portal_file_{i}\nportal_file_{i}:\n"
        yield f"\t.incbin {c_string(str(asset['whole']))}\n\t.byte 0\n"
    yield '\t.section .note.GNU-stack,"",%progbits\n'


def table(assets):
    yield '/* Written by src/portal/embed.py. */\n#include "portal/assets.h"\n\n'
    for i, _ in enumerate(assets):
        yield f"extern const uint8_t portal_file_{i}[];\n"
    yield "\nconst struct portal_asset portal_assets[] = {\n"
    for i, asset in enumerate(assets):
        page = asset["kind"] == "page"
        yield f"\t{{ {c_string(asset['path'])}, {c_string(asset['type'])},\n"
        yield f"\t  portal_file_{i}, {asset['whole'].stat().st_size}, {'false' if page else 'true'},\n"
        yield f"\t  {c_string(asset['csp']) if page else 'NULL'} }},\n"
    yield f"}};\nconst size_t portal_assets_n = {len(assets)};\n"


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    assets = list(read_list(pathlib.Path(sys.argv[1])))
    pathlib.Path(sys.argv[2]).write_text("".join(assembler(assets)), encoding="ascii")
    pathlib.Path(sys.argv[3]).write_text("".join(table(assets)), encoding="ascii")


main()
