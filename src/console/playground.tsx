import { GraphiQL } from 'graphiql';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { createHubFetcher } from './fetcher';
import { readyOperations } from './operations';
import { openStorage } from './storage';
import { provideWorkers } from './workers';

const fetcher = createHubFetcher();
const storage = openStorage();

function Playground() {
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      defaultTabs={readyOperations}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <span className="playground-name">Tidemark</span>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

/**
 * Of the tab that is open at the start GraphiQL shows the stored text, not the tab's own variables; on a first visit
 * nothing is stored and the first tab would stand there without them.
 */
function showFirstTabWhole(): void {
  if (storage.getItem('graphiql:tabState')) return;
  const [first] = readyOperations;
  storage.setItem('graphiql:query', first.query);
  storage.setItem('graphiql:variables', first.variables ?? '');
}

const root = document.getElementById('playground');
if (!root) throw new Error('The page has no element to hold the playground');
provideWorkers(root);
showFirstTabWhole();
createRoot(root).render(
  <StrictMode>
    <Playground />
  </StrictMode>,
);
