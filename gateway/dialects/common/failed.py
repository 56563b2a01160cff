"""Answers that ended before their time, for dialects that have no word for half an answer."""

from __future__ import annotations

from gateway.answer.document import Document
from gateway.answer.errors import AnswerFailed


def answer_error(document: Document) -> AnswerFailed | None:
    """What to tell of a response that failed or was cancelled; None of any other."""
    match document.state:
        case "failed":
            return AnswerFailed(document.error_message or "", code=document.error_code)
        case "cancelled":
            return AnswerFailed("The answer was cancelled.", code="cancelled")
    return None
