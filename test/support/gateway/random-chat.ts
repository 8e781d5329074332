import type { Prisma } from '../../../src/generated/prisma/client.ts';
import type { ModelServer } from '../model/model-server.ts';
import {
  createGate,
  cutSocket,
  deferred,
  errorChunk,
  finish,
  garbage,
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
import { type Action, type CallsStep, maxSteps, type RunEnd } from './random-conversation.ts';
import { createTools } from './tool-double.ts';

/** What the maker of a tool call must be shown with it again. The arguments of the call have its number. */
export interface MadeCall {
  model: Action['model'];
  thought: string | undefined;
  signature: string | undefined;
}

const waits: CallsStep = {
  reasons: true,
  signs: true,
  says: 'Wait. ',
  names: ['read', 'read'],
  id: 'call_1',
  args: 'good',
};

/** Most are blank: nothing is refused more often. */
const results = ['found', '', ' \n', '\u0085\u00a0'];

/** Tools that are offered or not, as `hasTools` says. A call with `wait` runs until it is cancelled. */
export function createRandomTools() {
  let called = deferred();
  /** `whileRunning` is called once, by the next tool that runs. */
  const state: { hasTools: boolean; whileRunning?: (() => Promise<void>) | undefined } = { hasTools: true };
  const tools = createTools({
    async read({ args, signal }) {
      const { whileRunning } = state;
      state.whileRunning = undefined;
      await whileRunning?.();
      if (!('wait' in args)) return results['n' in args ? Number(args.n) % results.length : 0] ?? '';
      called.resolve();
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { status: 'CANCELLED', result: '', stopped: true };
    },
  });
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
  #isSteered = false;

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
    this.#tools.state.whileRunning = action.steers > 0 ? () => this.#steer(action) : undefined;
    if (end === 'withdrawn' || end === 'interrupted') return this.#playQueued(action.model, end);
    // R1 has no tools.
    const isR1 = action.model.endsWith('r1');
    const played = isR1 && /call|step/.test(end) ? 'answered' : end;
    await this.#playRun(action.model, isR1 ? [] : action.steps, played);
  }

  async #playRun(model: Action['model'], steps: CallsStep[], end: RunEnd): Promise<void> {
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
    if (end.endsWith('in the middle') && end !== 'failed in the middle') await gate.reached;
    if (end.endsWith('in a tool call')) await waiting;
    if (/^(?:stopped|killed|shut down)/.test(end)) await this.#cancel(runId);
    await ended;
    if (this.#isSteered) await this.#cancelLeft();
    if (end === 'killed in a tool call') await this.#makeKilled();
    if (end === 'killed in the middle') await this.#changeNewest({ status: 'INTERRUPTED' });
    if (end.startsWith('shut down')) await this.#changeNewest({ cancelCause: 'SHUTDOWN' });
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

  /** Sends prompts that are to join the answer. Some runs end before they have. */
  async #steer({ model, steers }: Pick<Action, 'model' | 'steers'>): Promise<void> {
    this.#isSteered = true;
    for (let count = 0; count < steers; count += 1) {
      await this.#gateway.query('mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }', {
        input: { ...this.#input('Joined', model), onBusy: 'STEER' },
      });
    }
  }

  /** Cancels the runs of prompts that have not joined: what they ask of the model was not scripted. */
  async #cancelLeft(): Promise<void> {
    this.#isSteered = false;
    await this.#gateway.query(
      'mutation ($sessionId: ID!) { cancelRun(input: { sessionId: $sessionId }) { cancelled } }',
      { sessionId: this.#sessionId },
    );
  }

  #input(prompt: string, model: Action['model']) {
    this.#prompts += 1;
    const [providerName = '', modelName = ''] = model.split('/');
    return { sessionId: this.#sessionId, prompt: `${prompt} ${this.#prompts}`, providerName, modelName };
  }

  #lastTurns(end: RunEnd, model: Action['model'], gate: TurnStep, before: CallsStep[]): Turn[] {
    switch (end) {
      case 'blank':
        return [[text(' \n')]];
      case 'only reasoning':
        return [[reasoning('Hm.')]];
      case 'reasoning at the end':
        return [[reasoning('Hm.'), text('Done.'), reasoning('And?')]];
      case 'text and reasoning by turns':
        return [[text('Alpha.'), reasoning('Hm.'), text('Omega.'), reasoning('And?')]];
      case 'too long an answer':
        return [[reasoning('Hm.'), text('Half of '), finish('length')]];
      case 'too long a reasoning':
        return [[reasoning('Hm.'), finish('length')]];
      case 'cut within a call':
        return [[...this.#callsTurn(waits, model), finish('length')], [text('Done.')]];
      case 'filtered':
        return [[finish('content-filter')]];
      case 'garbage':
        return [[text('Half of '), garbage()]];
      case 'half a character':
        return [[reasoning('Hm \ud83d'), text('Done \ude00.', '\0\ud83d')]];
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
      case 'shut down in the middle':
      case 'killed in the middle':
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
      const right = { n: this.made.length - 1, ...args };
      const written = { good: right, list: [right], 'half a character': { ...right, path: '\ud83d' } }[
        step.args
      ];
      const call = toolCall(this.#callId(step.id, model, index), name, written);
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

  /** Leaves the newest answer as a gateway does that is killed, before it has stored the last call of a step. */
  async #makeKilled(): Promise<void> {
    const { database } = this.#gateway.services;
    const message = await this.#changeNewest({ status: 'INTERRUPTED' });
    await database.toolCall.deleteMany({ where: { id: message.toolCalls[0]?.id ?? 0 } });
    await database.toolCall.updateMany({
      where: { messageId: message.id, status: 'CANCELLED' },
      data: { result: null },
    });
  }

  /** Changes the newest answer. Returns it with its tool calls, the newest first. */
  async #changeNewest(data: Prisma.MessageUpdateInput) {
    const { message: messages } = this.#gateway.services.database;
    const newest = { where: { role: 'ASSISTANT' as const }, orderBy: { id: 'desc' as const } };
    const { id } = await messages.findFirstOrThrow(newest);
    const toolCalls = { orderBy: { id: 'desc' as const } };
    return messages.update({ where: { id }, data, include: { toolCalls } });
  }
}

const tooLong: Turn = [
  status(400, { error: { code: 'context_length_exceeded', message: 'maximum context length' } }),
];
