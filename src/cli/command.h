/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: the grammar of the command line: `letterlock NOUN VERB [ARG …]`.
 *
 * The table of commands is the help text and the list of what exists. Data
 * goes to stdout, notes and errors to stderr, exit codes are those of
 * sysexits.h.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sysexits.h>

#include "base/err.h"

#define COMMAND_ARGS_MAX 1024
#define COMMAND_OPTIONS_MAX 10

/* An option of one command; value names its argument, NULL for a switch. */
struct command_option {
	const char *name;	/* without the dashes */
	const char *value;
	const char *help;
};

struct invocation;
typedef int command_run(const struct invocation *in);

struct command {
	const char *noun;
	const char *verb;	/* NULL: the noun alone */
	const char *args;	/* "DIR", "[GRANT]" or "" */
	int args_min, args_max;
	const char *summary;	/* one line */
	const char *about;	/* a paragraph for --help */
	const char *examples;	/* lines, each a command */
	struct command_option options[COMMAND_OPTIONS_MAX];
	command_run *run;
};

/* What the user typed, checked against the table. */
struct invocation {
	const struct command *command;
	const char *args[COMMAND_ARGS_MAX];
	int n_args;
	const char *values[COMMAND_OPTIONS_MAX];	/* per option */
	bool is_set[COMMAND_OPTIONS_MAX];
	const char *config;	/* -c, or the default path */
	bool json;
	bool color;	/* stdout is a terminal and NO_COLOR is not set */
};

/* Everything: parse, run, exit code. */
int command_main(int argc, char *const *argv);

/* The value of an option, or NULL; for a switch "" when given. Aborts on a
 * name the command does not have. */
const char *command_value(const struct invocation *in, const char *name);

/* Print what is wrong with the arguments; returns EX_USAGE. */
int command_usage(const char *sentence);

/* Print "letterlock: sentence" to stderr; the exit code for its kind. */
int command_fail(const struct err *err);

#endif
