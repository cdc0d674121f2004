/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkimverify: who signed a message in a file, and is it as they signed it?
 *
 * Runs in the CLI. Security: parses a message and records of strangers.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/sys.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/mailsource.h"
#include "cli/table.h"
#include "dkim/arc.h"
#include "net/dns.h"

#define MESSAGE_MAX ((size_t)256 << 20)
#define KEYS_MAX (1u << 20)

/* Where the keys come from: the DNS, or the text of a file. */
struct key_source {
	struct dns *dns;
	struct buf text;
};

static int
ask_dns(void *ctx, struct str name, struct arena *a, struct str **texts,
    size_t *n, struct err *err)
{
	struct key_source *s = ctx;

	return (dns_txt(s->dns, name, a, texts, n, err));
}

/* Lines "name text". */
static int
ask_file(void *ctx, struct str name, struct arena *a, struct str **texts,
    size_t *n, struct err *err)
{
	struct key_source *s = ctx;
	struct str rest = buf_view(&s->text), line, word;

	(void)err;
	*texts = arena_array(a, VERIFY_RECORDS_MAX, sizeof(**texts));
	*n = 0;
	while (str_next(&rest, '\n', &line) && *n < VERIFY_RECORDS_MAX)
		if (str_next(&line, ' ', &word) && line.p != NULL &&
		    str_eq_nocase(word, name))
			(*texts)[(*n)++] = str_trim(line);
	return (0);
}

static int
open_source(const struct invocation *in, struct key_source *s,
    struct verify_resolver *resolver, struct err *err)
{
	const char *keys = command_value(in, "keys");
	struct installation *installation = NULL;
	struct dns_config config = { NULL, NULL };
	int rc;

	*resolver = (struct verify_resolver){ s, ask_file };
	if (keys != NULL)
		return (sys_read_file(keys, &s->text, err));
	resolver->txt = ask_dns;
	/* It also works where there is no installation. */
	if (installation_settings(in->config, &installation, NULL) == 0) {
		config.resolver = installation->settings->delivery.resolver;
		config.trust_anchor =
		    installation->settings->delivery.trust_anchor;
	}
	rc = dns_new(&config, &s->dns, err);
	installation_close(&installation);
	return (rc);
}

static int
read_message(const char *path, struct buf *out, struct arena *a,
    struct err *err)
{
	struct mailsource *source;
	struct str from;
	int rc;

	if (mailsource_open(path, &source, err) == -1)
		return (-1);
	rc = mailsource_next(source, out, &from, a, err);
	mailsource_close(&source);
	if (rc == 0)
		return (err_set(err, ERR_INPUT, "%s holds no message", path));
	return (rc == 1 ? buf_check(out, path, err) : -1);
}

static void
add_row(struct table *t, const char *what, enum dkim_result result,
    struct str domain, struct str selector, const char *algorithm,
    const char *reason)
{
	table_text(t, str_of(what));
	table_text(t, str_of(dkim_result_name(result)));
	table_text(t, domain);
	table_text(t, selector);
	table_text(t, str_of(algorithm));
	table_text(t, str_of(reason != NULL ? reason : ""));
	table_end_row(t);
}

/* True: a signature holds. */
static bool
show(const struct invocation *in, const struct fields *f,
    const struct verify_resolver *resolver, struct arena *a)
{
	static const struct table_column columns[] = { { "what", "WHAT" },
		{ "result", "RESULT" }, { "domain", "DOMAIN" },
		{ "selector", "SELECTOR" }, { "algorithm", "ALGORITHM" },
		{ "reason", "WHY" } };
	struct table *t = table_new(columns, COUNT_OF(columns), in->json);
	struct verify_verdict *v;
	struct arc_chain chain;
	bool is_good = false;
	size_t n;

	verify_message(f, resolver, clock_wall_ms(), a, &v, &n);
	for (size_t i = 0; i < n; i++) {
		add_row(t, "DKIM", v[i].result, v[i].domain, v[i].selector,
		    v[i].has_algorithm ? dkim_algorithm_name(v[i].algorithm) :
		    "", v[i].reason);
		is_good = is_good || v[i].result == DKIM_PASS;
	}
	arc_verify(f, resolver, clock_wall_ms(), a, &chain);
	if (chain.cv != DKIM_NONE)
		add_row(t, "ARC", chain.cv, chain.domain, STR_NULL, "",
		    chain.reason);
	table_print(&t, "The message is not signed.");
	return (is_good);
}

int
dkim_verify_run(const struct invocation *in)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf mail = BUF_INIT(MESSAGE_MAX);
	struct key_source source = { .text = BUF_INIT(KEYS_MAX) };
	struct verify_resolver resolver;
	struct err err = ERR_INIT;
	struct fields f;
	bool is_good = false;

	if (open_source(in, &source, &resolver, &err) == 0 &&
	    read_message(in->args[0], &mail, a, &err) == 0 &&
	    fields_parse(buf_view(&mail), a, &f, &err) == 0)
		is_good = show(in, &f, &resolver, a);
	dns_free(&source.dns);
	buf_done(&source.text);
	if (err.kind != ERR_NONE)
		return (command_fail(&err));
	return (is_good ? EX_OK : EX_DATAERR);
}
