"""Unit tests are alone: no stack, no browser, no network."""

import socket

import pytest


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a unit test connects to something")

    monkeypatch.setattr(socket.socket, "connect", refuse)
