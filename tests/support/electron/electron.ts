/**
 * A stand-in for Electron, on Node and headless Chromium: the part of its API that the desktop uses, so that the built main and
 * preload run where Electron's program cannot be had. What it does not have fails the test that compares it with the sources.
 *
 * Not modelled: the operating system's own tray, notifications and permissions, and Chromium's sandbox.
 */
import { app } from './app.ts';
import { BrowserWindow, windowParts } from './browser-window.ts';
import { ipcMain } from './ipc-main.ts';
import { MessageChannelMain, MessagePortMain } from './ports.ts';
import {
  dialog,
  Menu,
  Notification,
  nativeImage,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  systemParts,
  Tray,
} from './system-parts.ts';
import { utilityProcess, utilityProcessParts } from './utility-process.ts';

export {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  Notification,
  nativeImage,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
};

/** What each of Electron's types has here, by the name of the type. */
export const parts: Record<string, object> = {
  App: app,
  Dialog: dialog,
  IpcMain: ipcMain,
  MessageChannelMain: new MessageChannelMain(),
  MessagePortMain: MessagePortMain.prototype,
  Protocol: protocol,
  Screen: screen,
  Shell: shell,
  ...systemParts,
  ...utilityProcessParts,
  ...windowParts,
};
