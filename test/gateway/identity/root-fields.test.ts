import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeId } from '../../../src/base/global-id.ts';
import { schema } from '../../../src/schema/index.ts';
import { memo } from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import { jwtSettings } from '../../support/gateway/jwt.ts';
import {
  type Belongings,
  createBelongings,
  createTokens,
  missingBelongings,
  type Tokens,
  withoutNames,
} from '../../support/gateway/owned-world.ts';
import { type Trial, trials, variablesOf } from './root-field.ts';

let gateway: TestGateway;
let tokens: Tokens;
let alices: Belongings;

beforeAll(async () => {
  gateway = await startTestGateway({ settings: jwtSettings });
  tokens = await createTokens(gateway);
  await createBelongings(gateway, tokens.bob);
  // All refused attempts share these: an attempt that is refused changes nothing.
  alices = await withGrant(await createBelongings(gateway, tokens.alice));
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** A grant comes from an approval; here the row alone is enough. */
async function withGrant(belongings: Belongings): Promise<Belongings> {
  const { sessionId, userId: grantedBy } = belongings;
  const data = { sessionId, grantedBy, toolName: 'run_command', argsHash: '' };
  const { id } = await gateway.services.database.toolGrant.create({ data });
  return { ...belongings, grant: encodeId('ToolGrant', id) };
}

/** Executes the document by plain HTTP. Of a subscription it returns the first result. */
async function attempt(
  { document, cause }: Trial,
  belongings: Belongings,
  token?: string,
): Promise<{ status: number; answer: GraphQLAnswer }> {
  const variables = variablesOf(document, belongings);
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
  let body: BodyInit = JSON.stringify({ query: document, variables });
  if ('file' in variables) {
    body = new FormData();
    body.set('operations', JSON.stringify({ query: document, variables }));
    body.set('map', '{"0":["variables.file"]}');
    body.set('0', new Blob([memo]), 'memo.wav');
    headers.set('apollo-require-preflight', 'yes');
  } else {
    headers.set('content-type', 'application/json');
  }
  if (document.startsWith('subscription')) headers.set('accept', 'text/event-stream, application/json');
  const leave = new AbortController();
  const init = { method: 'POST', headers, body, signal: leave.signal };
  const response = await fetch(`${gateway.url}/graphql`, init);
  let isAnswered = false;
  const first = firstResult(response).finally(() => {
    isAnswered = true;
  });
  while (cause && token !== undefined && !isAnswered) {
    await gateway.as(token).graphql(cause, variablesOf(cause, belongings));
  }
  const answer = await first;
  leave.abort();
  return { status: response.status, answer };
}

async function firstResult(response: Response): Promise<GraphQLAnswer> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return await response.json();
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const [, data] = /event: next\ndata: (.*)\n\n/.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error(`The stream ended without a result: ${text}`);
}

const codeOf = ({ errors }: GraphQLAnswer) => errors?.[0]?.extensions['code'];

/** Whether all data is null. */
const isEmpty = ({ data }: GraphQLAnswer) =>
  /^(null|{"\w+":(null|\[(null,?)+\])})$/.test(JSON.stringify(data ?? null));

describe('every field of Query, Mutation and Subscription', () => {
  const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
    (type) => Object.values(type?.getFields() ?? {}).map((field) => ({ type, field })),
  );

  test('every root field is tried here', () => {
    const names = fields.map(({ type, field }) => `${type?.name}.${field.name}`);
    expect(Object.keys(trials).sort()).toEqual(names.sort());
  });

  test('every root field says who may use it', () => {
    const open = fields.filter(({ field }) => {
      const options = field.extensions['pothosOptions'] as { authScopes?: unknown } | undefined;
      return options?.authScopes === undefined;
    });
    expect(open.map(({ field }) => field.name)).toEqual([]);
  });
});

describe.each(Object.entries(trials))('%s', (name, trial) => {
  test(`${name} refuses a request without a token`, async () => {
    const { status, answer } = await attempt(trial, alices);
    expect([status, codeOf(answer), answer.data]).toEqual([401, 'UNAUTHENTICATED', undefined]);
  });

  if (trial.bob === 'agents') {
    test(`${name} refuses users`, async () => {
      const { answer } = await attempt(trial, alices, tokens.alice);
      expect([codeOf(answer), isEmpty(answer)]).toEqual(['FORBIDDEN', true]);
    });
    return;
  }

  test(`${name} refuses the agent of a node`, async () => {
    const { answer } = await attempt(trial, alices, tokens.node);
    expect([codeOf(answer), isEmpty(answer)]).toEqual(['FORBIDDEN', true]);
  });

  if (trial.bob === 'nothing' || trial.bob === 'not found') {
    test(`${name} treats the objects of alice for bob like objects that do not exist`, async () => {
      const { answer } = await attempt(trial, alices, tokens.bob);
      const missing = await attempt(trial, missingBelongings(alices), tokens.bob);

      expect(withoutNames(answer)).toEqual(withoutNames(missing.answer));
      expect([codeOf(answer), isEmpty(answer)]).toEqual([
        trial.bob === 'nothing' ? undefined : 'NOT_FOUND',
        true,
      ]);
    });
  } else if (trial.bob === 'forbidden' || trial.bob === 'admins') {
    test(`${name} does not let bob act for alice`, async () => {
      const { answer } = await attempt(trial, alices, tokens.bob);
      expect([codeOf(answer), isEmpty(answer)]).toEqual(['FORBIDDEN', true]);
    });
  } else {
    test(`${name} shows bob no objects of alice`, async () => {
      const { answer } = await attempt(trial, alices, tokens.bob);
      expect(answer.errors).toBeUndefined();
      expect(JSON.stringify(answer)).not.toMatch(new RegExp(`alice|${alices.nodeId}|${alices.session}`));
    });
  }

  if (trial.bob === 'admins') {
    test(`${name} refuses alice, who is no admin`, async () => {
      const { answer } = await attempt(trial, alices, tokens.alice);
      expect([codeOf(answer), isEmpty(answer)]).toEqual(['FORBIDDEN', true]);
    });
  }

  const accepted = trial.bob === 'admins' ? (['admin'] as const) : (['alice', 'admin'] as const);
  test.each(accepted)(`${name} accepts %s`, async (viewer) => {
    const fresh = await withGrant(await createBelongings(gateway, tokens.alice));
    const { answer } = await attempt(trial, fresh, tokens[viewer]);
    // The run exists, but has no such call.
    if (name.endsWith('ToolCall')) expect(answer.errors?.[0]?.message).toContain('tool call');
    else expect(['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND']).not.toContain(codeOf(answer));
  });
});
