export interface TextSource {
  text: AsyncGenerator<string, void>;
  /** Called when the source fails. It must close the connection, so that the client sees that the text is incomplete. */
  breakOff(error: unknown): void;
}

/** A body that is read from a source only as fast as the client reads. When the client leaves, nothing more is read. */
export function streamText({ text, breakOff }: TextSource): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isCancelled = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await text.next();
          if (isCancelled) return;
          if (done) controller.close();
          else controller.enqueue(encoder.encode(value));
        } catch (error) {
          // An error of the stream would be printed to the standard error output by Hono, past the log.
          if (!isCancelled) breakOff(error);
        }
      },
      async cancel() {
        isCancelled = true;
        await text.return();
      },
    },
    { highWaterMark: 0 },
  );
}
