/* SPDX-License-Identifier: Apache-2.0 */
/* Zips, documents that are zips, archives in archives, and their limits. */
#include "sample.h"

#define W "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006" \
	"/main'"
#define S "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
#define TYPES(t) "<Types xmlns='http://schemas.openxmlformats.org/package/" \
	"2006/content-types'><Override PartName='/x' ContentType='" \
	"application/vnd.openxmlformats-officedocument." t "+xml'/></Types>"

static void
files(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct sample_zip z;
	struct extract_report r;

	zip_begin(&z);
	zip_add(&z, "folder/", "");
	zip_add(&z, "folder/one.txt", "first");
	zip_add(&z, "../../two.csv", "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a");
	zip_add(&z, "empty.txt", "");
	r = read_as(zip_end(&z), "a.zip", a);
	assert_int_equal(r.n, 4);
	assert_int_equal(r.items[0].facts, 0);
	assert_text(&r, 1, "txt", "first");
	assert_string_equal(r.items[1].name.p, "one.txt");
	assert_string_equal(r.items[2].name.p, "two.csv");
	assert_int_equal(r.items[2].depth, 1);
	assert_int_equal(r.items[3].size_bytes, 0);
	zip_done(&z);
}

static void
headers_that_differ_and_passwords(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct sample_zip z;
	struct extract_report r;

	zip_begin(&z);
	zip_add_as(&z, "shown.txt", "other.txt", STR_LIT("x"), 0);
	r = read_as(zip_end(&z), "a.zip", a);
	assert_int_equal(r.items[0].facts, EXTRACT_CORRUPT);
	assert_string_equal(r.items[1].name.p, "shown.txt");
	zip_done(&z);
	zip_begin(&z);
	zip_add_as(&z, "a.txt", "a.txt", STR_LIT("x"), 1);
	r = read_as(zip_end(&z), "a.zip", a);
	assert_int_equal(r.items[0].facts, EXTRACT_ENCRYPTED);
	assert_int_equal(r.items[1].facts, EXTRACT_ENCRYPTED);
	zip_done(&z);
}

/* A file that only readers from the front find. */
static void
hidden_entry(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct sample_zip z;
	struct extract_report r;

	zip_begin(&z);
	zip_add(&z, "a.txt", "x");
	zip_add(&z, "hidden.txt", "secret");
	z.directory.len -= 46 + strlen("hidden.txt");
	z.n--;
	r = read_as(zip_end(&z), "a.zip", a);
	assert_int_equal(r.items[0].facts, EXTRACT_CORRUPT);
	zip_done(&z);
}

static void
word(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct sample_zip z;
	struct extract_report r;

	zip_begin(&z);
	zip_add(&z, "[Content_Types].xml",
	    TYPES("wordprocessingml.document.main"));
	zip_add(&z, "word/strange.xml", "<w:document " W "><w:body><w:p>"
	    "<w:r><w:t>4111</w:t></w:r><w:r><w:t>1111</w:t></w:r></w:p><w:p>"
	    "<w:r><w:delText>gone</w:delText></w:r></w:p></w:body>"
	    "</w:document>");
	zip_add(&z, "word/comments.xml", "<w:comments " W "><w:comment><w:p>"
	    "<w:r><w:t>note</w:t></w:r></w:p></w:comment></w:comments>");
	zip_add(&z, "word/vbaProject.bin", "\xd0\xcf");
	zip_add(&z, "docProps/core.xml", "<c:coreProperties xmlns:c='c' "
	    "xmlns:d='d'><d:title>Plan</d:title></c:coreProperties>");
	zip_add(&z, "docProps/custom.xml", "<Properties><property name="
	    "'MSIP_Label_1_Enabled'><vt:lpwstr xmlns:vt='v'>true</vt:lpwstr>"
	    "</property></Properties>");
	zip_add(&z, "docMetadata/LabelInfo.xml", "<clbl:labelList xmlns:clbl="
	    "'x'><clbl:label id='{aa-bb}' enabled='1' siteId='{cc}'/>"
	    "</clbl:labelList>");
	r = read_as(zip_end(&z), "a.docx", a);
	assert_text(&r, 0, "docx", "41111111\ngone\nnote\n");
	assert_int_equal(r.items[0].facts, EXTRACT_MACROS);
	assert_property(&r.items[0], "Title", "Plan");
	assert_property(&r.items[0], "MSIP_Label_1_Enabled", "true");
	assert_property(&r.items[0], "MSIP_Label_aa-bb_Enabled", "true");
	assert_property(&r.items[0], "MSIP_Label_aa-bb_SiteId", "cc");
	zip_done(&z);
}

static void
workbook(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct sample_zip z;
	struct extract_report r;

	zip_begin(&z);
	zip_add(&z, "[Content_Types].xml", TYPES("spreadsheetml.sheet.main"));
	zip_add(&z, "xl/worksheets/sheet1.xml", "<worksheet " S "><sheetData>"
	    "<row><c t='s'><v>1</v></c><c><v>4.1111111111111111E15</v></c>"
	    "<c t='inlineStr'><is><t>in</t></is></c></row><row><c><v>1.5</v>"
	    "</c><c t='s'><v>99</v></c></row></sheetData></worksheet>");
	zip_add(&z, "xl/sharedStrings.xml", "<sst " S "><si><t>zero</t></si>"
	    "<si><r><t>o</t></r><r><t>ne</t></r><rPh><t>x</t></rPh></si>"
	    "</sst>");
	r = read_as(zip_end(&z), "a.xlsx", a);
	assert_text(&r, 0, "xlsx",
	    "one\t4111111111111111.1\tin\t\n1.5\t\n");
	zip_done(&z);
}

