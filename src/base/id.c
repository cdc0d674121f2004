/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id: random bytes and identifiers. Runs in every role.
 *
 * Security: randomness comes from getrandom(2) only. Ids are not secrets.
 */
#include "base/id.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"

#define STOCK_BYTES 512

static void
from_kernel(uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		must(n > 0);
		p += n;
		len -= (size_t)n;
	}
}

/* One call of the kernel serves many ids. Each byte is handed out once and
 * wiped; a child of fork() asks anew. */
static _Thread_local struct {
	uint8_t bytes[STOCK_BYTES];
	size_t left;
	pid_t owner;
} stock;

void
id_random(void *out, size_t len)
{
	if (len > STOCK_BYTES / 4) {
		from_kernel(out, len);
		return;
	}
	if (stock.left < len || stock.owner != getpid()) {
		from_kernel(stock.bytes, STOCK_BYTES);
		stock.left = STOCK_BYTES;
		stock.owner = getpid();
	}
	stock.left -= len;
	memcpy(out, stock.bytes + stock.left, len);
	explicit_bzero(stock.bytes + stock.left, len);
}

struct id
id_new(void)
{
	uint64_t now = (uint64_t)clock_wall_ms();
	struct id id;

	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(now >> (40 - 8 * i));
	id_random(id.b + 6, ID_BYTES - 6);
	return (id);
}

bool
id_eq(const struct id *a, const struct id *b)
{
	return (memcmp(a->b, b->b, ID_BYTES) == 0);
}

bool
id_is_zero(const struct id *a)
{
	static const struct id zero;

	return (id_eq(a, &zero));
}

const char *
id_text(const struct id *id, char out[static ID_TEXT_SIZE])
{
	enc_base32(id->b, ID_BYTES, out);
	return (out);
}

bool
id_parse(struct str text, struct id *out)
{
	return (enc_base32_parse(text, out->b, ID_BYTES));
}
