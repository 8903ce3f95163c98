"""The Tri-Store: symbols in LMDB, relations in Kuzu, meaning in a vector index."""
