"""Stages of lowering: scopes and names (`_scope`), types (`_types`), Python text (`_emit` and the rest)."""
