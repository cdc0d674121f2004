/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powershell: one PowerShell command line, taken apart and never run.
 *
 * Read are a cmdlet's name and its parameters with literal values: 'text',
 * "text" with backtick escapes, bare words, $true, $false, $null, lists with
 * commas, @( … ), ( … ) and @{ name = value; … }. Everything that would have
 * to be evaluated (variables, $( … ), pipes, several commands, script blocks,
 * redirections, here-strings, splatting) is an error that says which and
 * where.
 * Source  about_Parsing, about_Quoting_Rules of PowerShell; the curly quotes
 *         and the longer dashes count as quotes and dashes, as they do there
 * Threads any
 */
#ifndef IMPORT_POWERSHELL_H
#define IMPORT_POWERSHELL_H

#include "base/buf.h"
#include "import/input.h"

#define POWERSHELL_MAX_BYTES (1u << 20)	/* of one command */

struct powershell_command {
	struct str cmdlet;
	struct input_value *parameters;	/* a table; a switch is a truth */
};

/*
 * Take one command apart. line is UTF-8, borrowed during the call.
 * Fails ERR_INPUT "character N: what is not read", ERR_LIMIT.
 */
int powershell_parse(struct str line, struct arena *a,
    struct powershell_command *out, struct err *err) FALLIBLE;

/* One value, as after a parameter. Fails as powershell_parse does. */
int powershell_value(struct str text, struct arena *a,
    struct input_value **out, struct err *err) FALLIBLE;

/* A text as PowerShell would have to write it, in single or double quotes,
 * appended. */
void powershell_quote_single(struct str text, struct buf *out);
void powershell_quote_double(struct str text, struct buf *out);

#endif
