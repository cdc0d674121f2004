/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path_probe [allow|refuse WAIT_MS]: what pki/path says of a chain.
 *
 * Reads lines of words, and prints for each "KIND: SENTENCE":
 *	judge ANCHORS LEAF LINKS ADDRESS sign|encrypt AT_MS off|soft|hard
 *	    files, "-" is none; CRLs, OCSP and missing authorities from the network
 *	    where there are arguments
 *	shape ANCHORS LEAF LINKS ADDRESS AT_MS LISTS
 *	    the same of a certificate that is for something else than mail, as if it
 *	    were; the file LISTS has revocation lists, of which one has to count
 * Used by the programs beside it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sys.h"
#include "pki/ask.h"
#include "pki/crlcheck.h"
#include "pki/path.h"

#define LINE_MAX_BYTES 4096
#define WORDS_MAX 9
#define FILE_MAX_BYTES ((size_t)1 << 20)

static struct ask ask;
static bool has_network;

static struct str
read_file(const char *path, struct arena *a)
{
	AUTO_BUF struct buf file = BUF_INIT(FILE_MAX_BYTES);
	struct err err = ERR_INIT;

	if (strcmp(path, "-") == 0)
		return (STR_NULL);
	if (sys_read_file(path, &file, &err) == -1) {
		(void)fprintf(stderr, "%s\n", err.msg);
		exit(2);
	}
	return (arena_str(a, buf_view(&file)));
}

static void
say(const char *kind, struct str sentence)
{
	(void)printf("%s: %.*s\n", kind, STR_FMT(sentence));
	(void)fflush(stdout);
}

struct chain {
	struct path_trust *t;
	struct cert *leaf, *links;
	size_t n_leaf, n_links;
};

/* False: something cannot be read at all, and was said. */
static bool
load(char **words, const struct path_config *how, struct arena *a,
    struct chain *c)
{
	struct path_config config = *how;
	struct err err = ERR_INIT;
	struct str links = read_file(words[3], a);

	*c = (struct chain){ .t = NULL };
	config.anchors_pem = read_file(words[1], a);
	if (cert_parse_all(read_file(words[2], a), a, 1, &c->leaf, &c->n_leaf,
	    &err) == -1 || path_trust_new(&config, &c->t, &err) == -1 ||
	    (links.len > 0 && cert_parse_all(links, a, 200, &c->links,
	    &c->n_links, &err) == -1)) {
		say("malformed", str_of(err.msg));
		return (false);
	}
	return (true);
}

static void
unload(struct chain *c)
{
	for (size_t i = 0; i < c->n_leaf; i++)
		cert_done(&c->leaf[i]);
	for (size_t i = 0; i < c->n_links; i++)
		cert_done(&c->links[i]);
	path_trust_free(&c->t);
}

static enum path_revocation
revocation_of(const char *word)
{
	return (strcmp(word, "hard") == 0 ? PATH_REVOCATION_HARD :
	    strcmp(word, "soft") == 0 ? PATH_REVOCATION_SOFT :
	    PATH_REVOCATION_OFF);
}

static struct str
address_of(const char *word)
{
	return (strcmp(word, "-") == 0 ? STR_NULL : str_of(word));
}

static void
judge(char **words, struct arena *a)
{
	struct path_config config = { .revocation = revocation_of(words[7]),
		.source = { .get = has_network ? ask_get : NULL,
		.ctx = &ask } };
	struct path_verdict v;
	struct chain c;

	if (load(words, &config, a, &c)) {
		path_judge(c.t, c.leaf, c.links, c.n_links,
		    address_of(words[4]), strcmp(words[5], "sign") == 0 ?
		    PATH_SIGN : PATH_ENCRYPT, strtoll(words[6], NULL, 10), a,
		    &v);
		say(path_kind_name(v.kind), v.sentence);
	}
	unload(&c);
}

/* Of several lists the first that counts for the leaf. */
static void
look_up(const struct cert *leaf, struct str issuer_der, int64_t at_ms,
    struct str lists, struct arena *a)
{
	const struct str end = STR_LIT("-----END X509 CRL-----\n");
	struct revocation_answer answer = { .status = REVOCATION_UNKNOWN };
	struct err err = ERR_INIT;
	struct cert issuer;
	ptrdiff_t at;

	must(cert_parse(issuer_der, a, &issuer, &err) == 0);
	while ((at = str_find_nocase(lists, end)) >= 0) {
		size_t len = (size_t)at + end.len;
		struct revocation_question q = { leaf, &issuer, at_ms, false };

		if (crlcheck_read(&q, str_sub(lists, 0, len), &answer,
		    &err) == 0)
			break;
		lists = str_sub(lists, len, lists.len);
	}
	if (answer.status == REVOCATION_GOOD)
		say("usable", STR_LIT("not on the list"));
	else if (answer.status == REVOCATION_REVOKED)
		say("revoked", STR_LIT("on the list"));
	else
		say("unknown", str_of(err.msg));
	cert_done(&issuer);
}

static void
shape(char **words, struct arena *a)
{
	const struct path_config config = { .n_pinned = 0 };
	int64_t at_ms = strtoll(words[5], NULL, 10);
	struct str lists = read_file(words[6], a);
	struct path_verdict v;
	struct chain c;

	if (load(words, &config, a, &c)) {
		c.leaf->is_for_mail = c.leaf->may_sign = true;
		path_judge(c.t, c.leaf, c.links, c.n_links,
		    address_of(words[4]), PATH_SIGN, at_ms, a, &v);
		if (v.kind == PATH_USABLE && lists.len > 0)
			look_up(c.leaf, v.chain[v.n_chain > 1].der, at_ms,
			    lists, a);
		else
			say(path_kind_name(v.kind), v.sentence);
	}
	unload(&c);
}

static void
answer(char *line)
{
	AUTO_ARENA struct arena *a = arena_new();
	char *words[WORDS_MAX] = { NULL }, *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(line, " \n", &save); w != NULL &&
	    n < WORDS_MAX; w = strtok_r(NULL, " \n", &save))
		words[n++] = w;
	if (n == 8 && strcmp(words[0], "judge") == 0)
		judge(words, a);
	else if (n == 7 && strcmp(words[0], "shape") == 0)
		shape(words, a);
	else
		exit(2);
}

int
main(int argc, char **argv)
{
	const struct dns_config config = { .resolver = NULL };
	struct err err = ERR_INIT;
	char line[LINE_MAX_BYTES];

	has_network = argc == 3;
	if (has_network) {
		must(dns_new(&config, &ask.way.dns, &err) == 0);
		ask.way.may_be_private = strcmp(argv[1], "allow") == 0;
		ask.wait_ms = strtoll(argv[2], NULL, 10);
	}
	while (fgets(line, sizeof(line), stdin) != NULL)
		answer(line);
	if (has_network)
		dns_free(&ask.way.dns);
	return (0);
}
