"""`agentopt mcp`: speaks the Model Context Protocol on standard input and output until the input ends."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from agentopt import __version__
from agentopt.cli.exits import SOLVED
from agentopt.cli.failure import sentence_of
from agentopt.cli.streams import mention
from agentopt.errors import MissingExtra

if TYPE_CHECKING:
    import mcp_types
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server

    from agentopt.cli.mcp.calls import Calls
    from agentopt.cli.mcp.tools import Tool
    from agentopt.cli.mcp.wire import Lines

MAX_SENTENCE = 2000
"""Characters of a refusal."""
RESOURCES = {
    "agentopt://language": "How the five elements and their expressions are written, with an example",
    "agentopt://formulation-schema": "The JSON schema of the five elements",
    "agentopt://edit-schema": "The JSON schema of one edit, as what_if takes them",
}


def run(options: argparse.Namespace, out: TextIO) -> int:
    """Serve one client; the end of its input and Ctrl-C are both a good end.

    Raises:
        MissingExtra: The package mcp is not installed, or too old.
        FileError: A root is no folder.
    """
    _require_mcp()
    from agentopt.cli.mcp.wire import input_apart

    if sys.stdin is not None and sys.stdin.isatty():
        mention("A client of the Model Context Protocol starts this command; Ctrl-C or Ctrl-D ends it.\n")
    with input_apart() as source:
        try:
            asyncio.run(_serve(options, source, out))
        except KeyboardInterrupt:
            mention("agentopt: stopped\n")
    return SOLVED


def _require_mcp() -> None:
    try:
        # What the package was before version 2 has no such part.
        import mcp_types  # noqa: F401
        from mcp.server.lowlevel import Server  # noqa: F401
    except ImportError as error:
        raise MissingExtra("`agentopt mcp` needs the package mcp, version 2: pip install 'agentopt[mcp]'") from error


async def _serve(options: argparse.Namespace, source: int, out: TextIO) -> None:
    from mcp.server.stdio import stdio_server

    from agentopt.cli.mcp.calls import Calls
    from agentopt.cli.mcp.wire import Lines, Output

    calls, lines = Calls(options), Lines(source)
    server = make_server(calls, debug=options.debug)
    _end_at_ctrl_c(lines)
    # The transport only iterates over the one and calls write and flush of the other.
    streams = stdio_server(cast("Any", lines), cast("Any", Output(out)))
    try:
        async with streams as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    finally:
        calls.end()


def _end_at_ctrl_c(lines: Lines) -> None:
    """Let Ctrl-C end the input: cancelling the transport from outside makes it fail as often as not.

    A second Ctrl-C breaks in at once.
    """
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        mention("agentopt: stopped\n")
        lines.end()

    # Windows has no such handlers, and a thread may set none; asyncio's own way is left there.
    with suppress(NotImplementedError, RuntimeError, ValueError):
        loop.add_signal_handler(signal.SIGINT, end)


def make_server(calls: Calls, *, debug: bool = False) -> Server[Any]:
    """The protocol's server with our tools and resources."""
    from mcp.server.lowlevel import Server
    from mcp_types import (
        ListResourcesResult,
        ListToolsResult,
        ReadResourceResult,
        Resource,
        TextResourceContents,
    )

    from agentopt.cli.mcp.tools import INSTRUCTIONS, TOOLS

    async def list_tools(context: ServerRequestContext[Any], asked: object) -> ListToolsResult:
        return ListToolsResult(tools=[_described(tool) for tool in TOOLS.values()])

    async def call_tool(
        context: ServerRequestContext[Any], asked: mcp_types.CallToolRequestParams
    ) -> mcp_types.CallToolResult:
        tool = TOOLS.get(asked.name)
        if tool is None:
            return _failed(f"there is no tool {asked.name[:60]!r}; there are {', '.join(TOOLS)}")
        return await _called(calls, tool, asked.arguments or {}, context, debug)

    async def list_resources(context: ServerRequestContext[Any], asked: object) -> ListResourcesResult:
        return ListResourcesResult(
            resources=[
                Resource(uri=uri, name=uri.rpartition("/")[2], description=said, mime_type=_mime(uri))
                for uri, said in RESOURCES.items()
            ]
        )

    async def read_resource(
        context: ServerRequestContext[Any], asked: mcp_types.ReadResourceRequestParams
    ) -> ReadResourceResult:
        uri = str(asked.uri)
        content = TextResourceContents(uri=uri, text=_resource(uri), mime_type=_mime(uri))
        return ReadResourceResult(contents=[content])

    return Server(
        "agentopt",
        title="agentopt",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )


async def _called(
    calls: Calls, tool: Tool, raw: dict[str, Any], context: ServerRequestContext[Any], debug: bool
) -> mcp_types.CallToolResult:
    from mcp_types import CallToolResult, TextContent

    from agentopt.cli.mcp.summary import summary

    try:
        result = await calls.perform(tool, raw, context.session)
    except Exception as error:  # noqa: BLE001 - a call's failure is its result, and the server goes on
        if debug:
            import traceback

            mention("".join(traceback.format_exception(error)))
        return _failed(sentence_of(error))
    structured = await asyncio.to_thread(result.model_dump, mode="json")
    return CallToolResult(content=[TextContent(type="text", text=summary(result))], structured_content=structured)


def _failed(sentence: str) -> mcp_types.CallToolResult:
    from mcp_types import CallToolResult, TextContent

    return CallToolResult(content=[TextContent(type="text", text=sentence[:MAX_SENTENCE])], is_error=True)


def _described(tool: Tool) -> mcp_types.Tool:
    import mcp_types

    from agentopt.cli.mcp.arguments import schema_of

    return mcp_types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=schema_of(tool.takes),
        output_schema=tool.returns.model_json_schema(mode="serialization"),
        annotations=mcp_types.ToolAnnotations(read_only_hint=tool.read_only, destructive_hint=False),
    )


def _resource(uri: str) -> str:
    from mcp import MCPError
    from mcp_types import INVALID_PARAMS

    from agentopt.cli.mcp.arguments import edit_schema, formulation_schema
    from agentopt.cli.mcp.reference import language_reference

    match uri:
        case "agentopt://language":
            return language_reference()
        case "agentopt://formulation-schema":
            return json.dumps(formulation_schema(), indent=1)
        case "agentopt://edit-schema":
            return json.dumps(edit_schema(), indent=1)
    raise MCPError(code=INVALID_PARAMS, message=f"there is no resource {uri[:80]!r}; there are {', '.join(RESOURCES)}")


def _mime(uri: str) -> str:
    return "text/markdown" if uri == "agentopt://language" else "application/json"
