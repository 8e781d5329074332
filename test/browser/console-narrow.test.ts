import { expect, test } from 'vitest';
import { describeInBrowser } from '../support/browser/browser.ts';
import { openConsole } from '../support/browser/console-page.ts';
import { startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { text } from '../support/model/turn.ts';

const wide = `${'long'.repeat(60)}\n\n\`\`\`\n${'code '.repeat(60)}\n\`\`\`\n\n|${' column |'.repeat(12)}\n|${' --- |'.repeat(12)}\n`;

describeInBrowser('the console on a screen of 360 pixels', () => {
  test('the console fits a screen of 360 pixels and shows the sessions in a drawer, and the title and the settings have room at every width', async () => {
    await using gateway = await startScriptedGateway();
    gateway.model.script([text(wide)]);
    await gateway.createSession({ title: 'Another session' });
    await using console = await openConsole(gateway.url);
    const { page } = console;
    await page.setViewportSize({ width: 360, height: 640 });
    const overhang = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

    await console.send(`A ${'very'.repeat(40)} long prompt`);
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });
    await console.answers.getByRole('table').waitFor();
    expect(await overhang()).toBe(0);
    const table = console.answers.getByRole('region', { name: 'Table' });
    expect(await table.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBeGreaterThan(
      0,
    );
    expect(await page.getByRole('link', { name: 'Another session' }).isVisible()).toBe(false);
    for (const width of [1280, 1100, 900, 760, 640, 360]) {
      await page.setViewportSize({ width, height: 640 });
      const room = await page.getByRole('textbox', { name: 'Title' }).evaluate((field) => field.clientWidth);
      expect(room, `the title at ${width} pixels`).toBeGreaterThan(180);
      const ends = await page
        .locator('.settings > *')
        .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().right));
      expect(Math.max(...ends), `the settings at ${width} pixels`).toBeLessThanOrEqual(width);
    }
    // A window of 1280 by 800 pixels that is enlarged to 200 %.
    await page.setViewportSize({ width: 640, height: 400 });
    expect(await overhang()).toBe(0);
    const { top, bottom } = await console.prompt.evaluate((field) => field.getBoundingClientRect().toJSON());
    expect([top >= 0, bottom <= 400]).toEqual([true, true]);
    await page.setViewportSize({ width: 360, height: 640 });

    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await page.getByRole('button', { name: 'Show the list of sessions' }).click();
    await page.getByRole('link', { name: 'Another session' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Another session' }).waitFor({ state: 'hidden' });
    await expect.poll(focused).toBe('Show the list of sessions');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Another session' }).click();

    await page.getByText('No messages yet.').waitFor();
    await page.getByRole('link', { name: 'Another session' }).waitFor({ state: 'hidden' });
    expect(await overhang()).toBe(0);
  });
});
