/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parameteraction: the actions and properties of rules. An action that only
 * takes protection away, tells somebody or counts may be left out; one that
 * may protect must not.
 *
 * Runs in the CLI. Source: New-TransportRule, New-DlpComplianceRule,
 * Get-TransportRule, Get-DlpComplianceRule.
 */
#include "import/convert.h"
#include "import/parametertable.h"

#define MAPPED PARAMETER_MAPPED
#define NEARLY PARAMETER_APPROXIMATED
#define IGNORED PARAMETER_IGNORED
#define REFUSED PARAMETER_REFUSED
#define EXCHANGE PARAMETER_EXCHANGE
#define DLP PARAMETER_DLP
#define BOTH PARAMETER_BOTH

#define PLAIN(name, fate, source, key, convert) \
	{ name, fate, source, key, convert, NULL, NULL, NULL }
#define NOTED(name, fate, source, key, convert, note) \
	{ name, fate, source, key, convert, note, NULL, NULL }
#define IGNORE(name, source, note) \
	{ name, IGNORED, source, NULL, NULL, note, NULL, NULL }

#define RECORD "a record of the export, no part of the rule"
#define NOT_MAIL "does not concern mail"
#define OWN_WORDS "notices have their own words"
#define REPLIES "replies arrive readable, there is nothing to take away"
#define EDGE "of Edge Transport servers; use reject or the log"

static const struct parameter_word severities[] = {
	{ "DoNotAudit", "none" }, { "None", "none" }, { "Low", "low" },
	{ "Medium", "medium" }, { "High", "high" }, { NULL, NULL } };
static const struct parameter_word managers[] = {
	{ "To", "to" }, { "Cc", "cc" }, { "Bcc", "bcc" },
	{ "Redirect", "redirect" }, { NULL, NULL } };
static const struct parameter_word notifications[] = {
	{ "NotifyOnly", "notify_only" }, { "RejectMessage", "reject" },
	{ "RejectUnlessFalsePositiveOverride",
	    "reject_unless_false_positive" },
	{ "RejectUnlessSilentOverride", "reject_unless_silent_override" },
	{ "RejectUnlessExplicitOverride",
	    "reject_unless_explicit_override" }, { NULL, NULL } };

