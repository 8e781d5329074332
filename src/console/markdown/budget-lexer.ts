import { Lexer, type Token, Tokenizer, type TokensList } from 'marked';
import { formulas } from './formula.ts';

/** Thrown when a text takes too long to read, or is nested too deeply. */
export class OverBudget extends Error {}

/** The deepest nesting of blocks in blocks, and of inline parts in inline parts. The lexer and the page are recursive. */
const maxDepth = 24;

/** A lexer that throws {@link OverBudget}. It cannot be used again afterwards. */
export class BudgetLexer extends Lexer {
  readonly #check: () => void;
  #depth = 0;

  /** @param check Called before each step of the lexer. Throws to stop it. */
  constructor(check: () => void) {
    const tokenizer = new Tokenizer();
    super({ gfm: true, tokenizer, extensions: formulas });
    this.#check = check;
    const { rules } = tokenizer;
    tokenizer.rules = {
      block: watched(rules.block, check),
      inline: watched(rules.inline, check),
      other: watched(rules.other, check),
    };
  }

  override blockTokens(src: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[];
  override blockTokens(src: string, tokens?: TokensList, lastParagraphClipped?: boolean): TokensList;
  override blockTokens(src: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[] {
    return this.#nested(() => super.blockTokens(src, tokens, lastParagraphClipped));
  }

  override inline(src: string, tokens?: Token[]) {
    this.#check();
    return super.inline(src, tokens);
  }

  override inlineTokens(src: string, tokens?: Token[]) {
    return this.#nested(() => super.inlineTokens(src, tokens));
  }

  #nested<T>(read: () => T): T {
    this.#check();
    if (this.#depth > maxDepth) throw new OverBudget();
    this.#depth++;
    const result = read();
    this.#depth--;
    return result;
  }
}

/**
 * Copies the patterns of the lexer so that each calls `check` before it searches. The lexer does all that takes time
 * with these patterns, and a single search is fast.
 */
function watched<Rules extends object>(rules: Rules, check: () => void): Rules {
  const watch = (rule: unknown): unknown => {
    if (typeof rule === 'function') return (...args: unknown[]) => watch(rule(...args));
    if (!(rule instanceof RegExp)) return rule;
    const copy = new RegExp(rule.source, rule.flags);
    copy.exec = (text) => {
      check();
      return RegExp.prototype.exec.call(copy, text);
    };
    return copy;
  };
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, watch(rule)])) as Rules;
}
