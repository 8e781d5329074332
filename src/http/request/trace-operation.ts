import type { Attributes, SpanOptions, Traces } from '../../traces/traces.ts';
import type { RequestFacts } from './request-facts.ts';

/**
 * Does the work of an operation that is no request of its own, because it came over a WebSocket or answers over another
 * stream, in a span of its own.
 *
 * @param options `parent`: default: the span in which this code runs.
 */
export async function traceOperation(
  traces: Traces,
  facts: RequestFacts,
  options: Pick<SpanOptions, 'parent' | 'link'>,
  work: () => Promise<void>,
): Promise<void> {
  const span = traces.start('GraphQL Operation', { kind: 'server', ...options });
  facts.trace_id = span.traceId;
  try {
    await traces.within(span, work);
  } finally {
    if (facts.operationType) span.rename(facts.operationType);
    span.set(operationAttributes(facts));
    const { errorCodes = [] } = facts;
    if (errorCodes.includes(ownFault)) span.fail(ownFault);
    span.end();
  }
}

/** The code of what is the gateway's own fault. */
export const ownFault = 'INTERNAL_SERVER_ERROR';

/** What a span says of the operation that a request asks for. */
export function operationAttributes(facts: RequestFacts): Attributes {
  const { operationId, operationType, operationName, rootFields, errorCodes } = facts;
  return {
    'graphql.operation.type': operationType,
    'graphql.operation.name': operationName,
    'switchyard.root_fields': rootFields,
    'switchyard.operation_id': operationId,
    'switchyard.error_codes': errorCodes,
  };
}
