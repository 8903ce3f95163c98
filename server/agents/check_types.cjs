// Reads a request as JSON from stdin (`types.py`), and writes what the compiler says of the changed files in the
// program after the change that it does not say of a line with that text before: [path, line from 1, message].
"use strict";
const path = require("node:path");
const request = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const ts = require(request.typescript);

const file = ts.findConfigFile(request.root, ts.sys.fileExists, "tsconfig.json");
const read = file === undefined ? { config: {} } : ts.readConfigFile(file, ts.sys.readFile);
const base = file === undefined ? request.root : path.dirname(file);
const parsed = ts.parseJsonConfigFileContent({ ...(read.config ?? {}), files: [] }, ts.sys, base);
const options = { ...parsed.options, noEmit: true, skipLibCheck: true, incremental: false, composite: false };
const cache = new Map();

function diagnostics(texts) {
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (name) => texts[name] ?? readFile(name);
  host.fileExists = (name) => name in texts || fileExists(name);
  host.getSourceFile = (name, ...rest) => {
    if (name in texts) return ts.createSourceFile(name, texts[name], rest[0], true);
    if (!cache.has(name)) cache.set(name, getSourceFile(name, ...rest));
    return cache.get(name);
  };
  const program = ts.createProgram(Object.keys(texts), options, host);
  const found = [];
  for (const name of request.changed) {
    const source = program.getSourceFile(name);
    if (source === undefined) continue;
    for (const one of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) {
      if (one.category !== ts.DiagnosticCategory.Error) continue;
      const line = source.getLineAndCharacterOfPosition(one.start ?? 0).line + 1;
      const text = source.text.split("\n")[line - 1].trim();
      found.push([name, line, `TS${one.code}: ${ts.flattenDiagnosticMessageText(one.messageText, " ")}`, text]);
    }
  }
  return found;
}

const known = new Map();
const keyOf = ([name, , message, text]) => [name, message, text].join("\n");
for (const one of diagnostics(request.before)) {
  const key = keyOf(one);
  known.set(key, (known.get(key) ?? 0) + 1);
}
const fresh = diagnostics(request.after).filter((one) => {
  const key = keyOf(one);
  const left = known.get(key) ?? 0;
  if (left > 0) known.set(key, left - 1);
  return left === 0;
});
process.stdout.write(JSON.stringify(fresh.map((one) => one.slice(0, 3))));
