"""Verified repairs: edits that make a finding go away, checked by verifying the edited program."""
