/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog: the settings. This is the schema, the defaults, the comments of the
 * file `letterlock init` writes and the list of letterlock.conf(5).
 *
 * Runs in every role. Security: the limits here bound what a peer can make us
 * hold. Standards: RFC 5321 4.5.3 for sizes and times.
 */
#include "conf/catalog.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SEC INT64_C(1000)
#define HOUR (3600 * SEC)
#define DAY (24 * HOUR)

#define AT(field) offsetof(struct settings, field)
#define OF(name, type_, field, ...) \
	{ .key = name, .type = SETTING_##type_, .offset = AT(field), \
	    __VA_ARGS__ }

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = {
	"error", "warn", "info", "debug", NULL
};
static const char *const private_words[] = { "refuse", "allow", NULL };
static const char *const sts_words[] = { "none", "testing", "enforce", NULL };
static const char *const leavers_words[] = { "plan", "apply", NULL };
static const char *const leaver_mail_words[] = { "keep", "redirect", NULL };
static const char *const remind_words[] = { "owners", "administrator", NULL };
static const char *const web_words[] = { "off", "on", NULL };
static const char *const enrol_words[] = { "none", "authority", "cmp", "acme",
	"est", "command", NULL };
/* As enum mailkey_kind. */
static const char *const kind_words[] = { "rsa-2048", "rsa-3072", "rsa-4096",
	"p256", "p384", "ed25519", NULL };
static const char *const starttls_words[] = { "may", "never", NULL };

const struct setting_group setting_groups[] = {
	{ "", "This installation" },
	{ "log", "What is written to standard error, one line per event" },
	{ "users", "Who the processes run as when started by root" },
	{ "smtp", "Taking mail in" },
	{ "delivery", "Passing mail on" },
	{ "portal", "Where recipients read protected mail" },
	{ "mta_sts", "The MTA-STS policy of our own domains" },
	{ "review", "Mail that somebody decides about" },
	{ "smime", "The life of certificates for S/MIME" },
	{ "enrol", "How people inside get certificates for S/MIME" },
	{ "keeper", "The process that holds the keys" },
	{ "scanner", "The processes that read attachments" },
	{ "audit", "What is remembered of mail, beside the audit record" },
};
const size_t setting_groups_n = COUNT_OF(setting_groups);

