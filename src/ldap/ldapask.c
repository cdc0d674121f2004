/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldapask: searching a directory, and changing an entry.
 *
 * Runs in the gateway and the CLI. Security: the server may answer more than it
 * was asked: entries and values are counted, attributes compared.
 * Standards: RFC 4511 4.5 and 4.6, RFC 4515 3, RFC 4522 (;binary).
 */
#include <strings.h>

#include "base/clock.h"
#include "ldap/ldapconnection.h"

#define BINARY ";binary"

void
ldap_escape(struct str value, struct buf *out)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = (uint8_t)value.p[i];

		if (c < ' ' || c >= 127 || strchr("*()\\", c) != NULL)
			buf_printf(out, "\\%02x", c);
		else
			buf_char(out, (char)c);
	}
}

/* ---- reading entries --------------------------------------------------- */

static struct str
plain_name(struct str name)
{
	if (str_ends_nocase(name, STR_LIT(BINARY)))
		name.len -= sizeof(BINARY) - 1;
	return (name);
}

/* The attribute as it was asked for; NULL: it was not. */
static const char *
asked_for(const struct ldap_search *s, const char *name)
{
	for (size_t i = 0; i < s->n_attributes; i++)
		if (str_eq_nocase(plain_name(str_of(name)),
		    plain_name(str_of(s->attributes[i]))))
			return (s->attributes[i]);
	return (NULL);
}

static void
take_values(LDAP *h, LDAPMessage *m, const char *name, struct str attribute,
    struct arena *a, struct ldap_entry *out)
{
	struct berval **values = ldap_get_values_len(h, m, name);

	for (size_t i = 0; values != NULL && values[i] != NULL &&
	    out->n < LDAP_VALUES_MAX; i++)
		out->values[out->n++] = (struct ldap_value){ attribute,
			arena_str(a, str_make(values[i]->bv_val,
			values[i]->bv_len)) };
	ldap_value_free_len(values);
}

static void
take_entry(LDAP *h, LDAPMessage *m, const struct ldap_search *s,
    struct arena *a, struct ldap_entry *out)
{
	BerElement *at = NULL;
	char *dn = ldap_get_dn(h, m);
	char *name = ldap_first_attribute(h, m, &at);

	*out = (struct ldap_entry){
		.dn = arena_str(a, str_of(dn != NULL ? dn : "")),
		.values = arena_array(a, LDAP_VALUES_MAX,
		    sizeof(*out->values)) };
	ldap_memfree(dn);
	while (name != NULL) {
		const char *asked = asked_for(s, name);

		if (asked != NULL)
			take_values(h, m, name, plain_name(str_of(asked)), a,
			    out);
		ldap_memfree(name);
		name = ldap_next_attribute(h, m, at);
	}
	ber_free(at, 0);
}

/* ---- searching --------------------------------------------------------- */

static int
start(struct ldap_directory *d, const struct ldap_search *s,
    int64_t deadline_ms, struct arena *a, int *operation, struct err *err)
{
	char **names = arena_array(a, s->n_attributes + 2, sizeof(*names));
	int64_t left_ms = MAX_OF(deadline_ms - clock_mono_ms(), (int64_t)1000);
	struct timeval left = { .tv_sec = left_ms / 1000 };
	int rc;

	for (size_t i = 0; i < s->n_attributes; i++)
		names[i] = arena_printf(a, "%s", s->attributes[i]);
	if (s->n_attributes == 0)
		names[0] = arena_printf(a, "%s", LDAP_NO_ATTRS);
	rc = ldap_search_ext(d->handle, s->base, LDAP_SCOPE_SUBTREE,
	    s->filter, names, 0, NULL, NULL, &left, (int)s->max, operation);
	if (rc != LDAP_SUCCESS)
		return (ldap_code_err(d, rc, "searching", err));
	return (0);
}

/* Take one message. 1: there are more, 0: that was the last. */
static int
take_message(struct ldap_directory *d, LDAPMessage *m,
    const struct ldap_search *s, struct arena *a, struct ldap_entry *list,
    size_t *n, struct err *err)
{
	int code = LDAP_SUCCESS, rc;

	switch (ldap_msgtype(m)) {
	case LDAP_RES_SEARCH_ENTRY:
		if (*n == s->max)
			return (err_set(err, ERR_LIMIT, "the directory %s: "
			    "more than %zu entries", d->url, s->max));
		take_entry(d->handle, m, s, a, &list[(*n)++]);
		return (1);
	case LDAP_RES_SEARCH_RESULT:
		rc = ldap_parse_result(d->handle, m, &code, NULL, NULL, NULL,
		    NULL, 0);
		if (rc != LDAP_SUCCESS || code != LDAP_SUCCESS)
			return (ldap_code_err(d, rc != LDAP_SUCCESS ? rc :
			    code, "searching", err));
		return (0);
	default:	/* a referral: it is not followed */
		return (1);
	}
}

int
ldap_directory_search(struct ldap_directory *d,
    const struct ldap_search *search, int64_t deadline_ms, struct arena *a,
    struct ldap_entry **out, size_t *n, struct err *err)
{
	struct ldap_entry *list;
	size_t found = 0;
	int operation, rc;

	must(search->max > 0 && search->max <= LDAP_ENTRIES_MAX);
	list = arena_array(a, search->max, sizeof(*list));
	if (start(d, search, deadline_ms, a, &operation, err) == -1)
		return (-1);
	do {
		LDAPMessage *m = ldap_next(d, operation, deadline_ms, err);

		if (m == NULL)
			return (-1);
		rc = take_message(d, m, search, a, list, &found, err);
		(void)ldap_msgfree(m);
	} while (rc == 1);
	if (rc == -1) {
		(void)ldap_abandon_ext(d->handle, operation, NULL, NULL);
		return (-1);
	}
	*out = list;
	*n = found;
	return (0);
}

/* ---- changing ---------------------------------------------------------- */

int
ldap_directory_replace(struct ldap_directory *d, const char *dn,
    const char *attribute, const struct str *values, size_t n,
    int64_t deadline_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct berval *room = arena_array(a, n + 1, sizeof(*room));
	struct berval **list = arena_array(a, n + 1, sizeof(*list));
	LDAPMod change = { .mod_op = LDAP_MOD_REPLACE | LDAP_MOD_BVALUES,
		.mod_type = arena_printf(a, "%s", attribute) };
	LDAPMod *changes[] = { &change, NULL };
	int operation, rc;

	for (size_t i = 0; i < n; i++) {
		room[i].bv_val = arena_alloc(a, values[i].len + 1);
		memcpy(room[i].bv_val, values[i].p, values[i].len);
		room[i].bv_len = values[i].len;
		list[i] = &room[i];
	}
	change.mod_bvalues = list;
	rc = ldap_modify_ext(d->handle, dn, changes, NULL, NULL, &operation);
	if (rc != LDAP_SUCCESS)
		return (ldap_code_err(d, rc, "changing an entry", err));
	return (ldap_wait(d, operation, "changing an entry", deadline_ms,
	    err));
}
