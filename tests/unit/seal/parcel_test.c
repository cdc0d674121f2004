/* SPDX-License-Identifier: Apache-2.0 */
/* A letter sealed and opened again is what the letter said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/sys.h"
#include "seal/grant.h"
#include "seal/parcel.h"

#define MAIL_MAX (200u << 20)
#define PART_MAX (200u << 20)

struct opened {
	struct arena *arena;
	struct letter *letter;
	struct letter_view view;
	struct parcel parcel;
	struct buf part0;
	struct str blobs;
	json_t *manifest;
};

static void
ok(int rc, const struct err *err)
{
	if (rc != 0)
		fail_msg("%s: %s", err_kind_name(err->kind), err->msg);
}

static void
read_part0(struct opened *o)
{
	struct err err = ERR_INIT;
	struct str all, json;
	json_error_t error;
	size_t len;

	ok(stream_open(o->parcel.ck, &o->parcel.id, 0, o->parcel.views[0],
	    &o->part0, &err), &err);
	all = buf_view(&o->part0);
	assert_true(all.len >= 4);
	len = (size_t)o->part0.p[0] << 24 | (size_t)o->part0.p[1] << 16 |
	    (size_t)o->part0.p[2] << 8 | o->part0.p[3];
	json = str_sub(all, 4, len);
	assert_int_equal(json.len, len);
	o->blobs = str_sub(all, 4 + len, all.len);
	o->manifest = json_loadb(json.p, json.len, JSON_REJECT_DUPLICATES |
	    JSON_ALLOW_NUL, &error);
	if (o->manifest == NULL)
		fail_msg("manifest: %s in %.*s", error.text,
		    (int)MIN_OF(json.len, (size_t)2000), json.p);
}

static void
open_letter(struct str mail, uint32_t rights, struct opened *o)
{
	struct err err = ERR_INIT;

	memset(o, 0, sizeof(*o));
	o->arena = arena_new();
	buf_init(&o->part0, PART_MAX);
	ok(letter_parse(mail, o->arena, &o->letter, &err), &err);
	letter_view(o->letter, o->arena, &o->view);
	ok(parcel_seal(o->letter, &o->view, rights, MAIL_MAX, o->arena,
	    &o->parcel, &err), &err);
	read_part0(o);
}

static void
done(struct opened *o)
{
	json_decref(o->manifest);
	buf_done(&o->part0);
	parcel_done(&o->parcel);
	arena_free(&o->arena);
}

static const char *
text(const json_t *of, const char *name)
{
	const char *s = json_string_value(json_object_get(of, name));

	if (s == NULL)
		fail_msg("no text \"%s\"", name);
	return (s);
}

static size_t
number(const json_t *of, const char *name)
{
	const json_t *v = json_object_get(of, name);

	assert_true(json_is_integer(v) && json_integer_value(v) >= 0);
	return ((size_t)json_integer_value(v));
}

static struct str
blob(const struct opened *o, const json_t *where)
{
	size_t at = number(where, "at"), len = number(where, "len");
	struct str s = str_sub(o->blobs, at, len);

	assert_int_equal(s.len, len);
	return (s);
}

static void
assert_text(const struct opened *o, const char *name,
    const struct letter_part *part)
{
	AUTO_BUF struct buf want = BUF_INIT(PART_MAX);
	const json_t *v = json_object_get(o->manifest, name);
	struct err err = ERR_INIT;

	if (part == NULL) {
		assert_true(json_is_null(v));
		return;
	}
	ok(letter_text(part, &want, &err), &err);
	assert_true(str_eq(blob(o, v), buf_view(&want)));
	assert_true(enc_is_utf8(blob(o, v)));
}

static void
assert_inlines(const struct opened *o)
{
	const json_t *list = json_object_get(o->manifest, "inline"), *v;
	size_t i;

	assert_int_equal(json_array_size(list), o->view.n_inlines);
	json_array_foreach(list, i, v) {
		AUTO_BUF struct buf want = BUF_INIT(PART_MAX);
		struct err err = ERR_INIT;

		ok(letter_decode(o->view.inlines[i], &want, &err), &err);
		assert_true(str_eq(blob(o, v), buf_view(&want)));
		assert_true(strlen(text(v, "cid")) > 0);
		assert_true(strlen(text(v, "type")) > 0);
		(void)text(v, "name");
	}
}

static void
assert_attachments(const struct opened *o)
{
	const json_t *list = json_object_get(o->manifest, "attachments"), *v;
	size_t i;

	assert_int_equal(json_array_size(list), o->view.n_attachments);
	assert_int_equal(o->parcel.n_parts, o->view.n_attachments + 1);
	json_array_foreach(list, i, v) {
		AUTO_BUF struct buf want = BUF_INIT(PART_MAX);
		AUTO_BUF struct buf got = BUF_INIT(PART_MAX);
		struct str sealed = o->parcel.views[i + 1];
		struct err err = ERR_INIT;
		uint8_t hash[32];
		char hex[65];

		ok(letter_decode(o->view.attachments[i], &want, &err), &err);
		ok(stream_open(o->parcel.ck, &o->parcel.id, (uint32_t)i + 1,
		    sealed, &got, &err), &err);
		assert_true(str_eq(buf_view(&got), buf_view(&want)));
		assert_int_equal(number(v, "size"), want.len);
		assert_int_equal(number(v, "part"), i + 1);
		assert_int_equal(sealed.len, stream_sealed_bytes(want.len));
		SHA256(want.p, want.len, hash);
		enc_hex(hash, sizeof(hash), hex);
		assert_string_equal(text(v, "sha256"), hex);
		assert_true(strlen(text(v, "name")) > 0);
		assert_true(strlen(text(v, "type")) > 0);
	}
}

static void
assert_headers(const struct opened *o)
{
	static const char *const lists[] = { "from", "to", "cc", "reply_to" };
	const json_t *v;
	size_t k;

	assert_int_equal(number(o->manifest, "v"), 1);
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		json_array_foreach(json_object_get(o->manifest, lists[i]), k,
		    v) {
			(void)text(v, "name");
			assert_true(strlen(text(v, "address")) > 0);
		}
	(void)text(o->manifest, "subject");
	(void)text(o->manifest, "date");
	(void)text(o->manifest, "message_id");
	assert_null(json_object_get(o->manifest, "bcc"));
	assert_int_equal(json_array_size(json_object_get(o->manifest,
	    "notes")), o->letter->ambiguous != 0);
}

static void
assert_same(const struct opened *o)
{
	assert_headers(o);
	assert_text(o, "text", o->view.text);
	assert_text(o, "html", o->view.html);
	assert_inlines(o);
	assert_attachments(o);
}

#define PART(head, body) "--m\r\n" head "\r\n\r\n" body "\r\n"
#define MULTI "MIME-Version: 1.0\r\n" \
    "Content-Type: multipart/mixed; boundary=m\r\n\r\n"

static const char mail[] =
    "From: =?utf-8?Q?J=C3=BCrgen_Gro=C3=9F?= <j.gross@example.org>\r\n"
    "To: a@example.com, \"Quote \\\"x\\\"\" <b@example.com>\r\n"
    "Cc: c@example.com\r\nBcc: secret@example.net\r\n"
    "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_</script>?=\r\n"
    "Date: Mon, 23 Nov 2026 22:22:00 +0000\r\nMessage-ID: <x@y>\r\n" MULTI
    PART("Content-Type: text/plain; charset=utf-8", "one\r\ntwo")
    PART("Content-Type: application/pdf", "PDF")
    PART("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR")
    PART("Content-Type: message/rfc822",
    "Subject: Re: an/offer\r\n\r\ninner")
    PART("Content-Type: message/rfc822", "\r\nno subject")
    PART("Content-Type: x/y; name=\"=?utf-8?B?w6QudHh0?=\"", "named")
    PART("Content-Type: x/y", "unknown") "--m--\r\n";

static void
a_manifest_says_what_the_letter_says(void **state)
{
	static const char *const names[] = { "attachment-1.pdf", "invite.ics",
		"Re_ an_offer.eml", "attachment-4.eml", "\xc3\xa4.txt",
		"attachment-6.bin" };
	const json_t *m, *v;
	struct opened o;

	(void)state;
	open_letter(str_of(mail), 0x43, &o);
	m = o.manifest;
	assert_same(&o);
	assert_string_equal(text(m, "subject"), "Gr\xc3\xbc\xc3\x9f"
	    "e </script>");
	v = json_array_get(json_object_get(m, "from"), 0);
	assert_string_equal(text(v, "name"), "J\xc3\xbcrgen Gro\xc3\x9f");
	assert_string_equal(text(v, "address"), "j.gross@example.org");
	v = json_array_get(json_object_get(m, "to"), 1);
	assert_string_equal(text(v, "name"), "Quote \"x\"");
	assert_string_equal(text(m, "message_id"), "<x@y>");
	assert_true(str_eq(blob(&o, json_object_get(m, "text")),
	    STR_LIT("one\ntwo")));
	assert_int_equal(str_find_nocase(buf_view(&o.part0),
	    STR_LIT("secret@example.net")), -1);
	assert_int_equal(str_find_nocase(buf_view(&o.part0),
	    STR_LIT("</script>")), -1);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_string_equal(text(json_array_get(json_object_get(m,
		    "attachments"), i), "name"), names[i]);
	v = json_object_get(m, "rights");
	assert_int_equal(json_array_size(v), 3);
	assert_string_equal(json_string_value(json_array_get(v, 0)), "view");
	assert_string_equal(json_string_value(json_array_get(v, 1)), "reply");
	assert_string_equal(json_string_value(json_array_get(v, 2)), "export");
	done(&o);
}

static void
two_parcels_share_nothing(void **state)
{
	struct opened a, b;

	(void)state;
	open_letter(str_of(mail), 1, &a);
	open_letter(str_of(mail), 1, &b);
	assert_false(id_eq(&a.parcel.id, &b.parcel.id));
	assert_memory_not_equal(a.parcel.ck, b.parcel.ck, 32);
	assert_memory_not_equal(a.parcel.views[0].p, b.parcel.views[0].p, 64);
	done(&a);
	done(&b);
}

static void
no_plaintext_in_the_sealed_parts(void **state)
{
	static const char *const words[] = { "Gr\xc3\xbc", "VCALENDAR",
		"example.com", "named", "unknown", "view" };
	struct opened o;

	(void)state;
	open_letter(str_of(mail), 1, &o);
	for (size_t i = 0; i < o.parcel.n_parts; i++)
		for (size_t k = 0; k < COUNT_OF(words); k++)
			assert_int_equal(str_find_nocase(o.parcel.views[i],
			    str_of(words[k])), -1);
	done(&o);
}

static void
a_parcel_has_a_limit(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct letter *letter;
	struct letter_view view;
	struct parcel p = { .n_parts = 77 };
	struct err err = ERR_INIT;

	(void)state;
	ok(letter_parse(str_of(mail), a, &letter, &err), &err);
	letter_view(letter, a, &view);
	for (size_t max = 0; max < 1500; max += 100) {
		err_clear(&err);
		assert_int_equal(parcel_seal(letter, &view, 1, max, a, &p,
		    &err), -1);
		assert_int_equal(err.kind, ERR_LIMIT);
		assert_int_equal(p.n_parts, 77);
	}
}

/* An attachment takes about its decoded size, whatever its encoding. */
static void
memory_is_about_the_decoded_size(void **state)
{
	AUTO_BUF struct buf m = BUF_INIT(64u << 20), raw = BUF_INIT(64u << 20);
	struct opened o;

	(void)state;
	buf_z(&m, MULTI "--m\r\nContent-Type: x/y\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n");
	for (uint32_t i = 0; i < (20u << 20) / 4; i++)
		buf_u32be(&raw, i * 2654435761u);
	enc_base64_lines(raw.p, raw.len, &m);
	buf_z(&m, "--m--\r\n");
	open_letter(buf_view(&m), 1, &o);
	assert_same(&o);
	assert_true(o.parcel.parts[1].cap <= raw.len * 16 / 10);
	done(&o);
}

