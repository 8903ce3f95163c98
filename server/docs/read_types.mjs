// Reads the routes of a program with the project's own TypeScript: a request as JSON from stdin (`reader.py`), the
// answer as JSON to stdout. Types become schemas of JSON as OpenAPI 3.1 has them (JSON Schema 2020-12). Nothing of the
// project is run: schemas of the SDK (`t.object(...)`) are read from their text.
//
// What a handler answers is found in three places: what it returns (the types of `reply(...)`, `res.json(...)`,
// `c.json(...)` with their statuses), what it and the functions that it calls throw, and what the framework itself
// answers. TypeScript 5 and 6 are asked through their interface, TypeScript 7 through its own; `open` hides which.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

const request = JSON.parse(readFileSync(0, 'utf8'));
const VERBS = new Set(['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'all']);
const NEST = { Get: 'get', Post: 'post', Put: 'put', Patch: 'patch', Delete: 'delete', Head: 'head', Options: 'options' };
const NEST_ERRORS = {
  BadRequestException: 400, UnauthorizedException: 401, ForbiddenException: 403, NotFoundException: 404,
  MethodNotAllowedException: 405, NotAcceptableException: 406, RequestTimeoutException: 408, ConflictException: 409,
  GoneException: 410, PayloadTooLargeException: 413, UnsupportedMediaTypeException: 415,
  UnprocessableEntityException: 422, InternalServerErrorException: 500, NotImplementedException: 501,
  BadGatewayException: 502, ServiceUnavailableException: 503, GatewayTimeoutException: 504,
};
const DEPTH_MAX = 12;
const CALLS_MAX = 400; // functions that are followed from one handler
const PROPERTIES_MAX = 200;
const JSON_TYPE = 'application/json';
const TEXT = 'text/plain';
const BYTES = 'application/octet-stream';

/** What is asked of a compiler, whichever version it has. */
async function open(library, root) {
  let config = root;
  while (!existsSync(join(config, 'tsconfig.json')) && dirname(config) !== config) config = dirname(config);
  config = join(config, 'tsconfig.json');
  return existsSync(join(library, 'dist', 'api', 'sync', 'api.js'))
    ? open7(library, root, config)
    : open5(library, root, config);
}

async function open7(library, root, config) {
  const load = (path) => import(pathToFileURL(join(library, 'dist', path)).href);
  const [{ API, TypeFlags }, { SyntaxKind }] = [await load('api/sync/api.js'), await load('ast/index.js')];
  const api = new API({ cwd: root });
  const project = api.updateSnapshot({ openProjects: [config] }).getProjects()[0];
  const { checker, program } = project;
  const nodes = (symbol) => (symbol?.declarations ?? []).map((one) => one.resolve(project)).filter(Boolean);
  return {
    K: SyntaxKind, F: TypeFlags,
    files: project.rootFiles.map((name) => program.getSourceFile(name)).filter(Boolean),
    typeAt: (node) => checker.getTypeAtLocation(node),
    symbolAt: (node) => {
      const symbol = checker.getSymbolAtLocation(node);
      return symbol && symbol.flags & 2097152 ? checker.getAliasedSymbol(symbol) : symbol;
    },
    shorthand: (node) => checker.getShorthandAssignmentValueSymbol(node),
    declarations: nodes,
    callee: (call) => checker.getResolvedSignature(call)?.declaration?.resolve(project),
    returned: (type) => {
      const [signature] = checker.getSignaturesOfType(type, 0);
      return signature && checker.getReturnTypeOfSignature(signature);
    },
    properties: (type) => checker.getPropertiesOfType(type),
    property: (type, name) => checker.getPropertyOfType(type, name),
    typeOf: (symbol, node) => checker.getTypeOfSymbolAtLocation(symbol, node),
    isArray: (type) => checker.isArrayType(type),
    isTuple: (type) => checker.isTupleType(type),
    arguments: (type) => (type.isTypeReference() ? checker.getTypeArguments(type) : []),
    index: (type) => checker.getIndexInfosOfType(type).map((one) => one.type ?? one.valueType),
    members: (type) => type.getTypes() ?? [],
    symbol: (type) => type.getSymbol(),
    alias: (type) => type.getAliasSymbol(),
    aliasArguments: (type) => type.getAliasTypeArguments?.() ?? [],
    fromNode: (node) => checker.getTypeFromTypeNode(node),
    doc: (symbol) => symbol.getDocumentationComment(checker) ?? '',
    print: (type) => checker.typeToString(type),
    close: () => api.close(),
  };
}

async function open5(library, root, config) {
  const { default: ts } = await import(pathToFileURL(join(library, 'lib', 'typescript.js')).href);
  const read = existsSync(config) ? ts.readConfigFile(config, ts.sys.readFile).config : {};
  const parsed = ts.parseJsonConfigFileContent(read ?? {}, ts.sys, dirname(existsSync(config) ? config : join(root, 'x')));
  const program = ts.createProgram(parsed.fileNames, { ...parsed.options, noEmit: true });
  const checker = program.getTypeChecker();
  return {
    K: ts.SyntaxKind, F: ts.TypeFlags,
    files: parsed.fileNames.map((name) => program.getSourceFile(name)).filter(Boolean),
    typeAt: (node) => checker.getTypeAtLocation(node),
    symbolAt: (node) => {
      const symbol = checker.getSymbolAtLocation(node);
      return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    },
    shorthand: (node) => checker.getShorthandAssignmentValueSymbol(node),
    declarations: (symbol) => symbol?.declarations ?? [],
    callee: (call) => checker.getResolvedSignature(call)?.declaration,
    returned: (type) => type.getCallSignatures()[0]?.getReturnType(),
    properties: (type) => checker.getPropertiesOfType(type),
    property: (type, name) => checker.getPropertyOfType(type, name),
    typeOf: (symbol, node) => checker.getTypeOfSymbolAtLocation(symbol, node),
    isArray: (type) => checker.isArrayType(type),
    isTuple: (type) => checker.isTupleType(type),
    arguments: (type) => (type.objectFlags & ts.ObjectFlags.Reference ? checker.getTypeArguments(type) : []),
    index: (type) => checker.getIndexInfosOfType(type).map((one) => one.type),
    members: (type) => type.types ?? [],
    symbol: (type) => type.symbol,
    alias: (type) => type.aliasSymbol,
    aliasArguments: (type) => type.aliasTypeArguments ?? [],
    fromNode: (node) => checker.getTypeFromTypeNode(node),
    doc: (symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    print: (type) => checker.typeToString(type),
    close: () => {},
  };
}

const ts = await open(request.typescript, request.root);
const { K, F } = ts;
const wanted = new Set(request.files);
const sources = ts.files.filter((file) => wanted.has(file.fileName));
const sourceOf = (node) => {
  while (node.parent) node = node.parent;
  return node;
};
const isOurs = (node) => wanted.has(sourceOf(node).fileName);
const children = (node, each) => {
  node.forEachChild((child) => {
    each(child);
  });
};
const lineOf = (node) => {
  const source = sourceOf(node);
  return source.text.slice(0, node.getStart(source)).split('\n').length;
};
const isFunction = (node) =>
  [K.ArrowFunction, K.FunctionExpression, K.FunctionDeclaration, K.MethodDeclaration].includes(node?.kind);

// ---------------------------------------------------------------------------------------------------------------------
// Types as schemas

const components = {};
const named = new Map(); // a type's identity to its name in `components`

function schemaOf(type, node, depth = 0) {
  if (!type || depth > DEPTH_MAX) return {};
  const { flags } = type;
  if (flags & (F.Any | F.Unknown | F.TypeParameter | F.ESSymbol)) return {};
  if (flags & (F.Undefined | F.Void | F.Never)) return { not: {} };
  if (flags & F.Null) return { type: 'null' };
  if (flags & F.BooleanLiteral) return { const: ts.print(type) === 'true' };
  if (flags & (F.StringLiteral | F.NumberLiteral)) return { const: type.value };
  if (flags & (F.String | F.TemplateLiteral | F.StringMapping)) return { type: 'string' };
  if (flags & F.Number) return { type: 'number' };
  if (flags & F.Boolean) return { type: 'boolean' };
  if (flags & F.BigInt) return {};
  if (flags & F.Union) return unionOf(ts.members(type), type, node, depth);
  if (ts.isArray(type)) return { type: 'array', items: schemaOf(ts.arguments(type)[0], node, depth + 1) };
  if (ts.isTuple(type)) {
    const items = ts.arguments(type).map((one) => schemaOf(one, node, depth + 1));
    return { type: 'array', prefixItems: items, items: false, minItems: items.length };
  }
  const symbol = ts.symbol(type);
  if (symbol?.name === 'Date') return { type: 'string', format: 'date-time' };
  if (['Uint8Array', 'Buffer', 'ArrayBuffer'].includes(symbol?.name)) return {};
  if (['Map', 'Set', 'WeakMap', 'WeakSet', 'RegExp', 'Error'].includes(symbol?.name)) return { type: 'object' };
  return namedOr(type, () => objectOf(type, node, depth));
}

function unionOf(members, type, node, depth) {
  const present = members.filter((one) => !(one.flags & (F.Undefined | F.Void)));
  const isLiteral = (one) => one.flags & (F.StringLiteral | F.NumberLiteral | F.BooleanLiteral);
  const made = () => {
    const literals = present.filter(isLiteral);
    const values = literals.map((one) => schemaOf(one, node, depth).const);
    const others = present.filter((one) => !isLiteral(one)).map((one) => schemaOf(one, node, depth + 1));
    if (values.includes(true) && values.includes(false)) {
      others.push({ type: 'boolean' });
      values.splice(0, values.length, ...values.filter((one) => typeof one !== 'boolean'));
    }
    if (values.length > 0) others.unshift(values.length === 1 ? { const: values[0] } : { enum: values });
    return others.length === 1 ? others[0] : { anyOf: others };
  };
  return present.length === members.length ? namedOr(type, made) : made();
}

/** A reference when the type has a name in the project; else what `make` makes. */
function namedOr(type, make) {
  const alias = ts.alias(type);
  const symbol = alias ?? ts.symbol(type);
  const declared = symbol && ts.declarations(symbol).find(isOurs);
  const isNamed = [K.InterfaceDeclaration, K.ClassDeclaration, K.TypeAliasDeclaration].includes(declared?.kind);
  if (!isNamed) return make();
  const key = type.id ?? type;
  let name = named.get(key);
  if (name === undefined) {
    const parameters = (alias ? ts.aliasArguments(type) : ts.arguments(type)).map((one) => ts.print(one)).join('');
    const wished = `${symbol.name}${parameters}`.replace(/[^A-Za-z0-9_]/g, '') || 'Unnamed';
    name = wished;
    for (let count = 2; Object.hasOwn(components, name); count++) name = `${wished}${count}`;
    named.set(key, name);
    components[name] = {};
    const text = documentation(declared).summary;
    components[name] = { ...make(), ...(text && { description: text }) };
  }
  return { $ref: `#/components/schemas/${name}` };
}

function objectOf(type, node, depth) {
  const toJson = ts.property(type, 'toJSON');
  if (toJson) return schemaOf(awaited(ts.returned(ts.typeOf(toJson, node))), node, depth + 1);
  const properties = {};
  const required = [];
  for (const symbol of ts.properties(type).slice(0, PROPERTIES_MAX)) {
    const [declared] = ts.declarations(symbol);
    const hidden = declared?.modifiers?.some((one) => [K.PrivateKeyword, K.ProtectedKeyword].includes(one.kind));
    if (hidden || symbol.name.startsWith('#') || symbol.name.startsWith('__#') || symbol.name.startsWith('__@')) continue;
    const own = ts.typeOf(symbol, node);
    if (!own || isCallable(own)) continue;
    const parts = own.flags & F.Union ? ts.members(own) : [own];
    const schema = schemaOf(own, node, depth + 1);
    const text = ts.doc(symbol);
    properties[symbol.name] = text ? { ...schema, description: text } : schema;
    if (!(symbol.flags & 16777216) && !parts.some((one) => one.flags & (F.Undefined | F.Void))) required.push(symbol.name);
  }
  const [index] = ts.index(type);
  return {
    type: 'object',
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
    ...(index && { additionalProperties: schemaOf(index, node, depth + 1) }),
  };
}

function isCallable(type) {
  return type.flags & F.Object && ts.returned(type) !== undefined;
}

/** The type of `await` of a value of a type. */
function awaited(type) {
  if (!type) return type;
  if (['Promise', 'PromiseLike'].includes(ts.symbol(type)?.name)) return awaited(ts.arguments(type)[0]);
  return type;
}

/** The types of which one is there, promises awaited. */
function alternatives(type) {
  const own = awaited(type);
  return own && own.flags & F.Union ? ts.members(own).flatMap(alternatives) : own ? [own] : [];
}

// ---------------------------------------------------------------------------------------------------------------------
// Expressions that are known without running anything

const UNKNOWN = Symbol('unknown');

/** What a name stands for: the initializer of a constant, a function, a class's member. */
function declarationOf(node) {
  const symbol =
    node.parent?.kind === K.ShorthandPropertyAssignment && node.parent.name === node
      ? ts.shorthand(node.parent)
      : ts.symbolAt(node.kind === K.PropertyAccessExpression ? node.name : node);
  return symbol && ts.declarations(symbol).find((one) => one.initializer ?? isFunction(one));
}

function resolved(node) {
  for (let count = 0; node && count < DEPTH_MAX; count++) {
    if ([K.ParenthesizedExpression, K.AsExpression, K.SatisfiesExpression, K.NonNullExpression].includes(node.kind)) {
      node = node.expression;
    } else if (node.kind === K.Identifier || node.kind === K.PropertyAccessExpression) {
      const found = declarationOf(node);
      if (!found || found.kind === K.BindingElement) return node;
      if (isFunction(found)) return found;
      if (found.kind === K.Parameter) return node;
      node = found.initializer;
    } else return node;
  }
  return node;
}

/** Its value, or UNKNOWN. */
function constant(node) {
  const own = resolved(node);
  switch (own?.kind) {
    case K.StringLiteral:
    case K.NoSubstitutionTemplateLiteral:
      return own.text;
    case K.NumericLiteral:
      return Number(own.text.replaceAll('_', ''));
    case K.TrueKeyword:
      return true;
    case K.FalseKeyword:
      return false;
    case K.NullKeyword:
      return null;
    case K.RegularExpressionLiteral:
      return own.text;
    case K.PrefixUnaryExpression: {
      const value = constant(own.operand);
      return own.operator === K.MinusToken && typeof value === 'number' ? -value : UNKNOWN;
    }
    case K.BinaryExpression: {
      const [a, b] = [constant(own.left), constant(own.right)];
      if (typeof a !== 'number' || typeof b !== 'number')
        return own.operatorToken.kind === K.PlusToken && typeof a === 'string' && typeof b === 'string' ? a + b : UNKNOWN;
      switch (own.operatorToken.kind) {
        case K.PlusToken: return a + b;
        case K.MinusToken: return a - b;
        case K.AsteriskToken: return a * b;
        case K.SlashToken: return a / b;
        case K.AsteriskAsteriskToken: return a ** b;
        default: return UNKNOWN;
      }
    }
    case K.ArrayLiteralExpression: {
      const values = own.elements.map(constant);
      return values.includes(UNKNOWN) ? UNKNOWN : values;
    }
    case K.ObjectLiteralExpression:
      return Object.fromEntries([...entries(own)].map(([name, value]) => [name, constant(value)]));
    default:
      return UNKNOWN;
  }
}

/** Names and values of an object that is written down, spreads included. */
function* entries(node) {
  const own = resolved(node);
  if (own?.kind !== K.ObjectLiteralExpression) return;
  for (const one of own.properties) {
    if (one.kind === K.SpreadAssignment) yield* entries(one.expression);
    else if (one.kind === K.PropertyAssignment) yield [one.name.text, one.initializer];
    else if (one.kind === K.ShorthandPropertyAssignment) yield [one.name.text, one.name];
    else if (one.kind === K.MethodDeclaration) yield [one.name.text, one];
  }
}

function field(node, name) {
  let found;
  for (const [key, value] of entries(node)) if (key === name) found = value;
  return found;
}

/** The schema of `t.object(...)` and the like; undefined when it is not one, or not written down. */
function schemaOfT(node) {
  const own = resolved(node);
  if (own?.kind !== K.CallExpression || own.expression.kind !== K.PropertyAccessExpression) return undefined;
  if (own.expression.expression.kind !== K.Identifier || own.expression.expression.text !== 't') return undefined;
  const [first, second] = own.arguments;
  const rules = (value) => {
    const said = value === undefined ? {} : constant(value);
    return said === UNKNOWN ? {} : said;
  };
  const only = (pairs) => Object.fromEntries(Object.entries(pairs).filter(([, value]) => value !== undefined && value !== UNKNOWN));
  switch (own.expression.name.text) {
    case 'string': {
      const { min, max, pattern, format } = rules(first);
      return only({ type: 'string', minLength: min, maxLength: max, pattern: patternOf(pattern), format });
    }
    case 'number':
    case 'integer': {
      const { min, max } = rules(first);
      const type = own.expression.name.text;
      const [least, most] = type === 'integer' ? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] : [];
      return only({ type, minimum: min ?? least, maximum: max ?? most });
    }
    case 'boolean':
      return { type: 'boolean' };
    case 'any':
      return {};
    case 'literal': {
      const values = own.arguments.map(constant);
      return values.includes(UNKNOWN) ? undefined : { enum: values };
    }
    case 'array': {
      const { min, max } = rules(second);
      return only({ type: 'array', items: schemaOfSchema(first), minItems: min, maxItems: max });
    }
    case 'union':
      return { anyOf: own.arguments.map(schemaOfSchema) };
    case 'optional':
      return { ...schemaOfSchema(first), [OPTIONAL]: true };
    case 'object': {
      const properties = Object.fromEntries([...entries(first)].map(([name, value]) => [name, schemaOfSchema(value)]));
      const required = Object.keys(properties).filter((name) => !properties[name][OPTIONAL]);
      const extra = rules(second).extra === 'refuse' ? { additionalProperties: false } : {};
      return { type: 'object', properties, ...(required.length > 0 && { required }), ...extra };
    }
    default:
      return undefined;
  }
}
const OPTIONAL = Symbol('optional');

/** The pattern of a regular expression without flags, as JSON Schema has it. */
function patternOf(text) {
  const found = typeof text === 'string' && /^\/(.*)\/(u?)$/s.exec(text);
  // \0 is no escape of every dialect.
  return found ? found[1].replace(/\\([\s\S])/g, (whole, one) => ({ '/': '/', 0: '\\x00' })[one] ?? whole) : undefined;
}

/** The schema of a schema: as it is written, or else the type that it lets through. */
function schemaOfSchema(node) {
  return schemaOfT(node) ?? schemaOf(letThrough(ts.typeAt(node), node), node);
}

function letThrough(type, node) {
  const standard = type && ts.property(type, '~standard');
  const types = standard && ts.property(ts.typeOf(standard, node), 'types');
  if (types) {
    const [some] = alternatives(ts.typeOf(types, node)).filter((one) => !(one.flags & F.Undefined));
    const output = some && ts.property(some, 'output');
    if (output) return ts.typeOf(output, node);
  }
  return type && ts.arguments(type)[0];
}

// ---------------------------------------------------------------------------------------------------------------------
// What is answered

/** Answers by status: `put(status, media, schema, text)`; several of one status are any of them. */
class Answers {
  found = new Map();

  put(status, media, schema, text = '', headers = []) {
    let own = this.found.get(status);
    if (!own) this.found.set(status, (own = { texts: new Set(), content: new Map(), headers: new Set() }));
    if (text) own.texts.add(text);
    for (const one of headers) own.headers.add(one);
    if (media === undefined || [101, 204, 304].includes(status)) return;
    if (!own.content.has(media)) own.content.set(media, new Map());
    own.content.get(media).set(JSON.stringify(schema), schema);
  }

  /** What a type is sent as. */
  value(status, type, node, media) {
    for (const one of alternatives(type)) {
      const name = ts.symbol(one)?.name;
      if (one.flags & (F.Undefined | F.Void)) this.put(status ?? 204);
      else if (one.flags & F.Never) continue;
      else if (one.flags & (F.String | F.StringLiteral | F.TemplateLiteral)) this.put(status ?? 200, media ?? TEXT, sent(media ?? TEXT));
      else if (['Uint8Array', 'Buffer', 'ArrayBuffer', 'Blob', 'ReadableStream'].includes(name) || isPieces(one))
        this.put(status ?? 200, media ?? BYTES, sent(media ?? BYTES));
      else this.put(status ?? 200, media ?? JSON_TYPE, schemaOf(one, node));
    }
  }
}

/** The schema of what is sent as it is: a text is a string, other bytes may be anything when they are decoded. */
function sent(media) {
  return media.startsWith('text/') ? { type: 'string' } : {};
}

function isPieces(type) {
  return Boolean(type.flags & F.Object) && ts.properties(type).some((one) => one.name.startsWith('__@asyncIterator'));
}

function statusesOf(node) {
  if (node === undefined) return [undefined];
  const value = constant(node);
  if (typeof value === 'number') return [value];
  const numbers = alternatives(ts.typeAt(node)).map((one) => (one.flags & F.NumberLiteral ? one.value : 'default'));
  return [...new Set(numbers.length > 0 ? numbers : ['default'])];
}

/** Whatever is in a function, nested functions left out unless `deep`. */
function visit(node, each, deep = false) {
  children(node, (child) => {
    each(child);
    if (deep || !isFunction(child)) visit(child, each, deep);
  });
}

function returnsOf(handler) {
  if (!handler.body) return [];
  if (handler.body.kind !== K.Block) return [handler.body];
  const found = [];
  visit(handler.body, (node) => {
    if (node.kind === K.ReturnStatement && node.expression) found.push(node.expression);
  });
  return found;
}

/** What ends in an expression, through conditions. */
function* leaves(node) {
  if (node.kind === K.ParenthesizedExpression || node.kind === K.AwaitExpression) yield* leaves(node.expression);
  else if (node.kind === K.ConditionalExpression) {
    yield* leaves(node.whenTrue);
    yield* leaves(node.whenFalse);
  } else yield node;
}

/** The functions that run in a handler: itself, those that it calls, and those that it hands on by name. */
function reached(handler) {
  const found = new Set();
  const follow = (own) => {
    if (!own || !isFunction(own) || found.has(own) || found.size >= CALLS_MAX || !isOurs(own)) return;
    found.add(own);
    const body = own.body;
    if (!body) return;
    const each = (node) => {
      if (node.kind === K.CallExpression) {
        follow(implementation(node));
        for (const argument of node.arguments) {
          if (argument.kind === K.Identifier) follow(resolved(argument));
        }
      }
    };
    each(body);
    visit(body, each, true);
  };
  follow(handler);
  return found;
}

function implementation(call) {
  const declared = ts.callee(call);
  if (!declared || declared.body || !isOurs(declared)) return declared;
  const target = resolved(call.expression);
  return isFunction(target) ? target : declared;
}

/** What is thrown on purpose, by the errors of frameworks. */
function thrown(handler, answers, media, schema) {
  for (const own of reached(handler)) {
    const each = (node) => {
      if (node.kind !== K.ThrowStatement || !node.expression) return;
      const error = node.expression;
      const name = error.expression?.name?.text ?? error.expression?.text ?? '';
      if (![K.NewExpression, K.CallExpression].includes(error.kind)) return;
      const [first, second, third] = error.arguments ?? [];
      const text = (value) => (typeof value === 'string' ? value : '');
      if (NEST_ERRORS[name]) answers.put(NEST_ERRORS[name], JSON_TYPE, NEST_BODY, first ? text(constant(first)) : '');
      else if (/Error|Exception|^createError$/.test(name) && first) {
        const message = second === undefined ? '' : text(constant(second));
        const headers = third ? [...entries(third)].map(([key]) => key) : [];
        for (const status of statusesOf(first))
          if (status === 'default' || (status >= 400 && status < 600)) answers.put(status, media, schema, message, headers);
      }
    };
    visit(own, each, true);
  }
}
const NEST_BODY = { type: 'object', properties: { statusCode: { type: 'integer' }, message: {}, error: { type: 'string' } } };

/** What the SDK's handler answers. */
function answersOfKrepis(handler, answers, seen = new Set()) {
  if (seen.has(handler)) return;
  seen.add(handler);
  for (const expression of returnsOf(handler)) {
    for (const leaf of leaves(expression)) {
      const call = resolved(leaf);
      const name = call?.kind === K.CallExpression ? (call.expression.name?.text ?? call.expression.text) : '';
      const types = alternatives(ts.typeAt(leaf));
      if (name === 'reply' && types.every((one) => ts.symbol(one)?.name === 'Reply')) {
        const [body, init] = call.arguments;
        const given = init && field(init, 'headers');
        const media = given && field(given, 'content-type');
        const said = media && constant(media);
        const type = typeof said === 'string' ? said.split(';')[0].trim() : media ? '*/*' : undefined;
        const headers = given ? [...entries(given)].map(([key]) => key.toLowerCase()).filter((key) => key !== 'content-type') : [];
        for (const status of statusesOf(init && field(init, 'status'))) {
          answers.value(status, ts.typeAt(body), body, type);
          if (headers.length > 0) for (const one of status === undefined ? [200] : [status]) answers.put(one, undefined, undefined, '', headers);
        }
        continue;
      }
      const own = types.filter((one) => !['Reply', 'Response'].includes(ts.symbol(one)?.name));
      for (const one of own) answers.value(undefined, one, leaf);
      if (own.length === types.length) continue;
      if (name === 'Response' || call?.kind === K.NewExpression) {
        for (const status of statusesOf(call.arguments?.[1] && field(call.arguments[1], 'status'))) answers.put(status ?? 200, '*/*', {});
        continue;
      }
      const made = call?.kind === K.CallExpression && implementation(call);
      if (made && isFunction(made) && isOurs(made)) answersOfKrepis(made, answers, seen);
      else answers.put('default', '*/*', {});
    }
  }
  // A handler that ends without `return` answers with nothing.
  if (handler.body?.kind === K.Block) {
    const result = awaited(ts.returned(ts.typeAt(handler)));
    if (result && result.flags & (F.Void | F.Undefined)) answers.put(204);
  }
}

const ISSUES = {
  type: 'object',
  properties: {
    error: { type: 'string' },
    in: { enum: ['body', 'query', 'params'] },
    issues: {
      type: 'array',
      items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } }, required: ['path', 'message'] },
    },
  },
  required: ['error', 'in', 'issues'],
};

