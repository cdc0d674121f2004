/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of tests/vectors/parcel.json, which the browser runs too. Their
 * fields are described in make_parcel.mjs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <openssl/sha.h>

#include "base/enc.h"
#include "seal/grant.h"
#include "seal/stream.h"

static json_t *vectors;

static const char *
text(const json_t *of, const char *name)
{
	const char *s = json_string_value(json_object_get(of, name));

	if (s == NULL)
		fail_msg("no text \"%s\"", name);
	return (s);
}

static uint32_t
number(const json_t *of, const char *name)
{
	return ((uint32_t)json_integer_value(json_object_get(of, name)));
}

static void
bytes(const json_t *of, const char *name, void *out, size_t len)
{
	if (!enc_hex_parse(str_of(text(of, name)), out, len))
		fail_msg("\"%s\" is not %zu bytes", name, len);
}

static void
assert_hex(const json_t *of, const char *name, const void *p, size_t len)
{
	char *got = must_calloc(1, 2 * len + 1);

	enc_hex(p, len, got);
	assert_string_equal(got, text(of, name));
	free(got);
}

static void
plaintext(const json_t *part, struct buf *out)
{
	size_t size = number(part, "size"), seed = number(part, "seed");

	for (size_t k = 0; k < size; k++)
		buf_char(out, (char)(k * 7 + seed));
}

/* Seal in pieces of `step` bytes, or through stream_room() when step is 0. */
static void
seal(const json_t *part, size_t step, struct buf *out)
{
	AUTO_BUF struct buf plain = BUF_INIT(1u << 20);
	struct id parcel;
	uint8_t ck[CRYPT_KEY_BYTES], *room;
	struct stream s;
	struct str rest;
	size_t n;

	plaintext(part, &plain);
	bytes(part, "parcel_id", parcel.b, sizeof(parcel.b));
	bytes(part, "ck", ck, sizeof(ck));
	stream_begin(&s, ck, &parcel, number(part, "part"), out);
	for (rest = buf_view(&plain); rest.len > 0;
	    rest = str_sub(rest, n, rest.len)) {
		if (step > 0) {
			n = MIN_OF(step, rest.len);
			stream_write(&s, str_sub(rest, 0, n));
			continue;
		}
		room = stream_room(&s, &n);
		assert_non_null(room);
		n = MIN_OF(n, rest.len);
		memcpy(room, rest.p, n);
		stream_wrote(&s, n);
	}
	stream_end(&s);
	assert_false(out->over);
}

static void
sealing_gives_the_bytes_of_the_vectors(void **state)
{
	static const size_t steps[] = { 0, 1000, 65536, 1u << 20 };
	const json_t *part;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(vectors, "parts"), i, part) {
		for (size_t k = 0; k < COUNT_OF(steps); k++) {
			AUTO_BUF struct buf out = BUF_INIT(1u << 20);
			uint8_t hash[32];
			size_t end;

			seal(part, steps[k], &out);
			end = MIN_OF(out.len, (size_t)64);
			assert_int_equal(out.len,
			    number(part, "sealed_size"));
			assert_int_equal(out.len, stream_sealed_bytes(
			    number(part, "size")));
			SHA256(out.p, out.len, hash);
			assert_hex(part, "commit", out.p, 32);
			assert_hex(part, "sealed_first", out.p, end);
			assert_hex(part, "sealed_last",
			    out.p + out.len - end, end);
			assert_hex(part, "sealed_sha256", hash, 32);
		}
	}
	assert_true(i >= 6);
}

static void
what_was_sealed_opens(void **state)
{
	const json_t *part;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(vectors, "parts"), i, part) {
		AUTO_BUF struct buf sealed = BUF_INIT(1u << 20);
		AUTO_BUF struct buf plain = BUF_INIT(1u << 20);
		AUTO_BUF struct buf got = BUF_INIT(1u << 20);
		uint8_t ck[CRYPT_KEY_BYTES];
		struct id parcel;
		struct err err = ERR_INIT;

		seal(part, 0, &sealed);
		plaintext(part, &plain);
		bytes(part, "parcel_id", parcel.b, sizeof(parcel.b));
		bytes(part, "ck", ck, sizeof(ck));
		buf_z(&got, "before");
		assert_int_equal(stream_open(ck, &parcel,
		    number(part, "part"), buf_view(&sealed), &got, &err), 0);
		assert_true(str_eq(str_sub(buf_view(&got), 6, got.len),
		    buf_view(&plain)));
	}
}

