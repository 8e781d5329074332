import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CurrentNumbers, Metrics, MetricsReport } from './metrics.ts';

/** Upper bounds of the buckets for requests and for first words, in seconds. A model may take a minute. */
const responseBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** For the delivery of run events, in seconds. The clock of a log entry has whole milliseconds. */
const deliveryBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
/** For whole runs, in seconds. */
const runBuckets = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3_600];

/** Metrics with the client library of Prometheus. Loading it takes 80 ms and 12 MB, so only a gateway with metrics does. */
export interface Prometheus {
  metrics: Metrics;
  /** The report, which reads `numbers` at each scrape. Call it once. */
  report(numbers: CurrentNumbers): MetricsReport;
}

export function createPrometheus(): Prometheus {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `switchyard_${name}`, help, labelNames, registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[],
  ) => new Histogram({ name: `switchyard_${name}`, help, buckets, labelNames, registers });

  const requests = counter('requests_total', 'Requests whose response has ended.', ['route', 'status']);
  const requestSeconds = histogram(
    'request_seconds',
    'Time of a request until its response has ended, without event streams.',
    responseBuckets,
    ['route'],
  );
  const runs = counter('runs_total', 'Runs that this gateway has ended.', ['provider', 'status', 'code']);
  const runSeconds = histogram('run_seconds', 'Time from the start of a run to its end.', runBuckets, [
    'provider',
  ]);
  const firstWords = histogram(
    'first_words_seconds',
    'Time from a prompt to the first words of its answer, with the wait in the queue.',
    responseBuckets,
    ['provider'],
  );
  const tokens = counter('tokens_total', 'Tokens of runs that have ended.', ['provider', 'kind']);
  const delivery = histogram(
    'delivery_seconds',
    'Time from the moment when a run event was in the log until a follower took it.',
    deliveryBuckets,
    [],
  );
  const merged = counter('merged_deltas_total', 'Deltas that followers got merged, because they lagged.', []);
  const statements = counter('statements_total', 'Prepared statements by their first word.', ['kind']);

  const metrics: Metrics = {
    requestEnded(route, status, seconds) {
      requests.inc({ route, status: status === undefined ? 'unanswered' : String(status) });
      if (seconds !== undefined) requestSeconds.observe({ route }, seconds);
    },
    runEnded(run) {
      const { providerName: provider, status, code } = run;
      runs.inc({ provider, status, code });
      runSeconds.observe({ provider }, run.seconds);
      for (const [kind, count] of Object.entries(run.tokens)) tokens.inc({ provider, kind }, count);
    },
    firstWords: (provider, seconds) => firstWords.observe({ provider }, seconds),
    delivered: (seconds) => delivery.observe(seconds),
    merged: (deltas) => merged.inc(deltas),
    statement: (sql) => statements.inc({ kind: kindOf(sql) }),
  };
  return {
    metrics,
    report(numbers) {
      collectDefaultMetrics({ register: registry });
      addGauges(registry, numbers);
      return { contentType: registry.contentType, read: () => registry.metrics() };
    },
  };
}

function addGauges(registry: Registry, numbers: CurrentNumbers): void {
  const gauge = (name: string, help: string, read: () => number | Promise<number>) => {
    const made: Gauge = new Gauge({
      name: `switchyard_${name}`,
      help,
      registers: [registry],
      async collect() {
        made.set(await read());
      },
    });
  };
  gauge('live_runs', 'Runs that this gateway executes.', numbers.liveRuns);
  gauge('waiting_runs', 'Live runs that wait for decisions about tool calls.', numbers.waitingRuns);
  gauge('queued_runs', 'Runs of the whole database that wait for the run before them.', numbers.queuedRuns);
  gauge('followers', 'Subscriptions that are open at this gateway.', numbers.followers);
  gauge('connected_nodes', 'Nodes whose agent is connected to this gateway.', numbers.connectedNodes);
}

/** The statements are the gateway's own, so their first words are few. */
function kindOf(sql: string): string {
  return /^\s*(\w+)/.exec(sql)?.[1]?.toLowerCase() ?? '';
}
