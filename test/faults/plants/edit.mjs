/** The source of a file with the edits that are meant for it; throws where a text does not stand there exactly once. */
export function planted(source, url, edits) {
  let text = source;
  for (const edit of edits.filter((one) => one.url === url)) {
    const found = text.split(edit.find).length - 1;
    if (found !== 1) {
      throw new Error(`A plant does not take: ${edit.file} holds ${found} times, not once:\n${edit.find}`);
    }
    text = text.replace(edit.find, () => edit.put);
  }
  return text;
}
