"""The TLA+ modules, their TLC configurations and their mutants, as files; `krepis.twin.tlc` runs them.

`NAME.tla` is a module, `NAME.cfg` and `NAME-VARIANT.cfg` are configurations of it, and `mutants/NAME-WHAT.tla`
is a module that replaces one definition of NAME and that TLC must reject.
"""
