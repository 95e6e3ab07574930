"""The texts of the page in English and Korean."""

ENGLISH = {
    "title": "seq2edge: models that run on this device",
    "chat": "Chat",
    "translate": "Translate",
    "bundle": "Model",
    "message": "Your message",
    "send": "Send",
    "clear": "Clear",
    "conversation": "Conversation",
    "source": "Text",
    "target": "Answer",
    "beam": "Beam",
    "go": "Go",
    "attention": "Attention of each token (rows: answer, columns: text)",
}
KOREAN = {
    "title": "seq2edge: 이 기기에서 바로 도는 모델",
    "chat": "대화",
    "translate": "번역",
    "bundle": "모델",
    "message": "하고 싶은 말",
    "send": "보내기",
    "clear": "지우기",
    "conversation": "대화 내용",
    "source": "원문",
    "target": "답",
    "beam": "빔",
    "go": "실행",
    "attention": "각 토큰의 어텐션 (행: 답, 열: 원문)",
}
