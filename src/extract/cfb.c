/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cfb: header, allocation tables, directory tree, streams.
 *
 * Runs in the scanner's workers. Security: every sector number is hostile.
 * A chain is followed for as many steps as the file has sectors and no more,
 * the tree with a mark on each entry that was reached, so cycles end.
 * Standards: MS-CFB 2.
 */
#include "extract/cfb.h"

#include "extract/plain.h"

#define HEADER_BYTES 512
#define ENTRY_BYTES 128
#define HEADER_DIFAT 109	/* sectors of the table named in the header */
#define LAST_SECTOR 0xfffffffau	/* numbers above mean something else */

static const uint8_t signature[8] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1,
	0x1a, 0xe1 };

static struct str
sector(const struct cfb *c, uint32_t number)
{
	uint64_t at = ((uint64_t)number + 1) << c->shift;

	if (number >= LAST_SECTOR || at >= c->bytes.len)
		return (STR_NULL);
	return (str_sub(c->bytes, (size_t)at, (size_t)1 << c->shift));
}

static size_t
sectors_at_most(const struct cfb *c)
{
	return ((c->bytes.len >> c->shift) + 1);
}

/* Copy one sector of the allocation table. */
static void
add_fat_sector(struct cfb *c, uint32_t number, size_t room)
{
	struct str s = sector(c, number);

	for (size_t at = 0; at + 4 <= s.len && c->n_fat < room; at += 4)
		c->fat[c->n_fat++] = reading_u32(s, at);
}

/* The table's sectors are named in the header, then in a chain of sectors
 * that hold more names. */
static void
read_fat(struct cfb *c, struct arena *a)
{
	size_t room = sectors_at_most(c) + ((size_t)1 << c->shift);
	size_t per = ((size_t)1 << c->shift) / 4;
	uint32_t next = reading_u32(c->bytes, 0x44);

	c->fat = arena_array(a, room, sizeof(*c->fat));
	for (size_t i = 0; i < HEADER_DIFAT; i++)
		add_fat_sector(c, reading_u32(c->bytes, 0x4c + 4 * i), room);
	for (size_t steps = sectors_at_most(c); steps > 0; steps--) {
		struct str s = sector(c, next);

		if (s.len < 4 * per)
			break;
		for (size_t i = 0; i + 1 < per; i++)
			add_fat_sector(c, reading_u32(s, 4 * i), room);
		next = reading_u32(s, 4 * (per - 1));
	}
}

static uint32_t
next_in(const uint32_t *table, size_t n, uint32_t number)
{
	return (number < n ? table[number] : UINT32_MAX);
}

/* Append the chain that starts at `number`, size_bytes of it. */
static bool
read_chain(const struct cfb *c, uint32_t number, uint64_t size_bytes,
    struct buf *out)
{
	size_t steps = sectors_at_most(c);

	while (size_bytes > 0 && steps-- > 0 && !out->over) {
		struct str s = sector(c, number);
		size_t n = (size_t)MIN_OF((uint64_t)s.len, size_bytes);

		if (n == 0)
			return (false);
		buf_append(out, s.p, n);
		size_bytes -= n;
		number = next_in(c->fat, c->n_fat, number);
	}
	return (size_bytes == 0);
}

static bool
read_mini_chain(const struct cfb *c, uint32_t number, uint64_t size_bytes,
    struct buf *out)
{
	size_t steps = (c->mini.len >> c->mini_shift) + 1;

	while (size_bytes > 0 && steps-- > 0 && !out->over) {
		uint64_t at = (uint64_t)number << c->mini_shift;
		struct str s = at < c->mini.len ? str_sub(c->mini, (size_t)at,
		    (size_t)1 << c->mini_shift) : STR_NULL;
		size_t n = (size_t)MIN_OF((uint64_t)s.len, size_bytes);

		if (n == 0)
			return (false);
		buf_append(out, s.p, n);
		size_bytes -= n;
		number = next_in(c->mini_fat, c->n_mini_fat, number);
	}
	return (size_bytes == 0);
}

/* Everything a chain has, into the arena. */
static struct str
whole_chain(const struct cfb *c, uint32_t start, uint64_t most,
    struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(c->bytes.len + HEADER_BYTES);

	(void)read_chain(c, start, MIN_OF(most, (uint64_t)c->bytes.len), &b);
	return (arena_str(a, buf_view(&b)));
}

