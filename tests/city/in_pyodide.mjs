// Run a Python program in Pyodide under Node, on the package in this repository.
// node in_pyodide.mjs PYODIDE_FOLDER REPOSITORY PROGRAM
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [folder, repository, program] = process.argv.slice(2);
const { loadPyodide } = createRequire(import.meta.url)(path.join(folder, "pyodide.js"));
const python = await loadPyodide({ indexURL: folder + "/", packageCacheDir: folder + "/", stdout: console.log });
await python.loadPackage(["numpy", "pandas"], { messageCallback: () => {} });

const copy = (from, to) => {
  python.FS.mkdirTree(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), `${to}/${entry.name}`];
    if (entry.isDirectory()) copy(source, target);
    else if (/\.(py|toml)$/.test(entry.name)) python.FS.writeFile(target, fs.readFileSync(source));
  }
};
copy(path.join(repository, "cleanworks"), "/repository/cleanworks");
copy(path.join(repository, "tests", "city"), "/repository/tests/city");
python.runPython("import sys; sys.path.insert(0, '/repository')");
await python.runPythonAsync(fs.readFileSync(program, "utf8"));
