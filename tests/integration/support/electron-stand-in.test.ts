import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { parts } from '#tests/support/electron/electron.ts';
import { preloadMembers } from '#tests/support/electron/page-worlds.ts';

/** Events and their data are not asked for as members: what an event carries is the stand-in's to give, and a test sees it. */
const data = new Set([
  // Node's, to which Electron adds.
  'Process',

  'Event',
  'IpcMainEvent',
  'IpcMainInvokeEvent',
  'IpcRendererEvent',
  'HandlerDetails',
  'PermissionRequest',
]);

/** Each member of one of Electron's types that some files use, as `Type.member`, with the first file that does. */
function usedMembers(files: readonly string[]): Map<string, string> {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: ['node', 'electron'],
  });
  const checker = program.getTypeChecker();
  const used = new Map<string, string>();

  function note(symbol: ts.Symbol | undefined, file: string): void {
    for (const declaration of symbol?.declarations ?? []) {
      const owner = declaration.parent;
      const isMember = ts.isClassDeclaration(owner) || ts.isInterfaceDeclaration(owner);
      if (!isMember || !declaration.getSourceFile().fileName.endsWith('/electron/electron.d.ts')) continue;
      used.set(`${owner.name?.text}.${symbol?.name}`, file);
    }
  }

  for (const file of files) {
    const source = program.getSourceFile(file);
    if (source === undefined) throw new Error(`${file} was not read`);
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node)) note(checker.getSymbolAtLocation(node.name), file);
      if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
        const name = (node.propertyName ?? node.name).getText();
        note(checker.getPropertyOfType(checker.getTypeAtLocation(node.parent), name), file);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return used;
}

function isThere(type: string, member: string): boolean {
  const objects = parts[type] ?? [];
  return preloadMembers[type]?.includes(member) === true || objects.some((object) => member in object);
}

it('the stand-in has every member of Electron that the desktop and its preload use', () => {
  const files = [...globSync('src/main/desktop/*.ts'), 'src/main/index.ts', 'src/preload/index.ts'].map((file) =>
    resolve(file),
  );
  const used = usedMembers(files);
  const missing = [...used]
    .map(([name, file]) => ({ name, file, parts: name.split('.') }))
    .filter(({ parts: [type = '', member = ''] }) => !data.has(type) && !isThere(type, member))
    .map(({ name, file }) => `${name} (${file})`);
  expect(missing).toEqual([]);
  // A scan that sees nothing would pass as well.
  expect([...used.keys()]).toEqual(
    expect.arrayContaining([
      'App.whenReady',
      'BrowserWindow.isMinimized',
      'WebContents.send',
      'Tray.setToolTip',
      'IpcRenderer.invoke',
    ]),
  );
});
