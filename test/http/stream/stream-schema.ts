import { createSchema } from 'graphql-yoga';
import { GatewayError } from '../../../src/errors.ts';

/** The state of a source, with promises that tests wait for. */
export interface SourceFacts {
  /** Values that were pulled. */
  pulled: number;
  readonly subscribed: Fact;
  readonly aborted: Fact;
  readonly returned: Fact;
}

export interface Fact {
  readonly promise: Promise<void>;
  happened: boolean;
  happen(): void;
}

export interface StreamContext {
  request: Request;
  signal: AbortSignal;
}

/** Finds the facts about a source by its name, and creates them on the first call. */
export function createFacts() {
  const sources = new Map<string, SourceFacts>();
  return (name: string): SourceFacts => {
    const facts = sources.get(name) ?? {
      pulled: 0,
      subscribed: createFact(),
      aborted: createFact(),
      returned: createFact(),
    };
    sources.set(name, facts);
    return facts;
  };
}

function createFact(): Fact {
  let happen = () => {};
  const promise = new Promise<void>((resolve) => {
    happen = resolve;
  });
  const fact: Fact = {
    promise,
    happened: false,
    happen() {
      fact.happened = true;
      happen();
    },
  };
  return fact;
}

const typeDefs = /* GraphQL */ `
  type Query { hello: String!, echo(text: String!): String!, user: String, boom: String, wait(name: String!): String }
  type Mutation { remember(text: String!): String! }
  type Counted { value: Int!, boom: Int }
  type Subscription {
    "Counts from 1."
    count(to: Int!, name: String = "count"): Counted!
    "Yields one value, and ends only when it is closed."
    silence(name: String!): Int!
    "Never yields to the event loop, and never ends."
    flood(name: String!, bytes: Int!): String!
    "Throws after some values."
    broken(after: Int!): Int!
    refused: Int!
    crashed: Int!
    "An async generator that can hear of its end only by the signal."
    deaf(name: String!): Int!
  }
`;

export function createStreamSchema(facts: (name: string) => SourceFacts) {
  return createSchema<StreamContext>({
    typeDefs,
    resolvers: {
      Query: {
        hello: () => 'world',
        echo: (_: unknown, { text }: { text: string }) => text,
        user: (_: unknown, __: unknown, { request }: StreamContext) => request.headers.get('x-user'),
        boom: () => Promise.reject(new Error('the password is hunter2')),
        wait: async (_: unknown, { name }: { name: string }, { signal }: StreamContext) => {
          facts(name).subscribed.happen();
          await aborted(signal);
          facts(name).aborted.happen();
        },
      },
      Mutation: { remember: (_: unknown, { text }: { text: string }) => text },
      Counted: { boom: () => Promise.reject(new Error('the password is hunter2')) },
      Subscription: createSources(facts),
    },
  });
}

function createSources(facts: (name: string) => SourceFacts) {
  return {
    count: {
      subscribe: (_: unknown, { to, name }: { to: number; name: string }) => countTo(to, facts(name)),
    },
    silence: {
      subscribe: (_: unknown, { name }: { name: string }, { signal }: StreamContext) =>
        silence(facts(name), signal),
    },
    flood: {
      subscribe: (_: unknown, { name, bytes }: { name: string; bytes: number }) =>
        flood(facts(name), 'x'.repeat(bytes)),
    },
    broken: { subscribe: (_: unknown, { after }: { after: number }) => breakAfter(after) },
    refused: {
      subscribe: () => {
        throw new GatewayError('FORBIDDEN', 'Not yours.');
      },
    },
    crashed: {
      subscribe: () => {
        throw new Error('the password is hunter2');
      },
    },
    deaf: {
      subscribe: (_: unknown, { name }: { name: string }, { signal }: StreamContext) =>
        deaf(facts(name), signal),
    },
  };
}

async function* countTo(to: number, facts: SourceFacts) {
  facts.subscribed.happen();
  try {
    for (let value = 1; value <= to; value += 1) {
      facts.pulled += 1;
      yield { count: { value } };
    }
  } finally {
    facts.returned.happen();
  }
}

function silence(facts: SourceFacts, signal: AbortSignal): AsyncIterableIterator<{ silence: number }> {
  facts.subscribed.happen();
  signal.addEventListener('abort', facts.aborted.happen);
  let end: (result: { done: true; value: undefined }) => void = () => {};
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      facts.pulled += 1;
      if (facts.pulled === 1) return Promise.resolve({ done: false, value: { silence: 1 } });
      return new Promise((resolve) => {
        end = resolve;
      });
    },
    return() {
      facts.returned.happen();
      end({ done: true, value: undefined });
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

async function* flood(facts: SourceFacts, text: string) {
  facts.subscribed.happen();
  try {
    for (;;) {
      facts.pulled += 1;
      yield { flood: text };
    }
  } finally {
    facts.returned.happen();
  }
}

async function* breakAfter(after: number) {
  for (let value = 1; value <= after; value += 1) yield { broken: value };
  throw new Error('the password is hunter2');
}

async function* deaf(facts: SourceFacts, signal: AbortSignal) {
  try {
    yield { deaf: 1 };
    facts.subscribed.happen();
    await aborted(signal);
  } finally {
    facts.returned.happen();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
