import { refusal } from '../../errors.ts';
import type { Arrival, Verdict } from './guard.ts';

/**
 * Refuses a request whose path would be changed before it is routed, so that every request reaches the address that
 * its client wrote. Parsers of URLs resolve dot segments: a DELETE of `/sessions/21/nodes/%2e%2e/%2e%2e` would delete
 * `/sessions/`. They also cut the target at `#`, and turn `\` into `/`. Proxies do the same with `%2F`, or do not, so an
 * escaped slash is refused too.
 *
 * Reads the target as Node.js received it, because the URL of a `Request` is already normalised.
 */
export function refuseUnplainTargets({ request, incoming }: Arrival): Verdict {
  const { url = '', headers, rawHeaders, httpVersionMajor } = incoming;
  // Node.js takes a request line that says HTTP/2.0, and one without a version. Nobody knows how its body is framed.
  if (httpVersionMajor !== 1)
    return refusal('BAD_REQUEST', 'The version of HTTP must be 1.1 or 1.0.', { connection: 'close' });
  if (hasManyHosts(rawHeaders)) return refusal('BAD_REQUEST', 'The request must have one Host header.');
  if (plainTarget.test(url)) return undefined;
  const fault = faultOf(url, headers.host ?? '') ?? faultOfRouting(url, request.url);
  return fault === undefined ? undefined : refusal('BAD_REQUEST', fault);
}

/** Most targets: a path in which no parser finds anything to change. */
const plainTarget = /^\/[\w/-]*$/;

/** @param rawHeaders Names and values in turn. `headers` has only the first of several hosts. */
function hasManyHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

/** The reason to refuse a request target (RFC 9112, section 3.2), or undefined. */
function faultOf(target: string, host: string): string | undefined {
  if (target.includes('#')) return 'The request target must not contain "#": write it as %23.';
  const authority = authorityOf(target);
  if (authority !== undefined && authority.toLowerCase() !== host.toLowerCase())
    return 'The request target must name the same host and port as the Host header.';
  const path = pathOf(target);
  if (path.includes('\\')) return 'The path must not contain a backslash: write it as %5C.';
  if (hasDotSegment(path)) return 'The path must not contain the segments "." and "..", escaped or not.';
  // Clients of OpenAI escape the slash of `provider/model`. Both ways of writing it lead to the same route.
  const forbidden = path.startsWith('/v1/models/') ? /%00/i : /%2f|%00/i;
  const [escaped] = forbidden.exec(path) ?? [];
  if (escaped !== undefined)
    return `The path must not contain ${escaped}: a slash separates segments, and NUL is in no name.`;
  return undefined;
}

/** Covers every other change that a URL parser makes, such as escaping a character that a path must not contain. */
function faultOfRouting(target: string, routed: string): string | undefined {
  if (pathOf(target) === pathOf(routed)) return undefined;
  return 'The path must consist of the characters that RFC 3986 allows in a path; escape all others.';
}

/** The host and port of a target in absolute form, `http://host:port/path`. */
function authorityOf(target: string): string | undefined {
  return /^https?:\/\/([^/?]*)/i.exec(target)?.[1];
}

/** The path of a target in any form, without its query string. */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?]*/i, '').replace(/\?.*$/s, '') || '/';
}

/** An escaped slash or backslash counts as a separator, because a route decodes its parameters. */
function hasDotSegment(path: string): boolean {
  return path
    .replaceAll(/%2e/gi, '.')
    .split(/\/|\\|%2f|%5c/i)
    .some((segment) => segment === '.' || segment === '..');
}
