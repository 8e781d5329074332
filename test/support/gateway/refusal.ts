import { expect } from 'vitest';
import { errorStatus } from '../../../src/errors.ts';
import type { Database } from '../../../src/storage/database.ts';
import type { TestGateway } from './gateway.ts';
import type { GraphQLAnswer } from './gateway-api.ts';

export interface Refusal {
  status: number;
  text: string;
}

/** Sends a bad request. Fails unless it is refused as the client's fault, shows no internals and changes no row. */
export async function refusal(gateway: TestGateway, send: () => Promise<Response>): Promise<Refusal> {
  const { database } = gateway.services;
  const before = await contentsOf(database);
  const response = await send();
  const text = await response.text();
  expect(response.status).toBeLessThan(500);
  expect(text).not.toMatch(/\bat \S+ \(|node_modules|\.ts:\d|prisma|SELECT |INSERT |UPDATE "|stack/i);
  expect(await contentsOf(database)).toEqual(before);
  return { status: response.status, text };
}

/** All rows of the tables that a request could change. */
async function contentsOf(database: Database) {
  return Promise.all([
    database.session.findMany(),
    database.message.findMany(),
    database.run.findMany(),
    database.toolCall.findMany(),
    database.modelUsage.findMany(),
  ]);
}

/** The result in a JSON response, or the first result in an event stream. Fails if an error has an unknown code. */
export function resultIn({ text }: Refusal): GraphQLAnswer {
  const [, data] = /^event: next\ndata: (.*)$/m.exec(text) ?? [];
  const result = JSON.parse(data ?? text) as GraphQLAnswer;
  for (const { extensions } of result.errors ?? [])
    expect(errorStatus).toHaveProperty(String(extensions['code']));
  return result;
}
