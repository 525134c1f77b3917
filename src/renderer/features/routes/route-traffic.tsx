import { Definition, Definitions, Section } from '../../components/definition-list.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { bytesWords } from '../../lib/format.ts';
import { msWords, numberWords, statusesWords, underwayWords } from './traffic-words.ts';
import { useTraffic } from './use-traffic.ts';

/** What went through a route since the gateway started; nothing where that cannot be had. */
export function RouteTrafficSection({ id }: { id: string }) {
  const { traffic } = useTraffic();
  if (traffic === null) return null;
  const own = traffic.get(id);
  if (own === undefined || (own.requests === 0 && own.tunnels === 0)) {
    return (
      <Section title="Traffic">
        <p className="text-soft">Nothing has gone through it since the gateway started.</p>
      </Section>
    );
  }
  const underway = underwayWords(own);
  const { responseMs } = own;
  return (
    <Section title="Traffic since the gateway started">
      <Definitions>
        <Definition name="Requests">
          {numberWords(own.requests)}
          {underway !== '' && <span className="text-soft"> · {underway}</span>}
        </Definition>
        {responseMs !== null && (
          <Definition name="Answers begin">
            <span className="tabular-nums">
              p50 {msWords(responseMs.p50)} · p95 {msWords(responseMs.p95)} · p99 {msWords(responseMs.p99)}
            </span>
          </Definition>
        )}
        <Definition name="Statuses">{statusesWords(own) || 'no answer yet'}</Definition>
        {own.limited > 0 && <Definition name="Over the limit">{numberWords(own.limited)}</Definition>}
        {own.unanswered > 0 && (
          <Definition name="By the gateway">{numberWords(own.unanswered)}, because nobody else could answer</Definition>
        )}
        <Definition name="Bytes">
          {bytesWords(own.bytesIn)} in · {bytesWords(own.bytesOut)} out
        </Definition>
        {own.lastAt !== null && (
          <Definition name="Last">
            <RelativeTime iso={own.lastAt} />
          </Definition>
        )}
      </Definitions>
    </Section>
  );
}
