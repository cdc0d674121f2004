/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_directories: the file that names LDAP directories.
 *
 * Security: what is read has all that is needed, and a filter with an address
 * in it keeps what is foreign escaped. Standards: RFC 4515.
 */
#include "cert/directories.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct directory_entry *list;
	size_t n;

	if (directories_read(str_make(data, len), "d.yaml", a, &list, &n,
	    &err) == -1) {
		must(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		return (0);
	}
	must(n <= DIRECTORIES_MAX);
	for (size_t i = 0; i < n; i++) {
		AUTO_BUF struct buf filter = BUF_INIT(1u << 20);

		must(list[i].name != NULL && list[i].base != NULL &&
		    ldap_url_is_valid(list[i].way.url));
		directory_filter(&list[i], STR_LIT("a*()\\b@x"), &filter);
		must(str_find_nocase(buf_view(&filter),
		    STR_LIT("a\\2a\\28\\29\\5cb@x")) >= 0);
	}
	return (0);
}
