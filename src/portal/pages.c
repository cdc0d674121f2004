/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages: the front end's files, and the health page.
 *
 * Runs in the portal. Security: a path is looked up in the table made at build
 * time; no file is opened. Every grant gets the same bytes, so that nothing
 * about it shows before somebody asks the API.
 */
#include "portal/assets.h"
#include "portal/say.h"

static void
answer_file(struct visit *v, struct str path)
{
	for (size_t i = 0; i < portal_assets_n; i++) {
		const struct portal_asset *asset = &portal_assets[i];

		if (!str_eq(str_of(asset->path), path))
			continue;
		v->r->type = asset->type;
		v->r->csp = asset->csp;
		v->r->is_immutable = asset->immutable;
		v->r->body = str_make(asset->p, asset->len);
		return;
	}
	say_problem(v, SAY_NOT_FOUND);
}

void
pages_message(struct visit *v)
{
	answer_file(v, STR_LIT("/m"));
}

void
pages_review(struct visit *v)
{
	answer_file(v, STR_LIT("/r"));
}

void
pages_asset(struct visit *v)
{
	answer_file(v, v->q->path);
}

void
pages_health(struct visit *v)
{
	v->r->type = "text/plain; charset=utf-8";
	v->r->body = STR_LIT("ok\n");
}
