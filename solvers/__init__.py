"""The pluggable backends, one folder each; reached by name through agentopt.backends."""
