/* SPDX-License-Identifier: Apache-2.0 */
/* Notes, read back as a mail program reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/enc.h"
#include "mime/letter.h"
#include "queue/note.h"

#define MAIL_MAX (1u << 24)
#define LINE_MAX_BYTES 998

struct mail {
	struct arena *arena;
	struct note note;
	struct buf bytes, text, html;
	struct letter *letter;
	struct letter_view view;
};

static int
begin(void **state)
{
	struct mail *m = must_calloc(1, sizeof(*m));

	m->arena = arena_new();
	buf_init(&m->bytes, MAIL_MAX);
	buf_init(&m->text, MAIL_MAX);
	buf_init(&m->html, MAIL_MAX);
	m->note = (struct note){ .arena = m->arena,
	    .organisation = STR_LIT("M\xc3\xbcller & <S\xc3\xb6hne>"),
	    .postmaster = STR_LIT("post@us.example"),
	    .hostname = STR_LIT("mx.us.example"),
	    .to = STR_LIT("ann@us.example"),
	    .subject = STR_LIT("\xc3\x9c" "ber alles"),
	    .message_id = STR_LIT("<1@b.example>"),
	    .fields = STR_LIT("X-Carried: yes\r\n"),
	    .now_ms = INT64_C(1795472520000) };
	*state = m;
	return (0);
}

static int
end(void **state)
{
	struct mail *m = *state;

	buf_done(&m->bytes);
	buf_done(&m->text);
	buf_done(&m->html);
	arena_free(&m->arena);
	free(m);
	return (0);
}

static void
render(struct mail *m)
{
	struct err err = ERR_INIT;
	struct str rest, line;

	note_render(&m->note, &m->bytes);
	assert_false(m->bytes.over);
	rest = buf_view(&m->bytes);
	while (str_next(&rest, '\n', &line))
		assert_true(line.len <= LINE_MAX_BYTES && (rest.p == NULL ||
		    line.p[line.len - 1] == '\r'));
	assert_int_equal(letter_parse(buf_view(&m->bytes), m->arena,
	    &m->letter, &err), 0);
	letter_view(m->letter, m->arena, &m->view);
	assert_int_equal(letter_text(m->view.text, &m->text, &err), 0);
	assert_int_equal(letter_text(m->view.html, &m->html, &err), 0);
}

static void
assert_header(const struct mail *m, const char *name, const char *value)
{
	struct str got = letter_header(m->letter->root, str_of(name),
	    m->arena);

	if (!str_eq(got, str_of(value)))
		fail_msg("%s: %.*s", name, STR_FMT(got));
}

static void
fact(struct mail *m, const char *name, const char *value)
{
	note_add(&m->note, NOTE_FACT, str_of(name), str_of(value));
}

/* All kinds of blocks, word for word. */
static void
a_note_reads_well(void **state)
{
	static const char text[] =
	    "Your message is waiting\n"
	    "\n"
	    "A paragraph that is long enough to be wrapped, because no line is "
	    "to be\n"
	    "longer than most people like to read.\n"
	    "\n"
	    "Another one.\n"
	    "\n"
	    "Subject:  Our offer\n"
	    "To:       a@x.example\n"
	    "          b@x.example\n"
	    "A name that is too long for its column:\n"
	    "          value\n"
	    "\n"
	    "What you can do:\n"
	    "- Wait.\n"
	    "- Ask somebody who knows about it, in which case this line is "
	    "wrapped,\n"
	    "  too.\n"
	    "\n"
	    "-- \n"
	    "M\xc3\xbcller & <S\xc3\xb6hne>\n"
	    "Questions? Answer this mail, or write to post@us.example\n";
	struct mail *m = *state;

	note_add(&m->note, NOTE_HEAD, STR_NULL,
	    STR_LIT("Your message is waiting"));
	note_add(&m->note, NOTE_TEXT, STR_NULL, STR_LIT("A paragraph that is "
	    "long enough to be wrapped, because no line is to be longer than "
	    "most people like to read."));
	note_say(&m->note, NOTE_TEXT, "%s one.", "Another");
	fact(m, "Subject", "Our offer");
	fact(m, "To", "a@x.example");
	fact(m, "", "b@x.example");
	fact(m, "A name that is too long for its column", "value");
	note_say(&m->note, NOTE_TITLE, "What you can do");
	note_say(&m->note, NOTE_STEP, "Wait.");
	note_say(&m->note, NOTE_STEP, "Ask somebody who knows about it, in "
	    "which case this line is wrapped, too.");
	render(m);
	assert_string_equal(buf_cstr(&m->text), text);
	assert_int_equal(m->letter->ambiguous, 0);
	assert_int_equal(m->letter->n_parts, 3);
	assert_true(enc_is_ascii(buf_view(&m->bytes)));
	assert_header(m, "From", "M\xc3\xbcller & <S\xc3\xb6hne> "
	    "<post@us.example>");
	assert_header(m, "To", "ann@us.example");
	assert_header(m, "Subject", "\xc3\x9c" "ber alles");
	assert_header(m, "Date", "Mon, 23 Nov 2026 22:22:00 +0000");
	assert_header(m, "Auto-Submitted", "auto-generated");
	assert_header(m, "In-Reply-To", "<1@b.example>");
	assert_header(m, "References", "<1@b.example>");
	assert_header(m, "X-Carried", "yes");
	assert_false(note_is_8bit(&m->note) ||
	    note_needs_smtputf8(&m->note));
}

