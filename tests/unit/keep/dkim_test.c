/* SPDX-License-Identifier: Apache-2.0 */
/* DKIM keys: made, kept in files, loaded, signing; and all that is refused. */
#include "rig.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "keep/dkimkeys.h"

static struct rig rig;

static struct dkimkey_name
name_of(const char *domain, const char *selector)
{
	struct dkimkey_name n = { .created_ms = 1000, .active_ms = 2000 };

	(void)snprintf(n.domain, sizeof(n.domain), "%s", domain);
	(void)snprintf(n.selector, sizeof(n.selector), "%s", selector);
	return (n);
}

/* Make, write and load, as the command line does. */
static struct id
install(const char *domain, const char *selector)
{
	struct keepc *admin = keepc_new(rig.socket, "admin");
	struct dkimkey_name name = name_of(domain, selector);
	uint8_t sealed[DKIMKEY_SEALED_BYTES];
	struct id id = id_new();
	struct err err = ERR_INIT;

	rig_ok(keepc_dkim_make(admin, &id, &name, sealed, &err), &err);
	rig_ok(keep_write_dkim(rig.keys, &id, &name, sealed, &err), &err);
	rig_ok(keepc_dkim_load(admin, &id, &name, sealed, &err), &err);
	keepc_free(&admin);
	return (id);
}

static bool
find(const struct id *id, struct dkimkey *out)
{
	struct keepc *gateway = keepc_new(rig.socket, "gateway");
	struct err err = ERR_INIT;
	bool has = true, found = false;

	for (uint32_t i = 0; has && !found; i++) {
		rig_ok(keepc_dkim_list(gateway, i, out, &has, &err), &err);
		found = has && id_eq(&out->id, id);
	}
	keepc_free(&gateway);
	return (found);
}

/* Do the signatures belong to the public keys that are listed? */
static void
check_signs(const struct id *id)
{
	struct keepc *gateway = keepc_new(rig.socket, "gateway");
	uint8_t digests[2 * DKIMKEY_DIGEST_BYTES];
	uint8_t s[DKIMKEY_SIGNED_BYTES];
	struct err err = ERR_INIT;
	struct dkimkey key;
	const uint8_t *p = key.rsa;
	EVP_PKEY *rsa, *ed;
	EVP_PKEY_CTX *ctx;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	assert_true(find(id, &key));
	for (size_t i = 0; i < sizeof(digests); i++)
		digests[i] = (uint8_t)i;
	rig_ok(keepc_dkim_sign(gateway, id, digests, s, &err), &err);
	rsa = d2i_PUBKEY(NULL, &p, DKIMKEY_RSA_PUBLIC_BYTES);
	ed = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.ed25519,
	    sizeof(key.ed25519));
	assert_non_null(rsa);
	assert_non_null(ed);
	ctx = EVP_PKEY_CTX_new(rsa, NULL);
	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING),
	    1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_verify(ctx, s, DKIMKEY_RSA_BYTES, digests,
	    DKIMKEY_DIGEST_BYTES), 1);
	assert_int_equal(EVP_DigestVerifyInit(md, NULL, NULL, NULL, ed), 1);
	assert_int_equal(EVP_DigestVerify(md, s + DKIMKEY_RSA_BYTES,
	    DKIMKEY_ED25519_BYTES, digests + DKIMKEY_DIGEST_BYTES,
	    DKIMKEY_DIGEST_BYTES), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ed);
	keepc_free(&gateway);
}

static void
test_made_and_kept(void **state UNUSED)
{
	struct id one = install("example.com", "ll1");
	struct id two = install("example.org", "ll1");
	struct dkimkey key;

	check_signs(&one);
	check_signs(&two);
	/* After a restart they come from their files. */
	rig_stop(&rig);
	rig_start(&rig);
	check_signs(&one);
	check_signs(&two);
	assert_true(find(&two, &key));
	assert_string_equal(key.name.domain, "example.org");
	assert_string_equal(key.name.selector, "ll1");
	assert_int_equal(key.name.created_ms, 1000);
	assert_int_equal(key.name.active_ms, 2000);
}

