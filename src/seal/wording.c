/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wording: filling values into texts that are already quoted-printable.
 *
 * Runs in the gateway and the portal. Security: values are of other people:
 * escaped for HTML here and nowhere else, and encoded so that none of them can
 * end a line of the mail. Standards: RFC 2045 6.7, RFC 2046 5.1.4.
 */
#include "seal/wording.h"

#include <pthread.h>

#include "base/enc.h"
#include "base/id.h"
#include "mime/compose.h"

#define MAIL_MAX (64u << 10)
#define PIECES_MAX 128
#define PLACE_BYTE 0x80		/* and on: our texts are ASCII */
#define SECTION WORDING_PLACES	/* and on: one begins, by its place */
#define SECTION_END (2u * WORDING_PLACES)
#define NO_PLACE (SECTION_END + 1)
#define VERSION_LINE "MIME-Version: 1.0\r\n"
#define LINE_BYTES 75		/* RFC 2045 6.7: 76 with the soft break */
#define SEED_BYTES 16

/* Text of the encoded mail, and the place behind it. */
struct piece {
	struct str text;
	unsigned place;		/* or SECTION; NO_PLACE: the end */
	bool is_html;
};

struct wording {
	struct buf mail;
	struct piece pieces[PIECES_MAX];
	size_t n;
};

static struct wording wordings[WORDING_MAILS];
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static const struct str names[WORDING_PLACES] = {
	[WORDING_WHO] = STR_LIT("who"),
	[WORDING_FROM] = STR_LIT("from"),
	[WORDING_SENDER] = STR_LIT("sender"),
	[WORDING_RECIPIENT] = STR_LIT("recipient"),
	[WORDING_ORGANISATION] = STR_LIT("organisation"),
	[WORDING_TEMPLATE] = STR_LIT("template"),
	[WORDING_SENT] = STR_LIT("sent"),
	[WORDING_UNTIL] = STR_LIT("until"),
	[WORDING_LINK] = STR_LIT("link"),
	[WORDING_KEY] = STR_LIT("key"),
	[WORDING_PORTAL] = STR_LIT("portal"),
	[WORDING_CODE] = STR_LIT("code"),
	[WORDING_REFERENCE] = STR_LIT("reference"),
	[WORDING_MINUTES] = STR_LIT("minutes"),
	[WORDING_INTRODUCTION] = STR_LIT("introduction"),
	[WORDING_BUTTON] = STR_LIT("button"),
	[WORDING_BELOW_BUTTON] = STR_LIT("below_button"),
	[WORDING_DISCLAIMER] = STR_LIT("disclaimer"),
	[WORDING_PRIVACY_URL] = STR_LIT("privacy_url"),
	[WORDING_BACKGROUND] = STR_LIT("background"),
	[WORDING_INK] = STR_LIT("ink"),
	[WORDING_BUTTON_BACK] = STR_LIT("button_back"),
	[WORDING_BUTTON_INK] = STR_LIT("button_ink"),
	[WORDING_BUTTON_EDGE] = STR_LIT("button_edge"),
	[WORDING_LOGO] = STR_LIT("logo"),
	[WORDING_NAME] = STR_LIT("name"),
};

/* The number of "who", "?who" or ".". */
static unsigned
place_of(struct str name)
{
	bool is_section = name.len > 0 && name.p[0] == '?';
	unsigned place = 0;

	if (str_eq(name, STR_LIT(".")))
		return (SECTION_END);
	if (is_section)
		name = str_sub(name, 1, name.len);
	while (place < WORDING_PLACES && !str_eq(names[place], name))
		place++;
	must(place < WORDING_PLACES);
	return (is_section ? SECTION + place : place);
}

/* "~who~" becomes one byte, which quoted-printable cannot split. */
static void
mark_places(struct str text, struct buf *out)
{
	struct str piece, name;

	must(enc_is_ascii(text));
	while (str_next(&text, '~', &piece)) {
		buf_str(out, piece);
		if (text.p == NULL)
			break;
		must(str_next(&text, '~', &name));
		buf_char(out, (char)(PLACE_BYTE + place_of(name)));
	}
}

/* The place that "=XX" stands for, or NO_PLACE. */
static unsigned
place_at(struct str s)
{
	uint8_t byte = 0;

	if (s.len < 3 || !enc_hex_parse(str_sub(s, 1, 2), &byte, 1) ||
	    byte < PLACE_BYTE || byte >= PLACE_BYTE + NO_PLACE)
		return (NO_PLACE);
	return (byte - PLACE_BYTE);
}

/* A section begins and ends with a line: else what is left out would make lines
 * too long. */
static void
check_section(const struct wording *w, unsigned place, struct str all,
    size_t from, size_t at)
{
	if (place >= SECTION && place <= SECTION_END &&
	    all.p[at - 1] != '\n')
		must(at == from && w->pieces[w->n - 1].place >= SECTION);
}

