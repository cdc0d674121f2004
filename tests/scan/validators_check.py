#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our validators against python3-stdnum and against identifiers others made.

	validators_check.py validators_dump

Thousands of numbers are made so that about half of them are valid: random
digits with every possible check digit tried, valid numbers with one character
changed or two exchanged. Both sides must say the same. The identifiers of
dlp/identifiers.jsonl in the test data are compared in a table; what we answer
differently on purpose is explained in EXPLAINED.
"""
import collections
import importlib
import importlib.util
import json
import os
import pathlib
import random
import re
import subprocess
import sys

dump = sys.argv[1]
data = pathlib.Path(os.environ.get("LETTERLOCK_TEST_DATA", "../shared/data")) / "dlp" / "identifiers.jsonl"
PER_TYPE, SEED = 800, 20011

# Function, stdnum module, shape: 9 a digit, A a letter, * either, {..} one of.
AGAINST = [
    ("Func_aba_routing", "us.rtn", "{00 01 06 12 21 32 61 72 80 13 33}9999999"),
    ("Func_letterlock_us_ein", "us.ein", "99-9999999"),
    ("Func_randomized_unformatted_ssn", "us.ssn", "999999999"),
    ("Func_unformatted_itin", "us.itin", "{9}99999999"),
    ("Func_letterlock_canada_business", "ca.bn", "999999999"),
    ("Func_unformatted_canadian_sin", "ca.sin", "999999999"),
    ("Func_brazil_cpf", "br.cpf", "99999999999"),
    ("Func_brazil_cnpj", "br.cnpj", "99999999999999"),
    ("Func_mexico_population_registry_code", "mx.curp", "AAAA{80 99 05}{01 12 13}{10 28 31}{H M}{AS DF NE XX}BBB*9"),
    ("Func_Argentina_Unique_Tax_Key", "ar.cuit", "{20 23 27 30 33 40}999999999"),
    ("Func_letterlock_argentina_cbu", "ar.cbu", "9999999999999999999999"),
    ("Func_chile_id_card", "cl.rut", "99999999{0 1 2 3 4 5 6 7 8 9 K}"),
    ("Func_letterlock_colombia_nit", "co.nit", "999999999"),
    ("Func_letterlock_peru_ruc", "pe.ruc", "{10 15 17 20 30}999999999"),
    ("Func_letterlock_ecuador_id", "ec.ci", "{01 17 24 30 29}99999999"),
    ("Func_letterlock_dominican_cedula", "do.cedula", "00199999999"),
    ("Func_australian_tax_file_number", "au.tfn", "999999999"),
    ("Func_australian_business_number", "au.abn", "99999999999"),
    ("Func_Australian_Company_Number", "au.acn", "999999999"),
    ("Func_new_zealand_inland_revenue_number", "nz.ird", "{0 1}99999999"),
    ("Func_south_africa_identification_number", "za.idnr", "{80 99 05}{01 12 13}{10 28 31}9999{0 1}{8 9}9"),
    ("Func_india_aadhaar", "in_.aadhaar", "999999999999"),
    ("Func_letterlock_india_pan", "in_.pan", "AAA{P C H Q}A9999A"),
    ("Func_letterlock_india_gstin", "in_.gstin", "{01 27 37}AAA{P C}A9999A{1 Z 9}Z*"),
    ("Func_japanese_my_number_corporate", "jp.cn", "9999999999999"),
    ("Func_south_korea_resident_number", "kr.rrn", "{80 99 05}{01 12 13}{10 28 31}{1 2 3 4}{00 45 96}9999"),
    ("Func_letterlock_korea_business", "kr.brn", "{101 104 220}{81 82 85}99999"),
    ("Func_china_resident_id", "cn.ric", "{110101 440305}{19800229 19991231 20010131 20011301}999{0 1 2 3 4 5 6 7 8 9 X}"),
    ("Func_Thai_Citizen_Id", "th.pin", "{1 2 5 8}999999999999"),
    ("Func_israeli_national_id_number", "il.idnr", "999999999"),
    ("Func_Turkish_National_Id", "tr.tckimlik", "99999999999"),
    ("Func_letterlock_malaysia_mykad", "my.nric", "{80 99 05}{01 12 13}{10 28 31}999999"),
    ("Func_germany_eu_tax_file_number", "de.idnr", "{8609574271 1234567899 3692581470}9"),
    ("Func_germany_value_added_tax_number", "de.vat", "DE999999999"),
    ("Func_austria_eu_ssn_or_equivalent", "at.vnr", "9999{01 15 31}{01 06 12}{80 99}"),
    ("Func_austria_eu_tax_file_number", "at.tin", "{03 54 59 90 98}9999999"),
    ("Func_Austria_Value_Added_Tax", "at.uid", "ATU99999999"),
    ("Func_swiss_social_security_number_ahv", "ch.ssn", "7569999999999"),
    ("Func_letterlock_switzerland_uid", "ch.uid", "CHE999999999"),
    ("Func_french_insee", "fr.nir", "{1 2}{80 99}{01 12}{75 13 2A 2B}999999{01 13 47 95 97}"),
    ("Func_letterlock_france_siren", "fr.siren", "999999999"),
    ("Func_letterlock_france_siren", "fr.siret", "{732829320 404833048 356000000}99999"),
    ("Func_france_value_added_tax_number", "fr.tva", "FR99999999999"),
    ("Func_belgium_national_number", "be.nn", "{80 99 05}{01 12}{10 28}99999"),
    ("Func_belgium_value_added_tax_number", "be.vat", "BE0999999999"),
    ("Func_netherlands_bsn", "nl.bsn", "999999999"),
    ("Func_netherlands_value_added_tax_number", "nl.btw", "NL999999999B99"),
    ("Func_ireland_pps", "ie.pps", "9999999A"),
    ("Func_ireland_pps", "ie.pps", "9999999A{A B I W T X}"),
    ("Func_italy_eu_national_id_card", "it.codicefiscale",
     "AAAAAA{80 99 L5}{A C E T}{10 28 5M 68}{H501 F2L5 Z404}A"),
    ("Func_italy_value_added_tax_number", "it.iva", "9999999{001 058 100 120 888 101}9"),
    ("Func_letterlock_spain_dni_or_nie", "es.dni", "99999999A"),
    ("Func_spain_eu_DL_and_NI_number_foreigner", "es.nie", "{X Y Z}9999999A"),
    ("Func_spain_eu_tax_file_number", "es.nif", "{A B C D F G H J N P Q R S U V W}9999999*"),
    ("Func_letterlock_spain_bank_account", "es.ccc", "99999999999999999999"),
    ("Func_portugal_eu_tax_file_number", "pt.nif", "999999999"),
    ("Func_letterlock_portugal_citizen_card", "pt.cc", "999999999ZZ9"),
    ("Func_greece_eu_ssn", "gr.amka", "{01 15 29 31}{01 02 06 12}{80 99 01}99999"),
    ("Func_letterlock_greece_tax", "gr.vat", "999999999"),
    ("Func_cyprus_eu_tax_file_number", "cy.vat", "99999999A"),
    ("Func_sweden_eu_tax_file_number", "se.personnummer", "{80 99 05}{01 12}{10 28 29}9999"),
    ("Func_letterlock_sweden_organisation", "se.orgnr", "556{0 9}99-9999"),
    ("Func_finnish_national_id", "fi.hetu", "{01 15 29 31}{01 02 06 12}{80 99 01}{- A +}999*"),
    ("Func_denmark_eu_tax_file_number", "dk.cpr", "{01 15 29 31}{01 02 06 12}{80 99 01}9999"),
    ("Func_norway_id_number", "no.fodselsnummer", "{01 15 55}{01 06 52}{80 60}{100 300 499}99"),
    ("Func_letterlock_norway_organisation", "no.orgnr", "{8 9}99999999"),
    ("Func_letterlock_iceland_kennitala", "is_.kennitala", "{01 15 55}{01 06}{80 60}9999"),
    ("Func_estonia_eu_national_id_card", "ee.ik", "{3 4 5 6}{80 99 05}{01 12}{10 28 29}9999"),
    ("Func_lithuania_eu_tax_file_number", "lt.asmens", "{3 4 5 6}{80 99 05}{01 12}{10 28 29}9999"),
    ("Func_latvia_eu_national_id_card", "lv.pvn", "{01 15 29}{01 12}{80 99}{0 1 2}9999"),
    ("Func_pesel_identification_number", "pl.pesel", "{80 99 05}{01 12 21 32 93}{10 28 29}99999"),
    ("Func_poland_eu_tax_file_number", "pl.nip", "9999999999"),
    ("Func_polish_regon_number", "pl.regon", "999999999"),
    ("Func_polish_regon_number", "pl.regon", "{192598184 123456785}99999"),
    ("Func_czech_id_card", "cz.rc", "{80 99 05 53}{01 12 51 62}{10 28}9999"),
    ("Func_slovakia_eu_national_id_card", "sk.rc", "{45 53 21}{01 12 51 62}{10 28}999"),
    ("Func_hungarian_value_added_tax_number", "hu.anum", "HU99999999"),
    ("Func_romania_eu_national_id_card", "ro.cnp", "{1 2 5 6 7}{80 99 05}{01 12}{10 28}{01 40 52}9999"),
    ("Func_bulgaria_eu_national_id_card", "bg.egn", "{80 99 05}{01 12 21 32 52}{10 28}9999"),
    ("Func_slovenia_eu_national_id_card", "si.emso", "{01 15}{01 06 12}{980 999 001}{50}9999"),
    ("Func_slovenia_eu_tax_file_number", "si.ddv", "99999999"),
    ("Func_croatia_oib_number", "hr.oib", "99999999999"),
    ("Func_letterlock_russia_inn", "ru.inn", "9999999999"),
    ("Func_letterlock_russia_inn", "ru.inn", "999999999999"),
    ("Func_letterlock_ukraine_tax", "ua.rntrc", "9999999999"),
    ("Func_uk_nhs_number", "gb.nhs", "9999999999"),
    ("Func_uk_eu_tax_file_number", "gb.utr", "9999999999"),
    ("Func_letterlock_uk_pupil_number", "gb.upn", "A{801 936}999999999"),
    ("Func_letterlock_eu_vat", "eu.vat",
     "{AT BE BG CY CZ DE DK EE EL ES FI FR GB HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI}9999999999"),
    *[("Func_iban", "iban", s) for s in (
        "GB99WEST99999999999999", "DE99999999999999999999", "NL99ABNA9999999999", "AT999999999999999999",
        "FR9930006000011234567890{0 1 2 3 4 5 6 7 8 9}99", "PL99999999999999999999999999", "IT99X0542811101000000123456",
        "MT99MALT011000012345MTLCAST001S", "SE9999999999999999999999")],
    ("Func_letterlock_isin", "isin", "{US DE GB XS QQ}99999999{0 A}9"),
    ("Func_letterlock_lei", "lei", "21380099999999999999"),
    ("Func_letterlock_imei", "imei", "999999999999999"),
    ("Func_swift", "bic", "AAAA{DE US ZZ FR}**"),
]
# VAT numbers by country: the digits behind the letters have their own shapes.
VAT = {"AT": "U99999999", "BE": "0999999999", "BG": "999999999", "CY": "99999999A", "CZ": "99999999", "DE": "999999999",
       "DK": "99999999", "EE": "999999999", "EL": "999999999", "ES": "A99999999", "FI": "99999999", "FR": "99999999999",
       "GB": "999999999", "HR": "99999999999", "HU": "99999999", "IE": "9999999A", "IT": "9999999{001 058}9",
       "LT": "9999999{1}{0 1 2 3 4 5 6 7 8}", "LU": "99999999", "LV": "{4 5 9}9999999999", "MT": "99999999", "NL": "999999999B01",
       "PL": "9999999999", "PT": "999999999", "RO": "99999999", "SE": "999999999901", "SI": "99999999",
       "SK": "99{2 3 4 7 8 9}9999999"}


def make(shape, rng):
    """One text of a shape."""
    def pick(m):
        return rng.choice(m.group(1).split()).replace("9", "\x00").replace("A", "\x01").replace("*", "\x02")
    text = re.sub(r"\{([^}]*)\}", pick, shape)
    out = "".join(rng.choice("0123456789") if c == "9" else rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") if c == "A" else
                  rng.choice("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") if c == "*" else c for c in text)
    return out.replace("\x00", "9").replace("\x01", "A").replace("\x02", "*")


def mutate(text, rng):
    """One character changed for another of its kind, or two neighbours exchanged; never a country."""
    at = rng.randrange(2 if text[:2].isalpha() and text[2:4].isalnum() else 0, len(text))
    if rng.random() < 0.3 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2:]
    pool = "0123456789" if text[at].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if text[at].isalpha() else text[at]
    return text[:at] + rng.choice(pool) + text[at + 1:]


def numbers(shape, module, rng):
    """Numbers of a shape, about half of them valid where that can be reached by trying."""
    valid, wrong = [], []
    for _ in range(PER_TYPE):
        text = make(shape, rng)
        tries = [text]
        # Every value of one place: a check digit makes one of them valid.
        for at in {len(text) - 1, rng.randrange(2, len(text)), 2}:
            pool = "0123456789" if text[at].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            tries += [text[:at] + c + text[at + 1:] for c in pool]
        good = [t for t in tries if module.is_valid(t)]
        valid += good[:2]
        wrong.append(rng.choice(tries))
        wrong += [mutate(t, rng) for t in good[:2]]
        if len(valid) >= PER_TYPE / 2 and len(wrong) >= PER_TYPE / 2:
            break
    return sorted(set(valid + wrong))


def ask(pairs):
    """(whole, count) of our validators for each (function, text)."""
    text = "".join(f"{name}\t{value}\n" for name, value in pairs)
    out = subprocess.run([dump], input=text, stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n")
    return [tuple(map(int, line.split())) for line in out if line]


# Where we mean to differ: - we refuse what stdnum takes, + the other way; what
# the text looks like, and why. Any other difference is a fault.
EXPLAINED = {
    "Func_aba_routing": ("-", r"(?!0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)|(\d)\1{8}",
                         "stdnum takes districts the Federal Reserve does not have"),
    "Func_unformatted_itin": ("+", r"9\d\d(5\d|6[0-5])", "groups 50 to 65 are given out since 2013"),
    "Func_unformatted_canadian_sin": ("-", r"[08]|(\d)\1{8}", "0 is for fictitious numbers, 8 for businesses"),
    "Func_letterlock_india_pan": ("+-", r"...[EKS]|.....0000", "E is a limited partnership"),
    "Func_south_korea_resident_number": ("+-", r"[2-9][0-9]|\d{6}[5-8]",
                                         "who is born since 2020 has a random end; foreigners have their own function"),
    "Func_iban": ("+-", r"..(0[01]|99)|GB|NL|IT", "check digits are 02 to 98; stdnum wants letters where banks have some"),
    "Func_letterlock_uk_pupil_number": ("+", r".", "stdnum knows the authorities that give out numbers"),
    "Func_letterlock_korea_business": ("+-", r".", "stdnum checks no digit here"),
    "Func_china_resident_id": ("+-", r"(?!\d{6}(18[5-9]|19|20))|(?!110101|440305)", "no birth before 1850; stdnum knows every county"),
    "Func_letterlock_malaysia_mykad": ("+", r"\d{6}65|\d{6}[0-9]{2}", "stdnum has an incomplete list of places"),
    "Func_austria_eu_ssn_or_equivalent": ("-", r".", "stdnum does not look at the date"),
    "Func_austria_eu_tax_file_number": ("+", r".", "stdnum knows the list of offices, which changes"),
    "Func_french_insee": ("-", r"[0956]|.{7,}[AB]|...(1[3-9]|4[3-9]|00)", "the first digit is the sex: 1 to 4, 7, 8; some months do not exist"),
    "Func_letterlock_france_siren": ("+", r"356000000", "La Poste's offices have a plain sum by five"),
    "Func_belgium_national_number": ("+-", r"(2[7-9]|[3-9])|\d\d(\d\d([3-9])|[02468][6-9]|[13579]|[5-9])", "days end with 31, months with 12; a birth may be after today"),
    "Func_belgium_value_added_tax_number": ("-", r"BE[2-9]|BE\d{8}(00|98|99)", "check digits are 01 to 97"),
    "Func_ireland_pps": ("+", r"\d{7}[A-Z][A-IX]", "any letter to I may follow since 2013"),
    "Func_italy_eu_national_id_card": ("-", r".{9}([89VU][0-9L-V]|7[2-9N-V]|[4LMNPQRSTUV])",
                                       "days end with 71; stdnum takes more by dividing"),
    "Func_spain_eu_tax_file_number": ("-", r"[ABEHPQSW]", "companies of these kinds have a digit, or a letter, not both"),
    "Func_sweden_eu_tax_file_number": ("+", r"\d{4}[6-9]", "a coordination number adds 60 to the day"),
    "Func_norway_id_number": ("+", r"\d\d[89]", "synthetic numbers add 80 to the month"),
    "Func_australian_business_number": ("+", r"10", "stdnum refuses what begins with 10 when the sum is a multiple twice"),
    "Func_slovenia_eu_national_id_card": ("-", r"\d{4}[1-8]", "births are since 1850"),
    "Func_letterlock_sweden_organisation": ("-", r"0|..[01]|(?!\d{6}-)", "an organisation's number does not begin with 0"),
    "Func_finnish_national_id": ("+", r".{6}[B-FU-Y]|.{7}9", "the signs of 2023, and temporary numbers"),
    "Func_denmark_eu_tax_file_number": ("+-", r"\d{4}([2-9]\d)[4-9]|\d{4}[0-9]\d[0-3]|\d{6}0000", "stdnum refuses births in the future"),
    "Func_letterlock_norway_organisation": ("-", r"[0-7]", "the register begins with 8"),
    "Func_latvia_eu_national_id_card": ("-", r".{6}[3-9]|[4-9]", "the seventh digit is the century: 0, 1, 2"),
    "Func_czech_id_card": ("-", r"[5-9]\d[234789]|\d\d[49]", "20 more on the month is for births since 2004"),
    "Func_slovakia_eu_national_id_card": ("-", r"\d\d[234789]|[5-9]\d", "20 more on the month is for births since 2004; nine digits ended in 1953"),
    "Func_hungarian_value_added_tax_number": ("-", r"HU0", "numbers do not begin with 0"),
    "Func_romania_eu_national_id_card": ("-", r".", "stdnum does not look at the county"),
    "Func_letterlock_isin": ("-", r".", "stdnum knows countries that are gone"),
    "Func_swift": ("-", r".", "stdnum takes any two letters for a country"),
    "Func_letterlock_eu_vat": ("+-", r"ES[ABEHPQSW]|HU0|BG\d{10}|SE\d{10}|SK0|SK\d\d[0-35-8]|BE[2-9]|BE\d+(00|98|99)$|GB|XI",
                               "as above; the Swedish end may be more than 01; stdnum has no GB any more"),
}


def compare_with_stdnum():
    if importlib.util.find_spec("stdnum") is None:
        print("skipped comparison with stdnum: python3-stdnum is not installed")
        return 0
    rng = random.Random(SEED)
    cases = [a for a in AGAINST if a[1] != "eu.vat"]
    cases += [("Func_letterlock_eu_vat", "gb.vat" if k == "GB" else "eu.vat", k + s) for k, s in VAT.items()]
    bad = 0
    print(f"table {'function':44} {'against':20} {'valid':>6} {'not':>6} {'agree':>6} explained")
    for name, library, shape in cases:
        module = importlib.import_module("stdnum." + library)
        texts = numbers(shape, module, rng)
        theirs = [module.is_valid(t) for t in texts]
        ours = [whole > 0 for whole, _ in ask([(name, t) for t in texts])]
        differ = [(t, "+" if b else "-") for t, a, b in zip(texts, theirs, ours) if a != b]
        way, pattern, _ = EXPLAINED.get(name, ("", r"(?!)", ""))
        open_ = [t for t, sign in differ if sign not in way or not re.match(pattern, t)]
        print(f"      {name:44} {library:20} {sum(theirs):6} {len(texts) - sum(theirs):6} {len(texts) - len(differ):6} "
              f"{len(differ) - len(open_)}")
        # A check that agrees on nothing valid would prove nothing.
        if open_ or not sum(a and b for a, b in zip(theirs, ours)):
            print(f"not ok {name} against {library}: {open_[:8]}")
            bad += 1
        else:
            print(f"ok {name} against {library}")
    for name, (_, _, why) in EXPLAINED.items():
        print(f"      explained: {name}: {why}")
    return bad


# sit of the data -> our functions. A sit that is missing here has no function.
SITS = {
    "aba-routing-number": "aba_routing", "au-abn": "australian_business_number", "au-acn": "Australian_Company_Number",
    "au-medicare": "australian_medical_account_number", "au-tfn": "australian_tax_file_number",
    "btc-address": "letterlock_bitcoin_address", "crypto": "letterlock_bitcoin_address",
    "ca-sin": "canadian_sin unformatted_canadian_sin", "credit-card": "credit_card", "date-time": "us_date eu_date",
    "de-fuehrerschein": "german_drivers_license", "de-health-insurance": "letterlock_german_health_insurance",
    "de-lanr": "letterlock_german_physician", "de-passport": "german_passport",
    "de-social-security": "letterlock_german_pension_insurance", "de-tax-id": "germany_eu_tax_file_number",
    "de-vat-id": "germany_value_added_tax_number", "es-nif": "letterlock_spain_dni_or_nie",
    "eth-address": "letterlock_ethereum_address", "iban": "iban", "iban-code": "iban",
    "id-card-ES": "letterlock_spain_dni_or_nie", "id-card-FI": "finnish_national_id", "id-card-IN": "india_aadhaar",
    "id-card-IR": "letterlock_iran_id", "id-card-NO": "norway_id_number", "id-card-PL": "pesel_identification_number",
    "id-card-TH": "Thai_Citizen_Id", "id-card-he-IL": "israeli_national_id_number",
    "id-card-zh-CN": "china_resident_id", "id-card-zh-HK": "hong_kong_id_card", "id-card-zh-TW": "taiwanese_national_id",
    "imei": "letterlock_imei", "in-gstin": "letterlock_india_gstin", "in-pan": "letterlock_india_pan",
    "in-passport": "letterlock_india_passport", "in-voter": "letterlock_india_voter", "isin": "letterlock_isin",
    "it-fiscal-code": "italy_eu_national_id_card", "it-vat-code": "italy_value_added_tax_number",
    "jwt": "letterlock_jwt", "kr-brn": "letterlock_korea_business", "kr-frn": "letterlock_korea_foreigner",
    "kr-passport": "letterlock_korea_passport", "kr-rrn": "south_korea_resident_number",
    "mac-address": "letterlock_mac_address", "medical-license": "dea_number", "passport-IN": "letterlock_india_passport",
    "passport-JP": "jp_passport", "passport-FR": "fr_passport", "passport-US": "usa_uk_passport",
    "passport-GB": "usa_uk_passport", "passport-AU": "letterlock_australia_passport", "ip-address":
    "letterlock_ipv4 letterlock_ipv6", "pl-pesel": "pesel_identification_number",
    "stdnum-ar-cbu": "letterlock_argentina_cbu", "stdnum-ar-cuit": "Argentina_Unique_Tax_Key",
    "stdnum-at-tin": "austria_eu_tax_file_number", "stdnum-au-abn": "australian_business_number",
    "stdnum-au-acn": "Australian_Company_Number", "stdnum-au-tfn": "australian_tax_file_number",
    "stdnum-bg-egn": "bulgaria_eu_national_id_card", "stdnum-bic": "swift", "stdnum-bitcoin":
    "letterlock_bitcoin_address", "stdnum-br-cnpj": "brazil_cnpj", "stdnum-ca-bn": "letterlock_canada_business",
    "stdnum-ch-uid": "letterlock_switzerland_uid", "stdnum-ch-vat": "letterlock_switzerland_uid",
    "stdnum-cl-rut": "chile_id_card", "stdnum-co-nit": "letterlock_colombia_nit", "stdnum-cz-rc": "czech_id_card",
    "stdnum-do-cedula": "letterlock_dominican_cedula", "stdnum-eu-vat": "letterlock_eu_vat",
    "stdnum-fr-siren": "letterlock_france_siren", "stdnum-fr-siret": "letterlock_france_siren",
    "stdnum-gb-utr": "uk_eu_tax_file_number", "stdnum-gb-vat": "letterlock_eu_vat", "stdnum-gr-amka": "greece_eu_ssn",
    "stdnum-iban": "iban", "stdnum-in-pan": "letterlock_india_pan", "stdnum-is-kennitala":
    "letterlock_iceland_kennitala", "stdnum-isin": "letterlock_isin", "stdnum-it-codicefiscale":
    "italy_eu_national_id_card", "stdnum-jp-cn": "japanese_my_number_corporate", "stdnum-kr-brn":
    "letterlock_korea_business", "stdnum-kr-rrn": "south_korea_resident_number letterlock_korea_foreigner",
    "stdnum-lei": "letterlock_lei", "stdnum-lt-asmens": "lithuania_eu_tax_file_number",
    "stdnum-mx-curp": "mexico_population_registry_code", "stdnum-mx-rfc": "letterlock_mexico_rfc",
    "stdnum-no-fodselsnummer": "norway_id_number", "stdnum-nz-bankaccount": "new_zealand_bank_account_number",
    "stdnum-nz-ird": "new_zealand_inland_revenue_number", "stdnum-pe-ruc": "letterlock_peru_ruc",
    "stdnum-pl-regon": "polish_regon_number", "stdnum-ru-inn": "letterlock_russia_inn",
    "stdnum-se-personnummer": "swedish_national_identifier", "stdnum-si-emso": "slovenia_eu_national_id_card",
    "stdnum-th-pin": "Thai_Citizen_Id", "stdnum-tr-tckimlik": "Turkish_National_Id", "stdnum-ua-rntrc":
    "letterlock_ukraine_tax", "stdnum-za-idnr": "south_africa_identification_number", "swift-bic": "swift",
    "tax-id-bg-BG": "bulgaria_eu_national_id_card", "tax-id-cs-CZ": "czech_id_card", "tax-id-de-AT":
    "austria_eu_tax_file_number", "tax-id-de-DE": "germany_eu_tax_file_number", "tax-id-dk-DK":
    "denmark_eu_tax_file_number", "tax-id-el-CY": "cyprus_eu_tax_file_number", "tax-id-el-GR":
    "letterlock_greece_tax", "tax-id-en-CA": "canadian_sin unformatted_canadian_sin", "tax-id-en-GB": "uk_nino",
    "tax-id-en-IE": "ireland_pps", "tax-id-en-IN": "letterlock_india_pan", "tax-id-en-US": "letterlock_us_ein",
    "tax-id-es-AR": "Argentina_Unique_Tax_Key", "tax-id-es-ES": "spain_eu_tax_file_number", "tax-id-et-EE":
    "estonia_eu_national_id_card", "tax-id-fi-FI": "finnish_national_id", "tax-id-fr-BE": "belgium_national_number",
    "tax-id-nl-BE": "belgium_national_number", "tax-id-fr-FR": "france_eu_tax_file_number", "tax-id-fr-LU":
    "luxemburg_eu_tax_file_number", "tax-id-hr-HR": "croatia_oib_number", "tax-id-hu-HU": "hungary_eu_tax_file_number",
    "tax-id-it-IT": "italy_eu_national_id_card", "tax-id-lt-LT": "lithuania_eu_tax_file_number", "tax-id-lv-LV":
    "latvia_eu_national_id_card", "tax-id-mt-MT": "letterlock_malta_id_card", "tax-id-nl-NL": "netherlands_bsn",
    "tax-id-pl-PL": "poland_eu_tax_file_number", "tax-id-pt-BR": "brazil_cpf brazil_cnpj", "tax-id-pt-PT":
    "portugal_eu_tax_file_number", "tax-id-ro-RO": "romania_eu_national_id_card", "tax-id-sk-SK":
    "slovakia_eu_national_id_card", "tax-id-sl-SI": "slovenia_eu_tax_file_number", "tax-id-sv-SE":
    "sweden_eu_tax_file_number", "tax-id-uk-UA": "letterlock_ukraine_tax", "uk-driving-licence": "uk_drivers_license",
    "uk-nhs": "uk_nhs_number", "uk-nino": "uk_nino", "uk-postcode": "letterlock_uk_postcode",
    "us-driver-license": "california_drivers_license_number florida_drivers_license_number", "us-itin":
    "formatted_itin unformatted_itin", "us-mbi": "letterlock_us_mbi", "us-npi": "letterlock_us_npi",
    "us-passport": "usa_uk_passport", "us-ssn": "randomized_formatted_ssn randomized_unformatted_ssn",
    "vat-AU": "australian_business_number", "vat-CH": "letterlock_switzerland_uid", "za-id-number":
    "south_africa_identification_number",
    "phone-any": "letterlock_phone",
}


def compare_with_data():
    if not data.exists():
        print("skipped identifiers of others: no test data")
        return 0
    wanted = collections.defaultdict(list)
    missing = collections.Counter()
    for line in data.read_text().splitlines():
        d = json.loads(line)
        text = re.sub(r"[\t\r\n]", " ", d["text"])
        if d["sit"] in SITS and text:
            wanted[d["sit"]].append((text, d["label"] == "valid", d.get("count")))
        else:
            missing[d["sit"]] += 1
    bad = 0
    print(f"table {'identifiers of others':30} {'valid':>6} {'found':>6} {'wrong':>6} {'refused':>7} explained")
    for sit, rows in sorted(wanted.items()):
        names = ["Func_" + n for n in SITS[sit].split()]
        answers = ask([(n, t) for t, _, _ in rows for n in names])
        found = []
        for i, (text, valid, count) in enumerate(rows):
            mine = answers[i * len(names):(i + 1) * len(names)]
            found.append(any(w if count is None else n for w, n in mine))
        differ = [(t, v) for (t, v, _), f in zip(rows, found) if v != f]
        pattern = DATA_EXPLAINED.get(sit, (r"(?!)", ""))[0]
        open_ = [t for t, _ in differ if not re.search(pattern, t)]
        if sit.startswith("stdnum-"):
            # The files these come from hold wrong numbers too.
            module = importlib.import_module(sit.replace("-", ".").replace(".in.", ".in_.").replace(".is.", ".is_."))
            open_ = [t for t in open_ if module.is_valid(t) and not ODD_DRESS.search(t)]
        n_valid = sum(v for _, v, _ in rows)
        print(f"      {sit:30} {n_valid:6} {sum(f and v for (_, v, _), f in zip(rows, found)):6} "
              f"{len(rows) - n_valid:6} {sum(not f and not v for (_, v, _), f in zip(rows, found)):7} "
              f"{len(differ) - len(open_)}")
        if open_:
            print(f"not ok identifiers {sit}: {open_[:8]}")
            bad += 1
        else:
            print(f"ok identifiers {sit}")
    print(f"      {sum(missing.values())} identifiers of {len(missing)} types have no function of ours")
    for sit, (_, why) in DATA_EXPLAINED.items():
        print(f"      explained: {sit}: {why}")
    return bad


# What the others call valid or not and we do not.
DATA_EXPLAINED = {
    "btc-address": (r"^mu|^BC1P", "addresses of the test network; BIP 350's own example in capitals is valid"),
    "date-time": (r"^Today is.(May-2|21-May|05/2|5/21)", "a date has a day, a month and a year"),
    "de-fuehrerschein": (r"(?i)(HH9|DO9|GE1|MU1)", "made without the check digit"),
    "de-passport": (r"^c", "in lower case anything of nine characters would be one"),
    "de-tax-id": (r"12345678903|98765432106", "exactly one digit stands there more than once"),
    "de-vat-id": (r"DE(123456789|100000001)", "made without the check digit"),
    "es-nif": (r"^1111111G", "eight digits"),
    "id-card-ES": (r"-", "the hyphen is a usual way to write it"),
    "id-card-PL": (r"06566860643|77552478861", "there is no such day"),
    "id-card-zh-CN": (r"^\d{15}$", "numbers of before 1999 have no check digit"),
    "in-gstin": (r".", "made without the check character"),
    "ip-address": (r"256|^text|2001::db8|127\.0|10\.0\.0\.0|::$",
                   "what names no machine is not found; what looks like one beside it is"),
    "it-vat-code": (r"_", "nobody writes it with a line below"),
    "kr-frn": (r"0005056637892", "made without the check digit"),
    "kr-rrn": (r"9601211234567", "made without the check digit"),
    "mac-address": (r"(?i)^(ff:)+", "the broadcast address is no device"),
    "phone-any": (r"^(?!\+|00)|^00?[1-9]|728530234|4372876|\+\d{1,3}.*[^\d ()/.-]", "only numbers with their country: + or 00"),
    "stdnum-do-cedula": (r".", "stdnum has a list of numbers with a wrong check digit"),
    "stdnum-isin": (r"^(AN|XC)", "countries that are gone"),
    "stdnum-mx-rfc": (r"&|Ñ|.", "names with & or Ñ are not read; stdnum takes wrong check digits"),
    "stdnum-co-nit": (r"036-334", "groups of another kind"),
    "stdnum-eu-vat": (r"[a-z]|X-5253868-R|EL 94051189|68357370B01",
                      "capitals only; a digit is missing, or a hyphen too many"),
    "stdnum-fr-siret": (r"8 1002665800015", "groups of another kind"),
    "stdnum-iban": (r"\d{20}$|2551 0000 0000 0623|0571 3905 25162", "groups of another kind"),
    "stdnum-th-pin": (r"33508 0030 2577", "groups of another kind"),
    "tax-id-de-DE": (r"/", "a Steuernummer is another number"),
    "tax-id-en-CA": (r"^000000000$|-", "0 is for fictitious numbers; hyphens are a usual way to write it"),
    "tax-id-es-AR": (r"-", "hyphens are the usual way to write it"),
    "tax-id-it-IT": (r"AXXFAXTTD41H501D", "the check letter is wrong; stdnum says so too"),
    "tax-id-nl-BE": (r" ", "spaces are a usual way to write it"),
    "tax-id-ro-RO": (r"^9", "the check digit is wrong; stdnum says so too"),
    "tax-id-sv-SE": (r"^19640823", "twelve digits are a usual way to write it"),
    "us-driver-license": (r".", "every state has its own format and function; two are asked here"),
    "us-npi": (r"^1{9}2", "the check digit is right"),
    "vat-CH": (r"^\d", "the number begins with CHE"),
}
# Texts that are numbers in an unusual dress: groups of other lengths, two
# separators, a second number behind it.
ODD_DRESS = re.compile(r"\d \d \d |[ .,-]{2}|/ ?\d{6}|,\d{3}|^[A-Z]{2} [A-Z]{2} | \d{1,3} |\d -|-\d{4}-\d{3}-|[ -]\d{1,2}[ -]")

if __name__ == "__main__":
    sys.exit(bool(compare_with_stdnum() + compare_with_data()))
