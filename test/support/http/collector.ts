import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A span as a collector of OpenTelemetry gets it. */
export interface SeenSpan {
  name: string;
  service: string;
  /** `internal`, `server` or `client`. */
  kind: string;
  traceId: string;
  spanId: string;
  /** Empty for a span that begins a trace. */
  parentSpanId: string;
  traceState: string | undefined;
  links: { traceId: string; spanId: string }[];
  attributes: Record<string, unknown>;
  /** Whether its status is ERROR. */
  isError: boolean;
}

/** A collector that takes OTLP over HTTP, as JSON. */
export interface Collector extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  /** All spans so far. */
  readonly spans: readonly SeenSpan[];
  /** The bodies of all requests so far, as text. */
  readonly bodies: readonly string[];
  /** The headers `authorization` of all requests so far. */
  readonly keys: readonly (string | undefined)[];
  /** Answers all further requests so. Default: it takes the spans. */
  answer(how: (response: ServerResponse) => void): void;
  /** Waits for the span that fits. */
  span(fits: (span: SeenSpan) => boolean): Promise<SeenSpan>;
}

const kinds = ['', 'internal', 'server', 'client'];

export async function startCollector(): Promise<Collector> {
  const spans: SeenSpan[] = [];
  const bodies: string[] = [];
  const keys: (string | undefined)[] = [];
  const waiting = new Set<() => void>();
  const take = (response: ServerResponse): void => {
    response.setHeader('content-type', 'application/json').end('{}');
  };
  let answer = take;
  const server = createServer(async (request, response) => {
    const body = await json(request);
    bodies.push(JSON.stringify(body));
    keys.push(request.headers.authorization);
    if (request.url === '/v1/traces' && answer === take) spans.push(...spansIn(body));
    answer(response);
    for (const look of waiting) look();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    keys,
    answer(how) {
      answer = how;
    },
    span: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = spans.find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the format of OTLP
function spansIn(body: any): SeenSpan[] {
  // biome-ignore lint/suspicious/noExplicitAny: the format of OTLP
  return body.resourceSpans.flatMap(({ resource, scopeSpans }: any) =>
    // biome-ignore lint/suspicious/noExplicitAny: the format of OTLP
    scopeSpans.flatMap((scope: any) =>
      // biome-ignore lint/suspicious/noExplicitAny: the format of OTLP
      scope.spans.map((span: any) => ({
        name: span.name,
        service: attributesIn(resource.attributes)['service.name'],
        kind: kinds[span.kind],
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        traceState: span.traceState,
        // biome-ignore lint/suspicious/noExplicitAny: the format of OTLP
        links: (span.links ?? []).map(({ traceId, spanId }: any) => ({ traceId, spanId })),
        attributes: attributesIn(span.attributes),
        isError: span.status?.code === 2,
      })),
    ),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: the format of OTLP
function attributesIn(list: any[]): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, valueIn(value)]));
}

// biome-ignore lint/suspicious/noExplicitAny: the format of OTLP
function valueIn(value: any): unknown {
  if (value.arrayValue) return value.arrayValue.values.map(valueIn);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}

/** A span and what it consists of, as lines: `server POST /graphql/stream`, indented by their depth. */
export function treeOf(spans: readonly SeenSpan[], traceId: string): string[] {
  const own = spans.filter((span) => span.traceId === traceId);
  const under = (parent: string, depth: number): string[] =>
    own
      .filter(({ parentSpanId }) => parentSpanId === parent)
      .flatMap(({ name, kind, service, spanId, isError, attributes }) => [
        `${'  '.repeat(depth)}${service}: ${kind} ${name}${isError ? ` (${attributes['error.type']})` : ''}`,
        ...under(spanId, depth + 1),
      ]);
  const ids = new Set(own.map(({ spanId }) => spanId));
  const roots = new Set(own.map(({ parentSpanId }) => parentSpanId).filter((id) => !ids.has(id)));
  return [...roots].flatMap((root) => under(root, 0));
}
