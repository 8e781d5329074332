import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Context,
  defaultTextMapGetter,
  type Attributes as OtelAttributes,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { parseKeyPairsIntoRecord, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { reportFailures } from './report-failures.ts';
import { type TraceSettings, tracesUrl } from './trace-settings.ts';
import type { Attributes, Span, SpanOptions, TraceContext, Traces } from './traces.ts';

/** Ended spans that wait to be sent. More are dropped, so that a collector that is away costs no more memory. */
const mostWaiting = 4_096;
/** How long the collector may take for one request, with repetitions, in milliseconds. */
const requestMs = 10_000;
/** How long a closing process waits for the collector, in milliseconds. */
const farewellMs = 2_000;
/** Characters that are kept of the value of an attribute. Clients choose some of them, as their `User-Agent`. */
const longestValue = 500;

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

const propagator = new W3CTraceContextPropagator();

/** Traces with the SDK of OpenTelemetry. It takes no part in the globals of its API, so that a process may have several. */
export function createOpenTelemetry(
  settings: TraceSettings,
  warn: Parameters<typeof reportFailures>[1],
): Traces {
  const { endpoint, headers, serviceName, resourceAttributes, delayMs } = settings;
  const exporter = new OTLPTraceExporter({
    url: tracesUrl(endpoint),
    ...(headers !== undefined && { headers: parseKeyPairsIntoRecord(headers) }),
    timeoutMillis: requestMs,
  });
  const own = { ...parseKeyPairsIntoRecord(resourceAttributes ?? ''), 'service.name': serviceName };
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(own)),
    sampler: samplerOf(settings),
    spanLimits: { attributeValueLengthLimit: longestValue },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: reportFailures(exporter, warn),
        maxQueueSize: mostWaiting,
        exportTimeoutMillis: requestMs,
        ...(delayMs !== undefined && { scheduledDelayMillis: delayMs }),
      }),
    ],
  });
  const tracer = provider.getTracer('switchyard');
  const active = new AsyncLocalStorage<Span>();
  return {
    start(name, { kind, attributes = {}, parent = active.getStore() ?? null, link }) {
      const options = { kind: kinds[kind], attributes: known(attributes) };
      const links = link instanceof OpenSpan ? { links: [{ context: link.own.spanContext() }] } : {};
      return new OpenSpan(tracer.startSpan(name, { ...options, ...links }, contextOf(parent)));
    },
    within: (span, work) => active.run(span, work),
    get current() {
      return active.getStore();
    },
    async [Symbol.asyncDispose]() {
      const sent = provider.shutdown().catch(() => undefined);
      const late = new AbortController();
      await Promise.race([sent, delay(farewellMs, undefined, late).catch(() => undefined)]);
      late.abort();
    },
  };
}

class OpenSpan implements Span {
  readonly own: OtelSpan;

  constructor(own: OtelSpan) {
    this.own = own;
  }

  get traceId(): string {
    return this.own.spanContext().traceId;
  }

  get spanId(): string {
    return this.own.spanContext().spanId;
  }

  get context(): TraceContext {
    const { traceId, spanId, traceFlags, traceState } = this.own.spanContext();
    const tracestate = traceState?.serialize();
    return {
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      ...(tracestate && { tracestate }),
    };
  }

  rename(name: string): void {
    this.own.updateName(name);
  }

  set(attributes: Attributes): void {
    this.own.setAttributes(known(attributes));
  }

  fail(errorType: string): void {
    this.own.setAttribute('error.type', errorType);
    this.own.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    this.own.end();
  }
}

function known(attributes: Attributes): OtelAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/** A context that is not well-formed counts as none, as the specification says. */
function contextOf(parent: SpanOptions['parent']): Context {
  if (!parent) return ROOT_CONTEXT;
  if (parent instanceof OpenSpan) return trace.setSpan(ROOT_CONTEXT, parent.own);
  return propagator.extract(ROOT_CONTEXT, parent, defaultTextMapGetter);
}

function samplerOf({ sampler = 'parentbased_always_on', samplerRatio = 1 }: TraceSettings): Sampler {
  const root = sampler.endsWith('traceidratio')
    ? new TraceIdRatioBasedSampler(samplerRatio)
    : sampler.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new AlwaysOnSampler();
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}
