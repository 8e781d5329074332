import { expect, test } from 'vitest';
import { faultsOf } from '../support/browser/axe.ts';
import { describeInBrowser } from '../support/browser/browser.ts';
import { openConsole } from '../support/browser/console-page.ts';
import { shareScriptedGateway } from '../support/gateway/shared-gateway.ts';
import { createGatedTools } from '../support/gateway/steering.ts';
import { text } from '../support/model/turn.ts';

describeInBrowser('a prompt that joins an answer in the console', () => {
  const { tools, gatedCall } = createGatedTools();
  const shared = shareScriptedGateway({ tools });

  test('is sent with the button beside Stop or with Ctrl+Enter, and stands where the model was told it, also after a reload', async () => {
    const gateway = shared();
    const [first, second] = [gatedCall('a'), gatedCall('b', 'check')];
    gateway.model.script([text('Working.'), first.call], [second.call], [text('Done, in blue.')]);
    const sessionId = await gateway.createSession();
    await using console = await openConsole(gateway.url, { sessionId });
    const { page, prompt } = console;
    const steer = page.getByRole('button', { name: 'Steer' });
    expect(await steer.count()).toBe(0);

    await console.send('Go');
    await first.gate.reached;
    await prompt.fill('Blue, please.');
    expect(await faultsOf(page)).toEqual([]);
    await steer.click();
    await page.getByText('Waiting for the previous answer to finish').waitFor();
    first.gate.release();
    await second.gate.reached;
    const joined = console.answers.getByRole('group', { name: 'You, while this was written' });
    await joined.getByText('Blue, please.').waitFor();
    await prompt.fill('And bold.');
    await prompt.press('Control+Enter');
    await expect.poll(() => prompt.inputValue()).toBe('');
    await expect.poll(() => page.getByText('Sending…').count()).toBe(0);
    second.gate.release();
    await console.answers.getByText('Done, in blue.').waitFor();

    const expectOrder = async () => {
      await expect.poll(() => joined.count()).toBe(2);
      const words = await console.answers.first().innerText();
      const parts = ['Working.', 'Blue, please.', 'And bold.', 'Done, in blue.'];
      const positions = parts.map((part) => words.indexOf(part));
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
      expect(positions[0]).toBeGreaterThanOrEqual(0);
    };
    await expectOrder();
    await expect.poll(() => page.getByRole('article').count()).toBe(2);
    expect(await steer.count()).toBe(0);

    await page.reload();
    await console.answers.getByText('Done, in blue.').waitFor();
    await expectOrder();
    expect(await page.getByRole('article').count()).toBe(2);
    expect(await faultsOf(page)).toEqual([]);
    expect(console.faults()).toEqual([]);
  });
});
