import { evaluate, formatNumber } from './arithmetic.ts';
import type { Conversation, DemoAnswer } from './conversation.ts';
import { answerOrder } from './order-answer.ts';
import { reportResults } from './report.ts';
import { countFrom, wordsOf, writeWords } from './words.ts';

/** The most words and the most numbers that are written in one answer. */
const MAX_ITEMS = 100_000;

/** How much of a prompt the rules look at, in characters: their patterns would be slow on a long one. */
const MAX_READ = 500;

const configure =
  'To talk to a real model, set OPENAI_API_KEY, ANTHROPIC_API_KEY or GOOGLE_GENERATIVE_AI_API_KEY, or point ' +
  'OPENAI_BASE_URL at a server that speaks the OpenAI API (Ollama, vLLM, llama.cpp), and start the gateway again.';

const abilities =
  'I can count ("count to 20"), calculate ("what is 12 * (3 + 4)?"), write ("Write 200 words."), tell the date ' +
  'and the time, remember what you said, and, on a node that is attached, run a command ("run `uname -a`"), ' +
  'read a file ("read README.md") and list files ("list the files").';

const introduction = `I am the demo model of Switchyard: a few rules, offline, no language model at all. ${abilities}`;

type Rule = (prompt: string, conversation: Conversation, now: Date) => DemoAnswer | undefined;

/** The first that answers wins. */
const rules: Rule[] = [write, count, recall, tellTime, calculate, introduce, greet, farewell];

/** Answers the newest prompt by rule, or goes on after the tools that it called for it. */
export function demoAnswer(conversation: Conversation, now: Date): DemoAnswer {
  const prompt = conversation.prompts.at(-1)?.trim() ?? '';
  if (conversation.results.length > 0) return reportResults(conversation.results);
  const order = answerOrder(prompt, conversation.tools);
  if (order !== undefined) return order;
  for (const rule of rules) {
    const answer = rule(prompt.slice(0, MAX_READ), conversation, now);
    if (answer !== undefined) return answer;
  }
  return reflect(prompt, conversation);
}

function saying(reasoning: string, text: string): DemoAnswer {
  return { reasoning, text: wordsOf(text) };
}

function write(prompt: string): DemoAnswer | undefined {
  const match = /\b(?:write|say|generate|compose|produce|give|tell)\b.*?\b(\d[\d,._]*)[ -]words?\b/is.exec(
    prompt,
  );
  if (match === null) return undefined;
  const wanted = Number(match[1]?.replace(/\D/g, ''));
  const words = Math.min(wanted, MAX_ITEMS);
  const limit = wanted > MAX_ITEMS ? `${wanted} are too many for me, so it will be` : 'It shall be';
  return {
    reasoning: `The prompt asks for words. ${limit} exactly ${words}.`,
    text: writeWords(words, prompt),
  };
}

function count(prompt: string): DemoAnswer | undefined {
  const match =
    /\bcount\b\s*(down|backwards?)?(?:.*?\bfrom\s+(-?\d+))?(?:.*?\b(?:to|until|till)\s+(-?\d+))?/is.exec(
      prompt,
    );
  if (match === null || (match[2] === undefined && match[3] === undefined)) return undefined;
  const down = match[1] !== undefined;
  const last = Number(match[3] ?? (down ? 1 : Number(match[2]) + 9));
  const first = Number(match[2] ?? (down ? last : Math.min(1, last)));
  const [from, to] = down && match[2] === undefined ? [last, 1] : [first, last];
  const limited = from + Math.sign(to - from) * Math.min(Math.abs(to - from), MAX_ITEMS - 1);
  return { reasoning: `I am to count from ${from} to ${limited}.`, text: countFrom(from, limited) };
}

