import { etagOf, type Representation } from './representation.ts';

/** Reads a header of the request; its name in lower case. */
export type ReadHeader = (name: string) => string | undefined;

/**
 * The status that a request's conditions end it with, in the order of RFC 9110, section 13.2.2; null where
 * they let it go on.
 */
export function checkPreconditions(header: ReadHeader, file: Representation): 304 | 412 | null {
  const ifMatch = header('if-match');
  if (ifMatch !== undefined) {
    if (!names(ifMatch, etagOf(file))) return 412;
  } else {
    const unmodifiedSince = dateIn(header('if-unmodified-since'));
    if (unmodifiedSince !== undefined && lastModified(file) > unmodifiedSince) return 412;
  }
  const ifNoneMatch = header('if-none-match');
  if (ifNoneMatch !== undefined) {
    return names(ifNoneMatch.replaceAll('W/"', '"'), etagOf(file)) ? 304 : null;
  }
  const modifiedSince = dateIn(header('if-modified-since'));
  return modifiedSince !== undefined && lastModified(file) <= modifiedSince ? 304 : null;
}

/** Whether the part asked for belongs to what the client has: without `If-Range` it says so. */
export function isRangeCurrent(header: ReadHeader, file: Representation): boolean {
  const ifRange = header('if-range');
  if (ifRange === undefined) return true;
  return ifRange.includes('"') ? ifRange === etagOf(file) : dateIn(ifRange) === lastModified(file);
}

function names(list: string, etag: string): boolean {
  return list
    .split(',')
    .map((item) => item.trim())
    .some((item) => item === '*' || item === etag);
}

/** In milliseconds. Undefined for what is not a date, which is as good as absent. */
function dateIn(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** In milliseconds, but to the second, as HTTP writes it. */
function lastModified({ modifiedAt }: Representation): number {
  return Math.floor(modifiedAt.getTime() / 1_000) * 1_000;
}
