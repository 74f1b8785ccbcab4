"""What others wrote, made safe and at home."""

from portal.markup.addresses import own_page
from portal.markup.document import Document, Heading, clean, document, prose
from portal.markup.hits import excerpt, highlight
from portal.markup.markdown import escape_markdown, to_markdown
from portal.markup.slugs import slug
from portal.markup.text import plain, to_text

__all__ = [
    "Document",
    "Heading",
    "clean",
    "document",
    "escape_markdown",
    "excerpt",
    "highlight",
    "own_page",
    "plain",
    "prose",
    "slug",
    "to_markdown",
    "to_text",
]
