/* SPDX-License-Identifier: Apache-2.0 */
/* Every parameter of Exchange's and Purview's rules: what it becomes, what of
 * it cannot be said, and that the manual page has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sys.h"
#include "conf/yaml.h"
#include "import/import.h"
#include "import/parameter.h"

#define OFF "\n    enabled: false\n"
#define IGNORED ": ignored: "

/* What is typed behind -Name R, and what must be in the policy or, with a
 * colon first, in the report. "!" : the rule is disabled. */
static const struct {
	const char *typed, *expect;
} exchange[] = {
	{ "-From a@b.example", "sender_is: [a@b.example]" },
	{ "-From 'smtp:a@b.example',c@d.example",
	    "sender_is: [a@b.example, c@d.example]" },
	{ "-From 'John Smith'", "!From: 'John Smith' is not an address" },
	{ "-FromMemberOf Sales,'R&D'",
	    "sender_member_of: [Sales, \"R&D\"]" },
	{ "-FromScope InOrganization", "sender_scope: inside" },
	{ "-FromScope notinorganization", "sender_scope: outside" },
	{ "-FromScope Mars", "!FromScope: 'Mars' is not known" },
	{ "-FromAddressContainsWords x",
	    "sender_address_contains_words: [x]" },
	{ "-FromAddressMatchesPatterns '^x\\d'",
	    "sender_address_matches: [\"^x\\\\d\"]" },
	{ "-SenderDomainIs b.example", "sender_domain_is: [b.example]" },
	{ "-SenderIpRanges 192.0.2.1,198.51.100.0/24",
	    "sender_ip_in: [\"192.0.2.1\", \"198.51.100.0/24\"]" },
	{ "-SenderIpRanges 192.0.2.1-192.0.2.9", "!SenderIpRanges: " },
	{ "-SenderADAttributeContainsWords 'City:Bonn,Bad Ems'",
	    "sender_attribute_contains: {City: [Bonn, Bad Ems]}" },
	{ "-SenderADAttributeContainsWords 'City:Bonn','Title:x'",
	    "sender_attribute_contains: {City: [Bonn], Title: [x]}" },
	{ "-SenderADAttributeContainsWords 'City:Bonn','city:x'",
	    "!SenderADAttributeContainsWords: 'city' is there twice" },
	{ "-SenderADAttributeContainsWords Bonn",
	    "!SenderADAttributeContainsWords: 'Bonn' is not of the form" },
	{ "-SenderADAttributeMatchesPatterns 'City:^B{1,2}'",
	    "sender_attribute_matches: {City: [\"^B{1,2}\"]}" },
	{ "-SenderManagementRelationship Manager",
	    "sender_is_manager_of_recipient: manager" },
	{ "-SenderInRecipientList x", "!SenderInRecipientList: there are no" },
	{ "-SentTo a@b.example", "recipient_is: [a@b.example]" },
	{ "-SentToMemberOf g@b.example",
	    "recipient_member_of: [g@b.example]" },
	{ "-SentToScope ExternalNonPartner", "sent_to_scope: non_partner" },
	{ "-RecipientDomainIs b.example,c.example",
	    "recipient_domain_is: [b.example, c.example]" },
	{ "-RecipientAddressContainsWords x",
	    "recipient_address_contains_words: [x]" },
	{ "-RecipientAddressMatchesPatterns 'x$'",
	    "recipient_address_matches: [\"x$\"]" },
	{ "-AnyOfRecipientAddressContainsWords x",
	    "any_recipient_address_contains_words: [x]" },
	{ "-AnyOfRecipientAddressMatchesPatterns 'x'",
	    "any_recipient_address_matches: [x]" },
	{ "-RecipientADAttributeContainsWords 'City:Bonn'",
	    "recipient_attribute_contains: {City: [Bonn]}" },
	{ "-RecipientADAttributeMatchesPatterns 'City:Bonn'",
	    "recipient_attribute_matches: {City: [Bonn]}" },
	{ "-RecipientInSenderList x", "!RecipientInSenderList: there are no" },
	{ "-AnyOfToHeader a@b.example", "to_header_is: [a@b.example]" },
	{ "-AnyOfToHeaderMemberOf g", "to_header_member_of: [g]" },
	{ "-AnyOfCcHeader a@b.example", "cc_header_is: [a@b.example]" },
	{ "-AnyOfCcHeaderMemberOf g", "cc_header_member_of: [g]" },
	{ "-AnyOfToCcHeader a@b.example",
	    "to_or_cc_header_is: [a@b.example]" },
	{ "-AnyOfToCcHeaderMemberOf g", "to_or_cc_header_member_of: [g]" },
	{ "-BetweenMemberOf1 g -BetweenMemberOf2 h",
	    "between_member_of: [g, h]" },
	{ "-BetweenMemberOf1 g", "!BetweenMemberOf1: BetweenMemberOf2 is" },
	{ "-BetweenMemberOf2 g", "!BetweenMemberOf2: BetweenMemberOf1 is" },
	{ "-BetweenMemberOf1 g,i -BetweenMemberOf2 h",
	    "!BetweenMemberOf1: more than one group" },
	{ "-ManagerAddresses a@b.example -ManagerForEvaluatedUser Recipient",
	    "manager_is: {of: recipient, addresses: [a@b.example]}" },
	{ "-ManagerAddresses a@b.example",
	    "!ManagerAddresses: ManagerForEvaluatedUser is neither" },
	{ "-ADComparisonAttribute Department -ADComparisonOperator Equal",
	    "attribute_comparison: {attribute: Department, operator: "
	    "equal}" },
	{ "-ADComparisonOperator Equal", "!ADComparisonOperator: " },
	{ "-SubjectContainsWords '[x]'",
	    "subject_contains_words: [\"[x]\"]" },
	{ "-SubjectMatchesPatterns x", "subject_matches: [x]" },
	{ "-SubjectOrBodyContainsWords x",
	    "subject_or_body_contains_words: [x]" },
	{ "-SubjectOrBodyMatchesPatterns x", "subject_or_body_matches: [x]" },
	{ "-HeaderContainsMessageHeader X-A -HeaderContainsWords b,c",
	    "header_contains: {name: X-A, words: [b, c]}" },
	{ "-HeaderContainsWords b", "!HeaderContainsWords: "
	    "HeaderContainsMessageHeader is missing" },
	{ "-HeaderContainsMessageHeader X-A",
	    "!HeaderContainsMessageHeader: HeaderContainsWords is missing" },
	{ "-HeaderMatchesMessageHeader X-A -HeaderMatchesPatterns '^b'",
	    "header_matches: {name: X-A, patterns: [\"^b\"]}" },
	{ "-HeaderMatchesMessageHeader 'X A' -HeaderMatchesPatterns '^b'",
	    "!HeaderMatchesPatterns: 'X A' is no name" },
	{ "-ContentCharacterSetContainsWords gb2312",
	    "charset_contains_words: [gb2312]" },
	{ "-AttachmentContainsWords x", "attachment_contains_words: [x]" },
	{ "-AttachmentMatchesPatterns x", "attachment_matches: [x]" },
	{ "-AttachmentNameMatchesPatterns 'x\\.pdf'",
	    "attachment_name_matches: [\"x\\\\.pdf\"]" },
	{ "-AttachmentExtensionMatchesWords exe,js",
	    "attachment_extension_is: [exe, js]" },
	{ "-ContentFileTypeMatches pdf", "attachment_type_is: [pdf]" },
	{ "-AttachmentSizeOver 10MB", "attachment_size_over: 10485759" },
	{ "-AttachmentSizeOver 10MB", "# exactly: AttachmentSizeOver: at "
	    "least 10 MiB" },
	{ "-AttachmentSizeOver 0", "!AttachmentSizeOver: 0 is no limit" },
	{ "-AttachmentSizeOver huge", "!AttachmentSizeOver: not a size" },
	{ "-AttachmentHasExecutableContent $true",
	    "attachment_is_executable: true" },
	{ "-AttachmentIsPasswordProtected $true",
	    "attachment_is_encrypted: true" },
	{ "-AttachmentIsUnsupported", "attachment_is_unreadable: true" },
	{ "-AttachmentProcessingLimitExceeded $true",
	    "attachment_limit_exceeded: true" },
	{ "-AttachmentPropertyContainsWords 'Company:A,B'",
	    "attachment_property_contains: {name: Company, words: [A, B]}" },
	{ "-AttachmentPropertyContainsWords 'Company:A','Author:B'",
	    "!AttachmentPropertyContainsWords: several properties" },
	{ "-MessageSizeOver '512 KB (524,288 bytes)'",
	    "message_size_over: 524287" },
	{ "-MessageTypeMatches OOF", "message_type_is: automatic_reply" },
	{ "-MessageTypeMatches PermissionControlled",
	    "message_type_is: rights_protected" },
	{ "-WithImportance High", "importance_is: high" },
	{ "-SCLOver 5", "spam_level_over: 4" },
	{ "-SCLOver 5", "# exactly: SCLOver: at least 5" },
	{ "-SCLOver 0", "spam_level_over: -1" },
	{ "-SCLOver -1", "!SCLOver: -1 is no limit" },
	{ "-SCLOver x", "!SCLOver: a number from 0 to 9 is missing" },
	{ "-SubjectMatchesPatterns '.*'",
	    "!SubjectMatchesPatterns: expression: term 1: '.*': also matches "
	    "no text at all" },
	{ "-HeaderMatchesMessageHeader X-A -HeaderMatchesPatterns 'a','(b'",
	    "!HeaderMatchesPatterns: expression: term 1: '(b'" },
	{ "-SenderADAttributeMatchesPatterns 'City:(b'",
	    "!SenderADAttributeMatchesPatterns: expression: term 1: '(b'" },
	{ "-HasClassification ExSecret", "label_is: [ExSecret]" },
	{ "-HasClassification ExSecret", ":HasClassification: approximated" },
	{ "-HasNoClassification $true", "has_label: false" },
	{ "-HasSenderOverride $true", "has_sender_override: true" },
	{ "-MessageContainsDataClassifications @{Name=\"A\"; minCount=\"2\"; "
	    "maxCount=\"9\"; minConfidence=\"65\"; maxConfidence=\"100\"}",
	    "sensitive_information: [{type: A, min_count: 2, max_count: 9, "
	    "confidence: 65}]" },
	{ "-MessageContainsDataClassifications @{Name='A'; "
	    "maxConfidence='80'}", "!MessageContainsDataClassifications: "
	    "policy.yaml has no highest confidence" },
	{ "-MessageContainsDataClassifications @{Name='A'; odd='80'}",
	    "!MessageContainsDataClassifications: 'odd' of a type" },
	{ "-ApplyRightsProtectionTemplate Encrypt", "template: Encrypt-Only" },
	{ "-ApplyRightsProtectionTemplate 'do not forward'",
	    "template: Do Not Forward" },
	{ "-ApplyRightsProtectionTemplate Own", "  Own:\n    rights: [view]" },
	{ "-ApplyRightsProtectionCustomizationTemplate B", "brand: B" },
	{ "-ApplyOME $true", "template: Encrypt-Only" },
	{ "-RemoveOME $true", "!nothing is left for it to do" },
	{ "-RemoveOMEv2 $true", ":RemoveOMEv2" IGNORED "replies arrive" },
	{ "-RemoveRMSAttachmentEncryption $true",
	    ":RemoveRMSAttachmentEncryption" IGNORED "replies arrive" },
	{ "-RouteMessageOutboundConnector x",
	    "!RouteMessageOutboundConnector: a connector may demand TLS" },
	{ "-RouteMessageOutboundRequireTls $true", "require_tls: true" },
	{ "-RedirectMessageTo a@b.example", "redirect_to: [a@b.example]" },
	{ "-AddToRecipients a@b.example", "add_to: [a@b.example]" },
	{ "-CopyTo a@b.example", "add_cc: [a@b.example]" },
	{ "-BlindCopyTo a@b.example", "add_bcc: [a@b.example]" },
	{ "-AddManagerAsRecipientType Redirect",
	    "add_manager_as: redirect" },
	{ "-ModerateMessageByUser a@b.example",
	    "moderate_by: [a@b.example]" },
	{ "-ModerateMessageByManager $true", "moderate_by: manager" },
	{ "-ModerateMessageByManager $true -ModerateMessageByUser a@b.example",
	    "!ModerateMessageByUser: one rule cannot have two different" },
	{ "-RejectMessageReasonText 'No.'",
	    "reject: {code: 5.7.1, text: No.}" },
	{ "-RejectMessageEnhancedStatusCode 5.7.900",
	    "reject: {code: 5.7.900, text: Refused by the policy of this "
	    "organisation}" },
	{ "-RejectMessageEnhancedStatusCode 4.7.1",
	    "!RejectMessageEnhancedStatusCode: '4.7.1' is no code" },
	{ "-NotifySender RejectUnlessSilentOverride "
	    "-RejectMessageReasonText x",
	    "then:\n      notify_sender: reject_unless_silent_override\n" },
	{ "-SenderNotificationType NotifyOnly",
	    "notify_sender: notify_only" },
	{ "-DeleteMessage $true", "delete: true" },
	{ "-DeleteMessage $false -Quarantine $true",
	    "then:\n      quarantine: true\n" },
	{ "-Disconnect $true", "!Disconnect: of Edge" },
	{ "-SmtpRejectMessageRejectText x",
	    "!SmtpRejectMessageRejectText: of Edge" },
	{ "-SmtpRejectMessageRejectStatusCode 550",
	    "!SmtpRejectMessageRejectStatusCode: of Edge" },
	{ "-LogEventText x", ":LogEventText" IGNORED },
	{ "-PrependSubject 'EXT: '", "prepend_subject: \"EXT: \"" },
	{ "-SetHeaderName X-A -SetHeaderValue b", "set_header: {X-A: b}" },
	{ "-SetHeaderValue b", "!SetHeaderValue: SetHeaderName is missing" },
	{ "-RemoveHeader X-A", "remove_header: [X-A]" },
	{ "-ApplyHtmlDisclaimerText '<b>x</b>' -ApplyHtmlDisclaimerLocation "
	    "Prepend -ApplyHtmlDisclaimerFallbackAction Reject",
	    "disclaimer: {html: \"<b>x</b>\", position: prepend, fallback: "
	    "reject}" },
	{ "-ApplyHtmlDisclaimerLocation Append",
	    "!ApplyHtmlDisclaimerLocation: ApplyHtmlDisclaimerText is" },
	{ "-ApplyClassification ExSecret", "label: ExSecret" },
	{ "-SetSCL -1", "spam_level: -1" },
	{ "-SetAuditSeverity DoNotAudit", "severity: none" },
	{ "-GenerateIncidentReport a@b.example -IncidentReportContent "
	    "Sender,BCC", "incident_report: {to: [a@b.example], include: "
	    "[sender, recipients]}" },
	{ "-GenerateIncidentReport Root -Quarantine $true",
	    ":GenerateIncidentReport: approximated: " },
	{ "-GenerateIncidentReport a@b.example -IncidentReportContent "
	    "Subject,AttachOriginalMail", "include: [subject, original]}" },
	{ "-GenerateIncidentReport a@b.example -IncidentReportOriginalMail "
	    "IncludeOriginalMail", "include: [sender, recipients, subject, "
	    "severity, rules, evidence, original]}" },
	{ "-GenerateIncidentReport a@b.example -IncidentReportContent "
	    "Default", "include: [sender, recipients, subject, severity, "
	    "rules, evidence]}" },
	{ "-GenerateNotification '<p>x</p>'",
	    "notify_recipients: \"<p>x</p>\"" },
	{ "-Mode Audit", "\n    mode: audit\n" },
	{ "-Mode Sometimes", "!Mode: 'Sometimes' is not known" },
	{ "-State Disabled", OFF },
	{ "-State 1", "!State: '1' is neither" },
	{ "-Enabled $false", OFF },
	{ "-Priority 7", "\n    priority: 7\n" },
	{ "-Comments 'a\n b'", "\n    comment: a b\n" },
	{ "-ActivationDate '31/12/2026'", "\n    valid_from: 2026-12-31\n" },
	{ "-ActivationDate '/Date(1767225600000)/'",
	    "\n    valid_from: 2026-01-01\n" },
	{ "-ActivationDate tomorrow", "!ActivationDate: 'tomorrow' is not" },
	{ "-ExpiryDate 31.12.2026", "\n    valid_until: 2026-12-31\n" },
	{ "-RuleErrorAction Ignore", "\n    on_error: ignore\n" },
	{ "-StopRuleProcessing $true", "\n    stop: true\n" },
	{ "-SenderAddressLocation Envelope",
	    ":SenderAddressLocation: mapped" },
	{ "-SenderAddressLocation HeaderOrEnvelope -From a@b.example",
	    "\n    sender_address_location: header_or_envelope\n" },
	{ "-SenderAddressLocation Envelope -From a@b.example",
	    "~sender_address_location" },
	{ "-SenderDomainIs b.example",
	    "\n    sender_address_location: header\n" },
	{ "-ExceptIfFromMemberOf g",
	    "\n    sender_address_location: header\n" },
	{ "-FromScope InOrganization", "~sender_address_location" },
	{ "-SenderAddressLocation Moon", "!SenderAddressLocation: 'Moon'" },
	{ "-RecipientAddressType Original",
	    ":RecipientAddressType" IGNORED },
	{ "-UseLegacyRegex $true", ":UseLegacyRegex" IGNORED },
	{ "-SentToSc InOrganization", "sent_to_scope: inside" },
	{ "-Sent InOrganization", "!Sent: not known" },
	{ "-ExceptIfFrom a@b.example",
	    "except:\n      sender_is: [a@b.example]\n" },
	{ "-ExceptIfHeaderContainsMessageHeader X-A "
	    "-ExceptIfHeaderContainsWords b",
	    "except:\n      header_contains: {name: X-A, words: [b]}\n" },
	{ "-ExceptIfHeaderContainsMessageHeader X-A -HeaderContainsWords b",
	    "!HeaderContainsWords: HeaderContainsMessageHeader is missing" },
	{ "-ExceptIfDeleteMessage $true",
	    "!ExceptIfDeleteMessage: an exception that is not known" },
	{ "-MoonIsFull $true", "!MoonIsFull: not known" },
};

