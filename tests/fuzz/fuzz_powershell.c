/* SPDX-License-Identifier: Apache-2.0 */
/* A PowerShell line from any bytes: taken apart or refused with a place; what
 * was taken is literal, and reads the same when it is quoted again. */
#include "base/must.h"
#include "import/powershell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(struct str text, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(POWERSHELL_MAX_BYTES * 4ul);
	struct input_value *v = NULL;

	powershell_quote_single(text, &b);
	if (b.len > POWERSHELL_MAX_BYTES)
		return;
	must(powershell_value(buf_view(&b), a, &v, NULL) == 0);
	must(v->kind == INPUT_TEXT && str_eq(v->text, text));
	buf_reset(&b);
	powershell_quote_double(text, &b);
	if (b.len > POWERSHELL_MAX_BYTES)
		return;
	must(powershell_value(buf_view(&b), a, &v, NULL) == 0);
	must(v->kind == INPUT_TEXT && str_eq(v->text, text));
}

static void
check(const struct input_value *v, unsigned depth, struct arena *a)
{
	size_t n = 0;

	must(depth <= INPUT_MAX_DEPTH + 1);
	if (v->kind == INPUT_TEXT)
		check_text(v->text, a);
	for (const struct input_value *c = v->child; c != NULL; c = c->next) {
		must(v->kind == INPUT_LIST || v->kind == INPUT_TABLE);
		check(c, depth + 1, a);
		n++;
	}
	must(n == v->n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct powershell_command c = { .parameters = NULL };
	struct err err = ERR_INIT;

	if (powershell_parse(str_make(data, size), a, &c, &err) != 0) {
		must(c.parameters == NULL && err.kind != ERR_NONE);
		return (0);
	}
	must(c.cmdlet.len > 0 && c.parameters->kind == INPUT_TABLE);
	check(c.parameters, 0, a);
	return (0);
}
