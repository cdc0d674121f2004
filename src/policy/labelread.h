/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labelread: sensitivity labels as Microsoft's programs write them, taken
 * apart: pairs of a key "MSIP_Label_<GUID>_Property" and a value, in a header
 * field or in the properties of a document.
 *
 * What is read is what somebody claims; whether it counts is labels.h's
 * business. Threads: one at a time; memory in the arena.
 */
#ifndef POLICY_LABELREAD_H
#define POLICY_LABELREAD_H

#include "base/arena.h"
#include "base/str.h"

#define LABELREAD_GUID_LEN 36		/* 8-4-4-4-12 */
#define LABELREAD_MAX_LABELS 32		/* one per tenant is usual */
#define LABELREAD_MAX_PAIRS 320		/* ten for each label */
#define LABELREAD_MAX_BYTES (16u << 10)	/* of all values */
#define LABELREAD_MAX_VALUE 1024	/* bytes */
#define LABELREAD_MAX_PROPERTY 64	/* bytes of "Enabled" */

struct labelread_label {
	struct str id;		/* GUID, lower case */
	struct str site;	/* GUID, lower case; empty: not said */
	struct str name, method, set_date, action_id;	/* or empty */
	bool is_enabled, is_removed;
};

struct labelread_pair {
	size_t label;		/* index */
	struct str property;	/* "Enabled", as it is written */
	struct str value;
};

/* All labels of one place, in the order in which they are first named. */
struct labelread {
	struct arena *arena;
	struct labelread_label *labels;
	size_t n;
	struct labelread_pair *pairs;
	size_t n_pairs;
	size_t bytes;
	bool is_cut;		/* there was more than the limits allow */
};

/* Nothing was read yet. */
void labelread_init(struct labelread *r, struct arena *a);

/* The decoded value of a field msip_labels: pairs "key=value", parted by
 * semicolons. Blanks in keys and GUIDs are what is left of folding and do not
 * count; keys that are not of a label are passed over. */
void labelread_header(struct labelread *r, struct str value);

/* One pair of its own, as documents have it, and old mail one in each field.
 * False: the key is not of a label. */
bool labelread_pair(struct labelread *r, struct str key, struct str value);

/* What a key "MSIP_Label_<GUID>_Property" names; the GUID in lower case. False:
 * it is none. */
bool labelread_key(struct str key, struct arena *a, struct str *id,
    struct str *property);

/* It is on: enabled, and not taken off again. */
bool labelread_is_on(const struct labelread_label *l);

/* A GUID with or without braces, in lower case. False: it is none. */
bool labelread_guid(struct str text, struct arena *a, struct str *out);

#endif
