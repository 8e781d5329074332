import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';

/** The frames of a stream, as they arrive. */
export async function* framesOf(response: Response): AsyncGenerator<EventSourceMessage> {
  if (!response.body) return;
  yield* response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
}

/** All frames of a stream that ends, each as `<id> <data>`. */
export async function allFrames(response: Response): Promise<string[]> {
  const frames: string[] = [];
  for await (const { id, data } of framesOf(response)) frames.push(`${id ?? '-'} ${data}`);
  return frames;
}
