"""`krepis ci`: the steps that decide whether a change may be merged, the same on a laptop and in a pull request."""
