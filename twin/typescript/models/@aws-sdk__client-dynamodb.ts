// DynamoDB: items are rows; expressions are read clause by clause, and a failed condition throws.
import { database, io } from 'krepis:model';

export class DynamoDBServiceException extends Error {
  constructor(name) {
    super(name);
    this.name = name;
  }
}

export class ConditionalCheckFailedException extends DynamoDBServiceException {}

export class TransactionCanceledException extends DynamoDBServiceException {}

const failed = () => new ConditionalCheckFailedException('ConditionalCheckFailedException');

const db = database('dynamodb', 'mongodb', failed);

const tableOf = ({ TableName }) => (typeof TableName === 'string' ? TableName : 'item');

// An item that is put names no key: its table's other calls do, or its condition.
const keys = new Map<string, string[]>();
const USUAL = ['pk', 'sk', 'PK', 'SK', 'id', 'Id'];

const keyOf = (input) => {
  keys.set(tableOf(input), Object.keys(input.Key));
  return input.Key;
};

const keyOfItem = (input, item) => {
  const asked = /attribute_not_exists\s*\(\s*([#\w]+)\s*\)/.exec(input.ConditionExpression ?? '');
  const usual = USUAL.filter((name) => name in item);
  const names =
    keys.get(tableOf(input)) ??
    (asked ? [nameOf(input, asked[1])] : usual.length > 0 ? usual : Object.keys(item).slice(0, 1));
  const key = {};
  for (const name of names) key[name] = item[name];
  return key;
};

const nameOf = (input, name) => (name.startsWith('#') ? (input.ExpressionAttributeNames?.[name] ?? name.slice(1)) : name);

const valueOf = (input, text) => input.ExpressionAttributeValues?.[text];

const OPERATORS = { '=': '$eq', '<>': '$ne', '<': '$lt', '<=': '$lte', '>': '$gt', '>=': '$gte' };

const conditionsOf = (input, text) => {
  const filter = {};
  for (const clause of (text ?? '').split(/\s+AND\s+/i)) {
    const compared = /^\(?\s*([#\w.]+)\s*(=|<>|<=|>=|<|>)\s*(:\w+)\s*\)?$/.exec(clause.trim());
    if (compared) filter[nameOf(input, compared[1])] = { [OPERATORS[compared[2]]]: valueOf(input, compared[3]) };
  }
  return filter;
};

const absent = (input) => /^\s*\(?\s*attribute_not_exists/.test(input.ConditionExpression ?? '');

const updateOf = (input) => {
  const $set = {};
  const $inc = {};
  const text = input.UpdateExpression ?? '';
  for (const section of text.match(/(?:SET|ADD|REMOVE|DELETE)\b(?:(?!\b(?:SET|ADD|REMOVE|DELETE)\b).)*/gis) ?? []) {
    const verb = section.slice(0, 3).toUpperCase();
    for (const clause of section.replace(/^\w+\s*/, '').split(/,(?![^(]*\))/)) {
      const added = /^([#\w.]+)\s+(:\w+)$/.exec(clause.trim());
      const [left, right] = clause.split('=').map((part) => part.trim());
      const moved = /^(?:if_not_exists\(\s*([#\w.]+)\s*,\s*:\w+\s*\)|([#\w.]+))\s*([-+])\s*(:\w+)$/.exec(right ?? '');
      if (verb === 'ADD' && added) $inc[nameOf(input, added[1])] = valueOf(input, added[2]);
      else if (verb === 'REM') $set[nameOf(input, left)] = null;
      else if (moved) $inc[nameOf(input, left)] = moved[3] === '-' ? -valueOf(input, moved[4]) : valueOf(input, moved[4]);
      else if (right?.startsWith(':')) $set[nameOf(input, left)] = valueOf(input, right);
    }
  }
  return { $set, $inc };
};

export class Command {
  constructor(input) {
    this.input = input;
  }
}

export class GetCommand extends Command {
  run() {
    return { Item: db.select(null, tableOf(this.input), keyOf(this.input), { one: true }) ?? undefined };
  }
}

export class PutCommand extends Command {
  run() {
    const item = this.input.Item;
    const key = keyOfItem(this.input, item);
    const table = tableOf(this.input);
    if (absent(this.input)) {
      if (!db.upsert(null, table, key, item, {}, { verdict: true }).created) throw failed();
    } else if (this.input.ConditionExpression !== undefined) {
      const where = { ...key, ...conditionsOf(this.input, this.input.ConditionExpression) };
      if (db.update(null, table, where, item, { one: true }).count === 0) throw failed();
    } else {
      db.upsert(null, table, key, item, item, { verdict: true });
    }
    return {};
  }
}

export class UpdateCommand extends Command {
  run() {
    const key = keyOf(this.input);
    const update = updateOf(this.input);
    const table = tableOf(this.input);
    if (absent(this.input)) {
      if (!db.upsert(null, table, key, update, {}, { verdict: true }).created) throw failed();
      return { Attributes: {} };
    }
    if (this.input.ConditionExpression === undefined) {
      return { Attributes: db.upsert(null, table, key, update, update, { verdict: true }).row };
    }
    const where = { ...key, ...conditionsOf(this.input, this.input.ConditionExpression) };
    const { rows, count } = db.update(null, table, where, update, { one: true });
    if (count === 0) throw failed();
    return { Attributes: rows[0] };
  }
}

export class DeleteCommand extends Command {
  run() {
    const where = { ...keyOf(this.input), ...conditionsOf(this.input, this.input.ConditionExpression) };
    const { count, before } = db.remove(null, tableOf(this.input), where, { one: true });
    if (count === 0 && this.input.ConditionExpression !== undefined) throw failed();
    return { Attributes: before[0] };
  }
}

export class QueryCommand extends Command {
  run() {
    const where = conditionsOf(this.input, this.input.KeyConditionExpression);
    const Items = db.select(null, tableOf(this.input), where, {});
    return { Items, Count: Items.length };
  }
}

export class ScanCommand extends Command {
  run() {
    const Items = db.select(null, tableOf(this.input), {}, {});
    return { Items, Count: Items.length };
  }
}

const KINDS = { Put: PutCommand, Update: UpdateCommand, Delete: DeleteCommand };

// All conditions are tried before anything is written; what was put first is not taken back here.
export class TransactWriteCommand extends Command {
  run() {
    for (const item of this.input.TransactItems) {
      for (const kind of Object.keys(KINDS)) if (item[kind] !== undefined) new KINDS[kind](item[kind]).run();
    }
    return {};
  }
}

// `{ N: '1' }` and `{ S: 'a' }` of the low-level client mean what they hold.
const plain = (value) => {
  if (value === null || typeof value !== 'object') return value;
  if ('N' in value) return Number(value.N);
  if ('S' in value) return value.S;
  return 'BOOL' in value ? value.BOOL : value;
};

const plainAll = (record) => {
  const out = {};
  for (const [key, value] of Object.entries(record ?? {})) out[key] = plain(value);
  return out;
};

const opened = (input) => ({
  ...input,
  Key: plainAll(input.Key),
  Item: plainAll(input.Item),
  ExpressionAttributeValues: plainAll(input.ExpressionAttributeValues),
});

export class GetItemCommand extends GetCommand {
  constructor(input) {
    super(opened(input));
  }
}

export class PutItemCommand extends PutCommand {
  constructor(input) {
    super(opened(input));
  }
}

export class UpdateItemCommand extends UpdateCommand {
  constructor(input) {
    super(opened(input));
  }
}

export class DeleteItemCommand extends DeleteCommand {
  constructor(input) {
    super(opened(input));
  }
}

export class DynamoDBClient {
  constructor(config) {}

  send(command) {
    return io('dynamodb', () => command.run());
  }

  destroy() {}
}

export const DynamoDB = DynamoDBClient;
