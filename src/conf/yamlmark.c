/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yamlmark: counts lines and characters up to a byte.
 *
 * Runs where a file could not be read as YAML. Security: bytes of any kind.
 */
#include "conf/yamlmark.h"

#include "base/enc.h"

static bool
is_continuation(char c)
{
	return (((uint8_t)c & 0xc0) == 0x80);
}

void
yaml_mark_of(struct str text, size_t offset, size_t *line, size_t *column)
{
	size_t lines = 0, columns = 0;

	for (size_t i = 0; i < MIN_OF(offset, text.len); i++) {
		if (text.p[i] == '\n') {
			lines++;
			columns = 0;
		} else if (!is_continuation(text.p[i]))
			columns++;
	}
	*line = lines;
	*column = columns;
}

char
yaml_char_at(struct str text, size_t line, size_t column)
{
	struct str row = STR_NULL;
	size_t at = 0;

	for (size_t i = 0; i <= line; i++)
		if (!str_next(&text, '\n', &row))
			return ('\0');
	for (size_t i = 0; i < row.len; i++) {
		if (is_continuation(row.p[i]))
			continue;
		if (at++ == column)
			return (row.p[i]);
	}
	return ('\0');
}

/* Bytes of the well-formed character at an offset, or 0. */
static size_t
char_len(struct str text, size_t at)
{
	for (size_t n = 1; n <= 4 && n <= text.len - at; n++)
		if (enc_is_utf8(str_sub(text, at, n)))
			return (n);
	return (0);
}

size_t
yaml_first_bad(struct str text)
{
	size_t at = 0, n;

	if (enc_is_utf8(text))
		return (text.len);
	while (at < text.len && (n = char_len(text, at)) > 0)
		at += n;
	return (at);
}
