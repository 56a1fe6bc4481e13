"""A stand-in for VLR.gg: a made-up world, rendered in both generations of the site's markup."""

from tests.replica.vlr.site import VlrReplica
from tests.replica.vlr.world import Generation, VlrWorld

__all__ = ["Generation", "VlrReplica", "VlrWorld"]
