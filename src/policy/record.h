/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: a record of features, read. Inside policy only.
 */
#ifndef POLICY_RECORD_H
#define POLICY_RECORD_H

#include "policy/features.h"
#include "policy/rules.h"
#include "scan/scan.h"

enum record_look {
	RECORD_NOT_LOOKED,
	RECORD_WHOLE,
	RECORD_PART,	/* cut, or something in it could not be read */
	RECORD_FAILED,	/* nobody could read it then */
};

/* One attachment as the letter has it. */
struct record_file {
	uint64_t low, high;	/* bytes */
	struct str extension;	/* without the dot; "?": not written down */
};

/* One file or file in a file as it was read. */
struct record_item {
	uint32_t facts;		/* enum extract_fact */
	struct str type;
};

/* A type of sensitive information that was found in one place. */
struct record_found {
	size_t type;		/* of the questions */
	struct scan_tally *tallies;	/* surest first */
	size_t n_tallies;
};

struct features {
	struct address sender, *recipients;
	size_t n_recipients;
	struct str client;
	bool is_from_outside;
	uint64_t size_bytes;
	struct message_facts message;
	uint32_t sensitivity;
	bool is_ambiguous, has_odd_sensitivity;
	struct record_file *files;
	size_t n_files;
	enum record_look texts, contents;
	struct record_item *items;
	size_t n_items;
	struct record_found *found;
	size_t n_found;
	struct str answers;	/* RECORD_ANSWERS by condition */
};

/* By enum match; '-' was not asked. */
#define RECORD_ANSWERS "nyuf-"

#endif
