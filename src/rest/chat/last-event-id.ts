import { z } from '@hono/zod-openapi';
import { maxId } from '../../base/global-id.ts';
import { fault } from '../errors/validation-error.ts';

/** A position in a run's log: after the run event `seq`. A frame's id is its cursor, written `<run>:<seq>`. */
export interface Cursor {
  /** The database id of the run. */
  run: number;
  seq: number;
}

/** A frame's id, such as `7:42`. */
export function formatCursor({ run, seq }: Cursor): string {
  return `${run}:${seq}`;
}

/** `<run>:<seq>`, or nothing. */
const framePattern = '^([1-9][0-9]{0,9}:[0-9]{1,10})?$';

/** An empty text means that the client has received no frame. */
const Cursor = z.string().transform((text, { issues }): Cursor | undefined => {
  if (text === '') return undefined;
  const [, run = '', seq = ''] = /^([1-9]\d{0,9}):(\d{1,10})$/.exec(text) ?? [];
  if (run !== '' && Number(run) <= maxId && Number(seq) <= maxId) {
    return { run: Number(run), seq: Number(seq) };
  }
  issues.push(fault('value_error', 'Input should be the id of a frame, <run>:<seq>', text));
  return z.NEVER;
});

/** The header with which a client resumes a stream. */
export const ResumeHeaders = z.object({
  // No example here: Swagger UI would send it.
  'Last-Event-ID': Cursor.optional().openapi({
    type: 'string',
    pattern: framePattern,
    description:
      'The `id` of the last frame that the client received, such as `7:42`. The stream resumes after that frame, and no prompt is sent to the model. A browser’s EventSource sets this header on its own when it reconnects. A client that cannot send it sends the parameter `lastEventId`; the header counts if a request has both.',
  }),
});

/**
 * The parameters with which polyfills of EventSource resume a stream: those of the packages event-source-polyfill and
 * amvtek's, of polyfills that take the name of the header, and in the spelling of this API. The OpenAPI document names
 * none of them: a generator would give several the same name, and its clients can send the header.
 */
export const ResumeQuery = z.object({
  lastEventId: Cursor.optional(),
  'Last-Event-ID': Cursor.optional(),
  last_event_id: Cursor.optional(),
  evs_last_event_id: Cursor.optional(),
});

/** The cursor of a request: of its header, or else of the first parameter that has one. */
export function cursorOf(sent: {
  header: z.output<typeof ResumeHeaders>;
  query: z.output<typeof ResumeQuery>;
}): Cursor | undefined {
  return [...Object.values(sent.header), ...Object.values(sent.query)].find((cursor) => cursor !== undefined);
}