static const struct {
	const char *member, *expect;
} dlp[] = {
	{ "\"AccessScope\":\"NotInOrganization\"",
	    "sent_to_scope: outside" },
	{ "\"DocumentContainsWords\":[\"x\"]",
	    "attachment_contains_words: [x]" },
	{ "\"DocumentMatchesPatterns\":[\"x\"]", "attachment_matches: [x]" },
	{ "\"DocumentNameMatchesPatterns\":[\"x\"]",
	    "attachment_name_matches: [x]" },
	{ "\"ContentExtensionMatchesWords\":[\"exe\"]",
	    "attachment_extension_is: [exe]" },
	{ "\"DocumentSizeOver\":1048576", "attachment_size_over: 1048575" },
	{ "\"DocumentIsPasswordProtected\":true",
	    "attachment_is_encrypted: true" },
	{ "\"DocumentIsUnsupported\":true",
	    "attachment_is_unreadable: true" },
	{ "\"ProcessingLimitExceeded\":true",
	    "attachment_limit_exceeded: true" },
	{ "\"ContentPropertyContainsWords\":[\"Company:A\"]",
	    "attachment_property_contains: {name: Company, words: [A]}" },
	{ "\"MessageIsNotLabeled\":true", "has_label: false" },
	{ "\"AttachmentIsNotLabeled\":true", "attachment_has_label: false" },
	{ "\"ContentIsNotLabeled\":true", "!ContentIsNotLabeled: " },
	{ "\"ContentContainsSensitiveInformation\":[{\"name\":\"A\","
	    "\"confidencelevel\":\"High\"}]",
	    "sensitive_information: [{type: A, confidence: high}]" },
	{ "\"ContentContainsSensitiveInformation\":[{\"name\":\"A\","
	    "\"classifiertype\":\"MLModel\"}]",
	    "!ContentContainsSensitiveInformation: classifiers of type" },
	{ "\"ContentContainsSensitiveInformation\":\"@{name=A}\"",
	    "sensitive_information: [{type: A}]" },
	{ "\"HeaderMatchesPatterns\":{\"X-A\":[\"^b\"]}",
	    "header_matches: {name: X-A, patterns: [\"^b\"]}" },
	{ "\"HeaderMatchesPatterns\":{\"X-A\":[\"^b\"],\"X-B\":[\"c\"]}",
	    "!HeaderMatchesPatterns: several header fields" },
	{ "\"EncryptRMSTemplate\":\"Encrypt\"", "template: Encrypt-Only" },
	{ "\"ApplyBrandingTemplate\":\"B\"", "brand: B" },
	{ "\"EnforcePortalAccess\":true",
	    "demand: {assurance: portal, prefer: [portal]}" },
	{ "\"RemoveRMSTemplate\":true", ":RemoveRMSTemplate" IGNORED },
	{ "\"AddRecipients\":{\"CopyTo\":[\"a@b.example\"]}",
	    "add_cc: [a@b.example]" },
	{ "\"AddRecipients\":{\"AddManagerAsRecipientType\":\"To\"}",
	    "add_manager_as: to" },
	{ "\"Moderate\":{\"ModerateMessageByManager\":true}",
	    "moderate_by: manager" },
	{ "\"BlockAccess\":true",
	    "reject: Refused by the policy of this organisation" },
	{ "\"BlockAccess\":true,\"BlockAccessScope\":\"All\"",
	    ":BlockAccessScope" IGNORED },
	{ "\"BlockAccess\":true,\"NotifyAllowOverride\":"
	    "\"WithoutJustification\",\"NotifyUser\":[\"Owner\"]",
	    "then:\n      notify_sender: reject_unless_silent_override\n" },
	{ "\"NotifyUser\":[\"LastModifier\"]", "notify_sender: notify_only" },
	{ "\"ModifySubject\":{\"SubjectText\":\"x \",\"ReplaceStrategy\":"
	    "\"Prepend\"}", "prepend_subject: \"x \"" },
	{ "\"SetHeader\":{\"X-A\":\"b\"}", "set_header: {X-A: b}" },
	{ "\"SetHeader\":\"X-A:b\"", "set_header: {X-A: b}" },
	{ "\"ApplyHtmlDisclaimer\":{\"Text\":\"x\",\"Position\":\"Prepend\"}",
	    "disclaimer: {html: x, position: prepend, fallback: wrap}" },
	{ "\"ReportSeverityLevel\":\"None\"", "severity: none" },
	{ "\"Disabled\":true", OFF },
	{ "\"Mode\":\"TestWithNotifications\"",
	    "\n    mode: audit_and_notify\n" },
	{ "\"Mode\":\"Disable\"", OFF },
	{ "\"Comment\":\"x\"", "\n    comment: x\n" },
	{ "\"StopPolicyProcessing\":true", "\n    stop: true\n" },
	{ "\"RuleErrorAction\":\"RetryThenBlock\"",
	    "\n    on_error: defer\n" },
	{ "\"AdvancedRule\":\"{\"", "!AdvancedRule: line 1: not JSON" },
	{ "\"AdvancedRule\":{\"Condition\":{\"Operator\":\"Xor\"}}",
	    "!AdvancedRule: an operator is none of" },
	{ "\"AdvancedRule\":{\"Condition\":{\"Operator\":\"Or\","
	    "\"SubConditions\":[]}}", "!AdvancedRule: an operator joins" },
	{ "\"AdvancedRule\":{\"Condition\":{\"ConditionName\":\"From\","
	    "\"Value\":[]}}", "!AdvancedRule From: it has no value" },
	{ "\"AdvancedRule\":{\"Condition\":{\"ConditionName\":"
	    "\"Quarantine\",\"Value\":true}}",
	    "!AdvancedRule Quarantine: not known" },
	{ "\"ContentContainsSensitiveInformation\":[{\"groups\":[{"
	    "\"mltypes\":[{\"name\":\"x\"}]}]}]",
	    "!ContentContainsSensitiveInformation: 'mltypes' in a group" },
};

