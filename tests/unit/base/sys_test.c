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

static void
replaced_with_owner_and_mode(void **state UNUSED)
{
	char dir[] = "/tmp/letterlock-sys-XXXXXX", path[64], link[64];
	AUTO_BUF struct buf back = BUF_INIT(10);
	struct err err = ERR_INIT;
	struct stat st;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	(void)snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(sys_replace_file(path, STR_LIT("x"), &err), -1);
	assert_int_equal(sys_replace_file(dir, STR_LIT("x"), &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(sys_write_file(path, STR_LIT("old"), 0640, &err), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, 4711, 4712), 0);
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(sys_replace_file(link, STR_LIT("new"), &err), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_uid, geteuid() == 0 ? 4711 : geteuid());
	assert_int_equal(st.st_gid, geteuid() == 0 ? 4712 : getegid());
	assert_int_equal(sys_read_file(path, &back, &err), 0);
	assert_string_equal(buf_cstr(&back), "new");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_then_read),
		cmocka_unit_test(replaced_with_owner_and_mode),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