/* Join the pieces of a sealed part, add bytes, change bytes. */
static void
tamper(const json_t *how, struct str sealed, struct buf *out)
{
	struct str append = str_of(text(how, "append"));
	uint8_t tail[64];
	const json_t *pair;
	size_t i;

	json_array_foreach(json_object_get(how, "pieces"), i, pair) {
		size_t from = (size_t)json_integer_value(
		    json_array_get(pair, 0));
		size_t to = (size_t)json_integer_value(
		    json_array_get(pair, 1));

		assert_true(from <= to && to <= sealed.len);
		buf_str(out, str_sub(sealed, from, to - from));
	}
	assert_true(append.len / 2 <= sizeof(tail));
	assert_true(enc_hex_parse(append, tail, append.len / 2));
	buf_append(out, tail, append.len / 2);
	json_array_foreach(json_object_get(how, "xor"), i, pair) {
		size_t at = (size_t)json_integer_value(
		    json_array_get(pair, 0));

		assert_true(at < out->len);
		out->p[at] ^= (uint8_t)json_integer_value(
		    json_array_get(pair, 1));
	}
}

static const json_t *
either(const json_t *how, const json_t *part, const char *name)
{
	return (json_object_get(how, name) != NULL ? how : part);
}

static void
what_was_changed_does_not_open(void **state)
{
	const json_t *how;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(vectors, "tampered"), i, how) {
		AUTO_BUF struct buf sealed = BUF_INIT(1u << 20);
		AUTO_BUF struct buf changed = BUF_INIT(1u << 20);
		AUTO_BUF struct buf got = BUF_INIT(1u << 20);
		const json_t *part = json_array_get(
		    json_object_get(vectors, "parts"), number(how, "of"));
		uint8_t ck[CRYPT_KEY_BYTES];
		struct id parcel;
		struct err err = ERR_INIT;
		int rc;

		seal(part, 0, &sealed);
		tamper(how, buf_view(&sealed), &changed);
		bytes(either(how, part, "parcel_id"), "parcel_id", parcel.b,
		    sizeof(parcel.b));
		bytes(either(how, part, "ck"), "ck", ck, sizeof(ck));
		buf_z(&got, "before");
		rc = stream_open(ck, &parcel, number(either(how, part, "part"),
		    "part"), buf_view(&changed), &got, &err);
		if (rc != -1 || err.kind != ERR_PERM || got.len != 6)
			fail_msg("opened: %s", text(how, "name"));
		for (size_t k = got.len; k < got.cap; k++)
			if (got.p[k] != 0)
				fail_msg("left plaintext in memory: %s",
				    text(how, "name"));
	}
	assert_true(i >= 20);
}

static void
a_part_0_is_read_as_written(void **state)
{
	AUTO_BUF struct buf sealed = BUF_INIT(1u << 20);
	AUTO_BUF struct buf got = BUF_INIT(1u << 20);
	const json_t *v = json_object_get(vectors, "part0");
	struct str hex = str_of(text(v, "sealed"));
	struct str manifest = str_of(text(v, "manifest")), all;
	uint8_t ck[CRYPT_KEY_BYTES];
	struct id parcel;
	struct err err = ERR_INIT;

	(void)state;
	assert_non_null(buf_reserve(&sealed, hex.len / 2));
	assert_true(enc_hex_parse(hex, sealed.p, hex.len / 2));
	sealed.len = hex.len / 2;
	bytes(v, "parcel_id", parcel.b, sizeof(parcel.b));
	bytes(v, "ck", ck, sizeof(ck));
	assert_int_equal(stream_open(ck, &parcel, 0, buf_view(&sealed), &got,
	    &err), 0);
	all = buf_view(&got);
	assert_int_equal((size_t)got.p[2] << 8 | got.p[3], manifest.len);
	assert_true(str_eq(str_sub(all, 4, manifest.len), manifest));
	assert_true(str_eq(str_sub(all, 4 + manifest.len,
	    strlen(text(v, "text"))), str_of(text(v, "text"))));
}

static void
read_grant(const json_t *v, struct grant *g, struct id *parcel,
    uint8_t wck[static GRANT_WCK_BYTES])
{
	bytes(v, "parcel_id", parcel->b, ID_BYTES);
	bytes(v, "grant_id", g->id.b, ID_BYTES);
	bytes(v, "l", g->l, sizeof(g->l));
	bytes(v, "s", g->s, sizeof(g->s));
	bytes(v, "wck", wck, GRANT_WCK_BYTES);
}

static void
grants_wrap_and_open(void **state)
{
	const json_t *v;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(vectors, "grants"), i, v) {
		uint8_t wck[GRANT_WCK_BYTES], ck[32], got[32];
		struct grant g;
		struct id parcel;
		struct err err = ERR_INIT;

		read_grant(v, &g, &parcel, wck);
		bytes(v, "ck", ck, sizeof(ck));
		assert_int_equal(grant_unwrap(&g, &parcel, wck, got, &err), 0);
		assert_memory_equal(got, ck, sizeof(ck));
		memset(wck, 0, sizeof(wck));
		grant_wrap(&g, &parcel, ck, wck);
		assert_hex(v, "wck", wck, sizeof(wck));
	}
	assert_true(i >= 2);
}