/* Every message of the shared corpus that can be parsed. */
static void
the_corpus_survives(void **state)
{
	const char *data = getenv("LETTERLOCK_TEST_DATA");
	const char *source = getenv("LETTERLOCK_SOURCE");
	char dir[512], path[1024];
	struct dirent *e;
	size_t n = 0, refused = 0;
	DIR *d;

	(void)state;
	if (data != NULL)
		(void)snprintf(dir, sizeof(dir), "%s/mime", data);
	else
		(void)snprintf(dir, sizeof(dir), "%s/../shared/data/mime",
		    source != NULL ? source : ".");
	d = opendir(dir);
	if (d == NULL)
		skip();
	while ((e = readdir(d)) != NULL) {
		AUTO_BUF struct buf bytes = BUF_INIT(MAIL_MAX);
		AUTO_ARENA struct arena *a = arena_new();
		struct letter *letter;
		struct opened o;
		struct err err = ERR_INIT;

		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (!str_ends_nocase(str_of(path), STR_LIT(".eml")))
			continue;
		ok(sys_read_file(path, &bytes, &err), &err);
		if (letter_parse(buf_view(&bytes), a, &letter, &err) == -1) {
			refused++;
			continue;
		}
		open_letter(buf_view(&bytes), 0x7f, &o);
		assert_same(&o);
		done(&o);
		n++;
	}
	(void)closedir(d);
	print_message("%zu messages sealed and opened, %zu refused by the "
	    "parser\n", n, refused);
	assert_true(n >= 600);
}

