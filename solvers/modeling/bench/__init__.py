"""The benchmark of problems in words: published files in, accuracy, cost and misses out.

item       Item, what a solver is given; Label, what is right; Benchmark, both apart
layout     the field names of the published files
files      a file or a folder to a Benchmark
answer     a published answer, a number or a text, to a Label
draw       a part of the items, evenly by kind
timed      a model that knows how long it was waited for
attempt    one item to one Record, by `solve`
record     what came of an item, without any judgement
journal    records in a file of JSON lines, which a run that was cut off goes on with
running    `run_bench`, the way in
score      a record against its label
report     verdicts by kind and in total, and the misses
"""
