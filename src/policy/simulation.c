/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulation: two verdicts compared, and counted by rule, department and
 * domain.
 *
 * Runs in the CLI. Security: names come from mail of others; they are kept as
 * they are, and whoever prints them makes them harmless.
 */
#include "policy/simulation.h"

#include "policy/rules.h"

#define SLOTS (SIMULATION_NAMES * 2)	/* half of them stay empty */
#define SHOWN_MAX 200			/* bytes of a text of a sample */

/* Rows by name. */
struct simulation_names {
	uint16_t slots[SLOTS];	/* number of the row and one; 0: free */
	struct simulation_row rows[SIMULATION_NAMES];
	size_t n;
	struct simulation_row rest;
};

static const struct {
	const char *key, *text;
} changes[] = {
	[SIMULATION_SAME] = { "unchanged", "unchanged" },
	[SIMULATION_PROTECTED] = { "newly_protected", "newly protected" },
	[SIMULATION_CLEAR] = { "no_longer_protected", "no longer protected" },
	[SIMULATION_TEMPLATE] = { "other_template", "another template" },
	[SIMULATION_REFUSED] = { "newly_refused", "newly refused" },
	[SIMULATION_TAKEN] = { "no_longer_refused", "no longer refused" },
	[SIMULATION_HELD] = { "newly_held", "newly held" },
	[SIMULATION_LET_GO] = { "no_longer_held", "no longer held" },
	[SIMULATION_DELETED] = { "newly_deleted", "newly deleted" },
	[SIMULATION_KEPT] = { "no_longer_deleted", "no longer deleted" },
	[SIMULATION_READDRESSED] = { "goes_to_others",
	    "goes to other people" },
	[SIMULATION_EDITED] = { "changed_otherwise", "changed otherwise" },
	[SIMULATION_UNTOLD] = { "cannot_be_told", "cannot be told" },
};

const char *
simulation_text(enum simulation_change change)
{
	return (changes[change].text);
}

const char *
simulation_key(enum simulation_change change)
{
	return (changes[change].key);
}

uint64_t
simulation_changed(const struct simulation_row *row)
{
	return (row->n - row->by[SIMULATION_SAME] -
	    row->by[SIMULATION_UNTOLD]);
}

/* ---- names ------------------------------------------------------------- */

static size_t
slot_of(const struct simulation_names *names, struct str name)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (size_t k = 0; k < name.len; k++)
		h = (h ^ (uint8_t)name.p[k]) * 16777619u;
	i = h % SLOTS;
	while (names->slots[i] != 0 &&
	    !str_eq(names->rows[names->slots[i] - 1].name, name))
		i = (i + 1) % SLOTS;
	return (i);
}

/* NULL: there are too many of them already. */
static struct simulation_row *
row_of(struct simulation_names *names, struct str name, struct arena *a)
{
	size_t i = slot_of(names, name);
	struct simulation_row *row;

	if (names->slots[i] != 0)
		return (&names->rows[names->slots[i] - 1]);
	if (names->n == SIMULATION_NAMES)
		return (NULL);
	row = &names->rows[names->n++];
	row->name = arena_str(a, name);
	names->slots[i] = (uint16_t)names->n;
	return (row);
}

static void
count(struct simulation_names *names, struct str name,
    enum simulation_change change, struct arena *a)
{
	struct simulation_row *row = row_of(names, name, a);

	if (row == NULL)
		row = &names->rest;
	row->n++;
	row->by[change]++;
}

/* ---- rules ------------------------------------------------------------- */

static struct simulation_rule *
rule_of(struct simulation *s, struct str name)
{
	struct simulation_row *row = row_of(s->rule_names, name, s->arena);

	must(row != NULL);
	return (&s->rules[row - s->rule_names->rows]);
}

static void
add_rules(struct simulation *s, const struct policy *p, bool is_new)
{
	for (size_t i = 0; i < p->n_rules; i++) {
		struct simulation_rule *rule = rule_of(s, p->rules[i].name);

		rule->name = p->rules[i].name;
		rule->in_old = rule->in_old || !is_new;
		rule->in_new = rule->in_new || is_new;
	}
	s->n_rules = s->rule_names->n;
}

/* What was seen of a rule in this message, so that it counts once. */
enum {
	SEEN_OLD = 1u << 0,
	SEEN_NEW = 1u << 1,
	SEEN_UNTOLD = 1u << 2,
};

static void
see(struct simulation *s, struct str name, uint8_t bit)
{
	s->seen[rule_of(s, name) - s->rules] |= bit;
}

