/* SPDX-License-Identifier: Apache-2.0 */
/*
 * properties: what a document says about itself: title and author, custom
 * properties, sensitivity labels.
 *
 * Runs in the scanner's workers. Security: values are the sender's word, cut
 * to a limit. Labels of docMetadata/LabelInfo.xml get the names they have in
 * custom properties, so that a rule needs one name.
 * Standards: ECMA-376 part 2 11, part 1 15.2.12; MS-OFFCRYPTO 2.6; ODF 1.3
 * part 3 4.3.
 */
#include "extract/package.h"

#include "extract/plain.h"
#include "xml/sax.h"

#define NAME_MAX_BYTES 255

struct reader {
	const struct source *s;
	struct buf name;	/* of the property being read */
	struct buf value;
	unsigned depth;
};

static const struct {
	const char *element;
	const char *name;
} core_names[] = {
	{ "title", "Title" }, { "subject", "Subject" },
	{ "creator", "Author" }, { "keywords", "Keywords" },
	{ "description", "Comments" }, { "category", "Category" },
	{ "contentStatus", "Content status" }, { "Company", "Company" },
	{ "Manager", "Manager" }, { "lastModifiedBy", "Last author" },
	{ "Application", "Application" }, { "Template", "Template" },
	{ "initial-creator", "Author" }, { "keyword", "Keywords" },
	{ "language", "Language" }, { "identifier", "Identifier" },
	{ "HyperlinkBase", "Hyperlink base" },
};

static void
begin(struct reader *r, struct str name)
{
	buf_reset(&r->name);
	buf_reset(&r->value);
	plain_append(&r->name, name);
}

static void
finish(struct reader *r)
{
	if (r->name.len > 0)
		reading_property(r->s, buf_view(&r->name),
		    buf_view(&r->value));
	buf_reset(&r->name);
}

static void
on_core_start(void *ctx, struct str name, const char *const *attributes UNUSED)
{
	struct reader *r = ctx;

	for (size_t i = 0; i < COUNT_OF(core_names); i++)
		if (str_eq(name, str_of(core_names[i].element)))
			begin(r, str_of(core_names[i].name));
}

static void
on_core_end(void *ctx, struct str name UNUSED)
{
	finish(ctx);
}

/* <property name="…"><vt:lpwstr>…</vt:lpwstr></property> */
static void
on_custom_start(void *ctx, struct str name, const char *const *attributes)
{
	if (str_eq(name, STR_LIT("property")))
		begin(ctx, sax_attribute(attributes, "name"));
}

static void
on_custom_end(void *ctx, struct str name)
{
	if (str_eq(name, STR_LIT("property")))
		finish(ctx);
}

static void
on_text(void *ctx, struct str text)
{
	struct reader *r = ctx;

	if (r->name.len > 0)
		plain_append(&r->value, text);
}

/* <meta:user-defined meta:name="…">…</meta:user-defined>, and the rest. */
static void
on_meta_start(void *ctx, struct str name, const char *const *attributes)
{
	if (str_eq(name, STR_LIT("user-defined")))
		begin(ctx, sax_attribute(attributes, "name"));
	else
		on_core_start(ctx, name, attributes);
}

static void
put_label(const struct source *s, struct str id, const char *what,
    struct str value)
{
	reading_property(s, str_of(arena_printf(s->r->a,
	    "MSIP_Label_%.*s_%s", STR_FMT(id), what)), value);
}

/* <clbl:label id="{…}" enabled="1" method="Privileged" siteId="{…}"/> */
static void
on_label_start(void *ctx, struct str name, const char *const *attributes)
{
	const struct source *s = ((struct reader *)ctx)->s;
	struct str id = sax_attribute(attributes, "id");
	struct str enabled = sax_attribute(attributes, "enabled");
	struct str site = sax_attribute(attributes, "siteId");

	if (!str_eq(name, STR_LIT("label")) || id.len == 0 || id.len > 64)
		return;
	if (id.len > 2 && id.p[0] == '{')
		id = str_sub(id, 1, id.len - 2);
	if (site.len > 2 && site.p[0] == '{')
		site = str_sub(site, 1, site.len - 2);
	put_label(s, id, "Enabled", str_eq(enabled, STR_LIT("1")) ||
	    str_eq_nocase(enabled, STR_LIT("true")) ? STR_LIT("true") :
	    STR_LIT("false"));
	put_label(s, id, "SiteId", site);
	put_label(s, id, "Method", sax_attribute(attributes, "method"));
	put_label(s, id, "Removed", sax_attribute(attributes, "removed"));
}

static void
read_all(const struct source *s, struct str xml, const struct sax_calls *calls)
{
	struct reader r = { .s = s };
	struct err err = ERR_INIT;

	buf_init(&r.name, NAME_MAX_BYTES);
	buf_init(&r.value, EXTRACT_MAX_PROPERTY_BYTES);
	if (sax_read(xml, calls, &r, &err) == -1)
		reading_fact(s, EXTRACT_CORRUPT);
	buf_done(&r.name);
	buf_done(&r.value);
}

void
package_core_properties(const struct source *s, struct str xml)
{
	static const struct sax_calls calls = { on_core_start, on_core_end,
		on_text };

	read_all(s, xml, &calls);
}

void
package_custom_properties(const struct source *s, struct str xml)
{
	static const struct sax_calls calls = { on_custom_start,
		on_custom_end, on_text };

	read_all(s, xml, &calls);
}

void
package_odf_meta(const struct source *s, struct str xml)
{
	static const struct sax_calls calls = { on_meta_start, on_core_end,
		on_text };

	read_all(s, xml, &calls);
}

void
package_labels(const struct source *s, struct str xml)
{
	static const struct sax_calls calls = { .start = on_label_start };

	read_all(s, xml, &calls);
}
