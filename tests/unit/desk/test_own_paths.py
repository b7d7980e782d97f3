"""After signing in one comes to a page of ours, and never to another site."""

import pytest
from desk.domain.own_path import own_path


@pytest.mark.parametrize(
    "path",
    ["/", "/opdrachten", "/opdrachten?status=open&page=2", "/opdrachten/nieuw?van=%2F%2Fx", "/a//b", "/%5Cx"],
)
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "opdrachten",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/a\r\nSet-Cookie: x=y",
        "\t//evil.example",
        " //evil.example",
        "https://evil.example",
        "https:/evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "%2F%2Fevil.example",
        "/a b",
        "/é",
        "/\x00",
        "/" + "a" * 2000,
    ],
)
def test_whatever_leads_elsewhere_leads_home(path: str | None) -> None:
    assert own_path(path) == "/"
