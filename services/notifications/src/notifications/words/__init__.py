"""The Dutch of this service alone, outside templates."""
