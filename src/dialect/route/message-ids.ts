import { decodeId, encodeId, maxId } from '../../base/global-id.ts';

/** `msg_12` for the Relay id of a message. */
export function writeMessageId(id: string): string {
  return `msg_${decodeId(id)?.id ?? 0}`;
}

/** The Relay id of the message that an id names: `msg_12`, or `msg_12_1` for a part of it. Undefined if it names none. */
export function readMessageId(id: string): string | undefined {
  const [, digits] = /^msg_([1-9]\d{0,9})(?:_\d{1,9})?$/.exec(id) ?? [];
  return digits === undefined || Number(digits) > maxId ? undefined : encodeId('Message', Number(digits));
}
