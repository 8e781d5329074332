import type { Locator, Page } from 'playwright-core';
import { openPage, type PageOptions } from './browser.ts';

/** The console in a page of the browser, and what a person does with it. */
export interface ConsolePage extends AsyncDisposable {
  page: Page;
  prompt: Locator;
  answers: Locator;
  /** The URLs of all requests, without `blob:` and `data:`. */
  requests: string[];
  /** Violations of the content security policy and errors of scripts, but no failed requests. */
  faults(): string[];
  /** Types a prompt and presses Enter. */
  send(prompt: string): Promise<void>;
  /** Opens a menu, and chooses one of its actions. */
  choose(menu: string, action: string): Promise<void>;
  /** Opens the same address in another tab of the same browser. */
  openTab(): Promise<ConsolePage>;
}

export interface ConsoleOptions extends PageOptions {
  /** The id of the session to open. Default: none, so that the first prompt creates one. */
  sessionId?: string;
}

export async function openConsole(url: string, { sessionId, ...options }: ConsoleOptions = {}) {
  const { page, requests, faults, ...opened } = await openPage(options);
  const address = `${url}/console${sessionId === undefined ? '' : `#${encodeURIComponent(sessionId)}`}`;
  const toConsole = (tab: Page, dispose: () => Promise<void>): ConsolePage => ({
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
    async choose(menu, action) {
      await tab.getByRole('button', { name: menu, exact: true }).click();
      await tab.getByRole('menuitem', { name: action, exact: true }).click();
    },
    async openTab() {
      const other = await page.context().newPage();
      await other.goto(tab.url());
      return toConsole(other, () => other.close());
    },
    [Symbol.asyncDispose]: dispose,
  });
  await page.goto(address);
  return toConsole(page, async () => opened[Symbol.asyncDispose]());
}

/** The id of the session that the page shows, as its address has it. */
export function sessionIdOf({ page }: ConsolePage): string {
  return decodeURIComponent(new URL(page.url()).hash.slice(1));
}

/** Reads the stored title and the stored last message of a session. */
export const lastMessageDocument =
  'query ($id: ID!) { session(id: $id) { title lastMessage { status content } } }';