function invalid() {
  components.InvalidRequest ??= { ...ISSUES, description: 'What is wrong with a request, and where.' };
  return { $ref: '#/components/schemas/InvalidRequest' };
}

// ---------------------------------------------------------------------------------------------------------------------
// Comments

/** The JSDoc comment before a node or the statement that it is in. */
function documentation(node) {
  const source = sourceOf(node);
  let own = node;
  for (let count = 0; own && own.kind !== K.SourceFile && count < 6; count++, own = own.parent) {
    const before = source.text.slice(own.pos, own.getStart(source, false));
    const comments = [...before.matchAll(/\/\*\*(?!\/)([\s\S]*?)\*\//g)];
    const last = comments.at(-1);
    const isApart = last && /\n[ \t]*\r?\n/.test(before.slice(last.index + last[0].length)); // of the file, not of the node
    if (last && !isApart) return parsed(last[1]);
    if ([K.ExpressionStatement, K.VariableStatement, K.Block].includes(own.kind) || isFunction(own)) break;
  }
  return parsed('');
}

function parsed(comment) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  const at = lines.findIndex((line) => /^\s*@/.test(line));
  const body = lines.slice(0, at < 0 ? lines.length : at).join('\n').trim();
  const tags = at < 0 ? [] : lines.slice(at).join('\n').split(/^\s*@/m).slice(1).map((one) => one.trim());
  const [first, ...rest] = body.split(/\n\s*\n/);
  return {
    summary: first.replace(/\s+/g, ' ').trim(),
    description: rest.join('\n\n').trim(),
    deprecated: tags.some((one) => one.startsWith('deprecated')),
    tags: tags.filter((one) => /^tags?\s/.test(one)).flatMap((one) => one.replace(/^tags?\s+/, '').split(/[\s,]+/)),
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Routes

const routes = [];
const parametersOf = (path) => [...path.matchAll(/[:*]([A-Za-z_$][\w$]*)/g)].map((one) => one[1]);

/** The handler that an argument stands for: a function, its name, or one that something is wrapped around. */
function handlerOf(node) {
  let own = resolved(node);
  for (let count = 0; own?.kind === K.CallExpression && count < 4; count++) {
    const inner = own.expression.name?.text === 'bind' ? own.expression.expression : own.arguments[0];
    if (!inner) return undefined;
    own = resolved(inner);
  }
  return isFunction(own) ? own : undefined;
}

function frameworkOf(node) {
  const whole = ts.typeAt(node);
  const type = whole && whole.flags & F.Intersection ? ts.members(whole)[0] : whole;
  const symbol = type && (ts.symbol(type) ?? ts.alias(type));
  const name = symbol?.name ?? '';
  const place = symbol ? (ts.declarations(symbol)[0] ? sourceOf(ts.declarations(symbol)[0]).fileName : '') : '';
  if (name === 'App' && /krepis|kernel_c/.test(place)) return 'krepis';
  if (/express/.test(place) || /^(Express|IRouter|Router|Application)$/.test(name)) return 'express';
  if (/^Fastify/.test(name)) return 'fastify';
  if (/^Hono/.test(name)) return 'hono';
  return type && type.flags & F.Any ? 'unknown' : undefined;
}

const mounts = []; // [symbol's declaration or function, prefix, receiver]
function collectMounts(node) {
  if (node.kind !== K.CallExpression || !['use', 'route', 'register'].includes(node.expression.name?.text)) return;
  const [first, second] = node.arguments;
  if (!first) return;
  if (node.expression.name.text === 'register') {
    const prefix = second && field(second, 'prefix');
    const value = prefix ? constant(prefix) : '';
    if (typeof value === 'string') mounts.push({ target: resolved(first), prefix: value, receiver: node.expression.expression });
    return;
  }
  const value = constant(first);
  const prefix = typeof value === 'string' ? value : '';
  for (const argument of node.arguments.slice(typeof value === 'string' ? 1 : 0)) {
    const own = resolved(argument);
    const made = own?.kind === K.CallExpression ? implementation(own) : undefined;
    const target = made && isFunction(made) && isOurs(made) ? made : own; // a function that makes a router, or a router
    if (target) mounts.push({ target, prefix, receiver: node.expression.expression });
  }
}

/** Where what is registered on a receiver is reached. */
function prefixOf(receiver, depth = 0) {
  if (depth > 6) return '';
  const own = resolved(receiver);
  for (const { target, prefix, receiver: outer } of mounts) {
    if (target === own || contains(target, own)) {
      if (resolved(outer) !== own) return prefixOf(outer, depth + 1) + prefix.replace(/\/$/, '');
    }
  }
  return '';
}

function contains(target, node) {
  if (!isFunction(target)) return false;
  for (let own = node; own; own = own.parent) if (own === target) return true;
  return false;
}

/** `app` in `app.get(...).post(...)`. */
function rootOf(node) {
  while (node.kind === K.CallExpression && node.expression.kind === K.PropertyAccessExpression && VERBS.has(node.expression.name.text))
    node = node.expression.expression;
  return node;
}

const hooks = []; // of applications of the SDK

function register(node, found) {
  const { framework, method, path, handler } = found;
  const answers = new Answers();
  const source = sourceOf(node);
  const documented = documentation(node);
  const route = {
    framework, method, path,
    own: found.own ?? path,
    file: relative(request.root, source.fileName).split('\\').join('/'),
    line: lineOf(found.at ?? node),
    ...(documented.summary || !handler ? documented : documentation(handler)),
    parameters: Object.fromEntries(parametersOf(path).map((name) => [name, { type: 'string' }])),
    query: undefined, body: undefined, bodyRequired: true,
  };
  ({ krepis: asKrepis, express: asExpress, fastify: asFastify, hono: asHono, nest: asNest }[framework] ?? asUnknown)(route, found, answers);
  route.answers = [...answers.found].map(([status, { texts, content, headers }]) => ({
    status: String(status), texts: [...texts], headers: [...headers],
    content: [...content].map(([media, schemas]) => [media, [...schemas.values()]]),
  }));
  routes.push(route);
}

function asUnknown(_route, _found, answers) {
  answers.put('default', '*/*', {});
}

function asKrepis(route, { checks, handler, fixed, kind }, answers) {
  if (kind === 'fixed') {
    const call = resolved(fixed);
    if (call?.kind === K.CallExpression && call.expression.text === 'reply') {
      for (const status of statusesOf(call.arguments[1] && field(call.arguments[1], 'status')))
        answers.value(status, ts.typeAt(call.arguments[0]), fixed);
    } else answers.value(undefined, ts.typeAt(fixed), fixed);
    return;
  }
  if (kind === 'metrics') return void answers.put(200, TEXT, { type: 'string' });
  if (kind === 'files') {
    for (const status of [200, 206]) answers.put(status, '*/*', {});
    return void [304, 400, 404, 416].map((status) => answers.put(status));
  }
  for (const [name, schema] of checks ? entries(checks) : []) {
    const made = schemaOfSchema(schema);
    if (name === 'params') Object.assign(route.parameters, made.properties);
    if (name === 'query') route.query = made;
    if (name === 'body') {
      route.body = made;
      answers.put(400, TEXT, { type: 'string' }, 'malformed JSON');
      answers.put(422, JSON_TYPE, invalid(), 'invalid body');
    } else answers.put(400, JSON_TYPE, invalid(), `invalid ${name}`);
  }
  if (Object.keys(route.parameters).length > 0) answers.put(400, TEXT, { type: 'string' }, 'malformed percent-encoding');
  if (kind === 'ws') {
    answers.put(101, undefined, undefined, 'the connection is a WebSocket');
    answers.put(400, TEXT, { type: 'string' }, 'not a handshake');
    answers.put(403, TEXT, { type: 'string' }, 'pages of this origin may not connect');
    answers.put(426, TEXT, { type: 'string' }, 'this is a WebSocket');
    const upgrade = field(handler, 'upgrade');
    if (upgrade) thrown(resolved(upgrade), answers, TEXT, { type: 'string' });
    return;
  }
  const functions = [...hooks, handler].filter(Boolean);
  for (const one of functions) thrown(one, answers, TEXT, { type: 'string' });
  for (const hook of hooks) {
    const own = new Answers();
    answersOfKrepis(hook, own);
    own.found.delete(204); // undefined goes on to the handler
    for (const [status, { content }] of own.found)
      for (const [media, schemas] of content) for (const schema of schemas.values()) answers.put(status, media, schema);
  }
  if (!handler) return void answers.put('default', '*/*', {});
  readsOfRequest(handler, route, answers);
  answersOfKrepis(handler, answers);
}

/** `request.json()` and the like without checks. */
function readsOfRequest(handler, route, answers) {
  for (const own of reached(handler)) {
    visit(own, (node) => {
      if (node.kind !== K.CallExpression || node.expression.kind !== K.PropertyAccessExpression) return;
      const name = node.expression.name.text;
      if (!['json', 'bytes', 'text', 'header'].includes(name)) return;
      if (ts.symbol(ts.typeAt(node.expression.expression))?.name !== 'KrepisRequest') return;
      if (name === 'header') {
        const value = node.arguments[0] && constant(node.arguments[0]);
        if (typeof value === 'string') (route.headers ??= []).push(value);
      } else if (route.body === undefined && route.method !== 'get') {
        route.body = {};
        if (name === 'json') answers.put(400, TEXT, { type: 'string' }, 'malformed JSON');
        else route.bodyMedia = name === 'text' ? 'text/plain' : '*/*';
      }
    }, true);
  }
}

/** The type of `object.body` where a handler says what it takes it for. */
function takenFor(handler, parameter, name) {
  let found;
  if (!parameter || !handler.body) return undefined;
  visit(handler.body, (node) => {
    if (found || node.kind !== K.PropertyAccessExpression || node.name.text !== name) return;
    if (node.expression.kind !== K.Identifier || node.expression.text !== parameter.name.text) return;
    let outer = node.parent;
    while ([K.ParenthesizedExpression, K.AwaitExpression].includes(outer?.kind)) outer = outer.parent;
    if (outer?.kind === K.AsExpression) found = ts.fromNode(outer.type);
    else if (outer?.kind === K.VariableDeclaration && outer.type) found = ts.fromNode(outer.type);
    else if (outer?.kind === K.CallExpression && /parse|validate|check/i.test(outer.expression.name?.text ?? outer.expression.text ?? ''))
      found = awaited(ts.typeAt(outer));
  }, true);
  if (found) return found;
  const symbol = ts.property(ts.typeAt(parameter.name), name);
  const type = symbol && ts.typeOf(symbol, parameter);
  return type && type.flags & (F.Any | F.Unknown) ? undefined : type;
}

function readsOf(handler, parameter, route, names) {
  const body = takenFor(handler, parameter, names.body);
  if (body && route.method !== 'get') route.body = schemaOf(body, handler);
  const query = takenFor(handler, parameter, names.query);
  const made = query && inlined(schemaOf(query, handler));
  if (made?.properties) route.query = made;
}

const inlined = (schema) => (schema.$ref ? components[schema.$ref.split('/').at(-1)] : schema);

/** The calls on a response object that answer, as `res.status(201).json(x)`. */
function answered(handler, parameter, answers, calls) {
  if (!parameter) return;
  const before = answers.found.size;
  for (const own of reached(handler)) {
    visit(own, (node) => {
      if (node.kind !== K.CallExpression || node.expression.kind !== K.PropertyAccessExpression) return;
      const kind = calls[node.expression.name.text];
      if (kind === undefined) return;
      let status;
      let object = node.expression.expression;
      while (object.kind === K.CallExpression && object.expression.kind === K.PropertyAccessExpression) {
        if (['status', 'code'].includes(object.expression.name.text)) status = object.arguments[0];
        object = object.expression.expression;
      }
      const isResponse = own === handler ? object.text === parameter.name.text : /^(res|reply|response|c)$/.test(object.text ?? '');
      if (!isResponse) return;
      const [first, second] = node.arguments;
      if (kind === 'status') for (const one of statusesOf(first)) answers.put(one, TEXT, { type: 'string' });
      else if (kind === 'redirect') answers.put(302);
      else {
        for (const one of statusesOf(kind === 'hono' ? second : status))
          if (first) answers.value(one ?? 200, ts.typeAt(first), first, node.expression.name.text === 'json' ? JSON_TYPE : undefined);
          else answers.put(one ?? 200);
      }
    }, true);
  }
  if (answers.found.size === before) answers.put('default', '*/*', {});
}

function asExpress(route, { handler }, answers) {
  if (!handler) return asUnknown(route, undefined, answers);
  const [req, res] = handler.parameters.length === 4 ? handler.parameters.slice(1) : handler.parameters;
  readsOf(handler, req, route, { body: 'body', query: 'query' });
  thrown(handler, answers, '*/*', {});
  answered(handler, res, answers, { json: 'body', send: 'body', end: 'body', sendStatus: 'status', redirect: 'redirect' });
}

function asFastify(route, { handler, options }, answers) {
  const said = options && field(options, 'schema');
  const literal = (name) => {
    const value = said && field(said, name);
    const found = value === undefined ? UNKNOWN : constant(value);
    return found === UNKNOWN || JSON.stringify(found) === undefined ? undefined : JSON.parse(JSON.stringify(found));
  };
  if (handler) {
    readsOf(handler, handler.parameters[0], route, { body: 'body', query: 'query' });
    thrown(handler, answers, JSON_TYPE, {});
    for (const expression of returnsOf(handler)) {
      const types = alternatives(ts.typeAt(expression)).filter((one) => ts.symbol(one)?.name !== 'FastifyReply');
      for (const one of types) if (!(one.flags & (F.Void | F.Undefined | F.Any))) answers.value(undefined, one, expression);
    }
    const replies = handler.parameters[1];
    if (replies) answered(handler, replies, answers, { send: 'body' });
  }
  const [body, query, params, response] = ['body', 'querystring', 'params', 'response'].map(literal);
  if (body) route.body = body;
  if (query?.properties) route.query = query;
  if (params?.properties) Object.assign(route.parameters, params.properties);
  if (body || query || params) answers.put(400, JSON_TYPE, {}, 'invalid request');
  for (const [status, schema] of Object.entries(response ?? {})) {
    answers.found.delete(Number(status));
    answers.put(Number(status) || 'default', JSON_TYPE, schema);
  }
  if (answers.found.size === 0) asUnknown(route, undefined, answers);
}

function asHono(route, { handler }, answers) {
  if (!handler) return asUnknown(route, undefined, answers);
  const [context] = handler.parameters;
  if (context) {
    visit(handler, (node) => {
      if (node.kind !== K.CallExpression || node.expression.kind !== K.PropertyAccessExpression) return;
      const text = node.expression.getText(sourceOf(node));
      const name = context.name.text;
      const type = () => awaited(ts.typeAt(node));
      if (text === `${name}.req.json` && !(type()?.flags & F.Any)) route.body = schemaOf(type(), node);
      if (text === `${name}.req.valid`) {
        const [what] = node.arguments.map(constant);
        if (what === 'json') route.body = schemaOf(type(), node);
        if (what === 'query') route.query = inlined(schemaOf(type(), node));
      }
    }, true);
  }
  thrown(handler, answers, TEXT, { type: 'string' });
  answered(handler, context, answers, { json: 'hono', text: 'hono', html: 'hono', body: 'hono', redirect: 'redirect' });
}

function asNest(route, { handler }, answers) {
  for (const parameter of handler.parameters) {
    for (const { name, first } of decoratorsOf(parameter)) {
      const type = ts.typeAt(parameter.name);
      const key = first && constant(first);
      if (name === 'Body') route.body = key && typeof key === 'string'
        ? { type: 'object', properties: { [key]: schemaOf(type, parameter) } }
        : schemaOf(type, parameter);
      if (name === 'Param' && typeof key === 'string') route.parameters[key] = schemaOf(type, parameter);
      if (name === 'Query') {
        const made = inlined(schemaOf(type, parameter));
        if (typeof key === 'string') {
          route.query ??= { type: 'object', properties: {} };
          route.query.properties[key] = made;
        } else if (made?.properties) route.query = made;
      }
    }
  }
  const code = decoratorsOf(handler).find(({ name }) => name === 'HttpCode');
  const said = code?.first && constant(code.first);
  const status = typeof said === 'number' ? said : route.method === 'post' ? 201 : 200;
  thrown(handler, answers, JSON_TYPE, NEST_BODY);
  for (const one of alternatives(ts.returned(ts.typeAt(handler.name)))) {
    if (one.flags & (F.Void | F.Undefined)) answers.put(status);
    else answers.value(status, one, handler);
  }
  if (answers.found.size === 0) asUnknown(route, undefined, answers);
}

function decoratorsOf(node) {
  return (node.modifiers ?? [])
    .filter((one) => one.kind === K.Decorator)
    .map(({ expression }) =>
      expression.kind === K.CallExpression
        ? { name: expression.expression.text ?? '', first: expression.arguments[0] }
        : { name: expression.text ?? '', first: undefined },
    );
}

function joined(...parts) {
  const path = parts.map((part) => part.replace(/^\/|\/$/g, '')).filter(Boolean).join('/');
  return `/${path}`;
}

function look(node) {
  if (node.kind === K.ClassDeclaration) {
    const controller = decoratorsOf(node).find(({ name }) => name === 'Controller');
    for (const member of controller ? node.members : []) {
      for (const { name, first } of decoratorsOf(member)) {
        const method = NEST[name];
        if (method === undefined || !isFunction(member)) continue;
        const prefix = controller.first ? constant(controller.first) : '';
        const own = first ? constant(first) : '';
        const path = joined(typeof prefix === 'string' ? prefix : '', typeof own === 'string' ? own : '');
        register(member, { framework: 'nest', method, path, handler: member, at: member.name });
      }
    }
  }
  if (node.kind !== K.CallExpression || node.expression.kind !== K.PropertyAccessExpression) return;
  const verb = node.expression.name.text;
  const receiver = node.expression.expression;
  const [first, second, third] = node.arguments;
  if (!first || !(VERBS.has(verb) || ['route', 'fixed', 'ws', 'metrics', 'files'].includes(verb))) return;
  const path = constant(first);
  if (typeof path !== 'string') return;
  const isCall = verb !== 'metrics' && second === undefined;
  if (isCall) return;
  const framework = frameworkOf(receiver);
  if (framework === undefined) return;
  const at = node.expression.name;
  if (framework === 'krepis') {
    if (verb === 'fixed' || verb === 'route') {
      const inner = constant(second);
      if (typeof inner !== 'string') return;
      const method = path.toLowerCase();
      if (verb === 'fixed') return register(node, { framework, method, path: inner, kind: 'fixed', fixed: third, at });
      const last = node.arguments.at(-1);
      return register(node, { framework, method, path: inner, checks: node.arguments.length > 3 ? third : undefined, handler: handlerOf(last), at });
    }
    if (verb === 'ws') return register(node, { framework, method: 'get', path, kind: 'ws', handler: second, at });
    if (verb === 'metrics' || verb === 'files') return register(node, { framework, method: 'get', path, kind: verb, at });
    return register(node, { framework, method: verb, path, checks: third && second, handler: handlerOf(third ?? second), at });
  }
  if (!VERBS.has(verb) || !path.startsWith('/') || verb === 'all') return;
  const last = node.arguments.at(-1);
  const handler = handlerOf(last);
  if (framework === 'unknown' && !handler) return;
  const options = framework === 'fastify' && node.arguments.length > 2 ? second : undefined;
  const whole = joined(prefixOf(rootOf(receiver)), path);
  register(node, { framework, method: verb, path: whole, own: path, handler, options, at });
}

function each(node, what) {
  what(node);
  children(node, (child) => each(child, what));
}

for (const source of sources) {
  each(source, (node) => {
    collectMounts(node);
    if (node.kind === K.CallExpression && node.expression.name?.text === 'before' && node.arguments.length === 1) {
      if (frameworkOf(node.expression.expression) === 'krepis') {
        const hook = handlerOf(node.arguments[0]);
        if (hook) hooks.push(hook);
      }
    }
  });
}
for (const source of sources) each(source, look);
ts.close();
process.stdout.write(JSON.stringify({ routes, components }));
