import fc from 'fast-check';
import type { ModelServer } from '../model/model-server.ts';
import {
  createGate,
  cutSocket,
  deferred,
  errorChunk,
  reasoning,
  signed,
  silence,
  status,
  type Turn,
  type TurnStep,
  text,
  toolCall,
} from '../model/turn.ts';
import { chat, collect } from './chat.ts';
import type { TestGateway } from './gateway.ts';
import { createTools } from './tool-double.ts';

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
] as const;

/** A response of a model that asks for tool calls. */
interface CallsStep {
  reasons: boolean;
  signs: boolean;
  says: string;
  names: string[];
  id: string;
}

/** One prompt, and all that happens until its run has ended. */
export interface Action {
  model: (typeof models)[number];
  hasTools: boolean;
  steps: CallsStep[];
  end: (typeof runEnds)[number] | 'withdrawn' | 'interrupted';
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
        says: fc.constantFrom('', ' \n', 'Let me see. '),
        names: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
        id: fc.constantFrom(...ids),
      }),
      { maxLength: 2 },
    ),
    end: fc.constantFrom(...runEnds, 'withdrawn' as const, 'interrupted' as const),
  });

/** The actions of a conversation, which switches between at most three models. */
export const conversations: fc.Arbitrary<Action[]> = fc
  .shuffledSubarray([...models], { minLength: 1, maxLength: 3 })
  .chain((some) => fc.array(actionWith(some), { minLength: 2, maxLength: 8 }));

/** What the maker of a tool call must be shown with it again. The arguments of the call have its number. */
export interface MadeCall {
  model: Action['model'];
  thought: string | undefined;
  signature: string | undefined;
}

export const maxSteps = 3;
const waits: CallsStep = {
  reasons: true,
  signs: true,
  says: 'Wait. ',
  names: ['read', 'read'],
  id: 'call_1',
};

/** Tools that are offered or not, as `hasTools` says. A call with `wait` runs until it is cancelled. */
export function createRandomTools() {
  let called = deferred();
  const tools = createTools({
    async read({ args, signal }) {
      if (!('wait' in args)) return 'found';
      called.resolve();
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { status: 'CANCELLED', result: '', stopped: true };
    },
  });
  const state = { hasTools: true };
  const runner: typeof tools = { ...tools, offer: async (id) => (state.hasTools ? tools.offer(id) : []) };
  const nextWait = () => {
    called = deferred();
    return called.promise;
  };
  return { runner, state, nextWait };
}

/** A chat with one session, in which anything may happen. */
export class RandomChat {
  /** By their numbers. */
  readonly made: MadeCall[] = [];
  readonly #gateway: TestGateway;
  readonly #server: ModelServer;
  readonly #tools: ReturnType<typeof createRandomTools>;
  readonly #sessionId: string;
  #prompts = 0;

  constructor(
    gateway: TestGateway,
    server: ModelServer,
    tools: ReturnType<typeof createRandomTools>,
    sessionId: string,
  ) {
    this.#gateway = gateway;
    this.#server = server;
    this.#tools = tools;
    this.#sessionId = sessionId;
  }

  async play({ end, ...action }: Action): Promise<void> {
    this.#tools.state.hasTools = action.hasTools;
    if (end === 'withdrawn' || end === 'interrupted') return this.#playQueued(action.model, end);
    // R1 has no tools.
    const isR1 = action.model.endsWith('r1');
    const played = isR1 && /tool|step/.test(end) ? 'answered' : end;
    await this.#playRun(action.model, isR1 ? [] : action.steps, played);
  }

  async #playRun(model: Action['model'], steps: CallsStep[], end: (typeof runEnds)[number]): Promise<void> {
    const { requests } = this.#server;
    const turns = steps.map((each) => this.#callsTurn(each, model));
    const gate = createGate();
    const waiting = this.#tools.nextWait();
    const first = requests.length;
    this.#server.script(
      ...(end === 'too long' ? [tooLong] : []),
      ...turns,
      ...this.#lastTurns(end, model, gate, steps),
    );
    const seen = chat(this.#gateway.client(), this.#input('Prompt', model));
    const runId = (await seen.next()).value?.runId;
    const ended = collect(seen);
    if (end === 'stopped before the first word') await this.#server.request(first + turns.length);
    if (end === 'stopped in the middle') await gate.reached;
    if (end.endsWith('in a tool call')) await waiting;
    if (/^(?:stopped|killed)/.test(end)) await this.#cancel(runId);
    await ended;
    if (end.startsWith('killed')) await this.#makeKilled();
  }

