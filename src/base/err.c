/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err: building error sentences. Runs in every role.
 *
 * Security: callers put no content in errors; control bytes that come in with
 * names and paths are replaced so that an error is always one clean line.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
clean(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static enum err_kind
kind_of_errno(int e, enum err_kind otherwise)
{
	switch (e) {
	case ENOSPC:
	case EDQUOT:
	case EAGAIN:
	case EINTR:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ETIMEDOUT:
	case ECONNREFUSED:
	case ECONNRESET:
	case EPIPE:
		return (ERR_TEMP);
	default:
		return (otherwise);
	}
}

int
err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return (-1);
	err->kind = kind;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	clean(err->msg);
	return (-1);
}

int
err_sys(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t len;

	if (err == NULL)
		return (-1);
	err->kind = kind_of_errno(saved, kind);
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	(void)snprintf(err->msg + len, sizeof(err->msg) - len, ": %s",
	    strerrordesc_np(saved) ? strerrordesc_np(saved) : "unknown error");
	clean(err->msg);
	return (-1);
}

int
err_in(struct err *err, const char *fmt, ...)
{
	char outer[ERR_MSG_MAX];
	char inner[ERR_MSG_MAX];
	va_list ap;
	size_t len;

	if (err == NULL)
		return (-1);
	va_start(ap, fmt);
	(void)vsnprintf(outer, sizeof(outer), fmt, ap);
	va_end(ap);
	clean(outer);
	memcpy(inner, err->msg, sizeof(inner));
	len = strlen(outer);
	memcpy(err->msg, outer, len + 1);
	if (len + 2 < sizeof(err->msg))
		(void)snprintf(err->msg + len, sizeof(err->msg) - len, ": %.*s",
		    (int)(sizeof(err->msg) - len - 3), inner);
	return (-1);
}

void
err_clear(struct err *err)
{
	err->kind = ERR_NONE;
	err->msg[0] = '\0';
}

const char *
err_kind_name(enum err_kind kind)
{
	static const char *const names[] = { "none", "temporary", "permanent",
		"input", "denied", "limit" };

	must((size_t)kind < COUNT_OF(names));
	return (names[kind]);
}
