/**
 * Schemas of bodies, queries and parameters, and the functions that are compiled from them.
 *
 * A schema becomes JavaScript once, when its route is registered: one pass over the value, no object per check, no path
 * unless something is wrong. What comes out is a copy with the known keys only. Nothing of a request becomes code.
 */

declare const TYPE: unique symbol;

/** `T` is the type of what it lets through. */
export interface Schema<T> {
  readonly [TYPE]?: T;
  readonly node: Node;
}
export type Infer<S> = S extends Schema<infer T> ? T : S extends Standard<infer T> ? T : never;

/** A schema of another library that follows Standard Schema 1 (zod, valibot, arktype), if it answers at once. */
export interface Standard<T> {
  readonly '~standard': {
    readonly version: 1;
    validate(value: unknown): StandardResult<T> | Promise<StandardResult<T>>;
    readonly types?: { readonly output: T } | undefined;
  };
}
type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };
interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What is wrong, and where: a JSON pointer (RFC 6901) into the value. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}
/** More are not looked for. */
export const ISSUES_MAX = 20;

type Node =
  | { kind: 'string'; min?: number; max?: number; pattern?: RegExp; format?: keyof typeof FORMATS }
  | { kind: 'number'; min?: number; max?: number; integer: boolean }
  | { kind: 'boolean' }
  | { kind: 'any' }
  | { kind: 'literal'; values: readonly (string | number | boolean | null)[] }
  | { kind: 'array'; of: Node; min?: number; max?: number }
  | { kind: 'object'; of: Readonly<Record<string, Node>>; extra: 'drop' | 'refuse' }
  | { kind: 'union'; of: readonly Node[] }
  | { kind: 'optional'; of: Node };

const FORMATS = {
  email:
    /^[^\s@"(),:;<>[\\\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
} as const;

type Shape = Readonly<Record<string, Schema<unknown>>>;
type Flat<T> = { [K in keyof T]: T[K] };
type OptionalKeys<S> = { [K in keyof S]: undefined extends Infer<S[K]> ? K : never }[keyof S];
type ObjectOf<S> = Flat<
  { readonly [K in Exclude<keyof S, OptionalKeys<S>>]: Infer<S[K]> } & {
    readonly [K in OptionalKeys<S>]?: Infer<S[K]>;
  }
>;

export interface StringRules {
  /** Of UTF-16 units, as `length` counts. */
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly format?: keyof typeof FORMATS;
}
export interface NumberRules {
  readonly min?: number;
  readonly max?: number;
}

/** The schemas: `t.object({ name: t.string({ max: 80 }), tags: t.optional(t.array(t.string())) })`. */
export const t = {
  string: (rules: StringRules = {}): Schema<string> => {
    if (rules.pattern && /[gy]/.test(rules.pattern.flags))
      throw new TypeError('a pattern with a state: g or y');
    return { node: { kind: 'string', ...rules } };
  },
  number: (rules: NumberRules = {}): Schema<number> => ({
    node: { kind: 'number', integer: false, ...rules },
  }),
  integer: (rules: NumberRules = {}): Schema<number> => ({
    node: { kind: 'number', integer: true, ...rules },
  }),
  boolean: (): Schema<boolean> => ({ node: { kind: 'boolean' } }),
  any: (): Schema<unknown> => ({ node: { kind: 'any' } }),
  literal: <const V extends readonly (string | number | boolean | null)[]>(
    ...values: V
  ): Schema<V[number]> => ({
    node: { kind: 'literal', values },
  }),
  array: <T>(of: Schema<T>, rules: NumberRules = {}): Schema<readonly T[]> => ({
    node: { kind: 'array', of: of.node, ...rules },
  }),
  /** Keys that it does not name are dropped, or an error with `extra: 'refuse'`. */
  object: <S extends Shape>(shape: S, { extra = 'drop' as 'drop' | 'refuse' } = {}): Schema<ObjectOf<S>> => {
    if (Object.hasOwn(shape, '__proto__')) throw new TypeError('no schema for __proto__');
    const of = Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.node]));
    return { node: { kind: 'object', of, extra } };
  },
  union: <S extends readonly Schema<unknown>[]>(...of: S): Schema<Infer<S[number]>> => ({
    node: { kind: 'union', of: of.map((schema) => schema.node) },
  }),
  /** A key that may be missing. */
  optional: <T>(of: Schema<T>): Schema<T | undefined> => ({ node: { kind: 'optional', of: of.node } }),
};

/** Lets a value through, or adds to `issues`. */
export type Check = (value: unknown, issues: Issue[]) => unknown;

