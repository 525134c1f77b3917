import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { isMac, useKeys } from '../lib/keyboard.ts';
import { pages } from './pages.ts';

/** Milliseconds in which `g` waits for the letter of a page. */
const chordMs = 1000;

/** Keys that work on every page: Ctrl/⌘ K, and `g` with the letter of a page. */
export function useGlobalKeys(onPalette: () => void): void {
  const [, navigate] = useLocation();
  const chordUntil = useRef(0);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const modifier = isMac ? event.metaKey : event.ctrlKey;
      if (modifier && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onPalette();
        return;
      }
      if (performance.now() > chordUntil.current) return;
      chordUntil.current = 0;
      const page = pages.find(({ key }) => key === event.key);
      if (page === undefined) return;
      // The letter belongs to the chord; the page beneath must not take it for its own.
      event.preventDefault();
      event.stopImmediatePropagation();
      navigate(page.path);
    };
    window.addEventListener('keydown', onKey, true);
    return () => window.removeEventListener('keydown', onKey, true);
  }, [navigate, onPalette]);

  useKeys({
    g: () => {
      chordUntil.current = performance.now() + chordMs;
    },
  });
}
