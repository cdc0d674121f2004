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
	{ "cert", "lint", "CERT|FILE", 1, 1, "is a certificate as it should be",
	    "Where it differs from the baseline requirements for S/MIME "
	    "certificates; exit 65\nwhere programs refuse it.",
	    "  letterlock cert lint anna@example.org\n"
	    "  letterlock cert lint ./new.pem --json\n",
	    { { NULL, NULL, NULL } }, cert_lint_run },
	{ "cert", "import", "FILE", 1, 1, "take in certificates",
	    "Those of people outside, in PEM or DER; or one of ours with its "
	    "private key, in\nPKCS#12: the key goes to the keeper, which only "
	    "root can give it.",
	    "  letterlock cert import partner.pem\n"
	    "  letterlock cert import gateway.cer --address @law.example\n"
	    "  letterlock cert import anna.p12 --passphrase-file pass\n",
	    { { "address", "ADDRESS", "whose it is, where it does not say" },
	    { "passphrase-file", "FILE", "of PKCS#12; else it is asked for" },
	    { "legacy", NULL, "PKCS#12 with RC2 or triple DES, too" } },
	    cert_import_run },
	{ "cert", "export", "CERT", 1, 1, "write a certificate to a file",
	    "In PEM; or in PKCS#12 with its private key, which only root "
	    "gets.",
	    "  letterlock cert export anna@example.org -o anna.pem\n"
	    "  letterlock cert export anna@example.org --pkcs12 -o anna.p12\n",
	    { { "output", "FILE", "write there (-o)" },
	    { "pkcs12", NULL, "with the private key" },
	    { "passphrase-file", "FILE", "that protects it; else asked for" },
	    { "legacy", NULL, "protected by triple DES, for old programs" } },
	    cert_export_run },
	{ "cert", "issue", "[ADDRESS …]", 0, 16, "make certificates",
	    "Our own authority (`letterlock ca init`), or the one that "
	    "enrol.way names, makes\nthem; the keeper makes the keys. Who has "
	    "one in use keeps it.",
	    "  letterlock cert issue anna@example.org --name \"Anna Berg\"\n"
	    "  letterlock cert issue --list addresses.txt\n"
	    "  letterlock cert issue anna@example.org --csr anna.csr\n",
	    { { "name", "NAME", "in it; else the address" },
	    { "list", "FILE", "addresses, one on a line" },
	    { "csr", "FILE", "for a key that is the owner's own" } },
	    cert_issue_run },
	{ "cert", "renew", "[CERT …]", 0, 16, "make new ones in their place",
	    "The old ones still decrypt. The gateway does it by itself, "
	    "smime.renew_days before\nthe end.",
	    "  letterlock cert renew anna@example.org\n"
	    "  letterlock cert renew --due\n",
	    { { "due", NULL, "all that are due" },
	    { "replace", NULL, "even one from another authority" } },
	    cert_renew_run },
	{ "cert", "revoke", "CERT …", 1, 16, "use a certificate no longer",
	    "Others learn of it by the revocation list and OCSP. Mail that "
	    "was encrypted to it\nis still read.",
	    "  letterlock cert revoke anna@example.org --reason cessation\n",
	    { { "reason", "REASON", "key-compromise, superseded, cessation, …" }
	    }, cert_revoke_run },
	{ "cert", "reassign", "CERT ADDRESS", 2, 2,
	    "make one for somebody's new address",
	    "The old one only decrypts from then on.",
	    "  letterlock cert reassign anna@example.org "
	    "anna.berg@example.org\n",
	    { { "name", "NAME", "in it; else as in the old one" },
	    { "redirect", NULL, "mail to the old address goes there, too" } },
	    cert_reassign_run },
	{ "cert", "redirect", "[ADDRESS [TO]]", 0, 2,
	    "who gets the mail of somebody who left",
	    "Mail to ADDRESS goes to TO from now on; what is encrypted to a "
	    "certificate of\nADDRESS is opened for TO. Both are of our own "
	    "domains. Without any: a list.",
	    "  letterlock cert redirect anna@example.org bert@example.org\n"
	    "  letterlock cert redirect anna@example.org --off\n",
	    { { "off", NULL, "ADDRESS gets its own mail again" } },
	    cert_redirect_run },
	{ "cert", "leavers", "", 0, 0, "who left or moved, and what is to do",
	    "Compares the policy's table of people with what it was. Without "
	    "--apply nothing is\nrevoked or issued.",
	    "  letterlock cert leavers\n"
	    "  letterlock cert leavers --apply\n",
	    { { "apply", NULL, "do it" },
	    { "redirect", NULL, "mail of who left goes to the manager, too" },
	    { "many", NULL, "even for more than may be missing at once" } },
	    cert_leavers_run },
	{ "cert", "publish", "", 0, 0, "where others find our certificates",
	    "As records for a signed zone, in the portal's web directory, in "
	    "LDAP directories,\nor our authorities for Exchange Online, with "
	    "the script that takes them there.",
	    "  letterlock cert publish --smimea --domain example.org\n"
	    "  letterlock cert publish --web\n"
	    "  letterlock cert publish --ldap\n"
	    "  letterlock cert publish --exchange authorities.sst\n",
	    { { "smimea", NULL, "SMIMEA records" },
	    { "domain", "DOMAIN", "only of addresses there" },
	    { "output", "FILE", "write records there (-o)" },
	    { "web", NULL, "bring the web directory up to date" },
	    { "ldap", NULL, "put all of them into directories again" },
	    { "exchange", "FILE.sst", "and FILE.ps1 beside it" } },
	    cert_publish_run },
	{ "cert", "test", "ADDRESS", 1, 1, "does S/MIME work for somebody?",
	    "Signs and encrypts a message to that person of ours in every "
	    "way there is, and\nreads it back through the keeper, with every "
	    "key he ever had. Nothing is sent.",
	    "  letterlock cert test anna@example.org\n",
	    { { NULL, NULL, NULL } }, cert_test_run },
	{ "cert", "approve", "CERT …", 1, 16, "use a partner's certificate",
	    "One that was found in signed mail and waits for somebody to "
	    "agree.",
	    "  letterlock cert list --state waiting\n"
	    "  letterlock cert approve 3f0c2a5144de\n",
	    { { NULL, NULL, NULL } }, cert_approve_run },
	{ "cert", "refuse", "CERT …", 1, 16, "never use it",
	    "However often it is seen.",
	    "  letterlock cert refuse 3f0c2a5144de\n",
	    { { NULL, NULL, NULL } }, cert_refuse_run },
	{ "cert", "destroy", "CERT", 1, 1, "destroy a private key, for ever",
	    "Of a certificate that is no longer in use. Nothing that is "
	    "encrypted to it can be\nread again, by anybody.",
	    "  letterlock cert destroy 3f0c2a5144de --yes-destroy "
	    "3f0c2a5144de9b1f\n",
	    { { "yes-destroy", "FINGERPRINT", "its first 16 digits again" } },
	    cert_destroy_run },
};
const size_t certcommands_count = COUNT_OF(certcommands);
