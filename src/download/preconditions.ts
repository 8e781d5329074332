import { etagOf, type Representation } from './representation.ts';

/** Reads a header of the request. The name is in lower case. */
export type ReadHeader = (name: string) => string | undefined;

/**
 * Checks the conditional headers of a request in the order of RFC 9110, section 13.2.2.
 *
 * @returns The status of the response if a condition is not met, or null if the file is to be sent.
 */
export function checkPreconditions(header: ReadHeader, file: Representation): 304 | 412 | null {
  const ifMatch = header('if-match');
  if (ifMatch !== undefined) {
    if (!names(ifMatch, etagOf(file))) return 412;
  } else {
    const unmodifiedSince = dateIn(header('if-unmodified-since'));
    const modified = lastModified(file);
    if (unmodifiedSince !== undefined && modified !== undefined && modified > unmodifiedSince) return 412;
  }
  const ifNoneMatch = header('if-none-match');
  if (ifNoneMatch !== undefined) {
    return names(ifNoneMatch.replaceAll('W/"', '"'), etagOf(file)) ? 304 : null;
  }
  const modifiedSince = dateIn(header('if-modified-since'));
  const modified = lastModified(file);
  return modifiedSince !== undefined && modified !== undefined && modified <= modifiedSince ? 304 : null;
}

/** Whether the client's copy, named by `If-Range`, is current. True without the header. */
export function isRangeCurrent(header: ReadHeader, file: Representation): boolean {
  const ifRange = header('if-range');
  if (ifRange === undefined) return true;
  if (ifRange.includes('"')) return ifRange === etagOf(file);
  const date = dateIn(ifRange);
  return date !== undefined && date === lastModified(file);
}

function names(list: string, etag: string): boolean {
  return list
    .split(',')
    .map((item) => item.trim())
    .some((item) => item === '*' || item === etag);
}

/** The date in milliseconds. Undefined if the header is missing or not a date: RFC 9110 says to ignore it then. */
function dateIn(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** The date in milliseconds, cut to whole seconds like the `Last-Modified` header. */
function lastModified({ modifiedAt }: Representation): number | undefined {
  return modifiedAt === null ? undefined : Math.floor(modifiedAt.getTime() / 1_000) * 1_000;
}
