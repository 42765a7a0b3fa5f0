// Runs a job of lite_host.py in Pyodide: node lite_in_pyodide.mjs PYODIDE_HOME xlwings.zip lite_host.py job.json result.json
// Calls are handed over as JavaScript values, as the add-in does, so that null arrives as Pyodide makes it arrive.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [home, xlwings, host, asked, answered] = process.argv.slice(2);
const module = path.join(path.resolve(home), "node_modules", "pyodide", "pyodide.mjs");
const { loadPyodide } = await import(pathToFileURL(module));
const pyodide = await loadPyodide();
pyodide.unpackArchive(new Uint8Array(fs.readFileSync(xlwings)), "zip", { extractDir: "/packages" });
pyodide.FS.writeFile("/packages/lite_host.py", fs.readFileSync(host, "utf8"));
pyodide.FS.mkdir("/book");
pyodide.globals.set("asked", JSON.parse(fs.readFileSync(asked, "utf8")));
const result = await pyodide.runPythonAsync(`
import sys
sys.path.insert(0, "/packages")
import js, lite_host
from pyodide.ffi import to_js
to_js(await lite_host.work(asked.to_py(), "/book"), dict_converter=js.Object.fromEntries)
`);
fs.writeFileSync(answered, JSON.stringify({ ...result, pyodide: pyodide.version }));