/* Tables and lists go around what belongs together, and nothing else. */
static void
the_page_says_the_same(void **state)
{
	static const struct {
		const char *what;
		int times;
	} rows[] = {
		{ "<h1", 1 }, { "</h1>", 1 }, { "<h2", 1 }, { "<ul", 1 },
		{ "</ul>", 1 }, { "<li", 2 }, { "</li>", 2 },
		{ ">one &lt;b&gt; &amp; two</", 2 }, { "M\xc3\xbcller &amp; "
		    "&lt;S\xc3\xb6hne&gt;", 1 }, { "<b>", 1 },
		{ "<script", 0 }, { "mailto:post@us.example", 1 },
	};
	struct mail *m = *state;
	int tables[2] = { 0, 0 };

	note_say(&m->note, NOTE_HEAD, "one <b> & two");
	fact(m, "a", "1");
	fact(m, "b", "<script>2");
	note_say(&m->note, NOTE_TITLE, "more");
	note_say(&m->note, NOTE_STEP, "x");
	note_say(&m->note, NOTE_STEP, "y");
	fact(m, "c", "3");
	note_add(&m->note, NOTE_PAGE, STR_LIT("own text"),
	    STR_LIT("<b>own page</b>"));
	render(m);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str rest = buf_view(&m->html), w = str_of(rows[i].what);
		int n = 0;
		ptrdiff_t at;

		for (; (at = str_find_nocase(rest, w)) >= 0; n++)
			rest = str_sub(rest, (size_t)at + w.len, rest.len);
		if (n != rows[i].times)
			fail_msg("%d times %s", n, rows[i].what);
	}
	for (size_t i = 0; i + 7 < m->html.len; i++) {
		tables[0] += memcmp(m->html.p + i, "<table", 6) == 0;
		tables[1] += memcmp(m->html.p + i, "</table", 7) == 0;
	}
	assert_int_equal(tables[0], tables[1]);
	assert_true(str_find_nocase(buf_view(&m->text),
	    STR_LIT("\nown text\n")) > 0);
}

/* Nobody's words become lines, fields or blocks of ours. */
static void
values_stay_values(void **state)
{
	AUTO_BUF struct buf huge = BUF_INIT(1u << 20);
	struct mail *m = *state;

	for (int i = 0; i < NOTE_VALUE_BYTES; i++)
		buf_z(&huge, "\xc3\xa9");
	m->note.subject = STR_LIT("a\r\nBcc: x@y.example\r\n\r\nb");
	note_say(&m->note, NOTE_HEAD, "h");
	fact(m, "Name", "v\r\nRule: none\xff\x01" "e");
	note_add(&m->note, NOTE_FACT, STR_LIT("Long"), buf_view(&huge));
	for (int i = 0; i < 2 * NOTE_BLOCKS_MAX; i++)
		fact(m, "more", "x");
	render(m);
	assert_header(m, "Subject", "a  Bcc: x@y.example    b");
	assert_header(m, "Bcc", "");
	assert_true(str_find_nocase(buf_view(&m->text),
	    STR_LIT("Name:  v  Rule: none")) < 0);
	assert_true(str_find_nocase(buf_view(&m->text),
	    STR_LIT("Name:  v Rule: none\xef\xbf\xbd e\n")) > 0);
	assert_true(enc_is_utf8(buf_view(&m->text)));
	assert_true(str_find_nocase(buf_view(&m->text),
	    STR_LIT("\xc3\xa9…\n")) > 0);
	assert_int_equal(m->note.n_blocks, NOTE_BLOCKS_MAX);
}

static void
only_message_ids_are_answered(void **state)
{
	static const struct {
		const char *id;
		bool is_good;
	} rows[] = {
		{ " <a@b> ", true }, { "", false }, { "a@b", false },
		{ "<a b@c>", false }, { "<a@b> <c@d>", false },
		{ "<a\r\nX: y@b>", false }, { "<ab>", false },
		{ "<\xc3\xa9@b>", false },
	};
	struct mail *m = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		m->note.message_id = str_of(rows[i].id);
		buf_reset(&m->bytes);
		render(m);
		assert_header(m, "In-Reply-To", rows[i].is_good ? "<a@b>" :
		    "");
		assert_header(m, "References", rows[i].is_good ? "<a@b>" :
		    "");
		assert_header(m, "X", "");
	}
}

static void
an_original_is_attached_as_it_came(void **state)
{
	static const char original[] = "From: x@y.example\r\nSubject: G\r\n"
	    "Content-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xf6\xdf"
	    "e\r\n.\r\n--x\r\n";
	struct mail *m = *state;
	const struct letter_part *part;

	note_say(&m->note, NOTE_HEAD, "h");
	m->note.original = STR_LIT(original);
	assert_true(note_is_8bit(&m->note));
	assert_false(note_needs_smtputf8(&m->note));
	render(m);
	assert_int_equal(m->view.n_attachments, 1);
	part = m->view.attachments[0];
	assert_true(part->is_message);
	assert_true(str_eq(part->type, STR_LIT("message/rfc822")));
	assert_true(str_eq(part->body, STR_LIT(original)));
	assert_header(m, "Content-Transfer-Encoding", "8bit");
	m->note.is_original_global = true;
	assert_true(note_needs_smtputf8(&m->note));
	buf_reset(&m->bytes);
	render(m);
	assert_true(str_eq(m->view.attachments[0]->type,
	    STR_LIT("message/global")));
	m->note.original = STR_NULL;
	assert_false(note_needs_smtputf8(&m->note));
	m->note.to = STR_LIT("j\xc3\xbcrg@us.example");
	assert_true(note_needs_smtputf8(&m->note) &&
	    note_is_8bit(&m->note));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_note_reads_well),
		TEST(the_page_says_the_same),
		TEST(values_stay_values),
		TEST(only_message_ids_are_answered),
		TEST(an_original_is_attached_as_it_came),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
