/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock: file-system confinement by raw system calls.
 *
 * Runs in every role before it serves. Security: only paths from the
 * configuration come in. Rights that the running kernel's ABI does not know
 * are left out of the mask, or it would refuse the whole rule set.
 */
#include "role/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | \
	LANDLOCK_ACCESS_FS_READ_DIR)
#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | \
	LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE | \
	RIGHT_TRUNCATE)
#define ABI1_RIGHTS ((UINT64_C(1) << 13) - 1)	/* through MAKE_SYM */
#define RIGHT_REFER (UINT64_C(1) << 13)		/* ABI 2 */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)	/* ABI 3 */

static int
abi(void)
{
	return ((int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION));
}

bool
landlock_is_there(void)
{
	return (abi() >= 1);
}

static uint64_t
known_rights(void)
{
	uint64_t rights = ABI1_RIGHTS;

	if (abi() >= 2)
		rights |= RIGHT_REFER;
	if (abi() >= 3)
		rights |= RIGHT_TRUNCATE;
	return (rights);
}

static int
allow_path(int ruleset, const char *path, uint64_t rights, struct err *err)
{
	AUTO_FD int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };
	struct stat st;

	if (fd < 0)
		return (errno == ENOENT ? 0 : err_sys(err, ERR_PERM,
		    "cannot open %s for Landlock", path));
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rights &= FILE_RIGHTS;
	rule.allowed_access = rights;
	if (syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		return (err_sys(err, ERR_PERM, "Landlock rule for %s", path));
	return (0);
}

int
landlock_enter(const char *const *writable, const char *const *readable,
    const char *const *executable, struct err *err)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = known_rights() };
	AUTO_FD int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
	    sizeof(attr), 0);

	if (ruleset < 0)
		return (err_sys(err, ERR_PERM, "Landlock rule set"));
	for (; *writable != NULL; writable++)
		if (allow_path(ruleset, *writable, known_rights() &
		    ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE, err) != 0)
			return (-1);
	for (; *readable != NULL; readable++)
		if (allow_path(ruleset, *readable, READ_RIGHTS, err) != 0)
			return (-1);
	for (; *executable != NULL; executable++)
		if (allow_path(ruleset, *executable, READ_RIGHTS |
		    LANDLOCK_ACCESS_FS_EXECUTE, err) != 0)
			return (-1);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		return (err_sys(err, ERR_PERM, "Landlock"));
	return (0);
}
