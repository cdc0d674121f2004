/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolorder: reading and writing what an order remembers.
 *
 * Runs in the gateway and the CLI. Security: ours, but texts of the server's
 * are in it.
 */
#include "issue/enrolorder.h"

#include <jansson.h>

#include "base/enc.h"

static const char *const keys[] = { "name", "order", "authorization",
	"challenge", "token", "from" };

static void
fields_of(const struct enrolorder *o, struct str out[static COUNT_OF(keys)])
{
	out[0] = o->name;
	out[1] = o->order;
	out[2] = o->authorization;
	out[3] = o->challenge;
	out[4] = o->token;
	out[5] = o->from;
}

void
enrolorder_write(const struct enrolorder *o, struct buf *out)
{
	struct str fields[COUNT_OF(keys)];

	fields_of(o, fields);
	buf_printf(out, "{\"step\":%d", (int)o->step);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		buf_printf(out, ",\"%s\":", keys[i]);
		enc_json(fields[i], out);
	}
	buf_char(out, '}');
}

static struct str
text_of(const json_t *o, const char *key, struct arena *a)
{
	const char *s = json_string_value(json_object_get(o, key));

	return (arena_str(a, str_of(s != NULL ? s : "")));
}

int
enrolorder_read(struct str json, struct arena *a, struct enrolorder *out,
    struct err *err)
{
	json_t *o = json_loadb(json.p, json.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *step = json_object_get(o, "step");

	if (!json_is_integer(step) || json_integer_value(step) < 0 ||
	    json_integer_value(step) > ENROLORDER_FINALIZED) {
		json_decref(o);
		return (err_set(err, ERR_PERM, "the order in the store is "
		    "damaged"));
	}
	*out = (struct enrolorder){
		.step = (enum enrolorder_step)json_integer_value(step),
		.name = text_of(o, keys[0], a),
		.order = text_of(o, keys[1], a),
		.authorization = text_of(o, keys[2], a),
		.challenge = text_of(o, keys[3], a),
		.token = text_of(o, keys[4], a),
		.from = text_of(o, keys[5], a) };
	json_decref(o);
	return (0);
}
