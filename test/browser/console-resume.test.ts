import { expect, test } from 'vitest';
import { describeInBrowser } from '../support/browser/browser.ts';
import {
  type ConsolePage,
  lastMessageDocument,
  openConsole,
  sessionIdOf,
} from '../support/browser/console-page.ts';
import { createWav } from '../support/files/wav.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import type { GatewayApi } from '../support/gateway/gateway-api.ts';
import { shareScriptedGateway } from '../support/gateway/shared-gateway.ts';
import { startCuttingProxy } from '../support/http/cutting-proxy.ts';
import { unusedPort } from '../support/http/unused-port.ts';
import { createGate, text } from '../support/model/turn.ts';
import { startScriptedProcess } from '../support/process/scripted-process.ts';

/** The text of the answer without its buttons. */
const shown = ({ answers }: ConsolePage) => answers.locator('.markdown').innerText();

async function stored(gateway: GatewayApi, sessionId: string): Promise<string> {
  const { session } = await gateway.query(lastMessageDocument, { id: sessionId });
  return session.lastMessage.content;
}

const isOver = (console: ConsolePage) =>
  console.answers.getByRole('button', { name: 'Copy' }).last().waitFor();

describeInBrowser('an answer in the console', () => {
  const scriptedGateway = shareScriptedGateway();

  test('an answer appears once and continues when the page is reloaded in the middle', async () => {
    const gateway = scriptedGateway();
    const gate = createGate();
    gateway.model.script([text('one ', 'two ', 'three '), gate, text('four ', 'five')]);
    const sessionId = await gateway.createSession();
    await using console = await openConsole(gateway.url, { sessionId });
    await console.send('Count');
    await console.answers.getByText('one two three').waitFor();

    await console.page.reload();
    await console.answers.getByText('one two three').waitFor();
    expect(await shown(console)).toBe('one two three');
    gate.release();

    await expect.poll(() => shown(console)).toBe('one two three four five');
    expect(await console.page.getByRole('article', { name: 'You' }).count()).toBe(1);
    expect(console.faults()).toEqual([]);
  });

  test('an answer loses and repeats nothing when the connection is cut twice', async () => {
    await using gateway = await startTestGateway({ settings: { DEMO_DELAY_MS: '2' } });
    await using proxy = await startCuttingProxy(gateway.url, ['150,', '300,']);
    const sessionId = await gateway.createSession();
    await using console = await openConsole(proxy.url, { sessionId });

    await console.send('Count to 500.');

    await expect.poll(() => shown(console), { timeout: 20_000 }).toContain('500.');
    await isOver(console);
    expect(await shown(console)).toBe(await stored(gateway, sessionId));
    expect(proxy.cuts).toBe(2);
  });

  test('an unfinished answer stays visible when the gateway is killed, with a notice until the gateway is back', async () => {
    await using gateway = await startScriptedProcess({ PORT: String(await unusedPort()) });
    gateway.model.script([text('Written so far'), createGate()], [text('All is well')]);
    const sessionId = await gateway.createSession();
    await using console = await openConsole(gateway.url, { sessionId });
    const status = console.page.getByRole('status').filter({ hasText: 'Reconnecting…' });
    await console.send('Go');
    await console.answers.getByText('Written so far').waitFor();
    await expect.poll(() => stored(gateway, sessionId)).toBe('Written so far');

    gateway.kill('SIGKILL');
    await status.waitFor();
    expect(await shown(console)).toBe('Written so far');
    await gateway.exited;
    await using _again = await gateway.restart();

    await status.waitFor({ state: 'detached' });
    await console.answers.getByRole('alert').waitFor();
    expect(await shown(console)).toBe('Written so far');
    await console.send('And now?');
    await console.answers.getByText('All is well').waitFor();
  });

  test('an answer and its recording arrive in every tab that shows the session', async () => {
    const gateway = scriptedGateway();
    const gate = createGate();
    gateway.model.script([text('Half '), gate, text('and half')]);
    const sessionId = await gateway.createSession();
    await using console = await openConsole(gateway.url, { sessionId });
    await using other = await console.openTab();
    await other.page.getByText('No messages yet.').waitFor();

    await console.send('Hello from the first tab');
    await other.page.getByRole('article', { name: 'You' }).getByText('Hello from the first tab').waitFor();
    await other.answers.getByText('Half').waitFor();
    await other.page.getByRole('button', { name: 'Stop' }).waitFor();
    gate.release();

    for (const tab of [console, other]) await expect.poll(() => shown(tab)).toBe('Half and half');
    const file = { name: 'memo.wav', mimeType: 'audio/wav', buffer: createWav({ seconds: 1 }) };
    await console.answers.locator('input[type=file]').setInputFiles(file);
    await other.answers.getByRole('region', { name: 'Recording memo.wav' }).waitFor();
    expect(console.faults()).toEqual([]);
  });

  test('an answer needs no connection while the page is hidden, and is complete when the page is shown again', async () => {
    const gateway = scriptedGateway();
    const gate = createGate();
    gateway.model.script([text('Before '), gate, text('and after')]);
    await using console = await openConsole(gateway.url);
    const { page } = console;
    await page.clock.install();
    await console.send('Go');
    await console.answers.getByText('Before').waitFor();
    const left = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/graphql/stream'));

    await page.evaluate(show, false);
    await page.clock.fastForward(10_000);
    await left;
    gate.release();
    await expect.poll(() => stored(gateway, sessionIdOf(console))).toBe('Before and after');
    expect(await shown(console)).toBe('Before');
    await page.evaluate(show, true);

    await expect.poll(() => shown(console)).toBe('Before and after');
  });

  test('the end of an answer stays in view until the reader scrolls up', async () => {
    const gateway = scriptedGateway();
    const gate = createGate();
    const lines = (from: number) => Array.from({ length: 60 }, (_, line) => `Line ${from + line}\n\n`);
    gateway.model.script([text(...lines(1)), gate, text(...lines(61))]);
    await using console = await openConsole(gateway.url);
    const messages = console.page.getByRole('region', { name: 'Messages' });
    const line = (number: number) => console.page.getByText(`Line ${number}`, { exact: true });
    await console.send('Go');
    await line(60).waitFor();
    await expect.poll(() => isInSight(line(60))).toBe(true);

    await messages.hover();
    await console.page.mouse.wheel(0, -2_000);
    await console.page.getByRole('button', { name: 'To the newest message' }).waitFor();
    gate.release();
    await line(120).waitFor();
    expect(await isInSight(line(120))).toBe(false);

    await console.page.getByRole('button', { name: 'To the newest message' }).click();
    await expect.poll(() => isInSight(line(120))).toBe(true);
  });
});

function isInSight(locator: ReturnType<ConsolePage['page']['getByText']>): Promise<boolean> {
  return locator.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
}

/** Runs in the page. */
function show(isVisible: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, value: !isVisible });
  document.dispatchEvent(new Event('visibilitychange'));
}
