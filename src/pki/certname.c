/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certname: names are taken as they are or not at all.
 *
 * Runs in the gateway and the CLI. Security: a NUL, a blank or a bracket in an
 * address would be read in two ways by two programs, so no name has one.
 * Standards: RFC 5280 4.2.1.6, 4.2.1.13, 4.2.2.1; RFC 9598 3; RFC 8550 3.
 */
#include "pki/certname.h"

#include <openssl/bio.h>

#include "base/enc.h"

struct names {
	struct arena *a;
	struct str list[CERT_ADDRESSES_MAX];
	size_t n;
};

/* ---- texts ------------------------------------------------------------- */

struct range {
	uint32_t from, to;
};

/* Not seen, or turn the text around. */
static const struct range hidden[] = { { 0, 0x1f }, { 0x7f, 0x9f },
	{ 0xad, 0xad }, { 0x61c, 0x61c }, { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xffff }, { 0xe0000, 0x10ffff } };

static bool
is_hidden(uint32_t c)
{
	for (size_t i = 0; i < COUNT_OF(hidden); i++)
		if (c >= hidden[i].from && c <= hidden[i].to)
			return (true);
	return (false);
}

/* Of well-formed UTF-8: the character at the beginning, and its bytes. */
static uint32_t
next_character(struct str s, size_t *len)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t c = p[0];

	*len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*len > 1)
		c &= 0x7fu >> *len;
	for (size_t i = 1; i < *len; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return (c);
}

/* UTF-8 without characters that are not seen or turn the text around; what is
 * no UTF-8 gives an empty text; cut at CERT_TEXT_MAX. */
static struct str
clean(struct str text, struct arena *a)
{
	char *out = arena_alloc(a, MIN_OF(text.len, (size_t)CERT_TEXT_MAX) + 1);
	size_t used = 0, len;

	if (!enc_is_utf8(text))
		return (STR_NULL);
	while (text.len > 0) {
		if (!is_hidden(next_character(text, &len))) {
			if (used + len > CERT_TEXT_MAX)
				break;
			memcpy(out + used, text.p, len);
			used += len;
		}
		text = str_sub(text, len, text.len);
	}
	return (str_make(out, used));
}

struct str
certname_text(const X509_NAME *name, struct arena *a)
{
	/* As RFC 4514, but with blanks, and UTF-8 as it is. */
	const unsigned long flags = (XN_FLAG_RFC2253 & ~XN_FLAG_SEP_MASK &
	    ~(unsigned long)ASN1_STRFLGS_ESC_MSB) | XN_FLAG_SEP_CPLUS_SPC;
	BIO *bio = BIO_new(BIO_s_mem());
	struct str text = STR_NULL;
	char *p;

	must(bio != NULL);
	/* One that says UTF-8 and is none is shown with its bytes escaped. */
	if (X509_NAME_print_ex(bio, name, 0, flags) < 0) {
		(void)BIO_reset(bio);
		(void)X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
	}
	text.len = (size_t)BIO_get_mem_data(bio, &p);
	text.p = p;
	text = clean(text, a);
	BIO_free(bio);
	return (text);
}

/* The last is the most specific one. */
struct str
certname_common(const X509_NAME *name, struct arena *a)
{
	struct str text = STR_NULL;
	unsigned char *utf8 = NULL;
	int at = -1, next = -1, len;

	while ((next = X509_NAME_get_index_by_NID(name, NID_commonName,
	    next)) >= 0)
		at = next;
	if (at < 0)
		return (text);
	len = ASN1_STRING_to_UTF8(&utf8,
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len >= 0)
		text = clean(str_make(utf8, (size_t)len), a);
	OPENSSL_free(utf8);
	return (text);
}

/* ---- addresses --------------------------------------------------------- */

static struct str
text_of(const ASN1_STRING *s)
{
	return (str_make(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s)));
}

/* Letters, digits, hyphens and dots between them: A-labels, too. */
static bool
is_domain(struct str s)
{
	char before = '.';

	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    s.p[i] != '-' && (s.p[i] != '.' || before == '.'))
			return (false);
		before = s.p[i];
	}
	return (s.len > 0 && before != '.');
}

static bool
is_local(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f ||
		    strchr("<>()[]\\,;:\"@", s.p[i]) != NULL)
			return (false);
	return (s.len > 0);
}

static void
add(struct names *names, struct str local, struct str domain)
{
	char *text = arena_printf(names->a, "%.*s@%.*s", STR_FMT(local),
	    STR_FMT(domain));

	for (char *p = text + local.len; *p != '\0'; p++)
		*p = ascii_lower(*p);
	for (size_t i = 0; i < names->n; i++)
		if (str_eq_nocase(names->list[i], str_of(text)))
			return;
	if (names->n < CERT_ADDRESSES_MAX)
		names->list[names->n++] = str_of(text);
}

static void
add_address(struct names *names, struct str name)
{
	ptrdiff_t at = str_rindex(name, '@');
	struct str domain = str_sub(name, (size_t)(at + 1), name.len);
	struct str local = str_sub(name, 0, at < 0 ? 0 : (size_t)at);

	if (name.len <= CERT_ADDRESS_MAX && is_domain(domain) &&
	    (at < 0 || is_local(local)))
		add(names, local, domain);
}

static void
add_internet_name(struct names *names, const ASN1_STRING *s)
{
	if (enc_is_ascii(text_of(s)))
		add_address(names, text_of(s));
}

/* RFC 9598 3: the local part is not ASCII, the domain is in A-labels. What
 * could be an rfc822Name must be one, or it would slip through constraints. */
