import type { Locator, Page } from 'playwright-core';
import { openPage, type PageOptions } from './browser.ts';

/** The console in a browser, as a person has it before them. */
export interface ConsolePage extends AsyncDisposable {
  page: Page;
  prompt: Locator;
  answers: Locator;
  /** Addresses that were asked for. */
  requests: string[];
  /** Violations of the policy and errors of scripts; not what the browser says of the network. */
  faults(): string[];
  /** Types a prompt and presses Enter. */
  send(prompt: string): Promise<void>;
  /** Another tab of the same browser. */
  openTab(): Promise<ConsolePage>;
}

export interface ConsoleOptions extends PageOptions {
  /** The session to open, by its id. */
  sessionId?: string;
}

export async function openConsole(url: string, { sessionId, ...options }: ConsoleOptions = {}) {
  const { page, requests, faults, ...opened } = await openPage(options);
  const address = `${url}/console${sessionId === undefined ? '' : `#${encodeURIComponent(sessionId)}`}`;
  const around = (tab: Page, dispose: () => Promise<void>): ConsolePage => ({
    page: tab,
    prompt: tab.getByRole('textbox', { name: 'Prompt' }),
    answers: tab.getByRole('article', { name: 'Answer' }),
    requests,
    faults: () => faults.filter((fault) => !fault.startsWith('Failed to load resource')),
    async send(prompt) {
      const field = tab.getByRole('textbox', { name: 'Prompt' });
      await field.fill(prompt);
      await field.press('Enter');
    },
    async openTab() {
      const other = await page.context().newPage();
      await other.goto(tab.url());
      return around(other, () => other.close());
    },
    [Symbol.asyncDispose]: dispose,
  });
  await page.goto(address);
  return around(page, async () => opened[Symbol.asyncDispose]());
}

/** The answer of a session as the gateway keeps it. */
export const lastMessageDocument =
  'query ($id: ID!) { session(id: $id) { title lastMessage { status content } } }';
