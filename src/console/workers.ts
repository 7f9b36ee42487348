/**
 * Tells Monaco where its workers are: completion, checks and hovers run there, so that typing never waits for them.
 * Monaco gives the language as the label and wants the plain editor worker for all others. The addresses carry a hash
 * that is known only after bundling, so the build leaves them on the page's root element.
 */
export function provideWorkers(root: HTMLElement): void {
  window.MonacoEnvironment = {
    getWorker: (_id, label) => new Worker(workerAddress(root, label), { type: 'module', name: label }),
  };
}

function workerAddress(root: HTMLElement, label: string): string {
  const { editorWorker, jsonWorker, graphqlWorker } = root.dataset;
  const address = label === 'json' ? jsonWorker : label === 'graphql' ? graphqlWorker : editorWorker;
  if (!address) throw new Error(`The page names no worker for ${label}`);
  return address;
}
