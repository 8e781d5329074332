import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { createGate, status, text, usage } from '../../support/model/turn.ts';

const token = 'scraper-scraper-1';
let gateway: ScriptedGateway;

beforeAll(async () => {
  gateway = await startScriptedGateway({ settings: { METRICS_TOKEN: token, MODEL_MAX_RETRIES: '0' } });
});

afterAll(() => gateway[Symbol.asyncDispose]());

function scrape(headers: Record<string, string> = { authorization: `Bearer ${token}` }) {
  return fetch(`${gateway.url}/metrics`, { headers });
}

/** The values of a metric by its labels, as the page writes them: `{route="graphql",status="200"}`. */
async function valuesOf(name: string): Promise<Record<string, number>> {
  const lines = (await (await scrape()).text()).split('\n').filter((line) => !line.startsWith('#'));
  const rows = lines.flatMap((line) => {
    const [, metric, labels = '', value] = /^(\w+)(\{.*\})? (\S+)$/.exec(line) ?? [];
    return metric === name ? [[labels, Number(value)] as const] : [];
  });
  return Object.fromEntries(rows);
}

test('a gateway without METRICS_PORT and METRICS_TOKEN has no metrics', async () => {
  await using plain = await startTestGateway();
  expect((await fetch(`${plain.url}/metrics`)).status).toBe(404);
});

test('only the token opens the page', async () => {
  const wrong = ['Bearer scraper-scraper-2', `Basic ${token}`, `Bearer ${token}x`, 'Bearer', ''];
  for (const authorization of wrong) {
    const response = await scrape({ authorization });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ detail: expect.stringContaining('METRICS_TOKEN') });
  }
  const response = await scrape();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
});

test('runs are counted by how they ended, with their tokens and their first words', async () => {
  const used = usage({ input: 12, output: 3, cached: 8 });
  gateway.model.script([text('Hi there'), used], [status(400, { error: { message: 'no' } })]);
  const sessionId = await gateway.createSession();
  for (const prompt of ['Hello', 'Again']) await collect(chat(gateway.client(), { sessionId, prompt }));
  const provider = 'provider="openai-compatible"';
  await expect
    .poll(() => valuesOf('switchyard_runs_total'))
    .toEqual({
      [`{${provider},status="COMPLETED",code=""}`]: 1,
      [`{${provider},status="FAILED",code="PROVIDER_REJECTED"}`]: 1,
    });
  expect(await valuesOf('switchyard_tokens_total')).toMatchObject({
    [`{${provider},kind="input"}`]: 12,
    [`{${provider},kind="cached_input"}`]: 8,
    [`{${provider},kind="output"}`]: 3,
  });
  expect(await valuesOf('switchyard_first_words_seconds_count')).toEqual({ [`{${provider}}`]: 1 });
  expect(await valuesOf('switchyard_run_seconds_count')).toEqual({ [`{${provider}}`]: 2 });
  expect((await valuesOf('switchyard_delivery_seconds_count'))['']).toBeGreaterThan(4);
  expect((await valuesOf('switchyard_statements_total'))['{kind="insert"}']).toBeGreaterThan(3);
});

test('gauges tell what is live at the moment of the scrape', async () => {
  const gate = createGate();
  gateway.model.script([text('Wait'), gate], [text('Later')]);
  const sessionId = await gateway.createSession();
  const following = collect(chat(gateway.client(), { sessionId, prompt: 'Wait' }));
  const queued = collect(chat(gateway.client(), { sessionId, prompt: 'Later', onBusy: 'ENQUEUE' }));
  await expect.poll(() => valuesOf('switchyard_live_runs')).toEqual({ '': 1 });
  await expect.poll(() => valuesOf('switchyard_queued_runs')).toEqual({ '': 1 });
  expect(await valuesOf('switchyard_followers')).toEqual({ '': 2 });
  gate.release();
  await Promise.all([following, queued]);
  await expect.poll(() => valuesOf('switchyard_live_runs')).toEqual({ '': 0 });
  await expect.poll(() => valuesOf('switchyard_followers')).toEqual({ '': 0 });
});

test('labels hold no text of a client', async () => {
  const secret = 'SecretOfAClient';
  await fetch(`${gateway.url}/${secret}`);
  await fetch(`${gateway.url}/api/v1/sessions/${secret}`);
  await gateway.graphql(`query ${secret} { __typename }`);
  await gateway.rest('/sessions/');
  await expect
    .poll(() => valuesOf('switchyard_requests_total'))
    .toMatchObject({
      '{route="other",status="404"}': 1,
      '{route="graphql",status="200"}': expect.any(Number),
    });
  expect(await (await scrape()).text()).not.toContain(secret);
});

test('the README lists every metric', async () => {
  const page = await (await scrape()).text();
  const names = [...page.matchAll(/^# TYPE (switchyard_\w+) (\w+)$/gm)].map(([, name, type]) => ({
    name,
    type,
  }));
  const readme = readFileSync('src/metrics/README.md', 'utf8');
  const rows = [...readme.matchAll(/^\| `(switchyard_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => ({
    name,
    type,
  }));
  expect(rows).toEqual(names);
});

test('with METRICS_PORT they are at another port only, which a second gateway cannot take', async () => {
  const settings = { METRICS_PORT: '0', LOG_LEVEL: 'info' };
  await using own = await startTestGateway({ settings });
  const { url } = await own.logged('metrics are served');
  const page = await fetch(String(url));
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('nodejs_eventloop_lag_p99_seconds');
  expect((await fetch(String(url).replace('/metrics', '/graphql'))).status).toBe(404);
  expect((await fetch(`${own.url}/metrics`)).status).toBe(404);
  const { port } = new URL(String(url));
  await expect(startTestGateway({ settings: { METRICS_PORT: port } })).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is taken: stop the program that listens there, or set METRICS_PORT to another port.`,
  );
});
