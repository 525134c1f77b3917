import type { ReactNode } from 'react';

const shapes = {
  overview: <path d="M2.5 3.5h11M2.5 8h7M2.5 12.5h9" />,
  services: (
    <>
      <rect x="2.5" y="2.5" width="11" height="4.5" rx="1.25" />
      <rect x="2.5" y="9" width="11" height="4.5" rx="1.25" />
      <path d="M5 4.75h.01M5 11.25h.01" />
    </>
  ),
  ports: <path d="M6 2.5 4.75 13.5M11.25 2.5 10 13.5M2.5 5.75h11M2.5 10.25h11" />,
  conflicts: (
    <>
      <rect x="2.5" y="2.5" width="11" height="11" rx="1.5" />
      <path d="M8 2.5v11M5.25 6v4" />
    </>
  ),
  timeline: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 4.75V8l2.25 1.5" />
    </>
  ),
  routes: (
    <>
      <circle cx="3.75" cy="8" r="1.75" />
      <path d="M5.5 8h1.75c2 0 1.5-4 3.5-4h2.5M7.25 8c2 0 1.5 4 3.5 4h2.5M11.5 2.25 13.25 4 11.5 5.75M11.5 10.25 13.25 12l-1.75 1.75" />
    </>
  ),
  play: <path d="M5 3.25v9.5l7.5-4.75Z" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" />,
  restart: <path d="M12.75 8A4.75 4.75 0 1 1 11.2 4.5M11.5 2v2.75H8.75" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M3.5 10.5h-.25c-.7 0-1.25-.55-1.25-1.25v-6C2 2.55 2.55 2 3.25 2h6c.7 0 1.25.55 1.25 1.25v.25" />
    </>
  ),
  check: <path d="m3 8.5 3.25 3.25L13 4.75" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  plus: <path d="M8 3v10M3 8h10" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.25" />
      <path d="m10.25 10.25 3.25 3.25" />
    </>
  ),
  external: <path d="M6.5 3.5h-3v9h9v-3M9 2.5h4.5V7M13.25 2.75 7.5 8.5" />,
  eye: (
    <>
      <path d="M1.5 8S4 3.75 8 3.75 14.5 8 14.5 8 12 12.25 8 12.25 1.5 8 1.5 8Z" />
      <circle cx="8" cy="8" r="1.75" />
    </>
  ),
  undo: <path d="M3.5 6.25h6.25a3.25 3.25 0 0 1 0 6.5H7M6 3.5 3.25 6.25 6 9" />,
  adopt: <path d="M8 2.5v7M5 6.75 8 9.75l3-3M2.75 10.5v1.75c0 .7.55 1.25 1.25 1.25h8c.7 0 1.25-.55 1.25-1.25V10.5" />,
  pin: <path d="M5.5 2.5h5M6.25 2.5v4L4.5 9h7L9.75 6.5v-4M8 9v4.5" />,
  move: <path d="M2.5 5.25h10M9.75 2.5l2.75 2.75L9.75 8M13.5 10.75h-10M6.25 8 3.5 10.75l2.75 2.75" />,
  drain: <path d="M8 2.5v7.5M5 7l3 3 3-3M3 13.5h10" />,
  settings: (
    <>
      <path d="M2.5 4.5h5M11.5 4.5h2M2.5 11.5h2M8.5 11.5h5" />
      <circle cx="9.5" cy="4.5" r="1.75" />
      <circle cx="6.5" cy="11.5" r="1.75" />
    </>
  ),
  edit: <path d="M3 13l.5-2.75 7.25-7.25 2.25 2.25-7.25 7.25ZM9.25 4.5l2.25 2.25" />,
  trash: <path d="M2.5 4.25h11M6 4V2.5h4V4M4 4.5l.6 9h6.8l.6-9M6.75 7v4M9.25 7v4" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes;

/** A 16 px line icon. It says nothing to a screen reader: what it stands on has a name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.25"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="shrink-0"
    >
      {shapes[name]}
    </svg>
  );
}
