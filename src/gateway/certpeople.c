/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certpeople: from the policy's table of people to what cert/leave compares.
 *
 * Runs in the gateway and the CLI. Security: the table is the administrator's.
 */
#include "gateway/certpeople.h"

#include "policy/directory.h"

void
certpeople_read(const struct policy *p, struct arena *a,
    struct leave_person **out, size_t *n)
{
	const struct directory *d = policy_directory(p);
	int employee = directory_column(d, STR_LIT("employee"));
	int manager = directory_column(d, STR_LIT("manager"));
	const struct person **people;

	*n = directory_people(d, NULL, 0);
	people = arena_array(a, *n + 1, sizeof(struct person *));
	*out = arena_array(a, *n + 1, sizeof(**out));
	(void)directory_people(d, people, *n);
	for (size_t i = 0; i < *n; i++)
		(*out)[i] = (struct leave_person){
		    directory_address(people[i]),
		    directory_value(people[i], employee),
		    directory_value(people[i], manager) };
}

bool
certpeople_has_table(const struct policy *p)
{
	return (policy_directory(p) != NULL);
}
