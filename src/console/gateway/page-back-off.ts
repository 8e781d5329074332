import { BackOff } from '../../client/back-off.ts';

/** The pauses between the attempts of a page: short, because a person waits. */
export function createPageBackOff(): BackOff {
  return new BackOff({ firstMs: 500, longestMs: 5_000 });
}
