/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict about S/MIME: what it says, and that nobody else can say it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gateway/smimemark.h"

#define HEAD "From: x@out.example\r\nTo: a@own.example\r\n" \
	"Message-ID: <1@out.example>\r\nSubject: hello\r\n"
#define BODY "Content-Type: text/plain\r\n\r\nThe vault opens at %s.\r\n"

static struct gateway gateway = { .loop_key = { 1, 2, 3 } };

static const struct smimein_result valid = { .seal = SMIMEIN_OPENED,
	.signature = SMIMEIN_VALID, .signer = STR_LIT("x@out.example"),
	.cipher = "AES-256-GCM" };

static struct letter *
parse(struct str bytes, struct arena *a)
{
	struct letter *letter;
	struct err err = ERR_INIT;

	assert_int_equal(letter_parse(bytes, a, &letter, &err), 0);
	return (letter);
}

/* The field that a message gets, which says this. */
static struct str
field_of(const char *mail, const struct smimein_result *r, bool is_closed,
    struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(1u << 16);
	struct journey_variant v = { .letter = parse(str_of(mail), a),
	    .is_closed = is_closed };
	struct journey j = { .gateway = &gateway, .arena = a,
	    .now_ms = 1764547200000 };

	j.smime.in = *r;
	smimemark_write(&j, &v, &b);
	return (arena_str(a, buf_view(&b)));
}

/* Is the field believed in front of this message? */
static bool
is_believed(struct str field, const char *mail, struct arena *a)
{
	struct letter *letter = parse(str_of(arena_printf(a, "%.*s%s",
	    STR_FMT(field), mail)), a);

	return (smimemark_is_ours(gateway.loop_key, letter,
	    &letter->root->fields[0], a));
}

static bool
says(struct str field, const char *what)
{
	return (str_find_nocase(field, str_of(what)) >= 0);
}

static void
says_what_was_found(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	const char *mail = HEAD "\r\nhi\r\n";
	struct smimein_result r = valid;
	struct str f = field_of(mail, &r, false, a);

	(void)state;
	assert_true(says(f, "X-Letterlock-SMIME: encryption=opened; "
	    "cipher=AES-256-GCM;"));
	assert_true(says(f, "signature=valid; signer=x@out.example;"));
	assert_true(says(f, "time=1764547200; code="));
	assert_true(says(field_of(mail, &r, true, a),
	    "encryption=not-for-this-recipient;"));
	r = (struct smimein_result){ .seal = SMIMEIN_BROKEN };
	f = field_of(mail, &r, false, a);
	assert_true(says(f, "encryption=broken;") && says(f,
	    "signature=none;") && !says(f, "cipher") && !says(f, "signer="));
	/* A certificate is anybody's text. */
	r = valid;
	r.signer = STR_LIT("x@out.example; signature=valid\r\nBcc: y");
	f = field_of(mail, &r, false, a);
	assert_true(!says(f, "signer=") && !says(f, "Bcc"));
}

static void
is_believed_on_its_message_only(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	const char *nine = arena_printf(a, HEAD BODY, "nine");
	const char *noon = arena_printf(a, HEAD BODY, "noon");
	struct str f = field_of(nine, &valid, false, a), folded, worse;
	char *p;

	(void)state;
	assert_true(is_believed(f, nine, a));
	assert_false(is_believed(f, noon, a));
	assert_false(is_believed(f, "From: y@out.example\r\n\r\nhi\r\n", a));
	/* Another verdict under its code, another key, none. */
	worse = field_of(nine, &(struct smimein_result){
	    .signature = SMIMEIN_CHANGED }, false, a);
	p = arena_printf(a, "%.*s%.*s", (int)(f.len - 28), f.p, 28,
	    worse.p + worse.len - 28);
	assert_false(is_believed(str_of(p), nine, a));
	gateway.loop_key[0] ^= 1;
	assert_false(is_believed(f, nine, a));
	gateway.loop_key[0] ^= 1;
	assert_false(is_believed(STR_LIT("X-Letterlock-SMIME: code=\r\n"),
	    nine, a));
	assert_false(is_believed(STR_LIT("X-Letterlock-SMIME:\r\n"), nine,
	    a));
	/* Servers fold anew. */
	folded = str_of(arena_printf(a, "%.*s\r\n\t code=%.*s",
	    (int)(f.len - 34), f.p, 28, f.p + f.len - 28));
	assert_true(says(folded, ";\r\n\t code="));
	assert_true(is_believed(folded, nine, a));
}

static void
is_believed_nowhere_where_readers_differ(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	const char *mail = HEAD "Content-Type: multipart/mixed; boundary=b"
	    "\r\n\r\n--b\r\n\r\nhi\r\n";
	struct str f = field_of(mail, &valid, false, a);

	(void)state;
	assert_true(says(f, "code=none"));
	assert_false(is_believed(f, mail, a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_was_found),
		cmocka_unit_test(is_believed_on_its_message_only),
		cmocka_unit_test(is_believed_nowhere_where_readers_differ),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
