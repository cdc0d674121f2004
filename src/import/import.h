/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import: what Microsoft's services know about mail protection, carried over:
 * rules, sensitive information types, brands.
 *
 * Nothing of an export is run, fetched or looked up. Every parameter gets a
 * line in the report; what would protect less is written disabled. Threads:
 * any.
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "import/outcome.h"

#define IMPORT_MAX_OUTPUT (32u << 20)	/* the caller's buffers */
#define IMPORT_MAX_IMAGE (1u << 20)	/* of a logo */

struct import_options {
	const char *source;	/* for the comment: "exchange-rules x.xml" */
	bool is_whole;		/* a policy.yaml, not a fragment of one */
	const char *domains;	/* with is_whole: "a.example,b.example" */
	const char *otherwise;	/* with is_whole: the default action */
};

/*
 * Transport rules: XML of Export-TransportRuleCollection, or JSON or CSV of
 * Get-TransportRule. The fragment of policy.yaml is appended.
 * Fails ERR_INPUT, ERR_LIMIT: the file as a whole cannot be read.
 */
int import_exchange_rules(struct str bytes, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err) FALLIBLE;

/* DLP rules: JSON of Get-DlpComplianceRule, expressions of AdvancedRule
 * included. Fails as import_exchange_rules does. */
int import_dlp_rules(struct str bytes, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err) FALLIBLE;

/*
 * A rule package: what is in it, which functions it needs, what would not
 * load. file is what the line `rule_packs:` gets. *n_bad is how many types
 * would not load. Fails as import_exchange_rules does.
 */
int import_sit(struct str bytes, const char *file, struct outcomes *report,
    struct buf *yaml, size_t *n_bad, struct err *err) FALLIBLE;

/* A logo, to be written beside the fragment. */
struct import_image {
	const char *file;	/* a name alone: "ome-configuration.png" */
	struct str bytes;
	struct import_image *next;
};

/* Brands: JSON of Get-OMEConfiguration. *images are in the report's arena.
 * Fails as import_exchange_rules does. */
int import_ome_config(struct str bytes, const char *source,
    struct outcomes *report, struct buf *yaml, struct import_image **images,
    struct err *err) FALLIBLE;

#endif
