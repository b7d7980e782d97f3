"""What a verified token says of its caller, in a form that every later layer can hold."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from contracts.values import MAX_ADDRESS, mailing_address

LONGEST_SUBJECT = 255  # OpenID Connect Core, 2
LONGEST_NAME = 100
JOINERS = "\u200c\u200d"  # of scripts and emoji; other characters that do not show are left out of names
TYPES = {"jwt", "at+jwt"}
OF_OTHER_TOKENS = {"nonce", "at_hash", "c_hash", "s_hash", "events"}


def is_access_token(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    """Tell whether a token of an issuer, for us, may be one to call APIs with.

    RFC 9068 has `typ: at+jwt` in the header for that, which few issuers send: Keycloak, Entra and our own
    for scripts send plain `JWT`, or nothing. So those three pass, and any other type is of another token
    (`logout+jwt`, `secevent+jwt`, `dpop+jwt`). Under plain `JWT` an ID token looks the same, and has the same
    audience where that is the client's name, so the claims must tell:

    - Keycloak's claim `typ` is `Bearer` in an access token, and `ID`, `Refresh`, `Offline`, `Logout` in
      others; `token_use` of Cognito and nanoidp is `access`, and `id` or `refresh`. Where one is there, it
      must say that this is an access token.
    - Where neither is there nor `at+jwt`, as with Entra, claims of other tokens tell: `nonce` (the desk
      always sends one, so each ID token made for it has it), the hashes of OpenID Connect Core 3.3.2.11, and
      the `events` of logout and security event tokens. Keycloak up to 24 has `nonce` in access tokens too,
      but these say `Bearer`.

    An ID token that nobody asked a nonce for, of an issuer that marks neither, cannot be told apart: an
    audience that is no client's name keeps it out.
    """
    kind = _lower(header.get("typ", "JWT")).removeprefix("application/")
    said = _lower(claims.get("typ", "bearer")), _lower(claims.get("token_use", "access"))
    if kind not in TYPES or said != ("bearer", "access"):
        return False
    return kind == "at+jwt" or not claims.keys().isdisjoint({"typ", "token_use"}) or _is_plain(claims)


def _is_plain(claims: Mapping[str, Any]) -> bool:
    return claims.keys().isdisjoint(OF_OTHER_TOKENS)


def _lower(value: Any) -> str:
    return value.lower() if isinstance(value, str) else ""


def read_subject(claims: Mapping[str, Any]) -> str:
    """Return whom a token speaks for, as it is: two that differ must never become one. Raises ValueError."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise ValueError("no subject")
    return subject


def read_roles(claims: Mapping[str, Any], path: str, names: Mapping[str, str]) -> frozenset[str]:
    """Return the roles in the claim at `path`, a name or names with dots between; none where it is not there.

    `names`: what they are called there → our roles; where it is empty they are called as ours. Raises
    ValueError for a claim that is no list.
    """
    found = _claim(claims, path)
    if not isinstance(found, list):
        raise ValueError("no list of roles")
    said = {name for name in found if isinstance(name, str)}
    return frozenset(names[name] for name in said & names.keys()) if names else frozenset(said)


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        if not isinstance(found, dict) or step not in found:
            return []
        found = found[step]
    return found


def read_name(claims: Mapping[str, Any], otherwise: str) -> str:
    """Return what the caller is called, to be shown and kept: one line of at most 100 letters."""
    for claim in ("name", "preferred_username"):
        name = claims.get(claim)
        if isinstance(name, str) and (shown := _one_line(name)):
            return shown
    return _one_line(otherwise) or "?"


def _one_line(text: str) -> str:
    """Write a text without what breaks a line, turns its direction, or does not show."""
    return " ".join("".join(map(_shown, text[: 10 * LONGEST_NAME])).split())[:LONGEST_NAME].strip()


def _shown(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cc" or category.startswith("Z"):
        return " "
    return "" if category.startswith("C") and letter not in JOINERS else letter


def read_email(claims: Mapping[str, Any]) -> str | None:
    """Return the caller's address as it is mailed; None where the token names none that can be."""
    email = claims.get("email")
    if not isinstance(email, str) or len(email) > MAX_ADDRESS:
        return None
    try:
        return mailing_address(email)
    except ValueError:
        return None
