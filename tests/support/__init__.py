"""What tests share: a real stack, invented people, a reference of the matching, brokers like production's."""
