/**
 * A stand-in for Electron, on Node and headless Chromium: the part of its API that the desktop uses, so that the built main and
 * preload run where Electron's program cannot be had. What it does not have fails the test that compares it with the sources.
 *
 * Not modelled: the operating system's own tray, notifications and permissions, and Chromium's sandbox.
 */
import { app } from './app.ts';
import { BrowserWindow, WebContents, WebFrameMain } from './browser-window.ts';
import { ipcMain } from './ipc-main.ts';
import { MessageChannelMain, MessagePortMain } from './ports.ts';
import {
  dialog,
  Menu,
  NativeImage,
  Notification,
  nativeImage,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  Tray,
} from './system-parts.ts';
import { UtilityProcess, utilityProcess } from './utility-process.ts';

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

/** What each of Electron's types has here, by the name of the type: its objects or prototypes, and where its statics are. */
export const parts: Record<string, object[]> = {
  App: [app],
  BrowserWindow: [BrowserWindow, BrowserWindow.prototype],
  Dialog: [dialog],
  IpcMain: [ipcMain],
  Menu: [Menu],
  MessageChannelMain: [new MessageChannelMain()],
  MessagePortMain: [MessagePortMain.prototype],
  NativeImage: [nativeImage, NativeImage.prototype],
  NativeTheme: [nativeTheme],
  Notification: [Notification, Notification.prototype],
  Protocol: [protocol],
  Screen: [screen],
  Display: screen.getAllDisplays(),
  Session: [session, session.defaultSession],
  Shell: [shell],
  Tray: [Tray.prototype],
  UtilityProcess: [utilityProcess, UtilityProcess.prototype],
  WebContents: [WebContents.prototype],
  WebFrameMain: [WebFrameMain.prototype],
};
