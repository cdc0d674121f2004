/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkim_dump: sign messages, for other people's verifiers.
 *
 *	dkim_dump FOLDER FILE...
 *
 * Writes FOLDER/keys (lines: name, blank, record), and for each FILE (CRLF line
 * ends) FOLDER/N.dkim, signed by fresh keys of sign.example, FOLDER/N.arc, the
 * same with two links of a chain in front, and FOLDER/N.bad, signed and then
 * changed. A message that cannot be signed has none of them; why is on stdout.
 */
#include <stdio.h>

#include "../unit/dkim/zone.h"
#include "base/clock.h"
#include "base/sys.h"
#include "dkim/results.h"

#define MAIL_MAX ((size_t)64 << 20)
#define DOMAIN "sign.example"

static struct zone_keys keys;
static struct zone zone;

static void
put_file(const char *folder, int n, const char *kind, struct str one,
    struct str two)
{
	AUTO_BUF struct buf all = BUF_INIT(2 * MAIL_MAX);
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%d.%s", folder, n, kind);
	buf_str(&all, one);
	buf_str(&all, two);
	must(sys_write_file(path, buf_view(&all), 0644, NULL) == 0);
}

/* One more link in front of a message, made of what is found out about it. */
static struct str
seal(struct str mail, struct arena *a)
{
	struct sign_signer signer = zone_signer(&keys, DOMAIN);
	struct verify_resolver resolver = { &zone, zone_txt };
	AUTO_BUF struct buf text = BUF_INIT(RESULTS_MAX);
	struct verify_verdict *v;
	struct arc_chain chain;
	struct fields f;
	struct str link;
	struct err err = ERR_INIT;
	size_t n;

	must(fields_parse(mail, a, &f, NULL) == 0);
	verify_message(&f, &resolver, clock_wall_ms(), a, &v, &n);
	arc_verify(&f, &resolver, clock_wall_ms(), a, &chain);
	results_text(v, n, &chain, &text);
	if (arc_seal(&f, &chain, STR_LIT("mx." DOMAIN), buf_view(&text),
	    &signer, clock_wall_ms(), a, &link, &err) == -1)
		return (STR_NULL);
	return (str_of(arena_printf(a, "%.*s%.*s", STR_FMT(link),
	    STR_FMT(mail))));
}

static void
put_arc(const char *folder, int n, struct str mail, struct arena *a)
{
	struct str once = seal(mail, a), twice;

	if (once.p == NULL)
		return;
	twice = seal(once, a);
	if (twice.p != NULL)
		put_file(folder, n, "arc", twice, STR_NULL);
}

static void
one(const char *folder, int n, const char *path)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf mail = BUF_INIT(MAIL_MAX);
	struct sign_signer signer = zone_signer(&keys, DOMAIN);
	struct err err = ERR_INIT;
	struct fields f;
	struct str made;

	must(sys_read_file(path, &mail, &err) == 0);
	if (fields_parse(buf_view(&mail), a, &f, &err) == -1 ||
	    sign_message(&f, &signer, clock_wall_ms(), a, &made, &err) ==
	    -1) {
		(void)printf("%d %s\n", n, err.msg);
		return;
	}
	put_file(folder, n, "dkim", made, buf_view(&mail));
	put_arc(folder, n, str_of(arena_printf(a, "%.*s%.*s", STR_FMT(made),
	    STR_FMT(buf_view(&mail)))), a);
	/* A word more in the body. */
	buf_z(&mail, "more\r\n");
	put_file(folder, n, "bad", made, buf_view(&mail));
}

int
main(int argc, char **argv)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf text = BUF_INIT(1u << 16);
	char path[4096];

	must(argc > 2);
	zone_make_keys(&keys);
	zone_publish(&zone, &keys, DOMAIN, a);
	for (size_t i = 0; i < zone.n; i++)
		buf_printf(&text, "%s %s\n", zone.record[i].name,
		    zone.record[i].text);
	(void)snprintf(path, sizeof(path), "%s/keys", argv[1]);
	must(sys_write_file(path, buf_view(&text), 0644, NULL) == 0);
	for (int i = 2; i < argc; i++)
		one(argv[1], i - 2, argv[i]);
	zone_free_keys(&keys);
	return (0);
}
