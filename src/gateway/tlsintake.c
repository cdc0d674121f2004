/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsintake: reports that others send about TLS to our servers, taken out of
 * the mail that comes in.
 *
 * Runs in the gateway. Security: anybody can send one to a published address;
 * what it says is shown with the name it gives itself and changes nothing we
 * do. Mail that is not a readable report goes the way of all mail.
 * Standards: RFC 8460 5.3.
 */
#include "base/clock.h"
#include "base/log.h"
#include "gateway/state.h"
#include "store/tlsreports.h"
#include "transport/tlsreport.h"

static bool
is_for_reports(const struct gateway *g, const struct smtp_envelope *envelope)
{
	const char *address = g->settings->smtp.tls_reports;

	return (address != NULL && envelope->n_recipients == 1 &&
	    str_eq_nocase(envelope->recipients[0].address.text,
	    str_of(address)));
}

bool
tlsintake_take(struct gateway *g, const struct smtp_envelope *envelope,
    struct str bytes, struct smtp_reply *reply)
{
	struct store_tls_received kept;
	struct err err = ERR_INIT;
	struct tlsreport r;
	bool is_new;

	if (!is_for_reports(g, envelope))
		return (false);
	if (tlsreport_read_mail(bytes, envelope->arena, &r, &err) == -1) {
		log_info("tls_report_unreadable", "client=%s reason=\"%s\"",
		    envelope->peer, err.msg);
		return (false);
	}
	kept = (struct store_tls_received){ .organisation = r.organisation,
	    .report_id = r.report_id, .contact = r.contact,
	    .start_ms = r.start_ms, .end_ms = r.end_ms,
	    .at_ms = clock_wall_ms(), .rows = r.rows, .n_rows = r.n_rows };
	if (store_tls_received_put(g->store, &kept, &is_new, &err) == -1) {
		smtp_reply_set(reply, 451, "4.3.0",
		    "The report cannot be kept now; try again later");
		return (true);
	}
	log_info("tls_report_read", "from=\"%.*s\" rows=%zu new=%d",
	    STR_FMT(r.organisation), r.n_rows, is_new);
	smtp_reply_set(reply, 250, "2.0.0", "Ok: the report was read");
	return (true);
}
