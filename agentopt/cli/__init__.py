"""The command `agentopt`: main reads the line, one module a subcommand does the work.

main                        arguments, and every end as one sentence and one exit code
solve, problem, save        a problem in a file, on standard input or in words
optimize, target, live      a workflow, data and a metric, and the line that shows how far the search is
runs, run_*                 what is in a store
parsers                     the options of those, and what subcommands have in common
doctor, checkup, trial      what this machine can do, tried rather than looked up
view, elements              a solution and a formulation as blocks
block, screen, terminal     blocks, drawn in boxes or plain, and what may reach a terminal
streams, progress           standard output for results, standard error for the rest
exits, failure              exit codes, and errors in words and as JSON
"""
