"""Lua of an output format that tries to use files, programs, the network, or to change other formats."""

import oracles
import pytest
from cases import begun
from oracles import SECRET, holds

from nianbao.build import outputs
from nianbao.model.period import Period

pytestmark = pytest.mark.slow

WRITE = 'local file = {io}.open("MARKER", "w") if file then file:write("x") file:close() end'
PRINT = "return { Para = function() return pandoc.Para(text) end }"
ATTACKS = {
    "open": WRITE.format(io="io"),
    "open-by-globals": WRITE.format(io="_G.io"),
    "open-by-environment": WRITE.format(io="_ENV.io"),
    "execute": 'os.execute("touch MARKER")',
    "popen": 'io.popen("touch MARKER"):close()',
    "rename": 'local path = os.tmpname() os.rename(path, "MARKER")',
    "require": WRITE.format(io='require("io")'),
    "loaded": WRITE.format(io="package.loaded.io"),
    "load": 'load([[io.open("MARKER", "w"):close()]])()',
    "load-bytecode": 'load(string.dump(function() io.open("MARKER", "w"):close() end))()',
    "dofile": 'dofile("OWN")',
    "loadfile": 'loadfile("OWN")()',
    "debug": WRITE.format(io="debug.getregistry()[2].io"),
    "system": 'pandoc.system.write_file("MARKER", "x")',
    "system-command": 'pandoc.system.command("touch", { "MARKER" })',
    "system-folder": 'pandoc.system.make_directory("MARKER")',
    "pipe": 'pandoc.pipe("touch", { "MARKER" }, "")',
    "mediabag": 'pandoc.mediabag.fetch("ADDRESS")',
    "read": "local text = pandoc.utils.stringify(pandoc.read('.. include:: CANARY', 'rst')) " + PRINT,
    "mediabag-of-a-file": "local _, text = pandoc.mediabag.fetch('CANARY') " + PRINT,
    "read-file": "local text = pandoc.system.read_file('CANARY') " + PRINT,
    "lines": "local text = io.lines('CANARY')() " + PRINT,
    "template": "local text = pandoc.template.get('CANARY') " + PRINT,
    "zip": "local archive = pandoc.zip.zip({ 'CANARY' }) local text = archive.entries[1]:contents() " + PRINT,
    "string-for-others": 'getmetatable("").__index.gsub = function() return "x" end',
    "library-for-others": "table.concat = function() return 'x' end",
    "json-of-the-renderer": "local real = pandoc.json.decode "
    "pandoc.json.decode = function(...) local message = real(...) "
    "if message.page then message.page = 'x' end return message end",
    "lists-for-others": "pandoc.List.insert = function() end",
    "pandoc-for-others": "pandoc.utils.stringify = function() return 'x' end",
}


FACTS = "[facts]\nproblems = ['甲']\nimprovements = ['乙']\n"


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The Word file as it is where it is printed alone."""
    store = begun(tmp_path_factory.mktemp("alone"), 2024, oracles.FACTS + FACTS)
    outputs.build_report(store, Period(2024), ["docx"])
    return (store.out / "2024.docx").read_bytes()


@pytest.fixture
def run(attacked, command, canary, listener, alone):
    """Build a report in a format whose filter is a piece of Lua; tell what it did beyond its page."""
    address, asked = listener
    marker = canary.parent / "marker"
    own = canary.parent / "own.lua"
    own.write_text(f'io.open("{marker}", "w"):close()', encoding="utf-8")

    def build_with(lua):
        folder = attacked(FACTS)
        names = {"MARKER": marker, "ADDRESS": address, "CANARY": canary, "OWN": own}
        for name, value in names.items():
            lua = lua.replace(name, str(value))
        format_folder = folder / "templates/formats/aaa"
        format_folder.mkdir(parents=True)
        (format_folder / "format.toml").write_text('writer = "html5"\nfilter = "filter.lua"\n', encoding="utf-8")
        filters = (
            lua if "return {" in lua else f"local done = pcall(function() {lua} end) return {{ Str = function() end }}"
        )
        (format_folder / "filter.lua").write_text(filters, encoding="utf-8")
        done = command("build", "2024", "--to", "aaa,docx", cwd=folder)
        build = folder / "build"
        found = {"wrote a file"} if marker.exists() else set()
        found |= {"used the network"} if asked else set()
        found |= {"read a file"} if build.exists() and holds(build, SECRET) else set()
        docx = build / "2024.docx"
        broken = not docx.exists() or docx.read_bytes() != alone
        broken = broken and "return {" not in lua  # such a filter makes the whole build fail
        return found | ({f"broke other formats: {done.output}"} if broken else set())

    return build_with


@pytest.mark.guard("test_with_all_globals_lua_of_a_format_does_harm")
@pytest.mark.parametrize("name", ATTACKS)
def test_lua_of_a_format_can_use_its_page_only(run, name):
    assert run(ATTACKS[name]) == set()


@pytest.mark.parametrize("name", ATTACKS)
def test_with_all_globals_lua_of_a_format_does_harm(run, lua, name):
    lua(
        "format_code.lua",
        "{ __index = known }",
        "{ __index = function(_, name) return _G[name] or known(nil, name) end }",
    )
    assert run(ATTACKS[name])