/* Printed, not asserted: what one message costs. */
static void
how_long_it_takes(void **state)
{
	static const size_t sizes[] = { 4096, 16384, 65536, 1u << 20 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		AUTO_BUF struct buf m = BUF_INIT(8u << 20);
		AUTO_ARENA struct arena *a = arena_new();
		size_t rounds = (32u << 20) / sizes[i] + 10;
		int64_t start_ms;
		struct letter *letter;
		struct letter_view view;
		struct err err = ERR_INIT;

		buf_z(&m, "From: a@b.example\r\nTo: c@d.example\r\n"
		    "Subject: a subject\r\nDate: x\r\n\r\n");
		while (m.len < sizes[i])
			buf_z(&m, "A line of a letter, as people write.\r\n");
		start_ms = clock_mono_ms();
		for (size_t k = 0; k < rounds; k++) {
			struct parcel p;

			arena_reset(a);
			ok(letter_parse(buf_view(&m), a, &letter, &err),
			    &err);
			letter_view(letter, a, &view);
			ok(parcel_seal(letter, &view, 1, MAIL_MAX, a, &p,
			    &err), &err);
			parcel_done(&p);
		}
		print_message("%7zu bytes: %.1f us per parcel\n", sizes[i],
		    (double)(clock_mono_ms() - start_ms) * 1000 /
		    (double)rounds);
	}
}

static void
how_long_a_grant_takes(void **state)
{
	const size_t rounds = 20000;
	int64_t start_ms = clock_mono_ms();
	uint8_t ck[CRYPT_KEY_BYTES] = { 1 }, wck[GRANT_WCK_BYTES];
	struct id parcel = id_new();
	struct grant g = { .id = id_new() };

	(void)state;
	for (size_t k = 0; k < rounds; k++)
		grant_wrap(&g, &parcel, ck, wck);
	print_message("%.2f us per grant\n", (double)(clock_mono_ms() -
	    start_ms) * 1000 / (double)rounds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_says_what_the_letter_says),
		cmocka_unit_test(two_parcels_share_nothing),
		cmocka_unit_test(no_plaintext_in_the_sealed_parts),
		cmocka_unit_test(a_parcel_has_a_limit),
		cmocka_unit_test(memory_is_about_the_decoded_size),
		cmocka_unit_test(the_corpus_survives),
		cmocka_unit_test(how_long_it_takes),
		cmocka_unit_test(how_long_a_grant_takes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
