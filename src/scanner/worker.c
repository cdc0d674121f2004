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

static int
get_bytes(const struct scanwire_request *r, int attachment, struct str *bytes)
{
	struct err err = ERR_INIT;

	if (r->is_small) {
		*bytes = r->content;
		return (0);
	}
	return (attachment < 0 ? -1 : passing_map(attachment,
	    EXTRACT_MAX_BYTES, bytes, &err));
}

/* A reply with the report, or with the sealed file that holds it. False ends
 * the worker, whose job is then tried again. */
static bool
answer(int channel, struct str reply)
{
	AUTO_FD int report = -1;
	struct err err = ERR_INIT;

	if (reply.len > SCANWIRE_SMALL_MAX) {
		report = passing_seal(str_sub(reply, 1, reply.len), &err);
		if (report < 0)
			return (false);
		reply.len = 1;
	}
	return (passing_send(channel, reply, &report, report >= 0 ? 1 : 0) ==
	    1);
}

static bool
read_one(int channel, struct str packet, int attachment, int *converter,
    struct arena *a)
{
	struct extract_tools tools = { converter_run, converter, false };
	AUTO_BUF struct buf out = BUF_INIT(SCANWIRE_REPORT_MAX);
	struct scanwire_request request;
	struct extract_report report;
	struct str bytes = STR_NULL;
	struct err err = ERR_INIT;

	if (scanwire_request_parse(packet, &request, &err) == -1 ||
	    get_bytes(&request, attachment, &bytes) == -1)
		return (false);
	tools.without_rare = request.without_rare;
	extract_read(bytes, request.name, request.declared, &tools, a,
	    &report);
	buf_char(&out, 1);
	scanwire_report_format(&report, &out);
	if (!request.is_small)
		passing_unmap(&bytes);
	return (!out.over && answer(channel, buf_view(&out)));
}

static void
answer_one(int channel, int *converter, struct arena *a)
{
	static char packet[SCANWIRE_PACKET_MAX];
	struct pollfd p = { .fd = channel, .events = POLLIN };
	AUTO_FD int attachment = -1;
	ssize_t n;

	(void)poll(&p, 1, -1);
	n = passing_receive(channel, packet, sizeof(packet), &attachment, 1);
	if (n < 0)
		_exit(0);
	if (n == 0)
		return;
	if (!read_one(channel, str_make(packet, (size_t)n), attachment,
	    converter, a))
		_exit(1);
	arena_reset(a);
	explicit_bzero(packet, (size_t)n);
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
