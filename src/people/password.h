/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password: the users who may send by AUTH: a file of lines "name:hash", the
 * hash as argon2(1) writes it with -e ("$argon2id$…"). '#' begins a comment.
 */
#ifndef PEOPLE_PASSWORD_H
#define PEOPLE_PASSWORD_H

#include <stdbool.h>

#include "base/str.h"

/*
 * Is this the user's password? Takes as long for a user that does not exist,
 * and at most PASSWORD_AT_ONCE run at a time. False also when the file cannot
 * be read. Source: RFC 9106. Threads: any.
 */
#define PASSWORD_AT_ONCE 2	/* 64 MiB each */
bool password_check(const char *path, struct str user, struct str password);

#endif
