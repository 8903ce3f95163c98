// @prisma/client: `prisma.<model>` is made when it is asked for; operations begin when they are awaited.
import { database, io } from 'krepis:model';

export class PrismaClientKnownRequestError extends Error {
  constructor(message, options) {
    super(message);
    this.name = 'PrismaClientKnownRequestError';
    this.code = options.code;
    this.meta = options.meta;
  }
}

const CODES = { unique: 'P2002', missing: 'P2025', serialization: 'P2034', deadlock: 'P2034', closed: 'P2028' };

const failure = (kind, table, columns) =>
  new PrismaClientKnownRequestError(`${kind} ${table}`, {
    code: CODES[kind] ?? 'P2010',
    meta: { modelName: table, target: columns },
  });

const db = database('prisma', 'postgres', failure);

const found = (row, model) => {
  if (row === null) throw failure('missing', model, []);
  return row;
};

// Whoever names a row by something other than its id relies on a unique constraint: Prisma's types ask for one.
const declareUnique = (model, where) => {
  const entries = Object.entries(where ?? {});
  for (const [name, value] of entries) {
    if (name.includes('_') && typeof value === 'object') db.declare(model, { unique: [Object.keys(value)] });
    else if (entries.length === 1 && name !== 'id') db.declare(model, { unique: [[name]] });
  }
};

// Rows that refer to this one are counted by the column that is named after its model.
const counted = (tx, model, row, args) => {
  const wanted = (args?.include ?? args?.select)?._count?.select;
  if (row === null || wanted === undefined) return row;
  const counts = {};
  for (const name of Object.keys(wanted)) {
    counts[name] = db.count(tx, name, { [`${model}Id`]: row.id, ...wanted[name]?.where }, {});
  }
  row._count = counts;
  return row;
};

const one = (tx, model, args, options) => counted(tx, model, db.select(tx, model, args?.where, { one: true, ...options }), args);

export class Delegate {
  constructor(model, tx) {
    this.model = model;
    this.tx = tx;
  }

  findUnique(args) {
    declareUnique(this.model, args?.where);
    return db.lazy(`${this.model}.findUnique`, (tx) => one(tx, this.model, args), this.tx);
  }

  findFirst(args) {
    return db.lazy(`${this.model}.findFirst`, (tx) => one(tx, this.model, args), this.tx);
  }

  findUniqueOrThrow(args) {
    declareUnique(this.model, args?.where);
    return db.lazy(
      `${this.model}.findUniqueOrThrow`,
      (tx) => found(one(tx, this.model, args, { must: true }), this.model),
      this.tx,
    );
  }

  findFirstOrThrow(args) {
    return db.lazy(
      `${this.model}.findFirstOrThrow`,
      (tx) => found(one(tx, this.model, args, { must: true }), this.model),
      this.tx,
    );
  }

  findMany(args) {
    return db.lazy(
      `${this.model}.findMany`,
      (tx) => {
        if (args?.take === 1) {
          const row = db.select(tx, this.model, args?.where, { one: true });
          return row === null ? [] : [row];
        }
        return db.select(tx, this.model, args?.where, {});
      },
      this.tx,
    );
  }

  create(args) {
    return db.lazy(`${this.model}.create`, (tx) => db.insert(tx, this.model, args.data, {}), this.tx);
  }

  createMany(args) {
    return db.lazy(
      `${this.model}.createMany`,
      (tx) => {
        const rows = Array.isArray(args.data) ? args.data : [args.data];
        return { count: db.insert(tx, this.model, rows, { skipDuplicates: args.skipDuplicates === true }).length };
      },
      this.tx,
    );
  }

  createManyAndReturn(args) {
    return db.lazy(
      `${this.model}.createManyAndReturn`,
      (tx) => db.insert(tx, this.model, args.data, { skipDuplicates: args.skipDuplicates === true }),
      this.tx,
    );
  }

  update(args) {
    declareUnique(this.model, args?.where);
    return db.lazy(
      `${this.model}.update`,
      (tx) => {
        const { rows } = db.update(tx, this.model, args.where, args.data, { one: true, must: true });
        if (rows.length === 0) throw failure('missing', this.model, []);
        return rows[0];
      },
      this.tx,
    );
  }

  updateMany(args) {
    return db.lazy(
      `${this.model}.updateMany`,
      (tx) => ({ count: db.update(tx, this.model, args.where, args.data, {}).count }),
      this.tx,
    );
  }

