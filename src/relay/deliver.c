/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver: open the payload, find a connection, send, settle.
 *
 * Runs in the gateway, one of delivery.threads workers. Security: plaintext of
 * clear mail and of notices exists here while it is sent, and is wiped with
 * its buffer.
 */
#include "relay/deliver.h"

#include "base/fault.h"
#include "base/log.h"
#include "relay/carry.h"
#include "relay/tlsreporting.h"

#define SIBLINGS_MAX 99		/* RFC 5321 4.5.3.1.8: 100 in a transaction */
#define PAYLOAD_MAX ((size_t)256 << 20)
#define MARK_MAX ((size_t)64 << 10)

/* One transaction in the making. */
struct attempt {
	const struct relay_tools *tools;
	struct destination *dest;
	struct relay_job *jobs;
	size_t n;
	struct buf mail;	/* plaintext */
	struct buf seven;	/* the same in 7 bits, where needed */
	struct smtp_client *client;
	struct str host;
	struct arena *arena;
	bool is_our_fault;	/* it could not be signed */
	int64_t began_ms;	/* monotonic */
	int64_t limit_ms;	/* ends before the lease does */
};

/* A notice is rendered from its facts only now. */
static int
render_notice(const struct relay_tools *t, struct buf *mail, struct err *err)
{
	AUTO_BUF struct buf facts = *mail;
	struct notice notice;

	buf_init(mail, PAYLOAD_MAX);
	if (notice_unpack(buf_view(&facts), &notice, err) == -1)
		return (-1);
	notice_render(&notice, &t->house, mail);
	return (buf_check(mail, "the notice", err));
}

static int
load_payload(struct attempt *a, struct err *err)
{
	struct relay_job *first = a->jobs;

	if (first->payload.len > 0)
		return (0);
	buf_init(&first->payload, PAYLOAD_MAX);
	return (store_payload_read(a->tools->store, &first->item.payload,
	    &first->payload, err));
}

/* A payload that is gone was cancelled or revoked: nobody is told. */
static void
drop_all(const struct attempt *a, const struct err *err)
{
	for (struct relay_job *job = a->jobs; job != NULL; job = job->next)
		if (err->kind == ERR_PERM)
			store_attempt(a->tools->store, &job->item.id,
			    STORE_FAILED, 0, str_of(err->msg), NULL);
		else
			settle_later(a->tools, job, err->msg);
}

static int
open_payload(struct attempt *a, struct err *err)
{
	const struct relay_tools *t = a->tools;
	struct relay_job *first = a->jobs;

	buf_init(&a->mail, PAYLOAD_MAX);
	if (spool_open(t->spool, &first->item.payload, &first->item.spool,
	    buf_view(&first->payload), &a->mail, err) == -1)
		return (-1);
	buf_done(&first->payload);
	if (str_eq(first->item.kind, STR_LIT("notice")))
		return (render_notice(t, &a->mail, err));
	return (0);
}

static int
connect_fresh(struct attempt *a, struct err *err)
{
	const struct store_item *item = &a->jobs->item;
	const struct route_wish wish = { .route = str_of(a->jobs->route),
	    .needs_proof = item->needs_proof,
	    .requires_tls = item->requires_tls,
	    .is_lax = item->is_tls_optional,
	    .is_tls_report = str_eq(item->kind, STR_LIT(TLSREPORTING_KIND)),
	    .limit_ms = a->limit_ms };

	return (route_open(&a->tools->way, &wish, a->arena, &a->client,
	    &a->host, err));
}

/* What is not ours is passed on with what we found out about it. */
static int
sign(struct attempt *a, struct smtp_outgoing *m, struct err *err)
{
	return (a->jobs->item.is_from_outside ?
	    signing_seal(a->tools->signing, a->arena, m, err) :
	    signing_add(a->tools->signing, a->arena, m, err));
}

/* A kept connection may have been closed by the server meanwhile. Signatures
 * are of the bytes this server gets, so they come last. */
static int
send_once(struct attempt *a, struct smtp_outgoing *m, struct err *err)
{
	if (!carry_fit(a->client, buf_view(&a->mail), a->arena, &a->seven, m))
		return (0);
	a->is_our_fault = sign(a, m, err) == -1;
	if (!a->is_our_fault && smtp_client_send(a->client, m, err) == 0)
		return (0);
	smtp_client_close(&a->client);
	return (-1);
}

static bool
nothing_was_said(const struct smtp_outgoing *m)
{
	for (size_t i = 0; i < m->n_rcpts; i++)
		if (m->rcpts[i].reply.code != 0)
			return (false);
	return (true);
}

static int
transact(struct attempt *a, struct smtp_outgoing *m, struct err *err)
{
	if (a->client == NULL)
		a->client = destination_take_idle(a->tools->destinations,
		    a->dest);
	if (a->client != NULL) {
		a->host = arena_str(a->arena, smtp_client_host(a->client));
		if (send_once(a, m, err) == 0)
			return (0);
		if (!nothing_was_said(m))
			return (-1);
		err_clear(err);
		a->host = STR_NULL;	/* of that connection */
	}
	if (connect_fresh(a, err) == -1)
		return (-1);
	return (send_once(a, m, err));
}

