import type { DemoAnswer, ToolResult } from './conversation.ts';
import { wordsOf } from './words.ts';

/** What is shown of a long output: so much of its beginning and of its end. */
const HEAD_LINES = 40;
const TAIL_LINES = 10;
const MAX_LINE = 300;

/** Says what came of the tools. */
export function reportResults(results: ToolResult[]): DemoAnswer {
  const isGood = results.every(({ succeeded }) => succeeded);
  const told = isGood ? 'It is done; I show what came of it.' : 'It did not work; I show what I was told.';
  return {
    // It is shown right behind the reasoning that came before the call.
    reasoning: `\n${told}`,
    text: reportsOf(results),
  };
}

/** A tool call in words: "`uname -a` on laptop". */
export function describeOrder(toolName: string, args: Record<string, unknown>): string {
  const { node, command, path } = args;
  const what = {
    run_command: typeof command === 'string' && command.includes('\n') ? 'the command' : inline(command),
    read_file: inline(path),
    list_files: path === undefined ? 'the list of files' : `the list of files in ${inline(path)}`,
  }[toolName];
  return `${what ?? toolName}${node === undefined ? '' : ` on ${node}`}`;
}

function* reportsOf(results: ToolResult[]): Generator<string, void, undefined> {
  for (const [index, { toolName, args, succeeded, text }] of results.entries()) {
    if (index > 0) yield '\n\n';
    const what = describeOrder(toolName, args);
    yield* wordsOf(`${what.charAt(0).toUpperCase()}${what.slice(1)}${succeeded ? '' : ' did not succeed'}`);
    yield* text.trim() === '' ? wordsOf(', with nothing to show.') : [':\n\n', ...block(text)];
  }
}

/** A fenced block, line by line. */
function* block(text: string): Generator<string, void, undefined> {
  const lines = text.replace(/\n$/, '').split('\n');
  const longestFence = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longestFence + 1);
  const omitted = lines.length - HEAD_LINES - TAIL_LINES;
  const shown = omitted <= 0 ? lines : [...lines.slice(0, HEAD_LINES), ...lines.slice(-TAIL_LINES)];
  yield `${fence}\n`;
  for (const [index, line] of shown.entries()) {
    if (index === HEAD_LINES && omitted > 0) yield `[… ${omitted} lines left out …]\n`;
    yield `${line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line}\n`;
  }
  yield fence;
}

function inline(code: unknown): string {
  return `\`${code}\``;
}
