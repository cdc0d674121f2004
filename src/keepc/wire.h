/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: the packets between a role and the keeper.
 *
 * One request is one packet and has one reply, which is one packet. Parsed
 * requests and replies point into their packet. Threads: any.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEPC_WIRE_H
#define KEEPC_WIRE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

#define WIRE_VERSION 1
#define WIRE_PACKET_MAX 16384
#define WIRE_HEADER_BYTES 4
#define WIRE_DATA_MAX 4096	/* of one MAC, of what a mail key signs */
#define WIRE_KEY_BODY_MAX 8192	/* of an operation with a mail key */

enum wire_role {
	WIRE_ROLE_NONE,
	WIRE_ROLE_GATEWAY,
	WIRE_ROLE_PORTAL,
	WIRE_ROLE_ADMIN,
	WIRE_ROLE_COUNT,
};

enum wire_op {
	WIRE_OP_NONE,
	WIRE_OP_HELLO,
	WIRE_OP_PING,
	WIRE_OP_WRAP_GRANTS,
	WIRE_OP_UNWRAP_GRANT,
	WIRE_OP_SPOOL_NEW,
	WIRE_OP_SPOOL_OPEN,
	WIRE_OP_MAC,
	WIRE_OP_LOOP_KEY,
	WIRE_OP_REPLY_PUBLIC,
	WIRE_OP_REPLY_DERIVE,
	WIRE_OP_DKIM_LIST,
	WIRE_OP_DKIM_SIGN,
	WIRE_OP_DKIM_MAKE,
	WIRE_OP_DKIM_LOAD,
	WIRE_OP_KEY_MAKE,
	WIRE_OP_KEY_IMPORT,
	WIRE_OP_KEY_EXPORT,
	WIRE_OP_KEY_SIGN,
	WIRE_OP_KEY_DECRYPT,
	WIRE_OP_KEY_DERIVE,
	WIRE_OP_COUNT,
};

/* A request: body is what follows the fixed fields, its length checked. */
struct wire_request {
	enum wire_op op;
	uint16_t version;	/* HELLO */
	enum wire_role role;	/* HELLO */
	struct id workspace;	/* zero where the operation has none */
	struct id object;	/* grant, spool, key; zero: none */
	size_t n;		/* WRAP_GRANTS: elements in body */
	struct str body;
};

/* A reply: the result, or the kind and sentence of an error. */
struct wire_reply {
	enum err_kind kind;	/* ERR_NONE: body is the result */
	struct str body;
};

/* "gateway", "portal", "admin"; WIRE_ROLE_NONE and "none" for anything else.
 * "hello", "wrap-grants" … for logs; "unknown" for anything else. */
const char *wire_role_name(enum wire_role role);
enum wire_role wire_role_of(struct str name);
const char *wire_op_name(enum wire_op op);

/* Parse one packet from a role. On failure request->op is still set when it
 * could be read, for the log. Fails ERR_INPUT saying what is malformed. */
int wire_request_parse(struct str packet, struct wire_request *request,
    struct err *err) FALLIBLE;

/* Append one request. WRAP_GRANTS: n elements of grant || secret in body. */
void wire_request_format(const struct wire_request *request, struct buf *out);

/* Parse one packet from the keeper, the answer to op (with n elements).
 * Fails ERR_INPUT when it is malformed or of another operation. */
int wire_reply_parse(struct str packet, enum wire_op op, size_t n,
    struct wire_reply *reply, struct err *err) FALLIBLE;

/* Append the start of a reply to op; kind is ERR_NONE or the error's. The
 * result or the sentence follows. */
void wire_reply_start(enum wire_op op, enum err_kind kind, struct buf *out);

/* The number of bytes a good reply to op carries behind its header; 0 where
 * it is free, and then the most it may be. */
size_t wire_reply_bytes(enum wire_op op, size_t n);
size_t wire_reply_max(enum wire_op op);

#endif
