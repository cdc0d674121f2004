/* SPDX-License-Identifier: Apache-2.0 */
/*
 * permit: three tables, deny by default.
 *
 * Runs in the keeper. Security: this is the whole of what a role that was
 * taken over can ask. A gateway wraps but never releases a grant's secret,
 * so it cannot open what it sealed earlier; a portal releases but never sees
 * a spool key or a reply's shared secret. No role but the administrator's
 * sees a private key, and the portal does not even sign.
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
	[WIRE_OP_KEY_MAKE] = G | A,
	[WIRE_OP_KEY_IMPORT] = A,
	[WIRE_OP_KEY_EXPORT] = A,
	[WIRE_OP_KEY_SIGN] = G | A,
	[WIRE_OP_KEY_DECRYPT] = G | A,
	[WIRE_OP_KEY_DERIVE] = G | A,
};

#define MAIL (1u << MAILKEY_MAIL)
#define ALL (MAIL | 1u << MAILKEY_AUTHORITY | 1u << MAILKEY_OCSP)

/* Only what is a mail's is decrypted. */
static const unsigned may_use[WIRE_OP_COUNT] = {
	[WIRE_OP_KEY_MAKE] = ALL,
	[WIRE_OP_KEY_IMPORT] = ALL,
	[WIRE_OP_KEY_EXPORT] = ALL,
	[WIRE_OP_KEY_SIGN] = ALL,
	[WIRE_OP_KEY_DECRYPT] = MAIL,
	[WIRE_OP_KEY_DERIVE] = MAIL,
};

bool
permit_op(enum wire_role role, enum wire_op op)
{
	return (role > WIRE_ROLE_NONE && role < WIRE_ROLE_COUNT &&
	    op < WIRE_OP_COUNT && (may[op] & 1u << role) != 0);
}

bool
permit_key(enum wire_role role, enum wire_op op, enum mailkey_use use)
{
	return (permit_op(role, op) && use < MAILKEY_USES &&
	    (may_use[op] & 1u << use) != 0);
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
