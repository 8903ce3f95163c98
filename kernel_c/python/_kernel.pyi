"""The cffi module that `kernel_c/build_kernel.py` builds; used by `_binding` only."""

from typing import Any

ffi: Any
lib: Any
