/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: writing event lines. Runs in every role.
 *
 * Security: values come from peers; one write(2) per line keeps lines whole
 * between threads and processes, and control bytes are escaped.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/enc.h"

#define LOG_LINE_MAX 2048

static struct {
	const char *role;
	enum log_format format;
	enum log_level upto;
} setup = { "letterlock", LOG_FORMAT_TEXT, LOG_LEVEL_INFO };

static const char *const level_names[] = { "error", "warn", "info", "debug" };

void
log_setup(const char *role, enum log_format format, enum log_level upto)
{
	setup.role = role;
	setup.format = format;
	setup.upto = upto;
}

bool
log_wants(enum log_level level)
{
	return (level <= setup.upto);
}

static void
put_text(struct buf *line, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 0x20 || c == 0x7f)
			buf_printf(line, "\\x%02x", c);
		else
			buf_char(line, (char)c);
	}
}

void
log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	char when[CLOCK_RFC3339_SIZE], text[LOG_LINE_MAX];
	AUTO_BUF struct buf line = BUF_INIT(4 * LOG_LINE_MAX);
	va_list ap;
	ssize_t n;

	if (!log_wants(level))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	clock_rfc3339(clock_wall_ms(), when);
	if (setup.format == LOG_FORMAT_JSON) {
		buf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\","
		    "\"role\":\"%s\",\"event\":\"%s\",\"text\":", when,
		    level_names[level], setup.role, event);
		enc_json(str_of(text), &line);
		buf_z(&line, "}\n");
	} else {
		buf_printf(&line, "%s %s %s %s ", when, level_names[level],
		    setup.role, event);
		put_text(&line, str_of(text));
		buf_char(&line, '\n');
	}
	n = write(STDERR_FILENO, line.p, line.len);
	(void)n;
}
