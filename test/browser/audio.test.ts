import { expect, test } from 'vitest';
import { describeInBrowser, openPage } from '../support/browser/browser.ts';
import { record } from '../support/files/recording.ts';
import { createWav } from '../support/files/wav.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';

describeInBrowser('an audio element', () => {
  test('an audio element seeks in a recording, and reads the recording from there', async () => {
    await using gateway = await startTestGateway();
    const wav = createWav({ seconds: 60, sampleRate: 96_000 });
    const { path } = await record(gateway, wav);
    await using browser = await openPage({ bypassCSP: true });
    const { page } = browser;
    await page.goto(`${gateway.url}/health/live`);
    const answers: { status: number; range: string | undefined; contentRange: string | undefined }[] = [];
    page.on('response', (response) => {
      if (!response.url().endsWith('/audio')) return;
      const { range } = response.request().headers();
      answers.push({ status: response.status(), range, contentRange: response.headers()['content-range'] });
    });

    const played = await page.evaluate(seekTo, { path, seconds: 55 });

    expect(played).toEqual({ duration: 60, currentTime: 55, error: null });
    const later = answers.filter(
      ({ range }) => Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1]) > wav.length / 2,
    );
    expect(later.length, JSON.stringify(answers)).toBeGreaterThan(0);
    for (const { status, range, contentRange } of later) {
      expect(status).toBe(206);
      expect(contentRange).toBe(`bytes ${range?.slice('bytes='.length)}${wav.length - 1}/${wav.length}`);
    }
  });
});

/** Runs in the page. */
async function seekTo({ path, seconds }: { path: string; seconds: number }) {
  const audio = document.createElement('audio');
  const until = (name: string) =>
    new Promise((resolve, reject) => {
      audio.addEventListener(name, resolve, { once: true });
      audio.addEventListener('error', () => reject(new Error(audio.error?.message)), { once: true });
    });
  audio.preload = 'metadata';
  audio.src = path;
  document.body.append(audio);
  await until('loadedmetadata');
  const seeked = until('seeked');
  audio.currentTime = seconds;
  await seeked;
  return { duration: audio.duration, currentTime: audio.currentTime, error: audio.error };
}
