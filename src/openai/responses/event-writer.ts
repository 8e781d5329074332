import type { OpenAiFailure } from '../../base/openai-failure.ts';
import type { AnswerEventFragment, AnswerRunFragment } from '../../gql/graphql.ts';
import { formatFrame } from '../../sse/frame.ts';
import { isLast, type LastEvent } from '../answer/follow-answer.ts';
import type { FrameWriter } from '../answer/stream-answer.ts';
import type { EventBody } from './event-body.ts';
import { sequenceNumber } from './event-numbers.ts';
import { OutputWriter } from './output-writer.ts';
import { type Repeated, responseJson, stateAtEnd, stateAtStart } from './response-json.ts';

export interface EventWriterOptions {
  /** The parameters that the response repeats. */
  request?: Repeated;
  /** The `sequence_number` up to which the client has the frames. Default: it has none. */
  after?: number | undefined;
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
  readonly #output: OutputWriter;
  #hasBegun = false;
  #number = 0;

  constructor(run: AnswerRunFragment, { request = {}, after = -1 }: EventWriterOptions = {}) {
    this.#run = run;
    this.#request = request;
    this.#after = after;
    this.#output = new OutputWriter(run.databaseId);
  }

  frames(event: AnswerEventFragment): string {
    const bodies = [...this.#begin(event), ...this.#bodiesOf(event)];
    return bodies
      .map((body, place) => {
        this.#number = sequenceNumber(event.seq, place, bodies.length);
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

  #begin({ __typename: type }: AnswerEventFragment): EventBody[] {
    if (this.#hasBegun) return [];
    this.#hasBegun = true;
    const isQueued = type === 'RunQueued';
    const state = stateAtStart({ ...this.#run, status: isQueued ? 'QUEUED' : 'RUNNING' });
    const response = responseJson(this.#run, state, this.#request);
    const created = { type: 'response.created', response };
    return isQueued ? [created, { type: 'response.queued', response }] : [created];
  }

  #bodiesOf(event: AnswerEventFragment): EventBody[] {
    if (isLast(event)) return [...this.#output.close(event), this.#end(event)];
    if (event.__typename !== 'RunStarted') return this.#output.take(event);
    const state = stateAtStart({ ...this.#run, status: 'RUNNING' });
    return [{ type: 'response.in_progress', response: responseJson(this.#run, state, this.#request) }];
  }

  #end(last: LastEvent): EventBody {
    const state = stateAtEnd(this.#run, last, this.#output.items);
    const response = responseJson(this.#run, state, this.#request);
    if (state.status === 'completed') return { type: 'response.completed', response };
    return { type: state.status === 'failed' ? 'response.failed' : 'response.incomplete', response };
  }
}
