/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault: named places where a test makes the process die or an operation fail.
 *
 * In a normal build FAULT_HERE() is a constant 0 and costs nothing. In the
 * build with -Dfault=true the environment variable LETTERLOCK_FAULT holds
 * `STEP:N:exit` or `STEP:N:fail`: the Nth time STEP is reached the process
 * ends with _exit(99), or FAULT_HERE returns -1 once. A STEP of `*` counts
 * every place. LETTERLOCK_FAULT_LIST names a file that receives each step's
 * name when it is first reached, for the test to go through them all.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#ifdef LETTERLOCK_FAULT
#define FAULT_HERE(step) fault_here(step)
/* Count this place. Returns 0, or -1 when the caller is to fail here. */
int fault_here(const char *step);
#else
#define FAULT_HERE(step) (0)
#endif

#endif
