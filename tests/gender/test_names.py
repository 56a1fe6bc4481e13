# ruff: noqa: RUF001 - letters that look like others are the subject
"""Names as people write them, down to the words that are looked up."""

import pytest

from crawlers.gender.names import first_names

WRITTEN = {
    "two words": ("Maria Lopez", "maria lopez"),
    "capitals": ("MARIA LOPEZ", "maria lopez"),
    "full width": ("Ｍａｒｉａ", "maria"),
    "mathematical": ("𝓜𝓪𝓻𝓲𝓪 𝕃𝕠𝕡𝕖𝕫", "maria lopez"),
    "circled": ("Ⓜⓐⓡⓘⓐ", "maria"),
    "squared, white on black": ("🅼🅰🆁🅸🅰", "maria"),
    "circled, white on black": ("🅜🅐🅡🅘🅐", "maria"),
    "superscript": ("ᴿᵒᵇᵉʳᵗ", "robert"),
    "small caps": ("ᴍᴀʀɪᴀ", "maria"),
    "small caps that unidecode drops": ("ꜱᴀʀᴀʜ ꜰᴏx ꞯᴜɪɴɴ", "sarah fox quinn"),
    "small caps with a plain s": ("sᴀʀᴀʜ", "sarah"),
    "small caps with a Cyrillic f": ("ғʀᴀɴᴋ", "frank"),
    "one Cyrillic letter": ("mаria", "maria"),
    "Cyrillic letters that look like others": ("Саrlоѕ", "carlos"),
    "all in Cyrillic": ("Мария", "mariia"),
    "Greek": ("Ελένη", "elene"),
    "Arabic, without vowels": ("مريم", "mrym"),
    "Devanagari, with its marks": ("प्रिया", "priyaa"),
    "Han: syllables, surname first": ("李娜", ""),
    "one Han letter": ("李 Maria", "maria"),
    "Coptic, which nobody transliterates": ("Ⲙⲁⲣⲓⲁ", ""),
    "accents": ("Ángel Müller", "angel muller"),
    "accents of their own": ("A\u0301ngel", "angel"),
    "struck through": ("Z̶o̶e̶", "zoe"),
    "dotted I": ("İrem", "irem"),
    "dotted I within": ("İBRAHİM", "ibrahim"),
    "dotless i": ("Işıl", "isil"),
    "emoji behind": ("Maria🌸", "maria"),
    "emoji before": ("🌸 Maria", "maria"),
    "emoji between": ("Anna♡Tom", "anna tom"),
    "a heart, which has a name": ("ＭＡＲＩＡ♡", "maria"),
    "a flag": ("🇮🇹 Marco", "marco"),
    "emoji of several parts": ("Maria 👩🏽\u200d🚀", "maria"),
    "only emoji": ("✨🌸✨", ""),
    "joiners within": ("An\u200bna\u00adbella", "annabella"),
    "half an emoji": ("\ud83c Maria", "maria"),
    "joined": ("maria_lopez.93|rome", "maria lopez rome"),
    "lines": ("Maria\nLopez", "maria lopez"),
    "digits": ("Maria93", "maria"),
    "brackets": ("Maria (she/her)", "maria she her"),
    "title": ("Dr. Maria", "maria"),
    "titles": ("Prof. Dr. Hans Meier", "hans meier"),
    "title in small caps": ("ᴅʀ. Maria", "maria"),
    "words before a name": ("The Real Maria", "maria"),
    "only a title": ("Dr.", ""),
    "brand": ("Acme Studio", ""),
    "brand with a name": ("Maria Boutique", ""),
    "brand with an accent": ("Café Maria", ""),
    "initial": ("M", ""),
    "initials": ("J. K.", ""),
    "initial and surname": ("M. Lopez", ""),
    "initials and surname": ("J. K. Rowling", ""),
    "initial, name and surname": ("J. Robert Oppenheimer", "robert oppenheimer"),
    "name, initial and surname": ("Maria J. Lopez", "maria lopez"),
    "hyphen": ("Jean-Pierre Martin", "jean-pierre jean pierre martin"),
    "hyphen that does not break": ("Jean‑Pierre", "jean-pierre jean pierre"),
    "dash": ("Maria - Rome", "maria rome"),
    "apostrophe": ("D’Angelo", "d'angelo"),
    "quotes": ("'Maria'", "maria"),
    "nothing": ("", ""),
    "spaces": (" \t\u3000", ""),
    "punctuation": ("_.-|'", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", WRITTEN)
def test_a_name_is_looked_up_word_by_word_in_plain_letters(case: str) -> None:
    written, expected = WRITTEN[case]
    assert " ".join(first_names(written)) == expected


def test_a_very_long_name_is_cut() -> None:
    # U+FDFA is one letter that becomes eighteen.
    assert sum(map(len, first_names("\ufdfa" * 100_000))) < 4_000
    assert sum(map(len, first_names("a" * 100_000))) == 200