static const struct parameter actions[] = {
	PLAIN("ApplyRightsProtectionTemplate", MAPPED, EXCHANGE, "template",
	    convert_template),
	NOTED("ApplyRightsProtectionCustomizationTemplate", MAPPED, EXCHANGE,
	    "brand", convert_text, "bring the brand with `letterlock import "
	    "ome-config`"),
	PLAIN("EncryptRMSTemplate", MAPPED, DLP, "template",
	    convert_template),
	NOTED("ApplyBrandingTemplate", MAPPED, DLP, "brand", convert_text,
	    "bring the brand with `letterlock import ome-config`"),
	PLAIN("EnforcePortalAccess", MAPPED, DLP, "demand", convert_portal),
	NOTED("ApplyOME", NEARLY, EXCHANGE, "template", convert_template,
	    "the retired encryption becomes Encrypt-Only"),
	IGNORE("RemoveOME", EXCHANGE, REPLIES),
	IGNORE("RemoveOMEv2", EXCHANGE, REPLIES),
	IGNORE("RemoveRMSAttachmentEncryption", EXCHANGE, REPLIES),
	IGNORE("RemoveRMSTemplate", DLP, REPLIES),
	NOTED("RouteMessageOutboundConnector", REFUSED, EXCHANGE, NULL, NULL,
	    "a connector may demand TLS: use require_tls, or a route in "
	    "letterlock.conf"),
	PLAIN("RouteMessageOutboundRequireTls", MAPPED, EXCHANGE,
	    "require_tls", convert_flag),
	PLAIN("RedirectMessageTo", MAPPED, BOTH, "redirect_to",
	    convert_addresses),
	PLAIN("AddToRecipients", MAPPED, EXCHANGE, "add_to",
	    convert_addresses),
	PLAIN("CopyTo", MAPPED, EXCHANGE, "add_cc", convert_addresses),
	PLAIN("BlindCopyTo", MAPPED, EXCHANGE, "add_bcc",
	    convert_addresses),
	PLAIN("AddRecipients", MAPPED, DLP, "add_to", convert_add_recipients),
	{ "AddManagerAsRecipientType", MAPPED, EXCHANGE, "add_manager_as",
	    convert_enum, NULL, NULL, managers },
	PLAIN("ModerateMessageByUser", MAPPED, EXCHANGE, "moderate_by",
	    convert_addresses),
	PLAIN("ModerateMessageByManager", MAPPED, EXCHANGE, "moderate_by",
	    convert_manager_moderates),
	PLAIN("Moderate", MAPPED, DLP, "moderate_by", convert_moderate),
	{ "RejectMessageReasonText", MAPPED, EXCHANGE, "reject",
	    convert_reject, NULL, "RejectMessageEnhancedStatusCode", NULL },
	{ "RejectMessageEnhancedStatusCode", MAPPED, EXCHANGE, "reject",
	    convert_reject, NULL, "RejectMessageReasonText", NULL },
	PLAIN("BlockAccess", MAPPED, DLP, "reject", convert_block),
	IGNORE("BlockAccessScope", DLP, "mail that is refused reaches "
	    "nobody"),
	PLAIN("DeleteMessage", MAPPED, EXCHANGE, "delete", convert_flag),
	PLAIN("Quarantine", MAPPED, BOTH, "quarantine", convert_flag),
	NOTED("Disconnect", REFUSED, EXCHANGE, NULL, NULL, EDGE),
	NOTED("SmtpRejectMessageRejectText", REFUSED, EXCHANGE, NULL, NULL,
	    EDGE),
	NOTED("SmtpRejectMessageRejectStatusCode", REFUSED, EXCHANGE, NULL,
	    NULL, EDGE),
	IGNORE("LogEventText", EXCHANGE, "every decision is recorded"),
	PLAIN("PrependSubject", MAPPED, BOTH, "prepend_subject",
	    convert_text),
	PLAIN("ModifySubject", MAPPED, DLP, "prepend_subject",
	    convert_modify_subject),
	{ "SetHeaderName", MAPPED, EXCHANGE, "set_header",
	    convert_set_header, NULL, "SetHeaderValue", NULL },
	{ "SetHeaderValue", MAPPED, EXCHANGE, "set_header", convert_with,
	    NULL, "SetHeaderName", NULL },
	PLAIN("SetHeader", MAPPED, DLP, "set_header", convert_set_header),
	PLAIN("RemoveHeader", MAPPED, BOTH, "remove_header", convert_texts),
	{ "ApplyHtmlDisclaimerText", MAPPED, EXCHANGE, "disclaimer",
	    convert_disclaimer, NULL, NULL, NULL },
	{ "ApplyHtmlDisclaimerLocation", MAPPED, EXCHANGE, "disclaimer",
	    convert_with, NULL, "ApplyHtmlDisclaimerText", NULL },
	{ "ApplyHtmlDisclaimerFallbackAction", MAPPED, EXCHANGE,
	    "disclaimer", convert_with, NULL, "ApplyHtmlDisclaimerText",
	    NULL },
	PLAIN("ApplyHtmlDisclaimer", MAPPED, DLP, "disclaimer",
	    convert_disclaimer),
	NOTED("ApplyClassification", NEARLY, EXCHANGE, "label", convert_text,
	    "the classification becomes a label of that name, which has to "
	    "stand in labels:"),
	PLAIN("SetSCL", MAPPED, EXCHANGE, "spam_level", convert_number),
	{ "SetAuditSeverity", MAPPED, EXCHANGE, "severity", convert_enum,
	    NULL, NULL, severities },
	{ "ReportSeverityLevel", MAPPED, DLP, "severity", convert_enum, NULL,
	    NULL, severities },
	{ "NotifySender", MAPPED, EXCHANGE, "notify_sender", convert_enum,
	    NULL, NULL, notifications },
	PLAIN("NotifyUser", MAPPED, DLP, "notify_sender",
	    convert_notify_user),
	PLAIN("NotifyAllowOverride", MAPPED, DLP, "notify_sender",
	    convert_override),
	{ "GenerateIncidentReport", MAPPED, BOTH, "incident_report",
	    convert_incident, NULL, "IncidentReportContent", NULL },
	{ "IncidentReportContent", MAPPED, BOTH, "incident_report",
	    convert_with, NULL, "GenerateIncidentReport", NULL },
	{ "IncidentReportOriginalMail", MAPPED, EXCHANGE, "incident_report",
	    convert_with, NULL, "GenerateIncidentReport", NULL },
	PLAIN("GenerateNotification", MAPPED, EXCHANGE, "notify_recipients",
	    convert_text),
	IGNORE("GenerateAlert", DLP, "use incident_report to be told"),
	IGNORE("AlertProperties", DLP, "use incident_report to be told"),
	IGNORE("NotifyEmailCustomText", DLP, OWN_WORDS),
	IGNORE("NotifyEmailCustomSubject", DLP, OWN_WORDS),
	IGNORE("NotifyEmailCustomSenderDisplayName", DLP, OWN_WORDS),
	IGNORE("NotifyPolicyTipCustomText", DLP, OWN_WORDS),
	IGNORE("NotifyPolicyTipCustomTextTranslations", DLP, OWN_WORDS),
	IGNORE("NotifyPolicyTipDialogOption", DLP, OWN_WORDS),
	IGNORE("NotifyPolicyTipDisplayOption", DLP, OWN_WORDS),
	IGNORE("NotifyPolicyTipUrl", DLP, OWN_WORDS),
	IGNORE("NotifyUserType", DLP, OWN_WORDS),
	IGNORE("NotifyOverrideRequirements", DLP, "see NotifyAllowOverride"),
	IGNORE("NotifyEmailOnedriveRemediationActions", DLP, NOT_MAIL),
	IGNORE("NotifyEmailExchangeIncludeAttachment", DLP, OWN_WORDS),
	IGNORE("NotifyEndpointUser", DLP, NOT_MAIL),
	IGNORE("EndpointDlpRestrictions", DLP, NOT_MAIL),
	IGNORE("EndpointDlpBrowserRestrictions", DLP, NOT_MAIL),
	IGNORE("OnPremisesScannerDlpRestrictions", DLP, NOT_MAIL),
	IGNORE("ThirdPartyAppDlpRestrictions", DLP, NOT_MAIL),
	IGNORE("RestrictBrowserAccess", DLP, NOT_MAIL),
	IGNORE("TriggerPowerAutomateFlow", DLP, "every decision is recorded"),
};

