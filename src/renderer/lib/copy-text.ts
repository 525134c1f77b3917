import { showToast } from './toasts.ts';

/** Puts a text on the clipboard and says so in a note. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showToast({ tone: 'plain', title: 'Copied', detail: text });
  } catch {
    showToast({ tone: 'failed', title: 'The browser does not let this page copy', detail: text });
  }
}
