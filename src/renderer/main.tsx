import './lib/content-policy.ts';
import './styles/index.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { followSignInLink } from './app/sign-in-link.ts';
import { applyTheme } from './lib/theme.ts';

applyTheme();
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
const signInFailure = await followSignInLink();
createRoot(root).render(
  <StrictMode>
    <App signInFailure={signInFailure} />
  </StrictMode>,
);
