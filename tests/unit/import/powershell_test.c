/* SPDX-License-Identifier: Apache-2.0 */
/* One PowerShell command line: what is read, what is refused and where, and
 * that any text survives being quoted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/powershell.h"

#define ROUNDS 20000
#define TEXT_MAX 40

/* A value as one line: 'text', true, null, [list], {key=value}. */
static void
show(const struct input_value *v, struct buf *out)
{
	static const char ends[] = "[]{}";
	const char *end = v->kind == INPUT_LIST ? ends : ends + 2;

	switch (v->kind) {
	case INPUT_NULL:
		buf_z(out, "null");
		return;
	case INPUT_TRUTH:
		buf_z(out, v->truth ? "true" : "false");
		return;
	case INPUT_TEXT:
		buf_printf(out, "<%.*s>", STR_FMT(v->text));
		return;
	case INPUT_LIST:
	case INPUT_TABLE:
		break;
	}
	buf_char(out, end[0]);
	for (const struct input_value *c = v->child; c != NULL; c = c->next) {
		if (v->kind == INPUT_TABLE)
			buf_printf(out, "%.*s=", STR_FMT(c->key));
		show(c, out);
		if (c->next != NULL)
			buf_char(out, ' ');
	}
	buf_char(out, end[1]);
}

static const struct {
	const char *line;
	const char *expect;	/* parameters, or the error */
} commands[] = {
	{ "x", "{}" },
	{ "  x -A b ", "{A=<b>}" },
	{ "x -A 'b c' -D \"e f\"", "{A=<b c> D=<e f>}" },
	{ "x -A 'it''s'", "{A=<it's>}" },
	{ "x -A ''", "{A=<>}" },
	{ "x -A ' \n\n'", "{A=< \n\n>}" },
	{ "x -A '$x $(y) `n'", "{A=<$x $(y) `n>}" },
	{ "x -A \"a`nb`tc`\"d`$e``\"", "{A=<a\nb\tc\"d$e`>}" },
	{ "x -A \"say \"\"hi\"\"\"", "{A=<say \"hi\">}" },
	{ "x -A \"10 $ and 5$\"", "{A=<10 $ and 5$>}" },
	{ "x -A \"a`\nb\"", "{A=<a\nb>}" },
	{ "x -A $true -B $False -C $NULL", "{A=true B=false C=null}" },
	{ "x -A:$false", "{A=false}" },
	{ "x -A: b", "{A=<b>}" },
	{ "x -A:'b'", "{A=<b>}" },
	{ "x -Switch", "{Switch=true}" },
	{ "x -Switch -B c", "{Switch=true B=<c>}" },
	{ "x -A b,c", "{A=[<b> <c>]}" },
	{ "x -A 'b' , \"c\",d", "{A=[<b> <c> <d>]}" },
	{ "x -A b,\n c", "{A=[<b> <c>]}" },
	{ "x -A @('b','c')", "{A=[<b> <c>]}" },
	{ "x -A @('b'\n'c'\r\n)", "{A=[<b> <c>]}" },
	{ "x -A @('b')", "{A=[<b>]}" },
	{ "x -A @()", "{A=[]}" },
	{ "x -A ('b','c')", "{A=[<b> <c>]}" },
	{ "x -A @{Name=\"N\"; minCount=\"2\"}",
	    "{A={Name=<N> minCount=<2>}}" },
	{ "x -A @{Name=\"N\"},@{'Name'='M'; a=b,c}",
	    "{A=[{Name=<N>} {Name=<M> a=[<b> <c>]}]}" },
	{ "x -A @(@{Name=\"N\"; m=1},@{Name=\"M\"\n m=2})",
	    "{A=[{Name=<N> m=<1>} {Name=<M> m=<2>}]}" },
	{ "x -A @{ }", "{A={}}" },
	{ "x -A -1 -B 10MB", "{A=<-1> B=<10MB>}" },
	{ "x -A a@b.example,c@d.example",
	    "{A=[<a@b.example> <c@d.example>]}" },
	{ "x -A a` b", "{A=<a b>}" },
	{ "x -A b `\n -C d", "{A=<b> C=<d>}" },
	{ "x -A b `\r\n\t-C d\r\n\r\n", "{A=<b> C=<d>}" },
	{ "x -A \xe2\x80\x98" "b\xe2\x80\x99", "{A=<b>}" },
	{ "x -A 'don\xe2\x80\x99\xe2\x80\x99t'", "{A=<don\xe2\x80\x99t>}" },
	{ "x \xe2\x80\x93" "A \xe2\x80\x9c" "b\xe2\x80\x9d", "{A=<b>}" },
	{ "x\xc2\xa0-A b", "{A=<b>}" },
	{ "x -A 'gr\xc3\xbc\xc3\x9f'", "{A=<gr\xc3\xbc\xc3\x9f>}" },
	{ "x -A 'a|b;c&d>e(f){g}#h'", "{A=<a|b;c&d>e(f){g}#h>}" },
	{ "", "character 1: a value is missing" },
	{ "x -A $y", "character 6: a variable is not evaluated" },
	{ "x -A $true.x", "character 6: a variable is not evaluated" },
	{ "x -A $(y)", "character 6: $( ) is not evaluated" },
	{ "x -A \"$y\"", "character 7: a variable or $( ) inside a text is "
	    "not evaluated" },
	{ "x -A \"a$(y)\"", "character 8: a variable or $( ) inside a text "
	    "is not evaluated" },
	{ "x -A \"${y}\"", "character 7: a variable or $( ) inside a text is "
	    "not evaluated" },
	{ "x -A a$y", "character 7: a variable is not evaluated" },
	{ "x -A b | y", "character 8: a pipe is not run" },
	{ "x -A b; y", "character 7: ; begins another command" },
	{ "x; y", "character 2: ; begins another command" },
	{ "x -A b\ny -C d", "character 8: another command on a line of its "
	    "own" },
	{ "x & y", "character 3: & is not run" },
	{ "& x", "character 1: & is not run" },
	{ "x > y", "character 3: a redirection is not run" },
	{ "x -A {y}", "character 6: a script block is not run" },
	{ "x -A @y", "character 6: splatting (@name) is not evaluated" },
	{ "x -A @'\ny\n'@", "character 6: a here-string is not read" },
	{ "x -A ('b' + 'c')", "character 11: only literal values are read in "
	    "a list" },
	{ "x -A (y z)", "character 9: only literal values are read in a "
	    "list" },
	{ "x -A @('b'; 'c')", "character 11: only literal values are read "
	    "in a list" },
	{ "x -A [int](1)", "character 11: an expression is not evaluated" },
	{ "x -A 'b", "character 8: the text in single quotes has no end" },
	{ "x -A \"b", "character 8: the text in double quotes has no end" },
	{ "x -A 'b'c", "character 9: text directly behind a text is not "
	    "read" },
	{ "x -A b'c'", "character 7: a quote inside a word is not read" },
	{ "x -A b c", "character 9: a value without a parameter" },
	{ "x b", "character 4: a value without a parameter" },
	{ "x -A b -a c", "character 10: a parameter comes twice" },
	{ "x -A @{b}", "character 9: = expected in @{ }" },
	{ "x -A @{b=1; B=2}", "character 15: a key of @{ } comes twice" },
	{ "x -A @{b=1;", "character 12: @{ has no end" },
	{ "x -A @{b=1", "character 11: ; or } expected in @{ }" },
	{ "x -A @('b'", "character 11: only literal values are read in a "
	    "list" },
	{ "x -A @(", "character 8: a parenthesis has no end" },
	{ "x -A b,", "character 8: a value is missing" },
	{ "x -A:", "character 6: a value is missing" },
	{ "x -A \"b`", "character 8: a backtick with nothing behind it" },
	{ "x -A \"`u{41}\"", "character 7: `u{ } is not read" },
	{ "x -A \"`0\"", "character 7: a NUL character is not read" },
	{ "x # c", "character 3: a comment is not read" },
	{ "x -A+ b", "character 5: a parameter's name ends oddly" },
	{ "x -A \xff", "the command is not a text" },
};

