"""What can go wrong with a store, in words for its user."""


class StoreError(Exception):
    """The store cannot do what was asked, and why; what it held before is unharmed."""
