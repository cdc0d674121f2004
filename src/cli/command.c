/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: finding, checking and explaining commands.
 *
 * Runs in the CLI. Security: arguments come from a local user; nothing here
 * runs with more rights than that user has.
 */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/commands.h"
#include "conf/nearest.h"

#define CONFIG_DEFAULT "/etc/letterlock/letterlock.conf"

int
command_usage(const char *sentence)
{
	(void)fprintf(stderr, "letterlock: %s\nTry `letterlock help`.\n",
	    sentence);
	return (EX_USAGE);
}

static const struct command_option common_options[] = {
	{ "config", "FILE", "configuration file (-c), default "
	    CONFIG_DEFAULT },
	{ "json", NULL, "one JSON object per line on stdout" },
	{ "help", NULL, "what the command does, with examples (-h)" },
};

static int
usage_error(const char *what, const char *word)
{
	(void)fprintf(stderr, "letterlock: %s%s%s\n"
	    "Try `letterlock help`.\n", what, word != NULL ? " " : "",
	    word != NULL ? word : "");
	return (EX_USAGE);
}

/* ---- the tables ------------------------------------------------------- */

static size_t
rows(void)
{
	return (commands_count + certcommands_count);
}

static const struct command *
row(size_t i)
{
	return (i < commands_count ? &commands[i] :
	    &certcommands[i - commands_count]);
}

static int
unknown(const char *noun, const char *verb)
{
	AUTO_ARENA struct arena *a = arena_new();
	const char **names = arena_array(a, rows(), sizeof(*names));
	const char *typed = arena_printf(a, "%s%s%s", noun, verb ? " " : "",
	    verb ? verb : ""), *best;

	for (size_t i = 0; i < rows(); i++)
		names[i] = arena_printf(a, "%s%s%s", row(i)->noun,
		    row(i)->verb ? " " : "",
		    row(i)->verb ? row(i)->verb : "");
	best = nearest_name(str_of(typed), names, rows());
	(void)fprintf(stderr, "letterlock: no command `%s`", typed);
	if (best != NULL)
		(void)fprintf(stderr, ", did you mean `%s`?", best);
	(void)fprintf(stderr, "\nTry `letterlock help`.\n");
	return (EX_USAGE);
}

static void
print_all(FILE *out)
{
	(void)fprintf(out, "Usage: letterlock COMMAND [ARG ...] [OPTION ...]\n"
	    "\nProtects the mail an organisation sends to people outside.\n\n"
	    "Commands:\n");
	for (size_t i = 0; i < rows(); i++) {
		const struct command *c = row(i);
		char left[64];

		(void)snprintf(left, sizeof(left), "%s%s%s %s", c->noun,
		    c->verb ? " " : "", c->verb ? c->verb : "", c->args);
		(void)fprintf(out, "  %-28s %s\n", left, c->summary);
	}
	(void)fprintf(out, "\nOptions of every command:\n");
	for (size_t i = 0; i < COUNT_OF(common_options); i++)
		(void)fprintf(out, "  --%-26s %s\n", common_options[i].name,
		    common_options[i].help);
	(void)fprintf(out, "\n`letterlock COMMAND --help` shows examples.\n");
}

static void
print_one(const struct command *c)
{
	(void)printf("Usage: letterlock %s%s%s %s [OPTION ...]\n\n%s\n\n"
	    "Examples:\n%s", c->noun, c->verb ? " " : "",
	    c->verb ? c->verb : "", c->args, c->about, c->examples);
	(void)printf("\nOptions:\n");
	for (size_t i = 0; i < COMMAND_OPTIONS_MAX && c->options[i].name; i++) {
		char left[40];

		(void)snprintf(left, sizeof(left), "--%s %s",
		    c->options[i].name,
		    c->options[i].value ? c->options[i].value : "");
		(void)printf("  %-28s %s\n", left, c->options[i].help);
	}
	for (size_t i = 0; i < COUNT_OF(common_options); i++)
		(void)printf("  --%-26s %s\n", common_options[i].name,
		    common_options[i].help);
}

/* Find NOUN VERB or NOUN; *used is how many words named it. */
static const struct command *
find(const char *noun, const char *verb, int *used)
{
	for (size_t i = 0; i < rows(); i++) {
		const struct command *c = row(i);

		if (strcmp(c->noun, noun) != 0)
			continue;
		if (c->verb == NULL) {
			*used = 1;
			return (c);
		}
		if (verb != NULL && strcmp(c->verb, verb) == 0) {
			*used = 2;
			return (c);
		}
	}
	return (NULL);
}

