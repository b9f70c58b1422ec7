"""The command `agentopt`: main reads the line, one module a subcommand does the work.

main      arguments, exit codes, errors in one sentence
solve     a problem in a file, on standard input or in words
doctor    what this machine can do, tried rather than looked up
block     what a subcommand shows: lines, tables, lists
screen    blocks on a terminal or in a pipe
view      a solution, a formulation and a check as blocks
"""
