/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome: the report, line by line.
 *
 * Runs in the CLI. Security: names come from the export; a line of the report
 * stays one line, whatever they hold.
 */
#include "import/outcome.h"

#include "base/enc.h"

const char *
outcome_name(enum outcome outcome)
{
	static const char *const names[] = { "mapped", "approximated",
		"ignored", "disabled" };

	return (names[outcome]);
}

uint32_t
outcome_code_at(struct str s, size_t at, size_t *len)
{
	uint8_t c = (uint8_t)s.p[at];
	uint32_t code = c;

	*len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*len > 1)
		code = c & (0x7fu >> *len);
	for (size_t i = 1; i < *len && at + i < s.len; i++)
		code = code << 6 | ((uint8_t)s.p[at + i] & 0x3f);
	return (code);
}

bool
outcome_is_hidden(uint32_t code)
{
	return (code < ' ' || (code >= 0x7f && code <= 0xa0) ||
	    code == 0xad || (code >= 0x200b && code <= 0x200f) ||
	    (code >= 0x2028 && code <= 0x202f) || code == 0xfeff ||
	    code == 0xfffe || code == 0xffff);
}

void
outcome_put_visible(struct str s, struct buf *out)
{
	size_t len;

	for (size_t i = 0; i < s.len; i += len) {
		if (outcome_is_hidden(outcome_code_at(s, i, &len)))
			buf_char(out, '?');
		else
			buf_append(out, s.p + i, MIN_OF(len, s.len - i));
	}
}

struct str
outcome_line_text(struct str s, struct arena *a)
{
	char *to = arena_array(a, s.len + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];
		bool is_blank = c <= ' ' || c == 0x7f;

		if (!is_blank)
			to[n++] = s.p[i];
		else if (n > 0 && to[n - 1] != ' ')
			to[n++] = ' ';
	}
	while (n > 0 && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
	return (str_make(to, n));
}

void
outcome_add(struct outcomes *o, struct str rule, struct str parameter,
    enum outcome outcome, struct str note)
{
	struct outcome_line *l = arena_alloc(o->arena, sizeof(*l));

	l->rule = outcome_line_text(rule, o->arena);
	l->parameter = outcome_line_text(parameter, o->arena);
	l->note = outcome_line_text(note, o->arena);
	l->outcome = outcome;
	if (o->last != NULL)
		o->last->next = l;
	else
		o->first = l;
	o->last = l;
	o->n[outcome]++;
}

static void
write_member(const char *name, struct str value, struct buf *out)
{
	buf_printf(out, "\"%s\":", name);
	enc_json(value, out);
}

static void
write_json(const struct outcome_line *l, struct buf *out)
{
	buf_char(out, '{');
	write_member("rule", l->rule, out);
	buf_char(out, ',');
	write_member("parameter", l->parameter, out);
	buf_char(out, ',');
	write_member("outcome", str_of(outcome_name(l->outcome)), out);
	buf_char(out, ',');
	write_member("note", l->note, out);
	buf_z(out, "}\n");
}

void
outcome_write(const struct outcomes *o, bool json, struct buf *out)
{
	for (const struct outcome_line *l = o->first; l != NULL;
	    l = l->next) {
		if (json) {
			write_json(l, out);
			continue;
		}
		outcome_put_visible(l->rule, out);
		buf_z(out, l->rule.len > 0 ? ": " : "");
		outcome_put_visible(l->parameter, out);
		buf_z(out, l->parameter.len > 0 ? ": " : "");
		buf_z(out, outcome_name(l->outcome));
		buf_z(out, l->note.len > 0 ? ": " : "");
		outcome_put_visible(l->note, out);
		buf_char(out, '\n');
	}
}