static void
foreign_grants_do_not_open(void **state)
{
	const json_t *v;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(vectors, "refused_grants"), i, v) {
		uint8_t wck[GRANT_WCK_BYTES], got[32] = { 0x55 };
		struct grant g;
		struct id parcel;
		struct err err = ERR_INIT;

		read_grant(v, &g, &parcel, wck);
		if (grant_unwrap(&g, &parcel, wck, got, &err) != -1 ||
		    err.kind != ERR_PERM || got[0] != 0x55)
			fail_msg("opened: %s", text(v, "name"));
	}
	assert_true(i >= 9);
}

static void
links_and_opening_keys(void **state)
{
	const json_t *v, *typed;
	size_t i, k;

	(void)state;
	json_array_foreach(json_object_get(vectors, "grants"), i, v) {
		AUTO_BUF struct buf link = BUF_INIT(1000);
		uint8_t wck[GRANT_WCK_BYTES], l[GRANT_L_BYTES];
		char key[GRANT_KEY_TEXT_SIZE], id[ID_TEXT_SIZE];
		struct grant g;
		struct id parcel;

		read_grant(v, &g, &parcel, wck);
		assert_string_equal(id_text(&g.id, id), text(v, "grant_text"));
		grant_opening_key(g.l, key);
		assert_string_equal(key, text(v, "opening_key"));
		grant_link(str_of(text(v, "portal_url")), &g.id, g.l, &link);
		assert_string_equal(buf_cstr(&link), text(v, "link"));
		json_array_foreach(json_object_get(v, "typed"), k, typed) {
			assert_true(enc_base32_parse(str_of(
			    json_string_value(typed)), l, sizeof(l)));
			assert_memory_equal(l, g.l, sizeof(l));
		}
	}
	json_array_foreach(json_object_get(vectors, "refused_keys"), i, typed) {
		uint8_t l[GRANT_L_BYTES];

		if (enc_base32_parse(str_of(json_string_value(typed)), l,
		    sizeof(l)))
			fail_msg("read: %s", json_string_value(typed));
	}
}

/* RFC 5869 appendix A, cases 1 and 3: HKDF itself. */
static void
hkdf_as_in_its_rfc(void **state)
{
	static const uint8_t salt[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
		12 }, info[] = { 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
		0xf8, 0xf9 };
	uint8_t ikm[22], out[32];
	char hex[65];

	(void)state;
	memset(ikm, 0x0b, sizeof(ikm));
	crypt_hkdf(str_make(ikm, 22), str_make(salt, 13), str_make(info, 10),
	    out);
	enc_hex(out, 32, hex);
	assert_string_equal(hex, "3cb25f25faacd57a90434f64d0362f2a"
	    "2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
	crypt_hkdf(str_make(ikm, 22), STR_NULL, STR_NULL, out);
	enc_hex(out, 32, hex);
	assert_string_equal(hex, "8da4e775a563c18f715f802a063c5a31"
	    "b8a11f5c5ee1879ec3454e5f3c738d2d");
}

/* Past its maximum the buf is `over`; nothing is written beyond. */
static void
a_full_buf_is_reported(void **state)
{
	static const size_t maxima[] = { 0, 31, 32, 33, 47, 65536, 65570,
		65600 };
	const uint8_t ck[32] = { 1 };
	struct id parcel = { { 2 } };
	char *plain = must_calloc(1, 100000);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(maxima); i++) {
		AUTO_BUF struct buf out = BUF_INIT(maxima[i]);
		struct stream s;
		struct err err = ERR_INIT;

		stream_begin(&s, ck, &parcel, 0, &out);
		stream_write(&s, str_make(plain, 100000));
		stream_end(&s);
		assert_int_equal(buf_check(&out, "it", &err), -1);
		assert_int_equal(err.kind, ERR_LIMIT);
		assert_true(out.len <= maxima[i]);
	}
	free(plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hkdf_as_in_its_rfc),
		cmocka_unit_test(sealing_gives_the_bytes_of_the_vectors),
		cmocka_unit_test(what_was_sealed_opens),
		cmocka_unit_test(what_was_changed_does_not_open),
		cmocka_unit_test(a_part_0_is_read_as_written),
		cmocka_unit_test(grants_wrap_and_open),
		cmocka_unit_test(foreign_grants_do_not_open),
		cmocka_unit_test(links_and_opening_keys),
		cmocka_unit_test(a_full_buf_is_reported),
	};
	json_error_t error;
	int rc;

	vectors = json_load_file(VECTORS, 0, &error);
	if (vectors == NULL) {
		(void)fprintf(stderr, "%s: %s\n", VECTORS, error.text);
		return (1);
	}
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(vectors);
	return (rc);
}
