"""The page on personal data names every topic, and which services read it, as the topics table has them."""

import re
from pathlib import Path

from contracts.topics import TOPICS

PAGE = Path(__file__).parents[2] / "docs/operations/privacy.md"
ROW = re.compile(r"^\| `([a-z]+)` \| [^|]+ \| ([a-z, ]+) \| [^|]+ \|$", re.MULTILINE)


def test_the_page_names_every_topic_with_its_readers() -> None:
    part = PAGE.read_text().partition("## On Kafka")[2].partition("\n## ")[0]
    told = {name: set(readers.split(", ")) for name, readers in ROW.findall(part)}
    assert told == {topic.name: set(topic.consumers) for topic in TOPICS}
