/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that are, numbers that were never given out, and keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "scan/validators.h"

/* '+' is one, '-' is not: a wrong check digit, a range that was never given
 * out, a day that does not exist. */
static const struct {
	const char *name;
	char is;
	const char *text;
} cases[] = {
	{ "credit_card", '+', "4111 1111 1111 1111" },
	{ "credit_card", '+', "378282246310005" },
	{ "credit_card", '+', "3782-822463-10005" },
	{ "credit_card", '+', "5555555555554444" },
	{ "credit_card", '+', "2223003122003222" },
	{ "credit_card", '+', "30569309025904" },
	{ "credit_card", '+', "6011111111111117" },
	{ "credit_card", '+', "3530111333300000" },
	{ "credit_card", '+', "6200000000000005" },
	{ "credit_card", '+', "3782 8224 6310 005" },	/* four by four */
	{ "credit_card", '+', "3056-9309-0259-04" },
	{ "credit_card", '+', "135410014004955" },	/* air travel */
	{ "credit_card", '+', "213141592653583" },	/* JCB, older */
	{ "credit_card", '-', "188046191080792" },	/* French, a man's */
	{ "credit_card", '-', "4111111111111112" },
	{ "credit_card", '-', "0000000000000000" },
	{ "credit_card", '-', "9999999999999995" },	/* nobody's range */
	{ "credit_card", '-', "41111111111111111" },	/* 17 digits */
	{ "credit_card", '-', "4222222222222" },	/* 13 */
	{ "eu_debit_card", '+', "6759649826438453" },
	{ "eu_debit_card", '-', "378282246310005" },
	{ "ssn", '+', "536-22-1234" },
	{ "ssn", '-', "000-22-1234" },
	{ "ssn", '-', "666-22-1234" },
	{ "ssn", '-', "536-00-1234" },
	{ "ssn", '-', "536-22-0000" },
	{ "ssn", '-', "900-22-1234" },
	{ "ssn", '-', "740-22-1234" },
	{ "ssn", '-', "868-38-5843" },
	{ "ssn", '-', "078-05-1120" },
	{ "ssn", '-', "111-11-1111" },
	{ "randomized_formatted_ssn", '+', "868-38-5843" },
	{ "randomized_formatted_ssn", '-', "900-38-5843" },
	{ "unformatted_ssn", '+', "536221234" },
	{ "formatted_itin", '+', "911-70-1234" },
	{ "formatted_itin", '-', "911-89-1234" },
	{ "formatted_itin", '-', "811-70-1234" },
	{ "letterlock_us_ein", '+', "12-3456789" },
	{ "letterlock_us_ein", '-', "07-3456789" },
	{ "aba_routing", '+', "111000025" },
	{ "aba_routing", '-', "111000026" },
	{ "aba_routing", '-', "990000009" },
	{ "dea_number", '+', "AP5836727" },
	{ "dea_number", '-', "AP5836728" },
	{ "letterlock_us_npi", '+', "1234567893" },
	{ "letterlock_us_npi", '-', "1234567894" },
	{ "letterlock_us_npi", '-', "9234567893" },
	{ "letterlock_us_mbi", '+', "1EG4-TE5-MK73" },
	{ "letterlock_us_mbi", '-', "1SG4TE5MK73" },
	{ "letterlock_us_mbi", '-', "0EG4TE5MK73" },
	{ "letterlock_vin", '+', "1M8GDM9AXKP042788" },
	{ "letterlock_vin", '-', "1M8GDM9A1KP042788" },
	{ "us_address", '+', "WA 98052" },
	{ "us_address", '+', "new york 10001" },
	{ "us_address", '-', "WA 10001" },
	{ "us_address", '-', "Nowhere 98052" },
	{ "us_date", '+', "12/31/2016" },
	{ "us_date", '+', "Dec 2, 2016" },
	{ "us_date", '-', "31/12/2016" },
	{ "us_date", '-', "02/30/2016" },
	{ "eu_date", '+', "31.12.2016" },
	{ "eu_date", '+', "1er ao\xc3\xbbt 2016" },
	{ "eu_date", '+', "2016-12-31" },
	{ "eu_date", '-', "12/31/2016" },
	{ "eu_date", '-', "2016-13-31" },
	{ "expiration_date", '+', "01/27" },
	{ "expiration_date", '-', "13/27" },
	{ "iban", '+', "GB82 WEST 1234 5698 7654 32" },
	{ "iban", '+', "DE89370400440532013000" },
	{ "iban", '+', "no9386011117947" },
	{ "iban", '-', "GB82 WEST 1234 5698 7654 33" },
	{ "iban", '-', "DE8937040044053201300" },	/* one short */
	{ "iban", '-', "XX82WEST12345698765432" },
	{ "swift", '+', "DEUTDEFF500" },
	{ "swift", '-', "DEUTXXFF500" },
	{ "letterlock_isin", '+', "US0378331005" },
	{ "letterlock_isin", '-', "US0378331006" },
	{ "letterlock_lei", '+', "5493001KJTIIGC8Y1R12" },
	{ "letterlock_lei", '-', "5493001KJTIIGC8Y1R13" },
	{ "letterlock_eu_vat", '+', "DE136695976" },
	{ "letterlock_eu_vat", '+', "ATU13585627" },
	{ "letterlock_eu_vat", '+', "FR 40 303265045" },
	{ "letterlock_eu_vat", '+', "NL004495445B01" },
	{ "letterlock_eu_vat", '-', "DE136695977" },
	{ "letterlock_eu_vat", '-', "ZZ136695976" },
	{ "germany_eu_tax_file_number", '+', "86095742719" },
	{ "germany_eu_tax_file_number", '-', "86095742718" },
	{ "germany_eu_tax_file_number", '-', "12345678903" },
	{ "letterlock_german_id_card", '+', "T220001293" },
	{ "letterlock_german_id_card", '-', "T220001294" },
	{ "letterlock_german_pension_insurance", '+', "15 070649 C 103" },
	{ "letterlock_german_pension_insurance", '-', "15 070649 C 104" },
	{ "german_drivers_license", '+', "B072RRE2I55" },
	{ "german_drivers_license", '-', "B072RRE2I65" },
	{ "french_insee", '+', "2 95 10 99 126 111 93" },
	{ "french_insee", '-', "2 95 10 99 126 111 94" },
	{ "france_eu_tax_file_number", '+', "30 23 217 600 053" },
	{ "france_eu_tax_file_number", '-', "30 23 217 600 054" },
	{ "italy_eu_national_id_card", '+', "RCCMNL83S18D969H" },
	{ "italy_eu_national_id_card", '-', "RCCMNL83S18D969I" },
	{ "spain_eu_DL_and_NI_number_citizen", '+', "54362315-K" },
	{ "spain_eu_DL_and_NI_number_citizen", '-', "54362315Z" },
	{ "spain_eu_DL_and_NI_number_foreigner", '+', "X5253868R" },
	{ "spanish_social_security_number", '+', "28/12345678/40" },
	{ "spanish_social_security_number", '-', "28/12345678/41" },
	{ "netherlands_bsn", '+', "111222333" },
	{ "netherlands_bsn", '-', "111222334" },
	{ "belgium_national_number", '+', "85.07.30-033.28" },
	{ "belgium_national_number", '-', "85.07.30-033.29" },
	{ "pesel_identification_number", '+', "44051401359" },
	{ "pesel_identification_number", '-', "44051401358" },
	{ "swedish_national_identifier", '+', "811228-9874" },
	{ "swedish_national_identifier", '-', "811228-9873" },
	{ "swedish_national_identifier", '-', "811328-9872" },
	{ "finnish_national_id", '+', "131052-308T" },
	{ "finnish_national_id", '-', "131052-308U" },
	{ "denmark_eu_tax_file_number", '+', "211062-5629" },
	{ "denmark_eu_tax_file_number", '-', "321062-5629" },
	{ "norway_id_number", '+', "15108695088" },
	{ "norway_id_number", '-', "15108695077" },
	{ "portugal_eu_tax_file_number", '+', "123456789" },
	{ "austria_eu_ssn_or_equivalent", '+', "1237 010180" },
	{ "austria_eu_ssn_or_equivalent", '-', "2237 010180" },
	{ "swiss_social_security_number_ahv", '+', "756.9217.0769.85" },
	{ "swiss_social_security_number_ahv", '-', "756.9217.0769.84" },
	{ "ireland_pps", '+', "6433435F" },
	{ "ireland_pps", '-', "6433435E" },
	{ "czech_id_card", '+', "710319/2745" },
	{ "czech_id_card", '-', "710319/2746" },
	{ "romania_eu_national_id_card", '+', "1630615123457" },
	{ "romania_eu_national_id_card", '-', "1630615123458" },
	{ "bulgaria_eu_national_id_card", '+', "7523169263" },
	{ "hungary_eu_tax_file_number", '+', "8071592153" },
	{ "hungary_eu_tax_file_number", '-', "8071592152" },
	{ "croatia_oib_number", '+', "33392005961" },
	{ "slovenia_eu_national_id_card", '+', "0101006500006" },
	{ "estonia_eu_national_id_card", '+', "36805280109" },
	{ "latvia_eu_national_id_card", '+', "161175-19997" },
	{ "greece_eu_ssn", '+', "01013099997" },
	{ "uk_nhs_number", '+', "943 476 5919" },
	{ "uk_nhs_number", '-', "943 476 5918" },
	{ "uk_nino", '+', "AB 12 34 56 C" },
	{ "uk_nino", '-', "GB123456C" },
	{ "uk_nino", '-', "DA123456C" },
	{ "uk_eu_tax_file_number", '+', "1955839661" },
	{ "uk_eu_tax_file_number", '-', "2955839661" },
	{ "uk_drivers_license", '+', "MORGA657054SM9IJ" },
	{ "uk_drivers_license", '-', "MORGA697054SM9IJ" },
	{ "canadian_sin", '+', "130 692 544" },
	{ "canadian_sin", '-', "046 454 286" },	/* fictitious */
	{ "unformatted_canadian_sin", '+', "193456787" },
	{ "australian_tax_file_number", '+', "123 456 782" },
	{ "australian_tax_file_number", '-', "999 999 999" },
	{ "australian_business_number", '+', "83 914 571 673" },
	{ "australian_medical_account_number", '+', "2123 45670 1" },
	{ "new_zealand_inland_revenue_number", '+', "49-091-850" },
	{ "new_zealand_inland_revenue_number", '-', "9125568" },
	{ "new_zealand_ministry_of_health_number", '+', "ZBN77VL" },
	{ "new_zealand_ministry_of_health_number", '+', "ZAC5361" },
	{ "new_zealand_ministry_of_health_number", '-', "ZBN77VM" },
	{ "india_aadhaar", '+', "2341 2341 2346" },
	{ "india_aadhaar", '-', "2341 2341 2347" },
	{ "brazil_cpf", '+', "390.533.447-05" },
	{ "brazil_cpf", '-', "111.111.111-11" },
	{ "brazil_cnpj", '+', "16.727.230/0001-97" },
	{ "brazil_cnpj", '+', "12.ABC.345/01DE-35" },
	{ "brazil_cnpj", '-', "12.ABC.345/01DE-36" },
	{ "mexico_population_registry_code", '+', "BOXW310820HNERXN09" },
	{ "Argentina_Unique_Tax_Key", '+', "20-26756539-3" },
	{ "chile_id_card", '+', "12.531.909-2" },
	{ "japanese_my_number_personal", '+', "1234 5678 9018" },
	{ "south_korea_resident_number", '+', "971013-9019902" },
	{ "letterlock_singapore_nric", '+', "S1234567D" },
	{ "letterlock_singapore_nric", '-', "S1234567E" },
	{ "hong_kong_id_card", '+', "A123456(3)" },
	{ "hong_kong_id_card", '-', "A123456(4)" },
	{ "taiwanese_national_id", '+', "A123456789" },
	{ "china_resident_id", '+', "11010519491231002X" },
	{ "china_resident_id", '-', "110105194913310026" },
	{ "south_africa_identification_number", '+', "8001015009087" },
	{ "Turkish_National_Id", '+', "10000000146" },
	{ "Turkish_National_Id", '-', "10000000147" },
	{ "israeli_national_id_number", '+', "123456782" },
	{ "Thai_Citizen_Id", '+', "1-2345-45678-78-1" },
	{ "letterlock_icd10", '+', "E11.9" },
	{ "letterlock_icd10", '-', "H99.1" },
	{ "letterlock_imei", '+', "490154203237518" },
	{ "letterlock_imei", '-', "490154203237517" },
	{ "letterlock_ipv4", '+', "192.0.2.1" },
	{ "letterlock_ipv4", '-', "127.0.0.1" },
	{ "letterlock_ipv6", '+', "2001:db8::1" },
	{ "letterlock_ipv6", '-', "2001::db8::1" },
	{ "letterlock_mac_address", '+', "00:1b:63:84:45:e6" },
	{ "letterlock_mac_address", '-', "ff:ff:ff:ff:ff:ff" },
	{ "letterlock_phone", '+', "+49 (0)30 1234567" },
	{ "letterlock_phone", '-', "+83 12345678" },
	{ "letterlock_bitcoin_address", '+',
	    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa" },
	{ "letterlock_bitcoin_address", '-',
	    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb" },
	{ "letterlock_bitcoin_address", '+',
	    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4" },
	{ "letterlock_bitcoin_address", '+', "bc1p0xlxvlhemja6c4dqv22uapctqup"
	    "fhlxm9h8z3k2e72q4k9hcz7vqzk5jj0" },
	{ "letterlock_bitcoin_address", '-',
	    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5" },
	{ "letterlock_ethereum_address", '+',
	    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" },
	{ "letterlock_ethereum_address", '-',
	    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD" },
	{ "letterlock_ethereum_address", '+',
	    "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed" },
	{ "letterlock_github_token", '+',
	    "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" },
	{ "letterlock_github_token", '-',
	    "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18" },
	{ "letterlock_jwt", '+', "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln" },
	{ "letterlock_jwt", '-', "eyJhIjoxfQ.eyJhIjoxfQ.c2ln" },
	{ "letterlock_jwt", '-', "eyJ!.eyJhIjoxfQ.c2ln" },
	{ "letterlock_password", '+', "password: Winter2026!" },
	{ "letterlock_password", '+', "Passwort ist \"Sommer_77\"" },
	{ "letterlock_password", '-', "password is required" },
	{ "letterlock_password", '-', "password: ********" },
	{ "letterlock_general_secret", '+',
	    "api_key=9f8a7b6c5d4e3f2a1b0c" },
	{ "letterlock_general_secret", '-', "api_key=xxxxxxxxxxxxxxxxxxxx" },
};

static bool
is_valid(const char *name, const char *text)
{
	char full[128];
	const struct validator *v;

	snprintf(full, sizeof(full), "Func_%s", name);
	v = validator_find(str_of(full));
	if (v == NULL || v->is_valid == NULL)
		fail_msg("%s has no check", full);
	return (v->is_valid(str_of(text)));
}

static void
each_case(void **state UNUSED)
{
	size_t wrong = 0;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (is_valid(cases[i].name, cases[i].text) ==
		    (cases[i].is == '+'))
			continue;
		print_message("%s says the wrong thing of %s\n", cases[i].name,
		    cases[i].text);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Checks are called with what a rule's own expression found: anything. */
static void
any_text(void **state UNUSED)
{
	static const char *const texts[] = { "", " ", "-", "0", "A", "\xff",
	    "\xc3\xa9\xc3\xa9", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    "00000000000000000000000000000000000000000000", "....", "=", "_",
	    "bc1", "0x", "+", "a: ", "99999999999", "ZZZZZZZZZ", "GB", "9Z" };
	size_t n;
	const struct validator *v = validators_all(&n);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < COUNT_OF(texts); k++)
			if (v[i].is_valid != NULL)
				(void)v[i].is_valid(str_of(texts[k]));
	for (size_t i = 0; i < n; i++)
		if (v[i].is_valid != NULL)
			assert_false(v[i].is_valid(STR_NULL));
}

static void
finding(void **state UNUSED)
{
	size_t n;
	const struct validator *v = validators_all(&n);

	assert_true(n > 250);
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(validator_find(str_of(v[i].name)), &v[i]);
		assert_true(strncmp(v[i].name, "Func_", 5) == 0);
		assert_true(strlen(v[i].pattern) > 0);
	}
	assert_non_null(validator_find(STR_LIT("func_CREDIT_card")));
	assert_null(validator_find(STR_LIT("Func_credit")));
	assert_null(validator_find(STR_LIT("Func_credit_cards")));
	assert_null(validator_find(STR_LIT("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case),
		cmocka_unit_test(any_text),
		cmocka_unit_test(finding),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
