/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confirm: an end that a database reported becomes a match with a beginning,
 * boundaries and a valid checksum, or nothing.
 *
 * Expressions match as PCRE2 would find them one after the other: leftmost
 * first, greedy, not overlapping. Every match's end is among the reported
 * ones, so looking from (end - longest) to (end - shortest) finds them all,
 * and no beginning is tried twice. Functions try every beginning, because a
 * number with a wrong checksum must not hide the right one inside it.
 *
 * Runs wherever texts are scanned. Security: texts and expressions are chosen
 * to take long: PCRE2 has a limit of steps, the text one of time; past them
 * the result says that it is not complete.
 */
#include "base/clock.h"
#include "scan/letters.h"
#include "scan/set.h"
#include "scan/validators_tables.h"

#define FUNCTION_MAX_BYTES ((uint32_t)ANCHORED_BYTES)	/* of its match */
#define ALONE_STEP 4096u	/* beginnings between two looks at the clock */
#define CLOCK_EVERY 64u		/* searches between two looks at the clock */
#define CONFIRM_MAX_MS 2000	/* of one text, for PCRE2 */

static bool
is_edge(const struct scan_context *c, uint32_t at)
{
	const char *text = c->normal.text;
	size_t len;
	bool before, behind;

	before = at > 0 && letters_is_regex_word(letters_before(text, at));
	behind = at < c->normal.len && letters_is_regex_word(letters_get(
	    text + at, text + c->normal.len, &len));
	return (before != behind);
}

static void
add_match(struct scan_context *c, const struct needle *n, uint32_t at,
    uint32_t end)
{
	struct str match = str_make(c->normal.text + at, end - at);
	uint64_t value = context_value(c->normal.text, at, end);

	for (uint32_t i = 0; i < n->n_users; i++) {
		const struct set_user *u = &c->set->users[n->first_user + i];

		if ((u->is_valid == NULL || u->is_valid(match)) &&
		    rulecheck_holds(u->check, match))
			context_add(c, u->finder, at, end, value);
	}
}

/* Time is looked at now and then; false: there is none left. */
static bool
has_time(struct scan_context *c)
{
	if (c->has_given_up_time)
		return (false);
	if (c->n_searches++ % CLOCK_EVERY != 0)
		return (true);
	if (c->deadline_ms == 0)
		c->deadline_ms = clock_mono_ms() + CONFIRM_MAX_MS;
	if (clock_mono_ms() < c->deadline_ms)
		return (true);
	c->has_given_up = c->has_given_up_time = true;
	return (false);
}

/* ---- expressions ------------------------------------------------------ */

static uint32_t
char_start(const struct scan_context *c, uint32_t at)
{
	while (at > 0 && at < c->normal.len &&
	    ((uint8_t)c->normal.text[at] & 0xc0) == 0x80)
		at--;
	return (at);
}

static uint32_t
next_char(const struct scan_context *c, uint32_t at)
{
	do
		at++;
	while (at < c->normal.len &&
	    ((uint8_t)c->normal.text[at] & 0xc0) == 0x80);
	return (at);
}

/* The leftmost match that begins in [from, last]. False: none, and none of
 * these beginnings need be tried again. */
static bool
search(struct scan_context *c, const struct needle *n, uint32_t from,
    uint32_t last, uint32_t *at, uint32_t *end)
{
	const PCRE2_SIZE *span;
	int rc;

	if (!has_time(c))
		return (false);
	(void)pcre2_set_offset_limit(c->match_context, last);
	rc = pcre2_match(n->code, (PCRE2_SPTR)c->normal.text, c->normal.len,
	    from, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, c->match_data,
	    c->match_context);
	if (rc == PCRE2_ERROR_NOMATCH)
		return (false);
	if (rc < 0) {
		c->has_given_up = true;
		return (false);
	}
	span = pcre2_get_ovector_pointer(c->match_data);
	*at = (uint32_t)span[0];
	*end = (uint32_t)span[1];
	return (*end > *at);
}

static void
fixed_end(struct scan_context *c, const struct needle *n,
    struct needle_state *state, uint32_t end)
{
	uint32_t at = end - n->max;

	if (end < n->max || at < state->from ||
	    (n->p.has_first_edge && !is_edge(c, at)) ||
	    (n->p.has_last_edge && !is_edge(c, end)))
		return;
	state->from = end;
	add_match(c, n, at, end);
}

static void
regex_end(struct scan_context *c, const struct needle *n,
    struct needle_state *state, uint32_t end)
{
	uint32_t from = MAX_OF(state->from, state->tried), last, at, to;

	if (n->p.has_last_edge && !is_edge(c, end))
		return;
	if (n->max != SET_UNBOUNDED && end > n->max && end - n->max > from)
		from = char_start(c, end - n->max);
	if (end < n->min)
		return;
	last = end - n->min;
	while (from <= last && from < end) {
		if (!search(c, n, from, last, &at, &to)) {
			state->tried = next_char(c, last);
			return;
		}
		state->from = from = to;
		add_match(c, n, at, to);
	}
}

void
confirm_alone(struct scan_context *c, uint32_t needle)
{
	const struct needle *n = &c->set->needles[needle];
	uint32_t from = 0, at, end, last;
	uint32_t len = (uint32_t)c->normal.len;

	while (from < len && !c->has_given_up) {
		last = MIN_OF(len, from + ALONE_STEP);
		last = char_start(c, last);
		if (!search(c, n, from, last, &at, &end)) {
			from = next_char(c, last);
			continue;
		}
		add_match(c, n, at, end);
		from = end;
	}
}

/* The first place in [from, at) where a match may begin; at: none. Whatever
 * the beginning, the same follows behind `at`: one try says it all. */
