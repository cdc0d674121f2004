/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_dump: what our validators say, to be compared with others.
 *
 *	validators_dump < lines		each `NAME TAB VALUE`; for each a line
 *					`WHOLE COUNT`: is the value as a whole
 *					one, and how many are in it
 *	validators_dump --names		all names
 *	validators_dump --patterns	compile all patterns with both engines
 *	validators_dump --expressions < lines	compile each line
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <hs.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "scan/validators.h"

#define MAX_ROWS 512

static const struct validator *rows;
static size_t n_rows;
static pcre2_code *whole[MAX_ROWS], *inside[MAX_ROWS];

static pcre2_code *
compile(const char *before, const char *pattern, const char *after)
{
	char text[4096];
	int error, n = snprintf(text, sizeof(text), "%s(?:%s)%s", before,
	    pattern, after);
	size_t at;
	pcre2_code *code;

	must(n > 0 && (size_t)n < sizeof(text));
	code = pcre2_compile((PCRE2_SPTR)text, (size_t)n, PCRE2_UTF, &error,
	    &at, NULL);
	if (code == NULL) {
		fprintf(stderr, "%s: error %d at %zu\n", text, error, at);
		exit(1);
	}
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return (code);
}

/* How many matches the code finds that are valid too. */
static unsigned
count(const pcre2_code *code, const struct validator *v, struct str s)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	size_t at = 0;
	unsigned n = 0;

	while (at <= s.len && pcre2_match(code, (PCRE2_SPTR)s.p, s.len, at, 0,
	    data, NULL) > 0) {
		const size_t *ends = pcre2_get_ovector_pointer(data);
		bool valid = v->is_valid == NULL || v->is_valid(str_make(
		    s.p + ends[0], ends[1] - ends[0]));

		n += valid;
		/* What failed may begin one character later. */
		at = valid ? ends[1] : ends[0] + 1;
		while (at < s.len && ((uint8_t)s.p[at] & 0xc0) == 0x80)
			at++;
	}
	pcre2_match_data_free(data);
	return (n);
}

static int
answer(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	while ((len = getline(&line, &cap, stdin)) > 0) {
		char *tab = strchr(line, '\t');
		const struct validator *v;
		struct str s;
		size_t i;

		must(tab != NULL);
		line[len - 1] = '\0';
		v = validator_find(str_make(line, (size_t)(tab - line)));
		if (v == NULL) {
			fprintf(stderr, "no function in %s\n", line);
			return (1);
		}
		i = (size_t)(v - rows);
		s = str_of(tab + 1);
		if (whole[i] == NULL) {
			whole[i] = compile("^", v->pattern, "\\z");
			inside[i] = compile("(?<![\\pL\\pN])", v->pattern,
			    "(?![\\pL\\pN])");
		}
		printf("%u %u\n", count(whole[i], v, s),
		    count(inside[i], v, s));
	}
	free(line);
	for (size_t i = 0; i < n_rows; i++) {
		pcre2_code_free(whole[i]);
		pcre2_code_free(inside[i]);
	}
	return (0);
}

/* The engine needs the start of a match, and none may match nothing. */
static int
check_pattern(const char *pattern, const char *name)
{
	hs_database_t *db = NULL;
	hs_compile_error_t *error = NULL;

	pcre2_code_free(compile("", pattern, ""));
	if (hs_compile(pattern, HS_FLAG_SOM_LEFTMOST | HS_FLAG_UTF8,
	    HS_MODE_BLOCK, NULL, &db, &error) != HS_SUCCESS) {
		printf("not ok pattern of %s: %s\n", name, error->message);
		hs_free_compile_error(error);
		return (1);
	}
	hs_free_database(db);
	printf("ok pattern of %s\n", name);
	return (0);
}

static int
check_patterns(void)
{
	int bad = 0;

	for (size_t i = 0; i < n_rows; i++)
		bad |= check_pattern(rows[i].pattern, rows[i].name);
	return (bad);
}

static int
check_expressions(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int bad = 0;

	while ((len = getline(&line, &cap, stdin)) > 0) {
		line[len - 1] = '\0';
		bad |= check_pattern(line, line);
	}
	free(line);
	return (bad);
}

int
main(int argc, char **argv)
{
	rows = validators_all(&n_rows);
	must(n_rows <= MAX_ROWS);
	if (argc == 2 && strcmp(argv[1], "--patterns") == 0)
		return (check_patterns());
	if (argc == 2 && strcmp(argv[1], "--expressions") == 0)
		return (check_expressions());
	if (argc == 2 && strcmp(argv[1], "--names") == 0) {
		for (size_t i = 0; i < n_rows; i++)
			printf("%s\n", rows[i].name);
		return (0);
	}
	return (answer());
}
