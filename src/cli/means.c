/* SPDX-License-Identifier: Apache-2.0 */
/*
 * means: asking the name system, the store and the directories.
 *
 * Runs in the CLI. Security: reads public answers and our own certificates; no
 * private key is used, and no certificate is issued.
 */
#include "cli/means.h"

#include <stdlib.h>

#include "base/clock.h"
#include "gateway/smimekit.h"
#include "relay/posture.h"

struct means {
	struct relay_way way;
	struct posture *posture;
	struct smimekit *kit;	/* NULL: the policy has no S/MIME */
};

/* What is written down. */
enum line {
	LINE_TLS,		/* "1": it proves itself */
	LINE_CERTIFICATE,	/* "1", or why there is none */
	LINE_SIGNING,
	LINES,
};

int
means_open(struct local *l, const struct policy *p, struct means **out,
    struct err *err)
{
	const struct way_config config = { l->installation->settings, p,
	    l->store, false };
	struct means *m = must_calloc(1, sizeof(*m));
	struct smimekit_config of = { .settings = l->installation->settings,
	    .policy = p, .store = l->store };

	if (way_open(&config, &m->way, err) == -1) {
		free(m);
		return (-1);
	}
	m->posture = posture_new(&m->way);
	*out = m;
	of.dns = m->way.dns;
	return (smimekit_new(&of, &m->kit, err));
}

bool
means_close(struct means **mp)
{
	struct means *m = *mp;
	bool is_closed;

	*mp = NULL;
	if (m == NULL)
		return (true);
	smimekit_free(&m->kit);
	posture_free(&m->posture);
	is_closed = way_close(&m->way);
	free(m);
	return (is_closed);
}

const char *
means_signer(const struct policy *p, const struct letter *letter,
    const struct address *sender, struct arena *a, struct str *out)
{
	*out = STR_NULL;
	if (!policy_is_inside(p, sender->domain))
		return (MEANS_OUTSIDER);
	if (letter != NULL)
		return (signer_address(letter, sender, a, out));
	*out = sender->text;
	return (NULL);
}

/* ---- asking ------------------------------------------------------------ */

static void
put_line(struct buf *out, bool is_so, struct str why)
{
	if (is_so)
		buf_z(out, "1");
	for (size_t i = 0; !is_so && i < why.len; i++)
		buf_char(out, why.p[i] == '\n' ? ' ' : why.p[i]);
	buf_char(out, '\n');
}

static void
ask_certificate(struct means *m, const struct address *recipient,
    struct buf *out)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct smimekit_view *view = NULL;
	struct find_result found;
	struct err err = ERR_INIT;

	if (smimekit_hold(m->kit, &view, &err) == -1) {
		put_line(out, false, str_of(err.msg));
		return;
	}
	smimekit_find(m->kit, view, recipient->text, clock_wall_ms(), a,
	    &found);
	put_line(out, found.is_found, found.sentence);
	if (found.is_found)
		cert_done(&found.cert);
	smimekit_release(m->kit, &view);
}

static void
ask_signing(struct means *m, struct str signer, struct buf *out)
{
	struct err err = ERR_INIT;
	const char *why = "";
	bool can = false;

	if (signer.len > 0 && signer_can(m->kit, signer, clock_wall_ms(), &can,
	    &why, &err) == -1)
		why = err.msg;
	put_line(out, can, str_of(why));
}

void
means_write(struct means *m, const struct address *recipient,
    struct str signer, struct buf *out)
{
	put_line(out, posture_proves(m->posture, recipient->domain),
	    STR_NULL);
	if (m->kit == NULL) {
		put_line(out, false, STR_LIT(SMIMEKIT_NO_CERTIFICATE));
		put_line(out, false, STR_LIT(SMIMEKIT_NO_SIGNER));
		return;
	}
	ask_certificate(m, recipient, out);
	ask_signing(m, signer, out);
}

static const char *
or_null(const char *s)
{
	return (s[0] != '\0' ? s : NULL);
}

void
means_read(struct str text, const char *no_signer, struct arena *a,
    struct ladder_means *out)
{
	const char *lines[LINES] = { "", "", "" };
	struct str rest = text, line;

	for (size_t n = 0; n < LINES && str_next(&rest, '\n', &line); n++)
		lines[n] = arena_str(a, line).p;
	out->proves_tls = strcmp(lines[LINE_TLS], "1") == 0;
	out->has_certificate = strcmp(lines[LINE_CERTIFICATE], "1") == 0;
	out->can_sign = strcmp(lines[LINE_SIGNING], "1") == 0;
	out->no_certificate = or_null(lines[LINE_CERTIFICATE]);
	out->cannot_sign = or_null(lines[LINE_SIGNING]);
	if (out->cannot_sign == NULL)
		out->cannot_sign = no_signer;
}