static void
laughs_are_not_expanded(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct sample_zip z;
	struct extract_report r;

	zip_begin(&z);
	zip_add(&z, "[Content_Types].xml",
	    TYPES("wordprocessingml.document.main"));
	zip_add(&z, "word/document.xml", "<!DOCTYPE d [<!ENTITY a 'haha'>"
	    "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><w:document " W ">"
	    "<w:t>&b;kept</w:t></w:document>");
	r = read_as(zip_end(&z), "a.docx", a);
	assert_int_equal(r.items[0].facts, EXTRACT_CORRUPT);
	assert_true(r.items[0].text.len < 200);
	assert_non_null(strstr(r.items[0].text.p, "kept"));
	zip_done(&z);
}

static void
open_document(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct sample_zip z;
	struct extract_report r;

	zip_begin(&z);
	zip_add(&z, "mimetype", "application/vnd.oasis.opendocument.text");
	zip_add(&z, "content.xml", "<o:document-content xmlns:o='o' xmlns:t="
	    "'t'><o:body><t:p>a<t:s t:c='2'/>b</t:p><t:p>c</t:p></o:body>"
	    "</o:document-content>");
	zip_add(&z, "meta.xml", "<o:document-meta xmlns:o='o' xmlns:m='m'>"
	    "<m:user-defined m:name='Label'>Secret</m:user-defined>"
	    "</o:document-meta>");
	r = read_as(zip_end(&z), "a.odt", a);
	assert_text(&r, 0, "odt", "a  b\nc\n");
	assert_property(&r.items[0], "Label", "Secret");
	zip_done(&z);
}

static void
too_deep(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str inner = STR_LIT("bottom");
	struct extract_report r;

	for (unsigned i = 0; i < 20; i++) {
		struct sample_zip z;

		zip_begin(&z);
		zip_add_as(&z, i == 0 ? "a.txt" : "a.zip", i == 0 ? "a.txt" :
		    "a.zip", inner, 0);
		inner = arena_str(a, zip_end(&z));
		zip_done(&z);
	}
	r = read_as(inner, "a.zip", a);
	assert_int_equal(r.n, EXTRACT_MAX_DEPTH + 1);
	assert_int_equal(r.items[EXTRACT_MAX_DEPTH].facts, EXTRACT_TOO_DEEP);
}

static void
too_large(void **state UNUSED)
{
	AUTO_BUF struct buf zeros = BUF_INIT(SAMPLE_MAX);
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report r;
	struct sample_zip z;

	assert_non_null(buf_reserve(&zeros, 12u << 20));
	zeros.len = 12u << 20;
	zip_begin(&z);
	zip_add_as(&z, "a.txt", "a.txt", buf_view(&zeros), 0);
	r = read_as(zip_end(&z), "a.zip", a);
	assert_int_equal(r.items[0].facts, EXTRACT_TOO_LARGE);
	zip_done(&z);
}

static void
too_many(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report r;
	struct sample_zip z;

	zip_begin(&z);
	for (unsigned i = 0; i < EXTRACT_MAX_ITEMS + 100; i++)
		zip_add(&z, "a.txt", "x");
	r = read_as(zip_end(&z), "a.zip", a);
	assert_int_equal(r.n, EXTRACT_MAX_ITEMS);
	assert_int_equal(r.items[0].facts & EXTRACT_TOO_LARGE,
	    EXTRACT_TOO_LARGE);
	zip_done(&z);
}

static void
cut_off(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report r;
	struct sample_zip z;
	struct str bytes;

	zip_begin(&z);
	zip_add(&z, "a.txt", "first");
	zip_add(&z, "b.txt", "second");
	bytes = zip_end(&z);
	for (size_t n = 30; n < bytes.len; n++) {
		r = read_as(str_sub(bytes, 0, n), "a.zip", a);
		assert_int_equal(r.items[0].facts & EXTRACT_CORRUPT,
		    EXTRACT_CORRUPT);
	}
	zip_done(&z);
}

static void
mail(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report r = read_as(STR_LIT("From: a@b\r\nSubject: "
	    "=?utf-8?q?h=C3=A9?=\r\nMIME-Version: 1.0\r\nContent-Type: "
	    "multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nbody\r\n--x\r\n"
	    "Content-Type: text/html\r\n\r\n<b>bo</b>ld\r\n--x\r\n"
	    "Content-Type: application/x; name=\"c.txt\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--x--\r\n"),
	    "a.eml", a);

	assert_int_equal(r.n, 2);
	assert_text(&r, 0, "eml",
	    "From: a@b\nSubject: h\xc3\xa9\nbody\nbold\n");
	assert_text(&r, 1, "txt", "hello");
	assert_string_equal(r.items[1].name.p, "c.txt");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(headers_that_differ_and_passwords),
		cmocka_unit_test(hidden_entry),
		cmocka_unit_test(word),
		cmocka_unit_test(workbook),
		cmocka_unit_test(laughs_are_not_expanded),
		cmocka_unit_test(open_document),
		cmocka_unit_test(too_deep),
		cmocka_unit_test(too_large),
		cmocka_unit_test(too_many),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(mail),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
