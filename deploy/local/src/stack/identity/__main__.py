"""`python -m stack.identity FOLDER` runs nanoidp with that configuration.

Two things are ours. An access token also says `name` and `email`, as those of most providers do: nanoidp
keeps them for the ID token. And the page to sign in at is a plain one in Dutch: nanoidp's own fetches its
looks from another host, for which a browser without network waits.
"""

import logging
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader
from nanoidp.app import create_app
from nanoidp.config import get_config
from nanoidp.services.crypto import CryptoService


def naming_the_user(create_jwt: Callable[..., str]) -> Callable[..., str]:
    """Wrap nanoidp's maker of tokens, so that an access token says whose it is."""

    @wraps(create_jwt)
    def create(service: CryptoService, *, sub: str, extra: dict[str, Any], **others: Any) -> str:
        user = get_config().users.get(sub)
        if user is not None and extra.get("token_use") == "access":
            extra = {**extra, "name": user.attributes["name"], "email": user.email}
        return create_jwt(service, sub=sub, extra=extra, **others)

    return create


def main() -> None:
    """Serve until SIGTERM."""
    CryptoService.create_jwt = naming_the_user(CryptoService.create_jwt)
    app = create_app(sys.argv[1])
    app.jinja_loader = ChoiceLoader([FileSystemLoader(Path(__file__).parent / "templates"), app.jinja_loader])
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # which logs each request, with its query
    settings = get_config().settings
    app.run(host=settings.host, port=settings.port)


if __name__ == "__main__":
    main()
