"""What people may do: each role is a set of scopes, those of API keys."""

from typing import Literal, get_args

Role = Literal["administrator", "member", "reader"]

ROLES: tuple[Role, ...] = get_args(Role)
SCOPES_OF: dict[Role, frozenset[str]] = {
    "administrator": frozenset({"read", "jobs", "admin"}),
    "member": frozenset({"read", "jobs"}),
    "reader": frozenset({"read"}),
}
