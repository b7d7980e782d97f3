"""The Dutch that several services write: words for what contracts carry, and the ground of every template."""
