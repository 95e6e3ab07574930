"""Usual names of columns, in several languages."""

from seq2edge.pipeline.suggest.languages import language_of_name

SOURCE_NAMES = (
    *("source", "src", "question", "q", "input", "prompt", "utterance", "text", "en", "english"),
    *("sentence", "document", "review", "query", "instruction", "article", "sentence1", "text1", "original"),
    *("문장", "텍스트", "본문", "질문", "원문", "입력", "물음", "発話", "質問", "原文", "问题", "問題", "問", "问"),
    *("frage", "quelle", "pregunta", "pergunta", "domanda", "вопрос", "câu hỏi", "soru", "origen"),
)
TARGET_NAMES = (
    *("target", "tgt", "answer", "a", "output", "reply", "response", "summary", "command", "translation"),
    *("completion", "sentence2", "text2", "답", "답변", "대답", "응답", "출력", "번역", "번역문", "요약", "요약문"),
    *("回答", "答え", "答案", "答", "訳文", "译文", "応答", "antwort", "ziel", "respuesta", "resposta", "risposta"),
    *("réponse", "reponse", "ответ", "перевод", "trả lời", "cevap", "übersetzung", "traduction", "traducción"),
)
LABEL_NAMES = (
    *("label", "labels", "class", "category", "intent", "sentiment", "emotion", "topic", "tag", "rating", "stars"),
    *("라벨", "레이블", "분류", "범주", "감정", "의도", "평점", "별점"),
)
OTHER_NAMES = (  # names of columns that are neither sources, targets nor labels
    *("id", "no", "no.", "num", "number", "index", "idx", "key", "#", "score", "score1", "date", "time", "url", "user"),
    *("user_id", "author", "name", "lang", "language", "genre", "split", "file", "filename", "번호", "순번", "연번"),
    *("점수", "날짜", "시간", "작성자", "이름", "출처", "番号", "编号", "序号", "title", "제목"),
)
KNOWN = {*SOURCE_NAMES, *TARGET_NAMES, *LABEL_NAMES, *OTHER_NAMES}


def plain(name: int | str) -> str:
    """Return a name in the form in which names are compared."""
    return str(name).strip().lower()


def is_label_name(column: int | str) -> bool:
    """Return whether the name of a column is usual for labels."""
    return plain(column) in LABEL_NAMES


def is_known_name(column: int | str) -> bool:
    """Return whether the name of a column says that it has sources, targets or labels."""
    return plain(column) in {*SOURCE_NAMES, *TARGET_NAMES, *LABEL_NAMES}


def is_usual_name(name: str) -> bool:
    """Return whether this is a usual name of a column, or the name of a language."""
    return plain(name) in KNOWN or language_of_name(name) is not None
