"""Tokens of whoever wants to be let in: none bypasses a check, and none is an error of ours."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chassis.http.auth import Authenticator, Caller
from chassis.http.problems import Problem
from chassis.settings import Settings
from contracts.values import is_storable, one_line
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, Key, OctKey, RSAKey
from support.issuing import AUDIENCE, EC, ED25519, ISSUER, RSA, encoded, published, signed, signed_as

NOW, LONG = int(time.time()), 24 * 3600  # tokens outlive the longest run of tests
MOMENT = re.compile(r"\b\d{10}\b")  # which differs from run to run, and names of tests must not
STRANGERS = ECKey.generate_key("P-256", {"kid": "ec"})
STRANGERS_RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
NO_ALGORITHMS: list[Any] = [
    *("none", "None", "NONE", "nOnE", "", "ES256\0", "es256", "HS256"),
    *(None, 1, ["ES256"], {}),
]
DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000


def said(**claims: Any) -> dict[str, Any]:
    """Return claims of a valid token; None leaves one out."""
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "exp": NOW + LONG, "iat": NOW}
    return {
        name: value
        for name, value in (usual | {"roles": ["recruiter"]} | claims).items()
        if value is not None
    }


@pytest.fixture(scope="module")
def authenticator(tmp_path_factory: pytest.TempPathFactory) -> Authenticator:
    file = tmp_path_factory.mktemp("keys") / "jwks.json"
    file.write_bytes(published(EC, RSA, ED25519))
    return trusting(file)


def trusting(file: Path, **other: Any) -> Authenticator:
    needed: dict[str, Any] = {
        "kafka_bootstrap_servers": "kafka.example:9092",
        "kafka_security_protocol": "SSL",
        "database_url": "postgresql://database.example",
        "auth_issuer": ISSUER,
        "auth_audience": AUDIENCE,
        "auth_jwks_url": f"file://{file}",
    }
    return Authenticator(Settings(**needed | other))


async def refused(authenticator: Authenticator, token: str) -> bool:
    """Tell whether a token is no valid one; any error but that fails the test."""
    try:
        await authenticator.verify(token)
    except Problem as problem:
        return problem.status == 401
    return False


@pytest.mark.parametrize(
    ("key", "alg"), [(EC, "ES256"), (RSA, "RS256"), (ED25519, "EdDSA"), (ED25519, "Ed25519")]
)
async def test_a_valid_token_is_taken(authenticator: Authenticator, key: Key, alg: str) -> None:
    caller = await authenticator.verify(signed(said(), key, alg))
    assert caller == Caller("someone", "someone", frozenset({"recruiter"}), issuer=ISSUER)


def hmac_signed(secret: bytes, digest: Any, alg: str, kid: object) -> str:
    text = f"{encoded({'alg': alg, 'typ': 'JWT', 'kid': kid})}.{encoded(said())}"
    return f"{text}.{encoded(hmac.new(secret, text.encode(), digest).digest())}"


def public_forms(key: Any) -> Iterator[tuple[str, bytes]]:
    pem = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    yield "PEM", pem
    yield "PEM without its last line break", pem.rstrip()
    yield "PEM on one line", pem.replace(b"\n", b"")
    yield "DER", key.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    yield "JWK", json.dumps(key.as_dict(private=False)).encode()
    yield "nothing", b""


def forged() -> Iterator[tuple[str, str]]:
    """Yield tokens that no key of the issuer signed: what is tried, and the token."""
    for alg in NO_ALGORITHMS:
        yield f"alg {alg!r}, unsigned", f"{encoded({'alg': alg, 'kid': EC.kid})}.{encoded(said())}."
    yield "no alg", f"{encoded({'kid': EC.kid})}.{encoded(said())}."
    for alg, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
        for key in (EC, RSA):
            for form, secret in public_forms(key):
                yield f"{alg} with {form} of {key.kid}", hmac_signed(secret, digest, alg, key.kid)
    stranger = STRANGERS.as_dict(private=False)
    secret_key = OctKey.generate_key(256).as_dict(private=True)
    embedded: dict[str, Any] = {
        "jwk": stranger,
        "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/x5",
        "x5c": ["MIIB"],
        "x5t": "AAAA",
        "crit": ["exp"],
        "b64": False,
        "zip": "DEF",
        "cty": "JWT",
    }
    for name, value in embedded.items():
        yield f"{name} of a stranger", signed(said(), STRANGERS, **{name: value})
    yield "a secret in jwk", signed(said(), STRANGERS, jwk=secret_key)
    yield "crit of b64", signed(said(), STRANGERS, b64=False, crit=["b64"])
    yield "another key, same id", signed(said(), STRANGERS)
    yield "another RSA key, same id", signed(said(), STRANGERS_RSA, "RS256")
    for alg in ("RS256", "EdDSA", "Ed25519", "ES384", "PS256", "RS512", "ES256K"):
        yield f"the right key as {alg}", signed(said(), EC, alg)
    kids: list[Any] = [
        "../" * 4 + "dev/null",
        "/dev/null",
        "file:///dev/null",
        "' OR 1=1 --",
        "x' UNION SELECT 'key",
        "unknown",
        "",
        "k" * 10_000,
        "é\u2028",
        "\0",
        1,
        True,
        [EC.kid],
        {"kid": EC.kid},
        1e300,
    ]
    for kid in kids:
        yield f"kid {kid!r:.30}", signed(said(), STRANGERS, kid=kid)
    header, claims, signature = signed(said()).split(".")
    other = encoded(said(roles=["operator"]))
    yield "other claims", f"{header}.{other}.{signature}"
    yield "psychic signature", f"{header}.{claims}.{encoded(bytes(64))}"
    one = bytes(31) + bytes([1])
    yield "r and s of one", f"{header}.{claims}.{encoded(one + one)}"
    yield "no signature", f"{header}.{claims}."
    for cut in (1, 2, 4, 40, 85):
        yield f"signature without its last {cut}", f"{header}.{claims}.{signature[:-cut]}"
    for at in (0, 20, 60):
        flipped = signature[:at] + ("A" if signature[at] != "A" else "B") + signature[at + 1 :]
        yield f"signature with another letter at {at}", f"{header}.{claims}.{flipped}"
    yield "signature twice", f"{header}.{claims}.{signature}{signature}"
    yield "two parts", f"{header}.{claims}"
    yield "four parts", f"{header}.{claims}.{signature}.{signature}"
    yield "JWE", ".".join([encoded({"alg": "dir", "enc": "A256GCM"}), "", "AAAA", claims, "AAAA"])
    yield "JSON serialization", json.dumps({"protected": header, "payload": claims, "signature": signature})
    yield "a line break", f"{header}.{claims}.{signature}".replace(".", ".\n", 1)
    for part in (b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b"{}", DEEP, b"[" * 5000):
        yield f"unsigned header {part[:8]!r}", f"{encoded(part)}.{claims}.{signature}"
        yield f"unsigned claims {part[:8]!r}", f"{header}.{encoded(part)}.{signature}"
    deep = b'{"alg":"none","iss":"' + ISSUER.encode() + b'","x":' + DEEP + b"}"
    yield "unsigned, deep", f"{encoded(deep)}.{encoded(deep)}."
    for text in ("", ".", "..", "...", "x", "é.é.é", " ", "\0.\0.\0", "A" * 100_000, "." * 10_000):
        yield f"text {text[:10]!r} {len(text)}", text


FORGED = dict(forged())


@pytest.mark.parametrize("what", FORGED)
async def test_what_the_issuer_did_not_sign_is_refused(authenticator: Authenticator, what: str) -> None:
    assert await refused(authenticator, FORGED[what])


# Claims of tokens that the issuer signed, but that are for no caller of ours now; None: it is not there.
ODD_CLAIMS: dict[str, list[Any]] = {
    "exp": [None, "", "x", str(NOW + LONG), NOW - 61, 0, -1, True, [NOW + LONG], {}, -(10**400)],
    "aud": [None, "", "other", [], ["other"], [AUDIENCE, 1], {AUDIENCE: 1}, 1, True, [[AUDIENCE]]],
    "iss": [None, "", "https://evil.example", f"{ISSUER}/", ISSUER.upper(), [ISSUER], {}, 1, "\0"],
    "nbf": [NOW + LONG, "x", "", True, [NOW], {}, 10**400],
    "iat": [NOW + LONG, "x", "", True, [NOW], {}, 10**400],
    "sub": [None, "", 1, True, ["x"], {}, "a\0b", "a\nb", "a\u2028b", "a\u202eb", "s" * 256, "\x7f"],
    "roles": ["recruiter", 1, True, {"recruiter": True}, {"roles": ["recruiter"]}, "", 0.5, False, {}],
    "typ": ["ID", "Refresh", "Offline", "Logout", "DPoP", "", 1, [], ["Bearer"]],
    "token_use": ["id", "refresh", "", 1, ["access"]],
    # as other tokens have them
    "nonce": ["x"],
    "at_hash": ["x"],
    "c_hash": ["x"],
    "s_hash": ["x"],
    "events": [{}],
}
ODD_TYPES: list[Any] = ["id_token+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "", 1, ["JWT"], {}, True]


def odd() -> Iterator[tuple[str, str]]:
    """Yield tokens that the issuer signed, and that are not to be taken: what is odd, and the token."""
    for name, values in ODD_CLAIMS.items():
        for value in values:
            yield f"{name} {MOMENT.sub('a moment', repr(value)):.30}", signed(said(**{name: value}))
    for number in (b"NaN", b"Infinity", b"-Infinity", b"1e400", b"9" * 5000 + b"e5000"):
        text = json.dumps(said()).encode().replace(str(NOW + LONG).encode(), number)
        yield f"exp {number[:12]!r}", signed(text)
    half = json.dumps(said(sub="X")).replace('"X"', '"\\ud800"')
    yield "sub with half a surrogate pair", signed(half.encode())
    yield "claims 3,000 deep", signed(json.dumps(said())[:-1].encode() + b',"x":' + DEEP + b"}")
    yield "header 3,000 deep", signed_as(b'{"alg":"ES256","kid":"ec","x":' + DEEP + b"}", said())
    for claims in (b"null", b"[]", b"1", b"", b"{", b"\xff", b'"x"', b'[{"iss":1}]'):
        yield f"claims {claims!r}", signed(claims)
    for kind in ODD_TYPES:
        yield f"type {kind!r}", signed(said(), typ=kind)
    yield "crit that nobody knows", signed(said(), crit=["x"], x=1)
    yield "b64", signed(said(), b64=False)


ODD = dict(odd())


@pytest.mark.parametrize("what", ODD)
async def test_what_is_for_no_caller_of_ours_now_is_refused(authenticator: Authenticator, what: str) -> None:
    assert await refused(authenticator, ODD[what])


def test_at_least_as_many_are_tried_as_once_were() -> None:
    assert len(FORGED) + len(ODD) >= 168


@pytest.mark.parametrize(
    ("claim", "seconds", "taken"),
    [
        ("exp", -30, True),
        ("exp", -65, False),
        ("exp", 0.5, True),
        ("nbf", 30, True),
        ("nbf", 95, False),
        ("iat", 30, True),
        ("iat", 95, False),
        ("iat", -1e9, True),
        ("exp", 1e11, True),
    ],
)
async def test_clocks_may_differ_by_a_minute(
    authenticator: Authenticator, claim: str, seconds: float, taken: bool
) -> None:
    token = signed(said(**{claim: time.time() + seconds}))
    assert await refused(authenticator, token) is not taken


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"typ": None}, {}),  # Entra and ADFS have sent either
        ({"typ": "jwt"}, {}),
        ({"typ": "at+jwt"}, {}),
        ({"typ": "application/at+JWT"}, {"nonce": "x"}),
        ({"x5t": "AAAA"}, {"ver": "2.0", "idtyp": "user", "scp": "desk", "azp": "desk"}),  # Entra
        ({}, {"typ": "Bearer", "azp": "desk", "acr": "1"}),  # Keycloak
        ({}, {"typ": "Bearer", "nonce": "x"}),  # Keycloak up to 24
        ({}, {"token_use": "access"}),  # Cognito, nanoidp
    ],
    ids=str,
)
async def test_access_tokens_of_common_providers_are_taken(
    authenticator: Authenticator, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    assert (await authenticator.verify(signed(said(**claims), **header))).roles == {"recruiter"}


@pytest.mark.parametrize(
    ("roles", "counted"),
    [
        (None, set()),
        ([], set()),
        (["recruiter", "operator"], {"recruiter", "operator"}),
        (["recruiter", "recruiter"], {"recruiter"}),
        ([["operator"]], set()),
        ([{"name": "operator"}], set()),
        ([None, 1, True, 0.5], set()),
        (["operator\0"], {"operator\0"}),
        (["Operator", "operator ", " operator"], {"Operator", "operator ", " operator"}),
        (["x"] * 5000, {"x"}),
    ],
    ids=lambda value: repr(sorted(value) if isinstance(value, set) else value)[:30],
)
async def test_only_names_of_roles_count(authenticator: Authenticator, roles: Any, counted: set[str]) -> None:
    assert (await authenticator.verify(signed(said(roles=roles)))).roles == counted


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("roles", {"roles": ["wervers", "operator"]}),
        ("realm_access.roles", {"realm_access": {"roles": ["wervers", "operator"]}}),
        ("groups", {"groups": ["wervers", "operator"]}),
        ("https://desk.example/groups", {"https://desk.example/groups": ["wervers", "operator"]}),
    ],
)
async def test_roles_may_have_the_issuers_names_and_then_no_others_count(
    tmp_path: Path, claim: str, claims: dict[str, Any]
) -> None:
    (tmp_path / "jwks").write_bytes(published(EC))
    mapped = trusting(tmp_path / "jwks", auth_roles_claim=claim, auth_role_names='{"wervers": "recruiter"}')
    assert (await mapped.verify(signed(said(**{"roles": None} | claims)))).roles == {"recruiter"}


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Bureau Noord"}, "Bureau Noord"),
        ({"name": "Bureau\r\nNoord\t "}, "Bureau Noord"),
        ({"name": "Bureau\0Noord"}, "Bureau Noord"),
        ({"name": "Bureau\u2028Noord\u2029\x85"}, "Bureau Noord"),
        ({"name": "Bureau\u202e\u2066\u200b Noord"}, "Bureau Noord"),
        ({"name": "n" * 20_000}, "n" * 100),
        ({"name": " \n\u2028\u200b "}, "someone"),
        ({"name": ["x"], "preferred_username": "noord"}, "noord"),
        ({"name": {}, "preferred_username": 1}, "someone"),
        ({"name": "نرگس\u200cها"}, "نرگس\u200cها"),
        ({"sub": "s" * 255}, "s" * 100),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_a_name_is_one_line_that_every_layer_holds(
    authenticator: Authenticator, claims: dict[str, Any], name: str
) -> None:
    caller = await authenticator.verify(signed(said(**claims)))
    assert caller.name == name
    assert one_line(caller.name)
    assert is_storable([caller.name, caller.subject])


@pytest.mark.parametrize(
    ("email", "read"),
    [
        ("Recruiter@Noord.EXAMPLE", "Recruiter@noord.example"),
        ("jan@faß.de", "jan@xn--fa-hia.de"),
        (None, None),
        ("", None),
        ("geen adres", None),
        ("a@b.nl\nBcc: c@d.nl", None),
        ("a\0@b.nl", None),
        ("a\u2028@b.nl", None),
        ("a" * 50_000 + "@b.nl", None),
        (["a@b.nl"], None),
        ({"a@b.nl": 1}, None),
        (1, None),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_an_address_is_one_that_can_be_mailed_or_none(
    authenticator: Authenticator, email: Any, read: str | None
) -> None:
    assert (await authenticator.verify(signed(said(email=email)))).email == read
