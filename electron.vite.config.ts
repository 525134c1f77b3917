import { existsSync, globSync } from 'node:fs';
import { basename } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type UserConfig } from 'electron-vite';
import type { Plugin } from 'vite';
import { precompress } from './tools/lib/precompress.ts';

/**
 * What is started as a process or thread of its own, by the name of its file below out/main: the two roots, the command line,
 * `modules/<name>.entry`, and every other `*.entry.ts` and `*.worker.ts` at the path that it has below src/main.
 */
export function mainInputs(): Record<string, string> {
  const roots = ['src/main/index.ts', 'src/main/serve.ts', 'src/main/restore.ts', 'src/cli/cli.ts'].filter((file) =>
    existsSync(file),
  );
  const entries = globSync('src/main/**/*.{entry,worker}.ts').map((file) => file.replaceAll('\\', '/'));
  return Object.fromEntries([
    ...roots.map((file) => [basename(file, '.ts'), file]),
    ...entries.map((file) => [nameOf(file), file]),
  ]);
}

function nameOf(entry: string): string {
  const inMain = entry.replace('src/main/', '').replace(/\.ts$/, '');
  return /^modules\/.*\.entry$/.test(inMain) ? `modules/${basename(inMain)}` : inMain;
}

/**
 * Leaves out what a package loads at its start and CLOS never asks it for, as one line that says so to whoever does. dockerode brings
 * gRPC for sessions of BuildKit and SSH for engines elsewhere: four fifths of the time and two thirds of the files that it takes to load.
 */
function leaveOut(...names: string[]): Plugin {
  const left = '\0left-out:';
  return {
    name: 'leave-out',
    enforce: 'pre',
    resolveId: (id) => (names.includes(id) ? `${left}${id}` : null),
    load: (id) => (id.startsWith(left) ? 'module.exports = {};' : null),
  };
}

// A room that has no source yet is left out, so that the others can be built.
const main: UserConfig['main'] = {
  plugins: [leaveOut('@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs', 'ssh2')],
  build: {
    // Packages of many small files, which every process would look up and open one by one: a third of the time of a short command.
    externalizeDeps: { exclude: ['commander', 'zod', 'fastify', 'dockerode'] },
    rolldownOptions: { input: mainInputs(), output: { entryFileNames: '[name].js' } },
  },
};

const preload: UserConfig['preload'] = {
  build: {
    // A sandboxed preload can load nothing from node_modules and must be CommonJS.
    externalizeDeps: false,
    rolldownOptions: {
      input: { index: 'src/preload/index.ts' },
      output: { format: 'cjs', entryFileNames: '[name].cjs' },
    },
  },
};

/**
 * The dashboard is served from the root of an origin of its own everywhere, so an address such as /services/web can be opened
 * directly. electron-vite sets `./` for pages from files; a later hook has the last word.
 */
const absolutePaths: Plugin = { name: 'absolute-paths', enforce: 'post', config: () => ({ base: '/' }) };

const renderer: UserConfig['renderer'] = {
  root: 'src/renderer',
  plugins: [react(), tailwindcss(), absolutePaths, precompress()],
  // Nothing is inlined: the page's policy allows fonts and scripts from its own origin only.
  // It comes over loopback or from a file, so one large chunk costs nothing that splitting would save.
  build: {
    minify: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    rolldownOptions: { input: 'src/renderer/index.html' },
  },
};

export default defineConfig({
  ...(Object.keys(mainInputs()).length > 0 ? { main } : {}),
  ...(existsSync('src/preload/index.ts') ? { preload } : {}),
  ...(existsSync('src/renderer/index.html') ? { renderer } : {}),
});
