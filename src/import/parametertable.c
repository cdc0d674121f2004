/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parametertable: the conditions of rules. What is not here is not known, and
 * a rule that has it is disabled.
 *
 * Runs in the CLI. Source: New-TransportRule, New-DlpComplianceRule.
 */
#include "import/parametertable.h"

#include "import/convert.h"

#define MAPPED PARAMETER_MAPPED
#define NEARLY PARAMETER_APPROXIMATED
#define REFUSED PARAMETER_REFUSED
#define EXCHANGE PARAMETER_EXCHANGE
#define DLP PARAMETER_DLP
#define BOTH PARAMETER_BOTH

#define GROUPS "people.csv must have a group of that name"
#define COLUMN "people.csv must have a column of that name"
#define AT_LEAST "at least so much, so that policy.yaml has one less"
#define CLASSIFICATION "the classification becomes a label of that name, " \
    "which has to stand in labels:"

static const struct parameter_word scopes[] = {
	{ "InOrganization", "inside" }, { "NotInOrganization", "outside" },
	{ "ExternalPartner", "partner" },
	{ "ExternalNonPartner", "non_partner" }, { NULL, NULL } };
static const struct parameter_word message_types[] = {
	{ "OOF", "automatic_reply" }, { "AutoForward", "auto_forward" },
	{ "Encrypted", "encrypted" }, { "Calendaring", "calendar" },
	{ "PermissionControlled", "rights_protected" },
	{ "Voicemail", "voicemail" }, { "Signed", "signed" },
	{ "ApprovalRequest", "approval_request" },
	{ "ReadReceipt", "read_receipt" }, { NULL, NULL } };
static const struct parameter_word importances[] = {
	{ "Low", "low" }, { "Normal", "normal" }, { "High", "high" },
	{ NULL, NULL } };
static const struct parameter_word managements[] = {
	{ "Manager", "manager" }, { "DirectReport", "direct_report" },
	{ NULL, NULL } };

