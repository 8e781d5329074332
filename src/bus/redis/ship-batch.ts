import { createScript } from './redis-script.ts';

/**
 * Appends a batch of entries to the stream of a log, as one entry whose id is the last seq.
 *
 * Arguments: the fence of the writer; the seq before the first of its log; the first and the last seq of the batch; the
 * batch as JSON; how many batches to keep; milliseconds until the stream expires; the channel to ring, and with what.
 *
 * Replies with a word and the last seq of the stream. APPENDED: also when the stream has all of the batch already.
 * BEHIND: the stream does not end directly before the batch, because Redis has lost entries or has a part of the batch.
 * FENCED: another writer with a higher fence has begun.
 */
const text = `
local fence, base = tonumber(ARGV[1]), tonumber(ARGV[2])
local first, last = tonumber(ARGV[3]), tonumber(ARGV[4])
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local seq = 0
if newest then
  seq = tonumber(string.match(newest[1], '^%d+'))
  if tonumber(newest[2][2]) > fence then return {'FENCED', seq} end
end
if last <= seq then
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
  return {'APPENDED', seq}
end
if first ~= math.max(seq, base) + 1 then return {'BEHIND', seq} end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[6], string.format('%.0f', last) .. '-0', 'fence', ARGV[1], 'entries', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PUBLISH', ARGV[8], ARGV[9])
return {'APPENDED', last}
`;

export type ShipReply = readonly [word: 'APPENDED' | 'BEHIND' | 'FENCED', lastSeq: number];

export const runShipScript = createScript<ShipReply>(text);
