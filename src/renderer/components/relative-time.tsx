import { agoWords, durationWords, fullTime, useNow } from '../lib/time.ts';

/** "4 min ago", or with `bare` "4 min"; the whole date on hover. */
export function RelativeTime({
  iso,
  bare = false,
  className = '',
}: {
  iso: string;
  bare?: boolean;
  className?: string;
}) {
  const now = useNow();
  return (
    <time dateTime={iso} title={fullTime(iso)} className={`whitespace-nowrap ${className}`}>
      {bare ? durationWords(iso, now) : agoWords(iso, now)}
    </time>
  );
}