/* name, fate, source, key, convert, note, with, words */
static const struct parameter conditions[] = {
	{ "From", MAPPED, BOTH, "sender_is", convert_addresses, NULL, NULL,
	    NULL },
	{ "FromMemberOf", MAPPED, BOTH, "sender_member_of", convert_texts,
	    GROUPS, NULL, NULL },
	{ "FromScope", MAPPED, BOTH, "sender_scope", convert_enum, NULL,
	    NULL, scopes },
	{ "FromAddressContainsWords", MAPPED, BOTH,
	    "sender_address_contains_words", convert_texts, NULL, NULL,
	    NULL },
	{ "FromAddressMatchesPatterns", MAPPED, BOTH,
	    "sender_address_matches", convert_patterns, NULL, NULL, NULL },
	{ "SenderDomainIs", MAPPED, BOTH, "sender_domain_is", convert_texts,
	    NULL, NULL, NULL },
	{ "SenderIpRanges", MAPPED, BOTH, "sender_ip_in", convert_networks,
	    NULL, NULL, NULL },
	{ "SenderADAttributeContainsWords", MAPPED, BOTH,
	    "sender_attribute_contains", convert_attribute_words, COLUMN,
	    NULL, NULL },
	{ "SenderADAttributeMatchesPatterns", MAPPED, BOTH,
	    "sender_attribute_matches", convert_attribute_patterns, COLUMN,
	    NULL, NULL },
	{ "SenderManagementRelationship", MAPPED, EXCHANGE,
	    "sender_is_manager_of_recipient", convert_enum, NULL, NULL,
	    managements },
	{ "SenderInRecipientList", REFUSED, EXCHANGE, NULL, NULL,
	    "there are no supervision lists", NULL, NULL },
	{ "SentTo", MAPPED, BOTH, "recipient_is", convert_addresses, NULL,
	    NULL, NULL },
	{ "SentToMemberOf", MAPPED, BOTH, "recipient_member_of",
	    convert_texts, GROUPS, NULL, NULL },
	{ "SentToScope", MAPPED, EXCHANGE, "sent_to_scope", convert_enum,
	    NULL, NULL, scopes },
	{ "AccessScope", MAPPED, DLP, "sent_to_scope", convert_enum, NULL,
	    NULL, scopes },
	{ "RecipientDomainIs", MAPPED, BOTH, "recipient_domain_is",
	    convert_texts, NULL, NULL, NULL },
	{ "RecipientAddressContainsWords", MAPPED, EXCHANGE,
	    "recipient_address_contains_words", convert_texts, NULL, NULL,
	    NULL },
	{ "RecipientAddressMatchesPatterns", MAPPED, EXCHANGE,
	    "recipient_address_matches", convert_patterns, NULL, NULL, NULL },
	{ "AnyOfRecipientAddressContainsWords", MAPPED, BOTH,
	    "any_recipient_address_contains_words", convert_texts, NULL,
	    NULL, NULL },
	{ "AnyOfRecipientAddressMatchesPatterns", MAPPED, BOTH,
	    "any_recipient_address_matches", convert_patterns, NULL, NULL,
	    NULL },
	{ "RecipientADAttributeContainsWords", MAPPED, BOTH,
	    "recipient_attribute_contains", convert_attribute_words, COLUMN,
	    NULL, NULL },
	{ "RecipientADAttributeMatchesPatterns", MAPPED, BOTH,
	    "recipient_attribute_matches", convert_attribute_patterns,
	    COLUMN, NULL, NULL },
	{ "RecipientInSenderList", REFUSED, EXCHANGE, NULL, NULL,
	    "there are no supervision lists", NULL, NULL },
	{ "AnyOfToHeader", MAPPED, EXCHANGE, "to_header_is",
	    convert_addresses, NULL, NULL, NULL },
	{ "AnyOfToHeaderMemberOf", MAPPED, EXCHANGE, "to_header_member_of",
	    convert_texts, GROUPS, NULL, NULL },
	{ "AnyOfCcHeader", MAPPED, EXCHANGE, "cc_header_is",
	    convert_addresses, NULL, NULL, NULL },
	{ "AnyOfCcHeaderMemberOf", MAPPED, EXCHANGE, "cc_header_member_of",
	    convert_texts, GROUPS, NULL, NULL },
	{ "AnyOfToCcHeader", MAPPED, EXCHANGE, "to_or_cc_header_is",
	    convert_addresses, NULL, NULL, NULL },
	{ "AnyOfToCcHeaderMemberOf", MAPPED, EXCHANGE,
	    "to_or_cc_header_member_of", convert_texts, GROUPS, NULL, NULL },
	{ "BetweenMemberOf1", MAPPED, EXCHANGE, "between_member_of",
	    convert_between, GROUPS, "BetweenMemberOf2", NULL },
	{ "BetweenMemberOf2", MAPPED, EXCHANGE, "between_member_of",
	    convert_with, NULL, "BetweenMemberOf1", NULL },
	{ "ManagerAddresses", MAPPED, EXCHANGE, "manager_is",
	    convert_manager, NULL, "ManagerForEvaluatedUser", NULL },
	{ "ManagerForEvaluatedUser", MAPPED, EXCHANGE, "manager_is",
	    convert_with, NULL, "ManagerAddresses", NULL },
	{ "ADComparisonAttribute", MAPPED, EXCHANGE, "attribute_comparison",
	    convert_comparison, COLUMN, "ADComparisonOperator", NULL },
	{ "ADComparisonOperator", MAPPED, EXCHANGE, "attribute_comparison",
	    convert_with, NULL, "ADComparisonAttribute", NULL },
	{ "SubjectContainsWords", MAPPED, BOTH, "subject_contains_words",
	    convert_texts, NULL, NULL, NULL },
	{ "SubjectMatchesPatterns", MAPPED, BOTH, "subject_matches",
	    convert_patterns, NULL, NULL, NULL },
	{ "SubjectOrBodyContainsWords", MAPPED, BOTH,
	    "subject_or_body_contains_words", convert_texts, NULL, NULL,
	    NULL },
	{ "SubjectOrBodyMatchesPatterns", MAPPED, BOTH,
	    "subject_or_body_matches", convert_patterns, NULL, NULL, NULL },
	{ "HeaderContainsWords", MAPPED, BOTH, "header_contains",
	    convert_header_words, NULL, "HeaderContainsMessageHeader",
	    NULL },
	{ "HeaderContainsMessageHeader", MAPPED, EXCHANGE, "header_contains",
	    convert_with, NULL, "HeaderContainsWords", NULL },
	{ "HeaderMatchesPatterns", MAPPED, BOTH, "header_matches",
	    convert_header_patterns, NULL, "HeaderMatchesMessageHeader",
	    NULL },
	{ "HeaderMatchesMessageHeader", MAPPED, EXCHANGE, "header_matches",
	    convert_with, NULL, "HeaderMatchesPatterns", NULL },
	{ "ContentCharacterSetContainsWords", MAPPED, BOTH,
	    "charset_contains_words", convert_texts, NULL, NULL, NULL },
	{ "AttachmentContainsWords", MAPPED, EXCHANGE,
	    "attachment_contains_words", convert_texts, NULL, NULL, NULL },
	{ "AttachmentMatchesPatterns", MAPPED, EXCHANGE,
	    "attachment_matches", convert_patterns, NULL, NULL, NULL },
	{ "DocumentContainsWords", MAPPED, DLP, "attachment_contains_words",
	    convert_texts, NULL, NULL, NULL },
	{ "DocumentMatchesPatterns", MAPPED, DLP, "attachment_matches",
	    convert_patterns, NULL, NULL, NULL },
	{ "AttachmentNameMatchesPatterns", MAPPED, EXCHANGE,
	    "attachment_name_matches", convert_patterns, NULL, NULL, NULL },
	{ "DocumentNameMatchesPatterns", MAPPED, DLP,
	    "attachment_name_matches", convert_patterns, NULL, NULL, NULL },
	{ "AttachmentExtensionMatchesWords", MAPPED, EXCHANGE,
	    "attachment_extension_is", convert_texts, NULL, NULL, NULL },
	{ "ContentExtensionMatchesWords", MAPPED, DLP,
	    "attachment_extension_is", convert_texts, NULL, NULL, NULL },
	{ "ContentFileTypeMatches", MAPPED, BOTH, "attachment_type_is",
	    convert_texts, NULL, NULL, NULL },
	{ "AttachmentSizeOver", MAPPED, EXCHANGE, "attachment_size_over",
	    convert_size, AT_LEAST, NULL, NULL },
	{ "DocumentSizeOver", MAPPED, DLP, "attachment_size_over",
	    convert_size, AT_LEAST, NULL, NULL },
	{ "AttachmentHasExecutableContent", MAPPED, EXCHANGE,
	    "attachment_is_executable", convert_flag, NULL, NULL, NULL },
	{ "AttachmentIsPasswordProtected", MAPPED, EXCHANGE,
	    "attachment_is_encrypted", convert_flag, NULL, NULL, NULL },
	{ "DocumentIsPasswordProtected", MAPPED, DLP,
	    "attachment_is_encrypted", convert_flag, NULL, NULL, NULL },
	{ "AttachmentIsUnsupported", MAPPED, EXCHANGE,
	    "attachment_is_unreadable", convert_flag, NULL, NULL, NULL },
	{ "DocumentIsUnsupported", MAPPED, DLP, "attachment_is_unreadable",
	    convert_flag, NULL, NULL, NULL },
	{ "AttachmentProcessingLimitExceeded", MAPPED, EXCHANGE,
	    "attachment_limit_exceeded", convert_flag, NULL, NULL, NULL },
	{ "ProcessingLimitExceeded", MAPPED, DLP,
	    "attachment_limit_exceeded", convert_flag, NULL, NULL, NULL },
	{ "AttachmentPropertyContainsWords", MAPPED, EXCHANGE,
	    "attachment_property_contains", convert_property_words, NULL,
	    NULL, NULL },
	{ "ContentPropertyContainsWords", MAPPED, DLP,
	    "attachment_property_contains", convert_property_words, NULL,
	    NULL, NULL },
	{ "MessageSizeOver", MAPPED, BOTH, "message_size_over", convert_size,
	    AT_LEAST, NULL, NULL },
	{ "MessageTypeMatches", MAPPED, BOTH, "message_type_is",
	    convert_enum, NULL, NULL, message_types },
	{ "WithImportance", MAPPED, BOTH, "importance_is", convert_enum,
	    NULL, NULL, importances },
	{ "SCLOver", MAPPED, EXCHANGE, "spam_level_over", convert_level,
	    AT_LEAST, NULL, NULL },
	{ "HasClassification", NEARLY, EXCHANGE, "label_is", convert_texts,
	    CLASSIFICATION, NULL, NULL },
	{ "HasNoClassification", MAPPED, EXCHANGE, "has_label",
	    convert_false, NULL, NULL, NULL },
	{ "MessageIsNotLabeled", MAPPED, DLP, "has_label", convert_false,
	    NULL, NULL, NULL },
	{ "AttachmentIsNotLabeled", MAPPED, DLP, "attachment_has_label",
	    convert_false, NULL, NULL, NULL },
	{ "ContentIsNotLabeled", REFUSED, DLP, NULL, NULL,
	    "policy.yaml asks for the message's label and for those of "
	    "attachments in two rules", NULL, NULL },
	{ "HasSenderOverride", MAPPED, BOTH, "has_sender_override",
	    convert_flag, NULL, NULL, NULL },
	{ "MessageContainsDataClassifications", MAPPED, EXCHANGE,
	    "sensitive_information", convert_sensitive, NULL, NULL, NULL },
	{ "ContentContainsSensitiveInformation", MAPPED, DLP,
	    "sensitive_information", convert_sensitive, NULL, NULL, NULL },
};

const struct parameter *
parametertable_conditions(size_t *n)
{
	*n = COUNT_OF(conditions);
	return (conditions);
}
