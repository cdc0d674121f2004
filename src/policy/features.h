/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features: what the policy knew of a message when it decided, written down so
 * that another policy can be tried on it long after the message is gone.
 *
 * A record has the envelope, the client, the size; which kinds of message it
 * is by its header; sizes, extensions, true types and facts of attachments;
 * how often which types of sensitive information were found, and how sure; and
 * for each condition of the policy that was asked its answer. The questions
 * stand once per policy in a list of their own: numbers (meaning.c) of its
 * conditions and types, in order.
 *
 * Security: there is no content in a record: no subject, body, file name,
 * header field, label, matched text or hash of any of them. Texts in it are
 * addresses (which the store has anyhow), the client's address, extensions of
 * at most FEATURES_MAX_EXTENSION letters and digits, and types of files from
 * extract/. All else is numbers: counts, sizes, and answers to questions that
 * are known by a hash of the question, which is the policy's. What can be
 * learnt from a record is what the policy's author asked: whether a message
 * to somebody had a listed word. Therefore records are as confidential as the
 * audit record, and go after a time that is set.
 *
 * What a record does not say is untold, never guessed. Source:
 * doc/formats/store.md.
 */
#ifndef POLICY_FEATURES_H
#define POLICY_FEATURES_H

#include "policy/policy.h"

#define FEATURES_MAX_BYTES (1u << 20)	/* of a record */
#define FEATURES_MAX_EXTENSION 10

struct features;
struct recall;

/* The list of all that a policy asks, and its SHA-256; borrowed. */
struct str features_questions(const struct policy *p,
    uint8_t hash[static POLICY_HASH_BYTES]);

/* Append the record of a question that was decided (of all recipients, or of
 * the first ones, where one was refused). Asks what costs nothing any more:
 * texts that have been looked at are not looked at again. False: too large;
 * nothing was appended. */
bool features_write(const struct policy *p, struct policy_question *q,
    struct buf *out);

/* Read a record. All memory is in the arena; text is borrowed.
 * Fails ERR_INPUT: it is not one of this version. */
int features_read(struct str text, struct arena *a, struct features **out,
    struct err *err) FALLIBLE;

/* How a policy reads records that were made under this list of questions.
 * Borrows the policy. Fails ERR_INPUT. */
int recall_new(const struct policy *p, struct str questions, struct arena *a,
    struct recall **out, struct err *err) FALLIBLE;

/* Make a question of a record: sender, recipients, client and facts; the
 * caller sets the arena, the time, and recipient in turn. f and r are
 * borrowed. */
void recall_question(const struct recall *r, const struct features *f,
    struct policy_question *q);

/* How large the message was. */
uint64_t features_size(const struct features *f);

#endif