static void
test_refused(void **state UNUSED)
{
	static const char *const bad[][2] = { { "example", "s" },
		{ "EXAMPLE.com", "s" }, { "exa mple.com", "s" },
		{ "example..com", "s" }, { "example.com", "s;" },
		{ "example.com", "" }, { "", "s" }, { "-a.example", "s" } };
	struct keepc *admin = keepc_new(rig.socket, "admin");
	struct dkimkey_name name = name_of("example.net", "ll1");
	uint8_t sealed[DKIMKEY_SEALED_BYTES], changed[DKIMKEY_SEALED_BYTES];
	struct id id = id_new(), other = id_new();
	struct err err = ERR_INIT;

	rig_ok(keepc_dkim_make(admin, &id, &name, sealed, &err), &err);
	/* Changed, under another id, with another name or time. */
	for (size_t i = 0; i < sizeof(sealed); i += 100) {
		memcpy(changed, sealed, sizeof(changed));
		changed[i] ^= 1;
		assert_int_equal(keepc_dkim_load(admin, &id, &name, changed,
		    &err), -1);
		assert_int_equal(err.kind, ERR_PERM);
	}
	assert_int_equal(keepc_dkim_load(admin, &other, &name, sealed, &err),
	    -1);
	name.active_ms++;
	assert_int_equal(keepc_dkim_load(admin, &id, &name, sealed, &err), -1);
	name.active_ms--;
	name.selector[2] = '2';
	assert_int_equal(keepc_dkim_load(admin, &id, &name, sealed, &err), -1);
	name.selector[2] = '1';
	/* As it was made it loads, and once more does no harm. */
	rig_ok(keepc_dkim_load(admin, &id, &name, sealed, &err), &err);
	rig_ok(keepc_dkim_load(admin, &id, &name, sealed, &err), &err);
	/* A second pair of that name does not. */
	rig_ok(keepc_dkim_make(admin, &other, &name, sealed, &err), &err);
	assert_int_equal(keepc_dkim_load(admin, &other, &name, sealed, &err),
	    -1);
	assert_non_null(strstr(err.msg, "already"));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		name = name_of(bad[i][0], bad[i][1]);
		assert_int_equal(keepc_dkim_make(admin, &other, &name, sealed,
		    &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	keepc_free(&admin);
}

static void
test_unknown_pair(void **state UNUSED)
{
	struct keepc *gateway = keepc_new(rig.socket, "gateway");
	uint8_t digests[2 * DKIMKEY_DIGEST_BYTES] = { 0 };
	uint8_t s[DKIMKEY_SIGNED_BYTES];
	struct id id = id_new();
	struct err err = ERR_INIT;

	assert_int_equal(keepc_dkim_sign(gateway, &id, digests, s, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	keepc_free(&gateway);
}

/* A file that was tampered with keeps the keeper from starting. */
static void
test_damaged_file(void **state UNUSED)
{
	struct id id = install("example.info", "ll1");
	char text[ID_TEXT_SIZE], path[200];
	struct keep *k = NULL;
	struct err err = ERR_INIT;
	AUTO_BUF struct buf file = BUF_INIT(KEYFILE_MAX);

	(void)snprintf(path, sizeof(path), "%s/dkim-%s.key", rig.keys,
	    id_text(&id, text));
	rig_ok(sys_read_file(path, &file, &err), &err);
	*strstr(buf_cstr(&file), "info") = 'j';
	rig_ok(sys_write_file(path, buf_view(&file), 0600, &err), &err);
	assert_int_equal(keep_open(rig.keys, STR_NULL, &k, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_non_null(strstr(err.msg, "dkim-"));
	*strstr(buf_cstr(&file), "jnfo") = 'i';
	file.len -= 3;
	rig_ok(sys_write_file(path, buf_view(&file), 0600, &err), &err);
	assert_int_equal(keep_open(rig.keys, STR_NULL, &k, &err), -1);
	assert_non_null(strstr(err.msg, "damaged"));
	assert_int_equal(unlink(path), 0);
}

static int
set_up(void **state UNUSED)
{
	rig_make(&rig);
	rig.peers.check = false;
	rig_start(&rig);
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	rig_stop(&rig);
	rig_remove(&rig);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_and_kept),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unknown_pair),
		cmocka_unit_test(test_damaged_file),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
