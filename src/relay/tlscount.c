/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlscount: from what happened to the words of RFC 8460.
 *
 * Runs in the gateway's relay. Security: what a domain publishes comes back to
 * it in a report, within the limits of transport/tlstally.h.
 */
#include "relay/tlscount.h"

#include "base/enc.h"

#define LINES_MAX 64
#define TLSA_TEXT_MAX 1100	/* three numbers and 512 bytes in hexadecimal */

static enum tlsreport_result
result_of_proof(enum conn_failure failure)
{
	switch (failure) {
	case CONN_PROVEN_OR_NOT_ASKED:
		return (TLSREPORT_SUCCESS);
	case CONN_EXPIRED:
		return (TLSREPORT_CERTIFICATE_EXPIRED);
	case CONN_WRONG_NAME:
		return (TLSREPORT_CERTIFICATE_HOST_MISMATCH);
	case CONN_NOT_TRUSTED:
		return (TLSREPORT_CERTIFICATE_NOT_TRUSTED);
	default:
		return (TLSREPORT_VALIDATION_FAILURE);
	}
}

static enum tlsreport_result
result_of_policy(const struct sts_found *sts)
{
	for (enum tlsreport_result r = TLSREPORT_STS_POLICY_FETCH_ERROR;
	    r <= TLSREPORT_STS_WEBPKI_INVALID; r++)
		if (strcmp(sts->failure, tlsreport_result_word(r)) == 0)
			return (r);
	return (TLSREPORT_STS_POLICY_FETCH_ERROR);
}

static enum tlsreport_result
result_of(const struct tlscount *c, const struct smtp_opening *o,
    const struct smtp_client *client)
{
	const struct sts_found *sts = &c->domain->sts;

	switch (o->failure) {
	case SMTP_CLIENT_NO_STARTTLS:
		return (TLSREPORT_STARTTLS_NOT_SUPPORTED);
	case SMTP_CLIENT_NO_HANDSHAKE:
		return (TLSREPORT_VALIDATION_FAILURE);
	case SMTP_CLIENT_NO_PROOF:
		return (result_of_proof(o->proof));
	default:
		break;
	}
	if (client == NULL || smtp_client_tls(client) == NULL)
		return (TLSREPORT_STARTTLS_NOT_SUPPORTED);
	if (c->proof->expect.proof != TLS_PROOF_NONE)
		return (result_of_proof(smtp_client_tls(client)->failure));
	if (!sts->has_policy && sts->failure != NULL)
		return (result_of_policy(sts));
	return (TLSREPORT_SUCCESS);
}

/* ---- policies --------------------------------------------------------- */

static size_t
write_tlsa(const struct tls_expect *e, struct arena *a, struct str *lines)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n_tlsa && n < LINES_MAX; i++) {
		const struct dns_tlsa *r = &e->tlsa[i];
		char hex[TLSA_TEXT_MAX];

		if (2 * r->data.len + 1 > sizeof(hex))
			continue;
		enc_hex(r->data.p, r->data.len, hex);
		lines[n++] = str_of(arena_printf(a, "%u %u %u %s", r->usage,
		    r->selector, r->matching, hex));
	}
	return (n);
}

static size_t
split_lines(struct str text, struct str *lines)
{
	struct str rest = text, line;
	size_t n = 0;

	while (n < LINES_MAX && rest.len > 0) {
		if (!str_next(&rest, '\n', &line)) {
			line = rest;
			rest.len = 0;
		}
		line = str_trim(line);
		if (line.len > 0)
			lines[n++] = line;
	}
	return (n);
}

static void
describe_policy(const struct proof_domain *d, const struct proof *proof,
    struct arena *a, struct str *lines, struct tlsreport_outcome *out)
{
	if (proof != NULL && proof->by == PROOF_BY_DANE) {
		out->policy = TLSREPORT_TLSA;
		out->policy_domain = str_of(proof->expect.names[0]);
		out->n_policy_lines = write_tlsa(&proof->expect, a, lines);
	} else if (d->sts.has_policy || d->sts.failure != NULL) {
		out->policy = TLSREPORT_STS;
		out->n_policy_lines = split_lines(d->sts.text, lines);
		out->mx_patterns = d->sts.policy.mx;
		out->n_mx_patterns = d->sts.has_policy ? d->sts.policy.n_mx :
		    0;
	}
	out->policy_lines = lines;
}

void
tlscount_session(const struct relay_way *way, const struct tlscount *c,
    const struct smtp_opening *o, const struct smtp_client *client)
{
	AUTO_ARENA struct arena *a = NULL;
	struct str lines[LINES_MAX];
	struct tlsreport_outcome out = { .domain = c->domain->domain,
	    .mx = c->host, .receiving_ip = str_of(c->receiving_ip),
	    .sending_ip = str_of(c->sending_ip) };

	if (way->tally == NULL || c->domain->hop != NULL ||
	    c->proof->by == PROOF_BY_PARTNER || (client == NULL &&
	    o->failure == SMTP_CLIENT_NO_FAILURE))
		return;
	a = arena_new();
	describe_policy(c->domain, c->proof, a, lines, &out);
	out.result = result_of(c, o, client);
	tlsreport_count(way->tally, &out);
}

void
tlscount_not_named(const struct relay_way *way,
    const struct proof_domain *d, struct str host)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str lines[LINES_MAX];
	struct tlsreport_outcome out = { .domain = d->domain, .mx = host,
	    .result = TLSREPORT_VALIDATION_FAILURE,
	    .reason = STR_LIT("mx-not-in-policy") };

	if (way->tally == NULL)
		return;
	describe_policy(d, NULL, a, lines, &out);
	tlsreport_count(way->tally, &out);
}
