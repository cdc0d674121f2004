/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policysample: the policy.yaml a new installation starts with.
 *
 * Runs in `letterlock init` and the demo. Security: it protects more rather
 * than less; what is marked confidential cannot be forwarded.
 */
#include "policy/policy.h"

static const char head[] =
    "# What Letterlock does with each message, for each recipient.\n"
    "# letterlock-policy(5) explains all of it.\n"
    "\n"
    "version: 1\n"
    "\n"
    "# Our own domains. With a dot in front everything below it as well.\n"
    "domains:\n"
    "  - %s\n"
    "\n"
    "# What recipients outside get when no rule says otherwise: clear or the\n"
    "# name of a template. Recipients inside get the message as it is.\n"
    "default: %s\n"
    "\n"
    "# What recipients of a protected message may do. Encrypt-Only (all) and\n"
    "# Do Not Forward (view, reply, replyall) are always there.\n"
    "# Rights: view, reply, replyall, forward, print, extract, export.\n"
    "templates:\n"
    "  Confidential 30 days:\n"
    "    rights: [view, reply]\n"
    "    expires: 30 d\n"
    "    attachments: allow\n"
    "\n"
    "# What numbers and names look like that must not leave unprotected.\n"
    "# These packs come with Letterlock; letterlock-policy(5) says where they\n"
    "# are looked for.\n"
    "rule_packs:\n"
    "  - sit/letterlock-finance.xml\n"
    "  - sit/letterlock-identity-us.xml\n"
    "  - sit/letterlock-health.xml\n"
    "\n";

static const char rules[] =
    "# What senders inside may ask for: words in the subject, which are taken\n"
    "# out of it, and Outlook's Sensitivity.\n"
    "wish:\n"
    "  subject:\n"
    "    \"[secure]\": Encrypt-Only\n"
    "    \"[encrypt]\": Encrypt-Only\n"
    "    \"[confidential]\": Do Not Forward\n"
    "  sensitivity:\n"
    "    company-confidential: Do Not Forward\n"
    "\n"
    "# S/MIME, for people who read it in their own mail program: take away\n"
    "# the # in front to switch it on.\n"
    "#smime:\n"
    "#  sign: when_demanded        # when_encrypting, always\n"
    "#  find: [store, harvested]   # where recipients' certificates are\n"
    "#  trust: {revocation: soft}  # anchors: a PEM file of authorities\n"
    "#  inbound: {decrypt: true, signatures: keep, harvest: approve}\n"
    "\n"
    "# Every rule whose conditions all hold, and none of its exceptions,\n"
    "# acts; how a message is protected is decided by the first that says it.\n"
    "# Rules with a smaller priority come first (0 to 10000, 100 when it is\n"
    "# not said), then the order of this file.\n"
    "rules:\n"
    "  # What Microsoft 365 begins with as well, under the same name.\n"
    "  - name: Encrypt outbound sensitive emails (out of box rule)\n"
    "    when:\n"
    "      sent_to_scope: outside\n"
    "      sensitive_information:\n"
    "        - ABA Routing Number\n"
    "        - Credit Card Number\n"
    "        - Drug Enforcement Agency (DEA) Number\n"
    "        - U.S. / U.K. Passport Number\n"
    "        - U.S. Bank Account Number\n"
    "        - U.S. Individual Taxpayer Identification Number (ITIN)\n"
    "        # Those given out since 2011 reach low only; words for them must\n"
    "        # stand near even so.\n"
    "        - type: U.S. Social Security Number (SSN)\n"
    "          confidence: low\n"
    "    then: Encrypt-Only\n"
    "\n"
    "  # A business partner who gets mail in clear: change the domain, then\n"
    "  # set enabled to true.\n"
    "  - name: Partners in clear\n"
    "    enabled: false\n"
    "    when:\n"
    "      recipient_domain_is: [partner.invalid]\n"
    "    except:\n"
    "      label_is: [Confidential]\n"
    "    then: clear\n"
    "\n"
    "  # Refused while the sender is still connected.\n"
    "  - name: Never to this domain\n"
    "    enabled: false\n"
    "    when:\n"
    "      recipient_domain_is: [typo.invalid]\n"
    "    then:\n"
    "      reject:\n"
    "        code: 5.7.1\n"
    "        text: This domain is a typing mistake; please check it\n";

void
policy_write_sample(const char *domain, const char *default_action,
    struct buf *out)
{
	buf_printf(out, head, domain, default_action);
	buf_z(out, rules);
}
