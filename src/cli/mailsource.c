/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailsource: files of mail, in pieces.
 *
 * Runs in the CLI. Security: mail that anybody sent; lines have no length that
 * can be relied on, and are taken in pieces of a block.
 */
#include "cli/mailsource.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES 65536

struct mailsource {
	FTS *files;
	int fd;			/* -1: between files */
	uint64_t total, done;
	char block[BLOCK_BYTES];
	size_t at, len;
	bool is_eof;
	bool is_mbox;
	struct str piece;	/* taken, and not used yet */
	bool has_piece;
};

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return (strcmp((*a)->fts_name, (*b)->fts_name));
}

static FTS *
open_tree(const char *path)
{
	char *const paths[] = { (char *)(uintptr_t)path, NULL };

	return (fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR,
	    by_name));
}

/* The next file that may hold mail, or NULL. */
static const FTSENT *
next_file(FTS *files)
{
	FTSENT *e;

	while ((e = fts_read(files)) != NULL) {
		bool is_hidden = e->fts_level > 0 && e->fts_name[0] == '.';

		if (is_hidden && e->fts_info == FTS_D)
			(void)fts_set(files, e, FTS_SKIP);
		else if (!is_hidden && e->fts_info == FTS_F)
			return (e);
	}
	return (NULL);
}

static uint64_t
total_bytes(const char *path)
{
	FTS *files = open_tree(path);
	const FTSENT *e;
	uint64_t n = 0;

	while (files != NULL && (e = next_file(files)) != NULL)
		n += (uint64_t)e->fts_statp->st_size;
	if (files != NULL)
		(void)fts_close(files);
	return (n);
}

int
mailsource_open(const char *path, struct mailsource **out, struct err *err)
{
	struct stat st;
	struct mailsource *m;

	if (stat(path, &st) == -1)
		return (err_sys(err, ERR_INPUT, "cannot open %s", path));
	m = must_calloc(1, sizeof(*m));
	m->fd = -1;
	m->total = total_bytes(path);
	m->files = open_tree(path);
	if (m->files == NULL) {
		mailsource_close(&m);
		return (err_sys(err, ERR_INPUT, "cannot read %s", path));
	}
	*out = m;
	return (0);
}

void
mailsource_close(struct mailsource **mp)
{
	struct mailsource *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	if (m->fd != -1)
		(void)close(m->fd);
	if (m->files != NULL)
		(void)fts_close(m->files);
	explicit_bzero(m->block, sizeof(m->block));
	free(m);
}

uint64_t
mailsource_total(const struct mailsource *m)
{
	return (m->total);
}

uint64_t
mailsource_done(const struct mailsource *m)
{
	return (m->done);
}

/* ---- pieces ------------------------------------------------------------ */

static int
fill(struct mailsource *m, struct err *err)
{
	ssize_t n;

	memmove(m->block, m->block + m->at, m->len - m->at);
	m->len -= m->at;
	m->at = 0;
	do
		n = read(m->fd, m->block + m->len, BLOCK_BYTES - m->len);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return (err_sys(err, ERR_TEMP, "cannot read a message"));
	m->is_eof = n == 0;
	m->len += (size_t)n;
	m->done += (uint64_t)n;
	return (0);
}

/* A line with its end, or as much of it as the block holds. 0 at the end of
 * the file. */
static int
next_piece(struct mailsource *m, struct str *out, struct err *err)
{
	const char *end;

	if (m->has_piece) {
		m->has_piece = false;
		*out = m->piece;
		return (1);
	}
	while ((end = memchr(m->block + m->at, '\n', m->len - m->at)) ==
	    NULL && !m->is_eof && (m->at > 0 || m->len < BLOCK_BYTES))
		if (fill(m, err) == -1)
			return (-1);
	*out = str_make(m->block + m->at, end != NULL ?
	    (size_t)(end - m->block) + 1 - m->at : m->len - m->at);
	m->at += out->len;
	return (out->len > 0);
}

/* ---- messages ---------------------------------------------------------- */

static bool
is_from_line(struct str piece)
{
	return (piece.len > 5 && memcmp(piece.p, "From ", 5) == 0);
}

