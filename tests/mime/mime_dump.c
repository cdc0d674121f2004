/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mime_dump: what our parser finds in message files, one JSON line for each,
 * to be compared with other readers by compare.py.
 *
 *	mime_dump a.eml b.eml ...
 *	mime_dump --speed a.eml		MB/s of parsing and of decoding
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <time.h>

#include "base/enc.h"
#include "base/sys.h"
#include "mime/address.h"
#include "mime/letter.h"

#define MAX_BYTES ((size_t)1 << 30)

static void
print_text(const char *name, struct str s)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);

	enc_json(s, &b);
	printf("\"%s\":%.*s", name, STR_FMT(buf_view(&b)));
}

static void
print_hash(const char *name, struct str s)
{
	uint8_t md[32];
	char hex[65];

	must(EVP_Digest(s.len > 0 ? s.p : "", s.len, md, NULL, EVP_sha256(),
	    NULL) == 1);
	enc_hex(md, sizeof(md), hex);
	printf("\"%s\":\"%s\"", name, hex);
}

/* SHA-256 of the bytes, and of them with LF line ends and none at the end, for
 * readers that do not keep line ends. */
static void
print_hashes(struct str s, bool is_text)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	struct str loose;

	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != '\r' || i + 1 == s.len || s.p[i + 1] != '\n')
			buf_char(&b, s.p[i]);
	loose = buf_view(&b);
	print_hash("sha256", is_text ? loose : s);
	while (loose.len > 0 && loose.p[loose.len - 1] == '\n')
		loose.len--;
	printf(",");
	print_hash("loose", loose);
}

static void
print_leaf(const struct letter_part *part, bool is_inner, bool *first)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;

	printf("%s{", *first ? "" : ",");
	*first = false;
	print_text("type", part->type);
	printf(",");
	print_text("filename", part->filename);
	printf(",\"inner\":%s,", is_inner ? "true" : "false");
	if (part->is_message) {
		printf("\"sha256\":\"-\"}");
		return;
	}
	must(letter_decode(part, &b, &err) == 0);
	print_hashes(buf_view(&b),
	    str_starts_nocase(part->type, STR_LIT("text/")));
	printf("}");
}

static void
print_leaves(const struct letter_part *part, bool is_inner, bool *first)
{
	if (!part->is_multipart)
		print_leaf(part, is_inner, first);
	for (const struct letter_part *c = part->child; c != NULL; c = c->next)
		print_leaves(c, is_inner || part->is_message, first);
}

static void
print_body(const char *name, const struct letter_part *part)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;

	if (part == NULL)
		return;
	must(letter_text(part, &b, &err) == 0);
	printf(",");
	print_text(name, buf_view(&b));
}

static void
print_letter(const struct letter *letter, struct arena *a)
{
	struct letter_view view;
	const struct letter_field *from;
	struct mailbox *list = NULL;
	bool first = true;
	size_t n = 0;

	printf(",\"ambiguous\":\"%s\",",
	    letter_ambiguity_text(letter->ambiguous, a));
	print_text("subject", letter_header(letter->root, STR_LIT("Subject"),
	    a));
	from = letter_find(letter->root, STR_LIT("From"));
	if (from != NULL)
		n = address_list(from->raw, a, &list);
	printf(",");
	print_text("from", n > 0 ? list[0].address.text : STR_LIT(""));
	printf(",");
	print_text("from_name", n > 0 ? list[0].name : STR_LIT(""));
	printf(",\"leaves\":[");
	print_leaves(letter->root, false, &first);
	letter_view(letter, a, &view);
	printf("],\"n_inlines\":%zu,\"n_attachments\":%zu", view.n_inlines,
	    view.n_attachments);
	print_body("text", view.text);
	print_body("html", view.html);
}

static void
dump(const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	AUTO_ARENA struct arena *a = arena_new();
	const char *base = strrchr(path, '/');
	struct err err = ERR_INIT;
	struct letter *letter;

	must(sys_read_file(path, &b, &err) == 0);
	printf("{");
	print_text("id", str_of(base != NULL ? base + 1 : path));
	if (letter_parse(buf_view(&b), a, &letter, &err) != 0) {
		printf(",");
		print_text("refused", str_of(err.msg));
	} else {
		print_letter(letter, a);
	}
	printf("}\n");
}

static void
decode_all(const struct letter_part *part, size_t *total)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;

	for (const struct letter_part *c = part->child; c != NULL; c = c->next)
		decode_all(c, total);
	if (part->child != NULL)
		return;
	must(letter_decode(part, &b, &err) == 0);
	*total += b.len;
}

static double
seconds(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static void
speed(const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct letter *letter = NULL;
	double parse = 0, decode = 0, start;
	size_t rounds = 0, total = 0;

	must(sys_read_file(path, &b, &err) == 0);
	while (parse + decode < 0.5) {
		arena_reset(a);
		start = seconds();
		must(letter_parse(buf_view(&b), a, &letter, &err) == 0);
		parse += seconds() - start;
		start = seconds();
		decode_all(letter->root, &total);
		decode += seconds() - start;
		rounds++;
	}
	printf("parse %.0f MB/s, decode %.0f MB/s of encoded input\n",
	    (double)(b.len * rounds) / parse / 1e6,
	    (double)(b.len * rounds) / decode / 1e6);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--speed") == 0) {
		speed(argv[2]);
		return (0);
	}
	for (int i = 1; i < argc; i++)
		dump(argv[i]);
	return (0);
}
