"""The professionals: contact and matching facts."""
