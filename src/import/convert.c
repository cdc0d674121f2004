/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convert: the shapes that many parameters share.
 *
 * Runs in the CLI. Security: a value that cannot be said as it was makes the
 * whole parameter fail, so that no condition gets wider in silence.
 */
#include "import/convert.h"

#include <inttypes.h>
#include <stdarg.h>

#include "conf/number.h"
#include "import/outcome.h"
#include "mime/address.h"
#include "scan/scan.h"

#define SENTENCE_MAX 512
#define LOST "the export holds only the name of a type here: export with " \
	"ConvertTo-Json -Depth 10"

static struct str
sentence(struct arena *a, const char *fmt, va_list ap)
{
	char text[SENTENCE_MAX];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	return (arena_str(a, str_of(text)));
}

int
convert_refuse(struct conversion *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->why = sentence(c->arena, fmt, ap);
	va_end(ap);
	return (-1);
}

int
convert_nearly(struct conversion *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->how = sentence(c->arena, fmt, ap);
	va_end(ap);
	return (0);
}

const struct input_value *
convert_partner(const struct conversion *c, const char *name)
{
	const struct input_value *v = input_get(c->rule, c->is_exception ?
	    arena_printf(c->arena, "ExceptIf%s", name) : name);

	return (input_is_empty(v) ? NULL : v);
}

int
convert_line(struct conversion *c, const struct input_value *v,
    struct str *out)
{
	struct str word = input_word(v);

	if (input_is_lost(v))
		return (convert_refuse(c, LOST));
	if (word.len == 0)
		return (convert_refuse(c, "a text is missing"));
	*out = outcome_line_text(word, c->arena);
	return (0);
}

int
convert_add_lines(struct conversion *c, struct draft_item *item,
    const struct input_value *v)
{
	for (const struct input_value *i = input_first(v); i != NULL;
	    i = input_next(v, i)) {
		struct str line;

		if (convert_line(c, i, &line) != 0)
			return (-1);
		draft_text(c->arena, item, line);
	}
	return (0);
}

int
convert_add_addresses(struct conversion *c, struct draft_item *item,
    const struct input_value *v)
{
	for (const struct input_value *i = input_first(v); i != NULL;
	    i = input_next(v, i)) {
		struct address address;
		struct str line;

		if (convert_line(c, i, &line) != 0)
			return (-1);
		if (str_starts_nocase(line, STR_LIT("smtp:")))
			line = str_sub(line, 5, line.len);
		if (str_index(line, '@') < 0 ||
		    address_parse(line, c->arena, &address, NULL) != 0)
			return (convert_refuse(c, "'%.*s' is not an address: "
			    "write the address there", STR_FMT(line)));
		draft_text(c->arena, item, line);
	}
	return (0);
}

const char *
convert_word(const struct parameter_word *words, struct str from)
{
	for (; words->from != NULL; words++)
		if (str_eq_nocase(str_of(words->from), from))
			return (words->to);
	return (NULL);
}

/* An item under the row's key. */
static struct draft_item *
new_item(struct conversion *c, bool is_list)
{
	c->item = draft_item(c->arena, c->parameter->key, is_list);
	return (c->item);
}

int
convert_texts(struct conversion *c)
{
	return (convert_add_lines(c, new_item(c, true), c->value));
}

int
convert_check_patterns(struct conversion *c, const struct input_value *v)
{
	for (const struct input_value *i = input_first(v); i != NULL;
	    i = input_next(v, i)) {
		struct scan_builder *b = scan_builder_new();
		struct err err = ERR_INIT;
		struct str line = STR_NULL;
		size_t list;
		int rc = convert_line(c, i, &line);

		if (rc == 0 && scan_add_list(b, SCAN_PATTERN, false, &line, 1,
		    "expression", &list, &err) != 0)
			rc = convert_refuse(c, "%s", err.msg);
		scan_builder_free(&b);
		if (rc != 0)
			return (-1);
	}
	return (0);
}

int
convert_patterns(struct conversion *c)
{
	return (convert_check_patterns(c, c->value) != 0 ? -1 :
	    convert_texts(c));
}

/* Blanks at the ends and line ends are part of a text. */
int
convert_text(struct conversion *c)
{
	struct str word = input_prose(c->value, c->arena);

	if (input_is_lost(c->value))
		return (convert_refuse(c, LOST));
	if (word.len == 0)
		return (convert_refuse(c, "a text is missing"));
	draft_text(c->arena, new_item(c, false), word);
	return (0);
}

