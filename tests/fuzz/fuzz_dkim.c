/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_dkim: messages with DKIM and ARC fields, key records, and what we write
 * about them.
 *
 * The input is a key record, an empty line, and a message. Whatever that is,
 * our own field is one field of clean lines, taking forged ones away leaves a
 * message without any, and what we sign is readable to us.
 */
#include "base/enc.h"
#include "dkim/results.h"

#define NOW_MS INT64_C(1700000000000)
#define ID STR_LIT("mx.example")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The one record is the answer to everything. */
static int
txt(void *ctx, struct str name, struct arena *a, struct str **texts,
    size_t *n, struct err *err)
{
	must(name.len > 0 && err != NULL);
	*texts = arena_array(a, 1, sizeof(**texts));
	(*texts)[0] = *(struct str *)ctx;
	*n = 1;
	return (0);
}

static int
sign(void *ctx, const struct canon_digest digest[static DKIM_ALGORITHMS],
    struct sign_both *out, struct err *err)
{
	must(ctx == NULL && err != NULL);
	for (size_t i = 0; i < DKIM_ALGORITHMS; i++) {
		out->n[i] = CANON_DIGEST_BYTES;
		memcpy(out->b[i], digest[i].b, CANON_DIGEST_BYTES);
	}
	return (0);
}

/* One field: every line end but the last is followed by a tab. */
static void
check_field(struct str s)
{
	must(str_ends_nocase(s, STR_LIT("\r\n")));
	for (size_t i = 0; i < s.len; i++) {
		must(s.p[i] != '\0');
		if (s.p[i] == '\n' && i + 1 < s.len)
			must(s.p[i - 1] == '\r' && s.p[i + 1] == '\t');
		if (s.p[i] == '\r')
			must(s.p[i + 1] == '\n');
	}
}

/* With our field on top, what it says of the chain comes back. */
static void
check_recall(struct str field, struct str mail, const struct arc_chain *chain,
    struct arena *a)
{
	AUTO_BUF struct buf all = BUF_INIT((size_t)1 << 20);
	struct arc_chain again;
	struct fields f;
	struct str text;

	buf_str(&all, field);
	buf_str(&all, mail);
	must(fields_parse(buf_view(&all), a, &f, NULL) == 0);
	must(results_recall(&f, ID, a, &again, &text));
	must(again.cv == chain->cv && again.n == chain->n);
	must(text.len > 0);
}

static void
check_sign(const struct fields *f, const struct arc_chain *chain,
    struct arena *a)
{
	struct sign_signer signer = { .domain = STR_LIT("d.example"),
		.selector = { STR_LIT("r"), STR_LIT("e") }, .sign = sign };
	struct err err = ERR_INIT;
	struct signature s;
	struct fields made;
	struct str out;

	if (sign_message(f, &signer, NOW_MS, a, &out, &err) == -1)
		return;
	must(fields_parse(out, a, &made, NULL) == 0 && made.n == 2);
	for (size_t i = 0; i < made.n; i++)
		must(signature_parse(&made.field[i], false, NOW_MS, &s,
		    &err) == DKIM_NONE &&
		    signature_check_body(&s, f->body, &err) == DKIM_NONE);
	if (arc_seal(f, chain, ID, STR_LIT("dkim=none"), &signer, NOW_MS, a,
	    &out, &err) == -1)
		return;
	must(fields_parse(out, a, &made, NULL) == 0 && made.n == 3);
	must(signature_parse(&made.field[1], true, NOW_MS, &s, &err) ==
	    DKIM_NONE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str in = str_make(data, size), record = in, mail = in, field;
	ptrdiff_t cut = str_find_nocase(in, STR_LIT("\n\n"));
	struct verify_resolver resolver = { &record, txt };
	struct arc_chain chain;
	struct keyrecord key;
	struct err err = ERR_INIT;
	struct fields f;

	if (cut >= 0) {
		record = str_sub(in, 0, (size_t)cut);
		mail = str_sub(in, (size_t)cut + 2, in.len);
	}
	if (keyrecord_parse(record, &key, &err) == 0)
		must(key.n <= sizeof(key.key));
	if (fields_parse(mail, a, &f, &err) == -1 ||
	    results_judge(&f, ID, &resolver, NOW_MS, a, &chain, &field,
	    &err) == -1)
		return (0);
	check_field(field);
	check_recall(field, mail, &chain, a);
	must(results_is_of(str_sub(field, strlen("Authentication-Results:"),
	    field.len), ID));
	check_sign(&f, &chain, a);
	return (0);
}
