"""What the database and the browser keep for the desk can be read by the desk alone."""

import pytest
from desk.sign_in.sealing import Broken, Seal

OLD, NEW = "an old secret of the desk", "a new secret of the desk"


def test_a_secret_that_is_replaced_still_opens_what_it_sealed() -> None:
    sealed = Seal(OLD, "tokens").close({"access": "x"})
    assert Seal(f"{NEW},{OLD}", "tokens").open(sealed) == {"access": "x"}
    assert Seal(OLD, "tokens").open(sealed) == {"access": "x"}


def test_the_first_secret_seals() -> None:
    sealed = Seal(f"{NEW}, {OLD}", "tokens").close(1)
    assert Seal(NEW, "tokens").open(sealed) == 1
    with pytest.raises(Broken):
        Seal(OLD, "tokens").open(sealed)


def test_what_was_sealed_for_one_purpose_opens_for_no_other() -> None:
    with pytest.raises(Broken):
        Seal(OLD, "tokens").open(Seal(OLD, "attempts").close(1))


def test_what_was_sealed_says_nothing() -> None:
    assert b"geheim" not in Seal(OLD, "tokens").close("geheim")
