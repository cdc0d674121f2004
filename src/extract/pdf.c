/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pdf: text and document information by programs of poppler.
 *
 * Runs in the scanner's workers; the programs run behind a process boundary
 * of their own. Security: what they print is as hostile as the file.
 * Standards: ISO 32000-1 7.6, 12.8, 14.3.
 */
#include "extract/plain.h"
#include "extract/readers.h"

#define INFO_BYTES ((size_t)256 << 10)

/* Lines of pdfinfo that are about the program, not the document. */
static const char *const dull[] = { "Custom Metadata", "Metadata Stream",
	"Tagged", "UserProperties", "Suspects", "Form", "JavaScript", "Pages",
	"Encrypted", "Page size", "Page rot", "File size", "Optimized",
	"PDF version", "CreationDate", "ModDate" };

static bool
is_dull(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(dull); i++)
		if (str_eq(name, str_of(dull[i])))
			return (true);
	return (false);
}

static void
read_info_line(const struct source *s, struct str line)
{
	ptrdiff_t colon = str_index(line, ':');
	struct str name, value;

	if (colon <= 0)
		return;
	name = str_trim(str_sub(line, 0, (size_t)colon));
	value = str_trim(str_sub(line, (size_t)colon + 1, line.len));
	if (str_eq(name, STR_LIT("JavaScript")) &&
	    str_eq(value, STR_LIT("yes")))
		reading_fact(s, EXTRACT_MACROS);
	if (!is_dull(name))
		reading_property(s, name, value);
}

static int
run(const struct source *s, enum extract_tool tool, struct buf *out)
{
	const struct extract_tools *t = s->r->tools;

	return (t->run(t->ctx, tool, s->bytes, s->r->deadline_ms, out));
}

static bool
has(const struct source *s, const char *mark)
{
	return (memmem(s->bytes.p, s->bytes.len, mark, strlen(mark)) != NULL);
}

/* No text: for want of a password, or for another reason? */
static void
explain(const struct source *s)
{
	if (has(s, "/MicrosoftIRMServices"))
		reading_fact(s, EXTRACT_RIGHTS | EXTRACT_ENCRYPTED);
	else if (has(s, "/Encrypt"))
		reading_fact(s, EXTRACT_ENCRYPTED);
	else
		reading_fact(s, EXTRACT_CORRUPT);
}

/* Pages end in form feeds. */
static void
put_pages(const struct source *s, struct buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (text->p[i] == '\f')
			text->p[i] = '\n';
	plain_append(s->text, buf_view(text));
	s->text->over |= text->over;
}

static void
read_info(const struct source *s)
{
	AUTO_BUF struct buf info = BUF_INIT(INFO_BYTES);
	struct str rest, line;

	if (run(s, EXTRACT_TOOL_PDF_INFO, &info) != 0)
		return;
	rest = buf_view(&info);
	while (str_next(&rest, '\n', &line))
		read_info_line(s, line);
}

/* Metadata stands in the file as it is, or is unpacked by a program. */
static void
read_metadata(const struct source *s)
{
	AUTO_BUF struct buf xml = BUF_INIT(INFO_BYTES);

	if (!xmp_labels(s, s->bytes) && has(s, "/Metadata") &&
	    run(s, EXTRACT_TOOL_PDF_META, &xml) == 0)
		(void)xmp_labels(s, buf_view(&xml));
}

void
read_pdf(struct source *s)
{
	AUTO_BUF struct buf text = BUF_INIT(s->text->max);
	int status;

	if (s->r->tools == NULL) {
		reading_fact(s, EXTRACT_UNSUPPORTED);
		return;
	}
	status = run(s, EXTRACT_TOOL_PDF_TEXT, &text);
	put_pages(s, &text);
	if (status < 0 && !text.over) {
		/* Killed, which the time limit does and crashes do. */
		reading_fact(s, reading_is_over(s) ? EXTRACT_TIMEOUT :
		    EXTRACT_UNREADABLE);
		return;
	}
	if (status == EXTRACT_TOOL_MISSING)
		reading_fact(s, EXTRACT_UNSUPPORTED);
	else if (status > 0)
		explain(s);
	if (has(s, "/ByteRange"))
		reading_fact(s, EXTRACT_SIGNED);
	/* Files in a PDF are not unpacked, and it says so. */
	if (has(s, "/EmbeddedFile"))
		reading_fact(s, EXTRACT_UNSUPPORTED);
	if (status == 0)
		read_info(s);
	read_metadata(s);
}
