import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSync } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BrowserPage, describeInBrowser, openPage } from '../support/browser/browser.ts';
import { createCountingBus } from '../support/gateway/counting-bus.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { createTools } from '../support/gateway/tool-double.ts';
import { createGate, text, toolCall } from '../support/model/turn.ts';

interface Application extends AsyncDisposable {
  origin: string;
}

/** Serves the page of an application that is written with React and the hooks of `switchyard/client/react`. */
async function startApplication(): Promise<Application> {
  const { outputFiles } = buildSync({
    entryPoints: ['test/client/react/app.tsx'],
    bundle: true,
    write: false,
    format: 'esm',
    // Strict mode does its checks only in React's development build.
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  const script = outputFiles[0]?.text ?? '';
  const page =
    '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="app.js"></script>';
  const server = createServer(({ url }, response) => {
    const isScript = url === '/app.js';
    response
      .setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      .end(isScript ? script : page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The first answer of a gateway loads the package of its provider. */
const patience = { timeout: 30_000 };

describeInBrowser('a page with the React hooks, in strict mode', () => {
  const bus = createCountingBus();
  let application: Application;
  let gateway: ScriptedGateway;
  beforeAll(async () => {
    application = await startApplication();
    const tools = createTools(
      {
        look: async ({ print }) => {
          await print('looking');
          return 'done';
        },
      },
      { needApproval: ['look'] },
    );
    gateway = await startScriptedGateway({ bus, tools, settings: { CORS_ORIGINS: application.origin } });
  });
  afterAll(async () => {
    for (const opened of [gateway, application]) await opened[Symbol.asyncDispose]();
  });

  async function openApp(sessionId: string): Promise<BrowserPage> {
    const opened = await openPage();
    await opened.page.goto(`${application.origin}/?gateway=${gateway.url}#${sessionId}`);
    return opened;
  }
  const statusOf = (page: Page) => page.locator('output').textContent();
  const messagesOf = (page: Page) => page.getByRole('listitem').allTextContents();
  const sendPrompt = async (page: Page, prompt: string) => {
    await expect.poll(() => statusOf(page), patience).toBe('ready');
    await page.getByLabel('Prompt').fill(prompt);
    await page.getByRole('button', { name: 'Send' }).click();
  };

  test('an answer streams into the page, goes on after a reload, and is asked for once', async () => {
    const before = gateway.model.requests.length;
    const gate = createGate();
    gateway.model.script([text('Half'), gate, text(' and half')]);
    await using opened = await openApp(await gateway.createSession());
    const { page } = opened;

    await sendPrompt(page, 'Hi');
    await expect.poll(() => messagesOf(page), patience).toEqual(['Hi', 'Half']);
    expect(await statusOf(page)).toBe('streaming');
    await page.reload();
    await expect.poll(() => messagesOf(page), patience).toEqual(['Hi', 'Half']);
    expect(await statusOf(page)).toBe('streaming');
    gate.release();

    await expect.poll(() => messagesOf(page), patience).toEqual(['Hi', 'Half and half']);
    await expect.poll(() => statusOf(page), patience).toBe('ready');
    expect(gateway.model.requests.length).toBe(before + 1);
    expect(opened.faults).toEqual([]);
  });

  test('a page shows what another client does: a new session, a new title, its prompt and its answer', async () => {
    const sessionId = await gateway.createSession({ title: 'Old' });
    await using opened = await openApp(sessionId);
    const { page } = opened;
    await expect.poll(() => page.getByRole('heading').textContent()).toBe('Old');

    await gateway.query('mutation ($id: ID!) { updateSession(id: $id, input: { title: "New" }) { id } }', {
      id: sessionId,
    });
    await expect.poll(() => page.getByRole('heading').textContent()).toBe('New');
    gateway.model.script([text('Hello')]);
    await gateway.send({ sessionId, prompt: 'From elsewhere' });
    await expect.poll(() => messagesOf(page), patience).toEqual(['From elsewhere', 'Hello']);

    const other = await gateway.createSession({ title: 'Another' });
    await expect.poll(() => page.getByRole('button', { name: 'Another' }).count()).toBe(1);
    await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', { id: other });
    await expect.poll(() => page.getByRole('button', { name: 'Another' }).count()).toBe(0);
  });

  test('a page that changes its session shows only the other one, and a closed one is followed no more', async () => {
    const gate = createGate();
    gateway.model.script([text('Half'), gate]);
    const first = await gateway.createSession({ title: 'First' });
    await gateway.createSession({ title: 'Second' });
    await using opened = await openApp(first);
    const { page } = opened;
    await sendPrompt(page, 'Hi');
    await expect.poll(() => messagesOf(page), patience).toEqual(['Hi', 'Half']);
    const listeners = bus.listeners;

    await page.getByRole('button', { name: 'Second' }).click();
    await expect.poll(() => page.getByRole('heading').textContent()).toBe('Second');
    expect(await messagesOf(page)).toEqual([]);
    // The run and the session that are not shown any more, against the session that is.
    await expect.poll(() => bus.listeners).toBeLessThan(listeners);

    await page.getByRole('button', { name: 'First' }).click();
    await expect.poll(() => messagesOf(page), patience).toEqual(['Hi', 'Half']);
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => statusOf(page), patience).toBe('ready');
    expect(await messagesOf(page)).toEqual(['Hi', 'Half']);
    await page.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => page.getByRole('heading').count()).toBe(0);
    expect(opened.faults).toEqual([]);
  });

  test('a tool call is approved in the page', async () => {
    gateway.model.script([toolCall('c1', 'look', {})], [text('Seen.')]);
    await using opened = await openApp(await gateway.createSession());
    const { page } = opened;
    await sendPrompt(page, 'Look');
    await page.getByRole('button', { name: 'Approve' }).click();
    await expect.poll(() => messagesOf(page), patience).toEqual(['Look', 'Seen.look SUCCEEDED looking done']);
  });

  test('a refused prompt and a session that is gone are told', async () => {
    const sessionId = await gateway.createSession();
    await using opened = await openApp(sessionId);
    const { page } = opened;
    await sendPrompt(page, ' ');
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('prompt');
    expect(await statusOf(page)).toBe('ready');

    await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', {
      id: sessionId,
    });
    await expect.poll(() => statusOf(page), patience).toBe('gone');
  });
});
