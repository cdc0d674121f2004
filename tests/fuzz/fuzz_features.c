/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record and a list of questions read and asked by a policy. Whatever they
 * say, every condition has an answer.
 */
#include <stdlib.h>

#include "policy/features.h"
#include "policy/simulation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char yaml[] = "version: 1\ndomains: [own.example]\n"
    "default: Encrypt-Only\nrules:\n"
    "- {name: A, when: {body_contains_words: x}, then: reject}\n"
    "- {name: B, when: {attachment_extension_is: [tar.gz, exe], "
    "attachment_size_over: 10}, then: clear}\n"
    "- {name: C, when: {importance_is: high, message_type_is: signed}, "
    "except: {attachment_type_is: pdf}, then: Do Not Forward}\n"
    "- {name: D, when: {sensitivity_is: private, recipient_domain_is: "
    "a.example}, then: {quarantine: true}}\n"
    "- {name: E, when: {attachment_has_macros: true}, then: reject}\n";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy *p;
	AUTO_ARENA struct arena *a = arena_new();
	struct str rest = str_make(data, size), questions = STR_NULL;
	struct err err = ERR_INIT;
	struct features *f;
	struct recall *r;
	struct policy_question q = { .arena = a };

	if (p == NULL && policy_parse(str_of(yaml), "/p", &p, &err) != 0)
		abort();
	(void)str_next(&rest, '\0', &questions);
	if (recall_new(p, questions, a, &r, &err) == -1 ||
	    features_read(rest, a, &f, &err) == -1)
		return (0);
	recall_question(r, f, &q);
	if (q.n_recipients > 0)
		simulation_decide(p, &q, arena_array(a, q.n_recipients,
		    sizeof(struct verdict)));
	return (0);
}
