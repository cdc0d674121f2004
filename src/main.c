/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letterlock: the one program. Every role and every command begins here.
 */
#include "cli/command.h"

int
main(int argc, char **argv)
{
	return (command_main(argc, argv));
}