/** The function of a schema of JSON values. */
export function compile(schema: Schema<unknown> | Standard<unknown>): Check {
  return '~standard' in schema ? standard(schema) : made(schema.node, false);
}

/** The function of an object schema for names with texts, where a number is its digits and a list a name given again. */
export function compileTexts(
  schema: Schema<unknown>,
): (values: ReadonlyMap<string, string[]>, issues: Issue[]) => unknown {
  const { node } = schema;
  if (node.kind !== 'object') throw new TypeError('names and texts need an object schema');
  const check = made(node, true);
  const lists = new Set(
    Object.entries(node.of).flatMap(([name, of]) => (inner(of).kind === 'array' ? [name] : [])),
  );
  return (values, issues) => {
    const object: Record<string, unknown> = Object.create(null);
    for (const [name, texts] of values) object[name] = lists.has(name) ? texts : texts[texts.length - 1];
    return check(object, issues);
  };
}

function inner(node: Node): Node {
  return node.kind === 'optional' ? inner(node.of) : node;
}

function standard(schema: Standard<unknown>): Check {
  return (value, issues) => {
    const result = schema['~standard'].validate(value);
    if (result instanceof Promise) throw new TypeError('a schema that answers later cannot check requests');
    if (result.issues === undefined) return result.value;
    for (const issue of result.issues.slice(0, ISSUES_MAX)) {
      const keys = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
      issues.push({ path: keys.map((key) => `/${pointer(String(key))}`).join(''), message: issue.message });
    }
    return undefined;
  };
}

function pointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function fail(issues: Issue[], path: string, message: string): void {
  if (issues.length < ISSUES_MAX) issues.push({ path, message });
}

function made(node: Node, texts: boolean): Check {
  const code = new Code(texts);
  const result = code.value(node, 'value', '""');
  const source = `return (value, issues) => {\n${code.lines.join('\n')}\nreturn ${result};\n};`;
  return new Function('fail', 'pointer', 'constants', source)(fail, pointer, code.constants) as Check;
}

/** Code that is being written. Names are generated, literals go through `JSON.stringify`, all else is a constant. */
class Code {
  readonly lines: string[] = [];
  readonly constants: unknown[] = [];
  readonly #texts: boolean;
  #count = 0;

  constructor(texts: boolean) {
    this.#texts = texts;
  }

