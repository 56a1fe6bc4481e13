"""Stand-ins for the sites: one asynchronous HTTP server and one port per site."""

from tests.replica.duelingbook import DuelingBookReplica, DuelWorld
from tests.replica.faults import Fault, Faults
from tests.replica.forward import ForwardProxy
from tests.replica.lichess import LichessReplica
from tests.replica.log import Transfer, TransferLog, max_overlap
from tests.replica.process import ReplicaProcess, replica_process
from tests.replica.proxy import FaultProxy
from tests.replica.server import Site, StaticSite
from tests.replica.world import Pair, UserSpec, World

__all__ = [
    "DuelWorld",
    "DuelingBookReplica",
    "Fault",
    "FaultProxy",
    "Faults",
    "ForwardProxy",
    "LichessReplica",
    "Pair",
    "ReplicaProcess",
    "Site",
    "StaticSite",
    "Transfer",
    "TransferLog",
    "UserSpec",
    "World",
    "max_overlap",
    "replica_process",
]
