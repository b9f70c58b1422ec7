"""`agentopt mcp`: the verbs of a session as tools of the Model Context Protocol, for agents."""
