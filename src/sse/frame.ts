/** The fields of one server-sent event. */
export interface Frame {
  /** An EventSource sends this as `Last-Event-ID` when it connects again. One line. */
  id?: string;
  /** The event's type. Default: `message`. One line. */
  event?: string;
  data: string;
}

/**
 * A comment. It keeps proxies from closing a silent connection. No empty line follows it: some clients, such as
 * `@microsoft/fetch-event-source`, take every empty line for the end of a message. They would read an empty message, fail
 * to parse it, and send the request, and with it the prompt, again.
 */
export const commentLine = ':\n';

const lineBreak = /\r\n|\r|\n/;

/**
 * Formats one server-sent event. Each line of `data` gets its own `data:` line; the receiver joins them with `\n`.
 *
 * @throws TypeError if `id` or `event` has a line break or a NUL.
 */
export function formatFrame({ id, event, data }: Frame): string {
  let text = '';
  if (id !== undefined) text += `id: ${singleLine(id)}\n`;
  if (event !== undefined) text += `event: ${singleLine(event)}\n`;
  // JSON has no line break, and most data is JSON.
  if (!lineBreak.test(data)) return `${text}data: ${data}\n\n`;
  for (const line of data.split(lineBreak)) text += `data: ${line}\n`;
  return `${text}\n`;
}

function singleLine(value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TypeError('A field of a server-sent event must be a single line.');
  return value;
}
