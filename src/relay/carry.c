/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carry: 8-bit mail for servers of 8 bits and of 7.
 *
 * Runs in the gateway's relay. Security: plaintext; the converted copy is
 * wiped with its buffer. Standards: RFC 6152 3, RFC 6531 3.1.
 */
#include "relay/carry.h"

#include "mime/sevenbit.h"

#define SEVEN_MAX ((size_t)256 << 20)	/* as the largest payload */

static void
point_at(struct smtp_outgoing *m, struct str bytes, struct arena *a)
{
	struct str *piece = arena_alloc(a, sizeof(*piece));

	*piece = bytes;
	m->bytes = piece;
	m->n_bytes = 1;
}

static void
say_no(const struct smtp_client *c, const struct err *err,
    struct smtp_outgoing *m)
{
	struct smtp_reply reply = { .is_ours = true };

	smtp_reply_set(&reply, 554, "5.6.3", "The mail server %.*s takes only "
	    "7-bit mail (it does not offer 8BITMIME), and this message cannot "
	    "be converted: %s", STR_FMT(smtp_client_host(c)), err->msg);
	for (size_t i = 0; i < m->n_rcpts; i++)
		m->rcpts[i].reply = reply;
}

bool
carry_fit(const struct smtp_client *c, struct str mail, struct arena *a,
    struct buf *seven, struct smtp_outgoing *m)
{
	struct err err = ERR_INIT;

	point_at(m, mail, a);
	if (sevenbit_is(mail))
		return (true);
	/* Who said 7 bits and sent 8 is not to make us do the same. */
	m->is_8bit = true;
	/* SMTPUTF8 that is not offered is the client's own refusal. */
	if (smtp_client_takes_8bit(c) || m->is_utf8)
		return (true);
	buf_done(seven);
	buf_init(seven, SEVEN_MAX);
	if (sevenbit_convert(mail, a, seven, &err) == -1) {
		say_no(c, &err, m);
		return (false);
	}
	point_at(m, buf_view(seven), a);
	return (true);
}
