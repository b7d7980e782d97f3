"""The professionals: contact and matching facts."""

SERVICE = "profiles"
