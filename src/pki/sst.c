/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sst: writing and reading the store, byte by byte.
 *
 * Runs in the CLI and in the gateway's tending. Security: what is read may come
 * from anywhere; every length is checked against what is there. Standards:
 * none; the layout is in sst.h.
 */
#include "pki/sst.h"

#define PROPERTY_CERT 32
#define HEAD "\0\0\0\0CERT"
#define HEAD_BYTES 8
#define PROPERTY_BYTES 12

static void
put_u32(struct buf *out, uint32_t v)
{
	const uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8),
		(uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	buf_append(out, b, sizeof(b));
}

static void
put_property(struct buf *out, uint32_t id, uint32_t encoding, struct str data)
{
	put_u32(out, id);
	put_u32(out, encoding);
	put_u32(out, (uint32_t)data.len);
	buf_str(out, data);
}

int
sst_write(const struct cert *list, size_t n, int64_t now_ms, struct buf *out,
    size_t *n_written, struct err *err)
{
	size_t written = 0;

	buf_append(out, HEAD, HEAD_BYTES);
	for (size_t i = 0; i < n; i++) {
		if (now_ms > list[i].until_ms)
			continue;
		put_property(out, PROPERTY_CERT, 1, list[i].der);
		written++;
	}
	put_property(out, 0, 0, STR_NULL);
	if (buf_check(out, "a certificate store", err) == -1)
		return (-1);
	*n_written = written;
	return (0);
}

static uint32_t
take_u32(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return ((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	    (uint32_t)b[3] << 24);
}

struct property {
	uint32_t id, encoding;
	struct str data;
};

static bool
next_property(struct str *rest, struct property *p)
{
	size_t len;

	if (rest->len < PROPERTY_BYTES)
		return (false);
	p->id = take_u32(rest->p);
	p->encoding = take_u32(rest->p + 4);
	len = take_u32(rest->p + 8);
	*rest = str_sub(*rest, PROPERTY_BYTES, rest->len);
	if (len > rest->len)
		return (false);
	p->data = str_sub(*rest, 0, len);
	*rest = str_sub(*rest, len, rest->len);
	return (true);
}

static int
read_all(struct str rest, size_t max, struct arena *a, struct cert *list,
    size_t *n, struct err *err)
{
	struct property p;

	while (next_property(&rest, &p)) {
		if (p.id == 0)
			return (rest.len == 0 && p.data.len == 0 ? 0 :
			    err_set(err, ERR_INPUT, "there is something "
			    "behind the end of the certificate store"));
		if (p.id != PROPERTY_CERT)
			continue;
		if (*n == max)
			return (err_set(err, ERR_LIMIT, "more than %zu "
			    "certificates", max));
		if (cert_parse(p.data, a, &list[*n], err) == -1)
			return (-1);
		(*n)++;
	}
	return (err_set(err, ERR_INPUT, "the certificate store is cut off"));
}

int
sst_read(struct str file, size_t max, struct arena *a, struct cert **out,
    size_t *n, struct err *err)
{
	struct cert *list = arena_array(a, max, sizeof(*list));
	size_t n_read = 0;

	if (file.len > SST_BYTES_MAX)
		return (err_set(err, ERR_LIMIT, "the certificate store is "
		    "larger than %u bytes", SST_BYTES_MAX));
	if (!str_eq(str_sub(file, 0, HEAD_BYTES), str_make(HEAD, HEAD_BYTES)))
		return (err_set(err, ERR_INPUT,
		    "this is not a certificate store"));
	if (read_all(str_sub(file, HEAD_BYTES, file.len), max, a, list,
	    &n_read, err) == -1) {
		while (n_read > 0)
			cert_done(&list[--n_read]);
		return (-1);
	}
	*out = list;
	*n = n_read;
	return (0);
}
