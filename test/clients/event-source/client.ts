import { EventSource } from 'eventsource';
import { sendMessage } from '../documents.ts';

/** A frame of the REST API, with the id behind which an EventSource resumes. */
interface Frame {
  id: string;
  type: string;
  [field: string]: unknown;
}

export function connect(url: string, token: string) {
  async function query(document: string, variables: object = {}) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: document, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw errors;
    return data;
  }
  return {
    query,
    /** An EventSource sends no header, so a ticket opens the stream. It resumes by itself after a lost connection. */
    async chat(input: object, onFrame: (frame: Frame) => void): Promise<void> {
      const { sendMessage: run } = await query(sendMessage, { input });
      const ticket = 'mutation ($runId: ID!) { createStreamTicket(runId: $runId) { url } }';
      const { createStreamTicket } = await query(ticket, { runId: run.id });
      const source = new EventSource(url + createStreamTicket.url);
      await new Promise<void>((resolve, reject) => {
        source.onmessage = ({ data, lastEventId }) => {
          const frame = { id: lastEventId, ...JSON.parse(data) };
          onFrame(frame);
          if (['finish', 'cancelled', 'error'].includes(frame.type)) resolve();
        };
        source.onerror = ({ code, message }) => {
          // Without a code the connection was lost, and the EventSource connects again.
          if (code !== undefined) reject(new Error(message));
        };
      }).finally(() => source.close());
    },
    codeOf: (error: unknown) => (error as { extensions: { code: string } }[])[0]?.extensions.code,
  };
}
