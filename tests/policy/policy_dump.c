/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_dump: the verdicts on cases read from stdin, for logic_check.py to
 * compare with its own.
 *
 * A case is fields, each "LENGTH\n" and that many bytes: the policy (empty: as
 * before), "1" when trials are wanted, the time in milliseconds, what
 * is known for the ladder (letters of "ctps": certificate, TLS, passphrase,
 * signature), the client,
 * the sender, the message, the recipients, and "." behind the last of them.
 * For each recipient comes one line "verdict" of fields parted by tabs, for each
 * whom rules add one line "added", then a line "done"; a mistake in a case is a
 * line "error".
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/auto.h"
#include "policy/audience.h"

#define FIELD_MAX (1u << 20)
#define RECIPIENTS_MAX 64
#define AUDIENCE_MAX 10000

static const char *const actions[] = { "deliver", "protect", "hold",
	"reject", "defer", "discard", "redirect" };
static const char *const severities[] = { "none", "low", "medium", "high" };

struct asked {
	struct arena *arena;
	struct address sender, recipients[RECIPIENTS_MAX];
	struct str means;
	struct policy_question q;
};

/* False at the end of the input, and where it is not what it should be. */
static bool
read_field(struct arena *a, struct str *out)
{
	char line[24];
	uint64_t len;
	char *p;

	if (fgets(line, sizeof(line), stdin) == NULL ||
	    !str_to_u64(str_trim(str_of(line)), FIELD_MAX, &len))
		return (false);
	p = arena_alloc(a, len + 1);
	*out = str_make(p, len);
	return (fread(p, 1, len, stdin) == len);
}

static int
read_address(struct asked *c, struct str text, struct address *out,
    struct err *err)
{
	*out = (struct address){ STR_LIT(""), STR_LIT(""), STR_LIT(""),
	    false };
	return (text.len == 0 ? 0 : address_parse(text, c->arena, out, err));
}

/* What files say is tried by tests of its own. */
static bool
read_files(void *ctx UNUSED, const struct letter_view *view UNUSED,
    bool without_rare UNUSED, struct arena *a UNUSED,
    struct policy_files *out)
{
	*out = (struct policy_files){ NULL, 0 };
	return (true);
}

/* The same for all recipients. */
static void
find_means(void *ctx, const struct address *recipient UNUSED,
    struct ladder_means *out)
{
	const struct asked *c = ctx;

	*out = (struct ladder_means){ .has_certificate =
	    str_index(c->means, 'c') >= 0,
	    .proves_tls = str_index(c->means, 't') >= 0,
	    .has_passphrase = str_index(c->means, 'p') >= 0,
	    .can_sign = str_index(c->means, 's') >= 0 };
}

static int
read_recipients(struct asked *c, struct err *err)
{
	struct str text;
	int bad = 0;

	for (;;) {
		must(read_field(c->arena, &text));
		if (str_eq(text, STR_LIT(".")))
			break;
		must(c->q.n_recipients < RECIPIENTS_MAX);
		if (read_address(c, text,
		    &c->recipients[c->q.n_recipients++], err) != 0)
			bad = -1;
	}
	return (bad);
}

/* All fields are read whatever is wrong with one of them. */
static int
read_case(struct asked *c, struct str yaml, struct policy **p,
    struct err *err)
{
	struct str trials, now, means, client, sender, message;
	struct letter *letter = NULL;
	uint64_t now_ms = 0;

	must(read_field(c->arena, &trials) && read_field(c->arena, &now) &&
	    read_field(c->arena, &means) && read_field(c->arena, &client) && read_field(c->arena, &sender) &&
	    read_field(c->arena, &message) &&
	    str_to_u64(now, INT64_MAX, &now_ms));
	if (read_recipients(c, err) != 0)
		return (-1);
	if (yaml.len > 0) {
		policy_free(p);
		if (policy_parse(yaml, "policy", p, err) != 0)
			return (-1);
	}
	if (*p == NULL)
		return (err_set(err, ERR_INPUT, "no policy"));
	if (read_address(c, sender, &c->sender, err) != 0 ||
	    letter_parse(message, c->arena, &letter, err) != 0)
		return (-1);
	c->q.letter = letter;
	c->q.sender = &c->sender;
	c->q.recipients = c->recipients;
	c->q.client = client;
	c->q.now_ms = (int64_t)now_ms;
	c->q.wants_trials = trials.len > 0;
	c->q.arena = c->arena;
	c->q.read_files = read_files;
	c->means = means;
	c->q.find_means = find_means;
	c->q.means_ctx = c;
	return (0);
}

static void
print_verdict(const struct verdict *v)
{
	struct str template = v->template != NULL ? v->template->name :
	    STR_LIT("");

	struct str label = v->label != NULL ? v->label->name : STR_LIT("");

	printf("%s\t%.*s\t%.*s\t%s\t%.*s\t%s\t%.*s\t",
	    actions[v->action], STR_FMT(template), STR_FMT(v->rule),
	    v->is_held ? "held" : "", STR_FMT(v->held_rule),
	    severities[v->severity], STR_FMT(label));
	for (const struct policy_hit *h = v->hits; h != NULL; h = h->next)
		printf("%.*s=%s;", STR_FMT(h->rule),
		    policy_mode_name(h->mode));
	printf("\t%.*s\t%s\t", STR_FMT(v->brand != NULL ? v->brand->name :
	    STR_LIT("")), v->action == POLICY_DELIVER ||
	    v->action == POLICY_PROTECT || v->action == POLICY_HOLD ?
	    ladder_name(v->ladder.rung) : "");
	for (const struct policy_addition *d = v->additions; d != NULL;
	    d = d->next)
		printf("%s=%.*s;", audience_way_name(d->way),
		    STR_FMT(d->address.text));
	putchar('\n');
}

/* Each recipient, then, where nobody is refused, each who is added. */
static void
print_all(const struct policy *p, struct asked *c)
{
	struct verdict v[RECIPIENTS_MAX];
	struct audience_member *added;
	struct err err = ERR_INIT;
	bool is_refused = false;
	size_t n = 0;

	for (size_t i = 0; i < c->q.n_recipients; i++) {
		c->q.recipient = &c->recipients[i];
		policy_decide(p, &c->q, &v[i]);
		printf("verdict\t");
		print_verdict(&v[i]);
		is_refused = is_refused || v[i].action == POLICY_REJECT ||
		    v[i].action == POLICY_DEFER;
	}
	if (is_refused)
		return;
	must(audience_gather(p, &c->q, v, AUDIENCE_MAX, &added, &n,
	    &err) == 0);
	for (size_t i = 0; i < n; i++) {
		printf("added\t%s\t%.*s\t%zu\t%s\t",
		    audience_way_name(added[i].way),
		    STR_FMT(added[i].address.text), added[i].from,
		    audience_gets(&added[i]) ? "gets it" : "left out");
		print_verdict(&added[i].verdict);
	}
}

/* False: there is no further case. */
static bool
answer(struct policy **p)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct asked c = { .arena = a };
	struct err err = ERR_INIT;
	struct str yaml;

	if (!read_field(a, &yaml))
		return (false);
	if (read_case(&c, yaml, p, &err) != 0) {
		printf("error\t%s\n", err.msg);
	} else {
		print_all(*p, &c);
	}
	printf("done\n");
	return (fflush(stdout) == 0);
}

int
main(void)
{
	struct policy *p = NULL;

	while (answer(&p))
		;
	policy_free(&p);
	return (ferror(stdin) || ferror(stdout));
}
