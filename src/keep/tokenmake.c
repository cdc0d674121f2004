/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokenmake: C_GenerateKeyPair.
 *
 * Runs in the keeper. Security: the private key is made sensitive and not
 * extractable, and only a mail's key may decrypt or derive: the token then
 * refuses what keep/permit refuses.
 * Standards: PKCS #11 2.40 base 5.14 and 4.9, mechanisms 2.1 and 2.3.
 */
#include "keep/tokenmake.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <string.h>

#define ATTRIBUTES_MAX 12
#define LABEL_MAX 64

/* DER of the OBJECT IDENTIFIERs, RFC 5480 2.1.1.1 */
static const uint8_t p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
static const uint8_t p384[] = { 6, 5, 0x2b, 0x81, 4, 0, 0x22 };

struct kind {
	CK_MECHANISM_TYPE mechanism;
	CK_ULONG bits;			/* RSA */
	const uint8_t *curve;
	size_t curve_len;
};

static const struct kind kinds[MAILKEY_KINDS] = {
	[MAILKEY_RSA_2048] = { CKM_RSA_PKCS_KEY_PAIR_GEN, 2048, NULL, 0 },
	[MAILKEY_RSA_3072] = { CKM_RSA_PKCS_KEY_PAIR_GEN, 3072, NULL, 0 },
	[MAILKEY_RSA_4096] = { CKM_RSA_PKCS_KEY_PAIR_GEN, 4096, NULL, 0 },
	[MAILKEY_P256] = { CKM_EC_KEY_PAIR_GEN, 0, p256, sizeof(p256) },
	[MAILKEY_P384] = { CKM_EC_KEY_PAIR_GEN, 0, p384, sizeof(p384) },
};

/* A template that grows. What it points to is borrowed and not written to. */
struct template {
	CK_ATTRIBUTE a[ATTRIBUTES_MAX];
	CK_ULONG n;
};

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void
add(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	must(t->n < ATTRIBUTES_MAX);
	t->a[t->n++] = (CK_ATTRIBUTE){ type, (void *)(uintptr_t)value, len };
}

static void
add_flag(struct template *t, CK_ATTRIBUTE_TYPE type, bool value)
{
	add(t, type, value ? &yes : &no, sizeof(yes));
}

static CK_FUNCTION_LIST *
functions_of(const char *module)
{
	void *handle = dlopen(module, RTLD_NOW | RTLD_NOLOAD);
	CK_FUNCTION_LIST *list = NULL;
	CK_C_GetFunctionList get;
	void *symbol;

	if (handle == NULL)
		return (NULL);
	symbol = dlsym(handle, "C_GetFunctionList");
	memcpy(&get, &symbol, sizeof(get));
	if (symbol == NULL || get(&list) != CKR_OK)
		list = NULL;
	/* libp11 keeps it loaded. */
	(void)dlclose(handle);
	return (list);
}

/* An earlier request made it, whose answer was lost. */
static bool
is_there(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    const struct tokenmake *order)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_OBJECT_HANDLE object;
	struct template t = { .n = 0 };
	CK_ULONG n = 0;

	add(&t, CKA_CLASS, &class, sizeof(class));
	add(&t, CKA_ID, order->id.b, ID_BYTES);
	if (f->C_FindObjectsInit(session, t.a, t.n) != CKR_OK)
		return (false);
	if (f->C_FindObjects(session, &object, 1, &n) != CKR_OK)
		n = 0;
	(void)f->C_FindObjectsFinal(session);
	return (n > 0);
}

static CK_RV
generate(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    const struct tokenmake *order)
{
	static const uint8_t exponent[] = { 1, 0, 1 };
	const struct kind *kind = &kinds[order->kind];
	CK_MECHANISM mechanism = { kind->mechanism, NULL, 0 };
	struct template public = { .n = 0 }, private = { .n = 0 };
	bool is_rsa = kind->bits > 0, is_mail = order->use == MAILKEY_MAIL;
	char text[ID_TEXT_SIZE], label[LABEL_MAX];
	CK_OBJECT_HANDLE a, b;
	int len = snprintf(label, sizeof(label), "letterlock %s",
	    id_text(&order->id, text));

	add_flag(&public, CKA_TOKEN, true);
	add_flag(&public, CKA_VERIFY, true);
	add(&public, CKA_ID, order->id.b, ID_BYTES);
	add(&public, CKA_LABEL, label, (size_t)len);
	add_flag(&private, CKA_TOKEN, true);
	add_flag(&private, CKA_PRIVATE, true);
	add_flag(&private, CKA_SENSITIVE, true);
	add_flag(&private, CKA_EXTRACTABLE, false);
	add_flag(&private, CKA_SIGN, true);
	add(&private, CKA_ID, order->id.b, ID_BYTES);
	add(&private, CKA_LABEL, label, (size_t)len);
	if (is_rsa) {
		add(&public, CKA_MODULUS_BITS, &kind->bits,
		    sizeof(kind->bits));
		add(&public, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
		add_flag(&private, CKA_DECRYPT, is_mail);
	} else {
		add(&public, CKA_EC_PARAMS, kind->curve, kind->curve_len);
		add_flag(&private, CKA_DERIVE, is_mail);
	}
	return (f->C_GenerateKeyPair(session, &mechanism, public.a, public.n,
	    private.a, private.n, &a, &b));
}

int
tokenmake(const struct tokenmake *order, struct err *err)
{
	CK_FUNCTION_LIST *f = functions_of(order->module);
	CK_SESSION_HANDLE session;
	CK_RV rv;

	if (kinds[order->kind].bits == 0 && kinds[order->kind].curve == NULL)
		return (err_set(err, ERR_PERM, "the PKCS#11 token does not "
		    "make keys of kind %s", mailkey_kind_name(order->kind)));
	if (f == NULL || f->C_OpenSession(order->slot, CKF_SERIAL_SESSION |
	    CKF_RW_SESSION, NULL, NULL, &session) != CKR_OK)
		return (err_set(err, ERR_TEMP, "the PKCS#11 token opens no "
		    "session"));
	rv = is_there(f, session, order) ? CKR_OK :
	    generate(f, session, order);
	(void)f->C_CloseSession(session);
	if (rv == CKR_OK)
		return (0);
	return (err_set(err, rv == CKR_MECHANISM_INVALID ? ERR_PERM :
	    ERR_TEMP, "the PKCS#11 token did not make a key of kind %s "
	    "(CKR 0x%lx)", mailkey_kind_name(order->kind), rv));
}
