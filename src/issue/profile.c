/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile: how certificates are made, as JSON.
 *
 * Runs in the gateway and the CLI. Security: written by ourselves; what it
 * says goes into certificates, so it is checked again.
 */
#include <jansson.h>

#include "base/enc.h"
#include "issue/authority.h"
#include "issue/certmake.h"

void
authority_profile_write(const struct authority_profile *p, struct buf *out)
{
	buf_printf(out, "{\"kind\":\"%s\",\"days\":%u,\"in_token\":%s,"
	    "\"organisation\":", mailkey_kind_name(p->kind), p->days,
	    p->in_token ? "true" : "false");
	enc_json(p->organisation, out);
	buf_z(out, ",\"base_url\":");
	enc_json(p->base_url, out);
	buf_z(out, ",\"policy\":");
	enc_json(p->policy, out);
	buf_z(out, ",\"domains\":[");
	for (size_t i = 0; i < p->n_domains; i++) {
		buf_z(out, i > 0 ? "," : "");
		enc_json(p->domains[i], out);
	}
	buf_z(out, "]}");
}

static struct str
text_of(const json_t *o, const char *key, struct arena *a)
{
	const json_t *v = json_object_get(o, key);

	return (json_is_string(v) ? arena_str(a, str_make(json_string_value(v),
	    json_string_length(v))) : STR_NULL);
}

static void
take_domains(const json_t *list, struct arena *a, struct authority_profile *p)
{
	size_t n = MIN_OF(json_array_size(list),
	    (size_t)CERTMAKE_DOMAINS_MAX);
	struct str *domains = arena_array(a, n + 1, sizeof(*domains));

	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);

		domains[i] = arena_str(a, str_of(json_is_string(v) ?
		    json_string_value(v) : ""));
	}
	p->domains = domains;
	p->n_domains = n;
}

static bool
is_sound(int kind, json_int_t days, const struct authority_profile *p)
{
	for (size_t i = 0; i < p->n_domains; i++)
		if (p->domains[i].len == 0)
			return (false);
	return (kind >= 0 && days > 0 && days <= AUTHORITY_DAYS_MAX &&
	    certmake_is_url(p->base_url) &&
	    (p->policy.len == 0 || certmake_is_oid(p->policy)));
}

int
authority_profile_read(struct str json, struct arena *a,
    struct authority_profile *out, struct err *err)
{
	json_t *o = json_loadb(json.p, json.len, JSON_REJECT_DUPLICATES, NULL);
	struct authority_profile p = {
		.organisation = text_of(o, "organisation", a),
		.base_url = text_of(o, "base_url", a),
		.policy = text_of(o, "policy", a) };
	json_int_t days = json_integer_value(json_object_get(o, "days"));
	int kind = mailkey_kind_of(text_of(o, "kind", a));

	take_domains(json_object_get(o, "domains"), a, &p);
	p.in_token = json_is_true(json_object_get(o, "in_token"));
	json_decref(o);
	if (!is_sound(kind, days, &p))
		return (err_set(err, ERR_PERM, "the authority's profile in "
		    "the store is not usable"));
	p.kind = (enum mailkey_kind)kind;
	p.days = (unsigned)days;
	*out = p;
	return (0);
}
