import { expect, test } from 'vitest';
import { ApiTokens } from '../../src/identity/api-tokens.ts';
import { createLog } from '../../src/log.ts';
import { describeInBrowser } from '../support/browser/browser.ts';
import { openConsole } from '../support/browser/console-page.ts';
import { createWav } from '../support/files/wav.ts';
import { startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { shareGateway } from '../support/gateway/shared-gateway.ts';
import { createGate, text } from '../support/model/turn.ts';

/** Starts a gateway that knows its users by tokens. */
async function start() {
  const gateway = await startScriptedGateway({ settings: { AUTH: 'token' } });
  const tokens = new ApiTokens({ ...gateway.services, log: createLog({ level: 'silent', format: 'json' }) });
  const issue = (userId: string) => tokens.create({ userId, isAdmin: false, name: null, expiresAt: null });
  return { ...gateway, issue, revoke: (id: number) => tokens.revoke(id) };
}

describeInBrowser('the console of a gateway that requires a token', () => {
  const shared = shareGateway(start, ({ model }) => model.reset());

  test('the console asks for a token, says why a wrong one fails, and keeps the right one until the tab is closed', async () => {
    const gateway = shared();
    const { token } = await gateway.issue('alice');
    gateway.model.script([text('Hello, alice')]);
    await using console = await openConsole(gateway.url);
    const { page } = console;
    const form = page.getByRole('dialog', { name: 'Sign in to Switchyard' });

    await form.getByLabel('Token').fill('swu_nonsense');
    await form.getByLabel('Token').press('Enter');
    await form.getByText('The token').waitFor();
    await form.getByLabel('Token').fill(token);
    await form.getByLabel('Token').press('Enter');
    await form.waitFor({ state: 'hidden' });
    await console.send('Hi');
    await console.answers.getByText('Hello, alice').waitFor();

    await page.reload();
    await console.answers.getByText('Hello, alice').waitFor();
    expect(await page.evaluate(() => [Object.values(localStorage), document.cookie])).toEqual([[], '']);
    expect(console.requests.filter((url) => url.includes(token))).toEqual([]);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await form.waitFor();
    expect(await page.evaluate(() => Object.values(sessionStorage))).toEqual([]);
    expect(await page.getByText('Hello, alice').count()).toBe(0);
    expect(console.faults()).toEqual([]);
  });

  test('the console asks for another token when the token is revoked during an answer, and the answer then continues', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Before '), gate, text('and after')]);
    const first = await gateway.issue('alice');
    const second = await gateway.issue('alice');
    await using console = await openConsole(gateway.url);
    const form = console.page.getByRole('dialog', { name: 'Sign in to Switchyard' });
    await form.getByLabel('Token').fill(first.token);
    await form.getByLabel('Token').press('Enter');
    await form.waitFor({ state: 'hidden' });
    await console.send('Go on');
    await console.answers.getByText('Before').waitFor();
    await console.prompt.fill('My next question');

    await gateway.revoke(first.row.id);
    await form.getByText('The token was revoked.').waitFor();
    gate.release();
    await form.getByLabel('Token').fill(second.token);
    await form.getByLabel('Token').press('Enter');

    await console.answers.getByText('Before and after').waitFor();
    expect(await console.prompt.inputValue()).toBe('My next question');
  });

  test('a recording is attached to a message, played, replaced and deleted with the keyboard, and a page is never run in its place', async () => {
    const gateway = shared();
    gateway.model.script([text('I listen.')]);
    const { token } = await gateway.issue('alice');
    await using console = await openConsole(gateway.url);
    const { page } = console;
    await page.evaluate(watchBlobs);
    await page.getByLabel('Token').fill(token);
    await page.getByLabel('Token').press('Enter');
    await console.send('Hear this');
    await console.answers.getByText('I listen.').waitFor();
    const message = page.getByRole('article', { name: 'You', exact: true });
    const recording = message.getByRole('region', { name: /^Recording/ });
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    const choose = async (button: string, name: string, buffer: Buffer) => {
      const choosing = page.waitForEvent('filechooser');
      await message.getByRole('button', { name: button }).press('Enter');
      await (await choosing).setFiles({ name, mimeType: 'audio/wav', buffer });
    };

    await choose('Attach a recording', 'page.wav', Buffer.from('<script>document.title = 1</script>'));
    await message.getByRole('alert').getByText('expected wav, mp3').waitFor();
    await choose('Choose another file', 'memo.wav', createWav({ seconds: 2 }));
    await recording.getByText('memo.wav').waitFor();
    await recording.getByText('0:02 · 17 kB').waitFor();
    await recording.getByRole('button', { name: 'Play the recording' }).press('Enter');
    const player = recording.locator('audio');
    await expect
      .poll(() => player.evaluate((audio: HTMLAudioElement) => audio.currentTime))
      .toBeGreaterThan(0);
    await expect.poll(focused).toBe('Player');

    await choose('Replace the recording', 'other.wav', createWav({ seconds: 3 }));
    await recording.getByText('other.wav').waitFor();
    const html = { contentType: 'text/html', body: '<script>document.title = 1</script>' };
    await page.route('**/audio', (route) => route.fulfill(html));
    await recording.getByRole('button', { name: 'Play the recording' }).press('Enter');
    await recording.getByText('This browser cannot play this recording.').waitFor();
    expect(await page.evaluate(() => window.name)).toBe('audio/wav audio/unknown');
    await recording.getByRole('button', { name: 'Delete the recording' }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter');
    await expect.poll(focused).toBe('Attach a recording');
    await page.reload();
    await message.getByRole('button', { name: 'Attach a recording' }).waitFor();

    expect(console.requests.filter((url) => url.includes(token))).toEqual([]);
    expect(console.faults()).toEqual([]);
  });

  test('the console shows the next user no data of the previous user', async () => {
    const gateway = shared();
    gateway.model.script([text('For alice only')]);
    const alice = await gateway.issue('alice');
    const bob = await gateway.issue('bob');
    await using console = await openConsole(gateway.url);
    const form = console.page.getByRole('dialog', { name: 'Sign in to Switchyard' });
    await form.getByLabel('Token').fill(alice.token);
    await form.getByLabel('Token').press('Enter');
    await form.waitFor({ state: 'hidden' });
    await console.send('A secret');
    await console.answers.getByText('For alice only').waitFor();
    await console.prompt.fill('Another secret');

    await gateway.revoke(alice.row.id);
    await form.waitFor();
    await form.getByLabel('Token').fill(bob.token);
    await form.getByLabel('Token').press('Enter');

    await console.page.getByText('No sessions yet.').waitFor();
    expect(await console.page.locator('body').innerText()).not.toMatch(/secret|alice/);
    expect(await console.prompt.inputValue()).toBe('');
    expect(await console.page.evaluate(() => Object.values(sessionStorage))).toEqual([bob.token]);
  });
});

/** Runs in the page. Adds the type of each blob that gets an address to the name of the window. */
function watchBlobs(): void {
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    window.name = `${window.name} ${(blob as Blob).type}`.trim();
    return create(blob);
  };
}
