/* SPDX-License-Identifier: Apache-2.0 */
/*
 * review_test: deciding by a link: whose token opens what, what is decided
 * once, and what a decision needs.
 */
#include "house.h"

#include "queue/review.h"

static const uint8_t page[] = "<!doctype html>the page";
const struct portal_asset portal_assets[] = {
	{ "/r", "text/html; charset=utf-8", page, sizeof(page) - 1, false,
	    "default-src 'self'" },
};
const size_t portal_assets_n = COUNT_OF(portal_assets);

static struct house house;
static struct browser browser;
/* Two people may decide, one about each of two reviews. */
static struct id explicit_review, other_review, item;
static char tokens[2][TOKEN_TEXT_SIZE];

static void
add_reviews(void)
{
	static struct store_reviewer who[2] = { { .address =
		STR_LIT("ann@own") }, { .address = STR_LIT("bob@own") } };
	struct store_payload payload = { id_new(), id_new(),
		STR_LIT("sealed") };
	struct store_item held = { .id = item = id_new(),
		.message = house.message, .payload = payload.id,
		.spool = payload.spool, .kind = STR_LIT("mail"),
		.recipient = STR_LIT("to@x"), .route = STR_LIT("x"),
		.state = STORE_ITEM_HELD };
	struct store_review reviews[2] = {
		{ .id = explicit_review = id_new(), .message = house.message,
		    .kind = STORE_REVIEW_EXPLICIT, .rule = STR_LIT("R \"1\""),
		    .reason = STR_LIT("because"), .severity = STR_LIT("high"),
		    .evidence = STR_LIT("Card: 1111\nIBAN\n"), .items = &item,
		    .n_items = 1, .who = &who[0], .n_who = 1 },
		{ .id = other_review = id_new(), .message = house.message,
		    .kind = STORE_REVIEW_MODERATION, .rule = STR_LIT("R2"),
		    .severity = STR_LIT("none"), .items = &item, .n_items = 1,
		    .who = &who[1], .n_who = 1 } };
	struct store_accept accept = { .payloads = &payload, .n_payloads = 1,
		.items = &held, .n_items = 1, .reviews = reviews,
		.n_reviews = 2 };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 2; i++) {
		uint8_t token[TOKEN_BYTES];

		token_new(token, sizeof(token), tokens[i]);
		token_hash(token, who[i].token);
	}
	ok(store_accept(house.store, &accept, &err), &err);
}

static int
fresh(void **state)
{
	(void)state;
	house_make(&house);
	memset(&browser, 0, sizeof(browser));
	add_reviews();
	return (0);
}

static int
gone(void **state)
{
	(void)state;
	house_remove(&house);
	return (0);
}

static void
post(const struct id *review, const char *rest, const char *body)
{
	char line[200], id[ID_TEXT_SIZE];

	(void)snprintf(line, sizeof(line), "POST /api/v1/reviews/%s%s",
	    id_text(review, id), rest);
	ask_with(&house, &browser, line, FROM_HERE, body);
}

static void
facts(const struct id *review, const char *token)
{
	char body[200];

	(void)snprintf(body, sizeof(body), "{\"token\":\"%s\"}", token);
	post(review, "", body);
}

static void
decide(const struct id *review, const char *token, const char *rest)
{
	char body[2000];

	(void)snprintf(body, sizeof(body), "{\"token\":\"%s\",%s}", token,
	    rest);
	post(review, "/decision", body);
}

static void
expect(unsigned status, const char *text)
{
	if (browser.status != status || strstr(browser.body, text) == NULL)
		fail_msg("%u %s, not %u %s", browser.status, browser.body,
		    status, text);
}

static void
the_token_opens_its_review_only(void **state)
{
	char flipped[TOKEN_TEXT_SIZE], unknown[sizeof(browser.body)];
	struct id none = id_new();

	(void)state;
	facts(&explicit_review, tokens[0]);
	expect(200, "{\"state\":\"open\",\"kind\":\"explicit_override\"");
	expect(200, "\"you\":\"ann@own\"");
	expect(200, "\"recipients\":[\"to@x\"],\"recipients_in_all\":1");
	expect(200, "\"rule\":\"R \\\"1\\\"\",\"reason\":\"because\"");
	expect(200, "\"evidence\":[\"Card: 1111\",\"IBAN\"]");
	expect(200, "\"decided\":null,\"decided_by\":\"\"");
	facts(&none, tokens[0]);
	expect(404, "\"code\":\"not_found\"");
	(void)snprintf(unknown, sizeof(unknown), "%s", browser.body);
	/* Another's token, one wrong at its end, half a token: all the same. */
	facts(&explicit_review, tokens[1]);
	expect(404, unknown);
	(void)snprintf(flipped, sizeof(flipped), "%s", tokens[0]);
	flipped[10] = flipped[10] == 'A' ? 'B' : 'A';
	facts(&explicit_review, flipped);
	expect(404, unknown);
	flipped[10] = '\0';
	facts(&explicit_review, flipped);
	expect(404, unknown);
	ask_with(&house, &browser, "POST /api/v1/reviews/x", FROM_HERE,
	    "{\"token\":\"\"}");
	expect(404, unknown);
	decide(&explicit_review, tokens[1], "\"decision\":\"refuse\"");
	expect(404, unknown);
	facts(&explicit_review, tokens[0]);
	expect(200, "\"state\":\"open\"");
}

