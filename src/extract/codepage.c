/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codepage: a table of the numbers that documents and messages carry.
 *
 * Runs in the scanner's workers. Security: none of its own. Standards:
 * MS-UCODEREF 2.2.1.
 */
#include "extract/codepage.h"

#include "extract/plain.h"
#include "mime/charset.h"

static const struct {
	uint32_t page;
	struct str label;
} pages[] = {
	{ 437, STR_LIT("cp437") }, { 850, STR_LIT("cp850") },
	{ 866, STR_LIT("cp866") }, { 874, STR_LIT("windows-874") },
	{ 932, STR_LIT("shift_jis") }, { 936, STR_LIT("gb18030") },
	{ 949, STR_LIT("euc-kr") }, { 950, STR_LIT("big5") },
	{ 1200, STR_LIT("utf-16le") }, { 1201, STR_LIT("utf-16be") },
	{ 1250, STR_LIT("windows-1250") }, { 1251, STR_LIT("windows-1251") },
	{ 1252, STR_LIT("windows-1252") }, { 1253, STR_LIT("windows-1253") },
	{ 1254, STR_LIT("windows-1254") }, { 1255, STR_LIT("windows-1255") },
	{ 1256, STR_LIT("windows-1256") }, { 1257, STR_LIT("windows-1257") },
	{ 1258, STR_LIT("windows-1258") }, { 10000, STR_LIT("macintosh") },
	{ 20127, STR_LIT("us-ascii") }, { 20866, STR_LIT("koi8-r") },
	{ 28591, STR_LIT("iso-8859-1") }, { 28592, STR_LIT("iso-8859-2") },
	{ 28595, STR_LIT("iso-8859-5") }, { 28605, STR_LIT("iso-8859-15") },
	{ 50220, STR_LIT("iso-2022-jp") }, { 51932, STR_LIT("euc-jp") },
	{ 51949, STR_LIT("euc-kr") }, { 54936, STR_LIT("gb18030") },
	{ 65000, STR_LIT("utf-7") }, { 65001, STR_LIT("utf-8") },
};

struct str
codepage_label(uint32_t page)
{
	for (size_t i = 0; i < COUNT_OF(pages); i++)
		if (pages[i].page == page)
			return (pages[i].label);
	return (STR_LIT("windows-1252"));
}

void
codepage_append(struct buf *out, struct str text, uint32_t page)
{
	AUTO_BUF struct buf utf8 = BUF_INIT(text.len * 4 + 64);

	charset_to_utf8(codepage_label(page), text, &utf8);
	plain_append(out, buf_view(&utf8));
}
