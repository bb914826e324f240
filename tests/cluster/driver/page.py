"""Pages of docs, as somebody types them."""

import re


def section(page, title):
    """A section of a page."""
    found = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return next((part for part in found if part.startswith(title)), "")


def blocks(page, title):
    """Shell blocks of a section of a page."""
    return re.findall(r"```sh\n(.*?)```", section(page, title), flags=re.DOTALL)


def commands(page, title):
    """What a section says to type: the lines of its shell blocks, and what stands between its words and has arguments."""
    lines = [line.split("  #")[0].strip() for block in blocks(page, title) for line in block.strip().splitlines()]
    words = re.sub(r"```.*?```", "", section(page, title), flags=re.DOTALL)
    inline = re.findall(r"`((?:k|q|sql|helm|hotline|cmctl|grpcurl|psql|chronyc) [^`]+)`", words)
    return lines + inline
