import fc from 'fast-check';

const models = [
  'openai-compatible/deepseek-chat',
  'openai-compatible/deepseek-r1',
  'openai-compatible/mistral-small',
  'openai-compatible/gemini-2.5-pro',
  'anthropic/claude-haiku-4-5',
  'google/gemini-2.5-flash',
  'google/gemini-3-pro-preview',
  'openai/gpt-5-mini',
  'openai/gpt-5',
] as const;

const runEnds = [
  'answered',
  'blank',
  'only reasoning',
  'reasoning at the end',
  'refused',
  'unavailable',
  'cut before the first word',
  'failed in the middle',
  'too long',
  'step limit',
  'stopped before the first word',
  'stopped in the middle',
  'stopped in a tool call',
  'killed in a tool call',
  'killed in the middle',
  'shut down in the middle',
  'text and reasoning by turns',
  'too long an answer',
  'too long a reasoning',
  'cut within a call',
  'filtered',
  'garbage',
  'half a character',
] as const;

export type RunEnd = (typeof runEnds)[number];

/** The most requests of a run to its model. */
export const maxSteps = 3;

/** Contexts in which a conversation soon has no room, in tokens. */
export const contextLimits = {
  'openai-compatible/mistral-small': 700,
  'anthropic/claude-haiku-4-5': 900,
  'google/gemini-2.5-flash': 700,
  'openai/gpt-5': 900,
};

/** A response of a model that asks for tool calls. */
export interface CallsStep {
  reasons: boolean;
  signs: boolean;
  says: string;
  names: string[];
  id: string;
  /** How the model writes the arguments. A list is refused. */
  args: 'good' | 'list' | 'half a character';
}

/** One prompt, and all that happens until its run has ended. */
export interface Action {
  model: (typeof models)[number];
  hasTools: boolean;
  steps: CallsStep[];
  /** Prompts that are sent to join the answer while its first tool runs. */
  steers: number;
  end: RunEnd | 'withdrawn' | 'interrupted';
}

const names = ['read', 'read', '', 'read.all', 'lies/größe', '9lives', 'x'.repeat(200)];
// Some servers count their calls from the start in every response, and proxies pass on ids of other providers.
const ids = ['call_1', 'functions.read:0', 'töö strange', 'y'.repeat(80)];

const actionWith = (some: Action['model'][]): fc.Arbitrary<Action> =>
  fc.record({
    model: fc.constantFrom(...some),
    hasTools: fc.boolean(),
    steps: fc.array(
      fc.record({
        reasons: fc.boolean(),
        signs: fc.boolean(),
        says: fc.constantFrom('', ' \n', 'Let me see. ', '\u0085\u00a0', '\ud83d'),
        names: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
        id: fc.constantFrom(...ids),
        args: fc.constantFrom('good' as const, 'good' as const, 'list' as const, 'half a character' as const),
      }),
      { maxLength: 2 },
    ),
    steers: fc.constantFrom(0, 0, 1, 2),
    end: fc.constantFrom(...runEnds, 'withdrawn' as const, 'interrupted' as const),
  });

/** Blank ones of every kind, and one that is not. */
export const systemPrompts = fc.constantFrom(
  '',
  ' \n',
  '\u00a0\u2028\u3000\ufeff',
  '\u0085\u001c',
  'Be brief.',
);

/** The actions of a conversation, which switches between at most three models. */
export const conversations: fc.Arbitrary<Action[]> = fc
  .shuffledSubarray([...models], { minLength: 1, maxLength: 3 })
  .chain((some) => fc.array(actionWith(some), { minLength: 2, maxLength: 8 }));
