"""The cffi module that `twin/engine/build_engine.py` builds; used by `_binding` only."""

from typing import Any

ffi: Any
lib: Any
