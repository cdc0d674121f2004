/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stsown: the MTA-STS policy of our own domains, as the settings have it.
 * Threads: any.
 */
#ifndef TRANSPORT_STSOWN_H
#define TRANSPORT_STSOWN_H

#include "conf/settings.h"
#include "transport/stspolicy.h"

/* The text the policy hosts serve, appended. */
void stsown_text(const struct settings *s, struct buf *out);

/* The TXT record of _mta-sts.DOMAIN that announces it; in the arena. */
const char *stsown_record(const struct settings *s, struct arena *a);

#endif