static void
cut(struct wording *w)
{
	struct str all = buf_view(&w->mail);
	ptrdiff_t html = str_find_nocase(all, STR_LIT("\r\n\r\n--=_"));
	size_t from = sizeof(VERSION_LINE) - 1;

	must(memcmp(all.p, VERSION_LINE, from) == 0);
	/* The boundary comes thrice: before text, before HTML, at the end. */
	html = str_find_nocase(str_sub(all, (size_t)html + 8, all.len),
	    STR_LIT("\r\n--=_")) + html + 8;
	for (size_t at = from; at <= all.len; at++) {
		unsigned place = NO_PLACE;

		if (at < all.len && all.p[at] == '=')
			place = place_at(str_sub(all, at, 3));
		if (at < all.len && place == NO_PLACE)
			continue;
		check_section(w, place, all, from, at);
		/* No line may begin with what relays change. */
		must(w->n < PIECES_MAX && (at == from ||
		    (all.p[from] != '.' && all.p[from] != 'F')));
		w->pieces[w->n++] = (struct piece){
			str_sub(all, from, at - from), place,
			(ptrdiff_t)at > html };
		from = at + 3;
	}
}

static void
prepare(void)
{
	uint8_t seed[SEED_BYTES];

	for (size_t i = 0; i < WORDING_MAILS; i++) {
		AUTO_BUF struct buf plain = BUF_INIT(MAIL_MAX);
		AUTO_BUF struct buf html = BUF_INIT(MAIL_MAX);
		struct wording *w = &wordings[i];

		id_random(seed, sizeof(seed));
		buf_init(&w->mail, MAIL_MAX);
		mark_places(str_of(wording_plain[i]), &plain);
		mark_places(str_of(wording_html[i]), &html);
		compose_alternative(&w->mail, buf_view(&plain),
		    buf_view(&html), seed);
		must(!w->mail.over);
		cut(w);
	}
}

/* Is this byte itself in quoted-printable, where it stands? */
static bool
stays(uint8_t c, bool is_first, bool is_last)
{
	if (c == ' ')
		return (!is_first && !is_last);
	/* Relays change lines that begin with "." or "From ". */
	if (c == '.' || c == 'F')
		return (!is_first);
	return (c > ' ' && c <= '~' && c != '=');
}

/* Quoted-printable without a line end; three bytes out for one in, and a soft
 * line break (three more) at most for each LINE_BYTES of them. */
static void
quote(struct str s, struct buf *out)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t column = 0, most = s.len * 3;
	uint8_t *to = buf_reserve(out, most + most / (LINE_BYTES - 3) * 3 + 3);

	if (to == NULL)
		return;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (column + 3 > LINE_BYTES) {
			to = mempcpy(to, "=\r\n", 3);
			column = 0;
		}
		if (stays(c, column == 0, i + 1 == s.len)) {
			*to++ = c;
			column++;
			continue;
		}
		*to++ = '=';
		*to++ = (uint8_t)hex[c >> 4];
		*to++ = (uint8_t)hex[c & 15];
		column += 3;
	}
	out->len = (size_t)(to - out->p);
}

static bool
needs_escape(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
			return (true);
	}
	return (false);
}

/* A value begins and ends on lines of its own, by soft line breaks: whatever
 * its length, no line gets too long. */
static void
fill(struct str value, bool is_html, struct str behind, struct buf *out)
{
	AUTO_BUF struct buf escaped = BUF_INIT(MAIL_MAX);

	if (is_html && needs_escape(value)) {
		enc_html(value, &escaped);
		value = buf_view(&escaped);
	}
	if (value.len == 0)
		return;
	if (out->len > 0 && out->p[out->len - 1] != '\n')
		buf_z(out, "=\r\n");
	quote(value, out);
	if (behind.len == 0 || behind.p[0] != '\r')
		buf_z(out, "=\r\n");
}

void
wording_write(enum wording_mail mail,
    const struct str values[static WORDING_PLACES], struct buf *out)
{
	buf_z(out, VERSION_LINE);
	wording_write_part(mail, values, out);
}

void
wording_write_part(enum wording_mail mail,
    const struct str values[static WORDING_PLACES], struct buf *out)
{
	const struct wording *w = &wordings[mail];

	must(pthread_once(&prepared, prepare) == 0);
	for (size_t i = 0; i < w->n; i++) {
		const struct piece *p = &w->pieces[i];

		buf_str(out, p->text);
		if (p->place < WORDING_PLACES)
			fill(values[p->place], p->is_html, p[1].text, out);
		else if (p->place < SECTION_END &&
		    values[p->place - SECTION].len == 0)
			while (w->pieces[i].place != SECTION_END)
				i++;
	}
}
