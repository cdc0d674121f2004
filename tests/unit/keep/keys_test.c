/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys_test: key files that are made, read again, and refused; wrapped
 * secrets against bytes that other programs computed.
 */
#include "rig.h"

#include "base/enc.h"
#include "keep/blob.h"
#include "keep/curve.h"
#include "keep/keyfile.h"
#include "keep/keys.h"
#include "keep/rootkey.h"

#define NOBODY 65534

static struct rig rig;

static int
setup(void **state UNUSED)
{
	rig_make(&rig);
	return (0);
}

static int
teardown(void **state UNUSED)
{
	rig_remove(&rig);
	return (0);
}

/* Opening must fail with this text in its sentence. */
static void
refuse(struct str passphrase, const char *text)
{
	struct keep *k = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(keep_open(rig.keys, passphrase, &k, &err), -1);
	assert_null(k);
	if (strstr(err.msg, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.msg, text);
	assert_int_equal(err.kind, ERR_PERM);
}

static void
accept_keys(struct str passphrase)
{
	struct keep *k = NULL;
	struct err err = ERR_INIT;

	rig_ok(keep_open(rig.keys, passphrase, &k, &err), &err);
	keep_free(&k);
}

static const char *
path_of(const char *name)
{
	static char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", rig.keys, name);
	return (path);
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	struct err err = ERR_INIT;

	rig_ok(sys_write_file(path, str_of(text), mode, &err), &err);
}

static void
test_init(void **state UNUSED)
{
	AUTO_BUF struct buf before = BUF_INIT(KEYFILE_MAX);
	AUTO_BUF struct buf after = BUF_INIT(KEYFILE_MAX);
	struct id other = { { 1 } };
	struct keep *k = NULL;
	struct err err = ERR_INIT;
	struct stat st;
	char path[200];

	assert_int_equal(stat(rig.keys, &st), 0);
	assert_int_equal(st.st_mode & 0777u, 0700);
	assert_int_equal(stat(path_of("root.key"), &st), 0);
	assert_int_equal(st.st_mode & 0777u, 0600);
	assert_int_equal(st.st_size, 23 + 64 + 1);
	assert_int_equal(stat(rig_key(&rig, "workspace-", &rig.workspace,
	    path), &st), 0);
	assert_int_equal(st.st_mode & 0777u, 0600);
	rig_ok(keep_open(rig.keys, STR_NULL, &k, &err), &err);
	assert_int_equal(keep_workspaces(k), 1);
	other = keep_workspace(k, 0);
	assert_true(id_eq(&other, &rig.workspace));
	keep_free(&k);
	/* Never overwritten, whichever file is left. */
	rig_ok(sys_read_file(path_of("root.key"), &before, &err), &err);
	assert_int_equal(keep_init(rig.keys, STR_NULL, &other, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_true(id_eq(&other, &rig.workspace));
	rig_ok(sys_read_file(path_of("root.key"), &after, &err), &err);
	assert_true(str_eq(buf_view(&before), buf_view(&after)));
	assert_int_equal(unlink(path_of("root.key")), 0);
	assert_int_equal(keep_init(rig.keys, STR_NULL, &other, &err), -1);
	assert_non_null(strstr(err.msg, "already holds"));
}

static void
test_missing(void **state UNUSED)
{
	char path[200];
	struct keep *k = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(unlink(rig_key(&rig, "reply-", &rig.workspace,
	    path)), 0);
	refuse(STR_NULL, "is missing");
	assert_int_equal(unlink(rig_key(&rig, "workspace-", &rig.workspace,
	    path)), 0);
	refuse(STR_NULL, "holds no workspace key");
	assert_int_equal(unlink(path_of("root.key")), 0);
	refuse(STR_NULL, "the root key: ");
	refuse(STR_NULL, "root.key is missing");
	assert_int_equal(rmdir(rig.keys), 0);
	assert_int_equal(keep_open(rig.keys, STR_NULL, &k, &err), -1);
}

static void
test_wrong_root(void **state UNUSED)
{
	char elsewhere[120], from[160];
	struct err err = ERR_INIT;
	struct id id;

	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/other", rig.dir);
	(void)snprintf(from, sizeof(from), "%s/root.key", elsewhere);
	rig_ok(keep_init(elsewhere, STR_NULL, &id, &err), &err);
	assert_int_equal(rename(from, path_of("root.key")), 0);
	refuse(STR_NULL, "is not the root key that made workspace-");
}

static void
test_damaged(void **state UNUSED)
{
	static const char *const roots[] = {
		"", "letterlock", "letterlock root key v1",
		"letterlock root key v1 00",
		"letterlock root key v2 000102030405060708090a0b0c0d0e0f"
		"000102030405060708090a0b0c0d0e0f",
		"letterlock root key v1 argon2id",
		"letterlock root key v1 argon2id m=1 t=1 p=1 salt= 00",
		"letterlock root key v1 argon2id m=65536,t=3,p=1 "
		"salt=73616c7473616c7473616c7473616c74 00",
	};
	AUTO_BUF struct buf text = BUF_INIT(KEYFILE_MAX);
	char path[200], name[200], huge[KEYFILE_MAX + 100];
	struct id other = id_new();
	struct err err = ERR_INIT;
	struct keep *k = NULL;

	/* Another workspace's name on the files: the id is bound in. */
	rig_key(&rig, "workspace-", &rig.workspace, path);
	assert_int_equal(rename(path, rig_key(&rig, "workspace-", &other,
	    name)), 0);
	refuse(STR_NULL, "is not the root key that made workspace-");
	assert_int_equal(rename(name, path), 0);
	accept_keys(STR_NULL);
	rig_ok(sys_read_file(path, &text, &err), &err);
	for (size_t i = 0; i < text.len - 1; i += 5) {
		text.p[i] ^= 1;
		write_file(path, buf_cstr(&text), 0600);
		assert_int_equal(keep_open(rig.keys, STR_NULL, &k, &err), -1);
		text.p[i] ^= 1;
	}
	write_file(path, buf_cstr(&text), 0600);
	accept_keys(STR_NULL);
	for (size_t i = 0; i < COUNT_OF(roots); i++) {
		write_file(path_of("root.key"), roots[i], 0600);
		refuse(STR_LIT("x"), "not a root key of version 1");
	}
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	write_file(path_of("root.key"), huge, 0600);
	assert_int_equal(keep_open(rig.keys, STR_NULL, &k, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void
test_permissions(void **state UNUSED)
{
	static const mode_t bad[] = { 0640, 0604, 0602, 0660, 0666, 0610 };
	char path[200], saved[200];

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(chmod(path_of("root.key"), bad[i]), 0);
		refuse(STR_NULL, "root.key is readable by others");
	}
	assert_int_equal(chmod(path_of("root.key"), 0400), 0);
	accept_keys(STR_NULL);
	rig_key(&rig, "reply-", &rig.workspace, path);
	assert_int_equal(chmod(path, 0640), 0);
	refuse(STR_NULL, "is readable by others");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chmod(rig.keys, 0750), 0);
	refuse(STR_NULL, "is open to others");
	assert_int_equal(chmod(rig.keys, 0700), 0);
	/* A link, even to a good file; a pipe; a folder. */
	(void)snprintf(saved, sizeof(saved), "%s/saved", rig.dir);
	assert_int_equal(rename(path_of("root.key"), saved), 0);
	assert_int_equal(symlink(saved, path_of("root.key")), 0);
	refuse(STR_NULL, "is a symbolic link");
	assert_int_equal(unlink(path_of("root.key")), 0);
	assert_int_equal(mkfifo(path_of("root.key"), 0600), 0);
	refuse(STR_NULL, "is not a file");
	assert_int_equal(unlink(path_of("root.key")), 0);
	assert_int_equal(mkdir(path_of("root.key"), 0700), 0);
	refuse(STR_NULL, "is not a file");
	assert_int_equal(rmdir(path_of("root.key")), 0);
	assert_int_equal(rename(saved, path_of("root.key")), 0);
	accept_keys(STR_NULL);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(path_of("root.key"), NOBODY, NOBODY), 0);
	refuse(STR_NULL, "belongs to uid 65534, not to uid 0");
}

static void
test_passphrase(void **state UNUSED)
{
	struct str right = STR_LIT("correct horse");
	char keys[120];
	struct err err = ERR_INIT;
	struct id id;

	refuse(right, "is not protected by a passphrase");
	(void)snprintf(keys, sizeof(keys), "%s/sealed", rig.dir);
	rig_ok(keep_init(keys, right, &id, &err), &err);
	(void)snprintf(rig.keys, sizeof(rig.keys), "%s/sealed", rig.dir);
	accept_keys(right);
	refuse(STR_LIT("correct horsf"), "the passphrase does not open it");
	refuse(STR_NULL, "is protected by a passphrase, and none was given");
}

/* Made with the argon2 program and another AES-GCM. */
#define SEALED_SALT "salt=73616c7473616c7473616c7473616c74"
#define SEALED_HEX "000102030405060708090a0b08519bc57dacaaa7b56ea93e6d5a24" \
	"f7f36e1d04d4d814a7d2e6645d7782cedfdf71ffcc7d18443f71b1f9852d38ea52"

static void
test_sealed_root(void **state UNUSED)
{
	static const char *const bad[] = {
		/* Cheaper, dearer, another salt: authenticated. */
		"m=65536,t=2,p=1 " SEALED_SALT " " SEALED_HEX,
		"m=65535,t=3,p=1 " SEALED_SALT " " SEALED_HEX,
		"m=65536,t=3,p=1 salt=74616c7473616c7473616c7473616c74 "
		SEALED_HEX,
		/* Out of range or malformed. */
		"m=99999999999,t=3,p=1 " SEALED_SALT " " SEALED_HEX,
		"m=65536,t=3000,p=1 " SEALED_SALT " " SEALED_HEX,
		"m=65536,t=0,p=1 " SEALED_SALT " " SEALED_HEX,
		"m=65536,p=1 " SEALED_SALT " " SEALED_HEX,
		"m=65536,t=3,p=1 " SEALED_SALT " " SEALED_HEX "00",
		"m=65536,t=3,p=1 " SEALED_SALT "  " SEALED_HEX,
	};
	struct str right = STR_LIT("correct horse");
	uint8_t key[KEEP_SECRET_BYTES];
	struct err err = ERR_INIT;
	char text[400];

	rig_ok(rootkey_parse(STR_LIT("letterlock root key v1 argon2id "
	    "m=65536,t=3,p=1 " SEALED_SALT " " SEALED_HEX), right, key, &err),
	    &err);
	for (uint8_t i = 0; i < KEEP_SECRET_BYTES; i++)
		assert_int_equal(key[i], i);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		(void)snprintf(text, sizeof(text),
		    "letterlock root key v1 argon2id %s", bad[i]);
		assert_int_equal(rootkey_parse(str_of(text), right, key,
		    &err), -1);
		assert_int_equal(err.kind, ERR_PERM);
	}
}

static void
test_passphrase_files(void **state UNUSED)
{
	AUTO_BUF struct buf out = BUF_INIT(KEEP_PASSPHRASE_MAX);
	struct err err = ERR_INIT;
	char file[160];

	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	rig_ok(keep_passphrase(NULL, &out, &err), &err);
	assert_int_equal(out.len, 0);
	(void)snprintf(file, sizeof(file), "%s/" KEEP_CREDENTIAL, rig.dir);
	assert_int_equal(keep_passphrase(file, &out, &err), -1);
	write_file(file, "correct horse\n", 0600);
	rig_ok(keep_passphrase(file, &out, &err), &err);
	assert_string_equal(buf_cstr(&out), "correct horse");
	buf_reset(&out);
	assert_int_equal(chmod(file, 0640), 0);
	assert_int_equal(keep_passphrase(file, &out, &err), -1);
	assert_non_null(strstr(err.msg, "readable by others"));
	/* systemd's access lists show as group permissions. */
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", rig.dir, 1), 0);
	rig_ok(keep_passphrase(NULL, &out, &err), &err);
	assert_string_equal(buf_cstr(&out), "correct horse");
	buf_reset(&out);
	assert_int_equal(chmod(file, 0604), 0);
	assert_int_equal(keep_passphrase(NULL, &out, &err), -1);
	write_file(file, "\n", 0600);
	assert_int_equal(keep_passphrase(NULL, &out, &err), -1);
	assert_non_null(strstr(err.msg, "is empty"));
	assert_int_equal(unlink(file), 0);
	rig_ok(keep_passphrase(NULL, &out, &err), &err);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

/* HKDF and AES-256-GCM computed by Python and by Node. */
static void
test_blob_vector(void **state UNUSED)
{
	static const char loop[] = "cef3d43cd4dca5edef2123808913cc36"
	    "db1e035f811262ab502504224167ed8b";
	static const char blob[] = "01000000808182838485868788898a8b2cb3f45b"
	    "8823c0980f5963e3159f4be7512d4cb474454345b9f915ec74a6a3c61a34ad71"
	    "214db1ba37dec78624d82d6e";
	uint8_t key[KEEP_SECRET_BYTES], out[KEEP_SECRET_BYTES];
	struct blob_label label = { KEYS_GRANT, { { 0 } }, { { 0 } } };
	struct blob_parent parent;
	struct keep_wrapped wrapped;
	struct err err = ERR_INIT;
	char hex[2 * KEEP_SECRET_BYTES + 1];

	for (uint8_t i = 0; i < KEEP_SECRET_BYTES; i++)
		key[i] = i;
	for (uint8_t i = 0; i < ID_BYTES; i++) {
		label.workspace.b[i] = (uint8_t)(160 + i);
		label.object.b[i] = (uint8_t)(176 + i);
	}
	blob_parent(key, &parent);
	blob_derive(&parent, KEYS_LOOP_INFO, STR_NULL, out);
	enc_hex(out, sizeof(out), hex);
	assert_string_equal(hex, loop);
	assert_true(enc_hex_parse(str_of(blob), wrapped.b,
	    KEEP_WRAPPED_BYTES));
	rig_ok(blob_unwrap(&parent, &label, &wrapped, out, &err), &err);
	for (uint8_t i = 0; i < KEEP_SECRET_BYTES; i++)
		assert_int_equal(out[i], 64 + i);
	label.purpose = KEYS_SPOOL;
	assert_int_equal(blob_unwrap(&parent, &label, &wrapped, out, &err), -1);
}

/* NIST CAVS ECC CDH, P-256, COUNT = 0. */
static void
test_curve_vector(void **state UNUSED)
{
	static const char scalar_hex[] = "7d7dc5f71eb29ddaf80d6214632eeae0"
	    "3d9058af1fb6d22ed80badb62bc1a534";
	static const char own_hex[] = "04ead218590119e8876b29146ff89ca617"
	    "70c4edbbf97d38ce385ed281d8a6b23028af61281fd35e2fa7002523acc85a42"
	    "9cb06ee6648325389f59edfce1405141";
	static const char peer_hex[] = "04700c48f77f56584c5cc632ca65640db9"
	    "1b6bacce3a4df6b42ce7cc838833d287db71e509e3fd9b060ddb20ba5c51dcc5"
	    "948d46fbf640dfe0441782cab85fa4ac";
	static const char z_hex[] = "46fc62106420ff012e54a434fbdd2d25"
	    "ccc5852060561e68040dd7778997bd7b";
	uint8_t scalar[32], own[65], peer[65], shared[32], point[65];
	uint8_t zero[32] = { 0 };
	struct err err = ERR_INIT;
	char hex[65];

	assert_true(enc_hex_parse(str_of(scalar_hex), scalar, 32));
	assert_true(enc_hex_parse(str_of(own_hex), own, 65));
	assert_true(enc_hex_parse(str_of(peer_hex), peer, 65));
	rig_ok(curve_public(scalar, point, &err), &err);
	assert_memory_equal(point, own, sizeof(own));
	rig_ok(curve_derive(scalar, own, peer, shared, &err), &err);
	enc_hex(shared, sizeof(shared), hex);
	assert_string_equal(hex, z_hex);
	assert_int_equal(curve_public(zero, point, &err), -1);
	memset(scalar, 0xff, sizeof(scalar));
	assert_int_equal(curve_public(scalar, point, &err), -1);
}

/* Two workspaces under one root key do not open each other's grants. */
static void
test_two_workspaces(void **state UNUSED)
{
	AUTO_BUF struct buf root = BUF_INIT(KEYFILE_MAX);
	AUTO_BUF struct buf text = BUF_INIT(KEYFILE_MAX);
	uint8_t key[KEEP_SECRET_BYTES], secret[KEEP_SECRET_BYTES];
	struct blob_label label = { KEYS_WORKSPACE, id_new(), { { 0 } } };
	struct id second = label.workspace;
	struct keep_grant g = { .grant = id_new() };
	struct blob_parent parent;
	struct keep_wrapped wrapped;
	struct err err = ERR_INIT;
	struct keepc *gateway, *portal;
	uint8_t one[KEEP_MAC_BYTES], two[KEEP_MAC_BYTES];
	char path[200];

	rig_ok(sys_read_file(path_of("root.key"), &root, &err), &err);
	root.len--;
	rig_ok(rootkey_parse(buf_view(&root), STR_NULL, key, &err), &err);
	blob_parent(key, &parent);
	id_random(secret, sizeof(secret));
	blob_wrap(&parent, &label, secret, &wrapped);
	keyfile_format(KEYS_WORKSPACE_HEAD, wrapped.b, KEEP_WRAPPED_BYTES,
	    &text);
	write_file(rig_key(&rig, "workspace-", &second, path),
	    buf_cstr(&text), 0600);
	label.purpose = KEYS_REPLY;
	blob_parent(secret, &parent);
	curve_new(secret);
	blob_wrap(&parent, &label, secret, &wrapped);
	buf_reset(&text);
	keyfile_format(KEYS_REPLY_HEAD, wrapped.b, KEEP_WRAPPED_BYTES, &text);
	write_file(rig_key(&rig, "reply-", &second, path), buf_cstr(&text),
	    0600);
	rig_start(&rig);
	assert_int_equal(keep_workspaces(rig.keep), 2);
	gateway = keepc_new(rig.socket, "gateway");
	portal = keepc_new(rig.socket, "portal");
	rig_ok(keepc_wrap_grants(gateway, &rig.workspace, &g, 1, &err), &err);
	assert_int_equal(keepc_unwrap_grant(portal, &second, &g, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	rig_ok(keepc_unwrap_grant(portal, &rig.workspace, &g, &err), &err);
	rig_ok(keepc_mac(portal, &rig.workspace, STR_LIT("1"), one, &err),
	    &err);
	rig_ok(keepc_mac(portal, &second, STR_LIT("1"), two, &err), &err);
	assert_memory_not_equal(one, two, sizeof(one));
	keepc_free(&gateway);
	keepc_free(&portal);
	rig_stop(&rig);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_init), TEST(test_missing), TEST(test_wrong_root),
		TEST(test_damaged), TEST(test_permissions),
		TEST(test_passphrase), TEST(test_sealed_root),
		TEST(test_passphrase_files), TEST(test_blob_vector),
		TEST(test_curve_vector), TEST(test_two_workspaces),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
