/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: one line per event on stderr, text or JSON; the supervisor's stderr is
 * the journal or a terminal.
 *
 *	2026-11-23T22:22:00.123Z info gateway accepted message=… recipients=2
 *
 * Only roles and sessions log (layers L4 and L5), once per event. Never
 * content, subjects, passcodes or keys. Control bytes are escaped, so that a
 * peer cannot forge a line. Threads: any.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
};

/* Set once at the start of a role; role is borrowed for ever. */
void log_setup(const char *role, enum log_format format, enum log_level upto);

/* event is one word; fmt gives "key=value key=value". */
void log_event(enum log_level level, const char *event, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#define log_error(...) log_event(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_event(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_event(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_event(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* True when a line of that level would be written: to skip building it. */
bool log_wants(enum log_level level);

#endif
