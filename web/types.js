// Writes static/turnpike.d.ts: what tsc reads from the JSDoc of the library, in one file, and of that only what can be
// reached from turnpike.js. With --check it writes nothing, and fails if the file is not what it would write.
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const entry = fileURLToPath(new URL("static/turnpike.js", import.meta.url));
const target = entry.replace(/\.js$/, ".d.ts");

/** The declaration files that tsc makes of the library, turnpike.js last. @returns {ts.SourceFile[]} */
function declarations() {
  const program = ts.createProgram([entry], {
    allowJs: true,
    declaration: true,
    emitDeclarationOnly: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ES2022,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    outDir: "/declarations",
    types: [],
  });
  const files = [];
  const { diagnostics } = program.emit(undefined, (name, text) => files.push(ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)));
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost({})));
  return files;
}

/** A statement with the comment that belongs to it, and without its modules. @param {ts.Statement} statement */
function bare(statement) {
  const whole = statement.getSourceFile().text;
  const comment = ts.getLeadingCommentRanges(whole, statement.getFullStart())?.at(-1);
  const text = whole.slice(comment?.pos ?? statement.getStart(), statement.getEnd());
  return text.replace(/import\("\.[^"]*"\)\./g, "").replace(/^export (?:declare )?/m, "");
}

/** The names that a declaration speaks of. @param {ts.Node} node @returns {string[]} */
function names(node) {
  const found = ts.isIdentifier(node) ? [node.text] : [];
  ts.forEachChild(node, (child) => void found.push(...names(child)));
  return found;
}

function generate() {
  const files = declarations();
  const statements = files.flatMap((file) => [...file.statements]);
  /** @type {Map<string, ts.Statement>} */
  const declared = new Map();
  for (const statement of statements) {
    const name = /** @type {any} */ (statement).name?.text;
    const alias = ts.isTypeAliasDeclaration(statement) && ts.isImportTypeNode(statement.type); // of another of our modules
    if (!name || alias) continue;
    if (declared.has(name)) throw new Error(`${name} is declared twice`);
    declared.set(name, statement);
  }
  const entries = files.filter((file) => basename(file.fileName) === basename(target)).flatMap((file) => [...file.statements]);
  const exported = entries.flatMap((statement) =>
    ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)
      ? statement.exportClause.elements.map((element) => element.name.text)
      : [],
  );

  const reached = new Set(exported);
  for (const name of reached) {
    const statement = declared.get(name);
    if (!statement) throw new Error(`${name} is exported and not declared`);
    for (const other of names(statement)) if (declared.has(other)) reached.add(other);
  }
  const body = [...reached].map((name) => {
    const statement = /** @type {ts.Statement} */ (declared.get(name));
    const type = ts.isTypeAliasDeclaration(statement);
    const keyword = type ? "export " : exported.includes(name) ? "export declare " : "declare ";
    return bare(statement).replace(/^(?=type |class |function |const )/m, keyword);
  });
  return ["// Made of the JSDoc in turnpike.js and lib/ by `npm run types`.", ...body, "export {};\n"].join("\n\n");
}

const wanted = generate();
if (!process.argv.includes("--check")) writeFileSync(target, wanted);
else if (readFileSync(target, "utf8") !== wanted) {
  console.error("static/turnpike.d.ts is not that of the JSDoc: npm run types");
  process.exit(1);
}
