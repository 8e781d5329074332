import type { Context } from 'hono';
import { GatewayError, refusal } from '../../errors.ts';
import { createGraphiQLPage } from '../pages/graphiql-page.ts';
import { parseAccept } from '../request/accept.ts';
import type { Identify } from '../request/identify.ts';
import { isRead } from '../request/read-params.ts';
import { refuse } from '../request/refusal.ts';
import type { RouteBindings } from '../request/route-bindings.ts';
import type { AnswerKnownQuery } from './answer-known-query.ts';
import { acceptForYoga, wantsPage } from './response-types.ts';
import type { GraphQLServer } from './yoga.ts';

type HttpContext = Context<{ Bindings: RouteBindings }>;

/**
 * Answers `/graphql`. A browser that asks for a page gets GraphiQL, which needs no token; Yoga answers all other
 * requests, and takes a HEAD for a GET. Other methods than GET, HEAD and POST are refused here, because Yoga would give
 * no reason. An unknown sender is refused here, before the body is read.
 */
export function createGraphQLRoute(
  yoga: GraphQLServer,
  identify: Identify,
  answerKnownQuery: AnswerKnownQuery,
): (c: HttpContext) => Promise<Response> {
  const graphiql = createGraphiQLPage();
  return async (c) => {
    const { method } = c.req;
    const { incoming, outgoing, httpRequestId } = c.env;
    outgoing.appendHeader('Vary', 'Accept');
    const accept = parseAccept(incoming.headers.accept);
    if (isRead(incoming) && wantsPage(accept, new URL(c.req.url).searchParams)) return graphiql(c);
    if (!isRead(incoming) && method !== 'POST') {
      return refuse(c, refusal('METHOD_NOT_ALLOWED', 'Use GET or POST.', { allow: 'GET, HEAD, POST' }));
    }
    try {
      await identify(c.req.raw);
    } catch (error) {
      if (error instanceof GatewayError) return refuse(c, error);
      throw error;
    }
    // Yoga does not set this header, and without it a proxy like nginx holds events back until its buffer is full.
    outgoing.setHeader('X-Accel-Buffering', 'no');
    const sentRequest = c.req.raw;
    const left = await answerKnownQuery(sentRequest, incoming, accept, httpRequestId);
    if (left instanceof Response) return left;
    const request =
      method === 'HEAD' ? new Request(c.req.url, { headers: sentRequest.headers }) : sentRequest;
    request.headers.set('accept', acceptForYoga(accept));
    const response = await yoga.fetch(request, {
      ...left,
      httpRequestId,
      sentRequest,
      incoming,
      outgoing,
    });
    if (method !== 'HEAD') return response;
    // The end of the response, which follows, ends a subscription: see `useAcceptable`.
    return new Response(null, { status: response.status, headers: response.headers });
  };
}
