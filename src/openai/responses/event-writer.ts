import type { OpenAiFailure } from '../../base/openai-failure.ts';
import type { AwaitedCalls } from '../../dialect/answer/awaited-calls.ts';
import { isLast, type LastEvent } from '../../dialect/answer/last-event.ts';
import type { FrameWriter } from '../../dialect/answer/stream-answer.ts';
import type { AnswerEventFragment, AnswerRunFragment } from '../../gql/graphql.ts';
import { formatFrame } from '../../sse/frame.ts';
import type { EventBody } from './event-body.ts';
import { sequenceNumber } from './event-numbers.ts';
import type { ResponseKey } from './output-items.ts';
import { OutputWriter } from './output-writer.ts';
import {
  type Repeated,
  type ResponseState,
  responseJson,
  stateAtEnd,
  stateAtStart,
} from './response-json.ts';

export interface EventWriterOptions {
  /** The parameters that the response repeats. */
  request?: Repeated;
  /** The `sequence_number` up to which the client has the frames. Default: it has no frames. */
  after?: number | undefined;
  /** The step of the client's tools that the response follows. Default: none. */
  step?: number;
}

/**
 * Writes run events as the events of Responses.
 *
 * | run event | events |
 * | --- | --- |
 * | the first one | `response.created`; `response.queued` for `RunQueued` |
 * | `RunStarted` | `response.in_progress` |
 * | `ReasoningDelta`, `TextDelta` | `response.reasoning_summary_text.delta`, `response.output_text.delta`, with the events that open and close their items |
 * | `ToolCallStarted`, `ToolCallFinished` | an item `mcp_call` is added, and done |
 * | `ClientToolRequested` | an item `function_call` is added, and done; behind the last call of the step `response.completed` |
 * | `RunResumed` | nothing, if the answer goes on where it was |
 * | `HistoryGap` | nothing; what follows is told as a whole by the last event |
 * | `RunCompleted` | `response.completed`, or `response.incomplete` |
 * | `RunCancelled` | `response.incomplete` with the status `cancelled`, for which OpenAI has no event |
 * | `RunFailed` | `response.failed` |
 */
export class EventWriter implements FrameWriter {
  readonly #run: AnswerRunFragment;
  readonly #request: Repeated;
  readonly #after: number;
  readonly #key: ResponseKey;
  readonly #output: OutputWriter;
  #hasBegun = false;
  #number = 0;

  constructor(run: AnswerRunFragment, { request = {}, after = -1, step = 0 }: EventWriterOptions = {}) {
    this.#run = run;
    this.#request = request;
    this.#after = after;
    this.#key = { run: run.databaseId, after: step };
    this.#output = new OutputWriter(this.#key);
  }

  frames(event: AnswerEventFragment | undefined, awaited: AwaitedCalls | undefined): string {
    const { seq = 0 } = event ?? awaited ?? {};
    const bodies = [...this.#begin(event), ...this.#bodiesOf(event, awaited)];
    return bodies
      .map((body, place) => {
        this.#number = sequenceNumber(seq, place, bodies.length);
        return this.#number > this.#after ? this.#frame(body) : '';
      })
      .join('');
  }

  failure({ error: { message, code, param } }: OpenAiFailure): string {
    this.#number += 1;
    return this.#frame({ type: 'error', code, message, param });
  }

  #frame(body: EventBody): string {
    const data = JSON.stringify({ ...body, sequence_number: this.#number });
    return formatFrame({ event: body.type, data });
  }

  #begin(event: AnswerEventFragment | undefined): EventBody[] {
    if (this.#hasBegun) return [];
    this.#hasBegun = true;
    const isQueued = event?.__typename === 'RunQueued';
    const response = this.#json(stateAtStart({ ...this.#run, status: isQueued ? 'QUEUED' : 'RUNNING' }));
    const created = { type: 'response.created', response };
    return isQueued ? [created, { type: 'response.queued', response }] : [created];
  }

  #bodiesOf(event: AnswerEventFragment | undefined, awaited: AwaitedCalls | undefined): EventBody[] {
    if (awaited) {
      const told = event ? this.#output.take(event) : [];
      return [...told, ...this.#output.close('completed'), this.#end(awaited)];
    }
    if (!event) return [];
    if (isLast(event)) {
      const status = event.__typename === 'RunCompleted' ? 'completed' : 'incomplete';
      return [...this.#output.close(status), this.#end(event)];
    }
    if (event.__typename !== 'RunStarted') return this.#output.take(event);
    const response = this.#json(stateAtStart({ ...this.#run, status: 'RUNNING' }));
    return [{ type: 'response.in_progress', response }];
  }

  #end(end: LastEvent | AwaitedCalls): EventBody {
    const state = stateAtEnd(this.#key, end, this.#output.items);
    const response = this.#json(state);
    if (state.status === 'completed') return { type: 'response.completed', response };
    return { type: state.status === 'failed' ? 'response.failed' : 'response.incomplete', response };
  }

  #json(state: ResponseState) {
    return responseJson(this.#run, state, { after: this.#key.after, request: this.#request });
  }
}
