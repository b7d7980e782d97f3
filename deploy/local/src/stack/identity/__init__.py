"""The one-machine stack's OpenID provider, at which people sign in; never for production."""
