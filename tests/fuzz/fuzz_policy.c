/* SPDX-License-Identifier: Apache-2.0 */
/* A policy from any bytes, and behind a line "%%%" the letter it judges. */
#include "base/must.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char cut[] = "\n%%%\n";
static const char fallback[] = "Subject: =?utf-8?q?=5Bsecure=5D?= x\n"
    "Sensitivity: private\n\nx\n";

static void
judge(const struct policy *p, struct str bytes)
{
	static const char *const people[] = {
		"a@own.example", "b@out.example", "c@sub.own.example",
	};
	AUTO_ARENA struct arena *a = arena_new();
	struct policy_question q = { .arena = a };
	struct address sender, recipient;
	struct letter *letter;
	struct verdict v;

	if (letter_parse(bytes, a, &letter, NULL) != 0)
		return;
	must(address_parse(str_of(people[0]), a, &sender, NULL) == 0);
	q.letter = letter;
	q.sender = &sender;
	q.recipient = &recipient;
	for (size_t i = 0; i < COUNT_OF(people); i++) {
		must(address_parse(str_of(people[i]), a, &recipient,
		    NULL) == 0);
		policy_decide(p, &q, &v);
		must(v.reason.len > 0 && v.rule.len > 0);
		must((v.template != NULL) == (v.action == POLICY_PROTECT));
		must(!v.is_held || v.held_reason.len > 0);
		must((v.reject_text.len > 0) == (v.action == POLICY_REJECT));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_make(data, size);
	struct str yaml = all, letter = STR_LIT(fallback);
	struct policy *p = NULL;
	struct err err = ERR_INIT;
	ptrdiff_t at = str_find_nocase(all, STR_LIT(cut));

	if (at >= 0) {
		yaml = str_sub(all, 0, (size_t)at);
		letter = str_sub(all, (size_t)at + sizeof(cut) - 1, size);
	}
	if (policy_parse(yaml, "f", &p, &err) != 0) {
		must(p == NULL && err.kind != ERR_NONE);
		must(str_starts_nocase(str_of(err.msg), STR_LIT("f:")));
		return (0);
	}
	judge(p, letter);
	policy_free(&p);
	return (0);
}
