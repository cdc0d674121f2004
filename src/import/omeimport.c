/* SPDX-License-Identifier: Apache-2.0 */
/*
 * omeimport: brands of Office Message Encryption: texts, colour, logo, and how
 * recipients sign in.
 *
 * Runs in the CLI. Security: a logo is taken as PNG or JPEG by its bytes, and
 * its file's name is made of letters and digits only.
 * Source: Get-OMEConfiguration.
 */
#include "base/enc.h"
#include "import/draft.h"
#include "import/import.h"
#include "import/rulesfile.h"

#define EXPIRES_MAX 730		/* days */

struct brand {
	const struct input_value *from;
	struct str name;
	struct outcomes *report;
	struct buf *yaml;
};

/* Texts that are carried over as they are. */
static const struct { const char *from, *to; } texts[] = {
	{ "BackgroundColor", "background_colour" },
	{ "IntroductionText", "introduction" },
	{ "ReadButtonText", "button" },
	{ "EmailText", "below_button" },
	{ "DisclaimerText", "disclaimer" },
	{ "PortalText", "portal_title" },
	{ "PrivacyStatementUrl", "privacy_url" },
};

/* What they are here: there is one way to sign in. */
static const struct { const char *from, *to; bool is_on; } switches[] = {
	{ "OTPEnabled", "passcode", true },
	{ "SocialIdSignIn", "sign_in", false },
};

static void
say(const struct brand *b, const char *parameter, enum outcome outcome,
    const char *note)
{
	outcome_add(b->report, b->name, str_of(parameter), outcome,
	    str_of(note));
}

static void
write_texts(const struct brand *b)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct str text = str_trim(input_prose(input_get(b->from,
		    texts[i].from), b->report->arena));

		if (text.len == 0)
			continue;
		buf_printf(b->yaml, "    %s: %.*s\n", texts[i].to,
		    STR_FMT(draft_yaml(text, b->report->arena)));
		say(b, texts[i].from, OUTCOME_MAPPED, texts[i].to);
	}
}

static void
write_switches(const struct brand *b)
{
	for (size_t i = 0; i < COUNT_OF(switches); i++) {
		const struct input_value *v = input_get(b->from,
		    switches[i].from);
		bool is_on = input_is_true(v);

		if (v == NULL || v->kind == INPUT_NULL)
			continue;
		if (is_on != switches[i].is_on) {
			say(b, switches[i].from, OUTCOME_IGNORED,
			    "recipients sign in with a passcode");
			continue;
		}
		buf_printf(b->yaml, "    %s: %s\n", switches[i].to,
		    is_on ? "true" : "false");
		say(b, switches[i].from, OUTCOME_MAPPED, switches[i].to);
	}
}

/* "30", "30.00:00:00" or { Days: 30 } as days; false: it is not said. */
static bool
read_days(const struct input_value *v, uint64_t *days)
{
	const struct input_value *part = input_get(v, "Days");
	struct str word = input_word(part != NULL ? part : v), head;

	if (word.len == 0 || !str_next(&word, '.', &head))
		return (false);
	/* "00:00:00" is no days. */
	if (str_index(head, ':') >= 0) {
		*days = 0;
		return (true);
	}
	return (str_to_u64(head, EXPIRES_MAX, days));
}

static void
write_expiry(const struct brand *b)
{
	static const char *const names[] = { "ExternalMailExpiryInDays",
		"ExternalMailExpiryInterval" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct input_value *v = input_get(b->from, names[i]);
		uint64_t days = 0;

		if (v == NULL || v->kind == INPUT_NULL)
			continue;
		if (!read_days(v, &days)) {
			say(b, names[i], OUTCOME_IGNORED, "not a number of "
			    "days up to 730: set expires by hand");
			continue;
		}
		if (days == 0)
			buf_z(b->yaml, "    expires: never\n");
		else
			buf_printf(b->yaml, "    expires: %u d\n",
			    (unsigned)days);
		say(b, names[i], OUTCOME_MAPPED, "expires");
		return;
	}
}

/* ---- the logo --------------------------------------------------------- */

/* A list of numbers or base64. False: neither, or too much. */
static bool
read_bytes(const struct input_value *v, struct buf *out)
{
	const struct input_value *wrapped = input_get(v, "value");

	v = wrapped != NULL ? wrapped : v;
	if (v->kind == INPUT_TEXT)
		return (enc_base64_parse(str_trim(v->text), out) &&
		    !out->over);
	for (const struct input_value *i = input_first(v); i != NULL;
	    i = input_next(v, i)) {
		uint64_t byte;

		if (!str_to_u64(input_word(i), 255, &byte))
			return (false);
		buf_char(out, (char)byte);
	}
	return (!out->over);
}

