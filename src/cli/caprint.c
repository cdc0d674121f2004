/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caprint: facts as JSON, and JSON as lines for people, so that a process
 * apart hands over one text for both.
 *
 * Runs in the CLI. Security: nothing secret comes here.
 */
#include "cli/caprint.h"

#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "pki/cert.h"

#define WARN_CRL_MS (60 * CLOCK_DAY_MS)
#define PEM_MAX (1u << 20)

static void
put_time(const char *key, int64_t wall_ms, struct buf *out)
{
	char text[CLOCK_RFC3339_SIZE];

	clock_rfc3339(wall_ms, text);
	buf_printf(out, ",\"%s\":\"%s\"", key, text);
}

static void
put_cert(const char *key, const struct store_cert *c, struct buf *out)
{
	char hash[2 * STORE_HASH_BYTES + 1];

	enc_hex(c->sha256, sizeof(c->sha256), hash);
	buf_printf(out, ",\"%s\":{\"subject\":", key);
	enc_json(c->subject, out);
	buf_printf(out, ",\"serial\":\"%.*s\",\"sha256\":\"%s\"",
	    STR_FMT(c->serial), hash);
	put_time("from", c->from_ms, out);
	put_time("until", c->until_ms, out);
	buf_char(out, '}');
}

/* What somebody has to do, in words; or NULL. */
static const char *
warning(const struct authority_facts *f, int64_t now_ms)
{
	int64_t need_ms = f->profile.days * CLOCK_DAY_MS;

	if (f->issuer.until_ms <= now_ms)
		return ("the issuer's certificate has expired");
	if (f->is_root_offline && f->issuer.until_ms - now_ms < need_ms)
		return ("the issuer's certificate ends before those it would "
		    "issue now: letterlock ca renew --root-key FILE");
	if (f->root_crl_next_ms - now_ms < WARN_CRL_MS)
		return (f->is_root_offline ? "the root's list has to be "
		    "renewed: letterlock ca renew --root-key FILE" :
		    "the root's list is late: is letterlock running?");
	if (f->crl_next_ms <= now_ms)
		return ("the issuer's list is late: is letterlock running?");
	return (NULL);
}

static void
put_url(const char *key, const struct authority_facts *f, const char *file,
    const char *ending, struct arena *a, struct buf *out)
{
	buf_printf(out, ",\"%s\":", key);
	enc_json(str_of(arena_printf(a, "%.*s/pki/%s.%s",
	    STR_FMT(f->profile.base_url), file, ending)), out);
}

void
caprint_facts(const struct authority_facts *f, int64_t now_ms,
    struct arena *a, struct buf *out)
{
	const char *todo = warning(f, now_ms);

	buf_z(out, "{\"name\":");
	enc_json(f->name, out);
	buf_printf(out, ",\"offline_root\":%s", f->is_root_offline ? "true" :
	    "false");
	put_cert("root", &f->root, out);
	put_cert("issuer", &f->issuer, out);
	put_cert("responder", &f->responder, out);
	buf_z(out, ",\"profile\":");
	authority_profile_write(&f->profile, out);
	buf_printf(out, ",\"crl_number\":%lld", (long long)f->crl_number);
	put_time("crl_next", f->crl_next_ms, out);
	put_time("root_crl_next", f->root_crl_next_ms, out);
	put_url("crl_url", f, f->issuer_file, "crl", a, out);
	put_url("issuer_url", f, f->issuer_file, "crt", a, out);
	put_url("root_url", f, f->root_file, "crt", a, out);
	put_url("root_crl_url", f, f->root_file, "crl", a, out);
	buf_z(out, ",\"ocsp_url\":");
	enc_json(str_of(arena_printf(a, "%.*s/ocsp",
	    STR_FMT(f->profile.base_url))), out);
	if (todo != NULL) {
		buf_z(out, ",\"warning\":");
		enc_json(str_of(todo), out);
	}
	buf_z(out, "}\n");
}

/* ---- words ------------------------------------------------------------ */

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return (s != NULL ? s : "");
}

/* "2026-11-25" of an RFC 3339 time. */
static void
line(const char *title, const json_t *o, const char *key)
{
	const json_t *c = json_object_get(o, key);

	(void)printf("  %-11s %s\n  %-11s valid until %.10s, SHA-256 %s\n",
	    title, text(c, "subject"), "", text(c, "until"),
	    text(c, "sha256"));
}

static void
print_profile(const json_t *o)
{
	const json_t *p = json_object_get(o, "profile"), *domain;
	const json_t *domains = json_object_get(p, "domains");
	size_t i;

	(void)printf("  %-11s %s keys, %lld days", "Users",
	    text(p, "kind"), (long long)json_integer_value(
	    json_object_get(p, "days")));
	json_array_foreach(domains, i, domain)
		(void)printf("%s%s", i == 0 ? ", only of " : ", ",
		    json_string_value(domain));
	(void)printf("\n");
}

void
caprint(const struct invocation *in, struct str json)
{
	json_t *o;

	if (in->json) {
		(void)printf("%.*s", STR_FMT(json));
		return;
	}
	o = json_loadb(json.p, json.len, 0, NULL);
	must(o != NULL);
	(void)printf("%s\n", text(o, "name"));
	line("Root", o, "root");
	(void)printf("  %-11s its key is %s\n", "", json_is_true(
	    json_object_get(o, "offline_root")) ? "offline" :
	    "in the keeper");
	line("Issuer", o, "issuer");
	print_profile(o);
	(void)printf("  %-11s %s\n  %-11s number %lld, the next before %.10s\n",
	    "CRL", text(o, "crl_url"), "", (long long)json_integer_value(
	    json_object_get(o, "crl_number")), text(o, "crl_next"));
	(void)printf("  %-11s %s\n  %-11s the next before %.10s\n",
	    "Root's CRL", text(o, "root_crl_url"), "",
	    text(o, "root_crl_next"));
	(void)printf("  %-11s %s\n", "OCSP", text(o, "ocsp_url"));
	if (json_object_get(o, "warning") != NULL)
		(void)fprintf(stderr, "letterlock: %s\n",
		    text(o, "warning"));
	json_decref(o);
}

int
caprint_pem(const struct authority_facts *f, const char *which)
{
	AUTO_BUF struct buf out = BUF_INIT(PEM_MAX);
	bool is_chain = strcmp(which, "chain") == 0;

	if (is_chain || strcmp(which, "issuer") == 0)
		cert_pem(f->issuer.der, &out);
	if (is_chain || strcmp(which, "root") == 0)
		cert_pem(f->root.der, &out);
	if (out.len == 0)
		return (command_usage("--pem is root, issuer or chain"));
	(void)printf("%s", buf_cstr(&out));
	return (EX_OK);
}