function recall(prompt: string, { prompts }: Conversation): DemoAnswer | undefined {
  const before = prompts.slice(0, -1).map((each) => quoted(each));
  if (/\bwhat(?:'s| is| was) my name\b/i.test(prompt)) {
    const name = before.map((each) => /\bmy name is ([\p{L}-]+)/iu.exec(each)?.[1]).findLast((each) => each);
    return saying(
      'I look for a name in what was said before.',
      name ? `Your name is ${name}.` : 'You have not told me your name.',
    );
  }
  const asked =
    /\bwhat do you remember\b|\b(?:did|have|was|were|remember|recall|repeat)\b.*\b(?:i|my)\b.*\b(?:said?|say|told|tell|asked?|wrote|write|written|prompt|message|question)s?\b/is;
  if (!asked.test(prompt)) return undefined;
  const reasoning = `The prompt asks about this conversation. Prompts before it: ${before.length}.`;
  const [first] = before;
  if (first === undefined) return saying(reasoning, 'You have not said anything before this.');
  if (/\bfirst\b/i.test(prompt)) return saying(reasoning, `The first thing you said was: ${first}`);
  if (/\b(?:last|previous)\b/i.test(prompt))
    return saying(reasoning, `The last thing you said was: ${before.at(-1)}`);
  return saying(reasoning, `You said: ${before.slice(-10).join(' Then: ')}`);
}

function tellTime(prompt: string, _: Conversation, now: Date): DemoAnswer | undefined {
  if (!/\bwhat\b.*\b(?:date|day|time|year|month)\b|\btoday's date\b|^(?:date|time)\??$/i.test(prompt))
    return undefined;
  const date = now.toLocaleDateString('en-GB', { dateStyle: 'full', timeZone: 'UTC' });
  const time = now.toISOString().slice(11, 16);
  return saying('I read the clock of the gateway.', `It is ${date}, ${time} UTC.`);
}

function calculate(prompt: string): DemoAnswer | undefined {
  const result = evaluate(prompt);
  if (result === undefined) return undefined;
  const { expression, value } = result;
  const text = Number.isFinite(value)
    ? `${expression} = ${formatNumber(value)}`
    : `${expression} has no answer that is a number.`;
  return saying(`This is arithmetic: ${expression}.`, text);
}

function introduce(prompt: string): DemoAnswer | undefined {
  const asked =
    /\b(?:who|what) are you\b|\bwhat can you\b|\b(?:which|what) model\b|\breal model\b|\bconfigure\b|\bapi key\b|^help\b/i;
  return asked.test(prompt)
    ? saying('I am asked about myself.', `${introduction}\n\n${configure}`)
    : undefined;
}

function greet(prompt: string): DemoAnswer | undefined {
  const greeting = /^(?:hi|hello|hey|howdy|greetings|good (?:morning|afternoon|evening|day))\b/i;
  if (!greeting.test(prompt) || [...wordsOf(prompt)].length > 6) return undefined;
  return saying('This is a greeting; I greet back.', `Hello! ${introduction}`);
}

function farewell(prompt: string): DemoAnswer | undefined {
  if (/^(?:thanks|thank you|thx)\b/i.test(prompt)) return saying('I am being thanked.', 'You are welcome!');
  if (/^(?:bye|goodbye|see you)\b/i.test(prompt))
    return saying('This is a farewell.', 'Goodbye! This session stays here for you.');
  return undefined;
}

function reflect(prompt: string, { system }: Conversation): DemoAnswer {
  const words = [...wordsOf(prompt)];
  if (words.length === 0)
    return saying('There is nothing to answer.', `You sent an empty prompt. ${introduction}`);
  const kind = prompt.endsWith('?') ? 'a question' : 'a prompt';
  const told =
    system === '' ? '' : ' A real model would also follow the system prompt of this session; I cannot.';
  return saying(
    `The prompt is ${kind} of ${words.length} ${words.length === 1 ? 'word' : 'words'}. No rule of mine fits, so I say so.`,
    `You sent ${kind}: ${quoted(prompt)} I cannot think about it, because I am only the demo model of Switchyard.${told} ` +
      `${abilities} ${configure}`,
  );
}

function quoted(prompt: string): string {
  const text = prompt.trim().slice(0, MAX_READ).replace(/\s+/g, ' ');
  return `“${text.length > 200 ? `${text.slice(0, 200)}…` : text}”`;
}
