"""Profiles and assignments as columns in memory. Pure; the domain stands on it, and it knows no policy."""
