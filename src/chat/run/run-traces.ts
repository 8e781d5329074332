import type { Run } from '../../generated/prisma/client.ts';
import type { EndedRun } from '../../metrics/metrics.ts';
import type { Attributes, Span, Traces } from '../../traces/traces.ts';
import { conventionalName } from '../models/traced-models.ts';
import { type ExecuteRunOptions, executeRun } from './execute-run.ts';

/** Queued runs whose prompt's span is remembered. A longer queue than this has lost the oldest ones. */
const mostKept = 10_000;

/**
 * Executes runs, each in a span that is part of the trace of its prompt: also where the run has waited in the queue, and
 * although it may outlive the request. A run that another gateway has queued or executed begins a trace, because nothing
 * is stored of the first one.
 */
export class RunTraces {
  readonly #traces: Traces;
  /** The spans of the prompts of queued runs, by run. */
  readonly #kept = new Map<number, Span>();

  constructor(traces: Traces) {
    this.#traces = traces;
  }

  /** Remembers that this code runs for the prompt of a run that waits. */
  keep(runId: number): void {
    const { current } = this.#traces;
    if (!current) return;
    this.#kept.set(runId, current);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** As `executeRun`. */
  async execute(run: Run, options: ExecuteRunOptions): Promise<void> {
    const kept = this.#kept.get(run.id) ?? null;
    this.#kept.delete(run.id);
    // A run that starts at once has what was looked up for its prompt. Any other starts where another run has ended.
    const parent = options.setup ? this.#traces.current : kept;
    const attributes = attributesOf(run, options.resumed !== undefined);
    const span = this.#traces.start('invoke_agent', { kind: 'internal', parent, attributes });
    let isEnded = false;
    const onEnded = (ended: EndedRun) => {
      isEnded = true;
      options.onEnded?.(ended);
      span.set(outcomeOf(ended));
      if (ended.status === 'FAILED') span.fail(ended.code);
    };
    try {
      await this.#traces.within(span, () => executeRun(run, { ...options, onEnded }));
    } finally {
      // It goes on at the next start, or at another gateway.
      if (!isEnded) span.set({ 'switchyard.run.status': 'LEFT' });
      span.end();
    }
  }
}

function attributesOf({ id, sessionId, modelName, providerName }: Run, isResumed: boolean): Attributes {
  return {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': conventionalName(providerName),
    'gen_ai.request.model': modelName,
    'gen_ai.conversation.id': String(sessionId),
    'switchyard.run.id': id,
    'switchyard.session.id': sessionId,
    'switchyard.run.resumed': isResumed || undefined,
  };
}

function outcomeOf({ status, tokens }: EndedRun): Attributes {
  return {
    'switchyard.run.status': status,
    'gen_ai.usage.input_tokens': tokens.input,
    'gen_ai.usage.output_tokens': tokens.output,
    'gen_ai.usage.cache_read.input_tokens': tokens.cached_input,
    'gen_ai.usage.cache_creation.input_tokens': tokens.cache_write_input,
    'gen_ai.usage.reasoning.output_tokens': tokens.reasoning,
  };
}
