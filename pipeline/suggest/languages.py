"""Guesses a language from the name of a column or file, and from the script."""

LANGUAGES = ("ar", "cs", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "uk", "vi", "zh")
OF_SCRIPT = {  # scripts of one language
    "Armenian": "hy",
    "Georgian": "ka",
    "Greek": "el",
    "Hangul": "ko",
    "Hiragana": "ja",
    "Katakana": "ja",
    "Thai": "th",
}


def guess_language(name: str, script: str) -> str | None:
    """The BCP-47 code of the texts in a column or file; None if it is not known.

    Args:
        name: Of the column, or of a file that ends in a language as "train.de.gz" does.
        script: Of nearly all texts.
    """
    code = name.strip().lower().removesuffix(".gz").rpartition(".")[2]
    return OF_SCRIPT.get(script) or (code if code in LANGUAGES else None)
