// postgres (postgres.js): `sql` is a tag, a helper that is put into other tags, and the connections.
import { database, io } from 'krepis:model';

class PostgresError extends Error {
  constructor(message, code) {
    super(message);
    this.name = 'PostgresError';
    this.code = code;
  }
}

const CODES = { unique: '23505', serialization: '40001', deadlock: '40P01', 'lock-not-available': '55P03', aborted: '25P02' };

const db = database('pg', 'postgres', (kind, table, columns) => {
  const error = new PostgresError(`${kind} ${table}`, CODES[kind] ?? 'XX000');
  error.table_name = table;
  error.constraint_name = `${table}_${columns.join('_')}_key`;
  return error;
});

class Helper {
  constructor(first, names) {
    this.first = first;
    this.names = names;
  }

  // What it stands for depends on what is written before it.
  after(text) {
    const { first, names } = this;
    if (/\b(in|values)\s*\(?\s*$/i.test(text)) return first;
    if (typeof first === 'string') return { __sql: first, params: [] };
    if (/\bset\s*$/i.test(text)) return assigned(first, columnsOf(first, names));
    if (/\binsert\s+into\s+\S+\s*$/i.test(text)) return inserted(Array.isArray(first) ? first : [first], names);
    return { __sql: first.join(', '), params: [] };
  }
}

const columnsOf = (row, names) => {
  const listed = names.flat();
  return listed.length > 0 ? listed : Object.keys(row);
};

const assigned = (row, columns) => ({
  __sql: columns.map((column, i) => `${column} = $${i + 1}`).join(', '),
  params: columns.map((column) => row[column]),
});

const inserted = (rows, names) => {
  const columns = columnsOf(rows[0], names);
  const params = [];
  const tuples = rows.map((row) => {
    const places = columns.map((column) => {
      params.push(row[column]);
      return `$${params.length}`;
    });
    return `(${places.join(', ')})`;
  });
  return { __sql: `(${columns.join(', ')}) values ${tuples.join(', ')}`, params };
};

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

const shown = (row, renamed) => {
  if (renamed) for (const name of Object.keys(row)) row[camel(name)] = row[name];
  return row;
};

const query = (session, renamed, text, params) => {
  const made = db.lazy('query', () => {
    const { rows, rowCount, command } = db.sql(session, text, params);
    for (const row of rows) shown(row, renamed);
    rows.count = rowCount;
    rows.command = command;
    return rows;
  });
  made.__sql = text;
  made.params = params;
  for (const method of ['execute', 'values', 'raw', 'simple', 'describe']) made[method] = () => made;
  made.forEach = async (each) => {
    for (const row of await made) each(row);
  };
  made.cursor = async function* () {
    yield await made;
  };
  return made;
};

const connected = (session, options) => {
  const renamed = options?.transform !== undefined;

  const sql = (first, ...values) => {
    if (!Array.isArray(first) || first.length !== values.length + 1) return new Helper(first, values); // no tag
    let before = '';
    const parts = values.map((value, i) => {
      before += first[i];
      return value instanceof Helper ? value.after(before) : value;
    });
    const { __sql, params } = db.template(first, parts);
    return query(session, renamed, __sql, params);
  };

  sql.unsafe = (text, params) => query(session, renamed, text, params ?? []);
  sql.json = (value) => value;
  sql.array = (value) => value;
  sql.typed = (value) => value;
  sql.notify = () => io('notify', () => undefined);
  sql.listen = async () => {};
  sql.end = async () => {};
  sql.options = options;

  sql.reserve = () =>
    io('reserve', () => {
      const own = connected(db.session(), options);
      own.release = () => {};
      return own;
    });

  sql.begin = async (...args) => {
    const own = db.session();
    const ask = (text) => io('query', () => db.sql(own, text, []));
    await ask(args.length > 1 ? `BEGIN ${args[0]}` : 'BEGIN');
    let result;
    try {
      result = await args.at(-1)(connected(own, options));
      if (Array.isArray(result)) result = await Promise.all(result);
    } catch (error) {
      await ask('ROLLBACK');
      throw error;
    }
    await ask('COMMIT');
    return result;
  };

  sql.savepoint = async (...args) => {
    const ask = (text) => io('query', () => db.sql(session, text, []));
    await ask('SAVEPOINT inner');
    try {
      return await args.at(-1)(sql);
    } catch (error) {
      await ask('ROLLBACK TO SAVEPOINT inner');
      throw error;
    }
  };

  return sql;
};

const postgres = (...config) => connected(null, config.at(-1));

postgres.camel = {};
postgres.toCamel = camel;
postgres.fromCamel = (name) => name;
postgres.PostgresError = PostgresError;

export default postgres;
