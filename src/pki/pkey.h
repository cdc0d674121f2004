/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkey: OpenSSL's keys that free themselves. Threads: any.
 */
#ifndef PKI_PKEY_H
#define PKI_PKEY_H

#include <openssl/evp.h>

#include "base/auto.h"

static inline void
pkey_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static inline void
pkey_free_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

#define AUTO_PKEY AUTO_CLEAN(pkey_free)
#define AUTO_PKEY_CTX AUTO_CLEAN(pkey_free_ctx)

#endif