/* The output is YAML that our own reader takes, with one rule. */
static bool
is_yaml(struct buf *yaml)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct yaml_node *root, *rules;
	struct err err = ERR_INIT;

	if (yaml_read(buf_view(yaml), "y", a, &root, &err) != 0) {
		print_error("%s\n", err.msg);
		return (false);
	}
	rules = yaml_get(root, "rules");
	return (rules != NULL && rules->n == 1);
}

static bool
has(struct buf *b, const char *text)
{
	return (strstr(buf_cstr(b), text) != NULL);
}

static bool
is_expected(struct buf *yaml, struct buf *report, const char *expect)
{
	if (expect[0] == ':')
		return (has(report, expect + 1));
	if (expect[0] == '~')
		return (!has(yaml, expect + 1));
	if (expect[0] == '!')
		return (has(yaml, OFF) && has(yaml, expect + 1) &&
		    has(report, ": disabled: "));
	return (has(yaml, expect));
}

typedef int reader(struct str bytes, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err);

static int
try(reader *read, const char *text, const char *what, const char *expect)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf yaml = BUF_INIT(1u << 20),
	    report = BUF_INIT(1u << 20);
	struct import_options o = { .source = "test" };
	struct outcomes outcomes = { .arena = a };
	struct err err = ERR_INIT;

	if (read(str_of(text), &o, &outcomes, &yaml, &err) != 0) {
		print_error("%s: %s\n", what, err.msg);
		return (1);
	}
	outcome_write(&outcomes, false, &report);
	if (is_yaml(&yaml) && is_expected(&yaml, &report, expect))
		return (0);
	print_error("%s: not \"%s\" in\n%s%s", what, expect,
	    buf_cstr(&yaml), buf_cstr(&report));
	return (1);
}