static uint32_t
hinge_start(const struct scan_context *c, const struct needle *n,
    uint32_t from, uint32_t at)
{
	const char *text = c->normal.text;
	uint32_t start = at;

	while (start > from && syntax_has(&n->hinge.before,
	    (uint8_t)text[start - 1]))
		start--;
	while (n->p.has_first_edge && start < at && !is_edge(c, start))
		start++;
	return (at - start < n->hinge.min ? at : start);
}

void
confirm_hinge(struct scan_context *c, uint32_t needle)
{
	const struct needle *n = &c->set->needles[needle];
	const char *text = c->normal.text, *p;
	uint32_t from = 0, at, start, end, next = 0;
	uint32_t len = (uint32_t)c->normal.len;

	while (next < len && !c->has_given_up &&
	    (p = memchr(text + next, n->hinge.at, len - next)) != NULL) {
		at = (uint32_t)(p - text);
		next = at + 1;
		start = hinge_start(c, n, from, at);
		if (start == at || !search(c, n, start, start, &start, &end))
			continue;
		add_match(c, n, start, end);
		from = end;
		next = MAX_OF(next, end);
	}
}

/* ---- functions -------------------------------------------------------- */

static void
flush(struct scan_context *c, const struct set_user *u,
    struct user_state *state)
{
	if (state->end == 0)
		return;
	context_add(c, u->finder, state->at, state->end,
	    context_value(c->normal.text, state->at, state->end));
	state->from = state->end;
	state->end = 0;
}

/* Of valid matches the leftmost counts, of those the longest. Spans come in
 * rising order, by end and beginning or by beginning and end. */
static void
offer(struct scan_context *c, const struct needle *n, uint32_t at,
    uint32_t end)
{
	struct str match = str_make(c->normal.text + at, end - at);
	struct str text = str_make(c->normal.text, c->normal.len);

	for (uint32_t i = n->first_user; i < n->first_user + n->n_users;
	    i++) {
		const struct set_user *u = &c->set->users[i];
		struct user_state *state = &c->users[i];

		if (at < state->from ||
		    (at > state->at && at < state->end))
			continue;
		if (u->is_valid != NULL && !u->is_valid(match))
			continue;
		if (u->is_card && validators_is_no_card(text, at, end))
			continue;
		if (at >= state->end)
			flush(c, u, state);
		state->at = at;
		state->end = end;
	}
}

static bool
is_function_match(struct scan_context *c, const struct needle *n, uint32_t at,
    uint32_t end)
{
	int rc;

	if (letters_word_before(c->normal.text, at))
		return (false);
	if (n->is_fixed)
		return (true);
	if (!has_time(c))
		return (false);
	rc = pcre2_match(n->code, (PCRE2_SPTR)c->normal.text + at, end - at,
	    0, PCRE2_NO_UTF_CHECK, c->match_data, c->match_context);
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		c->has_given_up = true;
	return (rc >= 0);
}

static void
function_end(struct scan_context *c, const struct needle *n, uint32_t end)
{
	uint32_t max = MIN_OF(n->max, FUNCTION_MAX_BYTES);
	uint32_t at = end > max ? end - max : 0;

	if (letters_word_at(c->normal.text, c->normal.len, end) ||
	    end < n->min)
		return;
	(void)pcre2_set_offset_limit(c->match_context, PCRE2_UNSET);
	for (at = char_start(c, at); at + n->min <= end;
	    at = next_char(c, at))
		if (is_function_match(c, n, at, end))
			offer(c, n, at, end);
}

/* ---- anchored ones ---------------------------------------------------- */

static void
report_span(struct scan_context *c, const struct needle *n,
    struct needle_state *state)
{
	uint32_t at = state->at, end = state->end;

	if (end == 0)
		return;
	state->end = 0;
	if (state->has_many_ends && !search(c, n, at, at, &at, &end))
		return;
	state->from = end;
	add_match(c, n, at, end);
}

static void
regex_span(struct scan_context *c, const struct needle *n,
    struct needle_state *state, uint32_t at, uint32_t end)
{
	if (at < state->from || (n->p.has_last_edge && !is_edge(c, end)))
		return;
	if (state->end != 0 && state->at == at) {
		state->has_many_ends = true;
		return;
	}
	report_span(c, n, state);
	if (at < state->from || !is_edge(c, at))
		return;
	state->at = at;
	state->end = end;
	state->has_many_ends = false;
}

void
confirm_span(struct scan_context *c, uint32_t needle, uint32_t at,
    uint32_t end)
{
	const struct needle *n = &c->set->needles[needle];

	if (!n->is_function)
		regex_span(c, n, &c->needles[needle], at, end);
	else if (!letters_word_at(c->normal.text, c->normal.len, end) &&
	    !letters_word_before(c->normal.text, at))
		offer(c, n, at, end);
}

/* ---- all -------------------------------------------------------------- */

void
confirm_end(struct scan_context *c, uint32_t needle, uint32_t end)
{
	const struct needle *n = &c->set->needles[needle];
	struct needle_state *state = &c->needles[needle];

	if (n->is_function)
		function_end(c, n, end);
	else if (n->is_prefilter)
		confirm_alone(c, needle);
	else if (end > state->from && n->is_fixed)
		fixed_end(c, n, state, end);
	else if (end > state->from)
		regex_end(c, n, state, end);
}

void
confirm_finish(struct scan_context *c)
{
	for (size_t i = 0; i < c->set->n_needles; i++)
		report_span(c, &c->set->needles[i], &c->needles[i]);
	for (size_t i = 0; i < c->set->n_users; i++)
		flush(c, &c->set->users[i], &c->users[i]);
}
