/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gmime_dump: what GMime finds in message files, one JSON line for each; an
 * oracle for compare.py, never part of the product.
 */
#include <gmime/gmime.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static void
print_text(const char *name, const char *s)
{
	char *valid = g_utf8_make_valid(s != NULL ? s : "", -1);

	printf("\"%s\":\"", name);
	for (const char *p = valid; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
	g_free(valid);
}

static void
print_hash(GMimeObject *part, int is_text)
{
	GMimeDataWrapper *content =
	    g_mime_part_get_content(GMIME_PART(part));
	GMimeStream *mem = g_mime_stream_mem_new();
	unsigned char md[32];
	GByteArray *bytes, *out = g_byte_array_new();

	if (content != NULL)
		g_mime_data_wrapper_write_to_stream(content, mem);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
	for (guint i = 0; i < bytes->len; i++)
		if (!is_text || bytes->data[i] != '\r' ||
		    i + 1 == bytes->len || bytes->data[i + 1] != '\n')
			g_byte_array_append(out, bytes->data + i, 1);
	EVP_Digest(out->data, out->len, md, NULL, EVP_sha256(), NULL);
	printf("\"sha256\":\"");
	for (int i = 0; i < 32; i++)
		printf("%02x", md[i]);
	putchar('"');
	g_byte_array_free(out, TRUE);
	g_object_unref(mem);
}

static void
walk(GMimeObject *o, int inner, int *first)
{
	GMimeContentType *ct = g_mime_object_get_content_type(o);
	char *type, *name = NULL;

	if (GMIME_IS_MULTIPART(o)) {
		GMimeMultipart *m = GMIME_MULTIPART(o);

		for (int i = 0; i < g_mime_multipart_get_count(m); i++)
			walk(g_mime_multipart_get_part(m, i), inner, first);
		return;
	}
	type = g_ascii_strdown(g_mime_content_type_get_mime_type(ct), -1);
	printf("%s{", *first ? "" : ",");
	*first = 0;
	print_text("type", type);
	printf(",");
	if (GMIME_IS_PART(o))
		name = g_strdup(g_mime_part_get_filename(GMIME_PART(o)));
	else
		name = g_strdup(g_mime_object_get_content_disposition_parameter(
		    o, "filename"));
	print_text("filename", name);
	printf(",\"inner\":%s,", inner ? "true" : "false");
	if (GMIME_IS_PART(o))
		print_hash(o, strncmp(type, "text/", 5) == 0);
	else
		printf("\"sha256\":\"-\"");
	printf("}");
	if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *m =
		    g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));

		if (m != NULL && g_mime_message_get_mime_part(m) != NULL)
			walk(g_mime_message_get_mime_part(m), 1, first);
	}
	g_free(type);
	g_free(name);
}

static void
dump(const char *path)
{
	GMimeStream *s = g_mime_stream_file_open(path, "r", NULL);
	GMimeParser *p = g_mime_parser_new_with_stream(s);
	GMimeMessage *m = g_mime_parser_construct_message(p, NULL);
	const char *base = strrchr(path, '/');
	InternetAddressList *from;
	int first = 1;

	printf("{");
	print_text("id", base != NULL ? base + 1 : path);
	if (m != NULL) {
		printf(",");
		print_text("subject", g_mime_message_get_subject(m));
		from = g_mime_message_get_from(m);
		if (from != NULL && internet_address_list_length(from) > 0) {
			InternetAddress *a =
			    internet_address_list_get_address(from, 0);

			printf(",");
			print_text("from_name", internet_address_get_name(a));
			if (INTERNET_ADDRESS_IS_MAILBOX(a)) {
				printf(",");
				print_text("from",
				    internet_address_mailbox_get_addr(
				    INTERNET_ADDRESS_MAILBOX(a)));
			}
		}
		printf(",\"leaves\":[");
		if (g_mime_message_get_mime_part(m) != NULL)
			walk(g_mime_message_get_mime_part(m), 0, &first);
		printf("]");
		g_object_unref(m);
	}
	printf("}\n");
	g_object_unref(p);
	g_object_unref(s);
}

int
main(int argc, char **argv)
{
	g_mime_init();
	for (int i = 1; i < argc; i++)
		dump(argv[i]);
	return (0);
}