static void
see_rules(struct simulation *s, const struct verdict *v, bool is_new)
{
	for (const struct policy_hit *h = v->hits; h != NULL; h = h->next)
		see(s, h->rule, is_new ? SEEN_NEW : SEEN_OLD);
	for (const struct policy_trial *t = v->untold; t != NULL; t = t->next)
		if (is_new || !rule_of(s, t->rule)->in_new)
			see(s, t->rule, SEEN_UNTOLD);
	if (v->action == POLICY_DEFER && (is_new ||
	    !rule_of(s, v->rule)->in_new))
		see(s, v->rule, SEEN_UNTOLD);
}

static void
count_rules(struct simulation *s, const struct simulation_message *m)
{
	memset(s->seen, 0, s->n_rules);
	for (size_t i = 0; i < m->n_recipients; i++) {
		see_rules(s, &m->old[i], false);
		see_rules(s, &m->new[i], true);
	}
	for (size_t i = 0; i < s->n_rules; i++) {
		s->rules[i].old_hits += (s->seen[i] & SEEN_OLD) != 0;
		s->rules[i].new_hits += (s->seen[i] & SEEN_NEW) != 0;
		s->rules[i].untold += (s->seen[i] & SEEN_UNTOLD) != 0;
	}
}

/* ---- judging ----------------------------------------------------------- */

static bool
is_unclear(const struct verdict *v)
{
	return (v->is_untold || v->action == POLICY_DEFER);
}

/* One that refuses speaks for all, and so does one that may. */
static void
spread(struct verdict *v, size_t n)
{
	const struct verdict *from = NULL;

	for (size_t i = 0; i < n && from == NULL; i++)
		if (!v[i].is_untold && (v[i].action == POLICY_REJECT ||
		    v[i].action == POLICY_DEFER))
			from = &v[i];
	for (size_t i = 0; i < n && from != NULL; i++) {
		struct str rule = from->rule, reason = from->reason;

		v[i].action = from->action;
		v[i].template = NULL;
		v[i].is_held = false;
		v[i].is_untold = false;
		v[i].rule = rule;
		v[i].reason = reason;
	}
}

void
simulation_decide(const struct policy *p, struct policy_question *q,
    struct verdict *out)
{
	bool is_untold = false;

	for (size_t i = 0; i < q->n_recipients; i++) {
		q->recipient = &q->recipients[i];
		policy_decide(p, q, &out[i]);
		is_untold = is_untold || out[i].is_untold;
	}
	for (size_t i = 0; i < q->n_recipients; i++)
		out[i].is_untold = out[i].is_untold || (is_untold &&
		    out[i].action != POLICY_REJECT);
	spread(out, q->n_recipients);
}

/* ---- samples ----------------------------------------------------------- */

static struct str
outcome(const struct verdict *v, struct arena *a)
{
	const char *held = v->is_held ? ", held" : "";

	if (is_unclear(v))
		return (STR_LIT("cannot be told"));
	switch (v->action) {
	case POLICY_REJECT:
		return (STR_LIT("refused"));
	case POLICY_DISCARD:
		return (STR_LIT("deleted"));
	case POLICY_REDIRECT:
		return (STR_LIT("redirected"));
	case POLICY_HOLD:
		return (STR_LIT("waits: nothing meets the demand"));
	case POLICY_PROTECT:
		if (v->template == NULL)
			return (str_of(arena_printf(a, "%s%s",
			    ladder_name(v->ladder.rung), held)));
		return (str_of(arena_printf(a, "%s (%.*s)%s",
		    ladder_name(v->ladder.rung),
		    STR_FMT(v->template->name), held)));
	default:
		return (str_of(arena_printf(a, "clear%s", held)));
	}
}

static struct str
kept(struct str text, struct arena *a)
{
	return (arena_str(a, str_sub(text, 0, SHOWN_MAX)));
}

/* The first ones by number, in whatever order they come. */
static void
sample(struct simulation *s, const struct simulation_message *m, size_t i,
    enum simulation_change change)
{
	size_t at = s->n_samples;
	struct simulation_sample *to;

	while (at > 0 && s->samples[at - 1].number > m->number)
		at--;
	if (at == SIMULATION_SAMPLES)
		return;
	s->n_samples = MIN_OF(s->n_samples + 1, (size_t)SIMULATION_SAMPLES);
	memmove(&s->samples[at + 1], &s->samples[at],
	    (s->n_samples - at - 1) * sizeof(*s->samples));
	to = &s->samples[at];
	to->number = m->number;
	to->id = kept(m->id, s->arena);
	to->time = kept(m->time, s->arena);
	to->sender = kept(m->sender->text, s->arena);
	to->recipient = kept(m->recipients[i].text, s->arena);
	to->old = outcome(&m->old[i], s->arena);
	to->new = outcome(&m->new[i], s->arena);
	to->reason = kept(m->new[i].reason, s->arena);
	to->change = change;
}

