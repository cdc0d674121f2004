/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget: how many bytes of messages are in work at once, so that many large
 * messages wait for each other instead of filling the machine's memory.
 *
 * New messages are served first come, first served. One that already holds
 * memory and needs more does not stand in line, and one such message at a
 * time may go beyond the maximum: else those that hold a part could wait for
 * each other for ever. Threads: one message per thread.
 */
#ifndef GATEWAY_BUDGET_H
#define GATEWAY_BUDGET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct budget {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	uint64_t max, used;
	uint64_t next_ticket, serving;
	pthread_t overdrawer;
	bool is_overdrawn;
};

/* Nothing taken yet. */
void budget_init(struct budget *b, uint64_t max_bytes);

/* Take more bytes for a message that holds some; waits until the deadline
 * (monotonic). More than the whole budget is granted when nothing else is in
 * work. False: not in time. */
bool budget_take(struct budget *b, uint64_t held, uint64_t more,
    int64_t deadline_ms);

/* Give back all that this thread's message holds. */
void budget_give(struct budget *b, uint64_t bytes);

#endif
