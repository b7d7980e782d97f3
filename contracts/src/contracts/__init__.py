"""What the services agree on: the vocabulary, the facts, the events and the topics."""
