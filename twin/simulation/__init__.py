"""A deployment in virtual time: the kernel's own C sources over a simulated network, with handlers as models.

`simulate(plan)` runs hours of expected traffic in seconds. Everything that the kernel does, from the bytes of a request
to tenants' turns, limits and time-outs, is done by the code that ships; clients, what handlers cost, and what they wait
for are models. Equal plans give equal results.
"""

from krepis.twin.simulation._binding import SimulationError, simulate
from krepis.twin.simulation.plan import (
    MICROSECOND,
    MILLISECOND,
    SECOND,
    Dependency,
    Keys,
    Law,
    Outage,
    Piece,
    Plan,
    Route,
    Stream,
    Tenant,
)
from krepis.twin.simulation.results import OUTCOMES, Figures, Load, Result, Window, shares

__all__ = [
    "MICROSECOND",
    "MILLISECOND",
    "OUTCOMES",
    "SECOND",
    "Dependency",
    "Figures",
    "Keys",
    "Law",
    "Load",
    "Outage",
    "Piece",
    "Plan",
    "Result",
    "Route",
    "SimulationError",
    "Stream",
    "Tenant",
    "Window",
    "shares",
    "simulate",
]