static void
fill(const struct attempt *a, struct str *bytes, struct smtp_outgoing *m)
{
	const struct store_item *item = &a->jobs->item;
	struct relay_job *job = a->jobs;

	*bytes = buf_view(&a->mail);
	*m = (struct smtp_outgoing){ .sender = item->sender,
	    .is_8bit = item->is_8bit, .is_utf8 = item->is_utf8,
	    .ret_headers = item->ret_headers, .envid = item->envid,
	    .requires_tls = item->requires_tls,
	    .bytes = bytes, .n_bytes = 1, .n_rcpts = a->n,
	    .limit_ms = a->limit_ms };
	m->rcpts = arena_array(a->arena, a->n, sizeof(*m->rcpts));
	for (size_t i = 0; i < a->n; i++, job = job->next) {
		m->rcpts[i].address = job->item.recipient;
		m->rcpts[i].notify = job->item.notify;
		m->rcpts[i].orcpt = job->item.orcpt;
	}
}

/* The transaction ended: every recipient has a reply, or the connection broke
 * on the way. */
static void
settle(const struct attempt *a, const struct smtp_outgoing *m, bool is_over,
    const char *why)
{
	struct relay_job *job = a->jobs;

	for (size_t i = 0; i < a->n; i++, job = job->next) {
		const struct smtp_reply *r = &m->rcpts[i].reply;
		const struct settle_from from = {
			.host = r->is_ours ? STR_NULL : a->host,
			.client = a->client,
			.is_reported = a->client != NULL &&
			    smtp_client_offers_dsn(a->client) };

		if (is_over || r->code >= 400)
			settle_reply(a->tools, job, r, &from);
		else
			settle_later(a->tools, job, why);
	}
}

static void
settle_all(const struct relay_tools *t, struct relay_job *list,
    const struct err *err)
{
	for (struct relay_job *job = list; job != NULL; job = job->next)
		if (err->kind == ERR_PERM)
			settle_never(t, job, err->msg);
		else
			settle_later(t, job, err->msg);
}

/* It was not reached, or broke off: once it is left alone, do not let each
 * waiting job find that out by itself. */
static void
settle_failed(const struct attempt *a, const struct err *err)
{
	int64_t until_ms = destination_failed(a->tools->destinations, a->dest,
	    err->msg);
	struct relay_job *rest;

	if (until_ms == 0)
		return;
	rest = destination_take_all(a->tools->destinations, a->dest);
	for (struct relay_job *job = rest; job != NULL; job = job->next)
		settle_postponed(a->tools, job, str_of(err->msg), until_ms);
	relay_job_free_all(rest);
}

/* No server of the domain can be spoken to. */
static void
settle_destination(const struct attempt *a, const struct err *err)
{
	struct relay_job *rest;

	settle_all(a->tools, a->jobs, err);
	if (err->kind != ERR_PERM) {
		settle_failed(a, err);
		return;
	}
	rest = destination_take_all(a->tools->destinations, a->dest);
	settle_all(a->tools, rest, err);
	relay_job_free_all(rest);
}

static void
answered(const struct attempt *a)
{
	destination_answered(a->tools->destinations, a->dest,
	    clock_mono_ms() - a->began_ms, a->mail.len);
}

/* What became of a job that was handed back. What it became has reports of
 * its own. */
static void
settle_again(const struct attempt *a, const struct relay_job *job,
    const struct smtp_reply *reply)
{
	static const struct settle_from us = { .is_reported = true };

	if (reply->code / 100 == 4)
		settle_later(a->tools, job, reply->text);
	else
		settle_reply(a->tools, job, reply, &us);
}

/* Nothing is sent here: the message is decided about anew. */
static void
decide_again(struct attempt *a)
{
	const struct relay_again *again = &a->tools->again;

	for (struct relay_job *job = a->jobs; job != NULL; job = job->next) {
		struct smtp_reply reply = { .code = 0 };

		if (again->decide == NULL) {
			settle_later(a->tools, job, "nobody decides");
			continue;
		}
		again->decide(again->ctx, &job->item, buf_view(&a->mail),
		    a->arena, &reply);
		settle_again(a, job, &reply);
	}
}

/* No server of the domain has proven whose it is: what may be protected
 * otherwise is, within this attempt; the rest waits. Other jobs for the same
 * destination come to it by themselves, having payloads of their own. */
static void
climb(struct attempt *a, const char *why)
{
	const struct relay_again *again = &a->tools->again;

	for (struct relay_job *job = a->jobs; job != NULL; job = job->next) {
		struct smtp_reply reply = { .code = 0 };

		if (again->climb == NULL || job->item.fallback.len == 0) {
			settle_later(a->tools, job, why);
			continue;
		}
		again->climb(again->ctx, &job->item, buf_view(&a->mail), why,
		    a->arena, &reply);
		settle_again(a, job, &reply);
	}
}