static void
each_exchange_parameter(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	int bad = 0;

	for (size_t i = 0; i < COUNT_OF(exchange); i++)
		bad += try(import_exchange_rules, arena_printf(a,
		    "<rules><rule name='R'><version><commandBlock><![CDATA["
		    "New-TransportRule -Name R %s]]></commandBlock></version>"
		    "</rule></rules>", exchange[i].typed), exchange[i].typed,
		    exchange[i].expect);
	assert_int_equal(bad, 0);
}

static void
each_dlp_parameter(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	int bad = 0;

	for (size_t i = 0; i < COUNT_OF(dlp); i++)
		bad += try(import_dlp_rules, arena_printf(a,
		    "[{\"Name\":\"R\",%s}]", dlp[i].member), dlp[i].member,
		    dlp[i].expect);
	assert_int_equal(bad, 0);
}

/* Which of the two tables tries a row. */
static bool
is_tried(const char *name)
{
	AUTO_ARENA struct arena *a = arena_new();
	const char *typed = arena_printf(a, "-%s", name),
	    *member = arena_printf(a, "\"%s\"", name);

	if (strcmp(name, "Name") == 0)
		return (true);
	for (size_t i = 0; i < COUNT_OF(exchange); i++)
		if (strstr(exchange[i].typed, typed) != NULL)
			return (true);
	for (size_t i = 0; i < COUNT_OF(dlp); i++)
		if (strstr(dlp[i].member, member) != NULL)
			return (true);
	return (false);
}

