const headerBytes = 44;

export interface WavOptions {
  /** Samples a second, each of one byte. */
  sampleRate?: number;
}

/** The header of a WAV file of this many bytes in total. */
export function wavHeader(size: number, { sampleRate = 8_000 }: WavOptions = {}): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(size - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  // PCM, one channel, eight bits.
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(size - headerBytes, 40);
  return header;
}

/** A recording of noise, so that no range of it looks like another. It is the same one every time. */
export function createWav({ seconds, sampleRate = 8_000 }: WavOptions & { seconds: number }): Buffer {
  const words = new Uint32Array(Math.ceil((seconds * sampleRate) / 4));
  // Four samples a step (the xorshift generator): tests make recordings of half an hour, and a sine takes seconds.
  let state = 1;
  for (let n = 0; n < words.length; n += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[n] = state;
  }
  const samples = new Uint8Array(words.buffer, 0, seconds * sampleRate);
  return Buffer.concat([wavHeader(headerBytes + samples.length, { sampleRate }), samples]);
}