/* ---- messages ---------------------------------------------------------- */

static struct str
department_of(const struct policy *p, const struct address *who)
{
	struct str cell = STR_NULL;

	if (p->directory != NULL)
		cell = directory_value(directory_find(p->directory, who),
		    directory_column(p->directory, STR_LIT("department")));
	return (cell);
}

/* As the new policy's table of people has it, or else the old one's. */
static struct str
department(const struct simulation *s, const struct address *sender)
{
	struct str cell = department_of(s->new_policy, sender);

	if (cell.len == 0)
		cell = department_of(s->old_policy, sender);
	return (cell.len > 0 ? cell : STR_LIT("unknown"));
}

void
simulation_add(struct simulation *s, const struct simulation_message *m)
{
	struct str from = department(s, m->sender);
	bool is_changed = false, is_untold = false;

	for (size_t i = 0; i < m->n_recipients; i++) {
		enum simulation_change c = simulation_compare(&m->old[i],
		    &m->new[i]);

		s->all.n++;
		s->all.by[c]++;
		count(s->departments, from, c, s->arena);
		count(s->domains, m->recipients[i].domain, c, s->arena);
		if (c == SIMULATION_UNTOLD)
			is_untold = true;
		else if (c != SIMULATION_SAME && !is_changed) {
			is_changed = true;
			sample(s, m, i, c);
		}
	}
	count_rules(s, m);
	s->n_messages++;
	s->n_changed += is_changed;
	s->n_untold += is_untold && !is_changed;
	s->bytes += m->size_bytes;
}

struct simulation *
simulation_new(const struct policy *old, const struct policy *new)
{
	struct simulation *s = must_calloc(1, sizeof(*s));
	size_t n_rules = old->n_rules + new->n_rules;

	s->arena = arena_new();
	s->old_policy = old;
	s->new_policy = new;
	s->departments = must_calloc(1, sizeof(*s->departments));
	s->domains = must_calloc(1, sizeof(*s->domains));
	s->rule_names = must_calloc(1, sizeof(*s->rule_names));
	s->rules = arena_array(s->arena, n_rules + 1, sizeof(*s->rules));
	s->seen = arena_array(s->arena, n_rules + 1, 1);
	add_rules(s, new, true);
	add_rules(s, old, false);
	return (s);
}

void
simulation_free(struct simulation **sp)
{
	struct simulation *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	free(s->departments);
	free(s->domains);
	free(s->rule_names);
	arena_free(&s->arena);
	free(s);
}

/* ---- tables ------------------------------------------------------------ */

static int
by_changes(const void *left, const void *right)
{
	const struct simulation_row *a = left, *b = right;
	uint64_t x = simulation_changed(a), y = simulation_changed(b);

	if (x != y)
		return (x > y ? -1 : 1);
	if (a->n != b->n)
		return (a->n > b->n ? -1 : 1);
	return (str_cmp(a->name, b->name));
}

static void
add_row(struct simulation_row *to, const struct simulation_row *row)
{
	to->n += row->n;
	for (size_t i = 0; i < SIMULATION_CHANGES; i++)
		to->by[i] += row->by[i];
}

static struct simulation_row *
top(const struct simulation_names *names, size_t max, struct arena *a,
    size_t *n)
{
	struct simulation_row *rows = arena_array(a, names->n + 1,
	    sizeof(*rows));
	struct simulation_row rest = names->rest;

	memcpy(rows, names->rows, names->n * sizeof(*rows));
	qsort(rows, names->n, sizeof(*rows), by_changes);
	*n = MIN_OF(names->n, max);
	for (size_t i = *n; i < names->n; i++)
		add_row(&rest, &rows[i]);
	rest.name = STR_LIT("the rest");
	if (rest.n > 0)
		rows[(*n)++] = rest;
	return (rows);
}

struct simulation_row *
simulation_departments(struct simulation *s, size_t max, struct arena *a,
    size_t *n)
{
	return (top(s->departments, max, a, n));
}

struct simulation_row *
simulation_domains(struct simulation *s, size_t max, struct arena *a,
    size_t *n)
{
	return (top(s->domains, max, a, n));
}