/* Match "--name" or "--name=value"; *value is what stands behind '='. */
static bool
is_option(const char *word, const char *name, const char **value)
{
	size_t len = strlen(name);

	if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, len) != 0)
		return (false);
	if (word[2 + len] == '\0') {
		*value = NULL;
		return (true);
	}
	if (word[2 + len] != '=')
		return (false);
	*value = word + 3 + len;
	return (true);
}

/* -o, which stands for --output wherever there is one. */
static bool
is_short(const char *word, const char *name)
{
	return (strcmp(word, "-o") == 0 && strcmp(name, "output") == 0);
}

/* An option every command has. 1: taken, 0: not one, -1: usage error. */
static int
take_common(struct invocation *in, int argc, char *const *argv, int *at,
    bool *help)
{
	const char *word = argv[*at], *value = NULL;

	if (strcmp(word, "-h") == 0 || is_option(word, "help", &value)) {
		*help = true;
		return (1);
	}
	if (is_option(word, "json", &value)) {
		in->json = true;
		return (1);
	}
	if (strcmp(word, "-c") != 0 && !is_option(word, "config", &value))
		return (0);
	if (value == NULL && *at + 1 < argc)
		value = argv[++*at];
	in->config = value;
	return (value != NULL ? 1 : -1);
}

static int
take_own(struct invocation *in, int argc, char *const *argv, int *at)
{
	const struct command_option *o = in->command->options;

	for (int i = 0; i < COMMAND_OPTIONS_MAX && o[i].name != NULL; i++) {
		const char *value = NULL;

		if (!is_short(argv[*at], o[i].name) &&
		    !is_option(argv[*at], o[i].name, &value))
			continue;
		if (o[i].value != NULL && value == NULL && *at + 1 < argc)
			value = argv[++*at];
		if ((o[i].value != NULL) != (value != NULL))
			return (-1);
		in->is_set[i] = true;
		in->values[i] = value != NULL ? value : "";
		return (1);
	}
	return (0);
}

static int
parse(struct invocation *in, int argc, char *const *argv, int at, bool *help)
{
	for (; at < argc; at++) {
		int taken = take_common(in, argc, argv, &at, help);

		if (taken == 0)
			taken = take_own(in, argc, argv, &at);
		if (taken < 0)
			return (usage_error("missing or surplus value of",
			    argv[MIN_OF(at, argc - 1)]));
		if (taken > 0)
			continue;
		if (argv[at][0] == '-' && argv[at][1] != '\0')
			return (usage_error("unknown option", argv[at]));
		if (in->n_args == in->command->args_max)
			return (usage_error("too many arguments:", argv[at]));
		in->args[in->n_args++] = argv[at];
	}
	if (!*help && in->n_args < in->command->args_min)
		return (usage_error("missing argument:", in->command->args));
	return (EX_OK);
}

/* help and version, which are no commands of the table. */
static bool
answer_about_self(const char *noun)
{
	if (strcmp(noun, "--version") == 0)
		(void)printf("letterlock %s\n", LETTERLOCK_VERSION);
	else if (strcmp(noun, "help") == 0 || strcmp(noun, "--help") == 0 ||
	    strcmp(noun, "-h") == 0)
		print_all(stdout);
	else
		return (false);
	return (true);
}

int
command_main(int argc, char *const *argv)
{
	struct invocation in = { .config = CONFIG_DEFAULT };
	const char *noun = argc > 1 ? argv[1] : "help";
	const char *verb = argc > 2 && argv[2][0] != '-' ? argv[2] : NULL;
	bool help = false;
	int used = 0, rc;

	if (answer_about_self(noun))
		return (argc > 1 ? EX_OK : EX_USAGE);
	in.command = find(noun, verb, &used);
	if (in.command == NULL)
		return (unknown(noun, verb));
	in.color = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	rc = parse(&in, argc, argv, 1 + used, &help);
	if (rc != EX_OK)
		return (rc);
	if (help) {
		print_one(in.command);
		return (EX_OK);
	}
	return (in.command->run(&in));
}

const char *
command_value(const struct invocation *in, const char *name)
{
	const struct command_option *o = in->command->options;

	for (int i = 0; i < COMMAND_OPTIONS_MAX && o[i].name != NULL; i++)
		if (strcmp(o[i].name, name) == 0)
			return (in->values[i]);
	must_failed("a command has no such option", __FILE__, __LINE__);
	return (NULL);
}

int
command_fail(const struct err *err)
{
	static const int codes[] = { [ERR_NONE] = EX_SOFTWARE,
		[ERR_TEMP] = EX_TEMPFAIL, [ERR_PERM] = EX_UNAVAILABLE,
		[ERR_INPUT] = EX_CONFIG, [ERR_DENIED] = EX_NOPERM,
		[ERR_LIMIT] = EX_DATAERR };

	(void)fprintf(stderr, "letterlock: %s\n", err->msg);
	return (codes[err->kind]);
}
