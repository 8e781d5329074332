import type { Accept } from '../request/accept.ts';

const page = 'text/html';
const eventStream = 'text/event-stream';
const plainJson = 'application/json';
const jsonTypes = [plainJson, 'application/graphql-response+json'];
const wildcards = ['application/*', '*/*'];

/**
 * Whether a GET of `/graphql` asks for the page GraphiQL. Some programs name `text/html` before the wildcard that stands
 * for JSON: Java's HttpURLConnection does. Where the address holds an operation and JSON is accepted, the client must
 * name `application/xhtml+xml` too, as all browsers do when they open a page.
 */
export function wantsPage(accept: Accept, search: URLSearchParams): boolean {
  if (!accept.names(page) || accept.quality(page) <= jsonQuality(accept)) return false;
  const hasOperation = search.has('query') || search.has('extensions');
  return !hasOperation || jsonQuality(accept) === 0 || accept.names('application/xhtml+xml');
}

/**
 * The `Accept` header for Yoga, which compares media types as text and ignores preferences: it takes JSON wherever JSON
 * is accepted, and of two JSON types the first.
 */
export function acceptForYoga(accept: Accept): string {
  return prefersEvents(accept) ? eventStream : accept.ranges.join(', ');
}

/**
 * The type of a JSON response, as Yoga chooses it: of the accepted ranges that the client prefers, the first that is
 * JSON. A wildcard stands for `application/json`. Undefined if Yoga would answer with something else.
 */
export function jsonTypeFor(accept: Accept): string | undefined {
  if (prefersEvents(accept)) return undefined;
  const range = accept.ranges.find((each) => jsonTypes.includes(each) || wildcards.includes(each));
  return range !== undefined && wildcards.includes(range) ? plainJson : range;
}

function prefersEvents(accept: Accept): boolean {
  return accept.names(eventStream) && accept.quality(eventStream) > jsonQuality(accept);
}

function jsonQuality(accept: Accept): number {
  return Math.max(...jsonTypes.map((type) => accept.quality(type)));
}
