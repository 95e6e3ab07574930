"""Guesses a language from the script and from the name of a column or file."""

from seq2edge.pipeline.data.compressed import without_compression

NAMES = {  # in English, in Korean, and in the language itself
    "ar": ("arabic", "아랍어", "العربية"),
    "cs": ("czech", "체코어", "čeština"),
    "de": ("german", "독일어", "deutsch"),
    "en": ("english", "영어", "영문"),
    "es": ("spanish", "스페인어", "español"),
    "fr": ("french", "프랑스어", "français"),
    "hi": ("hindi", "힌디어", "हिन्दी"),
    "it": ("italian", "이탈리아어", "italiano"),
    "ja": ("japanese", "일본어", "日本語"),
    "ko": ("korean", "한국어", "한글", "국문"),
    "nl": ("dutch", "네덜란드어", "nederlands"),
    "pl": ("polish", "폴란드어", "polski"),
    "pt": ("portuguese", "포르투갈어", "português"),
    "ru": ("russian", "러시아어", "русский"),
    "tr": ("turkish", "터키어", "türkçe"),
    "uk": ("ukrainian", "우크라이나어", "українська"),
    "vi": ("vietnamese", "베트남어", "tiếng việt"),
    "zh": ("chinese", "중국어", "中文"),
}
LANGUAGES = tuple(NAMES)
BY_NAME = {name: code for code, names in NAMES.items() for name in (code, *names)}
OF_SCRIPT = {  # scripts that one language uses
    "Armenian": "hy",
    "Georgian": "ka",
    "Greek": "el",
    "Hangul": "ko",
    "Hiragana": "ja",
    "Katakana": "ja",
    "Thai": "th",
}


def language_of_name(name: str) -> str | None:
    """Return the BCP-47 code of the language whose code or name is the name of a column, or None."""
    return BY_NAME.get(name.strip().lower())


def guess_language(name: str, script: str) -> str | None:
    """Return the BCP-47 code of the texts in a column or file, or None if it is not known.

    Args:
        name: Name of the column, or of a file, which may end in a language as "train.de.gz" does.
        script: Script of nearly all texts.
    """
    of_file = without_compression(name.strip().lower()).rpartition(".")[2]
    return OF_SCRIPT.get(script) or language_of_name(name) or (of_file if of_file in LANGUAGES else None)
