import { createStore } from './store.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const storageKey = 'clos.theme';

function kept(): Theme {
  const value = localStorage.getItem(storageKey);
  return themes.find((theme) => theme === value) ?? 'system';
}

export const theme = createStore<Theme>(kept());

/** Shows the kept theme. `system` follows the machine, by the style sheet alone. */
export function applyTheme(): void {
  const value = theme.get();
  if (value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}

export function chooseTheme(value: Theme): void {
  localStorage.setItem(storageKey, value);
  theme.set(value);
  applyTheme();
}
