/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands: the table of everything the command line can do; one file per
 * noun holds the functions.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command commands[];
extern const size_t commands_count;
extern const struct command certcommands[];	/* `letterlock cert …` */
extern const size_t certcommands_count;

/* One function per row of the table; returns the exit code. */
command_run init_run, serve_run, demo_run, doctor_run;
command_run config_check_run, config_show_run;
command_run policy_check_run, policy_explain_run, policy_fingerprint_run,
    policy_diff_run, policy_apply_run, policy_history_run, policy_rollback_run,
    policy_export_run, policy_simulate_run;
command_run message_list_run, message_show_run, message_revoke_run;
command_run queue_list_run, queue_show_run, queue_destinations_run,
    queue_retry_run, queue_hold_run, queue_release_run, queue_cancel_run;
command_run review_list_run, review_show_run, review_approve_run,
    review_refuse_run;
command_run tls_probe_run;
command_run partner_list_run, partner_show_run, partner_learn_run;
command_run tls_sts_run, tls_records_run;
command_run tls_reports_run, tls_import_report_run;
command_run import_exchange_rules_run, import_dlp_rules_run, import_sit_run,
    import_ome_config_run, import_parameters_run;
command_run dkim_list_run, dkim_create_run, dkim_rotate_run, dkim_dns_run,
    dkim_verify_run;
command_run cert_enrol_run;
command_run cert_list_run, cert_show_run, cert_import_run, cert_export_run,
    cert_issue_run, cert_renew_run, cert_revoke_run, cert_reassign_run,
    cert_leavers_run, cert_publish_run, cert_test_run, cert_lint_run,
    cert_approve_run, cert_refuse_run, cert_destroy_run, cert_redirect_run;
command_run ca_init_run, ca_show_run, ca_crl_run, ca_renew_run;

#endif
