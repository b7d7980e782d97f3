"""Who is signed in, and the token with which the desk calls the owners for them."""

from dataclasses import dataclass
from typing import Annotated

from chassis.http.auth import Caller, admit, bearer_token, unauthorized, verified
from contracts.vocabulary import Role
from fastapi import Depends, Request

READERS = (Role.RECRUITER, Role.OPERATOR)


@dataclass(frozen=True)
class SignedIn:
    """A member of staff. `token`: theirs, for calls on their behalf; never shown to a browser."""

    caller: Caller
    token: str

    @property
    def may_change(self) -> bool:
        """Whether they may decide and change: recruiters; operators look."""
        return Role.RECRUITER in self.caller.roles


async def signed_in(request: Request, token: Annotated[str | None, Depends(bearer_token)]) -> SignedIn:
    """Return who is signed in."""
    if token is None:
        raise unauthorized("sign in")
    return SignedIn(admit(await verified(request, token), *READERS), token)


async def recruiter(who: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """Return a recruiter who is signed in."""
    admit(who.caller, Role.RECRUITER)
    return who


Staff = Annotated[SignedIn, Depends(signed_in)]
Recruiter = Annotated[SignedIn, Depends(recruiter)]
