import { setImmediate as nextTurn } from 'node:timers/promises';
import { buildSchema, execute, GraphQLObjectType, parse } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import { settleListItems } from '../../src/schema/settle-list-items.ts';

const schema = buildSchema(`
  type Query { items: [Item!]! }
  type Item { late: Int! now: Color! count: Int! bad: Int! inner: Inner! }
  type Inner { bad: Int! }
  enum Color { RED }
`);
const item = schema.getType('Item');
if (!(item instanceof GraphQLObjectType)) throw new Error('Item is no object type.');
const { bad } = item.getFields();
if (bad) {
  bad.resolve = ({ isBad }) => {
    if (isBad) throw new Error('bad');
    return 1;
  };
}
settleListItems(schema);

const fine = { late: 1, now: 'RED', count: 1, inner: { bad: 1 } };
const faults = {
  'a resolver throws': [{ ...fine, isBad: true }, 'bad'],
  'a field that must not be null is null': [{ ...fine, now: null }, 'now'],
  'a value of an enum is unknown': [{ ...fine, now: 'GREEN' }, 'now'],
  'a number does not fit into an Int': [{ ...fine, count: 3_000_000_000 }, 'count'],
  'an item is an error': [new Error('bad'), 'count'],
  'an item that must not be null is null': [null, 'count'],
  'an object in the item fails': [{ ...fine, inner: { bad: null } }, 'inner { bad }'],
} as const;

test.each(Object.entries(faults))(
  'when %s, a promise of an item before it that rejects later is handled',
  async (_name, [faulty, selection]) => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', listen);
    onTestFinished(() => void process.off('unhandledRejection', listen));
    let fail = (_error: Error): void => undefined;
    const late = new Promise<number>((_resolve, reject) => {
      fail = reject;
    });
    const rootValue = { items: [{ ...fine, late }, faulty] };
    const result = await execute({ schema, document: parse(`{ items { ${selection} late } }`), rootValue });
    expect(result.errors).toHaveLength(1);
    fail(new Error('late'));
    // Node.js reports unhandled rejections after the microtasks of a turn.
    await nextTurn();
    expect(unhandled).toEqual([]);
  },
);