static const char *
extension_of(struct str s)
{
	if (s.len > 8 && memcmp(s.p, "\x89PNG\r\n\x1a\n", 8) == 0)
		return ("png");
	if (s.len > 3 && memcmp(s.p, "\xff\xd8\xff", 3) == 0)
		return ("jpg");
	return (NULL);
}

/* "OME Configuration" is ome-configuration. */
static const char *
file_name(const struct brand *b, const char *extension)
{
	char *stem = arena_array(b->report->arena, b->name.len + 8, 1);
	size_t n = 0;

	for (size_t i = 0; i < b->name.len && n < 64; i++) {
		char c = ascii_lower(b->name.p[i]);

		if (ascii_is_alpha(c) || ascii_is_digit(c))
			stem[n++] = c;
		else if (n > 0 && stem[n - 1] != '-')
			stem[n++] = '-';
	}
	while (n > 0 && stem[n - 1] == '-')
		stem[--n] = '\0';
	return (arena_printf(b->report->arena, "%s.%s", n > 0 ? stem :
	    "brand", extension));
}

static struct import_image *
write_logo(const struct brand *b)
{
	AUTO_BUF struct buf bytes = BUF_INIT(IMPORT_MAX_IMAGE);
	const struct input_value *v = input_get(b->from, "Image");
	struct import_image *image;
	const char *extension;

	if (input_is_empty(v))
		return (NULL);
	if (!read_bytes(v, &bytes)) {
		say(b, "Image", OUTCOME_IGNORED, "neither bytes nor base64 of "
		    "at most 1 MiB: save the logo by hand");
		return (NULL);
	}
	extension = extension_of(buf_view(&bytes));
	if (extension == NULL) {
		say(b, "Image", OUTCOME_IGNORED, "neither PNG nor JPEG: "
		    "convert the logo and name it under logo:");
		return (NULL);
	}
	image = arena_alloc(b->report->arena, sizeof(*image));
	image->file = file_name(b, extension);
	image->bytes = arena_str(b->report->arena, buf_view(&bytes));
	buf_printf(b->yaml, "    logo: %s\n", image->file);
	say(b, "Image", OUTCOME_MAPPED, "logo");
	return (image);
}

/* ---- all of it -------------------------------------------------------- */

static bool
is_known(struct str key)
{
	static const char *const others[] = { "Image", "Identity", "Name",
		"ExternalMailExpiryInDays", "ExternalMailExpiryInterval" };

	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (str_eq_nocase(key, str_of(others[i])))
			return (true);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (str_eq_nocase(key, str_of(texts[i].from)))
			return (true);
	for (size_t i = 0; i < COUNT_OF(switches); i++)
		if (str_eq_nocase(key, str_of(switches[i].from)))
			return (true);
	return (false);
}

static struct import_image *
write_brand(const struct brand *b)
{
	struct import_image *image;

	buf_printf(b->yaml, "  %.*s:\n", STR_FMT(draft_yaml(b->name,
	    b->report->arena)));
	write_texts(b);
	write_expiry(b);
	write_switches(b);
	image = write_logo(b);
	for (const struct input_value *v = b->from->child; v != NULL;
	    v = v->next)
		if (!is_known(v->key) && !input_is_empty(v))
			outcome_add(b->report, b->name, v->key,
			    OUTCOME_IGNORED, STR_LIT("no part of a brand"));
	return (image);
}

int
import_ome_config(struct str bytes, const char *source,
    struct outcomes *report, struct buf *yaml, struct import_image **images,
    struct err *err)
{
	struct input_rule *found;

	*images = NULL;
	if (rulesfile_read_json(bytes, report->arena, &found, err) != 0)
		return (-1);
	buf_z(yaml, "# Written by `letterlock import ");
	outcome_put_visible(str_of(source), yaml);
	buf_printf(yaml, "`.\n\nbrands:%s", found != NULL ? "\n" : " {}\n");
	for (; found != NULL; found = found->next) {
		struct brand b = { found->parameters, input_get_text(
		    found->parameters, "Identity"), report, yaml };

		if (b.name.len == 0)
			b.name = input_get_text(b.from, "Name");
		if (b.name.len == 0)
			b.name = STR_LIT("OME Configuration");
		b.name = outcome_line_text(b.name, report->arena);
		*images = write_brand(&b);
		if (*images != NULL)
			images = &(*images)->next;
	}
	return (buf_check(yaml, "the brands", err));
}
