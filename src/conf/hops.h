/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hops: the setting delivery.hops, which says how single next hops are
 * reached. Inside conf/.
 */
#ifndef CONF_HOPS_H
#define CONF_HOPS_H

#include "conf/catalog.h"

/* Read the map of maps into s->delivery. Fails ERR_INPUT at its place. */
int hops_read(const struct setting *def, const struct yaml_node *value,
    struct settings *s, struct err *err) FALLIBLE;

/* As it would be written; of a password only the file's name is known. */
void hops_format(const struct settings *s, struct buf *out);

/* At most one address of each family. */
bool hops_are_sources(const struct settings_list *list);

#endif