  updateManyAndReturn(args) {
    return db.lazy(
      `${this.model}.updateManyAndReturn`,
      (tx) => db.update(tx, this.model, args.where, args.data, {}).rows,
      this.tx,
    );
  }

  upsert(args) {
    declareUnique(this.model, args?.where);
    return db.lazy(
      `${this.model}.upsert`,
      (tx) => db.upsert(tx, this.model, args.where, args.create, args.update, {}),
      this.tx,
    );
  }

  delete(args) {
    declareUnique(this.model, args?.where);
    return db.lazy(
      `${this.model}.delete`,
      (tx) => {
        const { before } = db.remove(tx, this.model, args.where, { one: true, must: true });
        if (before.length === 0) throw failure('missing', this.model, []);
        return before[0];
      },
      this.tx,
    );
  }

  deleteMany(args) {
    return db.lazy(
      `${this.model}.deleteMany`,
      (tx) => ({ count: db.remove(tx, this.model, args?.where, {}).count }),
      this.tx,
    );
  }

  count(args) {
    return db.lazy(`${this.model}.count`, (tx) => db.count(tx, this.model, args?.where, {}), this.tx);
  }

  aggregate(args) {
    return db.lazy(
      `${this.model}.aggregate`,
      (tx) => {
        const result = {};
        for (const op of ['_sum', '_avg', '_min', '_max']) {
          if (args[op]) {
            result[op] = {};
            for (const column of Object.keys(args[op])) {
              result[op][column] = db.aggregate(tx, this.model, args.where, op.slice(1), column);
            }
          }
        }
        if (args._count) {
          const total = db.count(tx, this.model, args.where, {});
          result._count = args._count === true ? total : { _all: total };
        }
        return result;
      },
      this.tx,
    );
  }

  groupBy(args) {
    return db.lazy(`${this.model}.groupBy`, (tx) => db.select(tx, this.model, args?.where, {}), this.tx);
  }
}

const written = (strings, values) => {
  if (typeof strings === 'string') return { text: strings, values };
  if (strings.sql !== undefined) return { text: strings.sql, values: strings.values };
  let text = strings[0];
  for (let i = 0; i < values.length; i++) text = `${text}$${i + 1}${strings[i + 1]}`;
  return { text, values };
};

export class TransactionClient {
  constructor(tx) {
    this.$tx = tx ?? null;
    db.dynamic(this, (model) => new Delegate(model, this.$tx));
  }

  $queryRaw(strings, ...values) {
    return db.lazy('$queryRaw', (tx) => db.sql(tx, written(strings, values)).rows, this.$tx);
  }

  $queryRawUnsafe(text, ...values) {
    return db.lazy('$queryRaw', (tx) => db.sql(tx, text, values).rows, this.$tx);
  }

  $executeRaw(strings, ...values) {
    return db.lazy('$executeRaw', (tx) => db.sql(tx, written(strings, values)).rowCount, this.$tx);
  }

  $executeRawUnsafe(text, ...values) {
    return db.lazy('$executeRaw', (tx) => db.sql(tx, text, values).rowCount, this.$tx);
  }
}

export class PrismaClient extends TransactionClient {
  constructor(options) {
    super(null);
  }

  async $transaction(work, options) {
    if (Array.isArray(work)) {
      return io('$transaction', () =>
        db.batch(
          options?.isolationLevel,
          work.map((operation) => (tx) => operation.run(tx)),
        ),
      );
    }
    const tx = db.begin(options?.isolationLevel);
    let result;
    try {
      result = await work(new TransactionClient(tx));
    } catch (error) {
      db.rollback(tx);
      throw error;
    }
    await io('COMMIT', () => db.commit(tx));
    return result;
  }

  async $connect() {}

  async $disconnect() {}

  $on() {}

  $use() {}

  $extends() {
    return this;
  }
}

export class Decimal {
  constructor(value) {
    return value;
  }
}

const raw = (text) => ({ sql: text, values: [] });

export const Prisma = {
  PrismaClientKnownRequestError,
  TransactionClient,
  Decimal,
  TransactionIsolationLevel: {
    ReadUncommitted: 'ReadUncommitted',
    ReadCommitted: 'ReadCommitted',
    RepeatableRead: 'RepeatableRead',
    Serializable: 'Serializable',
  },
  sql: (strings, ...values) => {
    const { text, values: bound } = written(strings, values);
    return { sql: text, values: bound };
  },
  raw,
  empty: raw(''),
};
