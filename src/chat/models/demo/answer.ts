import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import { cutText, shorten } from '../../../base/cut-text.ts';
import type { DemoRequest } from './request.ts';

export interface DemoAnswer {
  reasoning: string;
  /** The text in the pieces that are streamed. A generator makes 100,000 words only as fast as they are read. */
  text: Iterable<string>;
  call?: { toolName: string; args: object };
}

/** The most words, and the highest number, that one answer holds. */
const maxItems = 100_000;

/** The most characters that are shown of a prompt and of a tool's result. */
const maxQuote = 200;
const maxResult = 5_000;
/** The most characters that are read of what the demo model is to ask. */
const maxTopic = 500;

const introduction =
  'I am the demo model of Switchyard: a few rules, offline, no language model. I can count ("count to 20"), ' +
  'calculate ("what is 12 * 12?"), write ("write 200 words"), repeat ("say hello"), ask you a question ("ask me ' +
  'tea or coffee", where I may), call a tool of your client ("call `get_location`"), and, on a node that is ' +
  'attached, run a command ("run `uname -a`") and read a file ("read `README.md`").\n\n' +
  'To talk to a real model, set OPENAI_API_KEY, ANTHROPIC_API_KEY or GOOGLE_GENERATIVE_AI_API_KEY, or point ' +
  'OPENAI_BASE_URL at a server that speaks the OpenAI API (Ollama, vLLM, llama.cpp), and start the gateway again.';

type Rule = (request: DemoRequest) => DemoAnswer | undefined;

/** The first rule that answers wins. Their patterns take linear time, because a prompt can be long. */
const rules: Rule[] = [showResult, askUser, callClient, callTool, say, count, write, calculate];

/** Answers the newest prompt, or shows the result of the tool that was called for it. */
export function answerRequest(request: DemoRequest): DemoAnswer {
  for (const rule of rules) {
    const answer = rule(request);
    if (answer !== undefined) return answer;
  }
  const quote =
    request.prompt === '' && request.files.length > 0
      ? ''
      : `You said: “${shorten(request.prompt, maxQuote)}”`;
  const sent =
    request.files.length === 0 ? '' : `You sent ${request.files.join(', ')}; I cannot look into files.`;
  const received = [quote, sent].filter((text) => text !== '').join(' ');
  return answerWith(
    'No rule of mine fits, so I introduce myself.',
    [received, introduction].filter((text) => text !== '').join('\n\n'),
  );
}

/** Splits a text into words, each with the whitespace after it, so that the joined words are the text again. */
export function* wordsOf(text: string): Generator<string, void, undefined> {
  for (const [word] of text.matchAll(/^\s+|\S+\s*/g)) yield word;
}

function answerWith(reasoning: string, text: string): DemoAnswer {
  return { reasoning, text: wordsOf(text) };
}

