"""The index: facts of one TypeScript file, from its syntax tree alone: symbols, relations, derived metadata."""