int
convert_addresses(struct conversion *c)
{
	return (convert_add_addresses(c, new_item(c, true), c->value));
}

int
convert_flag(struct conversion *c)
{
	if (!input_is_true(c->value))
		return (convert_refuse(c, "neither true nor false"));
	draft_value(c->arena, new_item(c, false), STR_LIT("true"));
	return (0);
}

int
convert_number(struct conversion *c)
{
	struct str word = input_word(c->value), digits = word;
	uint64_t number;

	if (word.len > 0 && word.p[0] == '-')
		digits = str_sub(word, 1, word.len);
	if (!str_to_u64(digits, UINT32_MAX, &number))
		return (convert_refuse(c, "a number is missing"));
	draft_value(c->arena, new_item(c, false), arena_str(c->arena, word));
	return (0);
}

/* "10 MB (10,485,760 bytes)": what is in parentheses. */
static bool
parse_exact(struct str s, int64_t *bytes)
{
	ptrdiff_t open = str_index(s, '(');

	if (open < 0)
		return (false);
	*bytes = 0;
	for (size_t i = (size_t)open + 1; i < s.len; i++) {
		if (ascii_is_digit(s.p[i]) && *bytes < INT64_MAX / 100)
			*bytes = *bytes * 10 + (s.p[i] - '0');
		else if (s.p[i] != ',' && s.p[i] != '.')
			break;
	}
	return (*bytes > 0);
}

/* "10MB", "512 KB", "1048576": Exchange's units are powers of 1024. */
static bool
parse_size(struct str s, int64_t *bytes)
{
	static const struct { const char *unit; int shift; } units[] = {
		{ "KB", 10 }, { "MB", 20 }, { "GB", 30 }, { "B", 0 },
		{ "", 0 } };
	uint64_t number;

	if (parse_exact(s, bytes))
		return (true);
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		struct str unit = str_of(units[i].unit);

		if (!str_ends_nocase(s, unit))
			continue;
		s = str_trim(str_sub(s, 0, s.len - unit.len));
		if (!str_to_u64(s, UINT32_MAX * 64ull, &number))
			return (false);
		*bytes = (int64_t)number << units[i].shift;
		return (true);
	}
	return (false);
}

/* Exchange's "over" is at least so much, policy.yaml's is more than that. */
int
convert_size(struct conversion *c)
{
	AUTO_BUF struct buf b = BUF_INIT(64);
	int64_t bytes;

	if (!parse_size(input_word(c->value), &bytes))
		return (convert_refuse(c, "not a size"));
	if (bytes == 0)
		return (convert_refuse(c, "0 is no limit: everything is at "
		    "least so large"));
	number_format_bytes(bytes, &b);
	draft_value(c->arena, new_item(c, false), str_of(arena_printf(
	    c->arena, "%" PRId64, bytes - 1)));
	c->said = str_of(arena_printf(c->arena, "at least %.*s",
	    STR_FMT(buf_view(&b))));
	return (0);
}

int
convert_level(struct conversion *c)
{
	uint64_t level;

	if (str_eq(input_word(c->value), STR_LIT("-1")))
		return (convert_refuse(c, "-1 is no limit: every level is at "
		    "least so high"));
	if (!str_to_u64(input_word(c->value), 9, &level))
		return (convert_refuse(c, "a number from 0 to 9 is missing"));
	draft_value(c->arena, new_item(c, false), str_of(arena_printf(
	    c->arena, "%d", (int)level - 1)));
	c->said = str_of(arena_printf(c->arena, "at least %d", (int)level));
	return (0);
}

int
convert_enum(struct conversion *c)
{
	struct draft_item *item = new_item(c, c->value->kind == INPUT_LIST &&
	    c->value->n > 1);

	for (const struct input_value *i = input_first(c->value); i != NULL;
	    i = input_next(c->value, i)) {
		struct str from;
		const char *to;

		if (convert_line(c, i, &from) != 0)
			return (-1);
		to = convert_word(c->parameter->words, from);
		if (to == NULL)
			return (convert_refuse(c, "'%.*s' is not known",
			    STR_FMT(from)));
		draft_value(c->arena, item, str_of(to));
	}
	return (0);
}

int
convert_with(struct conversion *c)
{
	if (convert_partner(c, c->parameter->with) == NULL)
		return (convert_refuse(c, "%s is missing",
		    c->parameter->with));
	return (0);
}
