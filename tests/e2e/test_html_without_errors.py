"""The Nu HTML Checker finds no error in a mail, nor in the pages of its links, however a match may stand."""

from support.answer_pages import every_page
from support.html_checker import html_errors
from support.mails import COMPOSER, EVERY_MAIL, NOW
from support.notifying import read


def test_every_mail_is_valid_html() -> None:
    bodies = {name: read(COMPOSER.write(send, NOW)).get_body(("html",)) for name, send in EVERY_MAIL.items()}
    assert html_errors({name: body.get_content() for name, body in bodies.items() if body is not None}) == []


def test_every_page_of_a_link_is_valid_html() -> None:
    assert html_errors(every_page()) == []
