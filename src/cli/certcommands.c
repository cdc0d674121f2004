/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certcommands: the rows of the table of commands about certificates.
 *
 * Runs in the CLI; letterlock.1 says the same at more length.
 */
#include "cli/commands.h"

const struct command certcommands[] = {
	{ "cert", "list", "[TEXT]", 0, 1, "certificates: ours and partners'",
	    "Each certificate with its owner, what it is used for, when it "
	    "ends, how it stands,\nwhere it came from and where it is "
	    "published. TEXT is searched in addresses, names\nand issuers. "
	    "What is replaced, revoked or refused is left out.",
	    "  letterlock cert list\n"
	    "  letterlock cert list --whose partner --ends-within 30\n"
	    "  letterlock cert list law.example --all --json\n",
	    { { "whose", "WHOSE", "own, partner or authority" },
	    { "state", "STATE", "active, ending, expired, waiting, revoked, "
	    "…" },
	    { "ends-within", "DAYS", "only those that end so soon" },
	    { "all", NULL, "what is no longer used, too" } },
	    cert_list_run },
	{ "cert", "show", "CERT", 1, 1, "all about one certificate",
	    "CERT is an address (its newest certificate that is in use) or "
	    "the beginning of a\nfingerprint.",
	    "  letterlock cert show anna@example.org\n"
	    "  letterlock cert show 3f0c2a51 --pem\n",
	    { { "pem", NULL, "the certificate itself" } },
	    cert_show_run },
};
const size_t certcommands_count = COUNT_OF(certcommands);