const struct setting setting_table[] = {
	OF("hostname", HOSTNAME, hostname, .is_required = true,
	    .help = "The name of this host, in greetings, Received lines and "
	    "message IDs."),
	OF("workspace", ID, workspace, .is_required = true,
	    .help = "The identifier of this installation's data and keys, "
	    "made once; do not change it."),
	OF("state_dir", PATH, state_dir, .fallback = "state",
	    .help = "The folder of the store, letterlock.db."),
	OF("policy", PATH, policy_file, .fallback = "policy.yaml",
	    .help = "The policy: which mail is protected, and how."),

	OF("log.format", ENUM, log_format, .fallback = "text",
	    .words = log_formats,
	    .help = "Lines for people, or JSON for a log collector."),
	OF("log.level", ENUM, log_level, .fallback = "info",
	    .words = log_levels,
	    .help = "The least important events that are still written."),

	OF("users.gateway", TEXT, gateway_user,
	    .example = "letterlock-gateway",
	    .help = "User of the gateway, which sees plaintext."),
	OF("users.portal", TEXT, portal_user,
	    .example = "letterlock-portal",
	    .help = "User of the portal, which never does."),
	OF("users.keeper", TEXT, keeper_user,
	    .example = "letterlock-keeper",
	    .help = "User of the keeper."),
	OF("users.scanner", TEXT, scanner_user,
	    .example = "letterlock-scanner",
	    .help = "User of the scanner, which reads attachments; without "
	    "it the gateway's."),
	OF("users.group", TEXT, group,
	    .example = "letterlock",
	    .help = "The group the three share for the store."),

	OF("smtp.listen", LISTEN_LIST, smtp.listen,
	    .fallback = "127.0.0.1:2525",
	    .help = "Addresses to take mail at."),
	OF("smtp.outside_listen", LISTEN_LIST, smtp.outside_listen,
	    .example = "[\"192.0.2.25:25\"]",
	    .help = "Addresses to take mail from anybody at, for our own "
	    "domains only; it goes where delivery.routes or next_hop says."),
	OF("smtp.tls_cert", PATH, smtp.tls_cert,
	    .example = "tls/cert.pem",
	    .help = "Certificate chain in PEM for STARTTLS; without it there "
	    "is none."),
	OF("smtp.tls_key", PATH, smtp.tls_key,
	    .example = "tls/key.pem",
	    .help = "Its private key in PEM."),
	OF("smtp.client_ca", PATH, smtp.client_ca,
	    .example = "tls/clients.pem",
	    .help = "A client with a certificate from these authorities may "
	    "send."),
	OF("smtp.networks", CIDR_LIST, smtp.networks,
	    .fallback = "127.0.0.0/8, ::1",
	    .help = "Clients in these networks may send."),
	OF("smtp.certificates", SHA256_LIST, smtp.certificates,
	    .example = "[9f86d081884c7d659a2feaa0c55ad015"
	    "a3bf4f1b2b0b822cd15d6c15b0f00a08]",
	    .help = "Clients with these certificates may send; SHA-256 "
	    "fingerprints."),
	OF("smtp.users_file", PATH, smtp.users_file,
	    .example = "users",
	    .help = "Names and argon2id hashes of those who may send after "
	    "AUTH."),
	OF("smtp.tls_reports", MAILBOX, smtp.tls_reports,
	    .example = "tls-reports@example.org",
	    .help = "Where others send reports about encryption to our mail "
	    "servers: what comes for it is read for 'letterlock tls reports' "
	    "and goes no further."),
	OF("smtp.max_message_bytes", BYTES, smtp.max_message_bytes,
	    .fallback = "50 MiB", .min = KIB, .max = 150 * MIB,
	    .help = "The largest message."),
	/* RFC 5321 4.5.3.1.8 wants at least 100; fewer is for tests. */
	OF("smtp.max_recipients", COUNT, smtp.max_recipients,
	    .fallback = "1000", .min = 1, .max = 10000,
	    .help = "Recipients of one message."),
	/* RFC 5321 4.5.3.1.6 allows 998; mail in the wild has more, and to
	 * split a line breaks signatures. */
	OF("smtp.max_line_bytes", BYTES, smtp.max_line_bytes,
	    .fallback = "64 KiB", .min = 998, .max = MIB,
	    .help = "The longest line of a message; longer ones are refused, "
	    "none is split."),
	OF("smtp.max_connections", COUNT, smtp.max_connections,
	    .fallback = "200", .min = 1, .max = 10000,
	    .help = "Clients connected at the same time."),
	OF("smtp.max_connections_per_address", COUNT,
	    smtp.max_connections_per_address,
	    .fallback = "50", .min = 1, .max = 10000,
	    .help = "The same from one address (IPv6: one /64)."),
	OF("smtp.max_bad_commands", COUNT, smtp.max_bad_commands,
	    .fallback = "20", .min = 1, .max = 1000,
	    .help = "Wrong or useless commands before the connection ends."),
	OF("smtp.max_messages", COUNT, smtp.max_messages,
	    .fallback = "1000", .min = 1, .max = 1000000,
	    .help = "Messages in one connection."),
	OF("smtp.max_received", COUNT, smtp.max_received,
	    .fallback = "50", .min = 1, .max = 1000,
	    .help = "Received lines after which a message is in a loop."),
	OF("smtp.memory_bytes", BYTES, smtp.memory_bytes,
	    .fallback = "64 MiB", .min = MIB, .max = 64 * GIB,
	    .help = "For all messages being received together; clients wait "
	    "their turn."),
	/* RFC 5321 4.5.3.2.7 asks for at least 5 minutes. */
	OF("smtp.idle_timeout", DURATION, smtp.idle_ms,
	    .fallback = "5 min", .min = 100, .max = HOUR,
	    .help = "How long a client may be silent."),
	OF("smtp.session_timeout", DURATION, smtp.session_ms,
	    .fallback = "30 min", .min = 100, .max = DAY,
	    .help = "How long one connection may last in all."),

	OF("delivery.next_hop", ENDPOINT, delivery.next_hop,
	    .example = "mail.example:25",
	    .help = "The mail server that takes everything; without it the MX "
	    "of each domain."),
	OF("delivery.routes", ROUTES, delivery.routes,
	    .example = "{partner.example: mx.partner.example:25}",
	    .help = "Next hops of single domains; \".example\" includes what "
	    "is below it."),
	OF("delivery.hops", HOPS, delivery.hops,
	    .example = "{mail.example:25: {user: us, "
	    "password_file: mail-password}}",
	    .help = "What single next hops, as they are written above, want "
	    "(user and password_file to sign in with, tls_name for the name "
	    "in their certificate, source to come from)."),
	OF("delivery.source", IP_LIST, delivery.source,
	    .example = "[192.0.2.25, \"2001:db8::25\"]",
	    .help = "The addresses of this host that mail goes out from, one "
	    "of IPv4 and one of IPv6; without one the system chooses."),
	OF("delivery.starttls", ENUM, delivery.starttls, .fallback = "may",
	    .words = starttls_words,
	    .help = "Encrypt the connection when the other side can, or "
	    "never."),
	OF("delivery.helo", HOSTNAME, delivery.helo,
	    .example = "out.mail.example",
	    .help = "The name given in EHLO; without it hostname."),
	OF("delivery.concurrency", COUNT, delivery.concurrency,
	    .fallback = "10", .min = 1, .max = 1000,
	    .help = "Connections to one destination at the same time."),
	OF("delivery.max_messages_per_connection", COUNT,
	    delivery.max_messages_per_connection,
	    .fallback = "100", .min = 1, .max = 1000000,
	    .help = "Messages in one connection, before a new one is made."),
	OF("delivery.threads", COUNT, delivery.threads, .fallback = "200",
	    .min = 1, .max = 2000,
	    .help = "Deliveries at the same time, all destinations together; "
	    "at most three quarters of them to servers that are not known to "
	    "answer quickly."),
	OF("delivery.retry_first", DURATION, delivery.retry_first_ms,
	    .fallback = "5 min", .min = 10, .max = DAY,
	    .help = "Wait before the second attempt; it doubles from there."),
	OF("delivery.retry_max", DURATION, delivery.retry_max_ms,
	    .fallback = "4 h", .min = 10, .max = 7 * DAY,
	    .help = "The longest wait between two attempts."),
	OF("delivery.expire", DURATION, delivery.expire_ms,
	    .fallback = "5 d", .min = 100, .max = 30 * DAY,
	    .help = "When the sender is told that it did not arrive."),
	OF("delivery.tell_delay", DURATION, delivery.tell_delay_ms,
	    .fallback = "4 h", .min = 100, .max = 30 * DAY,
	    .help = "When the sender is told that it still waits."),
	OF("delivery.postmaster", MAILBOX, delivery.postmaster,
	    .example = "postmaster@mail.example",
	    .help = "Sender of reports and notices about mail; without it "
	    "postmaster@hostname."),
	OF("delivery.resolver", RESOLVER, delivery.resolver,
	    .example = "127.0.0.1:53",
	    .help = "The DNS server to ask; without it the system's."),
	OF("delivery.trust_anchor", PATH, delivery.trust_anchor,
	    .example = "dns/anchor.key",
	    .help = "What DNSSEC starts from; without it the root's key, "
	    "where its package is installed and the DNS server passes "
	    "signatures on."),
	OF("delivery.tls_ca", PATH, delivery.tls_ca,
	    .example = "tls/authorities.pem",
	    .help = "The authorities that vouch for other mail servers and "
	    "the hosts of their MTA-STS policies; without it the system's."),
	OF("delivery.tls_cert", PATH, delivery.tls_cert,
	    .example = "tls/cert.pem",
	    .help = "Our certificate, for servers that ask for one."),
	OF("delivery.tls_key", PATH, delivery.tls_key,
	    .example = "tls/key.pem", .help = "Its private key."),
	OF("delivery.port", COUNT, delivery.port, .fallback = "25",
	    .min = 1, .max = 65535,
	    .help = "The port of mail servers that an MX names."),
	OF("delivery.private_networks", ENUM, delivery.private_networks,
	    .fallback = "refuse", .words = private_words,
	    .help = "Whether MTA-STS policies, and revocation lists and OCSP "
	    "answers of certificates that are trusted, may be fetched from "
	    "addresses that are not of the internet; allow is for domains "
	    "and authorities of an intranet. Authorities that are missing "
	    "in strangers' certificates never are."),
	OF("delivery.tls_reports", MAILBOX, delivery.tls_reports,
	    .example = "tls-reports@mail.example",
	    .help = "Sender of a daily report about encryption to each "
	    "domain that asks for one (RFC 8460); without it none are sent."),

	OF("portal.listen", LISTEN_LIST, portal.listen,
	    .fallback = "127.0.0.1:8443", .help = "Addresses to serve at."),
	OF("portal.url", URL, portal.url, .is_required = true,
	    .help = "How recipients reach it: https://, the name, perhaps a "
	    "port."),
	OF("portal.tls_cert", PATH, portal.tls_cert,
	    .example = "tls/cert.pem",
	    .help = "Certificate chain in PEM; without it a proxy in front "
	    "speaks TLS."),
	OF("portal.tls_key", PATH, portal.tls_key,
	    .example = "tls/key.pem",
	    .help = "Its private key in PEM."),
	OF("portal.organisation", TEXT, portal.organisation,
	    .example = "Example Ltd",
	    .help = "The name recipients see; without it hostname."),
	OF("portal.max_connections", COUNT, portal.max_connections,
	    .fallback = "256", .min = 1, .max = 10000,
	    .help = "Browsers connected at the same time."),
	OF("portal.passcode_lifetime", DURATION, portal.passcode_ms,
	    .fallback = "15 min", .min = SEC, .max = DAY,
	    .help = "How long a mailed passcode is good for."),
	OF("portal.session_lifetime", DURATION, portal.session_ms,
	    .fallback = "12 h", .min = SEC, .max = 30 * DAY,
	    .help = "How long a reader stays signed in who asks for it."),

	OF("mta_sts.domains", HOSTNAME_LIST, mta_sts.domains,
	    .example = "[example.org]",
	    .help = "Domains whose policy the portal serves, under the name "
	    "mta-sts.DOMAIN; `letterlock tls records` says what to publish."),
	OF("mta_sts.mode", ENUM, mta_sts.mode, .fallback = "testing",
	    .words = sts_words,
	    .help = "What others do when a server cannot prove itself: "
	    "deliver and report (testing) or not deliver (enforce); none "
	    "before giving it up."),
	OF("mta_sts.mx", MX_LIST, mta_sts.mx,
	    .example = "[mail.example.org]",
	    .help = "The mail servers of these domains, as their MX records "
	    "name them; *.example.org is any with one label more."),
	OF("mta_sts.max_age", DURATION, mta_sts.max_age_ms,
	    .fallback = "14 d", .min = SEC, .max = INT64_C(31557600) * SEC,
	    .help = "For how long others keep the policy."),

	OF("review.expires", DURATION, review.expires_ms,
	    .fallback = "3 d", .min = SEC, .max = 30 * DAY,
	    .help = "How long moderators and senders have to decide; then the "
	    "message is not sent."),

	OF("smime.remind_days", DAYS_LIST, smime.remind_days,
	    .fallback = "90, 60, 30",
	    .help = "So many days before a certificate ends a reminder is "
	    "sent."),
	OF("smime.remind", ENUM, smime.remind, .fallback = "owners",
	    .words = remind_words,
	    .help = "Who gets them: owners and the administrator "
	    "(delivery.postmaster), or only the latter."),
	OF("smime.renew_days", COUNT, smime.renew_days, .fallback = "30",
	    .min = 0, .max = 365,
	    .help = "So many days before its end a certificate that came "
	    "from our own authority or was ordered by us is renewed; the old "
	    "one still decrypts. 0: by hand."),
	OF("smime.leavers", ENUM, smime.leavers, .fallback = "plan",
	    .words = leavers_words,
	    .help = "What is done when somebody is no longer in the table "
	    "of people: nothing but a plan (letterlock cert leavers), or it "
	    "is carried out: revoke, or issue anew for a new address."),
	OF("smime.leaver_days", COUNT, smime.leaver_days, .fallback = "14",
	    .min = 0, .max = 365,
	    .help = "How many days somebody has to be missing before he has "
	    "left."),
	OF("smime.leaver_max_percent", COUNT, smime.leaver_max_percent,
	    .fallback = "10", .min = 0, .max = 100,
	    .help = "Where more of the people are missing at once, nothing "
	    "is done until a person says that it is right."),
	OF("smime.leaver_mail", ENUM, smime.leaver_mail, .fallback = "keep",
	    .words = leaver_mail_words,
	    .help = "Whether the plan also has mail of who left go to the "
	    "manager whom the table of people named last, and mail of who "
	    "moved to the new address."),
	OF("smime.web_directory", ENUM, smime.web_directory,
	    .fallback = "off", .words = web_words,
	    .help = "The portal hands out the certificate of who knows an "
	    "address: /pki/cert/ and its SHA-256, lower case, and .crt."),
	OF("enrol.way", ENUM, enrol.way, .fallback = "authority",
	    .words = enrol_words,
	    .help = "Where certificates come from: the built-in authority "
	    "(letterlock ca init), another one by CMP, by ACME with e-mail "
	    "challenges, by EST or by a program."),
	OF("enrol.url", TEXT, enrol.url,
	    .example = "https://acme.example/directory",
	    .help = "The CMP or EST server, or the ACME directory."),
	OF("enrol.ca", PATH, enrol.ca,
	    .example = "tls/enrol-ca.pem",
	    .help = "Authorities in PEM for that server's TLS certificate; "
	    "without it the system's."),
	OF("enrol.trust", PATH, enrol.trust,
	    .example = "tls/cmp-ca.pem",
	    .help = "CMP: authorities in PEM for the server's signatures; "
	    "without it only the shared secret counts."),
	OF("enrol.user", TEXT, enrol.user,
	    .example = "letterlock",
	    .help = "CMP: the reference value; EST: the user; ACME: the key "
	    "identifier of an account that exists elsewhere."),
	OF("enrol.password_file", PATH, enrol.password_file,
	    .example = "enrol-password",
	    .help = "A file with the secret that goes with it, on one "
	    "line."),
	OF("enrol.command", PATH, enrol.command,
	    .example = "/usr/local/bin/get-certificate",
	    .help = "The program for 'way: command': the address is its "
	    "argument, a request in PEM its input, a chain in PEM its "
	    "output."),
	OF("enrol.key", ENUM, enrol.kind, .fallback = "rsa-3072",
	    .words = kind_words,
	    .help = "The kind of the keys that are made for it."),

	OF("keeper.socket", PATH, keeper.socket,
	    .fallback = "socket/keeper",
	    .help = "Where gateway and portal reach it."),
	OF("keeper.keys_dir", PATH, keeper.keys_dir, .fallback = "keys",
	    .help = "The folder of the root key."),
	OF("keeper.passphrase_file", PATH, keeper.passphrase_file,
	    .example = "passphrase",
	    .help = "What the root key is locked with; without it nothing, or "
	    "the systemd credential."),
	OF("keeper.pkcs11_module", PATH, keeper.pkcs11_module,
	    .example = "/usr/lib/softhsm/libsofthsm2.so",
	    .help = "The library of a hardware security module (PKCS#11) that "
	    "holds private keys; the keeper may then open network "
	    "connections, as such libraries do."),
	OF("keeper.pkcs11_token", TEXT, keeper.pkcs11_token,
	    .example = "letterlock",
	    .help = "The label of the token in it."),
	OF("keeper.pkcs11_pin_file", PATH, keeper.pkcs11_pin_file,
	    .example = "pin",
	    .help = "The token's PIN; a PIN that is refused is not tried "
	    "again, since tokens lock themselves."),
	OF("keeper.pkcs11_dir", PATH, keeper.pkcs11_dir,
	    .example = "/var/lib/softhsm/tokens",
	    .help = "The folder that the library reads and writes, if it has "
	    "one; all else but /etc and /usr/lib is closed to it."),

	OF("scanner.socket", PATH, scanner.socket,
	    .fallback = "socket/scanner",
	    .help = "Where the gateway reaches it."),
	OF("scanner.workers", COUNT, scanner.workers, .fallback = "2",
	    .min = 1, .max = 64,
	    .help = "Attachments read at the same time, each in a process "
	    "without files and network."),

	OF("audit.features_days", COUNT, audit.features_days,
	    .fallback = "90", .min = 0, .max = 3650,
	    .help = "For how many days it is remembered what the policy knew "
	    "of each message, so that another policy can be tried on it; "
	    "nothing of what messages say. 0: not at all."),
};
const size_t setting_table_n = COUNT_OF(setting_table);

struct str
setting_group_of(const struct setting *def)
{
	ptrdiff_t dot = str_index(str_of(def->key), '.');

	return (str_sub(str_of(def->key), 0, dot < 0 ? 0 : (size_t)dot));
}

const char *
setting_name_of(const struct setting *def)
{
	ptrdiff_t dot = str_index(str_of(def->key), '.');

	return (def->key + dot + 1);
}
