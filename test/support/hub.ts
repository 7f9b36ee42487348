import { createLogger, openHub, readConfig } from '../../src/hub.js';
import type { Environment, Hub, HubParts } from '../../src/hub.js';

/** Opens a hub within the test's own process, on a free port, silent unless LOG_LEVEL is given. */
export function startHub(environment: Environment, parts: HubParts = {}): Promise<Hub> {
  const config = readConfig({ PORT: '0', LOG_LEVEL: 'silent', ...environment });
  return openHub(config, { logger: createLogger(config.logLevel), ...parts });
}
