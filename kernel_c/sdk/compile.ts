/**
 * TypeScript that Node cannot run as it is: decorators, JSX, and what is imported for its type alone. The project's own
 * compiler makes it JavaScript, one file at a time, with a source map in it: TypeScript 5 or 6, else esbuild.
 *
 * Other files stay Node's, which keeps lines and columns by itself. Types are not checked.
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What tsconfig.json says, as `krepis run` reads it. */
export interface CompilerTask {
  /** Where the compiler is looked for. */
  readonly root: string;
  /** Patterns with at most one `*`, and absolute paths to try in turn. */
  readonly paths: readonly (readonly [string, readonly string[]])[];
  /** Options of the compiler that change what comes out. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether files that end in `.ts` become CommonJS. */
  readonly commonjs: boolean;
}

/** A file cannot be compiled; the message says where and what to do. */
export class CompileError extends Error {
  readonly code = 'ERR_KREPIS_COMPILE';
}

type Compile = (path: string, text: string, isModule: boolean) => string;

const JSX = /\.[jt]sx$/;
const SOURCE = /\.(?:[cm]?tsx?|jsx)$/;
/** At the start of a line or in a list of parameters; in a comment or a string it only costs the time to compile. */
const DECORATOR = /^[ \t]*(?:(?:export|default|abstract)\s+)*@[\w$]|[(,]\s*@[\w$]+\(/m;
const MODULE = /^\s*(?:import\b(?!\s*\()|export\b)|\bimport\.meta\b/m;
/** The newest that Node runs without a flag: decorators are not part of it. */
const TARGET = 'es2022';

export class Compiler {
  readonly #task: CompilerTask;
  #compile: Compile | undefined | null = null;

  constructor(task: CompilerTask) {
    this.#task = task;
  }

  /** The JavaScript of a file and how it is to be run, or undefined when Node is to run it as it is. */
  compiled(path: string, text: string): { source: string; format: 'module' | 'commonjs' } | undefined {
    const { options, root, commonjs } = this.#task;
    const all = options.experimentalDecorators === true || options.jsx !== undefined;
    if (!SOURCE.test(path) || !(JSX.test(path) || all || DECORATOR.test(text))) return undefined;
    if (this.#compile === null) this.#compile = compilerOf(this.#task);
    if (this.#compile === undefined) {
      if (!JSX.test(path)) return undefined;
      throw new CompileError(
        `${path}: JSX needs a compiler, and ${root} has neither TypeScript 5 or 6 nor esbuild. Install one: npm install --save-dev esbuild`,
      );
    }
    const isModule = /\.mts$/.test(path) || (!/\.cts$/.test(path) && !commonjs && MODULE.test(text));
    return { source: this.#compile(path, text, isModule), format: isModule ? 'module' : 'commonjs' };
  }
}

/** What a program exports as its default, of the module that it became. */
export function defaultOf(loaded: { default?: unknown }): unknown {
  const exported = loaded.default as { __esModule?: boolean; default?: unknown } | undefined;
  return exported?.__esModule ? exported.default : exported;
}

function compilerOf(task: CompilerTask): Compile | undefined {
  const require = createRequire(join(task.root, 'package.json'));
  const found = <T>(name: string): T | undefined => {
    try {
      return require(name) as T;
    } catch (error) {
      if ((error as { code?: string }).code === 'MODULE_NOT_FOUND') return undefined;
      throw error;
    }
  };
  const typescript = found<Partial<TypeScript>>('typescript');
  const esbuild = typescript?.transpileModule ? undefined : found<Esbuild>('esbuild');
  if (typescript?.transpileModule || esbuild) process.setSourceMapsEnabled(true);
  if (typescript?.transpileModule) return byTypeScript(typescript as TypeScript, task.options);
  return esbuild && byEsbuild(esbuild, task.options);
}

// -- TypeScript ------------------------------------------------------------------------------------------

/** The part of its interface that is used. */
interface TypeScript {
  transpileModule(
    text: string,
    options: { compilerOptions: object; fileName: string; reportDiagnostics: boolean },
  ): { outputText: string; diagnostics?: readonly Diagnostic[] };
  convertCompilerOptionsFromJson(options: object, folder: string): { options: Record<string, unknown> };
  flattenDiagnosticMessageText(text: unknown, newLine: string): string;
  getLineAndCharacterOfPosition(file: unknown, at: number): { line: number; character: number };
}

interface Diagnostic {
  readonly file?: unknown;
  readonly start?: number;
  readonly messageText: unknown;
}

function byTypeScript(typescript: TypeScript, given: Readonly<Record<string, unknown>>): Compile {
  const target = `${given.target ?? 'es5'}`.toLowerCase();
  // What the option means when it is not given depends on the target, which is ours.
  const fields =
    given.useDefineForClassFields ?? (/^es20(?:2[2-9]|[3-9])/.test(target) || target === 'esnext');
  const jsx = given.jsx === undefined || given.jsx === 'preserve' ? 'react-jsx' : given.jsx;
  const wanted = { ...given, jsx, target: TARGET, useDefineForClassFields: fields };
  const made = (module: string): object =>
    typescript.convertCompilerOptionsFromJson(
      { ...wanted, module, inlineSourceMap: true, inlineSources: true },
      '/',
    ).options;
  const options = { module: made('esnext'), commonjs: made('commonjs') };
  return (path, text, isModule) => {
    const { outputText, diagnostics = [] } = typescript.transpileModule(text, {
      compilerOptions: isModule ? options.module : options.commonjs,
      fileName: path,
      reportDiagnostics: true,
    });
    // Options are given without the file that they are from, and what they say about each other is not told here.
    const first = diagnostics.find(({ file, start }) => file !== undefined && start !== undefined);
    if (first === undefined) return outputText;
    const said = typescript.flattenDiagnosticMessageText(first.messageText, '\n');
    const { line, character } = typescript.getLineAndCharacterOfPosition(first.file, first.start ?? 0);
    throw new CompileError(`${path}:${line + 1}:${character + 1}: ${said}`);
  };
}

// -- esbuild ---------------------------------------------------------------------------------------------

interface Esbuild {
  transformSync(text: string, options: object): { code: string };
}

interface EsbuildFailure {
  readonly errors?: readonly { text: string; location?: { line: number; column: number } | null }[];
}

function byEsbuild(esbuild: Esbuild, given: Readonly<Record<string, unknown>>): Compile {
  return (path, text, isModule) => {
    if (given.emitDecoratorMetadata === true && DECORATOR.test(text))
      throw new CompileError(
        `${path}: emitDecoratorMetadata needs TypeScript 5 or 6, since esbuild does not know types. Install it: npm install --save-dev typescript@5`,
      );
    try {
      return esbuild.transformSync(text, {
        loader: JSX.test(path) ? 'tsx' : 'ts',
        sourcefile: path,
        sourcemap: 'inline',
        format: isModule ? 'esm' : 'cjs',
        target: TARGET,
        supported: { 'import-attributes': true },
        ...(given.jsx === undefined || given.jsx === 'preserve' ? { jsx: 'automatic' } : {}),
        tsconfigRaw: { compilerOptions: given },
        logLevel: 'silent',
      }).code;
    } catch (error) {
      const [first] = (error as EsbuildFailure).errors ?? [];
      if (first === undefined) throw error;
      const { line, column } = first.location ?? { line: 0, column: 0 };
      throw new CompileError(`${path}:${line}:${column + 1}: ${first.text}`);
    }
  };
}
