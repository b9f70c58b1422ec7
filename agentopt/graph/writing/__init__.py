"""Writing out what was learned: parameters as readable text, functions and prompts as plain Python."""
