"""The language server: LSP at the edge, snapshots inside."""
