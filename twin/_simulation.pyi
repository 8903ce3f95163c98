"""The cffi module that `twin/simulation/build_simulation.py` builds; used by `simulation._binding` only."""

from typing import Any

ffi: Any
lib: Any
