/* SPDX-License-Identifier: Apache-2.0 */
/*
 * permit: two tables, deny by default.
 *
 * Runs in the keeper. Security: this is the whole of what a role that was
 * taken over can ask. A gateway wraps but never releases a grant's secret,
 * so it cannot open what it sealed earlier; a portal releases but never sees
 * a spool key or a reply's shared secret.
 */
#include "keep/permit.h"

#include <unistd.h>

#define G (1u << WIRE_ROLE_GATEWAY)
#define P (1u << WIRE_ROLE_PORTAL)
#define A (1u << WIRE_ROLE_ADMIN)

static const unsigned may[WIRE_OP_COUNT] = {
	[WIRE_OP_HELLO] = 0,	/* only as the first packet: keep/attend */
	[WIRE_OP_PING] = G | P | A,
	[WIRE_OP_WRAP_GRANTS] = G,
	[WIRE_OP_UNWRAP_GRANT] = P,
	/* The portal encrypts the mail it queues (passcodes) as well. */
	[WIRE_OP_SPOOL_NEW] = G | P,
	[WIRE_OP_SPOOL_OPEN] = G,
	[WIRE_OP_MAC] = P,
	[WIRE_OP_LOOP_KEY] = G,
	[WIRE_OP_REPLY_PUBLIC] = P,
	[WIRE_OP_REPLY_DERIVE] = G,
	[WIRE_OP_DKIM_LIST] = G | A,
	[WIRE_OP_DKIM_SIGN] = G,
	[WIRE_OP_DKIM_MAKE] = A,
	[WIRE_OP_DKIM_LOAD] = A,
};

bool
permit_op(enum wire_role role, enum wire_op op)
{
	return (role > WIRE_ROLE_NONE && role < WIRE_ROLE_COUNT &&
	    op < WIRE_OP_COUNT && (may[op] & 1u << role) != 0);
}

bool
permit_role(const struct keep_peers *peers, enum wire_role role, uid_t uid)
{
	const uid_t uids[WIRE_ROLE_COUNT] = {
		[WIRE_ROLE_GATEWAY] = peers->gateway,
		[WIRE_ROLE_PORTAL] = peers->portal,
		[WIRE_ROLE_ADMIN] = peers->admin,
	};

	if (role <= WIRE_ROLE_NONE || role >= WIRE_ROLE_COUNT)
		return (false);
	return (uid == (peers->check ? uids[role] : geteuid()));
}
