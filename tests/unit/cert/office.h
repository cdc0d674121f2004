/* SPDX-License-Identifier: Apache-2.0 */
/*
 * office: an organisation for tests: a store of its own, people with
 * certificates that are made up (only what the store keeps of them is real),
 * and the mails that it would send.
 */
#ifndef TESTS_UNIT_CERT_OFFICE_H
#define TESTS_UNIT_CERT_OFFICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "cert/leavetell.h"
#include "cert/publish.h"
#include "cert/remind.h"

#define NOW_MS INT64_C(1798761600000)	/* 1 January 2027 */
#define DAY CLOCK_DAY_MS
#define BOTH (STORE_CERT_SIGNS | STORE_CERT_ENCRYPTS)
#define MAILS_MAX 4096

#define OK(call) \
	do { \
		if ((call) == -1) \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)

static struct err err;
static char folder[64];
static struct store *store;
static struct arena *a;
static const struct id workspace = { { 7, 7, 7 } };
static unsigned serials;

/* What would have been sent. */
static struct {
	struct str to, subject, text;
} mails[MAILS_MAX];
static size_t n_mails;

static inline int
office_begin(void **state UNUSED)
{
	char path[96];

	(void)snprintf(folder, sizeof(folder), "/dev/shm/ll-office-XXXXXX");
	if (mkdtemp(folder) == NULL) {
		(void)snprintf(folder, sizeof(folder),
		    "/tmp/ll-office-XXXXXX");
		must(mkdtemp(folder) != NULL);
	}
	(void)snprintf(path, sizeof(path), "%s/s.db", folder);
	OK(store_open(path, "test", &store, &err));
	a = arena_new();
	n_mails = 0;
	return (0);
}

static inline int
office_end(void **state UNUSED)
{
	char command[96];

	arena_free(&a);
	store_close(&store);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return (system(command));
}

/* A certificate of somebody that ends so many days from NOW_MS. */
static inline struct store_cert
office_cert(const char *address, int days, int life_days)
{
	unsigned n = ++serials;
	struct store_cert c = { .workspace = workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.source = STORE_CERT_ISSUED, .uses = BOTH,
		.der = STR_LIT("\x30\x00"), .address = str_of(address),
		.subject = str_of(arena_printf(a, "CN=Person %u", n)),
		.issuer = STR_LIT("CN=Our authority"),
		.serial = str_of(arena_printf(a, "%08x", n)),
		.issuer_der = STR_LIT("issuer"),
		.until_ms = NOW_MS + days * DAY,
		.from_ms = NOW_MS + (days - life_days) * DAY,
		.seen_ms = NOW_MS, .last_ms = NOW_MS, .seen_n = 1 };

	c.serial_der = c.serial;
	memcpy(c.key.b, &n, sizeof(n));
	memcpy(c.sha256, &n, sizeof(n));
	return (c);
}

static inline void
office_put(const struct store_cert *c)
{
	OK(store_cert_put(store, c, NULL, &err));
}

static inline enum store_cert_state
office_state(const struct store_cert *c)
{
	struct store_cert got;
	bool found;

	OK(store_cert_get(store, c->sha256, a, &got, &found, &err));
	assert_true(found);
	return (got.state);
}

/* Of an address, in any state. */
static inline size_t
office_count(const char *address, int state)
{
	struct store_cert_query q = { .workspace = workspace, .role = -1,
		.state = state, .address = str_of(address) };
	uint64_t n;

	OK(store_certs_count(store, &q, &n, &err));
	return ((size_t)n);
}

/* remind_config.mail: keep it to be looked at. */
static inline int
office_mail(void *ctx UNUSED, const struct note *n, struct buf *sealed,
    struct store_payload *payload, struct store_item *item,
    struct err *e UNUSED)
{
	AUTO_BUF struct buf text = BUF_INIT(1u << 20);
	struct id id = id_new();

	must(n_mails < MAILS_MAX);
	for (const struct note_block *b = n->first; b != NULL; b = b->next)
		buf_printf(&text, "%.*s|%.*s\n", STR_FMT(b->name),
		    STR_FMT(b->value));
	mails[n_mails].to = arena_str(a, n->to);
	mails[n_mails].subject = arena_str(a, n->subject);
	mails[n_mails++].text = arena_str(a, buf_view(&text));
	note_render(n, sealed);
	*payload = (struct store_payload){ .id = id_new(), .spool = id,
	    .sealed = buf_view(sealed) };
	*item = (struct store_item){ .id = id_new(), .payload = payload->id,
	    .spool = id, .kind = STR_LIT("report"), .recipient = n->to,
	    .route = STR_LIT("us.example"), .created_ms = n->now_ms,
	    .next_ms = n->now_ms, .expires_ms = n->now_ms + DAY };
	return (0);
}

/* The renew_order of an office: the new one lasts ctx days (unsigned). */
static inline int
office_order(void *ctx, const struct store_cert *old,
    struct str common_name UNUSED, int64_t now_ms, struct arena *arena UNUSED,
    enum renew_outcome *out, struct err *e UNUSED)
{
	const unsigned *days = ctx;
	char *address = arena_printf(a, "%.*s", STR_FMT(old->address));
	struct store_cert c = office_cert(address, 0, 0);
	bool same = office_count(address, STORE_CERT_ACTIVE) > 0;

	c.from_ms = now_ms;
	c.until_ms = now_ms + (int64_t)*days * DAY;
	office_put(&c);
	if (same)
		OK(store_cert_set(store, old->sha256, STORE_CERT_REPLACED,
		    STR_LIT("renewed"), NULL, &err));
	*out = RENEW_ISSUED;
	return (0);
}

#endif
