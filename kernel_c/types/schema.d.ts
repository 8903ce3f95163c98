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
        readonly types?: {
            readonly output: T;
        } | undefined;
    };
}
type StandardResult<T> = {
    readonly value: T;
    readonly issues?: undefined;
} | {
    readonly issues: readonly StandardIssue[];
};
interface StandardIssue {
    readonly message: string;
    readonly path?: readonly (PropertyKey | {
        readonly key: PropertyKey;
    })[] | undefined;
}
/** What is wrong, and where: a JSON pointer (RFC 6901) into the value. */
export interface Issue {
    readonly path: string;
    readonly message: string;
}
/** More are not looked for. */
export declare const ISSUES_MAX = 20;
type Node = {
    kind: 'string';
    min?: number;
    max?: number;
    pattern?: RegExp;
    format?: keyof typeof FORMATS;
} | {
    kind: 'number';
    min?: number;
    max?: number;
    integer: boolean;
} | {
    kind: 'boolean';
} | {
    kind: 'any';
} | {
    kind: 'literal';
    values: readonly (string | number | boolean | null)[];
} | {
    kind: 'array';
    of: Node;
    min?: number;
    max?: number;
} | {
    kind: 'object';
    of: Readonly<Record<string, Node>>;
    extra: 'drop' | 'refuse';
} | {
    kind: 'union';
    of: readonly Node[];
} | {
    kind: 'optional';
    of: Node;
};
declare const FORMATS: {
    readonly email: RegExp;
    readonly uuid: RegExp;
    readonly 'date-time': RegExp;
};
type Shape = Readonly<Record<string, Schema<unknown>>>;
type Flat<T> = {
    [K in keyof T]: T[K];
};
type OptionalKeys<S> = {
    [K in keyof S]: undefined extends Infer<S[K]> ? K : never;
}[keyof S];
type ObjectOf<S> = Flat<{
    readonly [K in Exclude<keyof S, OptionalKeys<S>>]: Infer<S[K]>;
} & {
    readonly [K in OptionalKeys<S>]?: Infer<S[K]>;
}>;
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
export declare const t: {
    string: (rules?: StringRules) => Schema<string>;
    number: (rules?: NumberRules) => Schema<number>;
    integer: (rules?: NumberRules) => Schema<number>;
    boolean: () => Schema<boolean>;
    any: () => Schema<unknown>;
    literal: <const V extends readonly (string | number | boolean | null)[]>(...values: V) => Schema<V[number]>;
    array: <T>(of: Schema<T>, rules?: NumberRules) => Schema<readonly T[]>;
    /** Keys that it does not name are dropped, or an error with `extra: 'refuse'`. */
    object: <S extends Shape>(shape: S, { extra }?: {
        extra?: "drop" | "refuse" | undefined;
    }) => Schema<ObjectOf<S>>;
    union: <S extends readonly Schema<unknown>[]>(...of: S) => Schema<Infer<S[number]>>;
    /** A key that may be missing. */
    optional: <T>(of: Schema<T>) => Schema<T | undefined>;
};
/** Lets a value through, or adds to `issues`. */
export type Check = (value: unknown, issues: Issue[]) => unknown;
/** The function of a schema of JSON values. */
export declare function compile(schema: Schema<unknown> | Standard<unknown>): Check;
/** The function of an object schema for names with texts, where a number is its digits and a list a name given again. */
export declare function compileTexts(schema: Schema<unknown>): (values: ReadonlyMap<string, string[]>, issues: Issue[]) => unknown;
export {};
