"""The one thing that pyproject.toml cannot say: which cffi modules to build."""

from setuptools import setup

setup(
    cffi_modules=[
        "twin/engine/build_engine.py:ffi",
        "kernel_c/build_kernel.py:ffi",
        "twin/simulation/build_simulation.py:ffi",
    ]
)
