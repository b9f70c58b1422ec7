"""`agentopt chat`: a conversation about one optimization problem, on a terminal or in a pipe."""