/* RFC 8689 4.2.1: then it goes back, and nobody tries again. */
static void
refuse_for_tls(struct attempt *a, const char *why)
{
	static const struct settle_from us = { .client = NULL };
	struct smtp_reply reply = { .is_ours = true };

	smtp_reply_set(&reply, 550, "5.7.30", "The sender demands TLS on the "
	    "whole way (REQUIRETLS): %s", why);
	for (struct relay_job *job = a->jobs; job != NULL; job = job->next)
		settle_reply(a->tools, job, &reply, &us);
}

static void
no_way(struct attempt *a, const struct err *err)
{
	if (err->kind != ERR_DENIED) {
		settle_destination(a, err);
		return;
	}
	if (a->jobs->item.needs_proof)
		climb(a, err->msg);
	else
		refuse_for_tls(a, err->msg);
	answered(a);
}

/* In front of the message, where it goes to a next hop. */
static void
mark(struct attempt *a)
{
	const struct relay_again *again = &a->tools->again;
	struct str *to = arena_array(a->arena, a->n, sizeof(*to));
	struct buf marked = BUF_INIT(PAYLOAD_MAX + MARK_MAX);
	size_t n = 0;

	/* What comes back from there is decided about anew: a mark says
	 * nothing of the proof that it needs. */
	if (again->mark == NULL || a->jobs->item.needs_proof ||
	    !route_is_hop(&a->tools->way, str_of(a->jobs->route)))
		return;
	for (struct relay_job *job = a->jobs; job != NULL; job = job->next)
		to[n++] = job->item.recipient;
	again->mark(again->ctx, buf_view(&a->mail), to, n, a->arena, &marked);
	if (marked.len == 0)
		return;
	buf_str(&marked, buf_view(&a->mail));
	buf_done(&a->mail);
	a->mail = marked;
}

static void
attempt(struct attempt *a)
{
	struct err err = ERR_INIT;
	struct smtp_outgoing m;
	struct str bytes;

	if (load_payload(a, &err) == -1) {
		drop_all(a, &err);
		return;
	}
	if (open_payload(a, &err) == -1) {
		settle_all(a->tools, a->jobs, &err);
		return;
	}
	if (str_eq(a->jobs->item.kind, STR_LIT("unmet"))) {
		decide_again(a);
		return;
	}
	mark(a);
	fill(a, &bytes, &m);
	if (FAULT_HERE("relay.send") == -1)
		settle(a, &m, false, "a test wants no attempt");
	else if (transact(a, &m, &err) == 0) {
		(void)FAULT_HERE("relay.sent");
		settle(a, &m, true, NULL);
		answered(a);
	} else if (a->host.len == 0)
		no_way(a, &err);
	else {
		settle(a, &m, false, err.msg);
		if (!a->is_our_fault)
			settle_failed(a, &err);
	}
}

/* Of every job: what another process may claim meanwhile is delivered twice. */
static bool
are_leases_long_enough(const struct relay_job *list)
{
	int64_t end_ms = clock_wall_ms() + RELAY_ATTEMPT_MS;

	for (; list != NULL; list = list->next)
		if (end_ms >= list->lease_end_ms)
			return (false);
	return (true);
}

/* May another message follow on this connection? */
static bool
may_go_on(const struct relay_tools *t, const struct smtp_client *c)
{
	return (smtp_client_is_usable(c) && smtp_client_transactions(c) <
	    t->settings->delivery.max_messages_per_connection);
}

/* One transaction, on the connection of the last one where there is one. */
static void
deliver_one(struct attempt *a, struct relay_job *job)
{
	const struct relay_tools *t = a->tools;

	a->began_ms = clock_mono_ms();
	a->limit_ms = a->began_ms + RELAY_ATTEMPT_MS;
	a->host = STR_NULL;
	a->is_our_fault = false;
	a->jobs = job;
	a->n = 1;
	job->next = destination_siblings(t->destinations, a->dest, job,
	    SIBLINGS_MAX);
	for (struct relay_job *j = job->next; j != NULL; j = j->next)
		a->n++;
	if (are_leases_long_enough(job))
		attempt(a);
	else
		for (struct relay_job *j = job; j != NULL; j = j->next)
			store_attempt(t->store, &j->item.id, STORE_RETURNED,
			    clock_wall_ms(), STR_NULL, NULL);
	buf_done(&a->mail);
	buf_done(&a->seven);
	relay_job_free_all(job);
	if (a->client != NULL && !may_go_on(t, a->client))
		smtp_client_close(&a->client);
	arena_reset(a->arena);
}

void
deliver(const struct relay_tools *t, struct destination *dest,
    struct relay_job *job, struct arena *arena)
{
	struct attempt a = { .tools = t, .dest = dest, .arena = arena };
	int64_t turn_end_ms = clock_mono_ms() + DESTINATION_TURN_MS;

	for (; job != NULL; job = destination_stay(t->destinations, dest,
	    turn_end_ms))
		deliver_one(&a, job);
	destination_release(t->destinations, dest, &a.client);
}
