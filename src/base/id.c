/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id: random bytes and identifiers. Runs in every role.
 *
 * Security: randomness comes from getrandom(2) only. Ids are not secrets.
 */
#include "base/id.h"

#include <errno.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/enc.h"

void
id_random(void *out, size_t len)
{
	uint8_t *p = out;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		must(n > 0);
		p += n;
		len -= (size_t)n;
	}
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
