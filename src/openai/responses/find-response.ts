import { firstLeg, type LegPlace, legBehind } from '../../dialect/answer/awaited-calls.ts';
import { executeDocument } from '../../dialect/route/execute.ts';
import type { ApiContext, ApiServices } from '../../dialect/route/route.ts';
import { type AnswerRunFragment, FindAnswerDocument, type FindAnswerQuery } from '../../gql/graphql.ts';
import { notFound, readResponseId } from '../route/ids.ts';

export type FoundRun = AnswerRunFragment & NonNullable<FindAnswerQuery['run']>;

export interface FoundResponse {
  run: FoundRun;
  /** The step that it follows; 0: it begins with the run. */
  step: number;
  leg: LegPlace;
}

/**
 * The part of a run that the id of a response names.
 *
 * @param param The parameter that has the id; left out for an id in the path.
 * @throws ApiError if there is none, or the client may not see it.
 */
export async function findResponse(
  c: ApiContext,
  services: ApiServices,
  id: string,
  param?: string,
): Promise<FoundResponse> {
  const { id: runId, step } = readResponseId(id, param);
  const { run } = await executeDocument(c, services, FindAnswerDocument, { id: runId });
  const leg = step === 0 || !run?.assistantMessage ? firstLeg : legBehind(run.assistantMessage, step);
  if (!run || !leg || leg.after !== step) throw notFound('response', id, param);
  return { run, step, leg };
}