static void
each_command(void **state UNUSED)
{
	int bad = 0;

	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf got = BUF_INIT(4096);
		struct powershell_command c;
		struct err err = ERR_INIT;

		if (powershell_parse(str_of(commands[i].line), a, &c,
		    &err) == 0)
			show(c.parameters, &got);
		else
			buf_z(&got, err.msg);
		if (strcmp(buf_cstr(&got), commands[i].expect) == 0)
			continue;
		print_error("%s: %s\n", commands[i].line, buf_cstr(&got));
		bad++;
	}
	assert_int_equal(bad, 0);
}

static void
nested_too_deep(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(4096);
	struct powershell_command c;
	struct err err = ERR_INIT;

	buf_z(&b, "x -A ");
	for (int i = 0; i < INPUT_MAX_DEPTH + 1; i++)
		buf_z(&b, "@(");
	assert_int_equal(powershell_parse(buf_view(&b), a, &c, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

/* The characters that mean something to PowerShell, and some that do not. */
static const char *const pieces[] = {
	"'", "\"", "`", "$", "(", ")", "{", "}", "@", ",", ";", "|", "&", "<",
	">", "#", "-", "=", " ", "\t", "\n", "\r\n", "a", "b", "n", "0", "u{",
	"true", "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9c",
	"\xe2\x80\x9d", "\xe2\x80\x93", "\xc2\xa0", "\xc3\xbc",
	"\xf0\x9f\x94\x92", "\x01",
};

static uint32_t seed = 1;

static uint32_t
next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return ((seed >> 8) % below);
}

static void
random_text(struct buf *out)
{
	uint32_t n = next_random(TEXT_MAX);

	for (uint32_t i = 0; i < n; i++)
		buf_z(out, pieces[next_random(COUNT_OF(pieces))]);
}

static void
quoted_and_back(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();

	for (int i = 0; i < ROUNDS; i++) {
		AUTO_BUF struct buf one = BUF_INIT(4096), two = BUF_INIT(4096),
		    line = BUF_INIT(65536);
		struct powershell_command c;
		struct err err = ERR_INIT;
		const struct input_value *b;

		random_text(&one);
		random_text(&two);
		buf_z(&line, "New-TransportRule -A ");
		powershell_quote_single(buf_view(&one), &line);
		buf_z(&line, " -B:@(");
		powershell_quote_double(buf_view(&two), &line);
		buf_z(&line, ", @{k=");
		powershell_quote_double(buf_view(&one), &line);
		buf_z(&line, "; l=");
		powershell_quote_single(buf_view(&two), &line);
		buf_z(&line, "}) -C");
		if (powershell_parse(buf_view(&line), a, &c, &err) != 0)
			fail_msg("%s: %s", buf_cstr(&line), err.msg);
		assert_true(str_eq(input_get(c.parameters, "A")->text,
		    buf_view(&one)));
		b = input_get(c.parameters, "B");
		assert_true(str_eq(b->child->text, buf_view(&two)));
		assert_true(str_eq(input_get(b->last, "k")->text,
		    buf_view(&one)));
		assert_true(str_eq(input_get(b->last, "l")->text,
		    buf_view(&two)));
		assert_true(input_is_true(input_get(c.parameters, "C")));
		arena_reset(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command),
		cmocka_unit_test(nested_too_deep),
		cmocka_unit_test(quoted_and_back),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