static void
read_entry(struct str raw, unsigned shift, struct arena *a,
    struct cfb_entry *e)
{
	size_t name_bytes = MIN_OF(reading_u16(raw, 64), (uint16_t)64);
	AUTO_BUF struct buf name = BUF_INIT(256);
	uint8_t kind = (uint8_t)raw.p[66];

	plain_append_utf16(&name, str_sub(raw, 0, name_bytes));
	e->name = arena_str(a, buf_view(&name));
	e->is_storage = kind == 1 || kind == 5;
	e->is_stream = kind == 2;
	e->parent = CFB_NONE;
	e->left = reading_u32(raw, 68);
	e->right = reading_u32(raw, 72);
	e->child = reading_u32(raw, 76);
	e->class_id = str_sub(raw, 80, 16);
	e->start = reading_u32(raw, 116);
	e->size_bytes = reading_u64(raw, 120);
	/* Old files have rubbish in the upper half (MS-CFB 2.6.3). */
	if (shift == 9)
		e->size_bytes &= UINT32_MAX;
}

/* Set the parents. Each entry is put on the list once, by its first finder. */
static void
link_tree(struct cfb *c, struct arena *a)
{
	size_t *list = arena_array(a, c->n, sizeof(*list)), n = 0;

	c->entries[0].parent = 0;
	list[n++] = 0;
	for (size_t i = 0; i < n; i++) {
		const struct cfb_entry *e = &c->entries[list[i]];
		uint32_t next[] = { e->left, e->right, e->child };

		for (size_t k = 0; k < COUNT_OF(next); k++) {
			size_t to = next[k];

			if (to >= c->n || c->entries[to].parent != CFB_NONE)
				continue;
			c->entries[to].parent = k == 2 ? list[i] : e->parent;
			list[n++] = to;
		}
	}
}

static void
read_directory(struct cfb *c, struct arena *a)
{
	struct str raw = whole_chain(c, reading_u32(c->bytes, 0x30),
	    (uint64_t)CFB_MAX_ENTRIES * ENTRY_BYTES, a);
	size_t n = raw.len / ENTRY_BYTES;

	c->entries = arena_array(a, n + 1, sizeof(*c->entries));
	for (size_t i = 0; i < n; i++)
		read_entry(str_sub(raw, i * ENTRY_BYTES, ENTRY_BYTES),
		    c->shift, a, &c->entries[i]);
	c->n = n;
	if (n > 0)
		link_tree(c, a);
}

static void
read_mini(struct cfb *c, struct arena *a)
{
	struct str table = whole_chain(c, reading_u32(c->bytes, 0x3c),
	    UINT64_MAX, a);

	c->n_mini_fat = table.len / 4;
	c->mini_fat = arena_array(a, c->n_mini_fat + 1,
	    sizeof(*c->mini_fat));
	for (size_t i = 0; i < c->n_mini_fat; i++)
		c->mini_fat[i] = reading_u32(table, 4 * i);
	c->mini = whole_chain(c, c->entries[0].start,
	    c->entries[0].size_bytes, a);
	if (c->mini.len < c->entries[0].size_bytes)
		c->is_damaged = true;
}

bool
cfb_open(struct str bytes, struct arena *a, struct cfb *out)
{
	struct cfb c = { .bytes = bytes };

	if (bytes.len < HEADER_BYTES ||
	    memcmp(bytes.p, signature, sizeof(signature)) != 0)
		return (false);
	c.shift = reading_u16(bytes, 0x1e);
	c.mini_shift = reading_u16(bytes, 0x20);
	c.cutoff_bytes = reading_u32(bytes, 0x38);
	if ((c.shift != 9 && c.shift != 12) || c.mini_shift < 4 ||
	    c.mini_shift >= c.shift)
		return (false);
	read_fat(&c, a);
	read_directory(&c, a);
	if (c.n == 0)
		return (false);
	read_mini(&c, a);
	*out = c;
	return (true);
}

size_t
cfb_find(const struct cfb *c, size_t storage, const char *name)
{
	for (size_t i = 1; i < c->n; i++)
		if (c->entries[i].parent == storage &&
		    str_eq_nocase(c->entries[i].name, str_of(name)))
			return (i);
	return (CFB_NONE);
}

bool
cfb_read(const struct cfb *c, size_t stream, struct buf *out)
{
	const struct cfb_entry *e = &c->entries[stream];

	if (e->size_bytes < c->cutoff_bytes)
		return (read_mini_chain(c, e->start, e->size_bytes, out));
	return (read_chain(c, e->start, e->size_bytes, out));
}
