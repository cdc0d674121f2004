/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_keeper_wire: the keeper answers packets of a role that was taken over,
 * and keepc reads whatever a keeper sends.
 *
 * Input: one byte says the role (0 to 3), or, from 4 on, that what follows is
 * a reply to operation byte % 11; the rest is the packet. A workspace id of
 * sixteen 'W' becomes that of the loaded keys, so that the operations behind
 * the check are reached. In an operation with a mail key, an object id of
 * fifteen 'K' and '0', '1' or '2' becomes that of an RSA, a P-256 and an
 * Ed25519 key, and a blob's length "KK" its blob.
 */
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sanitizer/lsan_interface.h>

#include "keep/operation.h"
#include "keep/keep.h"
#include "keep/keys.h"
#include "keepc/keepc.h"
#include "keepc/keywire.h"
#include "keepc/wire.h"

#define PACKET_MAX (WIRE_PACKET_MAX + 64)
#define KEYS 3
#define OBJECT_AT (WIRE_HEADER_BYTES + ID_BYTES)
#define LENGTH_AT (OBJECT_AT + ID_BYTES + 6)	/* of the blob in USE */

static struct keep *keep;
static struct id workspace;

static struct {
	struct id id;
	size_t len;
	uint8_t sealed[MAILKEY_SEALED_MAX];
} keys[KEYS];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
remove_keys(const char *dir)
{
	static const char *const prefixes[] = { "workspace-", "reply-" };
	char path[200], text[ID_TEXT_SIZE];

	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s%s.key", dir,
		    prefixes[i], id_text(&workspace, text));
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/root.key", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}

/* A mail key, made by asking for it. */
static void
make_key(size_t i, enum mailkey_kind kind)
{
	AUTO_BUF struct buf body = BUF_INIT(WIRE_PACKET_MAX);
	AUTO_BUF struct buf packet = BUF_INIT(WIRE_PACKET_MAX);
	AUTO_BUF struct buf reply = BUF_INIT(WIRE_PACKET_MAX);
	struct wire_request r = { .op = WIRE_OP_KEY_MAKE,
		.workspace = workspace, .object = id_new() };
	struct keywire_made made;
	enum wire_op op;

	keywire_put_make(&(struct keywire_make){ kind, MAILKEY_MAIL, false },
	    &body);
	r.body = buf_view(&body);
	wire_request_format(&r, &packet);
	must(operation_answer(keep, WIRE_ROLE_GATEWAY, buf_view(&packet), &op,
	    &reply, NULL) == 0);
	must(keywire_get_made(str_sub(buf_view(&reply), WIRE_HEADER_BYTES,
	    reply.len), &made));
	keys[i].id = r.object;
	keys[i].len = made.sealed.len;
	memcpy(keys[i].sealed, made.sealed.p, made.sealed.len);
}

/* Put a real key where the input says so; returns the packet's length. */
static size_t
put_key(uint8_t *packet, size_t len)
{
	static const uint8_t marks[] = "KKKKKKKKKKKKKKK";
	size_t i, tail;

	if (len < LENGTH_AT + 2 || packet[0] < WIRE_OP_KEY_MAKE ||
	    memcmp(packet + OBJECT_AT, marks, ID_BYTES - 1) != 0)
		return (len);
	i = (size_t)(packet[OBJECT_AT + ID_BYTES - 1] - '0');
	if (i >= KEYS)
		return (len);
	memcpy(packet + OBJECT_AT, keys[i].id.b, ID_BYTES);
	if (memcmp(packet + LENGTH_AT, "KK", 2) != 0)
		return (len);
	packet[LENGTH_AT] = (uint8_t)(keys[i].len >> 8);
	packet[LENGTH_AT + 1] = (uint8_t)keys[i].len;
	tail = MIN_OF(len - LENGTH_AT - 2,
	    PACKET_MAX - LENGTH_AT - 2 - keys[i].len);
	memmove(packet + LENGTH_AT + 2 + keys[i].len, packet + LENGTH_AT + 2,
	    tail);
	memcpy(packet + LENGTH_AT + 2, keys[i].sealed, keys[i].len);
	return (LENGTH_AT + 2 + keys[i].len + tail);
}

int
LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	char dir[] = "/tmp/fuzz-keeper-XXXXXX";
	uint8_t byte;
	struct err err = ERR_INIT;

	/* OpenSSL's random generators, before there is a locked heap. */
	must(RAND_bytes(&byte, 1) == 1 && RAND_priv_bytes(&byte, 1) == 1);
	must(mkdtemp(dir) != NULL);
	if (keep_init(dir, STR_NULL, &workspace, &err) != 0 ||
	    keep_open(dir, STR_NULL, &keep, &err) != 0) {
		(void)fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	/* Locked memory is none that leaks are looked for in. */
	__lsan_register_root_region(keep, sizeof(*keep));
	remove_keys(dir);
	make_key(0, MAILKEY_RSA_2048);
	make_key(1, MAILKEY_P256);
	make_key(2, MAILKEY_ED25519);
	return (0);
}

/* What the keeper says must be what keepc accepts. */
static void
ask(enum wire_role role, struct str packet)
{
	AUTO_BUF struct buf reply = BUF_INIT(WIRE_PACKET_MAX);
	struct wire_request request;
	struct wire_reply back;
	struct err err = ERR_INIT;
	enum wire_op op;
	int rc = operation_answer(keep, role, packet, &op, &reply, &err);

	must(buf_check(&reply, "reply", NULL) == 0);
	if (rc != 0) {
		must(wire_reply_parse(buf_view(&reply), op, 0, &back, NULL)
		    == 0);
		must(back.kind != ERR_NONE && back.kind == err.kind);
		return;
	}
	must(wire_request_parse(packet, &request, &err) == 0);
	must(wire_reply_parse(buf_view(&reply), op, request.n, &back, NULL)
	    == 0);
	must(back.kind == ERR_NONE);
	/* A request that is accepted has one form only. */
	buf_reset(&reply);
	wire_request_format(&request, &reply);
	must(str_eq(buf_view(&reply), packet));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t placeholder[ID_BYTES] = "WWWWWWWWWWWWWWWW";
	uint8_t packet[PACKET_MAX];
	struct wire_reply reply;
	struct err err = ERR_INIT;

	if (len == 0)
		return (0);
	len = MIN_OF(len - 1, (size_t)PACKET_MAX);
	memcpy(packet, data + 1, len);
	if (len >= WIRE_HEADER_BYTES + ID_BYTES &&
	    memcmp(packet + WIRE_HEADER_BYTES, placeholder, ID_BYTES) == 0)
		memcpy(packet + WIRE_HEADER_BYTES, workspace.b, ID_BYTES);
	len = put_key(packet, len);
	if (data[0] < WIRE_ROLE_COUNT) {
		ask((enum wire_role)data[0], str_make(packet, len));
		return (0);
	}
	if (wire_reply_parse(str_make(packet, len),
	    (enum wire_op)(data[0] % WIRE_OP_COUNT), data[0] / 2, &reply,
	    &err) == 0)
		must(reply.body.len <= len);
	return (0);
}
