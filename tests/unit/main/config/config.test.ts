import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '#main/config/config.ts';

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'clos-config-')), 'config.json');
  writeFileSync(file, text);
  return file;
}

describe('the configuration', () => {
  it('has defaults for everything', () => {
    const config = loadConfig('/nowhere/config.json', {});

    expect(config.ports).toEqual({
      gateway: 8080,
      api: 8081,
      websocket: 8082,
      monitor: 8083,
      resolver: 8084,
      dashboard: 3500,
    });
    expect(config.restart).toEqual({ minDelayMs: 100, maxDelayMs: 30_000, giveUpAfter: 5, windowMs: 60_000 });
  });

  it('lets the environment win over the file and the file over the defaults', () => {
    const file = fileWith('{"ports":{"gateway":9000,"api":9001},"logLevel":"warn"}');
    const config = loadConfig(file, { CLOS_API_PORT: '9101' });

    expect([config.ports.gateway, config.ports.api, config.ports.websocket, config.logLevel]).toEqual([
      9000,
      9101,
      8082,
      'warn',
    ]);
  });

  it('names the path of each mistake', () => {
    const file = fileWith('{"ports":{"gateway":70000},"colour":"red"}');

    expect(() => loadConfig(file, { CLOS_LOG_LEVEL: 'loud' })).toThrow(ConfigError);
    expect(() => loadConfig(file, { CLOS_LOG_LEVEL: 'loud' })).toThrow(
      /ports\.gateway.*\n.*logLevel|logLevel.*\n.*ports\.gateway/s,
    );
    expect(() => loadConfig(file, {})).toThrow(/colour/);
  });

  it('says so when the file is not JSON', () => {
    expect(() => loadConfig(fileWith('{'), {})).toThrow(/is not valid JSON/);
  });
});