static void
only_our_page_decides(void **state)
{
	char line[200], id[ID_TEXT_SIZE];

	(void)state;
	(void)snprintf(line, sizeof(line), "POST /api/v1/reviews/%s/decision",
	    id_text(&other_review, id));
	ask_with(&house, &browser, line, "Content-Type: text/plain\r\n", "{}");
	expect(403, "not_from_here");
	line[0] = 'G', line[1] = 'E', line[2] = 'T', line[3] = ' ';
	memmove(line + 4, line + 5, strlen(line + 5) + 1);
	ask_with(&house, &browser, line, "", "");
	expect(405, "method");
	ask_with(&house, &browser, "GET /r/whatever", "", "");
	expect(200, "the page");
}

static void
a_reason_is_given_where_one_is_needed(void **state)
{
	static const char *const short_ones[] = { "\"decision\":\"send\"",
		"\"decision\":\"send\",\"reason\":\"123456789\"",
		"\"decision\":\"send\",\"reason\":\"           \"" };
	char longer[1300];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(short_ones); i++) {
		decide(&explicit_review, tokens[0], short_ones[i]);
		expect(400, "\"code\":\"reason\"");
	}
	(void)snprintf(longer, sizeof(longer),
	    "\"decision\":\"refuse\",\"reason\":\"%0*d\"", 1001, 0);
	decide(&explicit_review, tokens[0], longer);
	expect(400, "\"code\":\"reason\"");
	/* Ten characters of more bytes; and brackets, escaped. */
	decide(&explicit_review, tokens[0], "\"decision\":\"send\","
	    "\"reason\":\"  \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
	    "\xc3\xa4\xc3\xa4\\u005b\\u007b \"");
	expect(200, "\"state\":\"approved\"");
	expect(200, "\xc3\xa4[{\"");
	expect(200, "\"waits\":true");	/* the other has to agree */
	decide(&other_review, tokens[1], "\"decision\":\"send\"");
	expect(200, "\"state\":\"approved\"");
	expect(200, "\"waits\":false");
}

static void
what_is_no_decision_changes_nothing(void **state)
{
	static const char *const odd[] = { "\"decision\":\"perhaps\"",
		"\"decision\":true", "\"decision\":\"send\",\"more\":\"x\"",
		"\"decision\":\"send\",\"reason\":[\"x\"]",
		"\"reason\":\"x\"", "\"decision\":\"send\"]" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(odd); i++) {
		decide(&other_review, tokens[1], odd[i]);
		expect(400, "\"code\":\"bad_request\"");
	}
	facts(&other_review, tokens[1]);
	expect(200, "\"state\":\"open\"");
}

static void
the_first_decision_stays(void **state)
{
	(void)state;
	decide(&other_review, tokens[1], "\"decision\":\"refuse\","
	    "\"reason\":\"no\"");
	expect(200, "\"state\":\"refused\"");
	expect(200, "\"decided_by\":\"bob@own\",\"decided_by_you\":true");
	expect(200, "\"justification\":\"no\"");
	decide(&other_review, tokens[1], "\"decision\":\"send\"");
	expect(200, "\"state\":\"refused\"");
	/* And the other review has nothing left to decide. */
	facts(&explicit_review, tokens[0]);
	expect(200, "\"state\":\"closed\"");
	decide(&explicit_review, tokens[0], "\"decision\":\"send\","
	    "\"reason\":\"long enough a reason\"");
	expect(200, "\"state\":\"closed\"");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, gone)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_token_opens_its_review_only),
		TEST(only_our_page_decides),
		TEST(a_reason_is_given_where_one_is_needed),
		TEST(what_is_no_decision_changes_nothing),
		TEST(the_first_decision_stays),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
