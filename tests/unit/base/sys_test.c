/* SPDX-License-Identifier: Apache-2.0 */
/* Small files: written whole with their mode, read within a maximum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "base/sys.h"

static void
write_then_read(void **state UNUSED)
{
	char dir[] = "/tmp/letterlock-sys-XXXXXX", path[64];
	AUTO_BUF struct buf back = BUF_INIT(10), small = BUF_INIT(3);
	struct err err = ERR_INIT;
	struct stat st;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/key", dir);
	assert_int_equal(sys_write_file(path, STR_LIT("old"), 0644, &err), 0);
	assert_int_equal(sys_write_file(path, STR_LIT("secret"), 0600, &err),
	    0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(sys_read_file(path, &back, &err), 0);
	assert_string_equal(buf_cstr(&back), "secret");
	assert_int_equal(sys_read_file(path, &small, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sys_read_file(path, &back, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_int_equal(sys_make_dir(dir, 0700, &err), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(sys_write_file(path, STR_LIT("x"), 0600, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_then_read),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
