import { cutText } from '../../base/cut-text.ts';

/** Letters of other scripts. Chinese, Japanese and Korean ones are left out: they stand beside Latin ones in normal words. */
const otherScript =
  /(?!\p{Script=Latin}|\p{Script=Common}|\p{Script=Inherited}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Script=Bopomofo})\p{L}/u;
/**
 * Characters that stand for Latin letters and digits in another style: full-width, mathematical and Roman ones, ligatures
 * such as `ﬁ`, small capitals, and letters of phonetic alphabets.
 */
const styled =
  /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u{1d400}-\u{1d7ff}\u{1fbf0}-\u{1fbf9}\u2102-\u2138\u2145-\u2149\u2160-\u217f\ufb00-\ufb06ɑɡɩʟᴀʙᴄᴅᴇꜰɢʜɪᴊᴋᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢƖ]/u;
/** Cyrillic, Greek and Armenian letters that look like Latin ones. A word of only these letters looks like a Latin word. */
const lookalikes = /^[асԁеһіјӏорԛѕԝхуѵүАВЕКМНОРСТХУЅІЈӀԌҺανορυικϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿօոսհցքզյՏՕՍԼ]+$/u;
/** Rare scripts whose letters have the shapes of Latin capitals. */
const rareScripts =
  /^[\p{Script=Cherokee}\p{Script=Lisu}\p{Script=Coptic}\p{Script=Deseret}\p{Script=Gothic}\p{Script=Old_Italic}\p{Script=Carian}\p{Script=Lycian}\p{Script=Lydian}\p{Script=Osage}\p{Script=Elbasan}]+$/u;
/** Signs that look like `; : . / \ * | ! ` ~ < > -` and are not used in normal text. */
const signs =
  /[\u037e\ua789\u2236\u02d0\u205a\u2024\ua4f8\u2044\u2215\u29f8\u2571\u27cb\u2216\u29f5\u2217\u204e\u01c0\u01c3\u2d51\u2223\u23d0\u2758\u02cb\u1fef\u223c\u02dc\u02c2\u02c3\u2010\u2011\u2212\u2043\u02d7\ufe50-\ufe6b]/gu;

/** How many words or signs a warning quotes. */
const maxQuoted = 3;

/** Says in sentences which words and signs of a text are not what they look like. Empty when there are no such ones. */
export function lookalikeWarnings(text: string): readonly string[] {
  const words = new Set(text.match(/[\p{L}\p{M}\p{N}_]+/gu));
  const letters = [...words].map((word) => word.replace(/[\p{N}_]/gu, ''));
  // A single letter such as the Russian `а` is a word too, but not in a text without any other word of its script.
  const isForeign = letters.some((word) => otherScript.test(word) && !lookalikes.test(word));
  const deceptive = [...words].filter((word) => isDeceptive(word, isForeign));
  const found = [...new Set(text.match(signs))].map((sign) => `“${sign}” (U+${hexOf(sign)})`);
  return [
    ...(deceptive.length > 0
      ? [`This has letters that only look like Latin letters, in ${listOf(deceptive.map(quoted), 'word')}.`]
      : []),
    ...(found.length > 0
      ? [`This has signs that only look like those on a keyboard: ${listOf(found, 'sign')}.`]
      : []),
  ];
}

function isDeceptive(word: string, isForeign: boolean): boolean {
  const letters = word.replace(/[\p{N}_]/gu, '');
  const isMixed = /\p{Script=Latin}/u.test(word) && otherScript.test(word);
  const isAlike = lookalikes.test(letters) && !(isForeign && letters.length === 1);
  return isMixed || styled.test(word) || isAlike || rareScripts.test(letters);
}

function quoted(word: string): string {
  return `“${cutText(word, 40)}”`;
}

function listOf(items: readonly string[], what: string): string {
  const more = items.length - maxQuoted;
  return (
    items.slice(0, maxQuoted).join(', ') +
    (more <= 0 ? '' : ` and ${more} more ${what}${more === 1 ? '' : 's'}`)
  );
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
