/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certcsr: a certificate for somebody's own key (`cert issue --csr`).
 */
#ifndef CLI_CERTCSR_H
#define CLI_CERTCSR_H

#include "cli/command.h"

/* Returns the exit code. */
command_run certcsr_run;

#endif
