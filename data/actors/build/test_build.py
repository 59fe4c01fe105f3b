"""Tests of the build: python3 -m unittest (in this folder)."""

import unittest

import leaders
from armed_groups import _proper
from names import fold, is_latin, slug


class Names(unittest.TestCase):
    def test_spellings_of_one_name_fold_to_one_form(self):
        self.assertEqual(fold("Recep Tayyip Erdoğan"), fold("RECEP TAYYIP ERDOGAN"))
        self.assertEqual(fold("King’s College London"), fold("King's College London"))
        self.assertEqual(fold("Kim Jong-un"), fold("Kim Jong Un"))
        self.assertEqual(fold("Lech Wałęsa"), fold("Lech Walesa"))

    def test_a_slug_holds_letters_digits_and_hyphens_only(self):
        self.assertEqual(slug("Merck & Co."), "tw:merck-co")
        self.assertEqual(slug("Côte d'Ivoire"), "tw:cote-divoire")

    def test_names_in_other_scripts_are_told_apart(self):
        self.assertTrue(is_latin("Řád, č. 7"))
        self.assertFalse(is_latin("Газпром"))


class Leaders(unittest.TestCase):
    def test_the_office_is_cut_off_and_the_name_is_written_as_usual(self):
        self.assertEqual(leaders.holder("President Frank-Walter STEINMEIER (since 19 March 2017)"), ("Frank-Walter Steinmeier", "2017-03-19"))
        self.assertEqual(leaders.holder("Taoiseach (Prime Minister) Michael MARTIN (since 23 January 2025)"), ("Michael Martin", "2025-01-23"))
        self.assertEqual(leaders.holder("Supreme Leader Ali Hoseini-KHAMENEI (since 4 June 1989)"), ("Ali Hoseini-Khamenei", "1989-06-04"))

    def test_only_the_first_of_several_persons_counts(self):
        text = "King CHARLES III (since 8 September 2022); represented by Governor Andrew MURDOCH (since 23 January 2025)"
        self.assertEqual(leaders.holder(text), ("Charles III", "2022-09-08"))

    def test_an_open_term_of_the_old_source_does_not_reach_over_unknown_years(self):
        old = ["Q1", "head_of_government", "Q2", "A", "2019-07-24", "", leaders.ROLES_DATE, "roles"]
        new = ["Q1", "head_of_government", "Q3", "B", "2024-07-05", "", leaders.HORIZON, "factbook"]
        first, second = leaders._closed([new, old])
        self.assertEqual((first[5], first[6]), ("", leaders.ROLES_DATE))
        self.assertEqual(second[5], "")

    def test_an_open_term_of_a_current_source_ends_with_the_next(self):
        one = ["Q1", "head_of_state", "Q2", "A", "2022-03-11", "", leaders.HORIZON, "factbook"]
        two = ["Q1", "head_of_state", "Q3", "B", "2026-03-11", "", leaders.HORIZON, "curated"]
        self.assertEqual(leaders._closed([one, two])[0][5], "2026-03-11")

    def test_of_a_year_and_a_day_in_it_the_day_counts(self):
        self.assertEqual(leaders._earlier("2015", "2015-11-04"), "2015-11-04")
        self.assertEqual(leaders._earlier("2014-05-01", "2015"), "2014-05-01")


class ArmedGroups(unittest.TestCase):
    def test_small_words_stay_small_in_a_name(self):
        self.assertEqual(_proper("FRONT FOR THE LIBERATION OF PALESTINE-SYRIA"), "Front for the Liberation of Palestine-Syria")


if __name__ == "__main__":
    unittest.main()
