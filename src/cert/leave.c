/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leave: the table of people against what it was.
 *
 * Runs in the gateway and the CLI. Security: the table is the administrator's
 * file, written by some export: an empty or shortened one must not take
 * everybody's certificates away, so a limit of how many may be missing at once
 * holds for machines, and only a person may say otherwise.
 * Standards: RFC 5280 5.3.1 (reasons).
 */
#include "cert/leave.h"

#include <stdlib.h>

/* ---- finding people --------------------------------------------------- */

/* The table by address and by employee, sorted. */
struct table {
	const struct leave_person **by_address, **by_employee;
	size_t n, n_employees;
};

static int
compare_nocase(struct str x, struct str y)
{
	size_t n = MIN_OF(x.len, y.len);

	for (size_t i = 0; i < n; i++) {
		uint8_t a = (uint8_t)ascii_lower(x.p[i]);
		uint8_t b = (uint8_t)ascii_lower(y.p[i]);

		if (a != b)
			return (a < b ? -1 : 1);
	}
	return (x.len < y.len ? -1 : x.len > y.len);
}

static int
compare_addresses(const void *a, const void *b)
{
	const struct leave_person *const *x = a, *const *y = b;

	return (compare_nocase((*x)->address, (*y)->address));
}

static int
compare_employees(const void *a, const void *b)
{
	const struct leave_person *const *x = a, *const *y = b;

	return (compare_nocase((*x)->employee, (*y)->employee));
}

static void
sort_table(const struct leave_person *people, size_t n, struct arena *a,
    struct table *t)
{
	t->by_address = arena_array(a, n + 1, sizeof(*t->by_address));
	t->by_employee = arena_array(a, n + 1, sizeof(*t->by_employee));
	t->n = n;
	for (size_t i = 0; i < n; i++) {
		t->by_address[i] = &people[i];
		if (people[i].employee.len > 0)
			t->by_employee[t->n_employees++] = &people[i];
	}
	qsort(t->by_address, n, sizeof(*t->by_address), compare_addresses);
	qsort(t->by_employee, t->n_employees, sizeof(*t->by_employee),
	    compare_employees);
}

static const struct leave_person *
find_address(const struct table *t, struct str address)
{
	struct leave_person key = { .address = address };
	const struct leave_person *k = &key, **found;

	found = bsearch(&k, t->by_address, t->n, sizeof(k),
	    compare_addresses);
	return (found != NULL ? *found : NULL);
}

/* NULL also where several have that number: who moved where is not clear. */
static const struct leave_person *
find_employee(const struct table *t, struct str employee)
{
	struct leave_person key = { .employee = employee };
	const struct leave_person *k = &key, **found, **end;

	end = t->by_employee + t->n_employees;
	if (employee.len == 0 || (found = bsearch(&k, t->by_employee,
	    t->n_employees, sizeof(k), compare_employees)) == NULL)
		return (NULL);
	if ((found > t->by_employee &&
	    compare_employees(&found[-1], &k) == 0) ||
	    (found + 1 < end && compare_employees(&found[1], &k) == 0))
		return (NULL);
	return (*found);
}

/* ---- comparing -------------------------------------------------------- */

struct comparing {
	const struct leave_config *c;
	struct table table;
	int64_t now_ms;
	struct arena *a;
	struct leave_plan *plan;
};

static int
count_certs(const struct comparing *w, struct str address, size_t *n,
    struct err *err)
{
	struct store_cert_query q = { .workspace = w->c->workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.address = address };
	uint64_t count;

	if (store_certs_count(w->c->store, &q, &count, err) == -1)
		return (-1);
	*n = (size_t)count;
	return (0);
}

static void
change(struct comparing *w, struct store_person p)
{
	w->plan->changed[w->plan->n_changed++] = p;
}

static void
come(struct comparing *w, struct str address)
{
	w->plan->come[w->plan->n_come++] = address;
}

/* A manager who is not there either is nobody's. */
static struct str
heir(const struct comparing *w, const struct store_person *known,
    const struct leave_step *s)
{
	const struct leave_person *manager;

	if (!w->c->redirects || s->n_certs == 0)
		return (STR_NULL);
	if (s->what == LEAVE_MOVES)
		return (s->moved_to);
	manager = find_address(&w->table, known->manager);
	return (manager != NULL ? manager->address : STR_NULL);
}

