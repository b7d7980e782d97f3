"""Where to go after signing in: a path of ours, and never another site."""

from urllib.parse import urlsplit

HOME = "/"
LONGEST = 2000


def own_path(text: str | None) -> str:
    """Return `text` where every browser takes it as a path on this site, and the home page otherwise.

    Browsers read a backslash as a slash, leave out line breaks and tabs, and take what begins with two
    slashes for a host.
    """
    if not text or len(text) > LONGEST or not text.isascii() or not text.isprintable():
        return HOME
    if " " in text or "\\" in text or not text.startswith("/") or text.startswith("//"):
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else text
