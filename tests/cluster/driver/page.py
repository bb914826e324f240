"""Pages of docs, as somebody types them."""

import re


def blocks(page, section):
    """Shell blocks of a section of a page."""
    text = page.read_text(encoding="utf-8")
    found = re.split(r"^## ", text, flags=re.MULTILINE)
    part = next((part for part in found if part.startswith(section)), "")
    return re.findall(r"```sh\n(.*?)```", part, flags=re.DOTALL)
