/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convert: the values of parameters to items of policy.yaml.
 *
 * Each takes c->value, which is not empty, and makes c->item or changes
 * c->draft. Returns 0, or -1 with c->why: it cannot be said, and the rule must
 * not go into force without it. c->how says where it is only nearly the same.
 * Threads: one conversion belongs to one.
 */
#ifndef IMPORT_CONVERT_H
#define IMPORT_CONVERT_H

#include "import/parameter.h"

/* Set c->why and return -1; set c->how and return 0. */
int convert_refuse(struct conversion *c, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
int convert_nearly(struct conversion *c, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* The value of another parameter of this rule, ExceptIf in front where this
 * is an exception; NULL when it is not said. */
const struct input_value *convert_partner(const struct conversion *c,
    const char *name);

/* One line of the value, or -1 where it is no text. */
int convert_line(struct conversion *c, const struct input_value *v,
    struct str *out) FALLIBLE;

/* Check that each line is an expression that can be looked for. */
int convert_check_patterns(struct conversion *c,
    const struct input_value *v) FALLIBLE;

/* Add the lines of a list, or its addresses, to the item. */
int convert_add_lines(struct conversion *c, struct draft_item *item,
    const struct input_value *v) FALLIBLE;
int convert_add_addresses(struct conversion *c, struct draft_item *item,
    const struct input_value *v) FALLIBLE;

/* The name in policy.yaml of an enumeration's value, or NULL. */
const char *convert_word(const struct parameter_word *words, struct str from);

/* Many parameters' common shapes. */
parameter_convert convert_texts;	/* a list of texts */
parameter_convert convert_patterns;	/* expressions that can be looked for */
parameter_convert convert_text;		/* one text */
parameter_convert convert_addresses;
parameter_convert convert_flag;		/* true, or nothing at all */
parameter_convert convert_number;
parameter_convert convert_level;	/* at least so high a spam level */
parameter_convert convert_size;		/* at least so large */
parameter_convert convert_enum;		/* one of c->parameter->words */
parameter_convert convert_with;		/* said by the row named in with */

/* Conditions. */
parameter_convert convert_attribute_words;	/* 'City:Berlin,Bonn' */
parameter_convert convert_attribute_patterns;
parameter_convert convert_property_words;	/* {name, words} */
parameter_convert convert_between;
parameter_convert convert_manager;
parameter_convert convert_comparison;
parameter_convert convert_header_words;
parameter_convert convert_header_patterns;
parameter_convert convert_networks;
parameter_convert convert_false;		/* has_label: false */
parameter_convert convert_sensitive;

/* Actions. */
parameter_convert convert_template;
parameter_convert convert_portal;
parameter_convert convert_reject;
parameter_convert convert_block;
parameter_convert convert_override;
parameter_convert convert_notify_user;
parameter_convert convert_set_header;
parameter_convert convert_disclaimer;
parameter_convert convert_incident;
parameter_convert convert_moderate;
parameter_convert convert_modify_subject;
parameter_convert convert_add_recipients;
parameter_convert convert_manager_moderates;

/* Properties. */
parameter_convert convert_name;
parameter_convert convert_mode;
parameter_convert convert_enabled;
parameter_convert convert_disabled;
parameter_convert convert_priority;
parameter_convert convert_comment;
parameter_convert convert_from_date;
parameter_convert convert_until_date;
parameter_convert convert_error_action;
parameter_convert convert_stop;
parameter_convert convert_location;

/* A sensitive type as a value of sensitive_information; -1 with c->why. */
int convert_sensitive_type(struct conversion *c, const struct input_value *v,
    struct str *yaml) FALLIBLE;

#endif
