import type { ReactNode } from 'react';

interface UrlLinkProps {
  url: string;
  className?: string;
  tabStop?: boolean;
  children: ReactNode;
}

/** A link out of the dashboard: it opens beside it, and learns nothing of it. */
export function UrlLink({ url, className = '', tabStop = true, children }: UrlLinkProps) {
  return (
    <a
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      title={`Open ${url}`}
      tabIndex={tabStop ? 0 : -1}
      className={`text-accent hover:underline ${className}`}
    >
      {children}
    </a>
  );
}
