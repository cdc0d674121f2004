/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: one attachment in, one report out.
 *
 * Runs in a process of its own, with no files, no network and no exec.
 * Security: this process is expected to be taken over one day. It can then
 * lie about the files it is given and see those that come after, until it is
 * replaced; nothing else.
 */
#include "scanner/worker.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "scanc/passing.h"
#include "scanc/scanwire.h"
#include "scanner/converter.h"

static void
set_limits(const struct scanner_config *config)
{
	const struct rlimit memory = { SCANNER_WORKER_BYTES,
		SCANNER_WORKER_BYTES };
	const struct rlimit cpu = { SCANNER_WORKER_CPU_S,
		SCANNER_WORKER_CPU_S };
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CPU, &cpu);
	(void)setrlimit(RLIMIT_CORE, &none);
	if (config->has_limits)
		(void)setrlimit(RLIMIT_AS, &memory);
}

/* The report as a sealed file; -1 ends the worker, whose job is then tried
 * again. */
static int
read_one(struct str packet, int attachment, int *converter, struct arena *a)
{
	struct extract_tools tools = { converter_run, converter, false };
	AUTO_BUF struct buf out = BUF_INIT(SCANWIRE_REPORT_MAX);
	struct scanwire_request request;
	struct extract_report report;
	struct str bytes = STR_NULL;
	struct err err = ERR_INIT;

	if (attachment < 0 ||
	    scanwire_request_parse(packet, &request, &err) == -1 ||
	    passing_map(attachment, EXTRACT_MAX_BYTES, &bytes, &err) == -1)
		return (-1);
	tools.without_rare = request.without_rare;
	extract_read(bytes, request.name, request.declared, &tools, a,
	    &report);
	scanwire_report_format(&report, &out);
	passing_unmap(&bytes);
	return (out.over ? -1 : passing_seal(buf_view(&out), &err));
}

static void
answer_one(int channel, int *converter, struct arena *a)
{
	char packet[SCANWIRE_PACKET_MAX];
	struct pollfd p = { .fd = channel, .events = POLLIN };
	AUTO_FD int attachment = -1;
	ssize_t n;

	(void)poll(&p, 1, -1);
	n = passing_receive(channel, packet, sizeof(packet), &attachment, 1);
	if (n < 0)
		_exit(0);
	if (n == 0)
		return;
	AUTO_FD int report = read_one(str_make(packet, (size_t)n), attachment,
	    converter, a);

	arena_reset(a);
	if (report < 0 || passing_send(channel, STR_LIT("\1"), &report, 1) !=
	    1)
		_exit(1);
}

NORETURN void
worker_run(const struct scanner_config *config, int channel, int converter)
{
	struct arena *a = arena_new();
	struct err err = ERR_INIT;

	set_limits(config);
	if (config->confine_worker(&err) != 0) {
		log_error("worker", "reason=\"%s\"", err.msg);
		_exit(2);
	}
	for (;;)
		answer_one(channel, &converter, a);
}
