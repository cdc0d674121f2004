/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply: building replies. Runs in the gateway.
 *
 * Security: texts may quote what a client sent; control bytes are replaced so
 * that no reply can become two. Standards: RFC 5321 4.2, RFC 2034, RFC 3463.
 */
#include "smtp/service.h"

#include <stdarg.h>
#include <stdio.h>

void
smtp_reply_set(struct smtp_reply *r, int code, const char *status,
    const char *fmt, ...)
{
	va_list ap;

	r->code = code;
	(void)snprintf(r->status, sizeof(r->status), "%s", status);
	va_start(ap, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	for (char *p = r->text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

void
smtp_reply_error(struct smtp_reply *r, const struct err *err)
{
	static const struct {
		int code;
		const char *status;
	} rows[] = {
		[ERR_NONE] = { 451, "4.3.0" },
		[ERR_TEMP] = { 451, "4.3.0" },
		[ERR_PERM] = { 554, "5.3.0" },
		[ERR_INPUT] = { 554, "5.6.0" },
		[ERR_DENIED] = { 550, "5.7.1" },
		[ERR_LIMIT] = { 552, "5.3.4" },
	};

	smtp_reply_set(r, rows[err->kind].code, rows[err->kind].status, "%s",
	    err->msg);
}
