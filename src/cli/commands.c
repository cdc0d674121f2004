/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands: the table: what can be typed, and the help for it.
 *
 * Runs in the CLI; letterlock.1 says the same at more length.
 */
#include "cli/commands.h"

#define C " -c /etc/letterlock/letterlock.conf"

const struct command commands[] = {
	{ "init", NULL, "DIR", 1, 1, "make a new installation",
	    "Makes keys, a certificate for first use, an empty store, a "
	    "commented\nletterlock.conf and policy.yaml. Nothing that exists "
	    "is overwritten.",
	    "  letterlock init /etc/letterlock --hostname mail.example.org\n"
	    "  letterlock init ./try --next-hop 127.0.0.1:1025 "
	    "--portal 127.0.0.1:8443\n",
	    { { "hostname", "NAME", "of this gateway; this machine's" },
	    { "domain", "DOMAIN", "the organisation's own mail domain" },
	    { "organisation", "NAME", "as recipients see it" },
	    { "smtp", "ADDRESS", "where mail comes in, 127.0.0.1:2525" },
	    { "portal", "ADDRESS", "where browsers come in, 127.0.0.1:8443" },
	    { "url", "URL", "of the portal, as recipients see it" },
	    { "next-hop", "ADDRESS", "deliver there instead of to the MX" },
	    { "default", "ACTION", "for outside recipients: Encrypt-Only" } },
	    init_run },
	{ "serve", NULL, "", 0, 0, "run the gateway in the foreground",
	    "Starts keeper, gateway and portal and keeps them running. "
	    "SIGHUP reads the\nconfiguration again (a bad file is refused and "
	    "the old one stays), SIGTERM\nfinishes what is in work and ends.",
	    "  letterlock serve" C "\n", { { NULL, NULL, NULL } }, serve_run },
	{ "demo", NULL, "", 0, 0, "see it work, on this machine only",
	    "Makes a throw-away installation in run/demo, starts it with a "
	    "small mail\nserver that plays the outside world, sends the "
	    "examples and shows what\nhappened to each recipient, with links "
	    "to open in a browser.",
	    "  letterlock demo\n  letterlock demo --oneshot\n",
	    { { "oneshot", NULL, "check the result and end" },
	    { "examples", "DIR", "messages to send, default examples" } },
	    demo_run },
	{ "config", "check", "", 0, 0, "check configuration and policy",
	    "Reads both files and says what is wrong, with line and column.",
	    "  letterlock config check" C "\n", { { NULL, NULL, NULL } },
	    config_check_run },
	{ "config", "show", "", 0, 0, "show every setting in force",
	    "All settings with their values, and whether the file sets them.",
	    "  letterlock config show --json\n", { { NULL, NULL, NULL } },
	    config_show_run },
	{ "policy", "check", "[FILE]", 0, 1, "check a policy, without using it",
	    "Says what is wrong with it, with line and column, and which "
	    "rules are due for\nreview. Without FILE it is the policy of the "
	    "configuration.",
	    "  letterlock policy check\n"
	    "  letterlock policy check ./policy.yaml\n",
	    { { NULL, NULL, NULL } }, policy_check_run },
	{ "policy", "explain", "MESSAGE ...", 1, COMMAND_ARGS_MAX,
	    "which rules apply to a message, and why",
	    "Judges messages in files as if they came in now: every rule "
	    "with what became of\nit, and the verdict for each recipient. "
	    "Nothing is sent or stored.",
	    "  letterlock policy explain mail.eml --from anna@example.org "
	    "--to zoe@law.example\n"
	    "  letterlock policy explain mail.eml --from anna@example.org "
	    "--to zoe@law.example \\\n      --policy ./new.yaml\n",
	    { { "from", "ADDRESS", "envelope sender; empty for reports" },
	    { "to", "ADDRESS,…", "envelope recipients" },
	    { "ip", "ADDRESS", "the client's address" },
	    { "policy", "FILE", "judge by this policy instead" } },
	    policy_explain_run },
	{ "policy", "fingerprint", "DOCUMENT", 1, 1,
	    "make a document recognisable to rules",
	    "Writes hashes of the document's words, for 'fingerprints' of a "
	    "policy. A .txt file\nis read as it is, anything else by the "
	    "scanner of the running installation.",
	    "  letterlock policy fingerprint contract.docx -o contract.fp\n",
	    { { "output", "FILE", "where to write (-o)" } },
	    policy_fingerprint_run },
	{ "policy", "diff", "[OLD] NEW", 1, 2, "what a policy would change",
	    "Rule by rule and key by key; order of keys, comments and quotes "
	    "do not count.\nWithout OLD it is compared with the policy in "
	    "force.",
	    "  letterlock policy diff ./new.yaml\n"
	    "  letterlock policy diff old.yaml new.yaml --json\n",
	    { { "detailed-exitcode", NULL, "2 when there are changes" } },
	    policy_diff_run },
	{ "policy", "simulate", "", 0, 0,
	    "what a policy would do to mail, before it does",
	    "Judges every message by the policy in force and by another, and "
	    "counts what would\nchange: by rule, department and domain, with "
	    "examples. Nothing is sent or stored.\n--messages takes a folder, "
	    "an mbox or one message; --replay what the gateway\nremembers of "
	    "mail it has seen.",
	    "  letterlock policy simulate --policy ./new.yaml --replay 30d\n"
	    "  letterlock policy simulate --policy ./new.yaml --messages "
	    "mail.mbox \\\n      --html report.html\n",
	    { { "policy", "FILE", "the policy to try" },
	    { "messages", "PATH", "a folder of messages, or an mbox" },
	    { "replay", "TIME", "mail of so long, as 30d; no content is "
	    "needed" },
	    { "against", "FILE", "compare with this one, not the one in "
	    "force" },
	    { "from", "ADDRESS", "sender where a message does not say" },
	    { "to", "ADDRESS,…", "recipients where it does not say" },
	    { "html", "FILE", "write a page as well" } },
	    policy_simulate_run },
	{ "policy", "apply", "FILE", 1, 1, "bring a policy into force",
	    "Checks it, shows what it changes, keeps it as the next version, "
	    "puts it in place\nand waits until the running letterlock has "
	    "taken it over.",
	    "  letterlock policy apply ./new.yaml --comment 'Ticket 4711'\n"
	    "  letterlock policy apply ./new.yaml --dry-run\n",
	    { { "comment", "TEXT", "why; kept with the version" },
	    { "author", "NAME", "who; by default who types this" },
	    { "dry-run", NULL, "only check and show" } }, policy_apply_run },
	{ "policy", "history", "", 0, 0, "versions of the policy, newest first",
	    "When, by whom and why each was applied, and which is in force.",
	    "  letterlock policy history\n", { { NULL, NULL, NULL } },
	    policy_history_run },
	{ "policy", "rollback", "VERSION", 1, 1,
	    "bring an earlier version into force again",
	    "It becomes a new version, checked and shown like any other.",
	    "  letterlock policy rollback 3 --comment 'Too much was held'\n",
	    { { "comment", "TEXT", "why; kept with the version" },
	    { "author", "NAME", "who; by default who types this" },
	    { "dry-run", NULL, "only check and show" } },
	    policy_rollback_run },
	{ "policy", "export", "[VERSION]", 0, 1, "the text of a policy",
	    "To stdout, byte for byte. Without VERSION it is the policy in "
	    "force.",
	    "  letterlock policy export 3 >policy-3.yaml\n",
	    { { NULL, NULL, NULL } }, policy_export_run },
	{ "message", "list", "", 0, 0, "list messages, newest first",
	    "Who wrote, how many recipients, how many of them are protected, "
	    "and what\nbecame of it.",
	    "  letterlock message list\n"
	    "  letterlock message list --from anna@example.org --limit 5\n",
	    { { "from", "ADDRESS", "only of this sender" },
	    { "to", "ADDRESS", "only to this recipient" },
	    { "limit", "N", "at most so many, default 50" } },
	    message_list_run },
	{ "message", "show", "MESSAGE", 1, 1,
	    "what was decided for each recipient, and why",
	    "MESSAGE is its identifier from `message list` or its "
	    "Message-ID.",
	    "  letterlock message show 064rnxwvp6s8k1mx5c3hy0d2qg\n"
	    "  letterlock message show '<4711@example.org>' --history\n",
	    { { "history", NULL, "the audit record of this message" } },
	    message_show_run },
	{ "message", "revoke", "MESSAGE", 1, 1,
	    "make a message unreadable from now on",
	    "Erases what opens the message for its recipients, or for one of "
	    "them.\nThis cannot be undone; what somebody has read or saved "
	    "stays with them.",
	    "  letterlock message revoke 064rnxwvp6s8k1mx5c3hy0d2qg\n"
	    "  letterlock message revoke '<4711@example.org>' --to b@x.example"
	    "\n", { { "to", "ADDRESS", "only for this recipient" } },
	    message_revoke_run },
	{ "queue", "list", "", 0, 0, "what waits to be delivered, and why",
	    "Every item with its next try and the last answer of the server.",
	    "  letterlock queue list\n"
	    "  letterlock queue list --to else.example\n",
	    { { "to", "DOMAIN", "only to this domain or address" },
	    { "from", "DOMAIN", "only from this domain or address" } },
	    queue_list_run },
	{ "queue", "show", "ITEM", 1, 1, "one item, with all that is known",
	    "From whom, to whom, when it is tried next, and what the server "
	    "said last.",
	    "  letterlock queue show 064rnxwvp6s8k1mx5c3hy0d2qg\n",
	    { { NULL, NULL, NULL } }, queue_show_run },
	{ "queue", "destinations", "", 0, 0, "what waits, by destination",
	    "How much waits for each, since when, and when it is tried next. "
	    "A destination that\ndoes not answer is left alone for a while, "
	    "and longer each time; what waits for it\nis not tried meanwhile, "
	    "unless you say `letterlock queue retry`.",
	    "  letterlock queue destinations\n"
	    "  letterlock queue destinations --troubled\n",
	    { { "troubled", NULL, "only those that are slow or do not "
	    "answer" } }, queue_destinations_run },
	{ "queue", "retry", "ITEM|all", 1, 1, "try again now",
	    "Does not wait for the scheduled time.",
	    "  letterlock queue retry all\n", { { NULL, NULL, NULL } },
	    queue_retry_run },
	{ "queue", "hold", "ITEM|all", 1, 1, "stop trying until released",
	    "The item stays, and nobody is told.",
	    "  letterlock queue hold 064rnxwvp6s8k1mx5c3hy0d2qg\n",
	    { { NULL, NULL, NULL } }, queue_hold_run },
	{ "queue", "release", "ITEM|all", 1, 1, "let a held item go",
	    "It is tried at once. An item that waits for somebody's decision "
	    "goes only when it\nis named, and the decision is then recorded "
	    "as yours.",
	    "  letterlock queue release 064rnxwvp6s8k1mx5c3hy0d2qg\n",
	    { { NULL, NULL, NULL } }, queue_release_run },
	{ "queue", "cancel", "ITEM|all", 1, 1, "give an item up",
	    "It is not delivered, and its sender is not told.",
	    "  letterlock queue cancel 064rnxwvp6s8k1mx5c3hy0d2qg\n",
	    { { NULL, NULL, NULL } }, queue_cancel_run },
	{ "review", "list", "", 0, 0, "mail that waits for a decision",
	    "Who decides, about which message, and which rule wants it.",
	    "  letterlock review list\n  letterlock review list --all --json\n",
	    { { "all", NULL, "those that are decided, too" } },
	    review_list_run },
	{ "review", "show", "REVIEW", 1, 1, "one review, and its decision",
	    "What the rule found is masked.",
	    "  letterlock review show 064rnxwvp6s8k1mx5c3hy0d2qg\n",
	    { { NULL, NULL, NULL } }, review_show_run },
	{ "review", "approve", "REVIEW", 1, 1, "have the message sent",
	    "It goes when all its reviews are approved. Some need a reason.",
	    "  letterlock review approve 064rnxwvp6s8k1mx5c3hy0d2qg --reason "
	    "'Agreed by phone'\n",
	    { { "as", "ADDRESS", "in the name of one of those who may" },
	    { "reason", "TEXT", "why; kept with the decision" } },
	    review_approve_run },
	{ "review", "refuse", "REVIEW", 1, 1, "do not have it sent",
	    "The message is destroyed, and its sender is told with the "
	    "reason.",
	    "  letterlock review refuse 064rnxwvp6s8k1mx5c3hy0d2qg --reason "
	    "'Please ask the customer first'\n",
	    { { "as", "ADDRESS", "in the name of one of those who may" },
	    { "reason", "TEXT", "why; the sender reads it" } },
	    review_refuse_run },
	{ "tls", "probe", "DOMAIN", 1, 1, "what its mail servers prove",
	    "Each server is asked for, connected to and held to what the "
	    "domain publishes\n(DANE, MTA-STS) or what was agreed with it. No "
	    "mail is sent. Ends with 1 where\nnone has proven whose it is.",
	    "  letterlock tls probe partner.example\n"
	    "  letterlock tls probe partner.example --json\n",
	    { { NULL, NULL, NULL } }, tls_probe_run },
	{ "tls", "sts", "DOMAIN", 1, 1,
	    "the MTA-STS policy that holds for mail to a domain",
	    "Asks the domain as a delivery would, and shows the policy in "
	    "force, where it comes\nfrom and what went wrong. What is fetched "
	    "is kept.",
	    "  letterlock tls sts example.org\n"
	    "  letterlock tls sts example.org --refresh --json\n",
	    { { "refresh", NULL, "fetch it even where it is known" } },
	    tls_sts_run },
	{ "tls", "records", "", 0, 0,
	    "what to publish in the DNS about our own domains",
	    "The records of the MTA-STS policies the portal serves "
	    "(mta_sts.domains). Publish\nthem again when the policy has "
	    "changed: others see that by the id.",
	    "  letterlock tls records\n", { { NULL, NULL, NULL } },
	    tls_records_run },
	{ "tls", "reports", "", 0, 0,
	    "how encrypted connections went, ours and others'",
	    "For each day and domain: how many connections, how many failed, "
	    "and why. FROM\nis 'us' for what this gateway sent, else who "
	    "reported about our mail servers.",
	    "  letterlock tls reports\n"
	    "  letterlock tls reports --domain partner.example --days 30\n",
	    { { "domain", "DOMAIN", "only about this one" },
	    { "days", "N", "so many days, today included; 7" } },
	    tls_reports_run },
	{ "tls", "import-report", "FILE ...", 1, COMMAND_ARGS_MAX,
	    "read TLS reports that others sent",
	    "FILE is a mail, or what is attached to it: .json or .json.gz. A "
	    "report that is\nthere already is not counted twice.",
	    "  letterlock tls import-report report.eml\n"
	    "  letterlock tls import-report 'google.com!example.org!*.json.gz'"
	    "\n", { { NULL, NULL, NULL } }, tls_import_report_run },
	{ "partner", "list", "", 0, 0,
	    "how steadily the domains we write to prove themselves",
	    "From the TLS connections of these days: what each domain is held "
	    "to, what failed,\nand where proof has held long enough to be "
	    "required.",
	    "  letterlock partner list\n  letterlock partner list --days 90\n",
	    { { "days", "N", "so many days, today included; 30" } },
	    partner_list_run },
	{ "partner", "show", "DOMAIN", 1, 1, "one of them, and what was agreed",
	    "The agreement is in `partners:` of policy.yaml.",
	    "  letterlock partner show bank.example\n",
	    { { "days", "N", "so many days, today included; 30" } },
	    partner_show_run },
	{ "partner", "learn", "DOMAIN", 1, 1,
	    "what could be agreed with a partner about TLS",
	    "Looks at the domain's mail servers and prints an agreement for "
	    "`partners:` of\npolicy.yaml: their names, where a public "
	    "authority vouches for them, else their\nkeys. Compare it with "
	    "the partner by another way before you use it.",
	    "  letterlock partner learn bank.example\n",
	    { { NULL, NULL, NULL } }, partner_learn_run },
	{ "import", "exchange-rules", "FILE", 1, 1,
	    "transport rules of Exchange to policy.yaml",
	    "FILE is what Export-TransportRuleCollection wrote, or the JSON "
	    "or CSV of\nGet-TransportRule; - is stdin. Each parameter gets a "
	    "line in the report; a\nrule that would protect less is written "
	    "disabled, with the reason.",
	    "  letterlock import exchange-rules rules.xml -o rules.yaml\n"
	    "  letterlock import exchange-rules rules.json --whole --domain "
	    "own.example \\\n    -o policy.yaml --report report.txt\n",
	    { { "output", "FILE", "write there (-o) instead of to stdout" },
	    { "report", "FILE", "write the report there, not to stderr" },
	    { "whole", NULL, "a whole policy.yaml, not a part of one" },
	    { "domain", "LIST", "with --whole: our domains, by commas" },
	    { "default", "ACTION", "with --whole: default Encrypt-Only" },
	    { "strict", NULL, "exit 65 when a rule had to be disabled" } },
	    import_exchange_rules_run },
	{ "import", "dlp-rules", "FILE", 1, 1,
	    "DLP rules of Purview to policy.yaml",
	    "FILE is the JSON of Get-DlpComplianceRule, AdvancedRule "
	    "included; - is stdin.\nLogic that one rule cannot say becomes "
	    "several rules.",
	    "  letterlock import dlp-rules dlp.json -o dlp.yaml\n"
	    "  letterlock import dlp-rules dlp.json --json --report "
	    "report.jsonl\n",
	    { { "output", "FILE", "write there (-o) instead of to stdout" },
	    { "report", "FILE", "write the report there, not to stderr" },
	    { "whole", NULL, "a whole policy.yaml, not a part of one" },
	    { "domain", "LIST", "with --whole: our domains, by commas" },
	    { "default", "ACTION", "with --whole: default Encrypt-Only" },
	    { "strict", NULL, "exit 65 when a rule had to be disabled" } },
	    import_dlp_rules_run },
	{ "import", "sit", "FILE", 1, 1,
	    "check a package of sensitive information types",
	    "Says which types of a rule package would load, which functions "
	    "they need, and\nprints the line for policy.yaml.",
	    "  letterlock import sit policy/sit/custom.xml\n",
	    { { "output", "FILE", "write there (-o) instead of to stdout" },
	    { "report", "FILE", "write the report there, not to stderr" } },
	    import_sit_run },
	{ "import", "ome-config", "FILE", 1, 1,
	    "brands of message encryption to policy.yaml",
	    "FILE is the JSON of Get-OMEConfiguration; - is stdin. A logo is "
	    "written beside\nthe output.",
	    "  letterlock import ome-config ome.json -o brands.yaml\n",
	    { { "output", "FILE", "write there (-o) instead of to stdout" },
	    { "report", "FILE", "write the report there, not to stderr" } },
	    import_ome_config_run },
	{ "import", "parameters", "", 0, 0,
	    "what comes over: every parameter that is known",
	    "The table the imports work with.",
	    "  letterlock import parameters\n"
	    "  letterlock import parameters --json\n",
	    { { NULL, NULL, NULL } }, import_parameters_run },
	{ "dkim", "list", "", 0, 0, "the keys that sign what leaves",
	    "Each domain's pairs of keys: which signs, which waits, which is "
	    "retired.",
	    "  letterlock dkim list\n", { { NULL, NULL, NULL } },
	    dkim_list_run },
	{ "dkim", "create", "DOMAIN", 1, 1, "make a domain's first keys",
	    "The keeper makes an RSA and an Ed25519 key; the records to "
	    "publish are printed.\nFrom the day given, all mail from this "
	    "domain and those below it is signed with\nboth.",
	    "  letterlock dkim create example.org\n"
	    "  letterlock dkim create example.org --after 0 --selector ll1\n",
	    { { "after", "DAYS", "begin to sign so much later: 1" },
	    { "selector", "NAME", "of the pair; by default the date" } },
	    dkim_create_run },
	{ "dkim", "rotate", "DOMAIN", 1, 1, "make new keys beside the old",
	    "The old keys sign until the day given, and their records stay "
	    "published a week\nlonger: until then mail signed with them is "
	    "on its way.",
	    "  letterlock dkim rotate example.org\n"
	    "  letterlock dkim rotate example.org --after 14\n",
	    { { "after", "DAYS", "the new keys sign so much later: 7" },
	    { "selector", "NAME", "of the pair; by default the date" } },
	    dkim_rotate_run },
	{ "dkim", "dns", "DOMAIN", 1, 1, "the records to publish",
	    "Two TXT records for each pair of keys, as a zone file has "
	    "them.",
	    "  letterlock dkim dns example.org\n"
	    "  letterlock dkim dns example.org --check\n",
	    { { "check", NULL, "ask the DNS; exit 69 if one is missing" } },
	    dkim_dns_run },
	{ "dkim", "verify", "FILE", 1, 1, "who signed a message, and is it so?",
	    "Checks every DKIM signature of a message, and its ARC chain, by "
	    "the keys in the\nDNS, or by those in a file of lines: a name, a "
	    "blank, the text of its record.",
	    "  letterlock dkim verify mail.eml\n"
	    "  letterlock dkim verify mail.eml --keys keys.txt --json\n",
	    { { "keys", "FILE", "take keys from there, not from the DNS" } },
	    dkim_verify_run },
	{ "cert", "enrol", "[ADDRESS]", 0, 1, "order certificates elsewhere",
	    "With ADDRESS a certificate is ordered as enrol.way says. Without "
	    "it, orders are\nshown; with --pending those that are due go on, "
	    "which the gateway does by\nitself, but for enrol.command.",
	    "  letterlock cert enrol anna@example.org --name 'Anna Muster'\n"
	    "  letterlock cert enrol --pending\n",
	    { { "name", "NAME", "as it stands in the certificate" },
	    { "pending", NULL, "go on with what is due" } }, cert_enrol_run },
	{ "ca", "init", "NAME", 1, 1, "make a certification authority",
	    "It issues the S/MIME certificates of people inside: a root, an "
	    "issuer below it,\nand one that answers about revocation. NAME "
	    "stands in all of them.\nWith --offline-root the root's key is "
	    "only in that file, which belongs in a safe.",
	    "  letterlock ca init 'Example Ltd' --domain example.org\n"
	    "  letterlock ca init 'Example Ltd' --offline-root "
	    "/media/key/root.pem\n",
	    { { "offline-root", "FILE", "keep the root's key there, not in "
	    "the keeper" },
	    { "passphrase-file", "FILE", "its passphrase; else it is asked "
	    "for" },
	    { "domain", "LIST", "vouch for mail of these domains only" },
	    { "kind", "KIND", "of its own keys: rsa-3072" },
	    { "user-kind", "KIND", "of users' keys: rsa-3072" },
	    { "days", "N", "users' certificates are valid so long: 730" },
	    { "url", "URL", "where lists and answers are found: the "
	    "portal" },
	    { "policy", "OID", "certificate policy, where you have one" },
	    { "token", NULL, "its own keys in the PKCS#11 token" },
	    { "user-token", NULL, "users' keys, too" } },
	    ca_init_run },
	{ "ca", "show", "", 0, 0, "the authority, its lists, what is due",
	    "Where its certificates, lists and answers are found, how users' "
	    "certificates are\nmade, and what somebody has to do soon.",
	    "  letterlock ca show\n"
	    "  letterlock ca show --pem root >root.pem\n",
	    { { "pem", "WHICH", "print root, issuer or chain in PEM" } },
	    ca_show_run },
	{ "ca", "crl", "", 0, 0, "sign new revocation lists now",
	    "They are signed every day and whenever something is revoked; "
	    "this is for impatience\nand for tests.",
	    "  letterlock ca crl\n", { { NULL, NULL, NULL } }, ca_crl_run },
	{ "ca", "renew", "", 0, 0, "sign anew with the root",
	    "The issuer's key gets a new certificate, the root's list is "
	    "signed again. With an\noffline root once a year; otherwise it "
	    "happens by itself.",
	    "  letterlock ca renew --root-key /media/key/root.pem\n",
	    { { "root-key", "FILE", "the key of an offline root" },
	    { "passphrase-file", "FILE", "its passphrase; else it is asked "
	    "for" } }, ca_renew_run },
	{ "doctor", NULL, "", 0, 0, "is everything there that is needed?",
	    "Checks configuration, store, keeper, scanner, ports and next hop.",
	    "  letterlock doctor" C "\n", { { NULL, NULL, NULL } },
	    doctor_run },
};
const size_t commands_count = COUNT_OF(commands);
