import { z } from 'zod';
import type { BuilderTypes } from './schema-types.ts';

/** The highest number up to which a list is counted: it takes a few milliseconds. */
const maxCounted = 100_000;

const countBound = z.int().min(1, 'expected at least 1').max(maxCounted, `expected at most ${maxCounted}`);

/** A connection whose items can be counted. */
interface Counted {
  /** Counts the items of the whole list, at most `upTo`. */
  count(upTo: number): Promise<number>;
}

/** The field `totalCount` of a connection. The resolver of the connection must return a `count` beside the page. */
export function totalCount<Connection>(t: PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, Connection>) {
  return t.int({
    description: 'How many items the whole list has, counted up to `upTo`: a longer list has `upTo` here.',
    args: {
      upTo: t.arg.int({
        required: true,
        defaultValue: maxCounted,
        validate: countBound,
        description: `Where to stop counting: 1 to ${maxCounted}. A low number makes a long list cheap to count.`,
      }),
    },
    resolve: (connection, { upTo }) => (connection as unknown as Counted).count(upTo),
  });
}
