/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parametertable: the rows themselves. Inside parameter only.
 */
#ifndef IMPORT_PARAMETERTABLE_H
#define IMPORT_PARAMETERTABLE_H

#include "import/parameter.h"

/* The rows of a part. */
const struct parameter *parametertable_conditions(size_t *n);
const struct parameter *parametertable_actions(size_t *n);
const struct parameter *parametertable_properties(size_t *n);

#endif