static bool
is_empty_line(struct str piece)
{
	return (str_eq(piece, STR_LIT("\n")) ||
	    str_eq(piece, STR_LIT("\r\n")));
}

/* ">From " and ">>From " lose one '>'. */
static struct str
unquoted(struct str piece)
{
	size_t i = 0;

	while (i < piece.len && piece.p[i] == '>')
		i++;
	return (i > 0 && is_from_line(str_sub(piece, i, piece.len)) ?
	    str_sub(piece, 1, piece.len) : piece);
}

/* With CRLF, whatever it ended in. */
static void
add(struct buf *out, struct str piece, bool ends)
{
	if (!ends) {
		buf_str(out, piece);
		return;
	}
	piece.len--;
	if (piece.len > 0 && piece.p[piece.len - 1] == '\r')
		piece.len--;
	buf_str(out, piece);
	buf_z(out, "\r\n");
}

/* "From anna@own.example Mon Nov 23 …" */
static struct str
from_address(struct str piece, struct arena *a)
{
	struct str rest = str_sub(piece, 5, piece.len), word = STR_NULL;

	(void)str_next(&rest, ' ', &word);
	return (str_index(word, '@') > 0 ? arena_str(a, str_trim(word)) :
	    STR_NULL);
}

/* A file that is one message. */
static int
read_whole(struct mailsource *m, struct buf *out, struct err *err)
{
	struct str piece;
	int rc;

	while ((rc = next_piece(m, &piece, err)) == 1)
		add(out, piece, piece.p[piece.len - 1] == '\n');
	return (rc);
}

/* To the next "From " line behind an empty one, which stays out, or to the
 * end of the file. */
static int
read_boxed(struct mailsource *m, struct buf *out, struct err *err)
{
	bool at_line = true, was_empty = false;
	struct str piece;
	int rc;

	while ((rc = next_piece(m, &piece, err)) == 1) {
		if (at_line && was_empty && is_from_line(piece)) {
			m->piece = piece;
			m->has_piece = true;
			break;
		}
		if (was_empty)
			buf_z(out, "\r\n");
		was_empty = at_line && is_empty_line(piece);
		if (at_line)
			piece = unquoted(piece);
		at_line = piece.p[piece.len - 1] == '\n';
		if (!was_empty)
			add(out, piece, at_line);
	}
	return (rc == -1 ? -1 : 0);
}

static int
read_message(struct mailsource *m, struct buf *out, struct err *err)
{
	return (m->is_mbox ? read_boxed(m, out, err) : read_whole(m, out,
	    err));
}

static int
open_next(struct mailsource *m, struct err *err)
{
	const FTSENT *e = next_file(m->files);

	if (e == NULL)
		return (0);
	m->fd = open(e->fts_path, O_RDONLY | O_CLOEXEC);
	if (m->fd == -1)
		return (err_sys(err, ERR_INPUT, "cannot open %s",
		    e->fts_path));
	m->at = m->len = 0;
	m->is_eof = m->has_piece = false;
	if (fill(m, err) == -1)
		return (-1);
	m->is_mbox = is_from_line(str_make(m->block, m->len));
	return (1);
}

/* False: the file is at its end. */
static int
begin_message(struct mailsource *m, struct str *from, struct arena *a,
    struct err *err)
{
	struct str piece;
	int rc = next_piece(m, &piece, err);

	if (rc != 1)
		return (rc);
	if (m->is_mbox && is_from_line(piece)) {
		*from = from_address(piece, a);
		return (1);
	}
	m->piece = piece;
	m->has_piece = true;
	return (1);
}

int
mailsource_next(struct mailsource *m, struct buf *out, struct str *from,
    struct arena *a, struct err *err)
{
	int rc;

	buf_reset(out);
	*from = STR_NULL;
	for (;;) {
		if (m->fd == -1 && (rc = open_next(m, err)) != 1)
			return (rc);
		rc = begin_message(m, from, a, err);
		if (rc == 1)
			return (read_message(m, out, err) == -1 ? -1 : 1);
		(void)close(m->fd);
		m->fd = -1;
		if (rc == -1)
			return (-1);
	}
}
