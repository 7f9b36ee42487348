import { getVariableValues, Kind, parse, validate } from 'graphql';
import type { OperationDefinitionNode } from 'graphql';
import { createSchema } from '../../src/api/api.js';
import { readyOperations } from '../../src/console/operations.js';

/** The playground's tabs open with operations that the hub's own schema allows. */
describe('the ready operations of the playground', () => {
  const schema = createSchema();
  const tabs = readyOperations.map(({ query, variables }) => {
    const document = parse(query);
    const operations = document.definitions.filter(
      (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
    );
    const given = JSON.parse(variables ?? '{}') as Record<string, unknown>;
    return { name: operations[0]?.name?.value, document, operations, given };
  });

  it('tell the story in order: publish, subscribe, acknowledge, reject, explore', () => {
    expect(tabs.map(({ operations }) => operations.map(({ name }) => name?.value))).toEqual([
      ['Publish'],
      ['Subscribe'],
      ['Follow', 'Acknowledge'],
      ['Reject', 'DeadLetters', 'Redrive'],
      ['Explore'],
    ]);
  });

  it.each(tabs.map((tab) => [tab.name, tab] as const))('%s is valid, with its variables', (_name, tab) => {
    expect(validate(schema, tab.document)).toEqual([]);
    const used = new Set<string>();
    for (const { variableDefinitions = [] } of tab.operations) {
      const { errors } = getVariableValues(schema, variableDefinitions, tab.given);
      expect(errors).toBeUndefined();
      for (const { variable } of variableDefinitions) used.add(variable.name.value);
    }
    expect(Object.keys(tab.given).filter((name) => !used.has(name))).toEqual([]);
  });
});
