/* SPDX-License-Identifier: Apache-2.0 */
/* Colours that can be read, and brands as bytes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/brand.h"

#define STEP 15

static double
exactly_linear(unsigned channel)
{
	double c = channel / 255.0;

	return (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
}

/* WCAG 2.2, relative luminance and contrast ratio. */
static double
contrast(uint32_t a, uint32_t b)
{
	double l[2];
	const uint32_t rgb[2] = { a, b };

	for (size_t i = 0; i < 2; i++)
		l[i] = 0.05 + 0.2126 * exactly_linear(rgb[i] >> 16) +
		    0.7152 * exactly_linear(rgb[i] >> 8 & 0xff) +
		    0.0722 * exactly_linear(rgb[i] & 0xff);
	return (l[0] > l[1] ? l[0] / l[1] : l[1] / l[0]);
}

static void
letters_can_be_read(void **state UNUSED)
{
	for (uint32_t r = 0; r < 256; r += STEP)
		for (uint32_t g = 0; g < 256; g += STEP)
			for (uint32_t b = 0; b < 256; b += STEP) {
				uint32_t rgb = r << 16 | g << 8 | b;

				if (contrast(rgb, brand_ink(rgb)) < 4.5)
					fail_msg("#%06x", rgb);
				if (brand_stands_out(rgb) &&
				    contrast(rgb, 0xffffff) < 2.98)
					fail_msg("button #%06x", rgb);
			}
	assert_int_equal(brand_ink(0x0b5cad), 0xffffff);
	assert_int_equal(brand_ink(0xffe08a), 0);
	assert_true(brand_stands_out(0x0b5cad));
	assert_false(brand_stands_out(0xffe08a));
}

static void
colours(void **state UNUSED)
{
	static const char *const bad[] = { "", "0078d4", "#0078d", "#0078d4f",
		"#0078dg", "blue" };
	uint32_t rgb = 1;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(brand_colour_parse(str_of(bad[i]), &rgb));
	assert_true(brand_colour_parse(STR_LIT("#0078D4"), &rgb));
	assert_int_equal(rgb, 0x0078d4);
}

static void
bytes(void **state UNUSED)
{
	struct brand b = { .texts = { [BRAND_BUTTON] = STR_LIT("Open") },
		.logo = STR_LIT("\xff\xd8\xff\xe0"), .background = 0x102030,
		.has_background = true }, got;
	AUTO_BUF struct buf packed = BUF_INIT(1024);
	struct err err = ERR_INIT;

	brand_pack(&b, &packed);
	for (size_t len = 0; len < packed.len; len++)
		assert_int_equal(brand_unpack(str_make(packed.p, len), &got,
		    &err), -1);
	assert_int_equal(brand_unpack(buf_view(&packed), &got, &err), 0);
	assert_true(got.has_background);
	assert_int_equal(got.background, 0x102030);
	assert_true(str_eq(got.texts[BRAND_BUTTON], STR_LIT("Open")));
	assert_int_equal(got.texts[BRAND_DISCLAIMER].len, 0);
	assert_string_equal(brand_logo_type(got.logo), "image/jpeg");
	assert_null(brand_logo_type(STR_LIT("<svg onload=x>")));
	buf_char(&packed, 'x');
	assert_int_equal(brand_unpack(buf_view(&packed), &got, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_can_be_read),
		cmocka_unit_test(colours),
		cmocka_unit_test(bytes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
