/** The fields of one server-sent event. */
export interface Frame {
  /** What a reconnecting EventSource sends back as `Last-Event-ID`. One line. */
  id?: string;
  /** The event's type; `message` when left out. One line. */
  event?: string;
  data: string;
}

/** A comment: it keeps proxies from closing a silent connection, and no client hands it to its caller. */
export const heartbeatFrame = ':\n\n';

const lineBreak = /\r\n|\r|\n/;

/**
 * Text of one server-sent event. Line breaks in `data` become several `data:` lines, which the receiver
 * joins with `\n` again.
 * @throws TypeError where `id` or `event` would break out of its line.
 */
export function formatFrame({ id, event, data }: Frame): string {
  let text = '';
  if (id !== undefined) text += `id: ${singleLine(id)}\n`;
  if (event !== undefined) text += `event: ${singleLine(event)}\n`;
  for (const line of data.split(lineBreak)) text += `data: ${line}\n`;
  return `${text}\n`;
}

function singleLine(value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TypeError('A field of a server-sent event must be a single line.');
  return value;
}