  #name(): string {
    return `v${this.#count++}`;
  }

  #constant(value: unknown): string {
    return `constants[${this.constants.push(value) - 1}]`;
  }

  #refuse(condition: string, path: string, message: string): void {
    this.lines.push(`if (${condition}) fail(issues, ${path}, ${JSON.stringify(message)});`);
  }

  /** Writes the checks of the expression `value`; returns the name of what comes out. */
  value(node: Node, value: string, path: string): string {
    switch (node.kind) {
      case 'any':
        return value;
      case 'optional':
        return this.#optional(node.of, value, path);
      case 'string':
        return this.#string(node, value, path);
      case 'number':
        return this.#number(node, value, path);
      case 'boolean':
        return this.#boolean(value, path);
      case 'literal':
        return this.#literal(node.values, value, path);
      case 'array':
        return this.#array(node, value, path);
      case 'object':
        return this.#object(node, value, path);
      case 'union':
        return this.#union(node.of, value, path);
    }
  }

  #optional(of: Node, value: string, path: string): string {
    const out = this.#name();
    this.lines.push(`let ${out};`, `if (${value} !== undefined) {`);
    this.lines.push(`${out} = ${this.value(of, value, path)};`, '}');
    return out;
  }

  #string(node: Node & { kind: 'string' }, value: string, path: string): string {
    const { min = 0, max, pattern, format } = node;
    this.lines.push(`if (typeof ${value} !== 'string') fail(issues, ${path}, 'must be a string'); else {`);
    if (min > 0)
      this.#refuse(`${value}.length < ${Number(min)}`, path, `must have at least ${min} characters`);
    if (max !== undefined)
      this.#refuse(`${value}.length > ${Number(max)}`, path, `must have at most ${max} characters`);
    if (pattern)
      this.#refuse(`!${this.#constant(pattern)}.test(${value})`, path, `must match ${pattern.source}`);
    if (format) this.#refuse(`!${this.#constant(FORMATS[format])}.test(${value})`, path, `must be ${format}`);
    this.lines.push('}');
    return value;
  }

  #number(node: Node & { kind: 'number' }, value: string, path: string): string {
    const { min, max, integer } = node;
    let out = value;
    if (this.#texts) {
      out = this.#name();
      const digits = '/^-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?$/';
      this.lines.push(
        `const ${out} = typeof ${value} === 'string' && ${digits}.test(${value}) ? +${value} : undefined;`,
      );
    }
    const right = integer
      ? `Number.isSafeInteger(${out})`
      : `(typeof ${out} === 'number' && Number.isFinite(${out}))`;
    const what = integer ? 'must be a whole number' : 'must be a number';
    this.lines.push(`if (!${right}) fail(issues, ${path}, '${what}'); else {`);
    if (min !== undefined) this.#refuse(`${out} < ${Number(min)}`, path, `must be at least ${min}`);
    if (max !== undefined) this.#refuse(`${out} > ${Number(max)}`, path, `must be at most ${max}`);
    this.lines.push('}');
    return out;
  }

  #boolean(value: string, path: string): string {
    let out = value;
    if (this.#texts) {
      out = this.#name();
      this.lines.push(
        `const ${out} = ${value} === 'true' ? true : ${value} === 'false' ? false : undefined;`,
      );
    }
    this.#refuse(`typeof ${out} !== 'boolean'`, path, 'must be true or false');
    return out;
  }

  #literal(values: readonly unknown[], value: string, path: string): string {
    const out = this.#name();
    const set = this.#constant(new Map(values.map((one) => [this.#texts ? String(one) : one, one])));
    const listed = values.map((one) => JSON.stringify(one)).join(', ');
    this.lines.push(`const ${out} = ${set}.get(${value});`);
    this.#refuse(`!${set}.has(${value})`, path, `must be one of ${listed}`);
    return out;
  }

  #array(node: Node & { kind: 'array' }, value: string, path: string): string {
    const { min = 0, max } = node;
    const [out, i, item] = [this.#name(), this.#name(), this.#name()];
    this.lines.push(
      `const ${out} = [];`,
      `if (!Array.isArray(${value})) fail(issues, ${path}, 'must be a list'); else {`,
    );
    if (min > 0) this.#refuse(`${value}.length < ${Number(min)}`, path, `must have at least ${min} items`);
    if (max !== undefined)
      this.#refuse(`${value}.length > ${Number(max)}`, path, `must have at most ${max} items`);
    this.lines.push(`for (let ${i} = 0; ${i} < ${value}.length && issues.length < ${ISSUES_MAX}; ${i}++) {`);
    this.lines.push(`const ${item} = ${value}[${i}];`);
    this.lines.push(`${out}.push(${this.value(node.of, item, `${path} + '/' + ${i}`)});`, '}', '}');
    return out;
  }

  #object(node: Node & { kind: 'object' }, value: string, path: string): string {
    const out = this.#name();
    const wrong = `typeof ${value} !== 'object' || ${value} === null || Array.isArray(${value})`;
    this.lines.push(`let ${out};`, `if (${wrong}) fail(issues, ${path}, 'must be an object'); else {`);
    const pairs: string[] = [];
    const later: string[] = [];
    for (const [key, of] of Object.entries(node.of)) {
      const [field, name] = [this.#name(), JSON.stringify(key)];
      const read = `${value}[${name}]`;
      const own = key in Object.prototype ? `(Object.hasOwn(${value}, ${name}) ? ${read} : undefined)` : read;
      const at = `${path} + ${JSON.stringify(`/${pointer(key)}`)}`;
      this.lines.push(`const ${field} = ${own};`);
      if (of.kind === 'optional') {
        const result = this.value(of, field, at);
        later.push(`if (${field} !== undefined) ${out}[${name}] = ${result};`);
        continue;
      }
      const result = this.#name();
      this.lines.push(
        `let ${result};`,
        `if (${field} === undefined) fail(issues, ${at}, 'is missing'); else {`,
      );
      this.lines.push(`${result} = ${this.value(of, field, at)};`, '}');
      pairs.push(`${name}: ${result}`);
    }
    this.lines.push(`${out} = { ${pairs.join(', ')} };`, ...later);
    if (node.extra === 'refuse') {
      const known = this.#constant(new Set(Object.keys(node.of)));
      this.lines.push(
        `for (const key in ${value}) if (!${known}.has(key)) fail(issues, ${path} + '/' + pointer(key), 'is not known');`,
      );
    }
    this.lines.push('}');
    return out;
  }

  #union(of: readonly Node[], value: string, path: string): string {
    const [out, ok, own] = [this.#name(), this.#name(), this.#name()];
    const checks = this.#constant(of.map((node) => made(node, this.#texts)));
    this.lines.push(`let ${out}, ${ok} = false;`, `for (const check of ${checks}) {`, `const ${own} = [];`);
    this.lines.push(
      `${out} = check(${value}, ${own});`,
      `if (${own}.length === 0) { ${ok} = true; break; }`,
      '}',
    );
    this.#refuse(`!${ok}`, path, 'is none of what it may be');
    return out;
  }
}
