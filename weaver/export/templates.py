"""The templates of pages and books. Whatever is put into them is escaped, for HTML and XML alike."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

TEMPLATES = Environment(
    loader=PackageLoader("weaver.export", "forms"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def filled(name: str, **values: Any) -> str:
    """A template with these values in it."""
    return TEMPLATES.get_template(name).render(**values)