  /** A prompt that waits behind a live run is withdrawn, by its own cancellation or by a prompt with INTERRUPT. */
  async #playQueued(model: Action['model'], end: 'withdrawn' | 'interrupted'): Promise<void> {
    const gate = createGate();
    this.#server.script([text('Half of '), gate, text('it.')], [text('Next.')]);
    const live = collect(chat(this.#gateway.client(), this.#input('Live', model)));
    await gate.reached;
    const queued = chat(this.#gateway.client(), { ...this.#input('Withdrawn', model), onBusy: 'ENQUEUE' });
    const runId = (await queued.next()).value?.runId;
    const ended = collect(queued);
    if (end === 'withdrawn') await this.#cancel(runId);
    else
      await collect(chat(this.#gateway.client(), { ...this.#input('Instead', model), onBusy: 'INTERRUPT' }));
    await ended;
    gate.release();
    await live;
  }

  #input(prompt: string, model: Action['model']) {
    this.#prompts += 1;
    const [providerName = '', modelName = ''] = model.split('/');
    return { sessionId: this.#sessionId, prompt: `${prompt} ${this.#prompts}`, providerName, modelName };
  }

  #lastTurns(
    end: (typeof runEnds)[number],
    model: Action['model'],
    gate: TurnStep,
    before: CallsStep[],
  ): Turn[] {
    switch (end) {
      case 'blank':
        return [[text(' \n')]];
      case 'only reasoning':
        return [[reasoning('Hm.')]];
      case 'reasoning at the end':
        return [[reasoning('Hm.'), text('Done.'), reasoning('And?')]];
      case 'refused':
        return [[status(400, { error: { message: 'No.', type: 'invalid_request_error' } })]];
      case 'unavailable':
        return [[status(503)]];
      case 'cut before the first word':
        return [[cutSocket()]];
      case 'failed in the middle':
        return [[reasoning('Hm.'), text('Half of '), errorChunk({ type: 'server_error' })]];
      case 'step limit':
        return Array.from({ length: maxSteps - before.length }, () => this.#callsTurn({ ...waits }, model));
      case 'stopped before the first word':
        return [[silence()]];
      case 'stopped in the middle':
        return [[reasoning('Hm.'), text('Half of '), gate]];
      case 'stopped in a tool call':
      case 'killed in a tool call':
        return [this.#callsTurn(waits, model, { wait: true })];
      default:
        return [[reasoning('Hm.'), text('Done.')]];
    }
  }

  #callsTurn(step: CallsStep, model: Action['model'], args: object = {}): Turn {
    const id = this.made.length;
    const thought = step.reasons ? `Thought ${id} of ${model}.` : undefined;
    // Anthropic signs its thoughts, OpenAI encrypts them, and Google signs the first call of a response.
    const signsThoughts = /^(?:anthropic|openai)\//.test(model);
    const isSigned = step.signs && (signsThoughts ? thought !== undefined : model.includes('gemini'));
    const signature = isSigned ? `Signature ${id} of ${model}` : undefined;
    const calls = step.names.map((name, index): TurnStep => {
      const isBearer = signature !== undefined && model.includes('gemini') && index === 0;
      this.made.push({
        model,
        thought,
        signature: isBearer || signsThoughts ? signature : undefined,
      });
      const call = toolCall(this.#callId(step.id, model, index), name, { n: this.made.length - 1, ...args });
      return isBearer ? signed(call, signature) : call;
    });
    const thoughts = thought === undefined ? [] : [signed(reasoning(thought), signature ?? '')];
    return [...thoughts, ...(step.says === '' ? [] : [text(step.says)]), ...calls];
  }

  /** Only OpenAI-compatible servers and proxies send ids that others refuse. */
  #callId(id: string, model: Action['model'], index: number): string {
    if (model.includes('mistral')) return `mistral${index}${this.#prompts % 10}`;
    return model.startsWith('openai-compatible') ? id : `toolu_${index}`;
  }

  async #cancel(runId: string | undefined): Promise<void> {
    await this.#gateway.query(
      'mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) { cancelled } }',
      { runId },
    );
  }

  /** Leaves the newest answer as a gateway does that is killed when it has stored the first call of a step. */
  async #makeKilled(): Promise<void> {
    const { database } = this.#gateway.services;
    const message = await database.message.findFirstOrThrow({
      where: { role: 'ASSISTANT' },
      orderBy: { id: 'desc' },
      include: { toolCalls: { orderBy: { id: 'desc' } } },
    });
    await database.message.update({ where: { id: message.id }, data: { status: 'INTERRUPTED' } });
    await database.toolCall.deleteMany({ where: { id: message.toolCalls[0]?.id ?? 0 } });
    await database.toolCall.updateMany({
      where: { messageId: message.id, status: 'CANCELLED' },
      data: { result: null },
    });
  }
}

const tooLong: Turn = [
  status(400, { error: { code: 'context_length_exceeded', message: 'maximum context length' } }),
];
