import { type Result, source } from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * What axe finds, as texts. In dark colours it looks only at the contrast, because all else is the same.
 *
 * @param part A selector of what has changed. Default: the whole page, which takes axe half a second.
 */
export async function faultsOf(page: Page, part = ':root'): Promise<string[]> {
  await page.evaluate(source);
  const run = async (rules: readonly string[]) => {
    const options = { resultTypes: ['violations'], ...(rules.length > 0 && { runOnly: rules }) };
    const found = page.evaluate<Result[]>(
      `axe.run('${part}', ${JSON.stringify(options)}).then((all) => all.violations)`,
    );
    return (await found).map(({ help, nodes }) => `${help}: ${nodes.map(({ html }) => html).join(' ')}`);
  };
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await run(['color-contrast']);
  await page.emulateMedia({ colorScheme: 'light' });
  return [...dark, ...(await run([]))];
}