static void
each_row_is_tried(void **state UNUSED)
{
	int bad = 0;

	for (int part = PARAMETER_CONDITION; part <= PARAMETER_PROPERTY;
	    part++) {
		size_t n;
		const struct parameter *rows =
		    parameter_rows((enum parameter_part)part, &n);

		for (size_t i = 0; i < n; i++) {
			bool harmless = rows[i].fate == PARAMETER_IGNORED;

			/* Each row says what it does, or why not. */
			assert_true((rows[i].convert != NULL) ==
			    (rows[i].fate <= PARAMETER_APPROXIMATED));
			assert_true(rows[i].key != NULL ||
			    rows[i].note != NULL ||
			    rows[i].convert != NULL);
			if (harmless || is_tried(rows[i].name))
				continue;
			print_error("%s is not tried\n", rows[i].name);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

/* Changed the table? Put what this test prints into the page. */
static void
manual_has_the_table(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf page = BUF_INIT(1u << 20),
	    table = BUF_INIT(1u << 20);
	struct err err = ERR_INIT;

	assert_int_equal(sys_read_file(arena_printf(a,
	    "%s/man/letterlock-import.7", getenv("LETTERLOCK_ROOT")), &page,
	    &err), 0);
	parameter_write_mdoc(&table);
	if (has(&page, buf_cstr(&table)))
		return;
	print_error("%s", buf_cstr(&table));
	fail();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_exchange_parameter),
		cmocka_unit_test(each_dlp_parameter),
		cmocka_unit_test(each_row_is_tried),
		cmocka_unit_test(manual_has_the_table),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