static void
add_utf8_name(struct names *names, const ASN1_TYPE *value)
{
	struct str text;

	if (ASN1_TYPE_get(value) != V_ASN1_UTF8STRING)
		return;
	text = text_of(value->value.utf8string);
	if (!enc_is_ascii(text) && enc_is_utf8(text) &&
	    str_index(text, '@') > 0)
		add_address(names, text);
}

static bool
add_alternatives(const GENERAL_NAMES *list, struct names *names)
{
	bool has = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(list, i);

		if (g->type == GEN_EMAIL) {
			add_internet_name(names, g->d.rfc822Name);
			has = true;
		} else if (g->type == GEN_OTHERNAME && OBJ_obj2nid(
		    g->d.otherName->type_id) == NID_id_on_SmtpUTF8Mailbox) {
			add_utf8_name(names, g->d.otherName->value);
			has = true;
		}
	}
	return (has);
}

/* Also where the extension is malformed: then the subject is not asked. */
static bool
add_extension(X509 *x, struct names *names)
{
	int critical = -1;
	GENERAL_NAMES *list = X509_get_ext_d2i(x, NID_subject_alt_name,
	    &critical, NULL);
	/* -1: there is no such extension. */
	bool has = list == NULL ? critical != -1 :
	    add_alternatives(list, names);

	GENERAL_NAMES_free(list);
	return (has);
}

static void
add_subject(X509 *x, struct names *names)
{
	const X509_NAME *name = X509_get_subject_name(x);
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(name, NID_pkcs9_emailAddress,
	    at)) >= 0) {
		const ASN1_STRING *s = X509_NAME_ENTRY_get_data(
		    X509_NAME_get_entry(name, at));

		/* The only type that name constraints are checked for. */
		if (ASN1_STRING_type(s) == V_ASN1_IA5STRING)
			add_internet_name(names, s);
	}
}

static void
take_names(const struct names *names, struct str **out, size_t *n)
{
	*out = arena_array(names->a, names->n, sizeof(**out));
	if (names->n > 0)
		memcpy(*out, names->list, names->n * sizeof(**out));
	*n = names->n;
}

void
certname_addresses(X509 *x, struct arena *a, struct str **out, size_t *n)
{
	struct names names = { .a = a };

	if (!add_extension(x, &names))
		add_subject(x, &names);
	take_names(&names, out, n);
}

bool
certname_alternatives(const GENERAL_NAMES *list, struct arena *a,
    struct str **out, size_t *n)
{
	struct names names = { .a = a };
	bool has = add_alternatives(list, &names);

	take_names(&names, out, n);
	return (has);
}

/* Local parts that stand for a whole domain; RFC 3183 3 has the first two. */
static const char *const gateways[] = { "domain-signing-authority",
	"domain-confidentiality-authority", "smime-gateway" };

static bool
is_of_domain(struct str name, struct str domain)
{
	ptrdiff_t at = str_rindex(name, '@');
	struct str local = str_sub(name, 0, (size_t)MAX_OF(at, 0));

	if (at < 0 || !str_eq_nocase(str_sub(name, (size_t)at + 1, name.len),
	    domain))
		return (false);
	for (size_t i = 0; i < COUNT_OF(gateways); i++)
		if (str_eq_nocase(local, str_of(gateways[i])))
			return (true);
	return (local.len == 0);
}

bool
cert_has_address(const struct cert *c, struct str address, bool by_domain)
{
	ptrdiff_t at = str_rindex(address, '@');
	struct str domain = str_sub(address, (size_t)(at + 1), address.len);

	if (at <= 0 || domain.len == 0)
		return (false);
	for (size_t i = 0; i < c->n_addresses; i++)
		if (str_eq_nocase(c->addresses[i], address) ||
		    (by_domain && is_of_domain(c->addresses[i], domain)))
			return (true);
	return (false);
}

/* ---- where to ask ------------------------------------------------------ */

static struct str
web_url(const GENERAL_NAME *g)
{
	struct str url;

	if (g->type != GEN_URI)
		return (STR_NULL);
	url = text_of(g->d.uniformResourceIdentifier);
	for (size_t i = 0; i < url.len; i++)
		if (url.p[i] <= ' ' || url.p[i] == 0x7f)
			return (STR_NULL);
	if (url.len > CERT_URL_MAX ||
	    (!str_starts_nocase(url, STR_LIT("http://")) &&
	    !str_starts_nocase(url, STR_LIT("https://"))))
		return (STR_NULL);
	return (url);
}

/* Of a distribution point that stands for all reasons and is the issuer's own:
 * its first URL of http or https, or empty; borrowed. */
static struct str
crl_url(const DIST_POINT *point)
{
	struct str url = STR_NULL;
	const GENERAL_NAMES *names;

	if (point->distpoint == NULL || point->distpoint->type != 0 ||
	    point->reasons != NULL || point->CRLissuer != NULL)
		return (url);
	names = point->distpoint->name.fullname;
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && url.len == 0; i++)
		url = web_url(sk_GENERAL_NAME_value(names, i));
	return (url);
}

void
certname_urls(X509 *x, struct arena *a, struct cert *c)
{
	AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(x, NID_info_access,
	    NULL, NULL);
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x,
	    NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++) {
		const ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(
		    access, i);
		struct str url = web_url(d->location);
		int method = OBJ_obj2nid(d->method);

		if (method == NID_ad_OCSP && c->ocsp_url.len == 0)
			c->ocsp_url = arena_str(a, url);
		if (method == NID_ad_ca_issuers && c->issuers_url.len == 0)
			c->issuers_url = arena_str(a, url);
	}
	for (int i = 0; i < sk_DIST_POINT_num(points) &&
	    c->crl_url.len == 0; i++)
		c->crl_url = arena_str(a, crl_url(
		    sk_DIST_POINT_value(points, i)));
	AUTHORITY_INFO_ACCESS_free(access);
	CRL_DIST_POINTS_free(points);
}
