"""Let an agent use agentopt: `agentopt mcp` serves its verbs as tools, and this is how a client calls them.

The client here is a script; in its place stands an agent whose model states the five
elements itself, so that no model and no key is needed on our side.
Needs `pip install 'agentopt[mcp]'`.
"""

import asyncio
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

SERVER = StdioServerParameters(command=sys.executable, args=["-m", "agentopt", "mcp"])

BAKERY = {
    "sets": [{"name": "BREADS", "elements": ["rye", "wheat"]}],
    "parameters": [
        {"name": "price", "index": ["BREADS"], "unit": "USD/loaf", "value": [4, 3]},
        {"name": "minutes", "index": ["BREADS"], "unit": "min/loaf", "value": [2, 1]},
        {"name": "oven_minutes", "unit": "min", "value": 480},
    ],
    "variables": [{"name": "bake", "index": ["BREADS"], "unit": "loaf", "domain": "integer", "upper": 300}],
    "objective": {"sense": "maximize", "expression": "sum(price[b] * bake[b] for b in BREADS)", "unit": "USD"},
    "constraints": [
        {
            "name": "oven",
            "meaning": "The loaves fit into the oven",
            "expression": "sum(minutes[b] * bake[b] for b in BREADS) <= oven_minutes",
        }
    ],
}


async def main() -> None:
    """Formulate, change, question and export one problem."""
    async with stdio_client(SERVER) as (incoming, outgoing), ClientSession(incoming, outgoing) as client:
        await client.initialize()
        print("tools:", ", ".join(tool.name for tool in (await client.list_tools()).tools))

        # An error names the element and the place, so that the agent's model can put it right.
        wrong = {**BAKERY, "objective": {"sense": "maximize", "expression": "sum(prize[b] * bake[b] for b in BREADS)"}}
        await show(client, "formulate", problem=wrong)

        await show(client, "formulate", problem=BAKERY)
        await show(client, "explain", session="s1", question="why not bake['wheat'] <= 200")
        await show(client, "what_if", session="s1", change="oven_minutes up 10 %")
        await show(client, "undo", session="s1")
        await show(client, "export", session="s1", format="lp")


async def show(client: ClientSession, tool: str, **arguments: object) -> None:
    """Call a tool and print what its model would read."""
    result = await client.call_tool(tool, arguments)
    print(f"\n{tool}{' (refused)' if result.is_error else ''}")
    print("\n".join(f"  {line}" for line in result.content[0].text.splitlines()))


asyncio.run(main())
