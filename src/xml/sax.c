/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sax: expat, with everything that makes XML dangerous switched off.
 *
 * Runs in the scanner's workers. Security: reads what anybody sent. A DOCTYPE
 * ends the reading before an entity can be declared, the whole text goes in
 * at once (feeding a long token in pieces takes quadratic time in older
 * versions of expat), depth is counted here.
 * Standards: XML 1.0.
 */
#include "xml/sax.h"

#include <expat.h>
#include <limits.h>

struct sax {
	XML_Parser parser;
	const struct sax_calls *calls;
	void *ctx;
	unsigned depth;
	bool has_doctype;
	bool is_too_deep;
};

static struct str
local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return (str_of(colon != NULL ? colon + 1 : name));
}

static void XMLCALL
on_doctype(void *p, const XML_Char *name UNUSED, const XML_Char *sysid UNUSED,
    const XML_Char *pubid UNUSED, int has_subset UNUSED)
{
	struct sax *s = p;

	s->has_doctype = true;
	(void)XML_StopParser(s->parser, XML_FALSE);
}

static void XMLCALL
on_start(void *p, const XML_Char *name, const XML_Char **attributes)
{
	struct sax *s = p;

	if (s->has_doctype || s->is_too_deep)
		return;
	if (++s->depth > SAX_MAX_DEPTH) {
		s->is_too_deep = true;
		(void)XML_StopParser(s->parser, XML_FALSE);
		return;
	}
	if (s->calls->start != NULL)
		s->calls->start(s->ctx, local_name(name),
		    (const char *const *)attributes);
}

static void XMLCALL
on_end(void *p, const XML_Char *name)
{
	struct sax *s = p;

	/* An empty element's end still comes after its start stopped us. */
	if (s->has_doctype || s->is_too_deep)
		return;
	s->depth--;
	if (s->calls->end != NULL)
		s->calls->end(s->ctx, local_name(name));
}

static void XMLCALL
on_text(void *p, const XML_Char *text, int len)
{
	struct sax *s = p;

	if (s->calls->text != NULL && !s->has_doctype && !s->is_too_deep)
		s->calls->text(s->ctx, str_make(text, (size_t)len));
}

static int
explain(const struct sax *s, struct err *err)
{
	if (s->has_doctype)
		return (err_set(err, ERR_DENIED, "it has a DOCTYPE"));
	if (s->is_too_deep)
		return (err_set(err, ERR_LIMIT, "more than %d elements deep",
		    SAX_MAX_DEPTH));
	return (err_set(err, ERR_INPUT, "line %lu: %s",
	    (unsigned long)XML_GetCurrentLineNumber(s->parser),
	    XML_ErrorString(XML_GetErrorCode(s->parser))));
}

int
sax_read(struct str xml, const struct sax_calls *calls, void *ctx,
    struct err *err)
{
	struct sax s = { .calls = calls, .ctx = ctx };
	int rc = 0;

	if (xml.len > INT_MAX)
		return (err_set(err, ERR_LIMIT, "larger than 2 GiB"));
	s.parser = XML_ParserCreate(NULL);
	must(s.parser != NULL);
	XML_SetUserData(s.parser, &s);
	XML_SetElementHandler(s.parser, on_start, on_end);
	XML_SetCharacterDataHandler(s.parser, on_text);
	XML_SetStartDoctypeDeclHandler(s.parser, on_doctype);
	if (XML_Parse(s.parser, xml.p, (int)xml.len, XML_TRUE) !=
	    XML_STATUS_OK)
		rc = explain(&s, err);
	XML_ParserFree(s.parser);
	return (rc);
}

bool
sax_attribute_at(const char *const *attributes, size_t i, struct str *name,
    struct str *value)
{
	/* Walks: the list is short, and ended by NULL. */
	for (size_t at = 0; at <= i; at++)
		if (at >= SAX_MAX_ATTRIBUTES || attributes[2 * at] == NULL)
			return (false);
	*name = local_name(attributes[2 * i]);
	*value = str_of(attributes[2 * i + 1]);
	return (true);
}

struct str
sax_attribute(const char *const *attributes, const char *name)
{
	for (size_t i = 0; i < SAX_MAX_ATTRIBUTES &&
	    attributes[2 * i] != NULL; i++)
		if (str_eq(local_name(attributes[2 * i]), str_of(name)))
			return (str_of(attributes[2 * i + 1]));
	return (STR_NULL);
}