static const struct parameter properties[] = {
	PLAIN("Name", MAPPED, BOTH, "name", convert_name),
	PLAIN("Mode", MAPPED, BOTH, "mode", convert_mode),
	PLAIN("State", MAPPED, EXCHANGE, "enabled", convert_enabled),
	PLAIN("Enabled", MAPPED, EXCHANGE, "enabled", convert_enabled),
	PLAIN("Disabled", MAPPED, DLP, "enabled", convert_disabled),
	PLAIN("Priority", MAPPED, BOTH, "priority", convert_priority),
	PLAIN("Comments", MAPPED, EXCHANGE, "comment", convert_comment),
	PLAIN("Comment", MAPPED, DLP, "comment", convert_comment),
	PLAIN("ActivationDate", MAPPED, BOTH, "valid_from",
	    convert_from_date),
	PLAIN("ExpiryDate", MAPPED, BOTH, "valid_until",
	    convert_until_date),
	PLAIN("RuleErrorAction", MAPPED, BOTH, "on_error",
	    convert_error_action),
	PLAIN("StopRuleProcessing", MAPPED, EXCHANGE, "stop", convert_stop),
	PLAIN("StopPolicyProcessing", MAPPED, DLP, "stop", convert_stop),
	PLAIN("SenderAddressLocation", MAPPED, BOTH,
	    "sender_address_location", convert_location),
	NOTED("RecipientAddressType", IGNORED, EXCHANGE, NULL, NULL,
	    "recipients are judged as they are delivered"),
	IGNORE("UseLegacyRegex", EXCHANGE, "expressions are read as they "
	    "are written: check each"),
	IGNORE("RuleSubType", EXCHANGE, RECORD),
	IGNORE("DlpPolicy", EXCHANGE, RECORD),
	IGNORE("Policy", DLP, RECORD),
	IGNORE("ParentPolicyName", DLP, RECORD),
	IGNORE("PolicyId", DLP, RECORD),
	IGNORE("AdvancedRule", DLP, RECORD),	/* dlprules.c reads it */
	IGNORE("IsAdvancedRule", DLP, RECORD),
	IGNORE("Workload", DLP, RECORD),
	IGNORE("LogicalWorkload", DLP, RECORD),
	IGNORE("ReadOnly", DLP, RECORD),
	IGNORE("ExternalScenario", DLP, RECORD),
	IGNORE("Conditions", EXCHANGE, RECORD),
	IGNORE("Exceptions", EXCHANGE, RECORD),
	IGNORE("Actions", EXCHANGE, RECORD),
	IGNORE("Description", EXCHANGE, RECORD),
	IGNORE("DlpPolicyId", EXCHANGE, RECORD),
	IGNORE("RuleVersion", EXCHANGE, RECORD),
	IGNORE("Size", EXCHANGE, RECORD),
	IGNORE("ManuallyModified", EXCHANGE, RECORD),
	IGNORE("IsRuleConfigurationSupported", EXCHANGE, RECORD),
	IGNORE("RuleConfigurationUnsupportedReason", EXCHANGE, RECORD),
	IGNORE("CreatedBy", BOTH, RECORD),
	IGNORE("LastModifiedBy", BOTH, RECORD),
	IGNORE("Identity", BOTH, RECORD),
	IGNORE("DistinguishedName", BOTH, RECORD),
	IGNORE("Guid", BOTH, RECORD),
	IGNORE("Id", BOTH, RECORD),
	IGNORE("ImmutableId", BOTH, RECORD),
	IGNORE("MasterIdentity", BOTH, RECORD),
	IGNORE("ExchangeObjectId", BOTH, RECORD),
	IGNORE("ObjectGuid", BOTH, RECORD),
	IGNORE("ObjectCategory", BOTH, RECORD),
	IGNORE("ObjectClass", BOTH, RECORD),
	IGNORE("ObjectState", BOTH, RECORD),
	IGNORE("ObjectVersion", BOTH, RECORD),
	IGNORE("OriginatingServer", BOTH, RECORD),
	IGNORE("OrganizationId", BOTH, RECORD),
	IGNORE("OrganizationalUnitRoot", BOTH, RECORD),
	IGNORE("ExchangeVersion", BOTH, RECORD),
	IGNORE("AdminDisplayName", BOTH, RECORD),
	IGNORE("IsValid", BOTH, RECORD),
	IGNORE("WhenChanged", BOTH, RECORD),
	IGNORE("WhenChangedUTC", BOTH, RECORD),
	IGNORE("WhenCreated", BOTH, RECORD),
	IGNORE("WhenCreatedUTC", BOTH, RECORD),
	IGNORE("RunspaceId", BOTH, RECORD),
	IGNORE("PSComputerName", BOTH, RECORD),
	IGNORE("PSShowComputerName", BOTH, RECORD),
	IGNORE("Confirm", BOTH, "asks at the keyboard only"),
	IGNORE("WhatIf", BOTH, "asks at the keyboard only"),
	IGNORE("DomainController", EXCHANGE, RECORD),
};

const struct parameter *
parametertable_actions(size_t *n)
{
	*n = COUNT_OF(actions);
	return (actions);
}

const struct parameter *
parametertable_properties(size_t *n)
{
	*n = COUNT_OF(properties);
	return (properties);
}