function showResult({ result }: DemoRequest): DemoAnswer | undefined {
  if (result === undefined) return undefined;
  const shown = shorten(result, maxResult).replace(/\n$/, '');
  const longestFence = Math.max(2, ...Array.from(shown.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longestFence + 1);
  const text = `The result:\n\n${fence}\n${shown}\n${fence}`;
  // Begin with a line break, because clients show this reasoning directly after the reasoning before the call.
  return { reasoning: '\nI show the result.', text: text.split(/(?<=\n)/) };
}

const instruction =
  /^(?:please\s+)?(?:run\s+`(?<command>[^`]+)`|read\s+`(?<path>[^`]+)`)(?:\s+on\s+`?(?<node>[\w.-]+?)`?)?[.!]?$/i;

function callTool({ prompt, tools }: DemoRequest): DemoAnswer | undefined {
  const { command, path, node } = instruction.exec(prompt)?.groups ?? {};
  if (command !== undefined) return callOn(node, { toolName: 'run_command', args: { command } }, tools);
  if (path !== undefined) return callOn(node, { toolName: 'read_file', args: { path } }, tools);
  return undefined;
}

/** The demo model asks only where it is offered to: with `askUser` of the prompt or the session. */
function askUser({ prompt, tools }: DemoRequest): DemoAnswer | undefined {
  const wanted = /^(?:please\s+)?ask me(?:\s+(.+))?$/is.exec(prompt);
  if (wanted === null) return undefined;
  if (!tools.some(({ name }) => name === askUserName)) {
    const why =
      'I may not ask you anything here. Set `askUser` of the session or of the prompt, or switch on **Questions** in the settings of the session.';
    return answerWith(`I may not call ${askUserName}.`, why);
  }
  const args = questionAbout(
    cutText(wanted[1] ?? '', maxTopic)
      .replace(/[.?!]+$/, '')
      .trim(),
  );
  return { reasoning: 'I ask the user.', text: [], call: { toolName: askUserName, args } };
}

const askUserName = 'ask_user';

/** A question with a form: a choice for "tea or coffee", several values for "everything", otherwise a text. */
function questionAbout(topic: string): object {
  if (/^everything$/i.test(topic)) {
    const properties = {
      name: { type: 'string', title: 'Name', minLength: 1 },
      guests: { type: 'integer', title: 'Guests', minimum: 1, maximum: 12 },
      drink: { type: 'string', title: 'Drink', enum: ['tea', 'coffee', 'water'] },
      extras: { type: 'array', title: 'Extras', items: { type: 'string', enum: ['milk', 'sugar', 'cake'] } },
      terrace: { type: 'boolean', title: 'On the terrace' },
    };
    const schema = { type: 'object', properties, required: ['name', 'guests'], additionalProperties: false };
    return { question: 'What may I book for you?', schema };
  }
  const choices = topic
    .split(/,|\bor\b/i)
    .map((choice) => choice.trim())
    .filter((choice) => choice !== '');
  if (choices.length > 1 && choices.length <= 20) {
    const schema = { type: 'string', enum: [...new Set(choices)] };
    return { question: `Which one: ${shorten(choices.join(', '), maxQuote)}?`, schema };
  }
  return { question: topic === '' ? 'What would you like to tell me?' : `${shorten(topic, maxQuote)}?` };
}

/** Calls a tool of the client: `call \`get_location\`` or `call \`get_weather\` with {"city":"Lisbon"}`. */
function callClient({ prompt, tools }: DemoRequest): DemoAnswer | undefined {
  const [, toolName = '', json = '{}'] =
    /^call `([\w-]{1,64})`(?:\s+with\s+(\{.*\}))?[.!]?$/is.exec(prompt) ?? [];
  if (!tools.some(({ name }) => name === toolName)) return undefined;
  try {
    return { reasoning: `I call ${toolName}.`, text: [], call: { toolName, args: Object(JSON.parse(json)) } };
  } catch {
    return answerWith('I cannot read the arguments.', 'Write the arguments behind "with" as a JSON object.');
  }
}

/** @param named The node that the prompt names. Default: the tool's node, if the tool is offered on only one. */
function callOn(
  named: string | undefined,
  { toolName, args }: NonNullable<DemoAnswer['call']>,
  tools: LanguageModelV3FunctionTool[],
): DemoAnswer {
  const tool = tools.find(({ name }) => name === toolName);
  if (tool === undefined) return answerWith(`I may not call ${toolName}.`, whyNotOffered(toolName));
  const nodeIds = nodesOf(tool);
  const node = named ?? nodeIds[0];
  const isClear = named === undefined ? nodeIds.length <= 1 : nodeIds.includes(named);
  if (!isClear) {
    const choices = nodeIds.map((nodeId) => `\`${nodeId}\``).join(', ');
    return answerWith('I need a node.', `On which node? Say it again with "on" and one of: ${choices}.`);
  }
  const call = { toolName, args: node === undefined ? args : { ...args, node } };
  return { reasoning: `I call ${toolName}${node === undefined ? '' : ` on ${node}`}.`, text: [], call };
}

/** The nodes that a tool's schema lets a model choose from. */
function nodesOf({ inputSchema }: LanguageModelV3FunctionTool): string[] {
  const node = inputSchema.properties?.['node'];
  const choices: unknown[] = typeof node === 'object' ? (node.enum ?? []) : [];
  return choices.filter((choice) => typeof choice === 'string');
}

function whyNotOffered(toolName: string): string {
  return (
    `This session does not offer me \`${toolName}\`. Either no node is attached that can do it: \`registerNode\` ` +
    'gives a token for the `switchyard agent` on your machine, and `attachNodes` attaches the node to the session. ' +
    'Or the `toolApproval` of the session is `DENY`.'
  );
}

function say({ prompt }: DemoRequest): DemoAnswer | undefined {
  const text = /^(?:say|echo)\s+(.+)$/is.exec(prompt)?.[1];
  return text === undefined ? undefined : answerWith('I repeat it.', text);
}

function count({ prompt }: DemoRequest): DemoAnswer | undefined {
  const last = itemsIn(/\bcount to (\d+)/i, prompt);
  return last === undefined ? undefined : { reasoning: `I count to ${last}.`, text: numbersTo(last) };
}

function* numbersTo(last: number): Generator<string> {
  for (let number = 1; number < last; number += 1) yield `${number}, `;
  yield `${last}.`;
}

function write({ prompt }: DemoRequest): DemoAnswer | undefined {
  const words = itemsIn(/\bwrite (\d+) words?\b/i, prompt);
  return words === undefined ? undefined : { reasoning: `I write ${words} words.`, text: story(words) };
}

function itemsIn(pattern: RegExp, prompt: string): number | undefined {
  const match = pattern.exec(prompt);
  return match === null ? undefined : Math.max(1, Math.min(Number(match[1]), maxItems));
}

const sentences =
  'The night train leaves the quiet harbour and crosses the old bridge. Lanterns shine above the river while ' +
  'the driver waits for a signal. Beyond the narrow valley a whistle sings. The painter on the platform turns a ' +
  'page and forgets the clock. Then the storm moves on, and the silver mountains return.\n\n';

/** Repeats the sentences, and stops after a number of words. */
function* story(words: number): Generator<string> {
  for (let left = words; left > 0; ) {
    for (const word of wordsOf(sentences)) {
      left -= 1;
      if (left === 0) yield word.replace(/\W*$/, '.');
      if (left <= 0) return;
      yield word;
    }
  }
}

const operators: Record<string, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
};

function calculate({ prompt }: DemoRequest): DemoAnswer | undefined {
  const [, left, operator = '', right] = /^what is (\d{1,6}) ([-+*]) (\d{1,6})\?*$/i.exec(prompt) ?? [];
  const value = operators[operator]?.(Number(left), Number(right));
  return value === undefined
    ? undefined
    : answerWith('I calculate.', `${left} ${operator} ${right} = ${value}`);
}
