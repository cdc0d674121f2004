/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_http_guard: any bytes as the head of a request. What is accepted must
 * obey the promises of web/head.h.
 */
#include "web/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct web_head *h)
{
	unsigned hosts = 0;

	must(h->path.len > 0 && h->path.p[0] == '/');
	must(memchr(h->path.p, '\0', h->path.len) == NULL);
	must(str_find_nocase(h->path, STR_LIT("/../")) < 0);
	must(str_find_nocase(h->path, STR_LIT("//")) < 0);
	must(h->body_bytes <= WEB_BODY_MAX);
	must(h->method == WEB_POST || h->body_bytes == 0);
	must(web_head_field(h, STR_LIT("Transfer-Encoding")).p == NULL);
	for (size_t i = 0; i < h->n_fields; i++) {
		struct web_field f = h->fields[i];

		must(f.name.len > 0 && str_index(f.name, ' ') < 0);
		must(str_index(f.value, '\n') < 0 &&
		    str_index(f.value, '\r') < 0);
		hosts += str_eq_nocase(f.name, STR_LIT("Host"));
	}
	must(hosts == 1);
	(void)web_head_cookie(h, STR_LIT("__Host-letterlock"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct web_refusal why = { 0, NULL };
	struct str in = str_make(data, size);
	struct web_head head;
	ptrdiff_t len = web_head_length(in, &why);

	if (len > 0 && web_head_parse(str_sub(in, 0, (size_t)len),
	    STR_LIT("mail.example"), &head, &why) == 0) {
		check(&head);
	} else if (len != 0) {
		must(why.name != NULL && why.status >= 400);
	}
	return (0);
}
