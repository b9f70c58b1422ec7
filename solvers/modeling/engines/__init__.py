"""The solvers and the way to them: HiGHS, SCIP, SciPy, and why a problem has no answer."""
