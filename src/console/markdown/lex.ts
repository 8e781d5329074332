import type { Token } from 'marked';
import { BudgetLexer, OverBudget } from './budget-lexer.ts';

/** Longer texts are not read, in characters: a single search of the lexer would take too long. */
const maxLength = 1_000_000;

/**
 * The most that one step of the lexer counts, in milliseconds. A step takes less. When it seems to take longer, the
 * computer did something else meanwhile, which is no fault of the text.
 */
const maxStepMs = 5;

export interface Lexed {
  readonly tokens: Token[];
  /** Whether the time ran out. The part that was not read is then plain text. */
  readonly isLate: boolean;
}

/**
 * Reads Markdown for a limited time. The rest becomes plain text, because a text that blocks the page may be hostile:
 * somebody who controls a text that the model has read also controls its answer. Text that is nested too deeply
 * becomes plain text as well.
 *
 * @param budgetMs How long reading may take, in milliseconds.
 */
export function lex(source: string, budgetMs: number): Lexed {
  if (source.length > maxLength) return { tokens: [plain(source)], isLate: true };
  const { spent, check } = createStopwatch(budgetMs);
  const isLate = () => spent() > budgetMs;

  let lexer = new BudgetLexer(check);
  const { tokens, inlineQueue } = lexer;
  if (!attempt(() => lexer.blockTokens(source, tokens))) return { tokens: [plain(source)], isLate: isLate() };
  for (const { src, tokens: within } of inlineQueue) {
    if (attempt(() => lexer.inlineTokens(src, within))) continue;
    within.splice(0, within.length, plain(src));
    lexer = new BudgetLexer(check);
    lexer.tokens.links = tokens.links;
  }
  return { tokens, isLate: isLate() };
}

/**
 * Adds up the time between the calls of `check`, which throws when the time is over. Each step counts at most
 * {@link maxStepMs}.
 */
function createStopwatch(budgetMs: number) {
  let spent = 0;
  let last = performance.now();
  const check = () => {
    const now = performance.now();
    spent += Math.min(now - last, maxStepMs);
    last = now;
    if (spent > budgetMs) throw new OverBudget();
  };
  return { check, spent: () => spent };
}

/** Whether the text could be read. */
function attempt(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    // The lexer is recursive, so the stack may end before the budget.
    if (error instanceof OverBudget || error instanceof RangeError) return false;
    throw error;
  }
}

/** A token that is shown without formatting, as HTML is. */
function plain(text: string): Token {
  return { type: 'html', raw: text, text, pre: false, block: true };
}
