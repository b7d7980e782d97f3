"""Who gets which mail when: the rules of what people are told, plain, slow, and apart from the product."""

from support.mailboxes.facts import Delays
from support.mailboxes.simulation import Mailboxes, mailboxes

__all__ = ["Delays", "Mailboxes", "mailboxes"]
