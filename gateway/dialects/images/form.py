"""The two forms of a request to edit: JSON that names its images, and multipart with the images in it.

OpenAI's clients send multipart, with one image as `image` and several as `image[]`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from gateway.answer.errors import InvalidRequest
from gateway.dialects.images.request import EditForm, EditImages

FILES = ("image", "image[]")
Uploads = list[tuple[str, UploadFile]]
Form = TypeVar("Form", bound=EditForm)


def from_json(body: bytes) -> EditImages:
    """The fields of a JSON body; raises as `from_form`."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not valid JSON.", code="invalid_json") from None
    if not isinstance(fields, dict):
        raise InvalidRequest("The body must be a JSON object or a multipart form.", code="invalid_json")
    return _checked(EditImages, fields)


def from_form(form: FormData) -> tuple[EditForm, Uploads]:
    """The fields of a form, and the images with the names of their fields.

    Raises:
        RequestValidationError: a field is unknown, or cannot have the value it has.
        InvalidRequest: no image was sent, or something else in its place.
    """
    sent = form.multi_items()
    images = [(name, value) for name, value in sent if name in FILES and isinstance(value, UploadFile)]
    # Of a file in the place of a value, its name, for the error to show.
    fields = {
        name: value if isinstance(value, str) else value.filename for name, value in sent if name not in FILES
    }
    body = _checked(EditForm, fields)
    if not images:
        raise InvalidRequest(
            "`image` must be one or more files.", code="missing_required_parameter", param="image"
        )
    return body, images


def _checked(form: type[Form], fields: Mapping[str, Any]) -> Form:
    try:
        return form.model_validate(fields)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(found, body=fields) from None