/* Somebody known who is not in the table. */
static int
miss(struct comparing *w, const struct store_person *known, struct err *err)
{
	struct leave_plan *plan = w->plan;
	struct leave_step *s = &plan->steps[plan->n];
	const struct leave_person *there = find_employee(&w->table,
	    known->employee);

	*s = (struct leave_step){ .address = known->address,
	    .employee = known->employee,
	    .gone_ms = known->gone_ms != 0 ? known->gone_ms : w->now_ms };
	s->due_ms = s->gone_ms + w->c->grace_ms;
	s->what = there != NULL ? LEAVE_MOVES : s->due_ms <= w->now_ms ?
	    LEAVE_REVOKES : LEAVE_WAITS;
	if (there != NULL) {
		s->moved_to = there->address;
		s->due_ms = w->now_ms;
	}
	if (count_certs(w, known->address, &s->n_certs, err) == -1)
		return (-1);
	s->mail_to = heir(w, known, s);
	plan->n_missing++;
	plan->n++;
	if (known->gone_ms == 0) {
		struct store_person p = *known;

		p.gone_ms = w->now_ms;
		change(w, p);
	}
	return (0);
}

static int
look_at_known(struct comparing *w, const struct store_person *known,
    struct err *err)
{
	const struct leave_person *p = find_address(&w->table,
	    known->address);

	if (p == NULL)
		return (miss(w, known, err));
	if (known->gone_ms != 0)
		come(w, p->address);
	if (known->gone_ms != 0 || !str_eq(p->employee, known->employee) ||
	    !str_eq(p->manager, known->manager))
		change(w, (struct store_person){ known->address, p->employee,
		    w->now_ms, 0, p->manager });
	return (0);
}

static bool
is_known(const struct store_person *known, size_t n, struct str address)
{
	size_t from = 0;

	/* In the order of the store: lower case, by bytes. */
	while (from < n) {
		size_t half = from + (n - from) / 2;
		int rc = compare_nocase(known[half].address, address);

		if (rc == 0)
			return (true);
		if (rc < 0)
			from = half + 1;
		else
			n = half;
	}
	return (false);
}

static void
judge(const struct leave_config *c, struct arena *a, struct leave_plan *plan)
{
	size_t allowed = MAX_OF((size_t)LEAVE_FEW,
	    plan->n_known * c->max_percent / 100);

	if (plan->n_people == 0 && plan->n_known > 0) {
		plan->is_refused = true;
		plan->sentence = STR_LIT("the table of people is empty: "
		    "nothing is done");
	} else if (!c->by_person && plan->n_missing > allowed) {
		plan->is_refused = true;
		plan->sentence = str_of(arena_printf(a, "%zu of %zu people "
		    "are missing from the table, more than may be at once "
		    "(%zu): it may be a broken export, and a person has to "
		    "say that it is right", plan->n_missing, plan->n_known,
		    allowed));
	}
}

int
leave_compare(const struct leave_config *c, const struct leave_person *people,
    size_t n, int64_t now_ms, struct arena *a, struct leave_plan *out,
    struct err *err)
{
	struct comparing w = { .c = c, .now_ms = now_ms, .a = a,
		.plan = out };
	struct store_person *known;
	size_t n_known;

	if (store_people(c->store, a, &known, &n_known, err) == -1)
		return (-1);
	*out = (struct leave_plan){ .n_people = n, .n_known = n_known };
	out->steps = arena_array(a, n_known + 1, sizeof(*out->steps));
	out->come = arena_array(a, n_known + n + 1, sizeof(*out->come));
	out->changed = arena_array(a, n_known + n + 1,
	    sizeof(*out->changed));
	sort_table(people, n, a, &w.table);
	for (size_t i = 0; i < n_known; i++)
		if (look_at_known(&w, &known[i], err) == -1)
			return (-1);
	for (size_t i = 0; i < n; i++)
		if (!is_known(known, n_known, people[i].address)) {
			come(&w, people[i].address);
			change(&w, (struct store_person){
			    arena_lower(a, people[i].address),
			    people[i].employee, now_ms, 0,
			    people[i].manager });
		}
	judge(c, a, out);
	return (0);
}
